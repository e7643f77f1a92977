//! Days of running: what acknowledged tips wait for. One day counts once, however far the clock went meanwhile.
//!
//! A clock can jump, by a dead battery or a wrong setting. If the grace of an acknowledgement were measured between two
//! dates, a jump of a year would throw away at once what was meant to wait for two weeks. So the server counts the days on
//! which it ran: a new date counts as one more day, and only when enough time has really passed since the one before.
//! A clock that stands still or jumps makes tips stay longer, never shorter.

use std::time::Duration;

use tipline_wire::date::Date;

/// So much time passes at least between two days that count. Under 24 hours, so that a late timer loses no day.
const A_DAY: Duration = Duration::from_secs(20 * 3_600);
/// A server may have been off for so many days before its clock is called wrong.
const LONG_OFF: i32 = 92;

/// How many days were counted, and the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    days: u32,
    last: Date,
    /// When the last one was counted by this process, or this process began.
    counted: Duration,
    /// Read from the disk by this process, and not compared with today yet.
    fresh: bool,
}

/// What the calendar saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Seen {
    /// Nothing new.
    SameDay,
    /// One more day counts: keep the calendar.
    NewDay,
    /// One more day counts at most, though the clock went from one date to another that can't follow it.
    Jump {
        /// The last day that counted.
        from: Date,
        /// What the clock says.
        to: Date,
    },
}

impl Calendar {
    /// A new one: no day was counted before today.
    #[must_use]
    pub fn new(today: Date, elapsed: Duration) -> Self {
        Self { days: 0, last: today, counted: elapsed, fresh: false }
    }

    /// What [`Calendar::to_text`] wrote; `None` when it is damaged.
    #[must_use]
    pub fn parse(text: &str, elapsed: Duration) -> Option<Self> {
        let rest = text.strip_prefix("tipline-calendar 1\ndays ")?.strip_suffix('\n')?;
        let (days, last) = rest.split_once("\nlast ")?;
        Some(Self { days: days.parse().ok()?, last: Date::parse(last)?, counted: elapsed, fresh: true })
    }

    /// The text to keep.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("tipline-calendar 1\ndays {}\nlast {}\n", self.days, self.last)
    }

    /// Days that were counted.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.days
    }

    /// Where the file was lost, the days that acknowledgements name are the least that were counted.
    #[must_use]
    pub fn at_least(self, days: u32) -> Self {
        Self { days: self.days.max(days), ..self }
    }

    /// Looks at the clock; `elapsed` is the time that really passed, from any fixed moment of this process.
    pub fn look(&mut self, today: Date, elapsed: Duration) -> Seen {
        let passed = elapsed.saturating_sub(self.counted);
        let fresh = std::mem::replace(&mut self.fresh, false);
        // Of the time before this process nothing is known.
        let could = if fresh { LONG_OFF } else { whole_days(passed).saturating_add(2) };
        let follows = today >= self.last && today <= self.last.plus_days(could);
        let from = self.last;
        let counts = today != self.last && (fresh || passed >= A_DAY);
        if counts {
            (self.days, self.last, self.counted) = (self.days.saturating_add(1), today, elapsed);
        }
        match (follows, counts) {
            (false, _) => Seen::Jump { from, to: today },
            (true, true) => Seen::NewDay,
            (true, false) => Seen::SameDay,
        }
    }
}

/// The latest day that today can be for a process that began on a day, so long ago.
#[must_use]
pub fn no_later_than(began: Date, elapsed: Duration) -> Date {
    began.plus_days(whole_days(elapsed).saturating_add(1))
}

fn whole_days(time: Duration) -> i32 {
    i32::try_from(time.as_secs() / 86_400).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn hours(count: u64) -> Duration {
        Duration::from_secs(count * 3_600)
    }

    #[test]
    fn each_day_counts_once() {
        let mut calendar = Calendar::new(day("2026-11-24"), hours(0));
        for hour in 1..24 * 14 {
            let today = day("2026-11-24").plus_days(i32::try_from(hour / 24).unwrap());
            let seen = calendar.look(today, hours(hour));
            assert_eq!(seen == Seen::NewDay, hour % 24 == 0, "hour {hour}");
        }
        assert_eq!(calendar.days(), 13);
    }

    #[test]
    fn a_clock_that_jumps_a_year_counts_one_day_at_most() {
        let mut calendar = Calendar::new(day("2026-11-24"), hours(0));
        let jump = Seen::Jump { from: day("2026-11-24"), to: day("2027-11-24") };
        assert_eq!(calendar.look(day("2027-11-24"), hours(1)), jump);
        assert_eq!(calendar.days(), 0, "not even a day has passed");
        assert_eq!(calendar.look(day("2027-11-24"), hours(24)), jump);
        assert_eq!(calendar.look(day("2027-11-24"), hours(25)), Seen::SameDay);
        assert_eq!(calendar.days(), 1);
        // And back, when somebody mends it.
        assert!(matches!(calendar.look(day("2026-11-26"), hours(49)), Seen::Jump { .. }));
        assert_eq!(calendar.look(day("2026-11-27"), hours(73)), Seen::NewDay);
        assert_eq!(calendar.days(), 3);
        // A clock that runs through a year in an hour.
        for n in 0..365 {
            let _ = calendar.look(day("2026-11-27").plus_days(n), hours(74));
        }
        assert_eq!(calendar.days(), 3);
    }

    #[test]
    fn after_a_start_one_day_counts_however_long_it_was_off() {
        let kept = "tipline-calendar 1\ndays 7\nlast 2026-11-24\n";
        for (today, jumps, days) in [
            ("2026-11-24", false, 7),
            ("2026-11-25", false, 8),
            ("2027-01-24", false, 8),
            ("2027-11-24", true, 8),
            ("1970-01-01", true, 8),
        ] {
            let mut calendar = Calendar::parse(kept, hours(5)).unwrap();
            assert_eq!(calendar.to_text(), kept);
            let seen = calendar.look(day(today), hours(5));
            assert_eq!((matches!(seen, Seen::Jump { .. }), calendar.days()), (jumps, days), "{today}");
            assert_eq!(calendar.look(day(today), hours(6)), Seen::SameDay);
        }
    }

    #[test]
    fn a_damaged_calendar_is_none_and_a_lost_one_goes_on_from_what_is_named() {
        for text in [
            "",
            "tipline-calendar 1\ndays x\nlast 2026-11-24\n",
            "tipline-calendar 2\ndays 1\nlast 2026-11-24\n",
        ] {
            assert_eq!(Calendar::parse(text, hours(0)), None);
        }
        assert_eq!(Calendar::new(day("2026-11-24"), hours(0)).at_least(312).days(), 312);
    }

    #[test]
    fn a_process_knows_the_latest_day_it_can_be() {
        let began = day("2026-11-24");
        assert_eq!(no_later_than(began, hours(1)), day("2026-11-25"));
        assert_eq!(no_later_than(began, hours(49)), day("2026-11-27"));
    }
}
