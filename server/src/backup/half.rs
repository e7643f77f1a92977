//! One file of a backup, read to its end: every digest is its `SHA256SUMS`'s, every name one of a store's, nothing follows.

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest as _, Sha256};
use tipline_wire::hex;

use super::{Half, MANIFEST, Manifest, SCHEMA, SUMS};
use crate::store::{Archived, FORMAT, SealedFile};
use crate::tar_file::{TarFault, digest_of, header, read_sums, small};

/// The longest manifest, in bytes.
const LONGEST_MANIFEST: u64 = 4_096;
/// A line of the sums is shorter than this: 64 + 2 + 100 + 1.
const LINE: u64 = 200;
/// The longest key file or document, in bytes; both are far shorter.
const LONGEST_SMALL: u64 = 16 << 20;

/// Why a backup is not sound, or does not belong to the other.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// Cut off, unreadable, or not the expected tar.
    #[error(transparent)]
    Tar(#[from] TarFault),
    /// No manifest first, or a malformed one.
    #[error("it is no backup: its manifest is missing or malformed")]
    Manifest,
    /// The other half.
    #[error("it holds the {}, and the {} were expected", found.name(), expected.name())]
    OtherHalf {
        /// What it is.
        found: Half,
        /// What it should be.
        expected: Half,
    },
    /// Of another version's store.
    #[error("it is of a store in the format `{0}`, and this program knows `{FORMAT}`: use that version")]
    Format(String),
    /// An entry that does not belong there.
    #[error("it holds an entry that does not belong there")]
    Entry,
    /// A digest differs, or is missing.
    #[error("it was changed: a digest does not match its SHA256SUMS")]
    Digest,
    /// The halves are of two backups.
    #[error(
        "it is of the generation {found}, and the volumes are of {expected}: give the two files of one backup"
    )]
    OtherGeneration {
        /// Of the keys.
        found: String,
        /// Of the volumes.
        expected: String,
    },
    /// A volume without its key.
    #[error("the key of volume {0} is missing in it: without it that volume cannot be read")]
    KeyMissing(u64),
    /// A volume without its log.
    #[error("volume {0} is not whole in it")]
    NotWhole(u64),
}

/// What a sound file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its first entry.
    pub manifest: Manifest,
    /// Every file of the store with its digest.
    pub files: BTreeMap<Archived, [u8; 32]>,
}

impl Content {
    /// The volumes of which it has a file or the key.
    pub fn volumes(&self) -> impl Iterator<Item = u64> {
        let mut numbers: Vec<u64> = self.files.keys().filter_map(number).collect();
        numbers.dedup();
        numbers.into_iter()
    }

    fn has(&self, archived: &Archived) -> bool {
        self.files.contains_key(archived)
    }
}

/// Reads a whole file and checks everything that can be known of it alone.
///
/// # Errors
/// See [`BackupFault`].
pub fn check(input: &mut impl Read, expected: Half) -> Result<Content, BackupFault> {
    let (manifest, digest) = manifest(input, expected)?;
    let (mut files, mut named) = (BTreeMap::new(), BTreeMap::from([(MANIFEST.to_owned(), digest)]));
    let sums = loop {
        let header = header(input)?.ok_or(BackupFault::Digest)?;
        if header.name == SUMS {
            let longest = u64::try_from(named.len()).unwrap_or(u64::MAX).saturating_mul(LINE);
            break small(input, Some(header.size).filter(|s| *s <= longest).ok_or(BackupFault::Digest)?)?;
        }
        let archived = belongs(&header.name, header.size, expected).ok_or(BackupFault::Entry)?;
        let digest = digest_of(input, header.size)?;
        if files.insert(archived, digest).is_some() {
            return Err(BackupFault::Entry);
        }
        named.insert(header.name, digest);
    };
    if header(input)?.is_some() {
        return Err(BackupFault::Entry);
    }
    if read_sums(&sums).ok_or(BackupFault::Digest)? == named {
        Ok(Content { manifest, files })
    } else {
        Err(BackupFault::Digest)
    }
}

/// Checks that two halves are of one backup and that every volume is whole and has its key.
///
/// # Errors
/// See [`BackupFault`].
pub fn pair(volumes: &Content, keys: &Content) -> Result<(), BackupFault> {
    let (found, expected) = (&keys.manifest.generation, &volumes.manifest.generation);
    if found != expected {
        return Err(BackupFault::OtherGeneration { found: found.clone(), expected: expected.clone() });
    }
    for volume in volumes.volumes() {
        if !keys.has(&Archived::Key { volume }) {
            return Err(BackupFault::KeyMissing(volume));
        }
        let has = |file| volumes.has(&Archived::Sealed { volume, file });
        if !(has(SealedFile::Conf) && has(SealedFile::Db)) {
            return Err(BackupFault::NotWhole(volume));
        }
    }
    Ok(())
}

fn manifest(input: &mut impl Read, expected: Half) -> Result<(Manifest, [u8; 32]), BackupFault> {
    let first = header(input)?.filter(|h| h.name == MANIFEST && h.size <= LONGEST_MANIFEST);
    let bytes = small(input, first.ok_or(BackupFault::Manifest)?.size)?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| BackupFault::Manifest)?;
    if manifest.schema != SCHEMA || hex::decode::<16>(&manifest.generation).is_none() {
        return Err(BackupFault::Manifest);
    }
    if manifest.half != expected {
        return Err(BackupFault::OtherHalf { found: manifest.half, expected });
    }
    if manifest.store != FORMAT {
        return Err(BackupFault::Format(manifest.store.escape_debug().take(40).collect()));
    }
    Ok((manifest, Sha256::digest(&bytes).into()))
}

/// The file of a store that an entry is, if it belongs into this half.
pub(super) fn belongs(name: &str, size: u64, half: Half) -> Option<Archived> {
    let archived = Archived::of_name(name)?;
    let sound = match (&archived, half) {
        (Archived::Key { .. }, Half::Keys) | (Archived::Document(_), Half::Volumes) => size <= LONGEST_SMALL,
        (Archived::Sealed { .. }, Half::Volumes) => true,
        _ => false,
    };
    sound.then_some(archived)
}

fn number(archived: &Archived) -> Option<u64> {
    match archived {
        Archived::Key { volume } | Archived::Sealed { volume, .. } => Some(*volume),
        Archived::Document(_) => None,
    }
}
