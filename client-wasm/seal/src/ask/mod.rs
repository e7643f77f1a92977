//! The form as questions and answers at a terminal, in the person's language. Nothing that is told is written to a disk.
//!
//! [`asking`] one question · [`organisation`] whom it is told · [`fault`] what went wrong · [`fields`] the form's questions · [`story`] what is told in own words · [`notes`] what could point to a person · [`files`] pictures ·
//! [`receipt`] who wants an answer. What is said are the page's own sentences ([`crate::language`]).

pub mod asking;
pub mod fault;
pub mod fields;
pub mod files;
pub mod notes;
pub mod organisation;
pub mod receipt;
pub mod story;

use tipline_core::documents::Line;
use tipline_core::notice::Notice;
use tipline_envelope::Receipt;
use tipline_report::{Report, Tip, codebook};
use tipline_wire::site::Texts;
use zeroize::Zeroize as _;

use crate::board;
use crate::evidence::Evidence;
use crate::language::{LANGUAGES, Language};
use crate::world::World;
use asking::{Asking, Choice, Stop};

/// The questions after those that are enough, in the page's order.
const MORE_LISTS: [&str; 12] = [
    "teller",
    "urgency",
    "channel",
    "actor",
    "actor_basis",
    "frequency",
    "demand",
    "effect",
    "community",
    "role",
    "reported",
    "response",
];

/// What was told; wiped when it is dropped.
#[derive(Default)]
pub struct Told {
    /// Whether it is locked into a file and not sent.
    pub is_offline: bool,
    /// The form.
    pub report: Report,
    /// The files, looked at.
    pub files: Vec<Evidence>,
    /// What an answer can be read with.
    pub receipt: Option<Receipt>,
    /// Drawn once a run: what is added to a message carries the same, as on the page.
    pub continues: Option<String>,
    /// What was sent before in this run, as it is said again: what was done, and how many files.
    pub already: Vec<(Vec<String>, usize)>,
}

impl Told {
    /// The tip, for its canary and its files to be filled in.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip { report: self.report.clone(), continues: self.continues.clone(), ..Tip::default() }
    }

    /// Begins anew for more of the same message: the same language, the same consent, the same receipt.
    pub fn begin_more(&mut self) {
        let sent = std::mem::take(&mut self.report);
        self.report = Report {
            lang: sent.lang.clone(),
            consent: sent.consent.clone(),
            only_after: sent.only_after,
            ..Report::default()
        };
        self.already.push((sent.incident.clone(), self.files.len()));
        wipe(sent);
        self.files.clear();
    }

    fn is_empty(&self) -> bool {
        self.report.incident.is_empty() && self.report.story.trim().is_empty() && self.files.is_empty()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.report));
    }
}

/// Overwrites what was typed.
pub fn wipe(mut report: Report) {
    report.story.zeroize();
    report.actor_handles.iter_mut().for_each(String::zeroize);
    report.place.iter_mut().for_each(|place| place.city.zeroize());
}

/// A question, or what stands between questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    List(&'static str),
    When,
    Where,
    Consent,
    /// What was asked so far is a whole message.
    Enough,
    /// What is added to a message.
    Again,
    Handles,
    Relatives,
    Story,
    Files,
    Receipt,
    Check,
}

/// Where a person can go on from [`Step::Enough`].
const TICKS: usize = 5;

fn steps() -> Vec<Step> {
    let mut steps = vec![Step::List("incident"), Step::When, Step::Where, Step::Consent, Step::Enough];
    for list in MORE_LISTS {
        steps.push(Step::List(list));
        match list {
            "actor_basis" => steps.push(Step::Handles),
            "role" => steps.push(Step::Relatives),
            _ => {}
        }
    }
    steps.extend([Step::Story, Step::Files, Step::Receipt, Step::Check]);
    steps
}

