//! Published documents: recognised from their bytes, verified before they are installed, shown as they were signed.
//!
//! [`published`] a document with its signature · [`in_force`] which ones count, and what may follow them · [`refusal`] why a
//! document is not installed.

pub mod in_force;
pub mod published;
pub mod refusal;

use tipline_wire::{ack, board, intake};

pub use in_force::{InForce, Installed, Rules};
pub use published::Published;
pub use refusal::DocumentError;

use crate::store::Document;

/// The longest body of a publication: the longest document and an armored signature.
pub const LONGEST: usize = longest(intake::LONGEST, board::LONGEST) + 2_048;
/// The longest body of an acknowledgement with its signature.
pub const LONGEST_ACK: usize = ack::LONGEST + 2_048;

/// What a signed document is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The root's list of desks and weekly keys.
    Intake,
    /// What the page says of the organisation.
    Site,
    /// The answers.
    Board,
    /// A desk's word that it has tips.
    Ack,
}

impl Kind {
    /// Reads the first line; a site document is the only one in JSON.
    #[must_use]
    pub fn of(document: &[u8]) -> Option<Self> {
        let begins = |line: &str| document.starts_with(line.as_bytes());
        match () {
            () if begins("tipline-intake ") => Some(Self::Intake),
            () if begins("tipline-board ") => Some(Self::Board),
            () if begins("tipline-ack ") => Some(Self::Ack),
            () if begins("{") => Some(Self::Site),
            () => None,
        }
    }

    /// Its name for a person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake document",
            Self::Site => "site document",
            Self::Board => "board",
            Self::Ack => "acknowledgement",
        }
    }

    /// Where it is kept; `None` for an acknowledgement, of which there are many.
    #[must_use]
    pub fn place(self) -> Option<Document> {
        match self {
            Self::Intake => Some(Document::Intake),
            Self::Site => Some(Document::Site),
            Self::Board => Some(Document::Board),
            Self::Ack => None,
        }
    }
}

const fn longest(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_how_it_begins() {
        for (text, kind) in [
            ("tipline-intake 1\n", Some(Kind::Intake)),
            ("tipline-board 1\n", Some(Kind::Board)),
            ("tipline-ack 1\n", Some(Kind::Ack)),
            ("{\"schema\":", Some(Kind::Site)),
            ("tipline-something 1\n", None),
            (" {", None),
            ("", None),
        ] {
            assert_eq!(Kind::of(text.as_bytes()), kind, "{text}");
        }
    }
}
