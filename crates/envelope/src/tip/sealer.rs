//! Seals one tip front to back in constant memory, without doing any I/O itself: it asks for bytes and hands out sealed
//! ones.

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;

use tipline_wire::size::{CHUNK, Padded, SEALED_CHUNK};
use tipline_wire::ustar::{BLOCK, Header, padding};
use zeroize::Zeroizing;

use super::{EntryName, MAX_FILES, MAX_TIP_JSON};
use crate::error::SealError;
use crate::fresh::Fresh;
use crate::header::HeaderSealer;
use crate::recipient::PublicKey;
use crate::stream::Sealer;

/// Two zero blocks end a tar.
const END: u64 = 1_024;

/// What the sealer needs or gives next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Answer with [`TipSealer::feed`]: bytes of file number `file` (from 0) from `at` on, one to `len` (at most 65 536).
    Read {
        /// Index into the sizes that were given.
        file: usize,
        /// Offset in that file.
        at: u64,
        /// The most bytes that are wanted.
        len: usize,
    },
    /// The next bytes of the sealed tip: first the header, one recipient at a time, and the nonce, then the sealed chunks of
    /// 65 552 bytes, of each at most 16 400 at a time.
    Sealed(&'a [u8]),
    /// Everything was handed out.
    Done,
}

/// Seals one tip: tar and padding are made on the way, 64 KiB at a time.
pub struct TipSealer {
    header: HeaderSealer,
    sealer: Sealer,
    chunk: Zeroizing<Vec<u8>>,
    handed_out: HandedOut,
    pieces: VecDeque<Piece>,
    padded: Padded,
    recipients: u8,
}

/// What the caller has seen last.
#[derive(PartialEq, Eq)]
enum HandedOut {
    Prefix,
    Chunk,
}

/// A stretch of the padded tar, used up from its front.
enum Piece {
    Bytes { bytes: Zeroizing<Vec<u8>>, used: usize },
    File { file: usize, at: u64, size: u64 },
    Zeros(u64),
}

/// Bytes of the tar before padding; `None` when it cannot be a tip: too many files, a `tip.json` over 64 000 bytes, or
/// over 1 GiB.
#[must_use]
pub fn tar_len(tip_json: usize, file_sizes: &[u64]) -> Option<u64> {
    let fits = tip_json <= MAX_TIP_JSON && file_sizes.len() <= MAX_FILES;
    let mut sum = fits.then(|| entry_len(u64::try_from(tip_json).ok()?)?.checked_add(END))??;
    for size in file_sizes {
        sum = sum.checked_add(entry_len(*size)?)?;
    }
    Padded::holding(sum).map(|_| sum)
}

fn entry_len(size: u64) -> Option<u64> {
    u64::try_from(BLOCK).ok()?.checked_add(size)?.checked_add(padding(size))
}

