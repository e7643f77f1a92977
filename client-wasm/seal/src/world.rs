//! What only `main` may touch, as arguments: the day, the passing of time, randomness, and where words come from and go.

use std::io::{Read, Write};
use std::time::Duration;

use tipline_wire::date::Date;

use crate::interrupt::{self, Interrupt};
use crate::language::Values;

/// The system's generator gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "drawing random numbers: the system gave none. Nothing was sealed. Restart the computer and try again"
)]
pub struct NoRandomness;

/// Everything outside the command.
pub struct World<'a> {
    /// Today, UTC.
    pub today: Date,
    /// How much time has passed since any fixed moment; never runs backwards.
    pub elapsed: &'a dyn Fn() -> Duration,
    /// Waits.
    pub pause: &'a dyn Fn(Duration),
    /// Fills a buffer from the system's generator.
    pub random: &'a dyn Fn(&mut [u8]) -> Result<(), NoRandomness>,
    /// Where a report can come from.
    pub stdin: &'a mut dyn Read,
    /// Where answers for programs and people go.
    pub out: &'a mut dyn Write,
    /// Where everything else goes.
    pub err: &'a mut dyn Write,
    /// Whether a person watches `err`.
    pub watched: bool,
    /// Whether a person types at `stdin` too.
    pub typed: bool,
    /// What ends it at any moment.
    pub interrupt: Interrupt,
}

/// What long work does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Sealing a message.
    Sealing,
    /// Sending it.
    Sending,
}

impl World<'_> {
    /// Says one line to the person. Nobody listening is no reason to stop.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.err, "{line}");
    }

    /// Says it to whoever is talked with in their language, with the detail in brackets; else the detail alone.
    pub fn explain(&mut self, key: &str, values: Values<'_>, detail: &str) {
        match self.interrupt.language() {
            Some(language) => {
                let said = language.say(key, values);
                self.say(&format!("{said}\n  [{detail}]"));
            }
            None => self.say(detail),
        }
    }

    /// Asks for a line.
    pub fn prompt(&mut self) {
        let _ = write!(self.err, "> ");
        let _ = self.err.flush();
    }

    /// Takes everything that was shown off the screen, and out of what can be scrolled back to, where a person watches.
    pub fn clear(&mut self) {
        if self.watched {
            interrupt::clear(self.err);
        }
    }

    /// Shows something that must not stay: on the terminal's other screen, which keeps no history.
    pub fn aside(&mut self, shown: &str) {
        if !cfg!(windows) {
            self.control("\x1b[?1049h\x1b[H\x1b[2J");
        }
        let _ = write!(self.err, "{shown}");
        let _ = self.err.flush();
    }

    /// Goes back from there; what was shown is gone.
    pub fn end_aside(&mut self) {
        self.control("\x1b[H\x1b[2J\x1b[?1049l");
    }

    fn control(&mut self, sequence: &str) {
        if self.watched {
            interrupt::control(self.err, sequence);
        }
    }

    /// Shows how far long work is, on one line, where a person watches.
    pub fn progress(&mut self, doing: Doing, done: u64, of: u64) {
        if self.watched {
            let (key, english) = match doing {
                Doing::Sealing => ("seal-doing-locking", "Sealing"),
                Doing::Sending => ("seal-doing-sending", "Sending"),
            };
            let doing = self.interrupt.language().map_or_else(|| english.to_owned(), |own| own.say(key, &[]));
            let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
            let end = if done >= of { "\n" } else { "" };
            let _ = write!(self.err, "\r{doing}: {percent} %{end}");
            let _ = self.err.flush();
        }
    }
}
