//! RIFF (Microsoft and IBM, 1991): the chunks that WAV and WebP are made of.

use alloc::vec::Vec;

use crate::Why;
use crate::bytes::{Endian, array, u32_at, widen};
use crate::plan::Draft;

/// Bytes of a chunk's type and length.
pub(crate) const HEAD: u64 = 8;
/// Bytes of a file's beginning: `RIFF`, a length, and what it is.
pub(crate) const START: u64 = 12;

/// A chunk: its type, where its content begins, and how long that is.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) kind: [u8; 4],
    pub(crate) at: u64,
    pub(crate) len: u64,
}

impl Chunk {
    /// The chunk whose eight bytes of head stand at `at`; it ends before `limit`.
    pub(crate) fn read(at: u64, bytes: &[u8], limit: u64) -> Result<Self, Why> {
        let (Some(kind), Some(len)) = (array(bytes, 0), u32_at(bytes, 4, Endian::Little)) else {
            return Err(Why::Truncated);
        };
        let chunk = Self { kind, at: at.saturating_add(HEAD), len: len.into() };
        if chunk.at.saturating_add(chunk.len) > limit { Err(Why::Truncated) } else { Ok(chunk) }
    }

    /// Where the next one begins: lengths are made even.
    pub(crate) fn end(&self) -> u64 {
        self.at.saturating_add(self.len).saturating_add(self.len % 2)
    }

    /// Keeps head and content; what makes the length even is ours.
    pub(crate) fn keep(&self, draft: &mut Draft) -> Result<(), Why> {
        draft.keep(self.at.saturating_sub(HEAD), HEAD.saturating_add(self.len))?;
        if self.len % 2 == 1 {
            draft.insert(Vec::from([0]))?;
        }
        Ok(())
    }
}

/// Where a file ends by its own word, which may be before its last byte.
pub(crate) fn limit(bytes: &[u8], len: u64) -> Result<u64, Why> {
    let said = u32_at(bytes, 4, Endian::Little).ok_or(Why::Truncated)?;
    let end = HEAD.saturating_add(said.into());
    if end > len { Err(Why::Truncated) } else { Ok(end) }
}

/// A head with this type and length.
pub(crate) fn head(kind: [u8; 4], len: u64) -> Vec<u8> {
    let mut head = Vec::from(kind);
    head.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    head
}

/// A whole chunk of ours.
pub(crate) fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = head(kind, widen(content.len()));
    chunk.extend(content);
    if content.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

/// A file's beginning; `len` is all that follows its first eight bytes.
pub(crate) fn start(form: [u8; 4], len: u64) -> Vec<u8> {
    let mut start = head(*b"RIFF", len);
    start.extend(form);
    start
}