/// The same for what is added to a message: nothing is asked again that counts for all of it.
fn steps_again() -> Vec<Step> {
    let first = [Step::Again, Step::List("incident"), Step::When, Step::Where];
    let rest = steps().into_iter().skip(TICKS).filter(|step| *step != Step::Receipt);
    first.into_iter().chain(rest).collect()
}

/// The person's language: asked for in every language's own name, unless it was said before.
///
/// # Errors
/// [`Stop`]
pub fn language(asked: Option<&'static Language>, world: &mut World<'_>) -> Result<&'static Language, Stop> {
    let first = LANGUAGES.first().ok_or(Stop::Leave)?;
    if let Some(language) = asked.or_else(|| (LANGUAGES.len() == 1).then_some(first)) {
        return Ok(language);
    }
    let name = |language: &'static Language| Choice {
        code: language.tag,
        label: language.say("language-name", &[]),
    };
    let choices: Vec<Choice> = LANGUAGES.iter().map(name).collect();
    let mut asking = Asking::new(world, first);
    loop {
        if let Some(codes) = asking.pick(&choices, 1)?
            && let Some(language) = codes.first().and_then(|code| Language::of(code))
        {
            return Ok(language);
        }
    }
}

impl Asking<'_, '_> {
    /// What must be known before anything is asked.
    pub fn begin(&mut self) {
        if self.language.is_draft {
            self.say("static-draft", &[]);
        }
        for key in ["static-title", "static-what", "static-how", "static-not-emergency", "static-where-not"] {
            self.say(key, &[]);
        }
        for key in ["seal-screen", "static-promise-device", "static-promise-words", "seal-keys"] {
            self.say(key, &[]);
        }
    }

