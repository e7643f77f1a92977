//! One question and its answer: numbers for what is chosen, lines for what is told; three keys that always mean the same.

use zeroize::Zeroizing;

use super::notes;
use super::organisation::Organisation;
use crate::interrupt::CTRL_C;
use crate::language::{Language, Values};
use crate::world::World;

/// The longest line that is taken, in bytes.
const LONGEST_LINE: usize = 60_000;
/// What a terminal takes in one line on Linux; it drops the rest without a word.
const TERMINAL_LINE: usize = 4_095;

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The person wants to go back.
    Back,
    /// The person has left.
    Leave,
    /// The terminal is gone, or there is nothing more to read.
    Gone,
}

/// What was answered.
pub enum Heard {
    /// Nothing: it stays as it is.
    Keep,
    /// It shall be empty.
    Empty,
    /// Something.
    Line(Zeroizing<String>),
}

/// Something to choose, under a number.
pub struct Choice {
    /// What it stands for.
    pub code: &'static str,
    /// How it is called.
    pub label: String,
}

/// Somebody at a terminal.
pub struct Asking<'a, 'w> {
    /// Where words come from and go.
    pub world: &'a mut World<'w>,
    /// In which language.
    pub language: &'static Language,
    /// Whom it is told, as soon as that is known.
    pub organisation: Organisation,
    /// The warnings of the present question, for `?`.
    about: Vec<String>,
}

impl<'a, 'w> Asking<'a, 'w> {
    /// Begins in a language.
    #[must_use]
    pub fn new(world: &'a mut World<'w>, language: &'static Language) -> Self {
        Self { world, language, organisation: Organisation::default(), about: Vec::new() }
    }

    /// Goes on with what this organisation says.
    #[must_use]
    pub fn of(mut self, organisation: &Organisation) -> Self {
        self.organisation = organisation.clone();
        self
    }

    /// Which languages are read, where they say it.
    pub fn languages_read(&mut self) {
        let languages = self.organisation.languages();
        if !languages.is_empty() {
            self.say("languages-read", &[("languages", &languages)]);
        }
    }

    /// Says a message.
    pub fn say(&mut self, key: &str, values: Values<'_>) {
        let said = self.language.say(key, values);
        self.world.say(&said);
    }

    /// A title, then its warnings, before anything is asked.
    pub fn title(&mut self, key: &str, warnings: &[&str]) {
        let title = self.language.say(key, &[]);
        self.about = warnings.iter().map(|key| self.language.say(key, &[])).collect();
        self.world.say(&format!("\n== {title}"));
        for warning in &self.about {
            self.world.say(warning);
        }
    }

    /// One answer.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn hear(&mut self) -> Result<Heard, Stop> {
        loop {
            let line = self.line()?;
            match notes::plain(line.trim()).as_str() {
                "" => return Ok(Heard::Keep),
                "-" => return Ok(Heard::Empty),
                "*" => return Err(Stop::Back),
                "q" | "Q" => return Err(Stop::Leave),
                "?" => self.explain(),
                _ => return Ok(Heard::Line(line)),
            }
        }
    }

    /// A line as it was typed, without its end.
    ///
    /// # Errors
    /// [`Stop::Gone`]; [`Stop::Leave`] when a signal ended it.
    pub fn line(&mut self) -> Result<Zeroizing<String>, Stop> {
        self.world.prompt();
        // Room for all of it, so that no copy is left behind when it grows.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
        let mut byte = [0];
        loop {
            match self.world.stdin.read(&mut byte) {
                Ok(0) if bytes.is_empty() => return Err(self.gone()),
                Ok(0) => break,
                Ok(_) if byte == *b"\n" => break,
                Ok(_) if bytes.len() < LONGEST_LINE => bytes.extend(byte),
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) if self.world.interrupt.has_come() => return Err(Stop::Leave),
                Err(_) => return Err(self.gone()),
            }
        }
        if bytes.len() >= LONGEST_LINE || self.world.typed && bytes.len() >= TERMINAL_LINE {
            self.say("seal-line-cut", &[]);
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
    }

    /// The end of what a person types ends the command as Ctrl-C does.
    fn gone(&self) -> Stop {
        if self.world.typed {
            self.world.interrupt.come(CTRL_C);
        }
        Stop::Gone
    }

    fn explain(&mut self) {
        self.say("seal-keys", &[]);
        for about in &self.about {
            self.world.say(about);
        }
    }

    /// Shows choices with numbers and hears which; `None` when it stays as it is.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn pick(&mut self, choices: &[Choice], most: usize) -> Result<Option<Vec<&'static str>>, Stop> {
        for (number, choice) in (1_usize..).zip(choices) {
            self.world.say(&format!("{number:>4}  {}", choice.label.replace('\n', "\n      ")));
        }
        loop {
            let line = match self.hear()? {
                Heard::Keep => return Ok(None),
                Heard::Empty => return Ok(Some(Vec::new())),
                Heard::Line(line) => line,
            };
            match picked(&line, choices, most) {
                Some(codes) => return Ok(Some(codes)),
                None => self.say("seal-again", &[]),
            }
        }
    }

    /// One of some choices, where one is needed: nothing is chosen by leaving it out.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn must_pick(&mut self, keys: &[&'static str]) -> Result<&'static str, Stop> {
        let choice = |code: &&'static str| Choice { code, label: self.language.say(code, &[]) };
        let choices: Vec<Choice> = keys.iter().map(choice).collect();
        loop {
            match self.pick(&choices, 1)?.and_then(|codes| codes.first().copied()) {
                Some(code) => return Ok(code),
                None => self.say("seal-again", &[]),
            }
        }
    }

    /// A number in a range; `None` when it is left out.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn number(&mut self, range: std::ops::RangeInclusive<u16>) -> Result<Option<u16>, Stop> {
        loop {
            let Heard::Line(line) = self.hear()? else { return Ok(None) };
            match notes::plain(line.trim()).parse::<u16>().ok().filter(|number| range.contains(number)) {
                Some(number) => return Ok(Some(number)),
                None => self.say("seal-again", &[]),
            }
        }
    }
}

/// The codes of the numbers in a line; `None` unless each is one of them.
fn picked(line: &str, choices: &[Choice], most: usize) -> Option<Vec<&'static str>> {
    let plain = notes::plain(line);
    let numbers = plain.split([' ', ',', '、', '،', '་', '.', ';']).filter(|word| !word.is_empty());
    let mut codes = Vec::new();
    for number in numbers {
        let at = number.parse::<usize>().ok()?.checked_sub(1)?;
        let code = choices.get(at)?.code;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    (!codes.is_empty() && codes.len() <= most).then_some(codes)
}
