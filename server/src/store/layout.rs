//! How a sealed tip is cut into chunks: known from its size alone, so that every letterbox numbers them alike.
//!
//! A tip in one request is one part; a longer one has the parts in which it travelled. Each part is cut by itself, and all
//! but the last have the same number of chunks, so that a chunk's number names its part.

use std::ops::Range;

use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{PART, TipId};
use tipline_wire::upload::{Declared, LONGEST_PART};

use super::{CHUNK, Part, TipRecord};

/// Chunks of every part but the last.
pub(super) const CHUNKS_OF_PART: u32 = 65;

const CHUNK_U64: u64 = 16_384;
const _: () = assert!(CHUNK == 16_384);
// Part 0 is longer than the others by header and nonce, and has no chunk more.
const _: () = assert!(PART.div_ceil(CHUNK_U64) == 65 && LONGEST_PART.div_ceil(CHUNK_U64) == 65);

/// The parts of one tip.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// One part of so many bytes.
    One(u64),
    /// The parts of an upload.
    Parts(Declared),
}

impl Layout {
    /// The layout of a tip of `size` bytes; `None` for a size that no tip has.
    pub(super) fn of(epoch: Date, size: u64) -> Option<Self> {
        if size <= LONGEST_PART {
            return Some(Self::One(size));
        }
        let (recipients, padded) = Padded::of_sealed(size)?;
        Some(Self::Parts(Declared { epoch, recipients, padded }))
    }

    /// Where a part begins and how long it is.
    fn part(&self, number: u32) -> Option<(u64, u64)> {
        match self {
            Self::One(size) => (number == 0).then_some((0, *size)),
            Self::Parts(declared) => declared.part(number),
        }
    }

    /// Chunks of the whole tip.
    pub(super) fn chunks(&self) -> Option<u32> {
        let last = match self {
            Self::One(_) => 0,
            Self::Parts(declared) => declared.parts().checked_sub(1)?,
        };
        let (_, len) = self.part(last)?;
        first_chunk(last)?.checked_add(u32::try_from(len.div_ceil(CHUNK_U64)).ok()?)
    }

    /// The bytes of the sealed tip that are in this chunk.
    pub(super) fn range(&self, chunk: u32) -> Option<Range<u64>> {
        let part = part_of(chunk);
        let (begin, len) = self.part(part)?;
        let behind = u64::from(chunk.checked_sub(first_chunk(part)?)?).checked_mul(CHUNK_U64)?;
        let end = behind.saturating_add(CHUNK_U64).min(len);
        (behind < len).then_some(begin.checked_add(behind)?..begin.checked_add(end)?)
    }
}

/// The part that a chunk is in.
pub(super) fn part_of(chunk: u32) -> u32 {
    chunk.checked_div(CHUNKS_OF_PART).unwrap_or(0)
}

/// The number of a part's first chunk.
pub(super) fn first_chunk(part: u32) -> Option<u32> {
    part.checked_mul(CHUNKS_OF_PART)
}

/// Whether the part is one of such an upload and as long as it must be.
pub(super) fn fits(declared: &Declared, part: &Part) -> bool {
    let len = u64::try_from(part.bytes.len()).unwrap_or(u64::MAX);
    declared.part(part.number).is_some_and(|(_, expected)| expected == len)
}

impl TipRecord {
    /// The record of a tip of `size` bytes; `None` for a size that no tip has.
    pub(super) fn new(id: TipId, epoch: Date, size: u64) -> Option<Self> {
        Some(Self { id, epoch, size, chunks: Layout::of(epoch, size)?.chunks()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_of_every_kind_of_tip_are_the_whole_tip() {
        let epoch = Date::parse("2026-11-23").unwrap();
        let sealed = Padded::ALL.into_iter().filter(|padded| padded.bytes() < 8 << 20);
        let sizes = sealed.flat_map(|padded| (1..=8).map(move |count| padded.sealed_len(count)));
        for size in sizes.chain([1, 16_383, 16_384, 16_385, LONGEST_PART]) {
            let layout = Layout::of(epoch, size).unwrap();
            let chunks = layout.chunks().unwrap();
            let mut at = 0;
            for chunk in 0..chunks {
                let range = layout.range(chunk).unwrap();
                assert_eq!(range.start, at);
                assert!(range.end > at && range.end - at <= CHUNK_U64);
                at = range.end;
            }
            assert_eq!(at, size);
            assert_eq!(layout.range(chunks), None);
            assert_eq!(layout.range(u32::MAX), None);
        }
        assert!(Layout::of(epoch, LONGEST_PART + 1).is_none());
    }

    #[test]
    fn the_longest_tip_has_1024_parts() {
        let epoch = Date::parse("2026-11-23").unwrap();
        let chunks = Layout::of(epoch, Padded::LARGEST.sealed_len(3)).unwrap().chunks().unwrap();
        assert_eq!((part_of(chunks - 1), chunks), (1_023, 1_024 * 65));
    }
}
