//! The board: the public file of answers, of one size. Its head is text with LF, padded with LF to 8 192 bytes:
//!
//! ```text
//! tipline-board 1
//! serial <decimal>
//! issued <YYYY-MM-DD>
//! next <YYYY-MM-DD>               not before `issued`
//! opened-through <YYYY-MM-DD>     what arrived before this day has been opened; not after `issued`
//! burnt-through <YYYY-MM-DD>      not after `issued`
//! slots <16..512, a power of two>
//! id <64 hex>
//! intake <SHA-256 of the intake document, 64 hex>
//! notice <language> <text>        0..10 lines
//! ```
//!
//! Then the slots, each 16 bytes of tag and an age file of 5 755 bytes. A desk signs all of it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::date::Date;
use crate::hex;
use crate::intake::MAX_SERIAL;
use crate::lines::{Expected, Lines, decimal};
use crate::signed::Untrusted;
use crate::site::{is_tag, is_text};
use crate::size::{STANZA, TAG, prefix_len};
use crate::sshsig::{self, Hashed, SigError};

/// Bytes of the head.
pub const HEAD: usize = 8_192;
/// Bytes of a slot: its tag, then an age file for one recipient that holds 4 096 bytes.
pub const SLOT: usize = 5_771;
/// Most slots.
pub const MAX_SLOTS: u16 = 512;
/// The longest board in bytes.
pub const LONGEST: usize = HEAD + 512 * SLOT;
/// Most notices.
pub const MAX_NOTICES: usize = 10;

const _: () = assert!(SLOT == 16 + prefix_len(1) + 4_096 + TAG && STANZA == 1_557);
const _: () = assert!(HEAD + 128 * SLOT == 746_880);

/// Why a board is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    /// A line of the head is missing, out of order or malformed.
    #[error("the board is malformed at line {line}: {expected} was expected")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Not the length that its head says.
    #[error("the board has another length than its slots need")]
    Length,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SigError),
}

impl From<Expected> for BoardError {
    fn from(Expected { line, expected }: Expected) -> Self {
        Self::Line { line, expected }
    }
}

/// The head of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Strictly increasing.
    pub serial: u64,
    /// The day it was made.
    pub issued: Date,
    /// The day of the next one.
    pub next: Date,
    /// What arrived before this day has been opened.
    pub opened_through: Date,
    /// Epochs that ended by this day are burnt.
    pub burnt_through: Date,
    /// Places.
    pub slots: u16,
    /// Drawn at random for this issue.
    pub id: [u8; 32],
    /// SHA-256 of the intake document in force.
    pub intake: [u8; 32],
    /// A language and a sentence for everybody.
    pub notices: Vec<(String, String)>,
}

/// Reads a whole board and checks its signature; *whose* it is remains to be verified against the desks in force.
///
/// # Errors
/// Malformed board or signature.
pub fn read(board: &[u8], signature: &str) -> Result<Untrusted<Board>, BoardError> {
    let mut reader = BoardReader::default();
    reader.feed(board);
    reader.finish(signature)
}

/// A board that is read piece by piece; of it only the head is kept.
#[derive(Default)]
pub struct BoardReader {
    head: Vec<u8>,
    hashed: Hashed,
    len: usize,
}

impl BoardReader {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        self.hashed.feed(bytes);
        self.len = self.len.saturating_add(bytes.len());
    }

    /// Reads the head, and checks the length of all and the signature, as [`read`].
    ///
    /// # Errors
    /// Malformed board or signature.
    pub fn finish(self, signature: &str) -> Result<Untrusted<Board>, BoardError> {
        let head = Board::of(&self.head, self.len)?;
        Ok(Untrusted::of_hashed(head, &self.hashed, signature, sshsig::BOARD)?)
    }
}

impl Board {
    /// Reads the head, and checks the length of all.
    ///
    /// # Errors
    /// The line that is wrong, or the length.
    pub fn parse(board: &[u8]) -> Result<Self, BoardError> {
        Self::of(board, board.len())
    }

    /// The head at the start of these bytes, of a board of `len` bytes.
    fn of(start: &[u8], len: usize) -> Result<Self, BoardError> {
        let head = Self::parse_head(start.get(..HEAD).ok_or(BoardError::Length)?)?;
        if len == head.len() { Ok(head) } else { Err(BoardError::Length) }
    }

    fn parse_head(head: &[u8]) -> Result<Self, BoardError> {
        let text =
            core::str::from_utf8(head).map_err(|_| Expected { line: 1, expected: "a head of UTF-8 text" })?;
        let mut lines = Lines::of(text);
        lines.expect_only("tipline-board 1")?;
        let serial = lines.expect("serial", |s| decimal(s).filter(|n| *n <= MAX_SERIAL))?;
        let issued = lines.expect("issued", Date::parse)?;
        let day =
            |text: &str, sound: fn(&Date, &Date) -> bool| Date::parse(text).filter(|d| sound(d, &issued));
        let next = lines.expect("next", |text| day(text, Date::ge))?;
        // Nobody has read what is still to come: such a promise would calm people before they write.
        let opened_through = lines.expect("opened-through", |text| day(text, Date::le))?;
        let burnt_through = lines.expect("burnt-through", |text| day(text, Date::le))?;
        let slots = lines.expect("slots", read_slots)?;
        let id = lines.expect("id", hex::decode)?;
        let intake = lines.expect("intake", hex::decode)?;
        let mut notices: Vec<(String, String)> = Vec::new();
        while lines.next_is("notice") {
            let room = notices.len() < MAX_NOTICES;
            notices.push(lines.expect("notice", |text| read_notice(text).filter(|_| room))?);
        }
        lines.padding("line feeds up to the slots")?;
        Ok(Self { serial, issued, next, opened_through, burnt_through, slots, id, intake, notices })
    }

