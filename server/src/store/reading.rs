//! The sealed volumes: which there are, and the few that are open to be read.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tipline_wire::date::Date;

use super::guards::OpenError;
use super::key::{Found, Keys};
use super::volume::{Purpose, Volume};
use super::{Archived, SealedFile, StoreError, durable};

/// Sealed volumes that stay open to be read; each that was read as a whole takes about its size of memory (measured), so
/// whoever reads much reads in the order of the catalogue.
const AT_ONCE: usize = 2;
/// All sealed volumes.
#[derive(Debug)]
pub(super) struct Reading {
    dir: PathBuf,
    /// Each with its week.
    sealed: BTreeMap<u64, Date>,
    /// The last read at the end.
    open: VecDeque<Volume>,
    /// A volume was sealed and is not closed yet.
    is_closing: bool,
}

/// Where sealed volumes are read, by one at a time, and by nobody while a volume is being closed.
#[derive(Debug)]
pub(super) struct ReadingRoom {
    reading: Mutex<Reading>,
    closed: Condvar,
}

/// The reading room while it is shut, because a volume is being closed.
pub(super) struct Shut(Arc<ReadingRoom>);

/// Opens the reading room again, with one volume more.
struct Opens {
    room: Arc<ReadingRoom>,
    number: u64,
    week: Date,
}

impl ReadingRoom {
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading: Mutex::new(reading), closed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no volume is being closed and nobody else reads.
    pub(super) fn enter(&self) -> MutexGuard<'_, Reading> {
        self.closed
            .wait_while(self.lock(), |reading| reading.is_closing)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Shuts the room; from now on whoever enters waits.
    pub(super) fn shut(self: &Arc<Self>) -> Shut {
        self.enter().is_closing = true;
        Shut(Arc::clone(self))
    }
}

impl Shut {
    /// Closes a volume on the side, so that no tip waits for it; afterwards the volume can be read.
    pub(super) fn while_closing(self, number: u64, week: Date, close: impl FnOnce() + Send + 'static) {
        let opens = Opens { room: self.0, number, week };
        let work = move || {
            // Also after a panic of the engine's the room is opened.
            let _opens = opens;
            close();
        };
        let _ = std::thread::Builder::new().name("sealed-volume".into()).spawn(work);
    }
}

impl Drop for Opens {
    fn drop(&mut self) {
        let mut reading = self.room.lock();
        reading.sealed.insert(self.number, self.week);
        reading.is_closing = false;
        drop(reading);
        self.room.closed.notify_all();
    }
}

impl Reading {
    pub(super) fn new(dir: &Path, sealed: BTreeMap<u64, Date>) -> Self {
        Self { dir: dir.to_owned(), sealed, open: VecDeque::new(), is_closing: false }
    }

    pub(super) fn has(&self, number: u64) -> bool {
        self.sealed.contains_key(&number)
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.sealed.keys().copied().collect()
    }

    /// Closes a volume and forgets it.
    pub(super) fn forget(&mut self, number: u64) {
        self.rest(number);
        self.sealed.remove(&number);
    }

    /// A sealed volume, opened if it is not; the one read longest ago is closed. `None` when there is no such volume.
    pub(super) fn volume(&mut self, number: u64, keys: &Keys) -> Result<Option<&Volume>, StoreError> {
        if !self.has(number) {
            return Ok(None);
        }
        let at = self.open.iter().position(|volume| volume.number() == number);
        let volume = match at.and_then(|at| self.open.remove(at)) {
            Some(volume) => volume,
            None => {
                if self.open.len() >= AT_ONCE
                    && let Some(longest_ago) = self.open.pop_front()
                {
                    self.close(longest_ago);
                }
                open(number, &self.dir, keys)?
            }
        };
        self.open.push_back(volume);
        Ok(self.open.back())
    }

    /// Reading set access times: they go back to the volume's week.
    fn close(&self, volume: Volume) {
        if let Some(week) = self.sealed.get(&volume.number()) {
            volume.close(*week);
        }
    }

    pub(super) fn close_all(&mut self) {
        while let Some(volume) = self.open.pop_front() {
            self.close(volume);
        }
    }

    /// The files of every sealed volume, and their keys before them.
    pub(super) fn archive(&self) -> Vec<Archived> {
        let keys = self.numbers().into_iter().map(|volume| Archived::Key { volume });
        let files = |volume| SealedFile::ALL.map(|file| Archived::Sealed { volume, file });
        keys.chain(self.numbers().into_iter().flat_map(files)).collect()
    }

    /// One of these files. Fault: when sled opens a volume for the first time after it was sealed, it fills the log's last
    /// segment up, even to read (measured: 2 654 444 bytes became 4 194 303; the second time no byte changed). Guard: it is
    /// opened and closed before it is copied.
    pub(super) fn open_archived(
        &mut self,
        archived: &Archived,
        keys: &Keys,
    ) -> std::io::Result<Option<File>> {
        let path = match archived {
            Archived::Sealed { volume, .. } | Archived::Key { volume } if !self.has(*volume) => {
                return Ok(None);
            }
            Archived::Key { volume } => keys.path(*volume),
            Archived::Sealed { volume, file } => {
                if *file == SealedFile::Db {
                    // One that is damaged is copied as it is.
                    let _ = self.volume(*volume, keys);
                }
                self.rest(*volume);
                self.dir.join(volume.to_string()).join(file.name())
            }
            Archived::Document(_) => return Ok(None),
        };
        durable::open_if_there(&path)
    }

    /// Closes a volume if it is open.
    fn rest(&mut self, number: u64) {
        if let Some(at) = self.open.iter().position(|volume| volume.number() == number)
            && let Some(volume) = self.open.remove(at)
        {
            self.close(volume);
        }
    }
}

fn open(number: u64, dir: &Path, keys: &Keys) -> Result<Volume, OpenError> {
    let Found::Key(key) = keys.load(number)? else {
        return Err(OpenError::Io("its key was erased".into()));
    };
    let (volume, _) = Volume::open(number, &dir.join(number.to_string()), key, Purpose::Read)?;
    Ok(volume)
}
