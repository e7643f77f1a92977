//! How long and how often is tried, and how long is waited in between: never at a moment that somebody could expect.

use std::time::Duration;

use crate::world::{NoRandomness, World};

/// How long and how often is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one request, from its begin, the connection's included, to the answer's end.
    pub exchange: Duration,
    /// How often in a row something may fail before giving up, where giving up loses nothing that was acknowledged.
    pub attempts: u32,
    /// The shortest wait after a failure; it grows with each, and a random part of the same length is added.
    pub wait: Duration,
    /// The shortest and the longest wait when the letterbox is full.
    pub full: (Duration, Duration),
    /// So long an upload may stand still before it is given up.
    pub stall: Duration,
}

impl Default for Patience {
    /// Ten minutes for a request: 1 MiB at 2 KB/s. Five attempts. An upload that has stood still for three hours is given
    /// up: the letterbox keeps its parts for three days, but only this process can go on with it, unless it is a saved file that is
    /// sent.
    fn default() -> Self {
        Self {
            exchange: Duration::from_mins(10),
            attempts: 5,
            wait: Duration::from_secs(5),
            full: (Duration::from_secs(30), Duration::from_mins(5)),
            stall: Duration::from_hours(3),
        }
    }
}

/// How soon the next request may follow.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    Now,
    /// After a short wait: something failed that passes.
    Soon,
    /// After a long one: the letterbox is full.
    Later,
}

/// What ends patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// [`Patience::attempts`]
    Attempts,
    /// [`Patience::stall`]
    Stall,
}

/// The failures since something was last acknowledged.
pub struct Pauses {
    failures: u32,
    /// Slept, and passed by the clock: a sleeping computer's clock may stand still.
    slept: Duration,
    since: Duration,
}

impl Pauses {
    /// Begins now.
    #[must_use]
    pub fn new(world: &World<'_>) -> Self {
        Self { failures: 0, slept: Duration::ZERO, since: (world.elapsed)() }
    }

    /// How many failures there were.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// One more failure that costs no wait.
    pub fn count(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// How long to wait after one more failure; `None` at the end of patience.
    ///
    /// # Errors
    /// No randomness.
    pub fn after(
        &mut self,
        (pace, bound): (Pace, Bound),
        patience: &Patience,
        world: &World<'_>,
    ) -> Result<Option<Duration>, NoRandomness> {
        self.count();
        let wait = self.wait(pace, patience, world)?;
        self.slept = self.slept.saturating_add(wait);
        let passed = (world.elapsed)().saturating_sub(self.since).max(self.slept);
        let goes_on = match bound {
            Bound::Attempts => self.failures < patience.attempts,
            Bound::Stall => passed <= patience.stall,
        };
        Ok(goes_on.then_some(wait))
    }

    fn wait(&self, pace: Pace, patience: &Patience, world: &World<'_>) -> Result<Duration, NoRandomness> {
        match pace {
            Pace::Now => Ok(Duration::ZERO),
            Pace::Soon => {
                let least = patience.wait.saturating_mul(self.failures).min(patience.full.0);
                between(least, least.saturating_mul(2), world)
            }
            Pace::Later => between(patience.full.0, patience.full.1, world),
        }
    }
}

/// A random time from `least` to `most`.
fn between(least: Duration, most: Duration, world: &World<'_>) -> Result<Duration, NoRandomness> {
    let mut random = [0; 2];
    (world.random)(&mut random)?;
    let part = most.saturating_sub(least).saturating_mul(u32::from(u16::from_be_bytes(random)));
    Ok(least.saturating_add(part.checked_div(u32::from(u16::MAX)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn in_a_world(work: impl FnOnce(&World<'_>, &Cell<Duration>)) {
        let clock = Cell::new(Duration::ZERO);
        let next = Cell::new(0_u8);
        let random = |buffer: &mut [u8]| {
            next.set(next.get().wrapping_add(37));
            buffer.fill(next.get());
            Ok(())
        };
        let world = World {
            today: tipline_wire::date::Date::parse("2026-11-25").unwrap(),
            elapsed: &|| clock.get(),
            pause: &|_| {},
            random: &random,
            stdin: &mut std::io::empty(),
            out: &mut std::io::sink(),
            err: &mut std::io::sink(),
            watched: false,
            typed: false,
            interrupt: crate::interrupt::Interrupt::default(),
        };
        work(&world, &clock);
    }

    #[test]
    fn waits_lie_where_they_should_and_differ() {
        in_a_world(|world, _| {
            let patience = Patience::default();
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..20 {
                let mut pauses = Pauses::new(world);
                let full = pauses.after((Pace::Later, Bound::Stall), &patience, world).unwrap().unwrap();
                assert!((30..=300).contains(&full.as_secs()), "{full:?}");
                seen.insert(full);
            }
            assert!(seen.len() > 5);
            let mut pauses = Pauses::new(world);
            for attempt in 1..10 {
                let wait = pauses.after((Pace::Soon, Bound::Stall), &patience, world).unwrap().unwrap();
                let least = (5 * attempt).min(30);
                assert!((least..=2 * least).contains(&wait.as_secs()), "{attempt}: {wait:?}");
            }
        });
    }

    #[test]
    fn patience_ends_by_attempts_by_waits_and_by_the_clock() {
        in_a_world(|world, clock| {
            let patience = Patience::default();
            let count = |bound| {
                let mut pauses = Pauses::new(world);
                (0..1_000)
                    .take_while(|_| pauses.after((Pace::Soon, bound), &patience, world).unwrap().is_some())
                    .count()
            };
            assert_eq!(count(Bound::Attempts), 4);
            assert!(
                (180..=370).contains(&count(Bound::Stall)),
                "three hours of half a minute or a whole one"
            );
            let mut pauses = Pauses::new(world);
            clock.set(Duration::from_secs(3 * 3_600 + 1));
            assert_eq!(pauses.after((Pace::Soon, Bound::Stall), &patience, world), Ok(None));
        });
    }
}
