//! How a sealed tip is cut into chunks: as it travelled, one chunk for each part. Known from its size alone, so that every
//! letterbox cuts it alike.

use std::ops::Range;

use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, LONGEST_PART};

use super::{CHUNK, Part, TipRecord};

const _: () = assert!(CHUNK == 1_061_374 && LONGEST_PART == 1_061_374);

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

    fn count(&self) -> u32 {
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
}

impl TipRecord {
    /// The record of a tip of `size` bytes; `None` for a size that no tip has.
    pub(super) fn new(id: TipId, epoch: Date, size: u64) -> Option<Self> {
        Some(Self { id, epoch, size, chunks: Layout::of(epoch, size)?.count() })
    }

    /// Bytes of a chunk; `None` when there is no such chunk.
    #[must_use]
    pub fn chunk_len(&self, chunk: u32) -> Option<u64> {
        Some(Layout::of(self.epoch, self.size)?.part(chunk)?.1)
    }

    /// The bytes of the sealed tip that are in this chunk.
    pub(super) fn range(&self, chunk: u32) -> Option<Range<usize>> {
        let (begin, len) = Layout::of(self.epoch, self.size)?.part(chunk)?;
        Some(usize::try_from(begin).ok()?..usize::try_from(begin.checked_add(len)?).ok()?)
    }
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
        for size in sealed.chain([1, LONGEST_PART]) {
            let record = TipRecord::new(id, epoch, size).unwrap();
            let mut at = 0;
            for chunk in 0..record.chunks {
                let range = record.range(chunk).unwrap();
                assert!(range.start == at && range.end > at && range.len() <= CHUNK);
                assert_eq!(record.chunk_len(chunk), Some(range.len() as u64));
                at = range.end;
            }
            assert_eq!(at as u64, size);
            assert_eq!((record.range(record.chunks), record.chunk_len(u32::MAX)), (None, None));
        }
        assert!(TipRecord::new(id, epoch, LONGEST_PART + 1).is_none());
    }
}
