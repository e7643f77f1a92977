//! How old published documents may be before somebody must act: the rules that `doctor` and `watch` share (T-16).

use serde::{Deserialize, Serialize};
use tipline_wire::board::Board;
use tipline_wire::date::Date;
use tipline_wire::intake::{self, Intake};

/// Days of keys that must lie ahead: time enough to gather the people of a root ceremony.
pub const DAYS_AHEAD: i32 = 21;
/// A document may come from a clock so many days ahead of ours.
const CLOCK_LAG: i32 = 2;
/// A board that is due today may still come tomorrow: time zones, and people.
const DUE: i32 = 1;

/// What matters here of an intake document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The day the root signed.
    #[serde(with = "day")]
    pub issued: Date,
    /// The end of its last epoch.
    #[serde(with = "day")]
    pub ends: Date,
    /// SHA-256 of its text.
    pub digest: [u8; 32],
}

/// What matters here of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The day it was made.
    #[serde(with = "day")]
    pub issued: Date,
    /// The day of the next one.
    #[serde(with = "day")]
    pub next: Date,
    /// What arrived before this day has been opened.
    #[serde(with = "day")]
    pub opened_through: Date,
    /// SHA-256 of the intake document that it names.
    pub intake: [u8; 32],
}

/// Why a document is no longer, or not yet, as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// Made after today: a clock is wrong, here or where it was signed.
    #[error("was made on {0}, which is after today")]
    Ahead(Date),
    /// The keys run out soon, or did.
    #[error("has keys until {0} only")]
    Keys(Date),
    /// Older than twice the rhythm: the page says that nobody reads any more.
    #[error("was made on {0}, longer ago than twice the days between two readings")]
    Old(Date),
    /// The day of the next one has passed.
    #[error("should have been followed by a new one on {0}")]
    Due(Date),
    /// It moves on, but nobody opens what comes.
    #[error("says that nothing which came since {0} has been opened")]
    Unread(Date),
    /// A page with another intake document refuses to seal.
    #[error("names another intake document than the one in force, so the page refuses to send")]
    OtherIntake,
}

impl Keys {
    /// Of a document and its exact text.
    #[must_use]
    pub fn of(intake: &Intake, text: &str) -> Self {
        let ends = intake.epochs.last().map_or(intake.issued, |last| last.epoch.end);
        Self { issued: intake.issued, ends, digest: intake::digest(text) }
    }

    /// Whether they still reach far enough.
    ///
    /// # Errors
    /// [`Stale::Ahead`] or [`Stale::Keys`].
    pub fn check(&self, today: Date) -> Result<(), Stale> {
        not_ahead(self.issued, today)?;
        let far_enough = self.ends >= today.plus_days(DAYS_AHEAD);
        if far_enough { Ok(()) } else { Err(Stale::Keys(self.ends)) }
    }
}

impl Answers {
    /// Of a board.
    #[must_use]
    pub fn of(board: &Board) -> Self {
        let Board { issued, next, opened_through, intake, .. } = *board;
        Self { issued, next, opened_through, intake }
    }

    /// Whether somebody still reads, at least every `rhythm` days and as long again, and the board belongs to these keys.
    ///
    /// # Errors
    /// The first rule that it breaks; who waits longest comes first.
    pub fn check(&self, keys: &Keys, rhythm: u16, today: Date) -> Result<(), Stale> {
        not_ahead(self.issued, today)?;
        let patience = i32::from(rhythm).saturating_mul(2);
        let long_past = |day: Date| today > day.plus_days(patience);
        if long_past(self.issued) {
            Err(Stale::Old(self.issued))
        } else if long_past(self.opened_through.plus_days(DUE)) {
            Err(Stale::Unread(self.opened_through))
        } else if today > self.next.plus_days(DUE) {
            Err(Stale::Due(self.next))
        } else if self.intake != keys.digest {
            Err(Stale::OtherIntake)
        } else {
            Ok(())
        }
    }
}

/// Whether a document's day has come, with some room for a clock that is behind.
///
/// # Errors
/// [`Stale::Ahead`].
pub fn not_ahead(issued: Date, today: Date) -> Result<(), Stale> {
    if issued <= today.plus_days(CLOCK_LAG) { Ok(()) } else { Err(Stale::Ahead(issued)) }
}

/// Days as `YYYY-MM-DD` in JSON.
pub mod day {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use tipline_wire::date::Date;

    /// Writes a day.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(date: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(date)
    }

    /// Reads a day.
    ///
    /// # Errors
    /// It is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        let text = String::deserialize(from)?;
        Date::parse(&text).ok_or_else(|| D::Error::custom("no day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    const DIGEST: [u8; 32] = [6; 32];

    fn keys() -> Keys {
        Keys { issued: day("2026-11-20"), ends: day("2027-02-01"), digest: DIGEST }
    }

    fn answers() -> Answers {
        Answers {
            issued: day("2026-11-26"),
            next: day("2026-12-03"),
            opened_through: day("2026-11-25"),
            intake: DIGEST,
        }
    }

    #[test]
    fn keys_must_reach_three_weeks_ahead() {
        assert_eq!(keys().check(day("2027-01-11")), Ok(()));
        assert_eq!(keys().check(day("2027-01-12")), Err(Stale::Keys(day("2027-02-01"))));
        assert_eq!(keys().check(day("2026-11-18")), Ok(()));
        assert_eq!(keys().check(day("2026-11-17")), Err(Stale::Ahead(day("2026-11-20"))));
    }

    #[test]
    fn a_board_is_fresh_until_a_day_after_the_next_one_is_due() {
        let on = |today| answers().check(&keys(), 7, day(today));
        assert_eq!(on("2026-11-24"), Ok(()));
        assert_eq!(on("2026-12-04"), Ok(()));
        assert_eq!(on("2026-12-05"), Err(Stale::Due(day("2026-12-03"))));
        assert_eq!(on("2026-12-11"), Err(Stale::Old(day("2026-11-26"))));
        assert_eq!(on("2026-11-23"), Err(Stale::Ahead(day("2026-11-26"))));
    }

    #[test]
    fn a_board_that_moves_while_nobody_opens_is_noticed() {
        let board = Answers { opened_through: day("2026-11-11"), ..answers() };
        assert_eq!(board.check(&keys(), 7, day("2026-11-26")), Ok(()));
        let unread = Err(Stale::Unread(day("2026-11-11")));
        assert_eq!(board.check(&keys(), 7, day("2026-11-27")), unread);
    }

    #[test]
    fn a_board_of_another_intake_document_is_noticed() {
        let board = Answers { intake: [7; 32], ..answers() };
        assert_eq!(board.check(&keys(), 7, day("2026-11-27")), Err(Stale::OtherIntake));
    }
}
