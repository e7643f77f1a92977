//! What only `main` may read from the world: the day, passing time, the system's randomness. Tests bring their own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tipline_wire::date::Date;

type Day = dyn Fn() -> Date + Send + Sync;
type Elapsed = dyn Fn() -> Duration + Send + Sync;
type Fill = dyn Fn(&mut [u8]) -> Result<(), NoRandomness> + Send + Sync;

/// The system's generator failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct NoRandomness;

/// The day, passing time and randomness, as `main` or a test gives them.
#[derive(Clone)]
pub struct World {
    day: Arc<Day>,
    elapsed: Arc<Elapsed>,
    fill: Arc<Fill>,
}

impl World {
    /// `day` says what day it is, UTC; `elapsed` how much time has passed since any fixed moment, never running backwards;
    /// `fill` fills a buffer with random bytes.
    pub fn new(
        day: impl Fn() -> Date + Send + Sync + 'static,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) -> Result<(), NoRandomness> + Send + Sync + 'static,
    ) -> Self {
        Self { day: Arc::new(day), elapsed: Arc::new(elapsed), fill: Arc::new(fill) }
    }

    /// Today. Nothing finer is ever written down.
    #[must_use]
    pub fn today(&self) -> Date {
        (self.day)()
    }

    /// How much time has passed since some moment before: for patience in memory, whatever the calendar says.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        (self.elapsed)()
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// The generator failed.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes)?;
        Ok(bytes)
    }

    /// Brings `items` into an order drawn at random (Fisher and Yates).
    ///
    /// # Errors
    /// The generator failed.
    pub fn shuffle<T>(&self, items: &mut [T]) -> Result<(), NoRandomness> {
        for last in (1..items.len()).rev() {
            let choices = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let chosen = usize::try_from(self.below(choices)?).unwrap_or(last);
            items.swap(last, chosen.min(last));
        }
        Ok(())
    }

    /// A number below `bound`, each equally likely: draws that would favour small ones are thrown away.
    fn below(&self, bound: u64) -> Result<u64, NoRandomness> {
        let bound = bound.max(1);
        let usable = u64::MAX.saturating_sub(u64::MAX.checked_rem(bound).unwrap_or(0));
        loop {
            let drawn = u64::from_be_bytes(self.random()?);
            if drawn < usable {
                return Ok(drawn.checked_rem(bound).unwrap_or(0));
            }
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn counting() -> World {
        let next = AtomicU64::new(0);
        World::new(
            || Date::parse("2026-11-23").unwrap(),
            || Duration::ZERO,
            move |bytes| {
                for byte in bytes {
                    let step = next.fetch_add(1, Ordering::Relaxed);
                    *byte = (step.wrapping_mul(6_364_136_223_846_793_005) >> 33).to_le_bytes()[0];
                }
                Ok(())
            },
        )
    }

    #[test]
    fn shuffling_keeps_every_item_and_changes_the_order() {
        let mut items: Vec<u32> = (0..100).collect();
        counting().shuffle(&mut items).unwrap();
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
        counting().shuffle::<u8>(&mut []).unwrap();
    }

    #[test]
    fn a_failing_generator_stops() {
        let world =
            World::new(|| Date::parse("2026-11-23").unwrap(), || Duration::ZERO, |_| Err(NoRandomness));
        assert_eq!(world.shuffle(&mut [1, 2]), Err(NoRandomness));
    }
}
