//! Sealing a tip: the caller serves reads of the original files, up to 64 KiB at a time, and receives sealed bytes, 16 KiB at a time.
//!
//! What a plan drops is never asked for, what it puts in never leaves this module unsealed.

use alloc::vec::Vec;

use tipline_envelope::tip::{self, TipSealer};
use tipline_envelope::{Fresh, PublicKey, SealError};
use tipline_scrub::Piece;
use tipline_wire::size::Padded;

use crate::clean::Content;

/// What the caller does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Read exactly `len` bytes (at most 64 KiB) at `at` of the *original* file and [`TipSealing::feed`] them.
    Read {
        /// Which file, from 0, in the order given to [`TipSealing::new`].
        file: usize,
        /// Where in the original file.
        at: u64,
        /// How many bytes.
        len: usize,
    },
    /// Sealed bytes: first the header, a recipient at a time, with the nonce, then each chunk in slices. Append them; they are never given again.
    Sealed(&'a [u8]),
    /// That was all.
    Done,
}

/// One tip being sealed. Constant memory, whatever the files' size.
pub struct TipSealing {
    sealer: TipSealer,
    files: Vec<Content>,
    asked: Option<usize>,
    sealed: Vec<u8>,
}

/// What the sealer under us did last; owns nothing of it, so that we may go on.
enum Next {
    Wants { file: usize, at: u64, len: usize },
    Sealed,
    Done,
}

impl TipSealing {
    /// Begins a tip of `tip_json` and `files`, sealed for `to` with fresh random bytes.
    ///
    /// # Errors
    /// Too large, or unsound randomness or recipients.
    pub fn new(
        tip_json: &[u8],
        files: Vec<Content>,
        to: &[PublicKey],
        fresh: Fresh,
    ) -> Result<Self, SealError> {
        let sizes: Vec<u64> = files.iter().map(Content::len).collect();
        let sealer = TipSealer::new(tip_json, &sizes, to, fresh)?;
        Ok(Self { sealer, files, asked: None, sealed: Vec::new() })
    }

    /// The padded size.
    #[must_use]
    pub fn padded(&self) -> Padded {
        self.sealer.padded()
    }

    /// Bytes that all [`Step::Sealed`] together will have.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.sealer.sealed_len()
    }

    /// Goes on as far as it can without the caller.
    ///
    /// # Errors
    /// [`SealError::OutOfTurn`] while a read is owed; whatever the envelope refuses.
    pub fn step(&mut self) -> Result<Step<'_>, SealError> {
        if self.asked.is_some() {
            return Err(SealError::OutOfTurn);
        }
        loop {
            match self.advance()? {
                Next::Wants { file, at, len } => {
                    if let Some((at, len)) = self.serve(file, at, len)? {
                        self.asked = Some(len);
                        return Ok(Step::Read { file, at, len });
                    }
                }
                Next::Sealed => return Ok(Step::Sealed(&self.sealed)),
                Next::Done => return Ok(Step::Done),
            }
        }
    }

    /// Takes the bytes that [`Step::Read`] asked for.
    ///
    /// # Errors
    /// [`SealError::FileChanged`] for another number of bytes: the file shrank while it was being read.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        match self.asked.take() {
            Some(asked) if asked == bytes.len() => self.sealer.feed(bytes),
            Some(_) => Err(SealError::FileChanged),
            None => Err(SealError::OutOfTurn),
        }
    }

    fn advance(&mut self) -> Result<Next, SealError> {
        Ok(match self.sealer.step()? {
            tip::Step::Read { file, at, len } => Next::Wants { file, at, len },
            tip::Step::Sealed(bytes) => {
                self.sealed.clear();
                self.sealed.extend_from_slice(bytes);
                Next::Sealed
            }
            tip::Step::Done => Next::Done,
        })
    }

    /// Serves one piece from the plan, or answers which read of the original file gives it.
    fn serve(&mut self, file: usize, at: u64, len: usize) -> Result<Option<(u64, usize)>, SealError> {
        const ZEROS: [u8; 1_024] = [0; 1_024];
        let content = self.files.get(file).ok_or(SealError::OutOfTurn)?;
        match content.piece(at, len).ok_or(SealError::OutOfTurn)? {
            Piece::Source { at, len } => return Ok(Some((at, len))),
            Piece::Literal(bytes) => self.sealer.feed(bytes)?,
            Piece::Zeros(len) => self.sealer.feed(ZEROS.get(..len).unwrap_or(&ZEROS))?,
        }
        Ok(None)
    }
}