impl TipSealer {
    /// Starts a tip with this `tip.json` and files of exactly these lengths, sealed for `to`.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] before anything is sealed (see [`tar_len`]); [`SealError::Recipients`] when `fresh` is for
    /// another number of recipients.
    pub fn new(
        tip_json: &[u8],
        file_sizes: &[u64],
        to: &[PublicKey],
        fresh: Fresh,
    ) -> Result<Self, SealError> {
        let len = tar_len(tip_json.len(), file_sizes).ok_or(SealError::TooLarge)?;
        let padded = Padded::holding(len).ok_or(SealError::TooLarge)?;
        let recipients = fresh.recipients();
        let pieces =
            pieces(tip_json, file_sizes, padded.bytes().saturating_sub(len)).ok_or(SealError::TooLarge)?;
        let (header, key) = HeaderSealer::new(to, fresh)?;
        let sealer = Sealer::with_key(key, padded.bytes());
        let chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK));
        Ok(Self { header, sealer, chunk, handed_out: HandedOut::Prefix, pieces, padded, recipients })
    }

    /// The padded length P that an observer learns.
    #[must_use]
    pub fn padded(&self) -> Padded {
        self.padded
    }

    /// Bytes of the whole sealed tip.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.padded.sealed_len(self.recipients)
    }

    /// Goes on. Until a [`Step::Read`] is answered it is asked again.
    ///
    /// # Errors
    /// [`SealError::Randomness`] when a recipient's random bytes are of no use. No other that a caller can bring about; [`SealError::OutOfTurn`] would be a fault of this module.
    pub fn step(&mut self) -> Result<Step<'_>, SealError> {
        if !self.header.is_done() {
            return self.header.next().map(Step::Sealed);
        }
        if self.handed_out == HandedOut::Chunk {
            self.chunk.clear();
        }
        self.handed_out = HandedOut::Prefix;
        if let Some((file, at, len)) = self.fill() {
            return Ok(Step::Read { file, at, len });
        }
        if self.sealer.is_done() {
            return Ok(Step::Done);
        }
        let slice = self.sealer.seal_slice(&mut self.chunk)?;
        if !self.sealer.is_within_chunk() {
            self.handed_out = HandedOut::Chunk;
        }
        Ok(Step::Sealed(slice))
    }

    /// Gives bytes that [`Step::Read`] asked for: at least one, at most `len`.
    ///
    /// # Errors
    /// [`SealError::FileChanged`] when `bytes` is empty or longer than asked (the file is not what it was when its size
    /// was taken), [`SealError::OutOfTurn`] when nothing was asked.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        if self.handed_out != HandedOut::Prefix || !self.header.is_done() {
            return Err(SealError::OutOfTurn);
        }
        let (_, _, len) = self.fill().ok_or(SealError::OutOfTurn)?;
        let Some(Piece::File { at, .. }) = self.pieces.front_mut() else { return Err(SealError::OutOfTurn) };
        if bytes.is_empty() || bytes.len() > len {
            return Err(SealError::FileChanged);
        }
        *at = at.saturating_add(u64::try_from(bytes.len()).map_err(|_| SealError::FileChanged)?);
        self.chunk.extend_from_slice(bytes);
        Ok(())
    }

    /// Fills the chunk as far as it goes without a file's bytes; says which those are when it needs some.
    fn fill(&mut self) -> Option<(usize, u64, usize)> {
        loop {
            let room = CHUNK.saturating_sub(self.chunk.len());
            let piece = self.pieces.front_mut().filter(|_| room > 0)?;
            match piece {
                Piece::Bytes { bytes, used } => {
                    let left = bytes.get(*used..).unwrap_or_default();
                    let taken = left.get(..room).unwrap_or(left);
                    *used = used.saturating_add(taken.len());
                    self.chunk.extend_from_slice(taken);
                }
                Piece::Zeros(left) => {
                    let taken = at_most(room, *left);
                    *left = left.saturating_sub(taken.1);
                    let filled = self.chunk.len().saturating_add(taken.0);
                    self.chunk.resize(filled, 0);
                }
                Piece::File { file, at, size } if *at < *size => {
                    return Some((*file, *at, at_most(room, size.saturating_sub(*at)).0));
                }
                Piece::File { .. } => {}
            }
            if piece.is_used_up() {
                self.pieces.pop_front();
            }
        }
    }
}

impl Piece {
    fn is_used_up(&self) -> bool {
        match self {
            Self::Bytes { bytes, used } => *used >= bytes.len(),
            Self::File { at, size, .. } => at >= size,
            Self::Zeros(left) => *left == 0,
        }
    }
}

/// The smaller of the two, in both widths.
fn at_most(room: usize, left: u64) -> (usize, u64) {
    let taken = usize::try_from(left).map_or(room, |left| left.min(room));
    (taken, u64::try_from(taken).unwrap_or(left))
}

/// The whole padded tar as pieces.
fn pieces(tip_json: &[u8], file_sizes: &[u64], zeros: u64) -> Option<VecDeque<Piece>> {
    let size = u64::try_from(tip_json.len()).ok()?;
    let header = header(&EntryName::TipJson, size)?;
    let mut first = Zeroizing::new(Vec::with_capacity(header.len().checked_add(tip_json.len())?));
    first.extend_from_slice(&header);
    first.extend_from_slice(tip_json);
    let mut pieces = VecDeque::from([Piece::Bytes { bytes: first, used: 0 }, Piece::Zeros(padding(size))]);
    for (file, size) in file_sizes.iter().copied().enumerate() {
        let name = EntryName::File(u8::try_from(file.checked_add(1)?).ok()?);
        let bytes = Zeroizing::new(header_bytes(&name, size)?);
        pieces.extend([
            Piece::Bytes { bytes, used: 0 },
            Piece::File { file, at: 0, size },
            Piece::Zeros(padding(size)),
        ]);
    }
    pieces.push_back(Piece::Zeros(END.checked_add(zeros)?));
    Some(pieces)
}

fn header_bytes(name: &EntryName, size: u64) -> Option<Vec<u8>> {
    header(name, size).map(|block| block.to_vec())
}

