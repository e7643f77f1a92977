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
pub(super) const CHUNKS_OF_PART: u32 = 6;

const CHUNK_U64: u64 = 176_896;
const _: () = assert!(CHUNK == 176_896);
// Part 0 is longer than the others by header and nonce, and has no chunk more.
const _: () = assert!(PART.div_ceil(CHUNK_U64) == 6 && LONGEST_PART.div_ceil(CHUNK_U64) == 6);

/// The parts of one tip.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// One part of so many bytes.
    One(u64),
    /// The parts of an upload.
    Parts(Declared),
}

impl Layout {
    /// The layout of a tip of `size` bytes; `None` for a size that no tip has.
    fn of(epoch: Date, size: u64) -> Option<Self> {
        if size <= LONGEST_PART {
            return Some(Self::One(size));
        }
        let (recipients, padded) = Padded::of_sealed(size)?;
        Some(Self::Parts(Declared { epoch, recipients, padded }))
    }

    fn parts(&self) -> u32 {
        match self {
            Self::One(_) => 1,
            Self::Parts(declared) => declared.parts(),
        }
    }

    /// Where a part begins and how long it is.
    fn part(&self, number: u32) -> Option<(u64, u64)> {
        match self {
            Self::One(size) => (number == 0).then_some((0, *size)),
            Self::Parts(declared) => declared.part(number),
        }
    }

    fn chunks(&self) -> Option<u32> {
        let last = self.parts().checked_sub(1)?;
        let (_, len) = self.part(last)?;
        first_chunk(last)?.checked_add(u32::try_from(len.div_ceil(CHUNK_U64)).ok()?)
    }
}

impl TipRecord {
    /// The record of a tip of `size` bytes; `None` for a size that no tip has.
    pub(super) fn new(id: TipId, epoch: Date, size: u64) -> Option<Self> {
        Some(Self { id, epoch, size, chunks: Layout::of(epoch, size)?.chunks()? })
    }

    /// How many parts it has.
    pub(super) fn parts(&self) -> Option<u32> {
        Some(Layout::of(self.epoch, self.size)?.parts())
    }

    /// Bytes of a chunk; `None` when there is no such chunk.
    #[must_use]
    pub fn chunk_len(&self, chunk: u32) -> Option<u64> {
        let range = self.range(chunk)?;
        range.end.checked_sub(range.start)
    }

    /// The bytes of the sealed tip that are in this chunk.
    pub(super) fn range(&self, chunk: u32) -> Option<Range<u64>> {
        let part = part_of(chunk);
        let (begin, len) = Layout::of(self.epoch, self.size)?.part(part)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_of_every_kind_of_tip_are_the_whole_tip() {
        let (id, epoch) = (TipId::of_one_request(b"x"), Date::parse("2026-11-23").unwrap());
        let sealed = Padded::ALL.into_iter().flat_map(|padded| (1..=8).map(move |n| padded.sealed_len(n)));
        for size in sealed.chain([1, CHUNK_U64, CHUNK_U64 + 1, LONGEST_PART]) {
            let record = TipRecord::new(id, epoch, size).unwrap();
            let mut at = 0;
            for chunk in 0..record.chunks {
                let range = record.range(chunk).unwrap();
                assert!(range.start == at && range.end > at && range.end - at <= CHUNK_U64);
                assert_eq!(record.chunk_len(chunk), Some(range.end - at));
                at = range.end;
            }
            assert_eq!(at, size);
            assert_eq!((record.range(record.chunks), record.chunk_len(u32::MAX)), (None, None));
        }
        assert!(TipRecord::new(id, epoch, LONGEST_PART + 1).is_none());
    }

    #[test]
    fn the_longest_tip_has_1024_parts_and_a_chunk_s_number_names_its_part() {
        let (id, epoch) = (TipId::of_one_request(b"x"), Date::parse("2026-11-23").unwrap());
        let record = TipRecord::new(id, epoch, Padded::LARGEST.sealed_len(3)).unwrap();
        assert_eq!((record.parts(), record.chunks), (Some(1_024), 1_024 * 6));
        let (begin, len) = Layout::of(epoch, record.size).unwrap().part(1_023).unwrap();
        assert_eq!((part_of(6 * 1_023), part_of(record.chunks - 1)), (1_023, 1_023));
        assert_eq!(record.range(6 * 1_023).unwrap().start, begin);
        assert_eq!(record.range(record.chunks - 1).unwrap().end, begin + len);
    }
}
