//! How a tip is laid out in the two trees: keys and values, byte by byte.
//!
//! `parts`: id, 32 bytes ‖ number of the chunk, u32 -> SHA-256 of the chunk, 32 bytes ‖ chunk, at most 16 KiB.
//! `tips`: id -> version 1 ‖ epoch's first day, u32 ‖ size, u64 ‖ chunks, u32. Integers are big-endian.

use sha2::{Digest, Sha256};
use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use super::{CHUNK, SealedTip, StoreError, TipRecord};

/// Bytes of a tip's id.
const ID: usize = 32;
/// Bytes of a digest.
const DIGEST: usize = 32;
/// Bytes of a key in `parts`.
pub(super) const PART_KEY: usize = ID + 4;
/// The longest value in `parts`.
pub(super) const LONGEST_PART: usize = DIGEST + CHUNK;
/// Bytes of a value in `tips`.
pub(super) const TIP_VALUE: usize = 1 + 4 + 8 + 4;

const VERSION: u8 = 1;

/// A tip as it goes into the trees: made by whoever brings it, so that the one committer hashes and copies nothing.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) record: TipRecord,
    /// Values in `parts`, in order.
    pub(super) parts: Vec<sled::IVec>,
}

impl Prepared {
    /// `None` for a size no route lets through.
    pub(super) fn new(tip: &SealedTip) -> Option<Self> {
        let record = record_of(tip)?;
        let parts = tip.bytes.chunks(CHUNK).map(|chunk| part_value(chunk).into()).collect();
        Some(Self { record, parts })
    }
}

/// The key of a chunk.
pub(super) fn part_key(id: &TipId, chunk: u32) -> [u8; PART_KEY] {
    let mut key = [0; PART_KEY];
    let bytes = id.as_bytes().iter().copied().chain(chunk.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

/// The value of a chunk: its digest, then itself.
pub(super) fn part_value(chunk: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(LONGEST_PART);
    value.extend_from_slice(&Sha256::digest(chunk));
    value.extend_from_slice(chunk);
    value
}

/// The chunk in a value, if its digest still fits.
pub(super) fn read_part(value: &[u8]) -> Result<&[u8], StoreError> {
    let (digest, chunk) = value.split_at_checked(DIGEST).ok_or(StoreError::Damaged)?;
    if Sha256::digest(chunk).as_slice() == digest { Ok(chunk) } else { Err(StoreError::Damaged) }
}

/// What the store knows of a tip that it is about to keep; `None` for a size no route lets through.
pub(super) fn record_of(tip: &SealedTip) -> Option<TipRecord> {
    let size = u64::try_from(tip.bytes.len()).ok()?;
    let chunks = u32::try_from(tip.bytes.len().div_ceil(CHUNK)).ok()?;
    Some(TipRecord { id: tip.id, epoch: tip.epoch, size, chunks })
}

/// The value of a tip's record.
pub(super) fn tip_value(record: &TipRecord) -> [u8; TIP_VALUE] {
    let mut value = [0; TIP_VALUE];
    let fields = [VERSION]
        .into_iter()
        .chain(record.epoch.days().to_be_bytes())
        .chain(record.size.to_be_bytes())
        .chain(record.chunks.to_be_bytes());
    value.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    value
}

/// Reads a tip's record.
pub(super) fn read_tip(key: &[u8], value: &[u8]) -> Result<TipRecord, StoreError> {
    parse(key, value).ok_or(StoreError::Damaged)
}

fn parse(key: &[u8], value: &[u8]) -> Option<TipRecord> {
    let id = TipId::from_bytes(key.try_into().ok()?);
    let (version, rest) = value.split_first()?;
    let (days, rest) = rest.split_first_chunk::<4>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (chunks, rest) = rest.split_first_chunk::<4>()?;
    let epoch = Date::from_days(i32::from_be_bytes(*days))?;
    (*version == VERSION && rest.is_empty()).then_some(())?;
    Some(TipRecord { id, epoch, size: u64::from_be_bytes(*size), chunks: u32::from_be_bytes(*chunks) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back() {
        let tip = SealedTip {
            id: TipId::of_one_request(b"x"),
            epoch: Date::parse("2026-11-23").unwrap(),
            bytes: vec![7; CHUNK + 1],
        };
        let record = record_of(&tip).unwrap();
        assert_eq!((record.size, record.chunks), (16_385, 2));
        let value = tip_value(&record);
        assert_eq!(read_tip(tip.id.as_bytes(), &value), Ok(record));
        for bad in [&value[1..], &value[..16], &[&value[..], &[0]].concat(), &[&[2], &value[1..]].concat()] {
            assert_eq!(read_tip(tip.id.as_bytes(), bad), Err(StoreError::Damaged));
        }
    }

    #[test]
    fn a_changed_chunk_is_noticed() {
        let mut value = part_value(b"sealed");
        assert_eq!(read_part(&value), Ok(b"sealed".as_slice()));
        value[33] ^= 1;
        assert_eq!(read_part(&value), Err(StoreError::Damaged));
        assert_eq!(read_part(&[0; 31]), Err(StoreError::Damaged));
    }
}
