//! Places for large bodies: each is held in memory until it is whole, so there are only so many at once.
//!
//! A place is held while a body really comes and until it is durable, never by an upload that rests. That alone would be
//! a small counter which one attacker empties with bodies that drip. So when places were short at the last look, every body
//! must come faster ([`Places::judge`]), and those who wait stand in a line where each circuit has two turns at most: a
//! source waits for no more than two bodies of each circuit. To hold all 64 places for long takes 32 circuits and half a
//! megabyte a second that really arrives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

use crate::http::proxy_line::Circuit;

/// Turns that one circuit may have: the clients keep two parts in memory at most.
const OF_A_CIRCUIT: u32 = 2;
/// Who waits for its own circuit's others looks so often whether they are done.
const LOOKING: Duration = Duration::from_millis(250);
/// How many free places more or less are taken into account than there are, at most.
const BLUR: usize = 16;
/// A body never has to come more than this many times as fast as with all places free.
const MOST_HASTE: usize = 8;

/// All places.
#[derive(Debug)]
pub struct Places {
    all: usize,
    /// First come, first served.
    free: Semaphore,
    turns: Mutex<BTreeMap<Circuit, u32>>,
    haste: AtomicU32,
}

/// One place, free again when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Place<'a> {
    _turn: Turn<'a>,
    _permit: Option<SemaphorePermit<'a>>,
}

/// The right to stand in line, or to have a place.
#[derive(Debug)]
struct Turn<'a> {
    places: &'a Places,
    circuit: Option<Circuit>,
}

impl Places {
    /// So many.
    #[must_use]
    pub fn new(all: u32) -> Self {
        let all = usize::try_from(all).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Self { all, free: Semaphore::new(all), turns: Mutex::default(), haste: AtomicU32::new(1) }
    }

    /// Waits for a place, however long it takes.
    pub async fn take(&self, circuit: Option<Circuit>) -> Place<'_> {
        let turn = loop {
            match self.turn(circuit) {
                Some(turn) => break turn,
                None => sleep(LOOKING).await,
            }
        };
        // The semaphore is never closed.
        Place { _turn: turn, _permit: self.free.acquire().await.ok() }
    }

    /// How many times as fast as usual a large body must come, as it was last judged.
    #[must_use]
    pub fn haste(&self) -> u32 {
        self.haste.load(Ordering::Relaxed)
    }

    /// Judges how short places are: 1 while half of them are free, then more. Whoever holds most of them could count the
    /// others' bodies if this were exact and at once, so it is seldom, and blurred by a draw that is greater than any
    /// neighbour.
    pub fn judge(&self, draw: u32) {
        let half = self.all.div_ceil(2);
        let blur = BLUR.min(half.div_ceil(2));
        let drawn = usize::try_from(draw).unwrap_or(0).checked_rem(blur.saturating_mul(2).saturating_add(1));
        let free = self.free.available_permits().saturating_add(drawn.unwrap_or(0)).saturating_sub(blur);
        let haste = half.checked_div(free).unwrap_or(half).clamp(1, MOST_HASTE);
        self.haste.store(u32::try_from(haste).unwrap_or(1), Ordering::Relaxed);
    }

    fn turn(&self, circuit: Option<Circuit>) -> Option<Turn<'_>> {
        if let Some(circuit) = circuit {
            let mut turns = self.turns();
            let its = turns.entry(circuit).or_default();
            (*its < OF_A_CIRCUIT).then_some(())?;
            *its = its.saturating_add(1);
        }
        Some(Turn { places: self, circuit })
    }

    fn turns(&self) -> MutexGuard<'_, BTreeMap<Circuit, u32>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(circuit) = self.circuit else { return };
        let mut turns = self.places.turns();
        let left = turns.get(&circuit).map_or(0, |its| its.saturating_sub(1));
        if left == 0 {
            turns.remove(&circuit);
        } else {
            turns.insert(circuit, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_source_waits_for_two_bodies_of_each_circuit_at_most() {
        let places = Places::new(2);
        let (attacker, source) = (Some(Circuit::numbered(1)), Some(Circuit::numbered(2)));
        let held = [(); 2].map(|()| ready(places.take(attacker)).unwrap());
        assert!(places.turn(attacker).is_none(), "no third turn, not even to stand in line");
        let mut waits = pin!(places.take(source));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        let [first, second] = held;
        drop(first);
        assert!(ready(places.take(attacker)).is_none(), "the source came before");
        let Poll::Ready(place) = waits.as_mut().poll(&mut context) else { panic!("its turn") };
        drop((place, second));
        assert!(places.turns().is_empty());
        assert_eq!(places.free.available_permits(), 2);
    }

    #[test]
    fn the_fewer_are_free_the_faster_a_body_must_come() {
        let places = Places::new(64);
        let unblurred = u32::try_from(BLUR).unwrap();
        let mut held = Vec::new();
        let mut haste = Vec::new();
        let mut judge = || {
            places.judge(unblurred);
            haste.push(places.haste());
        };
        for _ in 0..64 {
            judge();
            held.push(ready(places.take(None)).unwrap());
        }
        judge();
        assert!(ready(places.take(None)).is_none());
        assert!(haste[..=47].iter().all(|haste| *haste == 1));
        assert_eq!((haste[48], haste[56], haste[60], haste[63], haste[64]), (2, 4, 8, 8, 8));
        assert!(haste.is_sorted());
        drop(held);
        assert_eq!(places.haste(), 8, "it changes only when it is judged anew");
        places.judge(unblurred);
        assert_eq!((places.haste(), Places::new(0).all), (1, 1));
    }

    #[test]
    fn one_body_more_or_less_is_hidden_by_the_draw() {
        let count = |held: usize| {
            let places = Places::new(64);
            let _held: Vec<_> = (0..held).map(|_| ready(places.take(None)).unwrap()).collect();
            (0..33)
                .filter(|draw| {
                    places.judge(*draw);
                    places.haste() > 1
                })
                .count()
        };
        let counts: Vec<usize> = (0..=64).map(count).collect();
        assert!(counts.windows(2).all(|two| two[1] >= two[0] && two[1] - two[0] <= 1), "{counts:?}");
        assert!(counts[24] == 0 && counts[64] == 33, "{counts:?}");
    }
}
