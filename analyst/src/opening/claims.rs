//! What a pickup claims of itself: its manifest and its `SHA256SUMS`, both as hostile as the rest.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use sha2::{Digest, Sha256};
use tipline_wire::pickup::{self, Manifest};
use tipline_wire::tip_id::TipId;

use super::pickup::MOST_ENTRIES;

/// A line of `SHA256SUMS` is shorter than this, in bytes.
const LONGEST_LINE: u64 = 512;

/// The manifest, with its digest. Of two, neither says which pickup it is.
#[derive(Default)]
pub(super) enum Manifests {
    #[default]
    None,
    One(Manifest, [u8; 32]),
    Bad,
}

/// Which digests `SHA256SUMS` lists.
#[derive(Default)]
pub(super) struct Sums {
    /// The digest that is listed for the manifest.
    pub(super) manifest: Option<[u8; 32]>,
    /// The digests that are listed for tips.
    pub(super) listed: HashMap<TipId, [u8; 32]>,
    /// Lines of no sound form.
    pub(super) malformed: u64,
}

impl Manifests {
    /// With one more entry of that name.
    pub(super) fn and(self, content: &mut File, size: u64) -> Self {
        let mut bytes = Vec::new();
        let read = content.take(size.min(pickup::LONGEST_MANIFEST)).read_to_end(&mut bytes).is_ok();
        let manifest = serde_json::from_slice(&bytes).ok().filter(|m: &Manifest| m.schema == pickup::SCHEMA);
        match (self, manifest) {
            (Self::None, Some(manifest)) if read => Self::One(manifest, Sha256::digest(&bytes).into()),
            _ => Self::Bad,
        }
    }
}

impl Sums {
    /// Whether another digest is listed for this tip than was found.
    pub(super) fn contradicts(&self, id: &TipId, found: Option<[u8; 32]>) -> bool {
        self.listed.get(id).zip(found).is_some_and(|(listed, found)| *listed != found)
    }

    /// Reads the entry of that name.
    pub(super) fn read(content: &mut File, size: u64) -> Self {
        let mut sums = Self::default();
        let mut input = BufReader::new(content.take(size));
        let mut line = String::new();
        while sums.listed.len() < MOST_ENTRIES {
            line.clear();
            match input.by_ref().take(LONGEST_LINE).read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {}
                // Not text, or not readable: say so once and stop.
                Err(_) => {
                    sums.malformed = sums.malformed.saturating_add(1);
                    break;
                }
            }
            match pickup::parse_sums_line(line.trim_end_matches('\n')) {
                Some((digest, pickup::MANIFEST)) => sums.manifest = Some(digest),
                Some((digest, name)) if let Some((_, id)) = pickup::parse_tip_name(name) => {
                    sums.listed.insert(id, digest);
                }
                _ => sums.malformed = sums.malformed.saturating_add(1),
            }
        }
        sums
    }
}
