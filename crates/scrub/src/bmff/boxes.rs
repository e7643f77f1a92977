//! Boxes: how they begin, and which of them stay.

use alloc::vec::Vec;

use crate::Why;
use crate::bytes::{Endian, array, slice, u32_at, widen};

/// Bytes that show how a box begins, whether its length has four bytes or eight.
pub(super) const LOOK: u64 = 16;

/// A box in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: [u8; 4],
    /// Where its length stands.
    pub(super) at: u64,
    /// Where its content begins.
    pub(super) content: u64,
    pub(super) end: u64,
}

impl Head {
    /// The box at `at`, which ends before `limit`. A length of 0 means: to the end of the file.
    pub(super) fn read(at: u64, bytes: &[u8], limit: u64, last: bool) -> Result<Self, Why> {
        let (Some(len), Some(kind)) = (u32_at(bytes, 0, Endian::Big), array(bytes, 4)) else {
            return Err(Why::Truncated);
        };
        let (head, end) = match len {
            0 if last => (8, limit),
            1 => {
                let long = u64::from_be_bytes(array(bytes, 8).ok_or(Why::Truncated)?);
                (16, at.checked_add(long).ok_or(Why::Truncated)?)
            }
            len => (8, at.saturating_add(len.into())),
        };
        let content = at.saturating_add(head);
        if end < content {
            return Err(Why::Damaged("a box is shorter than itself"));
        }
        if end > limit { Err(Why::Truncated) } else { Ok(Self { kind, at, content, end }) }
    }

    /// Bytes of the content.
    pub(super) fn len(&self) -> u64 {
        self.end.saturating_sub(self.content)
    }
}

/// A box in memory: its type and content.
pub(super) type Part<'a> = ([u8; 4], &'a [u8]);

/// The boxes of a content that is in memory, which they fill to its end.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, Why> {
    let mut all = Vec::new();
    let mut at = 0_u64;
    while at < widen(bytes.len()) {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let head = Head::read(at, rest, widen(bytes.len()), false)?;
        let range = usize::try_from(head.content).ok().zip(usize::try_from(head.len()).ok());
        all.push((head.kind, range.and_then(|(at, len)| slice(bytes, at, len)).ok_or(Why::Truncated)?));
        at = head.end;
    }
    Ok(all)
}

/// A whole box of ours.
pub(super) fn whole(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap_or(u32::MAX).saturating_add(8);
    let mut whole = Vec::from(len.to_be_bytes());
    whole.extend(kind);
    whole.extend(content);
    whole
}

/// What becomes of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, and what is in it is looked at box by box.
    Enter,
    /// It stays as it is.
    Keep,
    /// Samples and parts of pictures are in it.
    Media,
    /// It stays but for some of its fields.
    Fields,
    /// It stays, as long as its count says.
    Table,
    /// What is in it is read as a whole, at most so many bytes.
    Whole(u64),
    /// It becomes `free`.
    Blank,
}

/// What becomes of a box of type `kind` in one of type `parent`; the file itself is `file`.
pub(super) fn fate(parent: &[u8; 4], kind: &[u8; 4], len: u64) -> Result<Fate, Why> {
    Ok(match (parent, kind) {
        (b"file", b"ftyp") if len <= 1_024 => Fate::Keep,
        (b"file", b"mdat") => Fate::Media,
        (b"file", b"meta") => Fate::Whole(262_144),
        (b"file", b"wide") if len == 0 => Fate::Keep,
        (b"file", b"moof") => return Err(Why::Unsupported("a film in fragments")),
        (b"moov", b"cmov" | b"rmra") => return Err(Why::Unsupported("a film whose tables are packed")),
        (b"file", b"moov")
        | (b"moov", b"trak")
        | (b"trak", b"edts" | b"mdia")
        | (b"mdia", b"minf")
        | (b"minf", b"dinf" | b"stbl") => Fate::Enter,
        (b"moov", b"mvhd") | (b"trak", b"tkhd") | (b"mdia", b"mdhd" | b"hdlr") | (b"minf", b"hdlr") => {
            Fate::Fields
        }
        (b"edts", b"elst") | (b"minf", b"vmhd" | b"smhd") => Fate::Table,
        (
            b"stbl",
            b"stts" | b"ctts" | b"stss" | b"stps" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64",
        ) => Fate::Table,
        (b"dinf", b"dref") | (b"stbl", b"stsd") => Fate::Whole(65_536),
        _ => Fate::Blank,
    })
}
