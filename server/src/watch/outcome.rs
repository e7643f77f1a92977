//! What a look came to: one line, an exit code, and the command that calls somebody.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::judge::Fault;
use super::visit::Lost;
use crate::error::Error;

/// Sound, at fault, or unknown.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// All is as it should be; what was seen.
    Sound(String),
    /// The letterbox is not as it should be.
    Fault(Fault),
    /// It could not be looked at.
    Unchecked(Unchecked),
}

/// Why nothing is known of the letterbox.
#[derive(Debug, thiserror::Error)]
pub enum Unchecked {
    /// The way there is broken at this end.
    #[error("could not look: {0}; is tor running here, and is --socks its address?")]
    Lost(Lost),
    /// A file of this machine.
    #[error("could not look: {} cannot be read ({})", path.display(), fault.kind())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        fault: io::Error,
    },
    /// The template of `--page`.
    #[error("could not look: {} is no released page: take page.html as `cargo xtask page` builds it", .0.display())]
    Template(PathBuf),
    /// The canary would rightly be refused.
    #[error(
        "could not look: the canary is no tip of at most 1 MiB sealed for this week's keys: seal a new one"
    )]
    Canary,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: &'a str,
    say: &'a str,
}

impl From<Lost> for Outcome {
    fn from(lost: Lost) -> Self {
        if lost.is_ours() {
            Self::Unchecked(Unchecked::Lost(lost))
        } else {
            Self::Fault(Fault::Unreachable(lost))
        }
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unchecked> for Outcome {
    fn from(unchecked: Unchecked) -> Self {
        Self::Unchecked(unchecked)
    }
}

impl Outcome {
    /// `sound`, `fault` or `unchecked`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sound(_) => "sound",
            Self::Fault(_) => "fault",
            Self::Unchecked(_) => "unchecked",
        }
    }

    /// The one line. It holds nothing that the letterbox could choose, so it may go into a mail or a command.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Sound(line) => line.clone(),
            Self::Fault(fault) => fault.to_string(),
            Self::Unchecked(unchecked) => unchecked.to_string(),
        }
    }

    /// One line of JSON.
    #[must_use]
    pub fn as_json(&self) -> String {
        let report = Report { verdict: self.word(), say: &self.line() };
        let mut text = serde_json::to_string(&report).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Runs the command that calls somebody, when there is reason to, and turns this into the program's end.
    ///
    /// # Errors
    /// Everything but sound.
    pub fn end(self, on_fail: Option<&str>) -> Result<(), Error> {
        let (word, line) = (self.word(), self.line());
        if let Self::Sound(_) = self {
            return Ok(());
        }
        let line = match on_fail.map(|command| call(command, word, &line)) {
            Some(Err(why)) => format!("{line}; and the command of --on-fail failed: {why}"),
            Some(Ok(())) | None => line,
        };
        match self {
            Self::Unchecked(_) => Err(Error::Unchecked(line)),
            _ => Err(Error::Fault(line)),
        }
    }
}

/// The line goes into the environment: no shell takes it apart.
fn call(command: &str, word: &str, line: &str) -> Result<(), String> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).env("TIPLINE_VERDICT", word).env("TIPLINE_LINE", line).stdin(Stdio::null());
    match shell.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(fault) => Err(fault.to_string()),
    }
}
