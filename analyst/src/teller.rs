//! Tells a person or a program what becomes of each tip, and how far the work is.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use crate::acknowledgement::{Said, Written};
use crate::cli::Form;
use crate::desk::Progress;
use crate::error::Error;
use crate::json_text;
use crate::opening::{Listener, Tally, Verdict};

/// Prints results; whoever reads may have seen enough.
///
/// # Errors
/// They can't be printed.
pub(crate) fn print_to(out: &mut dyn Write, text: &str) -> Result<(), Error> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read has seen enough (`show | head`).
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Error::failed("printing", e, "make room where the output goes")),
        Ok(()) => Ok(()),
    }
}

/// Where and how it is told.
pub(crate) struct Teller<'a> {
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Progress.
    pub(crate) err: &'a mut dyn Write,
    /// For whom.
    pub(crate) form: Form,
    /// Whether somebody watches `err`.
    pub(crate) progress: Progress,
    /// Sealed bytes in all.
    pub(crate) total: u64,
    /// Of these, dealt with.
    pub(crate) done: u64,
    /// The percentage that stands on the terminal.
    pub(crate) shown: Option<u64>,
}

impl Listener for Teller<'_> {
    fn verdict(&mut self, verdict: &Verdict) -> Result<(), Error> {
        self.clear();
        let line = if self.form == Form::Json { verdict.json() } else { verdict.text() };
        print_to(self.out, &format!("{line}\n"))
    }

    fn progress(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        let percent = self.done.saturating_mul(100).checked_div(self.total).unwrap_or(100).min(100);
        if self.progress == Progress::Shown && self.shown != Some(percent) {
            self.shown = Some(percent);
            // Progress is a courtesy.
            let _ = write!(self.err, "\r{percent:3} % of {} MiB ", self.total >> 20)
                .and_then(|()| self.err.flush());
        }
    }
}

impl Teller<'_> {
    fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(self.err, "\r{:40}\r", "");
        }
    }

    /// Says which acknowledgements lie ready.
    pub(crate) fn acknowledged(&mut self, written: &[Written]) -> Result<(), Error> {
        self.clear();
        written.iter().try_for_each(|ack| {
            let Written { path, pickup, holds, damaged } = ack;
            let line = match self.form {
                Form::Json => json_text::escape(
                    &json!({"state": "acknowledged", "pickup": pickup, "file": path.to_string_lossy(), "holds": holds, "damaged": damaged})
                        .to_string(),
                ),
                Form::Text => format!("ACK         pickup {pickup}: {holds} held here, {damaged} came damaged"),
            };
            print_to(self.out, &format!("{line}\n"))
        })
    }

    /// The last line for a person: what goes back, and what is done with it there.
    pub(crate) fn say_what_goes_back(&mut self, said: &Said, folder: &Path) -> Result<(), Error> {
        let file = match said.written.as_slice() {
            _ if self.form == Form::Json => return Ok(()),
            [] => return said.note.as_ref().map_or(Ok(()), |note| print_to(self.out, &format!("{note}\n"))),
            [only] => only.path.file_name().unwrap_or_default().to_string_lossy(),
            _ => "each acknowledgement-….txt in it".into(),
        };
        let folder = folder.display();
        print_to(
            self.out,
            &format!(
                "Carry back {folder} and nothing else; the operator runs there: tipline-server pickup --acknowledge {file}\n"
            ),
        )
    }

    pub(crate) fn sum_up(&mut self, tally: Tally) -> Result<(), Error> {
        self.clear();
        let Tally { opened, before, faults } = tally;
        let text = match self.form {
            Form::Json => {
                json!({"state": "done", "opened": opened, "before": before, "faults": faults}).to_string()
            }
            Form::Text => format!("{opened} opened, {before} opened before, {faults} not opened or at fault"),
        };
        print_to(self.out, &format!("{text}\n"))
    }
}
