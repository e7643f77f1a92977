//! Checks a pickup against its own lists: every digest, the count, the bytes, and that nothing follows.
//!
//! The file may come from a server that others control (T-02): what is read into memory is bounded by what was found in the
//! file, never by what it claims.

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest, Sha256};
use tipline_wire::pickup::{self, Manifest};
use tipline_wire::size::{MAX_RECIPIENTS, Padded};

use crate::tar_file::{TarFault, digest_of, header, is_end, read_sums, small};

/// A line of the sums for one tip is shorter than this: 64 + 2 + 92 + 1.
const LINE: u64 = 200;

/// Why a pickup is not sound.
#[derive(Debug, thiserror::Error)]
pub enum PickupFault {
    /// Cut off, unreadable, or not the expected tar.
    #[error(transparent)]
    Tar(#[from] TarFault),
    /// No manifest first, or a malformed one.
    #[error("its manifest is missing or malformed")]
    Manifest,
    /// An entry that does not belong there.
    #[error("it holds an entry that does not belong there")]
    Entry,
    /// Not what the manifest counts.
    #[error("it holds {found} tips, but its manifest says {said}")]
    Count {
        /// Found.
        found: u64,
        /// Said.
        said: u64,
    },
    /// A digest differs, or is missing.
    #[error("a digest does not match its SHA256SUMS")]
    Digest,
}

/// Reads only the manifest at the start.
///
/// # Errors
/// See [`PickupFault`].
pub fn manifest(input: &mut impl Read) -> Result<(Manifest, [u8; 32]), PickupFault> {
    let header = header(input)?.filter(|h| h.name == pickup::MANIFEST && h.size <= pickup::LONGEST_MANIFEST);
    let bytes = small(input, header.ok_or(PickupFault::Manifest)?.size)?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| PickupFault::Manifest)?;
    if manifest.schema != pickup::SCHEMA {
        return Err(PickupFault::Manifest);
    }
    Ok((manifest, Sha256::digest(&bytes).into()))
}

/// Reads all of it.
///
/// # Errors
/// See [`PickupFault`].
pub fn verify(input: &mut impl Read) -> Result<Manifest, PickupFault> {
    let (manifest, digest) = manifest(input)?;
    let mut digests = BTreeMap::from([(pickup::MANIFEST.to_owned(), digest)]);
    let (mut count, mut bytes) = (0_u64, 0_u64);
    let sums = loop {
        let header = header(input)?.ok_or(PickupFault::Digest)?;
        if header.name == pickup::SUMS {
            let longest = count.saturating_add(1).saturating_mul(LINE);
            break small(input, Some(header.size).filter(|s| *s <= longest).ok_or(PickupFault::Digest)?)?;
        }
        let is_tip = pickup::parse_tip_name(&header.name).is_some() && is_sealed_len(header.size);
        is_tip.then_some(()).ok_or(PickupFault::Entry)?;
        let digest = digest_of(input, header.size)?;
        if digests.insert(header.name, digest).is_some() {
            return Err(PickupFault::Entry);
        }
        (count, bytes) = (count.saturating_add(1), bytes.saturating_add(header.size));
    };
    is_end(input)?.then_some(()).ok_or(PickupFault::Entry)?;
    if (count, bytes) != (manifest.count, manifest.bytes) {
        return Err(PickupFault::Count { found: count, said: manifest.count });
    }
    let listed = read_sums(&sums).ok_or(PickupFault::Digest)?;
    if listed == digests { Ok(manifest) } else { Err(PickupFault::Digest) }
}

/// Whether a sealed tip can be so long, for any number of recipients.
fn is_sealed_len(size: u64) -> bool {
    (1..=MAX_RECIPIENTS).any(|recipients| Padded::from_sealed_len(recipients, size).is_some())
}
