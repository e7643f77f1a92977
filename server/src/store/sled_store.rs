//! The real letterbox: volumes of sled on a disk, written by one committer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tipline_wire::tip_id::TipId;
use tokio::sync::{mpsc, oneshot, watch};

use super::ballast::Ballast;
use super::committer::{BATCH, Committer, Waiting};
use super::home::{Home, HomeError};
use super::space::{self, Room, Space};
use super::volume::{OpenError, Volume};
use super::{Letterbox, SealedTip, StoreError, TipRecord, durable};
use crate::journal::{self, Entry};
use crate::world::World;

/// With less than this free the ballast goes before anything is opened: sled writes when it opens.
const NEEDED_TO_OPEN: u64 = 16 << 20;

/// What can be set.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// MiB kept aside so that the store can open on a full disk.
    pub ballast_mib: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ballast_mib: 64 }
    }
}

/// Tips on a disk.
#[derive(Debug)]
pub struct SledStore {
    /// Oldest first; the last one is written. Damaged ones are not among them.
    volumes: Arc<Vec<Volume>>,
    space: Space,
    failed: watch::Receiver<bool>,
    committer: Mutex<Option<Running>>,
    world: World,
}

#[derive(Debug)]
struct Running {
    queue: mpsc::Sender<Waiting>,
    thread: JoinHandle<()>,
}

impl SledStore {
    /// Opens all volumes of a home, creates the first, starts the committer.
    ///
    /// # Errors
    /// The disk is full even without the ballast, or refuses.
    pub fn open(home: &Home, options: Options, world: World) -> Result<Self, HomeError> {
        let fails = |fault| HomeError::Io { path: home.path().to_owned(), fault };
        let ballast = Ballast::new(home.path(), options.ballast_mib);
        // Fault: sled cannot open while the disk is full. Guard: the ballast goes first.
        if space::free(home.path()).map_err(fails)? < NEEDED_TO_OPEN && ballast.release() {
            journal::write(&Entry::BallastReleased);
        }
        let volumes = match open_volumes(&home.volumes()) {
            Err(OpenError::Full) if ballast.release() => {
                journal::write(&Entry::BallastReleased);
                open_volumes(&home.volumes())
            }
            other => other,
        };
        let volumes = volumes.map_err(|fault| fails(std::io::Error::other(explain(fault))))?;
        ballast.restore().map_err(fails)?;
        blur(home, &volumes, &world);
        Self::start(Arc::new(volumes), Space::new(home.path(), ballast.owed()), world).map_err(fails)
    }

    fn start(volumes: Arc<Vec<Volume>>, space: Space, world: World) -> std::io::Result<Self> {
        let (failing, failed) = watch::channel(false);
        let (queue, incoming) = mpsc::channel(BATCH);
        let committer = Committer { volumes: Arc::clone(&volumes), world: world.clone(), failed: failing };
        let thread =
            std::thread::Builder::new().name("committer".into()).spawn(|| committer.run(incoming))?;
        let running = Mutex::new(Some(Running { queue, thread }));
        Ok(Self { volumes, space, failed, committer: running, world })
    }

    fn queue(&self) -> Option<mpsc::Sender<Waiting>> {
        let running = self.committer.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|running| running.queue.clone())
    }
}

impl Letterbox for SledStore {
    type Room = Room;

    fn reserve(&self, bytes: u64) -> Result<Room, StoreError> {
        self.space.reserve(bytes)
    }

    async fn keep(&self, tip: SealedTip) -> Result<(), StoreError> {
        let queue = self.queue().ok_or(StoreError::Closing)?;
        let (answer, answered) = oneshot::channel();
        queue.send(Waiting { tip, answer }).await.map_err(|_| StoreError::Closing)?;
        drop(queue); // The committer ends when nobody can send any more.
        answered.await.map_err(|_| StoreError::Closing)?
    }

    fn tips(&self) -> Result<Vec<TipRecord>, StoreError> {
        let mut all = Vec::new();
        for volume in self.volumes.iter() {
            all.extend(volume.tips()?);
        }
        Ok(all)
    }

    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        for volume in self.volumes.iter() {
            if let Some(found) = volume.read(id, chunk)? {
                return Ok(found);
            }
        }
        Err(StoreError::Unknown)
    }

    async fn failure(&self) {
        let mut failed = self.failed.clone();
        if failed.wait_for(|failed| *failed).await.is_err() {
            // The committer ended in peace.
            std::future::pending::<()>().await;
        }
    }

    fn close(&self) {
        let running = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { queue, thread }) = running {
            drop(queue);
            let _ = thread.join();
            for volume in self.volumes.iter() {
                let _ = volume.blur_times(self.world.today());
            }
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens `volumes/<n>` in the order of n. A damaged one is set aside and never deleted; the last sound one is written,
/// or a new one after it when the last was damaged.
fn open_volumes(dir: &Path) -> Result<Vec<Volume>, OpenError> {
    let io = |fault: std::io::Error| OpenError::Io(fault.to_string());
    let numbers = numbers_in(dir).map_err(io)?;
    let mut volumes = Vec::new();
    let mut last_is_sound = false;
    for number in &numbers {
        let path = dir.join(number.to_string());
        match Volume::open(&path) {
            Ok(volume) => {
                volumes.push(volume);
                last_is_sound = true;
            }
            Err(OpenError::Corrupt) => {
                quarantine(&path).map_err(io)?;
                journal::write(&Entry::VolumeQuarantined(*number));
                last_is_sound = false;
            }
            Err(other) => return Err(other),
        }
    }
    if !last_is_sound {
        let next = numbers.last().copied().unwrap_or(0).saturating_add(1);
        volumes.push(Volume::open(&dir.join(next.to_string()))?);
    }
    Ok(volumes)
}

/// The numbers of all volumes, ascending; those set aside have another name.
fn numbers_in(dir: &Path) -> std::io::Result<Vec<u64>> {
    let names: Vec<_> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn quarantine(path: &PathBuf) -> std::io::Result<()> {
    let mut aside = path.clone();
    aside.set_extension("quarantined");
    fs::rename(path, aside)?;
    path.parent().map_or(Ok(()), durable::sync_dir)
}

fn blur(home: &Home, volumes: &[Volume], world: &World) {
    let today = world.today();
    for volume in volumes {
        let _ = volume.blur_times(today);
    }
    let _ = durable::blur_times(&home.volumes(), today);
    let _ = durable::blur_times(home.path(), today);
}

fn explain(fault: OpenError) -> String {
    match fault {
        OpenError::Corrupt => "its newest volume is damaged and a new one could not be begun".into(),
        OpenError::Full => "the disk is full, even without the ballast file: free some space".into(),
        OpenError::Io(what) => what,
    }
}
