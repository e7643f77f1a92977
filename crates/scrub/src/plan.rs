//! A finished plan: which bytes of the old file, and which of ours, make the new one.

use alloc::vec::Vec;

use crate::{Finding, Format, Kind, MAX_FINDINGS, Why};

/// The most edits of a plan, some megabytes. Pictures need a handful; Ogg two a page, hours of speech some thousands.
const MAX_EDITS: usize = 65_536;

/// One stretch of the new file, in order. What no edit keeps is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Bytes of the old file.
    Keep {
        /// Where they begin in the old file.
        at: u64,
        /// How many.
        len: u64,
    },
    /// Zeros in place of something whose length must stay.
    Zero {
        /// How many.
        len: u64,
    },
    /// Bytes of our own.
    Insert(Vec<u8>),
}

impl Edit {
    fn len(&self) -> u64 {
        match self {
            Self::Keep { len, .. } | Self::Zero { len } => *len,
            Self::Insert(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// What comes next in the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes to read from the old file.
    Source {
        /// Where they begin in the old file.
        at: u64,
        /// How many, at least 1.
        len: usize,
    },
    /// These bytes.
    Literal(&'a [u8]),
    /// That many zeros.
    Zeros(usize),
}

impl Piece<'_> {
    /// How many bytes of the new file it makes.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a piece is never empty")]
    pub fn len(&self) -> usize {
        match self {
            Self::Source { len, .. } | Self::Zeros(len) => *len,
            Self::Literal(bytes) => bytes.len(),
        }
    }
}

/// How a file is cleaned. Its new length is known before a byte is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    format: Format,
    findings: Vec<Finding>,
    edits: Vec<Edit>,
    /// Where each edit begins in the new file.
    starts: Vec<u64>,
    new_len: u64,
}

impl Plan {
    /// What the file is.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What is taken out.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The edits, in the order of the new file.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Bytes of the new file.
    #[must_use]
    pub fn new_len(&self) -> u64 {
        self.new_len
    }

    /// Whether hidden data is removed. False for a document or an unknown format: the new file is the old one.
    #[must_use]
    pub fn is_cleaned(&self) -> bool {
        self.format.is_cleaned()
    }

    /// What stands at `at` in the new file, at most `max` bytes of it; `None` at its end or when `max` is 0. Ask again
    /// at `at` + [`Piece::len`].
    #[must_use]
    pub fn piece(&self, at: u64, max: usize) -> Option<Piece<'_>> {
        let index = self.starts.partition_point(|start| *start <= at).checked_sub(1)?;
        let (start, edit) = self.starts.get(index).zip(self.edits.get(index))?;
        let skip = at.checked_sub(*start)?;
        let left = edit.len().checked_sub(skip)?;
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(max);
        if len == 0 {
            return None;
        }
        Some(match edit {
            Edit::Keep { at, .. } => Piece::Source { at: at.checked_add(skip)?, len },
            Edit::Zero { .. } => Piece::Zeros(len),
            Edit::Insert(bytes) => Piece::Literal(bytes.get(usize::try_from(skip).ok()?..)?.get(..len)?),
        })
    }
}

/// A plan in the making.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    edits: Vec<Edit>,
    findings: Vec<Finding>,
}

impl Draft {
    /// Keeps bytes of the old file after what is there; neighbours become one edit.
    pub(crate) fn keep(&mut self, at: u64, len: u64) -> Result<(), Why> {
        if let Some(Edit::Keep { at: last, len: have }) = self.edits.last_mut()
            && last.checked_add(*have) == Some(at)
        {
            *have = have.saturating_add(len);
            return Ok(());
        }
        self.push(Edit::Keep { at, len })
    }

    /// Zeros in place of bytes of the old file.
    pub(crate) fn zero(&mut self, len: u64) -> Result<(), Why> {
        self.push(Edit::Zero { len })
    }

    /// Puts bytes of ours after what is there; answers the number by which they can be [replaced](Self::replace).
    pub(crate) fn insert(&mut self, bytes: Vec<u8>) -> Result<usize, Why> {
        self.push(Edit::Insert(bytes))?;
        Ok(self.edits.len().saturating_sub(1))
    }

    /// Other bytes in place of what was inserted: lengths that are known later only.
    pub(crate) fn replace(&mut self, index: usize, bytes: Vec<u8>) {
        if let Some(edit @ Edit::Insert(_)) = self.edits.get_mut(index) {
            *edit = Edit::Insert(bytes);
        }
    }

    /// Bytes of the new file from edit number `index` on.
    pub(crate) fn len_from(&self, index: usize) -> u64 {
        self.edits.iter().skip(index).map(Edit::len).fold(0, u64::saturating_add)
    }

    fn push(&mut self, edit: Edit) -> Result<(), Why> {
        if self.edits.len() >= MAX_EDITS {
            return Err(Why::TooComplex);
        }
        if edit.len() > 0 {
            self.edits.push(edit);
        }
        Ok(())
    }

    /// Puts bytes of ours where edit number `index` is; a first edit is number 0.
    pub(crate) fn insert_at(&mut self, index: usize, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.edits.insert(index.min(self.edits.len()), Edit::Insert(bytes));
        }
    }

    /// Cuts the first edit in two after `len` bytes, so that something can be put there.
    pub(crate) fn split_first(&mut self, len: u64) {
        if let Some(Edit::Keep { at, len: have }) = self.edits.first().cloned()
            && let (Some(rest), Some(next)) = (have.checked_sub(len), at.checked_add(len))
            && rest > 0
        {
            self.edits.splice(0..1, [Edit::Keep { at, len }, Edit::Keep { at: next, len: rest }]);
        }
    }

    /// Notes what was found. The same thing twice is noted once, and only so much is noted.
    pub(crate) fn found(&mut self, kind: Kind, value: &str) {
        let finding = Finding::new(kind, value);
        if self.findings.len() < MAX_FINDINGS && !self.findings.contains(&finding) {
            let after = self.findings.partition_point(|other| other.kind <= kind);
            self.findings.insert(after, finding);
        }
    }

    pub(crate) fn finish(self, format: Format) -> Plan {
        let mut new_len = 0_u64;
        let mut starts = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            starts.push(new_len);
            new_len = new_len.saturating_add(edit.len());
        }
        Plan { format, findings: self.findings, edits: self.edits, starts, new_len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let mut draft = Draft::default();
        draft.keep(10, 5).unwrap();
        draft.keep(15, 5).unwrap();
        draft.push(Edit::Zero { len: 3 }).unwrap();
        draft.insert_at(0, vec![1, 2, 3]);
        draft.finish(Format::Jpeg)
    }

    #[test]
    fn pieces_follow_each_other_whatever_their_size() {
        let plan = plan();
        assert_eq!((plan.new_len(), plan.edits().len()), (16, 3));
        for max in 1..20 {
            let mut new = Vec::new();
            while let Some(piece) = plan.piece(new.len() as u64, max) {
                assert!((1..=max).contains(&piece.len()));
                match piece {
                    Piece::Source { at, len } => new.extend((at..at + len as u64).map(|b| b as u8)),
                    Piece::Literal(bytes) => new.extend(bytes),
                    Piece::Zeros(len) => new.resize(new.len() + len, 0),
                }
            }
            assert_eq!(new, [1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 0, 0, 0]);
        }
        assert_eq!(plan.piece(16, 9), None);
        assert_eq!(plan.piece(u64::MAX, 9), None);
        assert_eq!(plan.piece(0, 0), None);
    }
}
