//! The next volume, begun on the side while the open one fills. To begin one takes a dozen syncs; nobody whose tip is
//! waiting shall wait for them.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::guards::OpenError;
use super::shelf::Written;

/// What came of it.
type Begun = Result<Written, OpenError>;

/// A volume that is being begun, or none. Dropped, it waits until that is over.
#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<Option<JoinHandle<Begun>>>);

impl Ahead {
    /// Begins a volume, unless one was begun and not taken yet. Without a thread for it nothing happens.
    pub(super) fn begin(&self, begin: impl FnOnce() -> Begun + Send + 'static) {
        let mut thread = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = std::thread::Builder::new().name("next-volume".into()).spawn(begin).ok();
        }
    }

    /// Takes what was begun, once it is there. `None` when nothing was.
    pub(super) fn take(&self) -> Option<Begun> {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread?.join().ok()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        drop(self.take());
    }
}
