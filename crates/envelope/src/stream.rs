//! The payload: 64 KiB chunks, each sealed with ChaCha20-Poly1305 under a counter and a last-chunk flag (C2SP age,
//! "Payload").
//!
//! Sealing goes forward only: an index is sealed once. Opening takes any chunk in any order and from any thread, since
//! a desk opens with all its cores; that the last one is the last, its flag proves.

use alloc::vec::Vec;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;
use tipline_wire::size::{CHUNK, NONCE, SEALED_CHUNK, TAG};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::fresh::{FILE_KEY, Fresh};
use crate::header::seal_header;
use crate::recipient::PublicKey;

/// The key of one payload. Threads share it by reference.
pub struct PayloadKey(ChaCha20Poly1305);

impl PayloadKey {
    pub(crate) fn derive(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(nonce), file_key).expand(b"payload", key.as_mut()).ok()?;
        Some(Self(ChaCha20Poly1305::new((&*key).into())))
    }

    /// Opens sealed chunk number `index` in place: 16 to 65 552 bytes become 0 to 65 536. Allocates nothing. Nothing in
    /// `chunk` may be shown to a person before the last chunk was opened.
    ///
    /// # Errors
    /// [`OpenError::Refused`]: a byte was changed, it is another chunk or of another file, it is not the last one or
    /// `last` says so wrongly, it is not full though others follow, or it is empty though others went before.
    pub fn open_chunk(&self, index: u64, last: bool, chunk: &mut Vec<u8>) -> Result<(), OpenError> {
        let plain = self.open_in_place(index, last, chunk)?.len();
        chunk.truncate(plain);
        Ok(())
    }

    /// As [`Self::open_chunk`], over a slice whose first part becomes the plaintext.
    ///
    /// # Errors
    /// As [`Self::open_chunk`].
    pub fn open_in_place<'a>(
        &self,
        index: u64,
        last: bool,
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], OpenError> {
        let len = sealed.len().checked_sub(TAG).ok_or(OpenError::Refused)?;
        let fits = if last { len <= CHUNK && (len > 0 || index == 0) } else { len == CHUNK };
        let (text, tag) = sealed.split_at_mut_checked(len).filter(|_| fits).ok_or(OpenError::Refused)?;
        let tag = Tag::try_from(&*tag).map_err(|_| OpenError::Refused)?;
        let opened = self.0.decrypt_inout_detached(&chunk_nonce(index, last), &[], (&mut *text).into(), &tag);
        opened.map_err(|_| OpenError::Refused)?;
        Ok(text)
    }

    fn seal_in_place(&self, index: u64, last: bool, text: &mut [u8]) -> Option<Tag> {
        self.0.encrypt_inout_detached(&chunk_nonce(index, last), &[], text.into()).ok()
    }
}

/// Sealed chunks in a payload of `len` bytes (header and nonce not counted): full ones of 65 552 bytes and a shorter
/// last one. `None` for lengths that no payload has.
#[must_use]
pub fn chunk_count(len: u64) -> Option<u64> {
    let sealed = u64::try_from(SEALED_CHUNK).ok()?;
    let tag = u64::try_from(TAG).ok()?;
    let (full, rest) = (len.checked_div(sealed)?, len.checked_rem(sealed)?);
    match (full, rest) {
        (1.., 0) => Some(full),
        (0, rest) if rest >= tag => Some(1),
        (1.., rest) if rest > tag => full.checked_add(1),
        _ => None,
    }
}

/// Seals one payload of a known length, front to back.
pub struct Sealer {
    key: PayloadKey,
    next: u64,
    left: u64,
    done: bool,
}

impl Sealer {
    /// Starts a file of `plain_len` bytes for `to`; gives header and nonce, 86 + 1557 N bytes.
    ///
    /// # Errors
    /// [`SealError::Recipients`] when `fresh` is for another number of recipients.
    pub fn new(to: &[PublicKey], fresh: Fresh, plain_len: u64) -> Result<(Vec<u8>, Self), SealError> {
        let (prefix, key) = seal_header(to, fresh)?;
        Ok((prefix, Self::with_key(key, plain_len)))
    }

    pub(crate) fn with_key(key: PayloadKey, plain_len: u64) -> Self {
        Self { key, next: 0, left: plain_len, done: false }
    }

    /// Plaintext bytes of the chunk that is due: 65 536, fewer for the last one, 0 only for an empty file.
    #[must_use]
    pub fn due(&self) -> usize {
        usize::try_from(self.left).map_or(CHUNK, |left| left.min(CHUNK))
    }