fn header(name: &EntryName, size: u64) -> Option<[u8; BLOCK]> {
    Header { name: name.to_string(), size }.to_block().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Identity, fresh_len, open_all};
    use proptest::prelude::*;

    fn fresh() -> Fresh {
        Fresh::new(Zeroizing::new(vec![5; fresh_len(1)]), 1).unwrap()
    }

    fn desk() -> (Identity, PublicKey) {
        let desk = Identity::from_seed([6; 32]);
        let key = PublicKey::try_from(&desk.recipient()).unwrap();
        (desk, key)
    }

    /// Seals, answering each read with at most `most` bytes.
    fn seal(tip_json: &[u8], files: &[Vec<u8>], most: usize) -> Vec<u8> {
        let sizes: Vec<u64> = files.iter().map(|f| f.len() as u64).collect();
        let mut sealer = TipSealer::new(tip_json, &sizes, &[desk().1], fresh()).unwrap();
        let mut out = Vec::new();
        loop {
            let (file, at, len) = match sealer.step().unwrap() {
                Step::Read { file, at, len } => (file, at as usize, len.min(most)),
                Step::Sealed(bytes) => {
                    out.extend_from_slice(bytes);
                    continue;
                }
                Step::Done => break,
            };
            sealer.feed(&files[file][at..at + len]).unwrap();
        }
        assert_eq!(out.len() as u64, sealer.sealed_len());
        out
    }

    #[test]
    fn the_tar_is_exactly_as_specified() {
        let sealed = seal(b"{}", &[vec![7; 513], vec![]], CHUNK);
        let plain = open_all(&sealed, &[desk().0]).unwrap();
        let block = |name: &str, size| Header { name: name.into(), size }.to_block().unwrap().to_vec();
        let mut expected = [
            block("tip.json", 2),
            b"{}".to_vec(),
            vec![0; 510],
            block("files/001", 513),
            vec![7; 513],
            vec![0; 511],
        ]
        .concat();
        expected.extend(block("files/002", 0));
        expected.resize(65_536, 0);
        assert_eq!(*plain, expected);
    }

    #[test]
    fn a_tip_of_text_has_always_one_size() {
        for len in [0, 1, 64_000] {
            let sealer = TipSealer::new(&vec![b' '; len], &[], &[desk().1], fresh()).unwrap();
            assert_eq!(sealer.padded(), Padded::SMALLEST);
        }
        assert_eq!(tar_len(64_000, &[]), Some(65_536));
        assert_eq!(tar_len(64_001, &[]), None);
    }

    #[test]
    fn what_one_tip_cannot_hold_is_refused_before_sealing() {
        assert_eq!(tar_len(0, &[0; 99]), Some(512 * 100 + 1_024));
        assert_eq!(tar_len(0, &[0; 100]), None);
        assert_eq!(tar_len(0, &[(1 << 30) - 2_048]), Some(1 << 30));
        assert_eq!(tar_len(0, &[(1 << 30) - 2_047]), None);
        assert_eq!(tar_len(0, &[u64::MAX]), None);
        assert_eq!(tar_len(0, &[u64::MAX - 600, 600]), None);
        let refused = TipSealer::new(b"", &[1 << 30], &[desk().1], fresh());
        assert_eq!(refused.err(), Some(SealError::TooLarge));
    }

    #[test]
    fn a_file_that_shrinks_or_grows_stops_the_sealing() {
        let mut sealer = TipSealer::new(b"{}", &[100_000], &[desk().1], fresh()).unwrap();
        assert_eq!(sealer.feed(b"x"), Err(SealError::OutOfTurn));
        assert!(matches!(sealer.step(), Ok(Step::Sealed(_))));
        let Ok(Step::Read { file: 0, at: 0, len }) = sealer.step() else { panic!("a read is due") };
        assert_eq!(len, CHUNK - 3 * 512);
        assert_eq!(sealer.feed(&[]), Err(SealError::FileChanged));
        assert_eq!(sealer.feed(&vec![0; len + 1]), Err(SealError::FileChanged));
        sealer.feed(&vec![0; len]).unwrap();
        assert_eq!(sealer.feed(b"x"), Err(SealError::OutOfTurn));
        assert!(matches!(sealer.step(), Ok(Step::Sealed(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn short_reads_change_nothing(
            json in proptest::collection::vec(any::<u8>(), 0..2_000),
            sizes in proptest::collection::vec(0_usize..90_000, 0..4),
            most in 700_usize..70_000,
        ) {
            let files: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, len)| vec![i as u8 + 1; *len]).collect();
            let sealed = seal(&json, &files, most);
            prop_assert!(sealed == seal(&json, &files, CHUNK));
            let lens: Vec<u64> = sizes.iter().map(|s| *s as u64).collect();
            let plain = open_all(&sealed, &[desk().0]).unwrap();
            let end = tar_len(json.len(), &lens).unwrap() as usize;
            prop_assert_eq!(plain.len() as u64, Padded::holding(end as u64).unwrap().bytes());
            prop_assert!(plain[end - 1_024..].iter().all(|b| *b == 0));
        }
    }
}