    /// How far the organisation has read. Whoever goes on although nobody knows, or perhaps nobody reads, has said so, as on
    /// the page.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn how_far(&mut self, far: Option<&Notice>, line: &Line) -> Result<(), Stop> {
        if self.is_read(far, line) {
            return Ok(());
        }
        match self.must_pick(&["button-tell-anyway", "seal-give-up"])? {
            "button-tell-anyway" => Ok(()),
            _ => Err(Stop::Leave),
        }
    }

    /// Says it; whether the line seems to be read.
    fn is_read(&mut self, far: Option<&Notice>, line: &Line) -> bool {
        let Some(far) = far else {
            let is_new = board::is_new(line, self.world.today);
            let key = if is_new { "board-none" } else { "board-none-old" };
            self.say(key, &[("since", &line.since.to_string())]);
            return is_new;
        };
        let (opened, next) = (far.opened.to_string(), far.next.to_string());
        match far.age {
            None => self.say("board-clock", &[]),
            Some(_) if board::is_neglected(far, line) => self.say("board-neglected", &[("opened", &opened)]),
            Some(age) => {
                self.say("seal-read-through", &[("opened", &opened), ("next", &next)]);
                if far.old {
                    self.say("board-old", &[("days", &age.to_string())]);
                }
                return true;
            }
        }
        false
    }

    /// Whose letterbox it is; unless it was compared before, a person compares it now.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn compare(&mut self, line: &Line, is_compared: bool) -> Result<(), Stop> {
        let org = tipline_report::visible::line(&line.org);
        self.say("line-owner", &[("org", &org)]);
        self.say("line-open-locked", &[("start", &line.epoch.start.to_string())]);
        if is_compared {
            return Ok(());
        }
        self.say("line-fingerprint", &[]);
        self.world.say(&format!("\n    {}\n", line.root.groups()));
        self.say("seal-compare", &[]);
        match self.must_pick(&["seal-yes", "seal-no"])? {
            "seal-yes" => Ok(()),
            _ => {
                self.say("seal-other-groups", &[]);
                Err(Stop::Leave)
            }
        }
    }

    /// What the organisation says of itself in its site document.
    pub fn about(&mut self) {
        let texts: [fn(&Texts) -> Option<&String>; 7] = [
            |texts| Some(&texts.emergency),
            |texts| Some(&texts.responsible),
            |texts| Some(&texts.purpose),
            |texts| Some(&texts.kept),
            |texts| Some(&texts.rights),
            |texts| Some(&texts.other_way),
            |texts| texts.support.as_ref(),
        ];
        for text in texts {
            let words = self.organisation.words(self.language, text);
            words.into_iter().for_each(|words| self.world.say(&words));
        }
        self.languages_read();
    }

    /// What happens now that it is sent, as the page says it. No number, no time and no proof.
    pub fn sent(&mut self, told: &Told, far: Option<&Notice>, line: &Line) {
        const ISSUES: i32 = 8;
        let days = far.and_then(|far| board::expected(far, line, self.world.today));
        let (reading, answer) =
            days.map(|(reading, answer)| (reading.to_string(), answer.to_string())).unwrap_or_default();
        ["sent-title", "sent-kept", "sent-next"].iter().for_each(|key| self.say(key, &[]));
        if days.is_some() {
            self.say("sent-reading", &[("reading", &reading)]);
        }
        if told.receipt.is_some() {
            let key = if days.is_some() { "sent-come-back" } else { "sent-come-back-some-day" };
            self.say(key, &[("answer", &answer)]);
            let rhythm =
                far.map_or(board::USUAL_RHYTHM, |far| board::rhythm(far, self.organisation.rhythm()));
            let weeks = rhythm.saturating_mul(ISSUES).checked_div(7).unwrap_or_default();
            self.say("sent-answer-stays", &[("weeks", &weeks.to_string())]);
            self.say("sent-answer", &[]);
        } else {
            self.say("sent-no-answer", &[]);
        }
        self.say("sent-no-proof", &[]);
        self.say("sent-young", &[]);
        if let Some(words) = self.organisation.words(self.language, |texts| texts.support.as_ref()) {
            let title = self.language.say("sent-support", &[]);
            self.world.say(&format!("{title}: {words}"));
        }
        self.say("seal-copies", &[]);
    }

    /// Whether something is added to the message that was just sent. Whoever closes the terminal adds nothing.
    ///
    /// # Errors
    /// A signal ended it.
    pub fn more(&mut self) -> Result<bool, Stop> {
        match self.must_pick(&["button-more", "seal-no-more"]) {
            Ok(chosen) => Ok(chosen == "button-more"),
            Err(Stop::Leave) if self.world.interrupt.has_come() => Err(Stop::Leave),
            Err(_) => Ok(false),
        }
    }

    fn again(&mut self, told: &Told, steps: &[Step]) -> Result<Option<usize>, Stop> {
        self.title("form-title-again", &["form-hint-again"]);
        self.say("already-title", &[]);
        let incidents: Vec<&str> =
            told.already.iter().flat_map(|(incidents, _)| incidents).map(String::as_str).collect();
        let labels = self.labels(&codebook::INCIDENT, &incidents);
        if !labels.is_empty() {
            self.world.say(&format!("  {labels}"));
        }
        let count = told.already.iter().map(|(_, files)| *files).fold(0, usize::saturating_add);
        if count > 0 {
            let files = self.language.say("already-files", &[("count", &count.to_string())]);
            self.world.say(&format!("  {files}"));
        }
        let to = |wanted| steps.iter().position(|step| *step == wanted);
        Ok(match self.must_pick(&["seal-go-words", "seal-go-ticks"])? {
            "seal-go-words" => to(Step::Story),
            _ => None,
        })
    }

    /// Asks everything that a person wants to tell, until it shall be sent.
    ///
    /// # Errors
    /// [`Stop::Leave`]; nothing is sent then.
    pub fn form(&mut self, told: &mut Told) -> Result<(), Stop> {
        let steps = if told.already.is_empty() { steps() } else { steps_again() };
        let check = steps.len().saturating_sub(1);
        let mut at = if told.is_empty() { 0 } else { check };
        let mut returns = false;
        loop {
            let step = *steps.get(at).ok_or(Stop::Leave)?;
            at = match self.step(step, told, &steps) {
                Ok(Some(next)) => {
                    returns = step == Step::Check;
                    next
                }
                Ok(None) if step == Step::Check => return Ok(()),
                Ok(None) if returns => check,
                Ok(None) => at.saturating_add(1),
                Err(Stop::Back) if returns => check,
                Err(Stop::Back) => at.saturating_sub(1),
                Err(gone) => return Err(gone),
            };
            returns &= at != check;
        }
    }

    /// One step; `Some` is where to go on.
    fn step(&mut self, step: Step, told: &mut Told, steps: &[Step]) -> Result<Option<usize>, Stop> {
        let report = &mut told.report;
        match step {
            Step::List(list) => self.list(list, report)?,
            Step::When => self.when(report)?,
            Step::Where => self.place(report)?,
            Step::Consent => self.consent(report)?,
            Step::Handles => self.handles(report)?,
            Step::Relatives => self.relatives(report)?,
            Step::Story => self.story(report)?,
            Step::Files => self.files(&mut told.files)?,
            Step::Receipt => {
                told.receipt = self.receipt()?;
                if told.receipt.is_none() && told.report.consent.iter().any(|code| code == "ask_first") {
                    self.say("seal-ask-first", &[]);
                }
            }
            Step::Enough => return self.enough(steps),
            Step::Again => return self.again(told, steps),
            Step::Check => return self.check(told, steps),
        }
        Ok(None)
    }

    fn enough(&mut self, steps: &[Step]) -> Result<Option<usize>, Stop> {
        self.title("seal-enough", &[]);
        let to = |wanted| steps.iter().position(|step| *step == wanted);
        Ok(match self.must_pick(&["seal-go-ticks", "seal-go-words", "seal-go-check"])? {
            "seal-go-ticks" => Some(TICKS),
            "seal-go-words" => to(Step::Story),
            _ => to(Step::Receipt),
        })
    }

    fn check(&mut self, told: &Told, steps: &[Step]) -> Result<Option<usize>, Stop> {
        if told.is_empty() {
            self.say("problem-empty", &[]);
            return Ok(Some(0));
        }
        let (title, go) =
            if told.is_offline { ("seal-check-lock", "button-lock") } else { ("seal-check", "button-send") };
        self.title(title, &[]);
        for (key, what) in self.summary(&told.report) {
            let title = self.language.say(key, &[]);
            self.world.say(&format!("  {title}: {what}"));
        }
        for file in &told.files {
            let form = if file.entry.form == "cleaned" { "file-form-cleaned" } else { "file-form-original" };
            let said = format!("  {}: {}", crate::error::shown(&file.path), self.language.say(form, &[]));
            self.world.say(&said);
        }
        match self.must_pick(&[go, "seal-change", "seal-give-up"])? {
            "seal-change" => self.change(steps).map(Some),
            "seal-give-up" => Err(Stop::Leave),
            _ => Ok(None),
        }
    }

    fn change(&mut self, steps: &[Step]) -> Result<usize, Stop> {
        let key = |step: &Step| match step {
            Step::List(list) => Some(fields::title(list)),
            Step::When => Some("field-when"),
            Step::Where => Some("field-where"),
            Step::Consent => Some("field-consent"),
            Step::Handles => Some("field-actor_handles"),
            Step::Relatives => Some("field-relatives"),
            Step::Story => Some("field-story"),
            Step::Files => Some("field-files"),
            Step::Receipt => Some("receipt-title"),
            Step::Enough | Step::Again | Step::Check => None,
        };
        let keys: Vec<&'static str> = steps.iter().filter_map(key).collect();
        let chosen = self.must_pick(&keys)?;
        steps.iter().position(|step| key(step) == Some(chosen)).ok_or(Stop::Back)
    }
}
