//! What a day may take of large uploads: half of it is for those up to 64 MiB, so that a few giants can't use up all.
//!
//! Each half is a budget of bytes that were made durable; a day fills it once, and no more than a day's worth is ever
//! saved. New uploads are turned away before those that have begun, for which the last quarter is kept.
//!
//! How much is left depends on what everybody sent. So that nobody can read it there, a part of it is held back, drawn
//! anew every hour between nothing and a quarter: half a gigabyte by default.

use std::time::Duration;

use tipline_wire::size::Padded;

/// The larger of the smaller uploads.
const HALFWAY: u64 = 64 << 20;
const DAY: u128 = 86_400;

/// The day's two budgets.
#[derive(Debug)]
pub struct Allowance {
    smaller: Budget,
    larger: Budget,
}

#[derive(Debug)]
struct Budget {
    /// Bytes in a day.
    day: u64,
    left: u64,
    held_back: u64,
}

impl Allowance {
    /// A full day's worth.
    #[must_use]
    pub fn new(gib_per_day: u32) -> Self {
        let half = u64::from(gib_per_day) << 29;
        let budget = || Budget { day: half, left: half, held_back: 0 };
        Self { smaller: budget(), larger: budget() }
    }

    /// Whether an upload of this size may begin.
    #[must_use]
    pub fn may_begin(&self, padded: Padded) -> bool {
        let budget = self.of(padded);
        budget.left > budget.held_back.saturating_add(budget.quarter())
    }

    /// Whether one that has begun may go on.
    #[must_use]
    pub fn may_go_on(&self, padded: Padded) -> bool {
        let budget = self.of(padded);
        budget.left > budget.held_back
    }

    /// Takes what came.
    pub fn take(&mut self, padded: Padded, bytes: u64) {
        let budget = if is_smaller(padded) { &mut self.smaller } else { &mut self.larger };
        budget.left = budget.left.saturating_sub(bytes);
    }

    /// Adds what the time since the last call allows, and holds back as much as the draws say.
    pub fn refill(&mut self, passed: Duration, draws: [u32; 2]) {
        let [smaller, larger] = draws;
        self.smaller.refill(passed, smaller);
        self.larger.refill(passed, larger);
    }

    fn of(&self, padded: Padded) -> &Budget {
        if is_smaller(padded) { &self.smaller } else { &self.larger }
    }
}

impl Budget {
    fn quarter(&self) -> u64 {
        self.day >> 2
    }

    fn refill(&mut self, passed: Duration, draw: u32) {
        let share = u128::from(self.day).saturating_mul(u128::from(passed.as_secs())).checked_div(DAY);
        let share = share.and_then(|share| u64::try_from(share).ok()).unwrap_or(u64::MAX);
        self.left = self.left.saturating_add(share).min(self.day);
        let held_back = u128::from(self.quarter()).saturating_mul(u128::from(draw)) >> u32::BITS;
        self.held_back = u64::try_from(held_back).unwrap_or(u64::MAX);
    }
}

fn is_smaller(padded: Padded) -> bool {
    padded.bytes() <= HALFWAY
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const HOUR: Duration = Duration::from_secs(3_600);

    fn mib(n: u64) -> Padded {
        Padded::holding(n << 20).unwrap()
    }

    #[test]
    fn the_day_s_halves_are_apart_and_begun_ones_end_last() {
        let mut allowance = Allowance::new(4);
        let (small, large) = (mib(64), mib(96));
        allowance.take(large, 1_535 * MIB);
        assert!(allowance.may_begin(large));
        allowance.take(large, MIB);
        assert!(
            !allowance.may_begin(large) && allowance.may_go_on(large),
            "a quarter is left to those begun"
        );
        allowance.take(large, 600 * MIB);
        assert!(!allowance.may_go_on(large));
        assert!(allowance.may_begin(small), "giants take nothing from the others");
        allowance.take(small, 2_048 * MIB);
        assert!(!allowance.may_go_on(small));
    }

    #[test]
    fn a_day_fills_it_once_and_no_more_is_saved() {
        let mut allowance = Allowance::new(4);
        let large = mib(1_024);
        allowance.take(large, u64::MAX);
        for hour in 1..=24 {
            allowance.refill(HOUR, [0, 0]);
            assert!(allowance.may_go_on(large));
            assert_eq!(allowance.may_begin(large), hour > 6, "{hour}");
        }
        assert_eq!(allowance.larger.left, allowance.larger.day / 24 * 24);
        allowance.refill(HOUR * 1_000, [0, 0]);
        assert_eq!(allowance.larger.left, 2 << 30);
    }

    #[test]
    fn the_brink_lies_elsewhere_every_hour() {
        let brink = |draw: u32| {
            let mut allowance = Allowance::new(4);
            allowance.refill(Duration::ZERO, [draw, draw]);
            let mut sent = 0;
            while allowance.may_go_on(mib(64)) {
                allowance.take(mib(64), MIB);
                sent += 1;
            }
            sent
        };
        assert_eq!((brink(0), brink(1 << 31), brink(u32::MAX)), (2_048, 1_792, 1_537));
    }
}
