//! Which tips may go: those that every desk that matters has acknowledged, for long enough, and that none called damaged.
//!
//! A pure rule: what the desks said, and on which day of this server's running each word arrived, goes in; ids come out.
//! Nothing here removes anything, so that what may be thrown away can be read on one page. In doubt a tip stays.

use std::collections::{BTreeMap, BTreeSet};

use tipline_wire::ack::Ack;
use tipline_wire::intake::{Desk, MAX_DESKS};
use tipline_wire::tip_id::TipId;

/// How many desks must have acknowledged a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Every desk that the intake document names.
    All,
    /// One of them.
    Any,
}

/// The setting: who must have acknowledged, and how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Whose word is needed.
    pub needed: Needed,
    /// Days of running between the last word that was needed and the removal.
    pub grace_days: u32,
}

impl Default for Rule {
    fn default() -> Self {
        Self { needed: Needed::All, grace_days: 14 }
    }
}

/// What the rule says of tips; of all others nothing, so they stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// These may be removed.
    pub go: BTreeSet<TipId>,
    /// These have every word they need; their grace is not over.
    pub wait: BTreeSet<TipId>,
}

/// All words of all desks in force, added up.
#[derive(Debug)]
pub struct Tally<'a> {
    desks: &'a [Desk],
    tips: BTreeMap<TipId, [Word; MAX_DESKS]>,
}

/// What one desk said of one tip, over all its acknowledgements.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    /// The first and the last day on which it said that it has the tip.
    held: Option<(u32, u32)>,
    /// The last day on which it said that the tip came damaged.
    damaged: Option<u32>,
}

impl<'a> Tally<'a> {
    /// For the desks that the intake document in force names: no other's word counts.
    #[must_use]
    pub fn new(desks: &'a [Desk]) -> Self {
        Self { desks, tips: BTreeMap::new() }
    }

    /// Adds a verified acknowledgement of the desk with this name, which arrived on this day of running.
    pub fn add(&mut self, desk: &str, day: u32, ack: &Ack) {
        let Some(at) = self.desks.iter().position(|known| known.name == desk) else { return };
        let mut each = |ids: &BTreeSet<TipId>, add: fn(&mut Word, u32)| {
            for id in ids {
                let words = self.tips.entry(*id).or_default();
                if let Some(word) = words.get_mut(at) {
                    add(word, day);
                }
            }
        };
        each(&ack.holds, Word::hold);
        each(&ack.damaged, Word::damage);
    }

    /// What may go on this day of running, and what only waits.
    #[must_use]
    pub fn judge(&self, today: u32, rule: Rule) -> Verdict {
        let mut verdict = Verdict::default();
        for (id, words) in &self.tips {
            let words = words.get(..self.desks.len()).unwrap_or(words);
            match since(words, rule.needed) {
                Some(day) if today.saturating_sub(day) >= rule.grace_days => verdict.go.insert(*id),
                Some(_) => verdict.wait.insert(*id),
                None => false,
            };
        }
        verdict
    }
}

impl Word {
    fn hold(&mut self, day: u32) {
        let (first, last) = self.held.unwrap_or((day, day));
        self.held = Some((first.min(day), last.max(day)));
    }

    fn damage(&mut self, day: u32) {
        self.damaged = Some(self.damaged.map_or(day, |last| last.max(day)));
    }

    /// Whether the tip came damaged to this desk, and did not come whole later. Both on one day: damaged.
    fn is_damaged(&self) -> bool {
        self.damaged.is_some_and(|damaged| self.held.is_none_or(|(_, last)| last <= damaged))
    }

    /// The day since which it surely has the tip.
    fn since(&self) -> Option<u32> {
        let (first, last) = self.held?;
        Some(if self.damaged.is_some() { last } else { first })
    }
}

