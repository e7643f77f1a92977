//! The payload: 64 KiB chunks, each sealed with ChaCha20-Poly1305 under a counter and a last-chunk flag (C2SP age,
//! "Payload").
//!
//! Sealing goes forward only: an index is sealed once. Opening takes any chunk in any order and from any thread, since
//! a desk opens with all its cores; that the last one is the last, its flag proves.

use alloc::vec::Vec;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use poly1305::Poly1305;
use poly1305::universal_hash::UniversalHash;
use sha2::Sha256;
use tipline_wire::size::{CHUNK, NONCE, SEALED_CHUNK, TAG};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::fresh::{FILE_KEY, Fresh};
use crate::header::seal_header;
use crate::recipient::PublicKey;

/// The most bytes that a step of [`Sealer::seal_slice`] seals: a browser that compiles nothing needs its time even for these.
pub const SLICE: usize = 16_384;
// Only a chunk's last slice may end within a block of ChaCha20 (64 bytes) or of Poly1305 (16).
const _: () = assert!(SLICE.is_multiple_of(64) && CHUNK.is_multiple_of(SLICE));

/// The key of one payload. Threads share it by reference.
pub struct PayloadKey(Zeroizing<[u8; 32]>);

impl PayloadKey {
    pub(crate) fn derive(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(nonce), file_key).expand(b"payload", key.as_mut()).ok()?;
        Some(Self(key))
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
        let cipher = ChaCha20Poly1305::new((&*self.0).into());
        let opened = cipher.decrypt_inout_detached(&chunk_nonce(index, last), &[], (&mut *text).into(), &tag);
        opened.map_err(|_| OpenError::Refused)?;
        Ok(text)
    }

    fn begin_chunk(&self, index: u64, last: bool) -> Option<SealingChunk> {
        SealingChunk::new(&self.0, &chunk_nonce(index, last))
    }
}

/// A chunk that is being sealed, a slice at a time: ChaCha20-Poly1305 without associated data (RFC 8439, 2.8).
struct SealingChunk {
    cipher: ChaCha20,
    mac: Poly1305,
    sealed: usize,
}

impl SealingChunk {
    fn new(key: &[u8; 32], nonce: &Nonce) -> Option<Self> {
        const BLOCK: u64 = 64;
        let mut cipher = ChaCha20::new(key.into(), nonce);
        let mut mac_key = Zeroizing::new([0; 32]);
        cipher.try_apply_keystream(mac_key.as_mut_slice()).ok()?;
        cipher.try_seek(BLOCK).ok()?;
        Some(Self { cipher, mac: Poly1305::new((&*mac_key).into()), sealed: 0 })
    }

    /// Every slice but the last is whole blocks.
    fn seal(&mut self, slice: &mut [u8]) -> Option<()> {
        self.cipher.try_apply_keystream(slice).ok()?;
        self.mac.update_padded(slice);
        self.sealed = self.sealed.checked_add(slice.len())?;
        Some(())
    }

    fn tag(mut self) -> Option<[u8; TAG]> {
        let [a, b, c, d, e, f, g, h] = u64::try_from(self.sealed).ok()?.to_le_bytes();
        self.mac.update(&[[0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h].into()]);
        Some(self.mac.finalize().into())
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
    at_work: Option<SealingChunk>,
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
        Self { key, next: 0, left: plain_len, done: false, at_work: None }
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
        if self.at_work.is_some() {
            return Err(SealError::OutOfTurn);
        }
        let mut chunk = self.begin(text.len())?;
        chunk.seal(text).and_then(|()| chunk.tag()).ok_or(SealError::OutOfTurn)
    }

