//! The name of an entry: `tip.json`, `files/001` to `files/099`, or something that only another tool would write.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

/// An entry's name, as a tip means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryName {
    /// `tip.json`.
    TipJson,
    /// `files/NNN`, 1 to 99.
    File(u8),
    /// Any other plain relative name of at most 100 bytes. A stranger chose it: never a path on the desk's disk.
    Foreign(String),
}

impl EntryName {
    pub(crate) fn read(name: String) -> Self {
        match file_number(&name) {
            Some(number) => Self::File(number),
            None if name == "tip.json" => Self::TipJson,
            None => Self::Foreign(name),
        }
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TipJson => f.write_str("tip.json"),
            Self::File(number) => f.write_str(&format!("files/{number:03}")),
            Self::Foreign(name) => f.write_str(name),
        }
    }
}

/// Only the spelling that [`EntryName`] itself writes counts.
fn file_number(name: &str) -> Option<u8> {
    let number = name.strip_prefix("files/")?.parse().ok().filter(|n| (1..=99).contains(n))?;
    (EntryName::File(number).to_string() == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        for (text, name) in [
            ("tip.json", EntryName::TipJson),
            ("files/001", EntryName::File(1)),
            ("files/099", EntryName::File(99)),
        ] {
            assert_eq!(EntryName::read(text.into()), name);
            assert_eq!(name.to_string(), text);
        }
        for foreign in
            ["files/1", "files/000", "files/100", "files/+01", "files/0001", "tip.jsonl", "photo.jpg"]
        {
            assert_eq!(EntryName::read(foreign.into()), EntryName::Foreign(foreign.into()));
        }
    }
}
