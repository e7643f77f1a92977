//! The board, as every visitor gets it: how far the organisation has read. Told before anybody writes (T-14).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Serialize, Serializer};
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
/// Days between two readings, of an organisation that does not say so and issues its boards no more seldom.
const USUAL_RHYTHM: i32 = 7;

/// Why a board says nothing, or why nothing must be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum NoNotice {
    /// No board at all, or one that was cut.
    #[error("the board cannot be read")]
    Strange,
    /// A board that no desk of this line signed: nothing must be sealed.
    #[error("the board is not signed by the organisation")]
    Forged,
    /// A fresh board that was made beside another intake document: nothing must be sealed.
    #[error("the board names other keys than the letterbox's page does")]
    AnotherIntake,
}

/// What the head says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The day it was made.
    #[serde(serialize_with = "day")]
    pub issued: Date,
    /// The day of the next one.
    #[serde(serialize_with = "day")]
    pub next: Date,
    /// What arrived before this day has been opened.
    #[serde(serialize_with = "day")]
    pub opened: Date,
    /// Days since it was made; none when that lies more than two days ahead, so that a clock is wrong.
    pub age: Option<i32>,
    /// Whether it is older than a board should ever be.
    pub old: bool,
    /// What the organisation tells everybody, each with its language.
    pub notices: Vec<(String, String)>,
}

impl Notice {
    /// Whether it is older than twice the days between two readings, as far as `rhythm` days are known: perhaps nobody reads any
    /// more. The page draws the same line where it counts the days of the next reading (`board.js`).
    #[must_use]
    pub fn is_neglected(&self, rhythm: Option<u16>) -> bool {
        let shown = self.next.days().saturating_sub(self.issued.days());
        let rhythm = rhythm.map_or(USUAL_RHYTHM.max(shown), i32::from);
        self.age.is_some_and(|age| age > rhythm.saturating_mul(2))
    }
}

fn day<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
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
            issued,
            next,
            opened: opened_through,
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
