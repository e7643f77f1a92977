//! The real letterbox: volumes of sled on a disk, written by one committer.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held, UploadKey};
use tokio::sync::{mpsc, oneshot, watch};

use super::ballast::Ballast;
use super::committer::{Answer, BATCH, Committer, Task};
use super::documents::Documents;
use super::guards::{LOCKED, OpenError};
use super::home::{Home, HomeError};
use super::key::KeyFault;
use super::round::Addition;
use super::shelf::Shelf;
use super::space::{self, Room, Shares, Space};
use super::uploads::Verdict;
use super::{Archived, Document, Letterbox, Part, Removed, SealedTip, Share, StoreError, TipRecord, durable};
use crate::journal::{self, Entry};
use crate::world::World;

/// With less than this free the ballast goes before anything is opened: sled writes when it opens.
const NEEDED_TO_OPEN: u64 = 16 << 20;

/// What can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// MiB kept aside so that the store can open on a full disk.
    pub ballast_mib: u64,
    /// MiB of tips after which a volume is sealed and the next begun.
    pub volume_mib: u64,
    /// The folder of the volumes' keys; `None` for [`Home::keys`].
    pub keys: Option<PathBuf>,
    /// Percent of the disk above which no tip is taken in.
    pub small_stop_percent: u8,
    /// Percent of the disk that uploads leave to tips in one request.
    pub small_reserve_percent: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ballast_mib: 64,
            volume_mib: 32,
            keys: None,
            small_stop_percent: 98,
            small_reserve_percent: 10,
        }
    }
}

/// Tips on a disk.
#[derive(Debug)]
pub struct SledStore {
    shelf: Arc<Shelf>,
    space: Space,
    documents: Documents,
    failed: watch::Receiver<bool>,
    committer: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    queue: mpsc::Sender<Task>,
    thread: JoinHandle<()>,
}

impl SledStore {
    /// Opens all volumes of a home, creates the first, starts the committer.
    ///
    /// # Errors
    /// A key is missing or damaged, the disk is full even without the ballast, or it refuses.
    pub fn open(home: &Home, options: Options, world: World) -> Result<Self, HomeError> {
        let fails = |fault| HomeError::Io { path: home.path().to_owned(), fault };
        let ballast = Ballast::new(home.path(), options.ballast_mib);
        // Fault: sled cannot open while the disk is full. Guard: the ballast goes first.
        if space::free(home.path()).map_err(fails)? < NEEDED_TO_OPEN && ballast.release() {
            journal::write(&Entry::BallastReleased);
        }
        let keys = options.keys.unwrap_or_else(|| home.keys());
        let volume_bytes = options.volume_mib.saturating_mul(1 << 20);
        let open = || Shelf::open(&home.volumes(), &keys, volume_bytes, world.clone());
        let shelf = match open() {
            Err(OpenError::Full) if ballast.release() => {
                journal::write(&Entry::BallastReleased);
                open()
            }
            other => other,
        };
        let shelf = shelf.map_err(|fault| explain(home, fault))?;
        ballast.restore().map_err(fails)?;
        shelf.rest();
        let _ = durable::blur_times(home.path(), world.today());
        let shares =
            Shares { small_stop: options.small_stop_percent, small_reserve: options.small_reserve_percent };
        let space = Space::new(home.path(), shares, ballast.owed());
        Self::start(Arc::new(shelf), space, Documents::of(home, world)).map_err(fails)
    }

    fn start(shelf: Arc<Shelf>, space: Space, documents: Documents) -> std::io::Result<Self> {
        let (failing, failed) = watch::channel(false);
        let (queue, incoming) = mpsc::channel(BATCH);
        let committer = Committer { shelf: Arc::clone(&shelf), failed: failing };
        let thread =
            std::thread::Builder::new().name("committer".into()).spawn(|| committer.run(incoming))?;
        let running = Mutex::new(Some(Running { queue, thread }));
        Ok(Self { shelf, space, documents, failed, committer: running })
    }

    fn queue(&self) -> Option<mpsc::Sender<Task>> {
        let running = self.committer.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|running| running.queue.clone())
    }

    /// Has the committer do something, and waits for its answer.
    async fn ask<T>(&self, task: impl FnOnce(Answer<T>) -> Task) -> Result<T, StoreError> {
        let queue = self.queue().ok_or(StoreError::Closing)?;
        let (answer, answered) = oneshot::channel();
        queue.send(task(answer)).await.map_err(|_| StoreError::Closing)?;
        drop(queue); // The committer ends when nobody can send any more.
        answered.await.map_err(|_| StoreError::Closing)?
    }
}

