//! What only `main` may touch, as arguments: the day, the passing of time, randomness, and where words come from and go.

use std::io::{Read, Write};
use std::time::Duration;

use tipline_wire::date::Date;

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
}

impl World<'_> {
    /// Says one line to the person. Nobody listening is no reason to stop.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.err, "{line}");
    }

    /// Asks for a line.
    pub fn prompt(&mut self) {
        let _ = write!(self.err, "> ");
        let _ = self.err.flush();
    }

    /// Takes everything that was shown off the screen, and out of what can be scrolled back to, where a person watches.
    pub fn clear(&mut self) {
        self.control("\x1b[H\x1b[2J\x1b[3J");
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

    /// A terminal's control sequence. Windows's older consoles know none of them, but can be emptied whole.
    fn control(&mut self, sequence: &str) {
        if !self.watched {
            return;
        }
        if cfg!(windows) {
            let _ = std::process::Command::new("cmd").args(["/c", "cls"]).status();
        } else {
            let _ = write!(self.err, "{sequence}");
            let _ = self.err.flush();
        }
    }

    /// Shows how far long work is, on one line, where a person watches.
    pub fn progress(&mut self, doing: &str, done: u64, of: u64) {
        if self.watched {
            let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
            let end = if done >= of { "\n" } else { "" };
            let _ = write!(self.err, "\r{doing}: {percent} %{end}");
            let _ = self.err.flush();
        }
    }
}
