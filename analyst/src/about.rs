//! `about.json`: what the desk itself knows of an opened tip, beside what the tip says.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Its name in the tip's folder.
pub const NAME: &str = "about.json";
const SCHEMA: &str = "tipline-opened/1";
/// It is far shorter than this, in bytes.
const LONGEST: u64 = 1 << 20;

/// What `about.json` holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `tipline-opened/1`.
    pub schema: String,
    /// The tip's id, 64 hex digits.
    pub id: String,
    /// The Monday of the week whose key opened it.
    pub week: String,
    /// What was unusual, as sentences.
    pub remarks: Vec<String>,
    /// The files kept, in their order.
    pub files: Vec<KeptFile>,
}

/// A file that came with a tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Our name for it, in the tip's folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The media type that its first bytes claim.
    pub media: String,
    /// The name it had inside the tip, where that is none of ours.
    pub called: Option<String>,
}

impl About {
    /// A record of a tip.
    #[must_use]
    pub fn new(id: String, week: String, remarks: Vec<String>, files: Vec<KeptFile>) -> Self {
        Self { schema: SCHEMA.into(), id, week, remarks, files }
    }

    /// The record in a tip's folder; `None` when there is no sound one.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let mut bytes = Vec::new();
        File::open(folder.join(NAME)).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
        serde_json::from_slice(&bytes).ok().filter(|about: &Self| about.schema == SCHEMA)
    }

    /// The first file of the tip that is gone from its folder, or has another length than it came with.
    #[must_use]
    pub fn missing(&self, folder: &Path) -> Option<&str> {
        let is_there = |kept: &KeptFile| {
            let found = std::fs::symlink_metadata(folder.join(&kept.name));
            found.is_ok_and(|found| found.is_file() && found.len() == kept.size)
        };
        self.files.iter().find(|kept| !is_there(kept)).map(|kept| kept.name.as_str())
    }
}