    /// As [`Self::seal_next`], but at most [`SLICE`] bytes of the chunk at a time: gives those that were sealed now, the last
    /// ones with the tag. Until then it wants the same `chunk`, of the same length.
    ///
    /// # Errors
    /// As [`Self::seal_next`].
    pub(crate) fn seal_slice<'a>(&mut self, chunk: &'a mut Vec<u8>) -> Result<&'a [u8], SealError> {
        let mut at_work = match self.at_work.take() {
            Some(at_work) => at_work,
            None => self.begin(chunk.len())?,
        };
        let from = at_work.sealed;
        let left = chunk.get_mut(from..).ok_or(SealError::OutOfTurn)?;
        let len = left.len().min(SLICE);
        let slice = left.get_mut(..len).ok_or(SealError::OutOfTurn)?;
        at_work.seal(slice).ok_or(SealError::OutOfTurn)?;
        let end = at_work.sealed;
        if end < chunk.len() {
            self.at_work = Some(at_work);
            return chunk.get(from..end).ok_or(SealError::OutOfTurn);
        }
        chunk.extend_from_slice(&at_work.tag().ok_or(SealError::OutOfTurn)?);
        chunk.get(from..).ok_or(SealError::OutOfTurn)
    }

    /// Begins the chunk that is due, if it has this length: its index is used up.
    fn begin(&mut self, len: usize) -> Result<SealingChunk, SealError> {
        if self.done || len != self.due() {
            return Err(SealError::OutOfTurn);
        }
        let plain = u64::try_from(len).map_err(|_| SealError::OutOfTurn)?;
        let index = self.next;
        self.left = self.left.saturating_sub(plain);
        self.next = index.checked_add(1).ok_or(SealError::OutOfTurn)?;
        self.done = self.left == 0;
        self.key.begin_chunk(index, self.done).ok_or(SealError::OutOfTurn)
    }

    /// Whether a chunk is begun and not yet sealed to its end.
    pub(crate) fn is_within_chunk(&self) -> bool {
        self.at_work.is_some()
    }

    /// Whether the last chunk is sealed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done && !self.is_within_chunk()
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

    fn tag(index: u64, last: bool, text: &mut [u8]) -> [u8; TAG] {
        let mut chunk = key().begin_chunk(index, last).unwrap();
        chunk.seal(text).unwrap();
        chunk.tag().unwrap()
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
    fn a_chunk_in_slices_is_the_chunk_that_the_whole_cipher_makes() {
        for len in [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE + 17, CHUNK] {
            let mut sealer = Sealer::with_key(key(), len as u64);
            let (mut chunk, mut slices) = (vec![7; len], Vec::new());
            while !sealer.is_done() {
                slices.push(sealer.seal_slice(&mut chunk).unwrap().to_vec());
            }
            assert_eq!(slices.concat(), chunk);
            assert!(slices.iter().all(|slice| slice.len() <= SLICE + TAG), "{len}");
            let mut whole = vec![7; len];
            let cipher = ChaCha20Poly1305::new((&*key().0).into());
            let tag = cipher.encrypt_inout_detached(&chunk_nonce(0, true), &[], whole.as_mut_slice().into());
            whole.extend_from_slice(&tag.unwrap());
            assert_eq!(chunk, whole, "{len}");
            assert_eq!(sealer.seal_slice(&mut Vec::new()).err(), Some(SealError::OutOfTurn));
        }
    }

    #[test]
    fn a_chunk_that_was_begun_is_sealed_to_its_end_first() {
        let mut sealer = Sealer::with_key(key(), 2 * 65_536);
        let mut chunk = vec![0; CHUNK];
        sealer.seal_slice(&mut chunk).unwrap();
        assert_eq!(sealer.seal_next(&mut vec![0; CHUNK]), Err(SealError::OutOfTurn));
        assert!((0..3).all(|_| sealer.seal_slice(&mut chunk).is_ok()));
        sealer.seal_next(&mut vec![0; CHUNK]).unwrap();
        assert!(sealer.is_done());
    }

    #[test]
    fn an_empty_last_chunk_opens_only_an_empty_file() {
        for (index, opens) in [(0, true), (1, false)] {
            let mut chunk = Vec::new();
            chunk.extend_from_slice(&tag(index, true, &mut []));
            assert_eq!(key().open_chunk(index, true, &mut chunk).is_ok(), opens);
        }
    }

    #[test]
    fn a_chunk_that_is_too_long_or_not_full_is_refused() {
        for (len, last) in [(CHUNK + 1, true), (CHUNK + 1, false), (CHUNK - 1, false)] {
            let mut chunk = vec![0; len];
            let tag = tag(0, last, &mut chunk);
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
