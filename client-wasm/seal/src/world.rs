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
}

impl World<'_> {
    /// Says one line to the person. Nobody listening is no reason to stop.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.err, "{line}");
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
