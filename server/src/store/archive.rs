//! What a backup is made of: the files of sealed volumes, their keys, the documents. Each has a name that is no path of
//! anybody's choosing.

use super::Document;

/// A file of the store that a backup has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Archived {
    /// A volume's key: carried apart from the volumes.
    Key {
        /// The volume's number.
        volume: u64,
    },
    /// Of a sealed volume: of no use without its key.
    Sealed {
        /// The volume's number.
        volume: u64,
        /// Which file of it.
        file: SealedFile,
    },
    /// A published document or an acknowledgement.
    Document(Document),
}

/// What there is in the folder of a sealed volume that it needs: its snapshots are made anew from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SealedFile {
    /// The engine's settings.
    Conf,
    /// The engine's log: all the tips.
    Db,
    /// Our own list of what it holds; may be missing.
    Index,
}

impl SealedFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Conf, Self::Db, Self::Index];

    /// The file's name in the folder of its volume.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Conf => "conf",
            Self::Db => "db",
            Self::Index => "index",
        }
    }
}

impl Archived {
    /// Its path below the store, as it is when the folder of keys is not elsewhere.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Key { volume } => format!("keys/{volume}"),
            Self::Sealed { volume, file } => format!("volumes/{volume}/{}", file.name()),
            Self::Document(document) => format!("documents/{}", document.name()),
        }
    }

    /// The file with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let archived = Self::read(name)?;
        // One name for each: no `07`, no `+7`.
        (archived.name() == name).then_some(archived)
    }

    fn read(name: &str) -> Option<Self> {
        let (folder, rest) = name.split_once('/')?;
        match folder {
            "keys" => Some(Self::Key { volume: rest.parse().ok()? }),
            "documents" => Document::of_name(rest).map(Self::Document),
            "volumes" => {
                let (number, file) = rest.split_once('/')?;
                let file = SealedFile::ALL.into_iter().find(|known| known.name() == file)?;
                Some(Self::Sealed { volume: number.parse().ok()?, file })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_one_name_and_no_other_name_is_a_file() {
        let ack = Document::Acknowledgement { pickup: [7; 16], desk: "desk-1".into() };
        for archived in [
            Archived::Key { volume: 12 },
            Archived::Sealed { volume: u64::MAX, file: SealedFile::Db },
            Archived::Document(Document::Board),
            Archived::Document(ack),
        ] {
            let name = archived.name();
            assert!(tipline_wire::ustar::is_plain(&name));
            assert_eq!(Archived::of_name(&name), Some(archived));
        }
        for name in [
            "",
            "keys",
            "keys/",
            "keys/07",
            "keys/+7",
            "keys/1/2",
            "keys/../format",
            "volumes/1",
            "volumes/1/snap.00",
            "volumes/../keys/1",
            "documents/../keys/1",
            "documents/x",
            "format",
        ] {
            assert_eq!(Archived::of_name(name), None, "{name}");
        }
    }
}
