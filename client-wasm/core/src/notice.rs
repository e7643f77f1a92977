//! The board, as every visitor gets it: how far the organisation has read. Told before anybody writes (T-14).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use tipline_wire::board::{self, Board, BoardError, BoardReader};
use tipline_wire::date::Date;
use tipline_wire::signed;
use tipline_wire::sshsig::{LONGEST_ARMOR, SigError};

use crate::documents::Line;

/// The longest board with its signature, in bytes.
pub const LONGEST: usize = board::LONGEST + LONGEST_ARMOR;
/// A board is fresh for so many days.
const FRESH: i32 = 15;
/// A clock may lag behind a desk's by so many days.
const CLOCK_LAG: i32 = 2;

/// Why a board says nothing, or why nothing must be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum NoNotice {
    /// No board at all, or one that was cut.
    Strange,
    /// A board that no desk of this line signed: nothing must be sealed.
    Forged,
    /// A fresh board that was made beside another intake document: nothing must be sealed.
    AnotherIntake,
}

/// What the head says, for the page.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    issued: String,
    next: String,
    opened: String,
    /// Days since it was made; none when that lies more than two days ahead, so that a clock is wrong.
    age: Option<i32>,
    /// Whether it is older than a board should ever be.
    old: bool,
    notices: Vec<(String, String)>,
}

/// A board that is being read.
pub struct Reading {
    signature: String,
    left: usize,
    reader: BoardReader,
}

impl Reading {
    /// Begins with the `tail` of a body of `len` bytes, in which the signature stands.
    #[must_use]
    pub fn new(tail: &[u8], len: usize) -> Option<Self> {
        let (_, signature) = signed::split(tail)?;
        let left = len.checked_sub(signature.len()).filter(|left| *left < LONGEST)?;
        Some(Self { signature: signature.to_string(), left, reader: BoardReader::default() })
    }

    /// Takes the next bytes of the body; the signature at its end is passed over.
    pub fn feed(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        self.left = self.left.saturating_sub(bytes.len());
        self.reader.feed(bytes);
    }

    /// What it says to whom stands before this line today.
    ///
    /// # Errors
    /// See [`NoNotice`].
    pub fn finish(self, line: &Line, today: Date) -> Result<Notice, NoNotice> {
        let board = self.reader.finish(&self.signature)?;
        let (board, _) = board.verify_desk(&line.desks).map_err(|_| NoNotice::Forged)?;
        let age = today.days().saturating_sub(board.issued.days());
        let old = age > FRESH;
        if board.intake != line.intake && !old {
            return Err(NoNotice::AnotherIntake);
        }
        let Board { issued, next, opened_through, notices, .. } = board;
        Ok(Notice {
            issued: issued.to_string(),
            next: next.to_string(),
            opened: opened_through.to_string(),
            age: (age >= -CLOCK_LAG).then_some(age.max(0)),
            old,
            notices,
        })
    }
}

impl From<BoardError> for NoNotice {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::Signature(SigError::Namespace | SigError::Wrong | SigError::AnotherSigner) => {
                Self::Forged
            }
            _ => Self::Strange,
        }
    }
}