/// The day on which the last word that is needed arrived; `None` while one is missing, or a desk says "damaged".
fn since(words: &[Word], needed: Needed) -> Option<u32> {
    if words.iter().any(Word::is_damaged) {
        return None;
    }
    let mut days = words.iter().map(Word::since);
    match needed {
        // Of no desk at all nothing follows.
        Needed::All => days.try_fold(None, |last, day| Some(last.max(Some(day?))))?,
        Needed::Any => days.flatten().min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tipline_wire::intake::Site;
    use tipline_wire::sshsig::PublicKey;

    const NAMES: [&str; 3] = ["a", "b", "c"];

    fn desks(count: usize) -> Vec<Desk> {
        let desk =
            |(name, n): (&&str, u8)| Desk { name: (*name).into(), key: PublicKey::from_bytes([n; 32]) };
        NAMES.iter().zip(1..).map(desk).take(count).collect()
    }

    fn id(n: u8) -> TipId {
        TipId::from_bytes([n; 32])
    }

    fn ack(holds: &[u8], damaged: &[u8]) -> Ack {
        let ids = |of: &[u8]| of.iter().map(|n| id(*n)).collect();
        Ack { site: Site::Any, pickup: [0; 16], holds: ids(holds), damaged: ids(damaged) }
    }

    /// (what may go, what waits) on `today`, with 14 days of grace.
    fn judge(
        count: usize,
        needed: Needed,
        today: u32,
        words: &[(&str, u32, &[u8], &[u8])],
    ) -> (Vec<u8>, Vec<u8>) {
        let desks = desks(count);
        let mut tally = Tally::new(&desks);
        words.iter().for_each(|(desk, day, holds, damaged)| tally.add(desk, *day, &ack(holds, damaged)));
        let verdict = tally.judge(today, Rule { needed, grace_days: 14 });
        let numbers = |ids: BTreeSet<TipId>| ids.iter().map(|id| id.as_bytes()[0]).collect();
        (numbers(verdict.go), numbers(verdict.wait))
    }

    #[test]
    fn exactly_what_every_desk_acknowledged_goes_after_the_grace() {
        let words: &[(&str, u32, &[u8], &[u8])] = &[("a", 3, &[1, 2, 3], &[]), ("b", 5, &[2, 3, 4], &[])];
        assert_eq!(judge(2, Needed::All, 5, words), (vec![], vec![2, 3]));
        assert_eq!(judge(2, Needed::All, 18, words), (vec![], vec![2, 3]), "13 days after the last word");
        assert_eq!(judge(2, Needed::All, 19, words), (vec![2, 3], vec![]));
        assert_eq!(judge(3, Needed::All, 99, words), (vec![], vec![]), "the third desk said nothing");
    }

    #[test]
    fn where_one_desk_is_enough_its_first_word_counts() {
        let words: &[(&str, u32, &[u8], &[u8])] = &[("a", 3, &[1], &[]), ("b", 9, &[1, 2], &[])];
        assert_eq!(judge(2, Needed::Any, 17, words), (vec![1], vec![2]));
    }

    #[test]
    fn a_word_that_is_repeated_does_not_prolong_the_grace() {
        let words: &[(&str, u32, &[u8], &[u8])] = &[("a", 3, &[1], &[]), ("a", 10, &[1], &[])];
        assert_eq!(judge(1, Needed::All, 17, words), (vec![1], vec![]));
    }

    #[test]
    fn what_a_desk_calls_damaged_stays_whatever_the_others_say() {
        let words: &[(&str, u32, &[u8], &[u8])] = &[("a", 3, &[1, 2], &[]), ("b", 3, &[2], &[1])];
        assert_eq!(judge(2, Needed::All, 99, words), (vec![2], vec![]));
        assert_eq!(judge(2, Needed::Any, 99, words), (vec![2], vec![]));
    }

    #[test]
    fn what_came_damaged_and_came_whole_later_counts_from_then_and_on_the_same_day_does_not() {
        let came: (&str, u32, &[u8], &[u8]) = ("a", 3, &[], &[1]);
        assert_eq!(judge(1, Needed::All, 23, &[came, ("a", 9, &[1], &[])]), (vec![1], vec![]));
        assert_eq!(judge(1, Needed::All, 22, &[("a", 9, &[1], &[]), came]), (vec![], vec![1]));
        assert_eq!(judge(1, Needed::All, 99, &[came, ("a", 3, &[1], &[])]), (vec![], vec![]));
        assert_eq!(judge(1, Needed::All, 99, &[("a", 2, &[1], &[]), came]), (vec![], vec![]));
    }

    #[test]
    fn nobodys_word_moves_nothing() {
        assert_eq!(judge(0, Needed::All, 99, &[("a", 1, &[1], &[])]), (vec![], vec![]));
        assert_eq!(judge(1, Needed::All, 99, &[("c", 1, &[1], &[])]), (vec![], vec![]), "c is no desk here");
        assert_eq!(judge(2, Needed::All, 99, &[("a", 1, &[1], &[]), ("c", 1, &[1], &[])]), (vec![], vec![]));
        assert_eq!(judge(1, Needed::All, 0, &[("a", 50, &[1], &[])]), (vec![], vec![1]), "a day to come");
    }

    proptest! {
        /// Written a second time, id by id and in the plainest words.
        #[test]
        fn the_rule_is_what_it_says(
            count in 1_usize..4,
            words in proptest::collection::vec((0_usize..3, 0_u32..8, 0_u8..6, any::<bool>()), 0..24),
            today in 0_u32..30,
        ) {
            let desks = desks(count);
            let mut tally = Tally::new(&desks);
            for (desk, day, tip, whole) in &words {
                let ack = if *whole { ack(&[*tip], &[]) } else { ack(&[], &[*tip]) };
                tally.add(NAMES[*desk], *day, &ack);
            }
            let verdict = tally.judge(today, Rule { needed: Needed::All, grace_days: 5 });
            for tip in 0..6 {
                let said = |desk: usize, whole: bool| words.iter()
                    .filter(move |w| w.0 == desk && w.2 == tip && w.3 == whole).map(|w| w.1);
                let surely_has = |desk: usize| {
                    let damaged = said(desk, false).max();
                    let held = said(desk, true).filter(|day| damaged.is_none_or(|last| *day > last));
                    if damaged.is_some() { held.max() } else { held.min() }
                };
                let all: Option<Vec<u32>> = (0..count).map(surely_has).collect();
                let last = all.and_then(|days| days.into_iter().max());
                prop_assert_eq!(verdict.go.contains(&id(tip)), last.is_some_and(|day| day + 5 <= today));
                prop_assert_eq!(verdict.wait.contains(&id(tip)), last.is_some_and(|day| day + 5 > today));
            }
        }
    }
}
