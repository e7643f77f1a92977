//! The one thread that writes: it takes all tips that wait, makes them durable with one sync, then answers them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::volume::Volume;
use super::{SealedTip, StoreError};
use crate::journal::{self, Entry};
use crate::world::World;

/// Most tips in one commit, and most that wait.
pub(super) const BATCH: usize = 256;
/// A commit takes no further tip once it holds this many bytes.
const BATCH_BYTES: usize = 16 << 20;

/// A tip and whoever waits for its acknowledgement.
pub(super) struct Waiting {
    pub(super) tip: SealedTip,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
}

/// What the thread works on.
pub(super) struct Committer {
    /// Oldest first; the last one is written.
    pub(super) volumes: Arc<Vec<Volume>>,
    pub(super) world: World,
    /// Set once: nothing is acknowledged after a fault, because what the disk holds is then unknown.
    pub(super) failed: watch::Sender<bool>,
}

impl Committer {
    /// Works until nobody can send any more and all that waited is answered.
    pub(super) fn run(self, mut incoming: mpsc::Receiver<Waiting>) {
        while let Some(first) = incoming.blocking_recv() {
            let mut waiting = vec![first];
            let mut bytes = 0_usize;
            while waiting.len() < BATCH && bytes < BATCH_BYTES {
                bytes = bytes.saturating_add(waiting.last().map_or(0, |w| w.tip.bytes.len()));
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

    fn keep(&self, tips: Vec<SealedTip>) -> Result<(), StoreError> {
        let new = self.only_new(tips)?;
        let Some(volume) = self.volumes.last() else { return Err(StoreError::Closing) };
        if new.is_empty() {
            return Ok(());
        }
        volume.commit(&new)?;
        // The tips are durable: a file time that can't be set is no reason to say otherwise.
        let _ = volume.blur_times(self.world.today());
        Ok(())
    }

    /// Leaves out what is there already. That is durable: every commit before this one either succeeded or was the last.
    fn only_new(&self, tips: Vec<SealedTip>) -> Result<Vec<SealedTip>, StoreError> {
        let mut seen = BTreeSet::new();
        let mut new = Vec::with_capacity(tips.len());
        for tip in tips {
            if seen.insert(tip.id) && !self.is_kept(&tip)? {
                new.push(tip);
            }
        }
        Ok(new)
    }

    fn is_kept(&self, tip: &SealedTip) -> Result<bool, StoreError> {
        for volume in self.volumes.iter() {
            if volume.has(&tip.id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
