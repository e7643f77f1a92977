//! What a watch remembers from one look to the next, in a file: the day of the newest board that it saw. So it notices a board
//! that was taken away, or an older one in its place, and lets a letterbox be that never had one.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use tipline_wire::date::Date;

use super::judge::{Fault, Line};
use super::outcome::{Outcome, Unchecked};

/// The file and what it said.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    board: Option<Date>,
}

impl Memory {
    /// Reads the file; before the first board there is none.
    ///
    /// # Errors
    /// It can't be read, or holds something else.
    pub fn read(path: PathBuf) -> Result<Self, Unchecked> {
        let board = match fs::read_to_string(&path) {
            Ok(text) => Date::parse(text.trim_end()).map(Some).ok_or(ErrorKind::InvalidData.into()),
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        };
        match board {
            Ok(board) => Ok(Self { path, board }),
            Err(fault) => Err(Unchecked::File { path, fault }),
        }
    }

    /// Compares what was seen with what was seen before, and remembers it.
    ///
    /// # Errors
    /// The board is gone, or older; or the file can't be written.
    pub fn compare(self, line: &Line) -> Result<(), Outcome> {
        let seen = line.answers.map(|answers| answers.issued);
        match (self.board, seen) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(Fault::BoardGone.into()),
            (Some(before), Some(now)) if now < before => Err(Fault::OlderBoard.into()),
            (_, Some(now)) => Ok(self.remember(now)?),
        }
    }

    fn remember(self, board: Date) -> Result<(), Unchecked> {
        if self.board == Some(board) {
            return Ok(());
        }
        fs::write(&self.path, format!("{board}\n"))
            .map_err(|fault| Unchecked::File { path: self.path, fault })
    }
}