    /// Bytes of the whole board.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a board is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.slots).saturating_mul(SLOT).saturating_add(HEAD)
    }

    /// The head, padded; the slots follow it. `None` when a reader would refuse it or read something else: notices that are
    /// too many or too long, a line break in one.
    #[must_use]
    pub fn to_head(&self) -> Option<Vec<u8>> {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "tipline-board 1\nserial {}\nissued {}\nnext {}\nopened-through {}\nburnt-through {}\nslots {}\nid {}\nintake {}\n",
            self.serial,
            self.issued,
            self.next,
            self.opened_through,
            self.burnt_through,
            self.slots,
            hex::encode(&self.id),
            hex::encode(&self.intake)
        );
        for (language, notice) in &self.notices {
            let _ = writeln!(text, "notice {language} {notice}");
        }
        let mut head = text.into_bytes();
        (head.len() <= HEAD).then(|| head.resize(HEAD, b'\n'))?;
        (Self::parse_head(&head).as_ref() == Ok(self)).then_some(head)
    }
}

fn read_slots(text: &str) -> Option<u16> {
    let slots = u16::try_from(decimal(text)?).ok()?;
    (slots.is_power_of_two() && (16..=MAX_SLOTS).contains(&slots)).then_some(slots)
}

fn read_notice(text: &str) -> Option<(String, String)> {
    let (language, notice) = text.split_once(' ')?;
    let plain = is_text(notice) && !notice.contains('\n');
    (is_tag(language) && plain).then(|| (language.to_string(), notice.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Board, Vec<u8>) {
        let day = |text| Date::parse(text).unwrap();
        let board = Board {
            serial: 3,
            issued: day("2026-11-26"),
            next: day("2026-12-03"),
            opened_through: day("2026-11-25"),
            burnt_through: day("2026-10-19"),
            slots: 16,
            id: [5; 32],
            intake: [6; 32],
            notices: vec![("en".into(), "We read every week.".into())],
        };
        let mut bytes = board.to_head().unwrap();
        bytes.resize(board.len(), 9);
        (board, bytes)
    }

    #[test]
    fn what_is_written_is_read() {
        let (board, bytes) = sample();
        assert_eq!(Board::parse(&bytes), Ok(board));
    }

    #[test]
    fn in_pieces_it_is_the_same_board() {
        let (board, bytes) = sample();
        let mut reader = BoardReader::default();
        bytes.chunks(5_000).for_each(|piece| reader.feed(piece));
        assert_eq!((reader.head.as_slice(), reader.len), (&bytes[..HEAD], bytes.len()));
        assert_eq!(Board::of(&reader.head, reader.len), Ok(board));
        assert_eq!(Board::of(&reader.head, reader.len - 1), Err(BoardError::Length));
        assert!(matches!(reader.finish("no signature"), Err(BoardError::Signature(SigError::Form))));
    }

    #[test]
    fn what_a_reader_would_refuse_or_misread_is_not_written() {
        let with = |notices: &[(&str, &str)]| {
            let notices = notices.iter().map(|(l, n)| ((*l).into(), (*n).into())).collect();
            Board { notices, ..sample().0 }.to_head()
        };
        assert!(with(&[("en", "Sound.")]).is_some() && with(&[]).is_some());
        for wrong in ["", "two\nnotice en lines", "\u{202e}backwards", "\u{1b}[2J"] {
            assert_eq!(with(&[("en", wrong)]), None, "{wrong:?}");
        }
        assert_eq!(with(&[("e n", "x")]), None);
        assert_eq!(with(&[("en", "x"); 11]), None, "too many");
        assert_eq!(with(&[("en", "x".repeat(1_900).as_str()); 5]), None, "too long together");
    }

    #[test]
    fn every_other_board_is_refused() {
        let (_, bytes) = sample();
        assert_eq!(Board::parse(&bytes[..bytes.len() - 1]), Err(BoardError::Length));
        assert_eq!(Board::parse(&bytes[..100]), Err(BoardError::Length));
        assert_eq!(Board::parse(&[bytes.as_slice(), b"x"].concat()), Err(BoardError::Length));
        let line = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let mut changed = bytes.clone();
            let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            changed[at..at + to.len()].copy_from_slice(to.as_bytes());
            match Board::parse(&changed) {
                Err(BoardError::Line { line, .. }) => line,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(line("board 1", "board 2"), 1);
        assert_eq!(line("board 1\ns", "board 1 \n"), 1);
        assert_eq!(line("serial 3", "serial x"), 2);
        assert_eq!(line("next 2026-12-03", "next 2026-11-25"), 4, "before it was issued");
        assert_eq!(line("through 2026-11-25", "through 2026-11-27"), 5, "read what is to come");
        assert_eq!(line("through 2026-10-19", "through 2026-11-27"), 6, "burnt what is to come");
        assert_eq!(line("slots 16", "slots 15"), 7);
        assert_eq!(line("notice en W", "notice en\tW"), 10);
        assert_eq!(line("week.\n\n\n", "week.\n\nx"), 11);
    }
}
