//! One tip on its way into a folder: each entry becomes a file with a name of ours, and nothing of it is lost.
//!
//! The folder is a [`Draft`]: it appears under its name only after the tip's end was found authentic.

use std::fs::File;
use std::io::{self, Write};

use tipline_envelope::tip::EntryName;
use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use crate::about::{self, About, KeptFile};
use crate::file_kind::{ENOUGH, FileKind};
use crate::json_text;
use crate::workroom::Draft;

/// What the tip says, as received.
pub const TIP_JSON: &str = "tip.json";
/// What it says, for reading.
pub const TIP_TXT: &str = "tip.txt";
/// What followed a fault.
const REST: &str = "rest.bin";
/// A plaintext that has no form we know.
const UNSTRUCTURED: &str = "unstructured.bin";

/// A tip being written.
pub struct TipFolder {
    draft: Draft,
    open: Option<Entry>,
    kept: Vec<KeptFile>,
    remarks: Vec<String>,
    foreign: u32,
    /// The beginning of `tip.json`, as far as it is ever parsed.
    tip_json: Option<Vec<u8>>,
}

struct Entry {
    file: File,
    name: String,
    first: Vec<u8>,
    size: u64,
    called: Option<String>,
    parsed: Parsed,
}

/// Whether an entry's content is looked at later.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parsed {
    Yes,
    No,
}

impl TipFolder {
    /// Begins in an empty draft.
    #[must_use]
    pub fn begin(draft: Draft) -> Self {
        Self { draft, open: None, kept: Vec::new(), remarks: Vec::new(), foreign: 0, tip_json: None }
    }

    /// An entry begins; no name comes twice.
    ///
    /// # Errors
    /// What the system says.
    pub fn entry(&mut self, place: EntryName) -> io::Result<()> {
        self.end_entry()?;
        match place {
            EntryName::TipJson => self.start(TIP_JSON.into(), None, Parsed::Yes),
            EntryName::File(number) => self.start(format!("files/{number:03}"), None, Parsed::No),
            EntryName::Foreign(name) => self.start_foreign(name),
        }
    }

    /// More bytes of the entry, or of what follows a fault.
    ///
    /// # Errors
    /// What the system says.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(entry) = &mut self.open else { return Ok(()) };
        entry.file.write_all(bytes)?;
        entry.size = entry.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let missing = ENOUGH.saturating_sub(entry.first.len());
        entry.first.extend(bytes.iter().take(missing));
        if entry.parsed == Parsed::Yes {
            let json = self.tip_json.get_or_insert_default();
            json.extend(bytes.iter().take(LONGEST_PARSED.saturating_sub(json.len())));
        }
        Ok(())
    }

    /// The entry is complete.
    ///
    /// # Errors
    /// What the system says.
    pub fn end_entry(&mut self) -> io::Result<()> {
        let Some(entry) = self.open.take() else { return Ok(()) };
        let kind = FileKind::of(&entry.first);
        let name = if entry.name.contains('.') { entry.name } else { self.with_ending(&entry.name, kind)? };
        self.kept.push(KeptFile { name, size: entry.size, media: kind.media.into(), called: entry.called });
        Ok(())
    }

    /// From here on nothing has the form of a tip: everything that follows goes into one file, with the reason.
    ///
    /// # Errors
    /// What the system says.
    pub fn fault(&mut self, reason: &str) -> io::Result<()> {
        self.end_entry()?;
        let name = if self.kept.is_empty() { UNSTRUCTURED } else { REST };
        self.remarks.push(match name {
            UNSTRUCTURED => format!("What was sealed has no form of ours ({reason}). It is kept whole as {name}."),
            _ => format!("The tip is damaged inside or was made with other tools: {reason}. What was before is kept; what follows is in {name}."),
        });
        self.start(name.into(), None, Parsed::No)
    }

    /// Something to tell the reader.
    pub fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }

    /// Writes `tip.txt` and `about.json`; gives the finished draft and the remarks back. Only for a tip found authentic.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self, id: &TipId, week: Date) -> io::Result<(Draft, Vec<String>)> {
        self.end_entry()?;
        if self.tip_json.is_none() {
            self.remarks.push(format!(
                "There is no {TIP_JSON}: nothing of this tip can be shown here but its files."
            ));
        }
        self.draft.file(TIP_TXT)?.write_all(self.text(id, week).as_bytes())?;
        let about = About::new(id.to_string(), week.to_string(), self.remarks.clone(), self.kept);
        let about = serde_json::to_string(&about).map_err(io::Error::other)?;
        self.draft.file(about::NAME)?.write_all(json_text::escape(&about).as_bytes())?;
        Ok((self.draft, self.remarks))
    }

    /// The page for reading: what the desk knows itself, then what the tip says.
    fn text(&self, id: &TipId, week: Date) -> String {
        let mut facts = vec![("Tip", id.to_string()), ("Week of the key", week.to_string())];
        facts.extend(self.remarks.iter().map(|remark| ("MIND", remark.clone())));
        facts.extend(
            self.kept.iter().filter(|kept| kept.name != TIP_JSON).map(|kept| ("Kept file", describe(kept))),
        );
        let facts: Vec<(&str, &str)> = facts.iter().map(|(label, value)| (*label, value.as_str())).collect();
        match &self.tip_json {
            Some(json) => tipline_report::text(&tipline_report::read(json), &facts),
            None => tipline_report::text::only(&facts),
        }
    }

    fn start_foreign(&mut self, called: String) -> io::Result<()> {
        self.foreign = self.foreign.saturating_add(1);
        self.start(format!("files/other-{:03}", self.foreign), Some(called), Parsed::No)
    }

    fn start(&mut self, name: String, called: Option<String>, parsed: Parsed) -> io::Result<()> {
        if name.starts_with("files/") && !self.kept.iter().any(|kept| kept.name.starts_with("files/")) {
            self.draft.subfolder("files")?;
        }
        if parsed == Parsed::Yes {
            self.tip_json = Some(Vec::new());
        }
        let file = self.draft.file(&name)?;
        self.open = Some(Entry { file, name, first: Vec::new(), size: 0, called, parsed });
        Ok(())
    }

    fn with_ending(&self, name: &str, kind: FileKind) -> io::Result<String> {
        let full = format!("{name}.{}", kind.ending);
        self.draft.rename(name, &full)?;
        Ok(full)
    }
}

fn describe(kept: &KeptFile) -> String {
    let called = kept.called.as_ref().map(|called| format!(", was called \"{called}\"")).unwrap_or_default();
    format!("{}, {} bytes, looks like {}{called}", kept.name, kept.size, kept.media)
}

/// One byte more than the reader looks at shows that it is longer.
const LONGEST_PARSED: usize = tipline_report::read::MAX_READ + 1;
