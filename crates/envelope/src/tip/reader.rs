//! Reads what a stranger sealed: entries while the tar is sound, and after the first fault every byte as it stands.
//!
//! A tip is never lost for its form: what came before a fault was handed out, what follows comes out whole as a rest for
//! a person to look at (T-11). Only zero padding is dropped. Memory is one block and the names of at most 100 entries.

use alloc::vec::Vec;

use tipline_wire::ustar::{BLOCK, Header, UstarError, padding};

use super::{EntryName, MAX_FILES};

/// The most entries that are taken apart: `tip.json` and 99 files.
pub const MAX_ENTRIES: usize = MAX_FILES + 1;

const BLOCK_U64: u64 = 512;
const END: u64 = 2 * BLOCK_U64;

/// Why the rest of a plaintext is not taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TarFault {
    /// A block that is no header of a plain file.
    #[error(transparent)]
    Header(#[from] UstarError),
    /// The plaintext ends inside a header.
    #[error("the archive ends in the middle of a header")]
    Cut,
    /// An entry claims more bytes than there are.
    #[error("the archive holds an entry that claims more bytes than there are")]
    Length,
    /// Two entries have the same name.
    #[error("the archive holds the same name twice")]
    Duplicate,
    /// More than 100 entries.
    #[error("the archive holds more than 100 entries")]
    TooMany,
    /// Something stands where zeros should fill up an entry's last block.
    #[error("the archive holds bytes between two entries")]
    Between,
    /// Something follows the end of the archive.
    #[error("something follows the end of the archive")]
    AfterEnd,
    /// Two zero blocks at the end are missing.
    #[error("the archive has no end")]
    NoEnd,
}

/// What comes out of a plaintext, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An entry begins.
    Start {
        /// Its name.
        name: EntryName,
        /// Its length in bytes; that many are there.
        size: u64,
    },
    /// Bytes of the entry that began last; after a fault, bytes of the rest.
    Data(&'a [u8]),
    /// The entry is complete.
    End,
    /// From here on everything is [`Event::Data`] of the rest. Comes at most once.
    Fault(TarFault),
}

/// What was found in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Entries that were handed out whole.
    pub entries: usize,
    /// The first fault, also one that shows only at the end and leaves no rest.
    pub fault: Option<TarFault>,
    /// Bytes of the rest.
    pub rest: u64,
}

/// Takes a plaintext apart as it arrives. Push a piece, and call [`TipReader::next`] until it gives `None`.
pub struct TipReader {
    state: State,
    block: [u8; BLOCK],
    left: u64,
    names: Vec<EntryName>,
    summary: Summary,
}

enum State {
    Header { filled: usize },
    Body { left: u64, padding: u64 },
    Padding { left: u64 },
    Tail { zeros: u64 },
    FaultyBlock { filled: usize },
    Rest,
}

impl TipReader {
    /// Starts with a plaintext of `plain_len` bytes; the length of the sealed file tells it.
    #[must_use]
    pub fn new(plain_len: u64) -> Self {
        let summary = Summary { entries: 0, fault: None, rest: 0 };
        let state = State::Header { filled: 0 };
        Self { state, block: [0; BLOCK], left: plain_len, names: Vec::new(), summary }
    }

    /// The next event of `input`, which is shortened by what was used; `None` when all of it was.
    pub fn next<'e, 'i: 'e>(&'e mut self, input: &mut &'i [u8]) -> Option<Event<'e>> {
        loop {
            match self.state {
                State::FaultyBlock { filled } => return self.faulty_block(filled),
                State::Rest => return self.rest(input),
                State::Header { filled } => {
                    if let Some(event) = self.header(filled, input)? {
                        return Some(event);
                    }
                }
                State::Body { left: 0, padding } => return Some(self.end(padding)),
                State::Body { left, padding } => return self.body(left, padding, input),
                State::Padding { left: 0 } => self.state = State::Header { filled: 0 },
                State::Padding { left } => {
                    let zeros = self.take_zeros(left, input)?;
                    self.state = State::Padding { left: left.saturating_sub(zeros) };
                    if zeros == 0 {
                        return Some(self.fault(TarFault::Between, State::Rest));
                    }
                }
                State::Tail { zeros } => {
                    let more = self.take_zeros(u64::MAX, input)?;
                    self.state = State::Tail { zeros: zeros.saturating_add(more) };
                    if more == 0 {
                        return Some(self.fault(TarFault::AfterEnd, State::Rest));
                    }
                }
            }
        }
    }

