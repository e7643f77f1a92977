//! Days and weeks, UTC. Nothing finer than a day is kept anywhere; the letterbox keeps nothing finer than the week.

use core::fmt;

/// A day, counted from 1970-01-01. Covers the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

const SECONDS_A_DAY: u64 = 86_400;
const LAST: i32 = 2_932_896; // 9999-12-31

#[allow(
    clippy::arithmetic_side_effects,
    reason = "every Date lies in 0..=2 932 896, so no sum here nears i32's bounds"
)]
impl Date {
    /// A day by its number since 1970-01-01; `None` outside 1970 to 9999.
    #[must_use]
    pub fn from_days(days: i32) -> Option<Self> {
        (0..=LAST).contains(&days).then_some(Self(days))
    }

    /// The day in which an instant lies, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Option<Self> {
        i32::try_from(seconds / SECONDS_A_DAY).ok().and_then(Self::from_days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i32 {
        self.0
    }

    /// The first second of the day, since 1970-01-01 UTC.
    #[must_use]
    pub fn unix(self) -> u64 {
        u64::from(self.0.unsigned_abs()) * SECONDS_A_DAY
    }

    /// A calendar day; `None` when there is no such day.
    #[must_use]
    pub fn from_ymd(year: i32, month: i32, day: i32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March here, so that the leap day is the last of its year.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        let date = Self::from_days(days)?;
        (date.ymd() == (year, month, day)).then_some(date)
    }

    /// Year, month (1..=12) and day (1..=31).
    #[must_use]
    pub fn ymd(self) -> (i32, i32, i32) {
        let z = self.0 + 719_468;
        let era = z / 146_097;
        let of_era = z % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * m + 2) / 5 + 1;
        let month = if m < 10 { m + 3 } else { m - 9 };
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }

    /// Reads exactly `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |at: core::ops::Range<usize>| {
            let digits = text.get(at)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        let dashes = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        (dashes && text.len() == 10)
            .then(|| Self::from_ymd(number(0..4)?, number(5..7)?, number(8..10)?))
            .flatten()
    }

    /// This many days later, or earlier when negative; stays within 1970 to 9999.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(0, LAST))
    }

    /// 0 for Monday to 6 for Sunday.
    #[must_use]
    pub fn weekday(self) -> i32 {
        (self.0 + 3) % 7 // 1970-01-01 was a Thursday
    }

    /// Whether a week begins here.
    #[must_use]
    pub fn is_monday(self) -> bool {
        self.weekday() == 0
    }

    /// The Monday of this day's week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus_days(-self.weekday())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// One week with its own keys: from its first day up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The Monday it begins.
    pub start: Date,
    /// The Monday after.
    pub end: Date,
}

impl Epoch {
    /// The week that begins on `start`; `None` when that is no Monday.
    #[must_use]
    pub fn starting(start: Date) -> Option<Self> {
        start.is_monday().then(|| Self { start, end: start.plus_days(7) })
    }

    /// Whether the day lies in it.
    #[must_use]
    pub fn contains(self, day: Date) -> bool {
        self.start <= day && day < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (text, days, weekday) in [
            ("1970-01-01", 0, 3),
            ("2000-02-29", 11_016, 1),
            ("2026-11-23", 20_780, 0),
            ("9999-12-31", LAST, 4),
        ] {
            let date = Date::parse(text).unwrap();
            assert_eq!((date.days(), date.weekday(), date.to_string().as_str()), (days, weekday, text));
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for days in 0..146_097 {
            let date = Date::from_days(days).unwrap();
            let (y, m, d) = date.ymd();
            assert_eq!(Date::from_ymd(y, m, d), Some(date));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-1-01",
            "1969-12-31",
            "2026-11-23 ",
            "+026-11-23",
            "２026-1-1",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        let day = Date::parse("2026-11-29").unwrap();
        assert_eq!(day.monday().to_string(), "2026-11-23");
        let week = Epoch::starting(day.monday()).unwrap();
        assert!(week.contains(day) && !week.contains(week.end));
        assert_eq!(Epoch::starting(day), None);
    }
}
