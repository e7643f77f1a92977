//! What the board's head tells everybody before they write: how far the organisation has read, and when an answer can be
//! there. A board that names other keys than the page stops everything: one of the two is withheld or forged (T-02).

use sha2::{Digest as _, Sha256};
use tipline_core::documents::Documents;
use tipline_wire::board::{self, Board};
use tipline_wire::date::Date;
use tipline_wire::intake::Intake;
use tipline_wire::{signed, site};

/// A board that is older says that nobody reads, whatever the rhythm.
const OLD: i32 = 15;

/// Why a board is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoardFault {
    /// Its form or its signature's.
    #[error("it cannot be read. Try again; if that does not help, tell the organisation by another way")]
    Malformed,
    /// No desk of the intake document signed it.
    #[error(
        "it is not signed by the organisation. Do not send anything; tell the organisation by another way"
    )]
    Forged,
    /// It was made beside another intake document.
    #[error(
        "it names other keys than the letterbox's page does: somebody may be holding back the newest keys. Try again in \
         an hour; if that does not help, do not send anything, and tell the organisation by another way"
    )]
    OtherKeys,
}

/// How far the organisation has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HowFar {
    /// What arrived before this day has been opened.
    pub opened_through: Date,
    /// When the next answers come.
    pub next: Date,
    /// Whether its board is so old that perhaps nobody reads any more.
    pub is_neglected: bool,
}

/// Reads a board as it came, with its signature, beside documents that were checked.
///
/// # Errors
/// See [`BoardFault`].
pub fn read(body: &[u8], documents: &Documents, today: Date) -> Result<HowFar, BoardFault> {
    let document = documents.intake.as_deref().unwrap_or_default();
    let intake = Intake::parse(document).map_err(|_| BoardFault::Malformed)?;
    let (whole, signature) = signed::split(body).ok_or(BoardFault::Malformed)?;
    let board = board::read(whole, signature).map_err(|_| BoardFault::Malformed)?;
    let (board, _) = board.verify_desk(&intake.desks).map_err(|_| BoardFault::Forged)?;
    let is_fresh = today <= board.issued.plus_days(OLD);
    if is_fresh && board.intake != <[u8; 32]>::from(Sha256::digest(document)) {
        return Err(BoardFault::OtherKeys);
    }
    Ok(how_far(&board, rhythm(documents), today))
}

fn how_far(board: &Board, rhythm: i32, today: Date) -> HowFar {
    let oldest = board.issued.plus_days(rhythm.saturating_mul(2).min(OLD));
    HowFar { opened_through: board.opened_through, next: board.next, is_neglected: today > oldest }
}

/// The days after which the organisation says that it reads; none said, none promised.
fn rhythm(documents: &Documents) -> i32 {
    let site = documents.site.as_deref().and_then(|text| site::Site::parse(text).ok());
    site.map_or(OLD, |site| i32::from(site.rhythm_days))
}

/// One line for a person; a letterbox that has no board is told of as well.
#[must_use]
pub fn sentence(far: Option<&HowFar>) -> String {
    const NONE: &str = "This letterbox has no notice yet that says how far the messages have been read. That is so while a \
        line is new; later it may mean that nobody reads them.";
    far.map_or_else(|| NONE.to_owned(), HowFar::sentence)
}

impl HowFar {
    /// One line for a person.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { opened_through, next, is_neglected } = self;
        if *is_neglected {
            format!(
                "Nobody has opened this line since {opened_through}. What you send may not be read: if you can, reach the \
                 organisation by another way."
            )
        } else {
            format!("What arrived before {opened_through} has been opened. The next answers come on {next}.")
        }
    }
}
