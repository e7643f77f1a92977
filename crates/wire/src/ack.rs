//! The acknowledgement: a desk's signed word that it has the tips of a pickup. Text with LF, exactly this shape:
//!
//! ```text
//! tipline-ack 1
//! site <onion host, or "any">
//! pickup <32 hex>
//! holds <64 hex>        a tip's id; ascending, none twice
//! damaged <64 hex>      ascending, none twice, none that is held
//! ```
//!
//! Only what a desk *holds* may ever be removed from a letterbox; what came damaged never is.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt::Write as _;

use crate::hex;
use crate::intake::Site;
use crate::lines::{Expected, Lines};
use crate::signed::Untrusted;
use crate::sshsig::{self, SigError};
use crate::tip_id::TipId;

/// Most tips that one acknowledgement names.
pub const MOST: usize = 1 << 20;
/// The longest document that is read, in bytes: [`MOST`] lines of 73 and a head.
pub const LONGEST: usize = MOST * 73 + 256;

/// Why an acknowledgement is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// A line is missing, out of order or malformed.
    #[error("the acknowledgement is malformed at line {0}")]
    Line(usize),
    /// Longer than any sound document.
    #[error("the acknowledgement is too long")]
    TooLong,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SigError),
}

impl From<Expected> for AckError {
    fn from(fault: Expected) -> Self {
        Self::Line(fault.line)
    }
}

/// What a desk says of one pickup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The letterbox's address, as in its intake document.
    pub site: Site,
    /// The pickup's id, 16 bytes.
    pub pickup: [u8; 16],
    /// Tips that the desk has, whole.
    pub holds: BTreeSet<TipId>,
    /// Tips that came damaged: they must stay where they came from.
    pub damaged: BTreeSet<TipId>,
}

/// Reads a document and checks its signature; *whose* it is remains to be verified against the desks in force.
///
/// # Errors
/// Malformed document or signature.
pub fn read(document: &str, signature: &str) -> Result<Untrusted<Ack>, AckError> {
    let ack = Ack::parse(document)?;
    Ok(Untrusted::new(ack, document, signature, sshsig::ACK)?)
}

impl Ack {
    /// Reads the document's text. Accepts exactly what [`Ack::to_text`] writes.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn parse(text: &str) -> Result<Self, AckError> {
        if text.len() > LONGEST {
            return Err(AckError::TooLong);
        }
        let mut lines = Lines::of(text);
        lines.expect_only("tipline-ack 1")?;
        let site = lines.expect("site", Site::parse)?;
        let pickup = lines.expect("pickup", hex::decode)?;
        let mut ack = Self { site, pickup, holds: BTreeSet::new(), damaged: BTreeSet::new() };
        while lines.next_is("holds") {
            lines.expect("holds", |id| ack.take_held(id))?;
        }
        while !lines.is_done() {
            lines.expect("damaged", |id| ack.take_damaged(id))?;
        }
        Ok(ack)
    }

    /// `None` when the id is out of order, or one too many.
    fn take_held(&mut self, id: &str) -> Option<()> {
        let id: TipId = id.parse().ok()?;
        let sound = self.has_room() && self.holds.last().is_none_or(|last| *last < id);
        (sound && self.holds.insert(id)).then_some(())
    }

    fn take_damaged(&mut self, id: &str) -> Option<()> {
        let id: TipId = id.parse().ok()?;
        let ascends = self.damaged.last().is_none_or(|last| *last < id);
        (ascends && self.has_room() && !self.holds.contains(&id) && self.damaged.insert(id)).then_some(())
    }

    fn has_room(&self) -> bool {
        self.holds.len().saturating_add(self.damaged.len()) < MOST
    }

    /// The text to sign.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(text, "tipline-ack 1\nsite {}\npickup {}\n", self.site, hex::encode(&self.pickup));
        for id in &self.holds {
            let _ = writeln!(text, "holds {id}");
        }
        for id in &self.damaged {
            let _ = writeln!(text, "damaged {id}");
        }
        text
    }
}

const _: () = assert!("damaged ".len() + 64 + 1 == 73);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(range: core::ops::Range<u8>) -> BTreeSet<TipId> {
        range.map(|n| TipId::of_one_request(&[n])).collect()
    }

    fn sample() -> Ack {
        Ack { site: Site::Any, pickup: [7; 16], holds: ids(0..5), damaged: ids(5..7) }
    }

    #[test]
    fn what_is_written_is_read() {
        for ack in [sample(), Ack { holds: ids(0..0), damaged: ids(0..0), ..sample() }] {
            assert_eq!(Ack::parse(&ack.to_text()), Ok(ack));
        }
    }

    #[test]
    fn every_other_text_is_refused_with_its_line() {
        let text = sample().to_text();
        let twice = format!("{text}{}\n", text.lines().last().unwrap());
        let held = format!("{text}damaged {}\n", sample().holds.last().unwrap());
        let disordered = {
            let mut lines: std::vec::Vec<&str> = text.lines().collect();
            lines.swap(3, 4);
            lines.join("\n") + "\n"
        };
        for (wrong, line) in [
            (String::new(), 1),
            (text.replace("ack 1", "ack 2"), 1),
            (text.replace("site any", "site elsewhere"), 2),
            (text.replace("07\n", "0\n"), 3),
            (disordered, 5),
            (twice, 11),
            (held, 11),
            (format!("{text}\n"), 11),
            (text.replace("damaged", "lost"), 9),
            (text.trim_end().to_owned(), 10),
        ] {
            assert_eq!(Ack::parse(&wrong), Err(AckError::Line(line)), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(tipline-ack 1\n)?(site any\n)?(pickup [0-9a-f]{32}\n)?((holds|damaged) [0-9a-f]{64}\n){0,3}[ -~\n]{0,40}") {
            if let Ok(ack) = Ack::parse(&text) {
                prop_assert_eq!(ack.to_text(), text);
            }
        }
    }
}