impl Letterbox for SledStore {
    type Room = Room;

    fn reserve(&self, share: Share, bytes: u64) -> Result<Room, StoreError> {
        self.space.reserve(share, bytes)
    }

    fn fullness(&self) -> Result<u8, StoreError> {
        self.space.fullness()
    }

    async fn keep(&self, tip: SealedTip) -> Result<(), StoreError> {
        self.ask(|answer| Task::Add(Addition::Tip(tip), answer)).await
    }

    fn has(&self, id: &TipId) -> bool {
        self.shelf.catalog().has(id)
    }

    fn has_whole(&self, id: &TipId) -> bool {
        self.shelf.catalog().has_whole(id)
    }

    fn begin(&self, upload: UploadKey, declared: Declared) -> Result<(), StoreError> {
        self.shelf.begin(upload, declared)
    }

    async fn put_part(&self, upload: UploadKey, part: Part) -> Result<(), StoreError> {
        let verdict = self.shelf.catalog().uploads.look_at(&upload, &part)?;
        match verdict {
            Verdict::Held => Ok(()),
            Verdict::New(_) => self.ask(|answer| Task::Add(Addition::Part(upload, part), answer)).await,
        }
    }

    fn upload(&self, upload: &UploadKey) -> Option<(Declared, Held)> {
        self.shelf.catalog().uploads.held(upload)
    }

    fn committed(&self, upload: &UploadKey) -> Option<TipId> {
        self.shelf.catalog().uploads.committed(upload)
    }

    fn uploads(&self) -> Vec<UploadKey> {
        self.shelf.catalog().uploads.keys()
    }

    async fn commit(&self, upload: UploadKey, id: TipId) -> Result<(), StoreError> {
        // What can't be a tip costs no commit.
        self.shelf.catalog().uploads.whole(&upload, &id, 0)?;
        self.ask(|answer| Task::Finish(upload, id, answer)).await
    }

    fn give_up(&self, upload: &UploadKey) {
        if self.shelf.give_up(upload)
            && let Some(queue) = self.queue()
        {
            // When the queue is full, the committer is awake and sweeps anyway.
            let _ = queue.try_send(Task::Sweep);
        }
    }

    fn tips(&self) -> Result<Vec<TipRecord>, StoreError> {
        Ok(self.shelf.catalog().list())
    }

    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        self.shelf.read(id, chunk)
    }

    async fn remove(&self, ids: BTreeSet<TipId>) -> Result<Removed, StoreError> {
        self.ask(|answer| Task::Remove(ids, answer)).await
    }

    fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        self.documents.read(document)
    }

    fn documents(&self) -> Result<Vec<Document>, StoreError> {
        self.documents.list()
    }

    fn publish(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        self.documents.replace(document, bytes)
    }

    fn withdraw(&self, document: &Document) -> Result<(), StoreError> {
        self.documents.remove(document)
    }

    fn set_aside(&self) -> Result<usize, StoreError> {
        self.shelf.set_aside()
    }

    fn archive(&self) -> Result<Vec<Archived>, StoreError> {
        let documents = self.documents.list()?.into_iter().map(Archived::Document);
        Ok(self.shelf.archive().into_iter().chain(documents).collect())
    }

    fn open_archived(&self, archived: &Archived) -> Result<Option<File>, StoreError> {
        match archived {
            Archived::Document(document) => self.documents.open(document),
            sealed => self.shelf.open_archived(sealed),
        }
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
            self.shelf.rest();
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn explain(home: &Home, fault: OpenError) -> HomeError {
    let why = match fault {
        OpenError::Key(KeyFault::Missing(path)) => return HomeError::KeyMissing(path),
        OpenError::Key(KeyFault::Damaged(path)) => return HomeError::KeyDamaged(path),
        OpenError::Key(fault) => fault.to_string(),
        OpenError::Corrupt => "its newest volume is damaged and a new one could not be begun".into(),
        OpenError::Full => "the disk is full, even without the ballast file: free some space".into(),
        OpenError::Locked => LOCKED.into(),
        OpenError::Io(what) => what,
    };
    HomeError::Io { path: home.path().to_owned(), fault: std::io::Error::other(why) }
}
