//! What one circuit may begin: a few tips or uploads at once, and one more every ten minutes.
//!
//! Tor Browser stays on one circuit for as long as it is used, so a source who writes five times in an hour is one
//! circuit, and so is an office behind one tor. They wait some minutes at the worst, and their page tries again by itself.
//! An attacker gains nothing by the refill: a new circuit costs one proof of work, which is seconds, not ten minutes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::http::proxy_line::Circuit;

/// After this time one that was begun no longer counts.
const REFILL: Duration = Duration::from_secs(600);
/// Circuits that are remembered, 24 bytes each. Whoever has more has no need that any be forgotten.
const MOST: usize = 65_536;

/// Circuits that have begun something of late.
#[derive(Debug)]
pub struct Circuits {
    allowed: u32,
    budgets: BTreeMap<Circuit, Budget>,
}

#[derive(Debug, Clone, Copy)]
struct Budget {
    begun: u32,
    /// From here the next refill counts.
    since: Duration,
}

impl Circuits {
    /// Each may begin `allowed` at once.
    #[must_use]
    pub fn new(allowed: u32) -> Self {
        Self { allowed, budgets: BTreeMap::new() }
    }

    /// Counts one more, unless the circuit has begun enough.
    #[must_use]
    pub fn begin(&mut self, circuit: Circuit, now: Duration) -> bool {
        self.make_room(now);
        let budget = self.budgets.entry(circuit).or_insert(Budget { begun: 0, since: now });
        budget.refill(now);
        let may = budget.begun < self.allowed;
        budget.begun = budget.begun.saturating_add(u32::from(may));
        may
    }

    /// One that was begun does not count.
    pub fn take_back(&mut self, circuit: Circuit) {
        if let Some(budget) = self.budgets.get_mut(&circuit) {
            budget.begun = budget.begun.saturating_sub(1);
        }
    }

    fn make_room(&mut self, now: Duration) {
        if self.budgets.len() < MOST {
            return;
        }
        self.budgets.retain(|_, budget| {
            budget.refill(now);
            budget.begun > 0
        });
        if self.budgets.len() >= MOST {
            self.budgets.clear();
        }
    }
}

impl Budget {
    fn refill(&mut self, now: Duration) {
        while self.begun > 0 && now.saturating_sub(self.since) >= REFILL {
            self.begun = self.begun.saturating_sub(1);
            self.since = self.since.saturating_add(REFILL);
        }
        if self.begun == 0 {
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(60 * n)
    }

    #[test]
    fn a_circuit_begins_three_and_then_one_every_ten_minutes() {
        let mut circuits = Circuits::new(3);
        let (one, other) = (Circuit::numbered(1), Circuit::numbered(2));
        for may in [true, true, true, false, false] {
            assert_eq!(circuits.begin(one, minutes(0)), may);
        }
        assert!(circuits.begin(other, minutes(0)), "a neighbour's budget is its own");
        assert!(!circuits.begin(one, minutes(9)));
        assert!(circuits.begin(one, minutes(10)));
        assert!(!circuits.begin(one, minutes(19)));
        assert!(circuits.begin(one, minutes(31)) && circuits.begin(one, minutes(31)));
        assert!(!circuits.begin(one, minutes(31)));
        for _ in 0..3 {
            assert!(circuits.begin(one, minutes(500)), "and never more than three at once");
        }
        assert!(!circuits.begin(one, minutes(500)));
    }

    #[test]
    fn what_is_taken_back_does_not_count() {
        let mut circuits = Circuits::new(1);
        let one = Circuit::numbered(1);
        for _ in 0..10 {
            assert!(circuits.begin(one, minutes(0)));
            circuits.take_back(one);
        }
        circuits.take_back(one);
        circuits.take_back(Circuit::numbered(2));
        assert!(circuits.begin(one, minutes(0)) && !circuits.begin(one, minutes(0)));
    }

    #[test]
    fn memory_is_bounded_and_the_idle_are_forgotten_first() {
        let mut circuits = Circuits::new(1);
        let most = u32::try_from(MOST).unwrap();
        for n in 1..most {
            assert!(circuits.begin(Circuit::numbered(n), minutes(0)));
        }
        assert!(circuits.begin(Circuit::numbered(0), minutes(9)));
        assert!(circuits.begin(Circuit::numbered(most), minutes(10)));
        assert_eq!(circuits.budgets.len(), 2, "all but number 0 have nothing that counts");
        assert!(!circuits.begin(Circuit::numbered(0), minutes(10)));
        for n in 0..most * 2 {
            let _ = circuits.begin(Circuit::numbered(n), minutes(10));
            assert!(circuits.budgets.len() <= MOST);
        }
    }
}
