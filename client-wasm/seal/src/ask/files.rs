//! Pictures and other files: looked at one by one; each says what was found in it and goes cleaned, as it is, or not at all.

use std::path::PathBuf;

use tipline_core::clean::{Format, Why};
use tipline_report::bounds::MAX_FILES;

use super::asking::{Asking, Heard, Stop};
use crate::error::shown;
use crate::evidence::{Evidence, FileError};
use crate::order::{Form, Given};

impl Asking<'_, '_> {
    /// Hears of files until there are no more. Those chosen before stay, unless they are emptied.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn files(&mut self, files: &mut Vec<Evidence>) -> Result<(), Stop> {
        self.title("field-files", &["files-hint", "files-warn-picture", "files-warn-voice"]);
        let names: Vec<String> = files.iter().map(|file| shown(&file.path)).collect();
        self.present(&names.join(", "));
        self.say("seal-file-path", &[]);
        while files.len() < MAX_FILES {
            match self.hear()? {
                Heard::Keep => break,
                Heard::Empty => files.clear(),
                Heard::Line(line) => files.extend(self.file(&path(&line))?),
            }
            self.say("seal-file-path", &[]);
        }
        Ok(())
    }

    fn file(&mut self, path: &str) -> Result<Option<Evidence>, Stop> {
        let given = |form| Given { path: PathBuf::from(path), form };
        let name = tipline_report::visible::line(path);
        match Evidence::open(&given(Form::Cleaned)) {
            Ok(file) => {
                self.found(&file);
                match self.must_pick(&["file-form-cleaned", "file-form-original", "button-remove"])? {
                    "file-form-cleaned" => Ok(Some(file)),
                    "file-form-original" => Ok(self.as_it_is(path, &name)),
                    _ => Ok(None),
                }
            }
            Err(error) => {
                self.say(refusal(&error), &[("name", &name)]);
                if !matches!(error, FileError::Unknown(_) | FileError::NotCleaned(_)) {
                    self.world.say(&format!("  [{error}.]"));
                    return Ok(None);
                }
                match self.must_pick(&["file-as-is", "button-remove"])? {
                    "file-as-is" => Ok(self.as_it_is(path, &name)),
                    _ => Ok(None),
                }
            }
        }
    }

    /// The file as it is; what stands against that is said, so that nobody thinks it goes.
    fn as_it_is(&mut self, path: &str, name: &str) -> Option<Evidence> {
        let opened = Evidence::open(&Given { path: PathBuf::from(path), form: Form::Original });
        let refused = |error: &FileError| {
            self.say(refusal(error), &[("name", name)]);
            self.world.say(&format!("  [{error}.]"));
        };
        opened.inspect_err(refused).ok()
    }

    fn found(&mut self, file: &Evidence) {
        let mut kinds: Vec<String> = Vec::new();
        for found in &file.found {
            let kind = found.split(':').next().unwrap_or_default();
            let said = self.language.say(&format!("found-{kind}"), &[]);
            let said = said.lines().next().unwrap_or_default().to_owned();
            if !kinds.contains(&said) {
                kinds.push(said);
            }
        }
        if kinds.is_empty() {
            self.say("file-cleaned-none", &[]);
        } else {
            self.say("file-cleaned", &[("found", &kinds.join(", "))]);
            for found in &file.found {
                self.world.say(&format!("      {}", tipline_report::visible::line(found)));
            }
        }
    }
}

/// The page's sentence for a file that is not cleaned.
pub(super) fn refusal(error: &FileError) -> &'static str {
    match error {
        FileError::Unknown(Format::Pdf) => "file-pdf",
        FileError::Unknown(Format::Office) => "file-office",
        FileError::Unknown(Format::Zip) => "file-zip",
        FileError::Unknown(_) => "file-unknown",
        FileError::NotCleaned(Why::Track) => "file-track",
        FileError::NotCleaned(Why::Truncated) => "file-truncated",
        FileError::NotCleaned(Why::Unsupported(_) | Why::TooComplex) => "file-rare",
        FileError::NotCleaned(_) => "file-damaged",
        FileError::Empty => "file-empty",
        FileError::Changed => "file-changed",
        FileError::Unreadable(_) | FileError::NotAFile => "file-unreadable",
    }
}

/// A path as it was typed, or dropped onto the terminal in quotation marks.
fn path(line: &str) -> String {
    let line = line.trim();
    let quoted = ['\'', '"'].into_iter().find_map(|mark| line.strip_prefix(mark)?.strip_suffix(mark));
    quoted.unwrap_or(line).to_owned()
}
