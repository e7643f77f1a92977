//! Who may begin, and who waits: honest sources are slowed last. In memory only, and nothing of it is ever written.
//!
//! There are no accounts, so a circuit is all that tells one sender from another; tor's proof of work makes circuits
//! costly. [`circuits`] what one circuit may begin · [`places`] large bodies under way · [`allowance`] what a day may
//! take of large uploads · [`resting`] how long an upload that rests is kept · [`level`] how full the disk is taken to be.
//!
//! Small tips meet nothing but their circuit's own budget. Every refusal is `full`, in the shape of every answer.
//!
//! No answer may tell one visitor what another one sends. A circuit's budget is its own. Whatever all share (the disk, the
//! day's allowance) is large, looked at once an hour, and blurred anew each time by a draw that is greater than any tip:
//! whoever fills the line up to a limit and watches it learns of the draw, not of a neighbour.

pub mod allowance;
pub mod circuits;
pub mod level;
pub mod places;
pub mod resting;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tipline_wire::size::Padded;
use tipline_wire::upload::UploadKey;

use crate::http::proxy_line::Circuit;
use allowance::Allowance;
use circuits::Circuits;
use level::Level;
use places::Places;
use resting::Resting;

/// So often the disk is looked at, and the draws are made anew.
const LOOK: Duration = Duration::from_secs(3_600);
/// So often it is judged how short places are.
const LOOK_AT_PLACES: Duration = Duration::from_secs(300);

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Tips and uploads that a circuit may begin at once.
    pub circuit_tips: u32,
    /// Bodies over 128 KiB that are under way at once.
    pub uploads_active: u32,
    /// GiB of uploads in a day, half of them for uploads up to 64 MiB.
    pub large_gib_per_day: u32,
    /// No upload begins above this percentage of the disk, and those that rest are dropped.
    pub large_stop_percent: u8,
}

impl Default for Rules {
    fn default() -> Self {
        Self { circuit_tips: 3, uploads_active: 64, large_gib_per_day: 4, large_stop_percent: 80 }
    }
}

/// All that decides.
#[derive(Debug)]
pub struct Admission {
    /// Large bodies under way.
    pub places: Places,
    circuits: Mutex<Circuits>,
    shared: Mutex<Shared>,
    rules: Rules,
}

#[derive(Debug)]
struct Shared {
    allowance: Allowance,
    level: Level,
    resting: Resting,
    looked: Option<Duration>,
    judged: Option<Duration>,
}

/// Something was begun on a circuit. It counts only if it [`stays`](Self::stays): what was broken off, refused, or kept
/// before costs the circuit nothing.
#[derive(Debug)]
#[must_use]
pub struct Begun<'a> {
    circuits: &'a Mutex<Circuits>,
    circuit: Option<Circuit>,
}

impl Admission {
    /// With nothing under way; until the first [`look`](Self::look) no upload begins.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let shared = Shared {
            allowance: Allowance::new(rules.large_gib_per_day),
            level: Level::unknown(),
            resting: Resting::default(),
            looked: None,
            judged: None,
        };
        Self {
            places: Places::new(rules.uploads_active),
            circuits: Mutex::new(Circuits::new(rules.circuit_tips)),
            shared: Mutex::new(shared),
            rules,
        }
    }

    /// Begins a tip or an upload; `None` when the circuit has begun enough of late. Without a circuit there is no limit.
    pub fn begin(&self, circuit: Option<Circuit>, now: Duration) -> Option<Begun<'_>> {
        if let Some(circuit) = circuit {
            lock(&self.circuits).begin(circuit, now).then_some(())?;
        }
        Some(Begun { circuits: &self.circuits, circuit })
    }

    /// Whether an upload of this size may begin.
    #[must_use]
    pub fn may_begin(&self, padded: Padded) -> bool {
        let shared = self.shared();
        shared.level.lets_begin(&self.rules) && shared.allowance.may_begin(padded)
    }

    /// Whether an upload of this size that has begun may send its next part.
    #[must_use]
    pub fn may_go_on(&self, padded: Padded) -> bool {
        self.shared().allowance.may_go_on(padded)
    }

    /// An upload has begun.
    pub fn begun(&self, upload: UploadKey, now: Duration) {
        self.shared().resting.begun(upload, now);
    }

    /// An upload was there when the server started: its time begins anew.
    pub fn found(&self, upload: UploadKey, now: Duration) {
        self.shared().resting.came(upload, now);
    }

    /// A part of so many bytes was made durable.
    pub fn came(&self, upload: UploadKey, padded: Padded, bytes: u64, now: Duration) {
        let mut shared = self.shared();
        shared.allowance.take(padded, bytes);
        shared.resting.came(upload, now);
    }

    /// Judges how short places are, if that was not done of late.
    pub fn look_at_places(&self, draw: u32, now: Duration) {
        let mut shared = self.shared();
        if shared.judged.is_none_or(|judged| now.saturating_sub(judged) >= LOOK_AT_PLACES) {
            shared.judged = Some(now);
            self.places.judge(draw);
        }
    }

    /// An upload is over.
    pub fn over(&self, upload: &UploadKey) {
        self.shared().resting.over(upload);
    }

    /// Whether it is time to look at the disk.
    #[must_use]
    pub fn must_look(&self, now: Duration) -> bool {
        self.shared().looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK)
    }

    /// The disk is so many percent full. `draws` are random, each value equally likely.
    pub fn look(&self, fullness: u8, draws: [u32; 3], now: Duration) {
        let mut shared = self.shared();
        let [disk, half, other] = draws;
        let passed = now.saturating_sub(shared.looked.unwrap_or(now));
        shared.level = Level::new(fullness, disk);
        shared.allowance.refill(passed, [half, other]);
        shared.looked = Some(now);
    }

    /// Uploads that have rested too long, the longest first; they are forgotten here.
    #[must_use]
    pub fn rested_too_long(&self, now: Duration) -> Vec<UploadKey> {
        let mut shared = self.shared();
        let patience = shared.level.patience(&self.rules);
        shared.resting.too_long(patience, now)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

impl Begun<'_> {
    /// It was kept: it counts.
    pub fn stays(mut self) {
        self.circuit = None;
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if let Some(circuit) = self.circuit {
            lock(self.circuits).take_back(circuit);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
