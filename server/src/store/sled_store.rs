//! The real letterbox: volumes of sled on a disk, written by one committer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held, UploadKey};
use tokio::sync::{mpsc, oneshot, watch};

use super::ballast::Ballast;
use super::committer::{BATCH, Committer, Waiting};
use super::documents::Documents;
use super::home::{Home, HomeError};
use super::record::Prepared;
use super::shelf::Shelf;
use super::space::{self, Room, Space};
use super::volume::OpenError;
use super::{Archived, Document, Letterbox, Part, Removed, SealedTip, Share, StoreError, TipRecord, durable};
use crate::journal::{self, Entry};
use crate::world::World;

/// With less than this free the ballast goes before anything is opened: sled writes when it opens.
const NEEDED_TO_OPEN: u64 = 16 << 20;

/// What can be set.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// MiB kept aside so that the store can open on a full disk.
    pub ballast_mib: u64,
    /// MiB of tips after which a volume is sealed and the next begun.
    pub volume_mib: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ballast_mib: 64, volume_mib: 32 }
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
        let today = world.today();
        let open = || Shelf::open(&home.volumes(), options.volume_mib.saturating_mul(1 << 20), today);
        let shelf = match open() {
            Err(OpenError::Full) if ballast.release() => {
                journal::write(&Entry::BallastReleased);
                open()
            }
            other => other,
        };
        let shelf = shelf.map_err(|fault| fails(std::io::Error::other(explain(fault))))?;
        ballast.restore().map_err(fails)?;
        blur(home, &shelf, today);
        let space = Space::new(home.path(), ballast.owed());
        let documents = Documents::of(home);
        Self::start(Arc::new(shelf), space, documents, world).map_err(fails)
    }

    fn start(shelf: Arc<Shelf>, space: Space, documents: Documents, world: World) -> std::io::Result<Self> {
        let (failing, failed) = watch::channel(false);
        let (queue, incoming) = mpsc::channel(BATCH);
        let committer = Committer { shelf: Arc::clone(&shelf), world: world.clone(), failed: failing };
        let thread =
            std::thread::Builder::new().name("committer".into()).spawn(|| committer.run(incoming))?;
        let running = Mutex::new(Some(Running { queue, thread }));
        Ok(Self { shelf, space, documents, failed, committer: running, world })
    }

    fn queue(&self) -> Option<mpsc::Sender<Waiting>> {
        let running = self.committer.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|running| running.queue.clone())
    }
}

impl Letterbox for SledStore {
    type Room = Room;

    fn reserve(&self, _share: Share, bytes: u64) -> Result<Room, StoreError> {
        self.space.reserve(bytes)
    }

    fn fullness(&self) -> Result<u8, StoreError> {
        Ok(0)
    }

    fn begin(&self, _upload: UploadKey, _declared: Declared) -> Result<(), StoreError> {
        Err(StoreError::Closing)
    }

    async fn put_part(&self, _upload: UploadKey, _part: Part) -> Result<(), StoreError> {
        Err(StoreError::Closing)
    }

    fn upload(&self, _upload: &UploadKey) -> Option<(Declared, Held)> {
        None
    }

    fn uploads(&self) -> Vec<UploadKey> {
        Vec::new()
    }

    async fn commit(&self, _upload: UploadKey, _id: TipId) -> Result<(), StoreError> {
        Err(StoreError::Closing)
    }

    fn give_up(&self, _upload: &UploadKey) {}

    async fn remove(&self, _ids: BTreeSet<TipId>) -> Result<Removed, StoreError> {
        Err(StoreError::Closing)
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

    fn archive(&self) -> Result<Vec<Archived>, StoreError> {
        Err(StoreError::Closing)
    }

    async fn keep(&self, tip: SealedTip) -> Result<(), StoreError> {
        let queue = self.queue().ok_or(StoreError::Closing)?;
        let tip = {
            let prepared = Prepared::new(&tip).ok_or(StoreError::Full)?;
            drop(tip); // Its bytes are copied: they need not wait for the disk.
            prepared
        };
        let (answer, answered) = oneshot::channel();
        queue.send(Waiting { tip, answer }).await.map_err(|_| StoreError::Closing)?;
        drop(queue); // The committer ends when nobody can send any more.
        answered.await.map_err(|_| StoreError::Closing)?
    }

    fn has(&self, id: &TipId) -> bool {
        self.shelf.has(id)
    }

    fn tips(&self) -> Result<Vec<TipRecord>, StoreError> {
        Ok(self.shelf.tips())
    }

    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        self.shelf.read(id, chunk)
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
            self.shelf.rest(self.world.today());
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn blur(home: &Home, shelf: &Shelf, today: Date) {
    shelf.rest(today);
    let _ = durable::blur_times(home.path(), today);
}

fn explain(fault: OpenError) -> String {
    match fault {
        OpenError::Corrupt => "its newest volume is damaged and a new one could not be begun".into(),
        OpenError::Full => "the disk is full, even without the ballast file: free some space".into(),
        OpenError::Io(what) => what,
    }
}
