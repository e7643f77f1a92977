//! The one thread that writes: it takes all tips and parts that wait, makes them durable with one sync, then answers them
//! all. Whatever else changes the volumes goes through it as well, one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use tipline_wire::tip_id::TipId;
use tipline_wire::upload::UploadKey;
use tokio::sync::{mpsc, oneshot, watch};

use super::round::Addition;
use super::shelf::Shelf;
use super::{Removed, StoreError};
use crate::journal::{self, Entry};

/// Most tips in one commit, and most that wait.
pub(super) const BATCH: usize = 256;
/// A commit takes no further tip once it holds this many bytes.
const BATCH_BYTES: usize = 16 << 20;

/// Whoever waits for an answer. He may have gone away: what he sent will come again, and is one tip.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Keep a tip or a part.
    Add(Addition, Answer<()>),
    /// Make an upload a tip.
    Finish(UploadKey, TipId, Answer<()>),
    /// Remove tips.
    Remove(BTreeSet<TipId>, Answer<Removed>),
    /// Look whether a volume is needed no more.
    Sweep,
}

/// What the thread works on.
pub(super) struct Committer {
    pub(super) shelf: Arc<Shelf>,
    /// Set once: nothing is acknowledged after a fault, because what the disk holds is then unknown.
    pub(super) failed: watch::Sender<bool>,
}

/// Whatever makes the thread panic, nobody waits for a committer that is no more: the store has failed.
impl Drop for Committer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.note::<()>(&Err(StoreError::Broken("the committer panicked".into())));
        }
    }
}

impl Committer {
    /// Works until nobody can send any more and all that waited is answered.
    pub(super) fn run(self, mut incoming: mpsc::Receiver<Task>) {
        while let Some(task) = incoming.blocking_recv() {
            let (mut additions, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
            let mut next = Some(task);
            while let Some(Task::Add(addition, answer)) = next {
                bytes = bytes.saturating_add(addition.bytes());
                additions.push(addition);
                answers.push(answer);
                let more = additions.len() < BATCH && bytes < BATCH_BYTES;
                next = more.then(|| incoming.try_recv().ok()).flatten();
            }
            self.add(additions, answers);
            self.alone(next);
            let _ = self.checked(|shelf| shelf.sweep_if_due());
        }
    }

    fn add(&self, additions: Vec<Addition>, answers: Vec<Answer<()>>) {
        if additions.is_empty() {
            return;
        }
        let done = if self.has_failed() {
            vec![Err(StoreError::Closing); additions.len()]
        } else {
            self.shelf.add(&additions)
        };
        done.iter().for_each(|result| self.note(result));
        drop(additions);
        for (answer, result) in answers.into_iter().zip(done) {
            let _ = answer.send(result);
        }
    }

    fn alone(&self, task: Option<Task>) {
        match task {
            Some(Task::Finish(upload, id, answer)) => {
                let _ = answer.send(self.checked(|shelf| shelf.finish(&upload, &id)));
            }
            Some(Task::Remove(ids, answer)) => {
                let _ = answer.send(self.checked(|shelf| shelf.remove(&ids)));
            }
            Some(Task::Sweep | Task::Add(..)) | None => {}
        }
    }

    fn checked<T>(&self, work: impl FnOnce(&Shelf) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.has_failed() {
            return Err(StoreError::Closing);
        }
        let result = work(&self.shelf);
        self.note(&result);
        result
    }

    fn has_failed(&self) -> bool {
        *self.failed.borrow()
    }

    fn note<T>(&self, result: &Result<T, StoreError>) {
        if let Err(StoreError::Broken(what)) = result
            && !self.failed.send_replace(true)
        {
            journal::write(&Entry::DiskFault(what.clone()));
        }
    }
}
