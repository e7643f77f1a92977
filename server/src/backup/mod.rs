//! Backups: what is sealed, in two files of one generation, so that volumes and keys can be carried and kept apart.
//!
//! `volumes-<generation>.tar`: `manifest.json`, `volumes/<n>/…`, `documents/…`, `SHA256SUMS`. `keys-<generation>.tar`:
//! `manifest.json`, `keys/<n>`, `SHA256SUMS`. Neither is of any use without the other. [`serve`] is the running server's
//! part, [`crate::client::backup`] the command's, [`half`] reads and checks one file, [`writer`] writes it, [`restore`] puts
//! both in place.

pub mod flags;
pub mod half;
pub mod restore;
pub mod serve;
pub mod writer;

use serde::{Deserialize, Serialize};

/// The manifest's `schema`.
pub const SCHEMA: &str = "tipline-backup/1";
/// Name of the first entry.
pub const MANIFEST: &str = "manifest.json";
/// Name of the last entry.
pub const SUMS: &str = "SHA256SUMS";

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// Sealed volumes and documents.
    Volumes,
    /// The volumes' keys.
    Keys,
}

impl Half {
    /// As the file's name begins.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Volumes => "volumes",
            Self::Keys => "keys",
        }
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(self, generation: &str) -> String {
        format!("{}-{generation}.tar", self.name())
    }
}

/// What the first entry says of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Which half it is.
    pub half: Half,
    /// 32 hex digits, the same in both halves.
    pub generation: String,
    /// The store's format.
    pub store: String,
    /// The Monday of the week in which it was made.
    pub week: String,
}