    /// What was found, once the whole plaintext was pushed.
    #[must_use]
    pub fn finish(self) -> Summary {
        let at_end = match self.state {
            State::Tail { zeros: END.. } | State::Rest | State::FaultyBlock { .. } => None,
            State::Tail { .. } | State::Header { filled: 0 } | State::Padding { left: 0 }
                if self.left == 0 =>
            {
                Some(TarFault::NoEnd)
            }
            _ => Some(TarFault::Cut),
        };
        Summary { fault: self.summary.fault.or(at_end), ..self.summary }
    }

    /// Collects a header block; `Some(None)` when it was the first zero block.
    fn header(&mut self, filled: usize, input: &mut &[u8]) -> Option<Option<Event<'static>>> {
        if filled == 0 && self.left < BLOCK_U64 && !input.is_empty() {
            return Some(Some(self.fault(TarFault::Cut, State::Rest)));
        }
        let wanted = u64::try_from(BLOCK.saturating_sub(filled)).unwrap_or(BLOCK_U64);
        let bytes = self.take(wanted, input)?;
        for (place, byte) in self.block.iter_mut().skip(filled).zip(bytes) {
            *place = *byte;
        }
        let filled = filled.saturating_add(bytes.len());
        if filled < BLOCK {
            self.state = State::Header { filled };
            return Some(None);
        }
        Some(self.entry())
    }

    /// Decides what a whole header block means.
    fn entry(&mut self) -> Option<Event<'static>> {
        if self.block.iter().all(|b| *b == 0) {
            self.state = State::Tail { zeros: BLOCK_U64 };
            return None;
        }
        Some(match self.checked_entry() {
            Ok((name, size)) => {
                self.state = State::Body { left: size, padding: padding(size) };
                Event::Start { name, size }
            }
            Err(fault) => self.fault(fault, State::FaultyBlock { filled: BLOCK }),
        })
    }

    fn checked_entry(&mut self) -> Result<(EntryName, u64), TarFault> {
        let Header { name, size } = Header::parse(&self.block)?;
        let name = EntryName::read(name);
        if self.names.contains(&name) {
            return Err(TarFault::Duplicate);
        }
        if self.names.len() >= MAX_ENTRIES {
            return Err(TarFault::TooMany);
        }
        if size > self.left {
            return Err(TarFault::Length);
        }
        self.names.push(name.clone());
        Ok((name, size))
    }

    fn body<'i>(&mut self, left: u64, padding: u64, input: &mut &'i [u8]) -> Option<Event<'i>> {
        let bytes = self.take(left, input)?;
        self.state = State::Body { left: left.saturating_sub(len(bytes)), padding };
        Some(Event::Data(bytes))
    }

    fn end(&mut self, padding: u64) -> Event<'static> {
        self.summary.entries = self.summary.entries.saturating_add(1);
        self.state = State::Padding { left: padding.min(self.left) };
        Event::End
    }

    fn fault(&mut self, fault: TarFault, then: State) -> Event<'static> {
        self.summary.fault = Some(fault);
        self.state = then;
        Event::Fault(fault)
    }

    fn faulty_block(&mut self, filled: usize) -> Option<Event<'_>> {
        self.state = State::Rest;
        let block = self.block.get(..filled)?;
        self.summary.rest = self.summary.rest.saturating_add(len(block));
        Some(Event::Data(block))
    }

    fn rest<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<'i>> {
        let bytes = self.take(u64::MAX, input)?;
        self.summary.rest = self.summary.rest.saturating_add(len(bytes));
        Some(Event::Data(bytes))
    }

    /// At most `most` bytes from the front of `input`; `None` when it is empty.
    fn take<'i>(&mut self, most: u64, input: &mut &'i [u8]) -> Option<&'i [u8]> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
        let (bytes, after) = input.split_at_checked(most).filter(|(bytes, _)| !bytes.is_empty())?;
        *input = after;
        self.left = self.left.saturating_sub(len(bytes));
        Some(bytes)
    }

    /// How many zeros, at most `most`, were at the front of `input` and are now gone; `None` when it is empty.
    fn take_zeros(&mut self, most: u64, input: &mut &[u8]) -> Option<u64> {
        if input.is_empty() {
            return None;
        }
        let zeros = input.iter().position(|b| *b != 0).unwrap_or(input.len());
        let most = u64::try_from(zeros).unwrap_or(most).min(most);
        Some(self.take(most, input).map_or(0, len))
    }
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
