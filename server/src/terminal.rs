//! What commands say to the person who runs them: results on standard output, progress and faults on standard error.

use std::io::{IsTerminal as _, Write as _};

/// Prints a text on standard output; a closed pipe is no fault.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints one line on standard error.
#[allow(clippy::print_stderr, reason = "the commands' output module")]
pub fn complain(line: &str) {
    eprintln!("tipline-server: {line}");
}

/// What progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shown in MiB.
    Bytes,
    /// Shown as they are.
    Tips,
    /// Shown as they are.
    Volumes,
}

/// How much of all is done, on one line of a terminal; nothing in a pipe.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    unit: Unit,
    all: u64,
    done: u64,
    percent: u64,
}

impl Progress {
    /// Of `all` bytes, `done` are there already.
    #[must_use]
    pub fn new(all: u64, done: u64) -> Self {
        Self::of(Unit::Bytes, all, done)
    }

    /// The same for something else than bytes.
    #[must_use]
    pub fn of(unit: Unit, all: u64, done: u64) -> Self {
        Self { shown: std::io::stderr().is_terminal(), unit, all: all.max(1), done, percent: u64::MAX }
    }

    /// So many more.
    pub fn add(&mut self, more: u64) {
        self.done = self.done.saturating_add(more);
        let percent = self.done.saturating_mul(100).checked_div(self.all).unwrap_or(100);
        if self.shown && percent != self.percent {
            self.percent = percent;
            let _ = match self.unit {
                Unit::Bytes => write!(std::io::stderr(), "\r{percent:3} % of {} MiB", self.all >> 20),
                Unit::Tips => write!(std::io::stderr(), "\r{percent:3} % of {} tips", self.all),
                Unit::Volumes => write!(std::io::stderr(), "\r{percent:3} % of {} volumes", self.all),
            };
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = writeln!(std::io::stderr());
        }
    }
}