    /// Seals the next chunk in place and appends its tag, 16 bytes; a vector with room for 65 552 is not moved.
    ///
    /// # Errors
    /// [`SealError::OutOfTurn`] when `chunk` has not the length that is due, or the last one is already sealed.
    pub fn seal_next(&mut self, chunk: &mut Vec<u8>) -> Result<(), SealError> {
        let tag = self.seal_in_place(chunk)?;
        chunk.extend_from_slice(&tag);
        Ok(())
    }

    /// As [`Self::seal_next`], over a slice; the tag is returned.
    pub(crate) fn seal_in_place(&mut self, text: &mut [u8]) -> Result<[u8; TAG], SealError> {
        if self.done || text.len() != self.due() {
            return Err(SealError::OutOfTurn);
        }
        let sealed = u64::try_from(text.len()).map_err(|_| SealError::OutOfTurn)?;
        let index = self.next;
        self.left = self.left.saturating_sub(sealed);
        self.next = index.checked_add(1).ok_or(SealError::OutOfTurn)?;
        self.done = self.left == 0;
        let tag = self.key.seal_in_place(index, self.done, text).ok_or(SealError::OutOfTurn)?;
        Ok(tag.into())
    }

    /// Whether the last chunk is sealed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }
}

/// Eleven bytes of counter, of which an index fills eight, then the flag.
fn chunk_nonce(index: u64, last: bool) -> Nonce {
    let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
    [0, 0, 0, a, b, c, d, e, f, g, h, last.into()].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PayloadKey {
        PayloadKey::derive(&[1; 16], &[2; 16]).unwrap()
    }

    fn sealed(len: usize) -> Vec<Vec<u8>> {
        let mut sealer = Sealer::with_key(key(), len as u64);
        let mut out = Vec::new();
        while !sealer.is_done() {
            let mut chunk = vec![out.len() as u8; sealer.due()];
            sealer.seal_next(&mut chunk).unwrap();
            out.push(chunk);
        }
        out
    }

    #[test]
    fn chunks_open_where_they_belong_and_nowhere_else() {
        let chunks = sealed(2 * CHUNK + 5);
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [SEALED_CHUNK, SEALED_CHUNK, 21]);
        for (at, chunk) in chunks.iter().enumerate() {
            for index in 0..4 {
                for last in [false, true] {
                    let opened = key().open_chunk(index, last, &mut chunk.clone());
                    assert_eq!(opened.is_ok(), index == at as u64 && last == (at == 2));
                }
            }
        }
    }

    #[test]
    fn the_last_chunk_is_full_when_the_length_says_so() {
        for (len, chunks) in [(0, 1), (1, 1), (CHUNK - 1, 1), (CHUNK, 1), (CHUNK + 1, 2), (2 * CHUNK, 2)] {
            let sealed = sealed(len);
            assert_eq!(sealed.len(), chunks);
            assert_eq!(chunk_count(sealed.concat().len() as u64), Some(chunks as u64));
        }
    }

    #[test]
    fn an_empty_last_chunk_opens_only_an_empty_file() {
        for (index, opens) in [(0, true), (1, false)] {
            let mut chunk = Vec::new();
            let tag = key().seal_in_place(index, true, &mut chunk).unwrap();
            chunk.extend_from_slice(&tag);
            assert_eq!(key().open_chunk(index, true, &mut chunk).is_ok(), opens);
        }
    }

    #[test]
    fn a_chunk_that_is_too_long_or_not_full_is_refused() {
        for (len, last) in [(CHUNK + 1, true), (CHUNK + 1, false), (CHUNK - 1, false)] {
            let mut chunk = vec![0; len];
            let tag = key().seal_in_place(0, last, &mut chunk).unwrap();
            chunk.extend_from_slice(&tag);
            assert_eq!(key().open_chunk(0, last, &mut chunk), Err(OpenError::Refused));
        }
        for len in 0..TAG {
            assert_eq!(key().open_chunk(0, true, &mut vec![0; len]), Err(OpenError::Refused));
        }
    }

    #[test]
    fn an_index_is_sealed_once_and_in_turn() {
        let mut sealer = Sealer::with_key(key(), 65_537);
        assert_eq!(sealer.seal_next(&mut vec![0; 65_537]), Err(SealError::OutOfTurn));
        assert_eq!(sealer.seal_next(&mut vec![0; 1]), Err(SealError::OutOfTurn));
        sealer.seal_next(&mut vec![0; 65_536]).unwrap();
        assert!(!sealer.is_done());
        sealer.seal_next(&mut vec![0; 1]).unwrap();
        assert!(sealer.is_done());
        assert_eq!(sealer.seal_next(&mut vec![]), Err(SealError::OutOfTurn));
    }

    #[test]
    fn a_length_that_no_payload_has_gives_no_count() {
        for len in [0, 15, 65_552 + 1, 65_552 + 16, 2 * 65_552 + 16] {
            assert_eq!(chunk_count(len), None, "{len}");
        }
    }
}
