//! What became of one tip, in a form for people and for programs.

use std::path::Path;

use serde::Serialize;
use tipline_report::visible;

use super::batch::Origin;
use crate::json_text;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has a folder now.
    Opened,
    /// It had one already.
    Before,
    /// It could not be opened.
    NotOpened,
    /// Something is wrong with a pickup as a whole.
    Fault,
}

/// One tip, or one fault of a pickup.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What became of it.
    pub state: State,
    /// The tip's id, where it is known.
    pub id: Option<String>,
    /// The week whose key opened it, or as which it was carried.
    pub week: Option<String>,
    /// The folder's name in the output folder.
    pub folder: Option<String>,
    /// The file given on the command line, where there is no id.
    pub file: Option<String>,
    /// What is wrong or unusual, as sentences without a final dot.
    pub remarks: Vec<String>,
}

impl Verdict {
    /// A tip with a folder.
    #[must_use]
    pub fn in_folder(state: State, id: String, week: String, folder: String, remarks: Vec<String>) -> Self {
        Self { state, id: Some(id), week: Some(week), folder: Some(folder), file: None, remarks }
    }

    /// Something wrong with the file as a whole.
    #[must_use]
    pub fn fault(file: &Path, wrong: String) -> Self {
        let file = Some(file.to_string_lossy().into_owned());
        Self { state: State::Fault, id: None, week: None, folder: None, file, remarks: vec![wrong] }
    }

    /// A tip that could not be opened.
    #[must_use]
    pub fn not_opened(origin: &Origin, remarks: Vec<String>) -> Self {
        let (id, week, file) = match origin {
            Origin::Pickup { id, week } => (Some(id.to_string()), Some(week.to_string()), None),
            Origin::File(path) => (None, None, Some(path.to_string_lossy().into_owned())),
        };
        Self { state: State::NotOpened, id, week, folder: None, file, remarks }
    }

    /// One or more lines for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let word = match self.state {
            State::Opened => "opened    ",
            State::Before => "before    ",
            State::NotOpened => "NOT OPENED",
            State::Fault => "FAULT     ",
        };
        let name =
            [&self.folder, &self.id, &self.file].into_iter().flatten().next().map_or("", String::as_str);
        let mut text = format!("{word}  {}", visible::line(name));
        for remark in &self.remarks {
            text.push_str("\n            ");
            text.push_str(&visible::line(remark));
        }
        text
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        // Strings and lists of strings always have a JSON form.
        json_text::escape(&serde_json::to_string(self).unwrap_or_default())
    }
}
