//! The one thread that writes: it takes all tips that wait, makes them durable with one sync, then answers them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::StoreError;
use super::record::Prepared;
use super::shelf::Shelf;
use crate::journal::{self, Entry};
use crate::world::World;

/// Most tips in one commit, and most that wait.
pub(super) const BATCH: usize = 256;
/// A commit takes no further tip once it holds this many bytes.
const BATCH_BYTES: u64 = 4 << 20;

/// A tip and whoever waits for its acknowledgement.
pub(super) struct Waiting {
    pub(super) tip: Prepared,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
}

/// What the thread works on.
pub(super) struct Committer {
    pub(super) shelf: Arc<Shelf>,
    pub(super) world: World,
    /// Set once: nothing is acknowledged after a fault, because what the disk holds is then unknown.
    pub(super) failed: watch::Sender<bool>,
}

impl Committer {
    /// Works until nobody can send any more and all that waited is answered.
    pub(super) fn run(self, mut incoming: mpsc::Receiver<Waiting>) {
        while let Some(first) = incoming.blocking_recv() {
            let mut waiting = vec![first];
            let mut bytes = 0_u64;
            while waiting.len() < BATCH && bytes < BATCH_BYTES {
                bytes = bytes.saturating_add(waiting.last().map_or(0, |w| w.tip.record.size));
                let Ok(next) = incoming.try_recv() else { break };
                waiting.push(next);
            }
            self.commit(waiting);
        }
    }

    fn commit(&self, waiting: Vec<Waiting>) {
        let (tips, answers): (Vec<_>, Vec<_>) = waiting.into_iter().map(|w| (w.tip, w.answer)).unzip();
        let result = if *self.failed.borrow() { Err(StoreError::Closing) } else { self.keep(tips) };
        if let Err(StoreError::Broken(what)) = &result {
            journal::write(&Entry::DiskFault(what.clone()));
            self.failed.send_replace(true);
        }
        for answer in answers {
            // Whoever went away meanwhile will send it again: it is one tip.
            let _ = answer.send(result.clone());
        }
    }

    fn keep(&self, tips: Vec<Prepared>) -> Result<(), StoreError> {
        let new = self.only_new(tips);
        if new.is_empty() { Ok(()) } else { self.shelf.commit(&new, self.world.today()) }
    }

    /// Leaves out what is there already. That is durable: every commit before this one either succeeded or was the last.
    fn only_new(&self, tips: Vec<Prepared>) -> Vec<Prepared> {
        let mut seen = BTreeSet::new();
        let is_new = |tip: &Prepared| seen.insert(tip.record.id) && !self.shelf.has(&tip.record.id);
        tips.into_iter().filter(is_new).collect()
    }
}
