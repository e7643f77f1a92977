//! The shelf: every volume of a store. The newest is open and written; the others are sealed, and opened only to be read.
//!
//! Many small databases instead of one, because sled's memory and its rewriting grow with the volume (measured: at 64 tips
//! a commit one growing volume takes in a third of what volumes of 32 MiB do), and because a volume is removed as a whole.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, UploadKey};

use super::ahead::Ahead;
use super::catalog::Catalog;
use super::guards::{OpenError, broken};
use super::index_file;
use super::key::Keys;
use super::reading::{Reading, ReadingRoom};
use super::record::Row;
use super::round::{Addition, Round};
use super::start::{Start, path_of, quarantined};
use super::volume::{Changes, Purpose, Volume};
use super::{Archived, Removed, StoreError, beginning, durable};
use crate::world::World;

/// All volumes.
#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    keys: Keys,
    world: World,
    /// The open volume is sealed once it holds so many bytes.
    volume_bytes: u64,
    catalog: RwLock<Catalog>,
    /// Only the committer changes which volume this is.
    written: RwLock<Written>,
    ahead: Ahead,
    reading: Arc<ReadingRoom>,
    /// Parts were given up: a volume may be needed no more.
    sweep_due: AtomicBool,
}

/// The open volume.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) volume: Volume,
    /// About how many bytes of tips it holds; changed by the committer only.
    bytes: AtomicU64,
    /// The Monday of the week whose tips it holds; as long as it is empty, of the one in which it was begun.
    week: Date,
}

impl Shelf {
    /// Opens all volumes in `dir`, whose keys are in `keys`.
    pub(super) fn open(dir: &Path, keys: &Path, volume_bytes: u64, world: World) -> Result<Self, OpenError> {
        let keys = Keys::open(keys)?;
        let Start { catalog, sealed, written } = Start::look(dir, &keys, volume_bytes, &world)?;
        Ok(Self {
            dir: dir.to_owned(),
            keys,
            world,
            volume_bytes,
            catalog: RwLock::new(catalog),
            written: RwLock::new(written),
            ahead: Ahead::default(),
            reading: Arc::new(ReadingRoom::new(Reading::new(dir, sealed))),
            sweep_due: AtomicBool::new(false),
        })
    }

    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_catalog(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shared: tips are read while the committer writes.
    fn written(&self) -> RwLockReadGuard<'_, Written> {
        self.written.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_written(&self) -> RwLockWriteGuard<'_, Written> {
        self.written.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while a volume is being closed.
    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.enter()
    }

    /// Keeps tips and parts in the open volume, durably, each once; before that seals it if it is full or of another week.
    /// Answers each in order. For the committer only.
    pub(super) fn add(&self, additions: &[Addition]) -> Vec<Result<(), StoreError>> {
        if let Err(fault) = self.seal_if_due() {
            return vec![Err(fault); additions.len()];
        }
        let written = self.written();
        let over = self.change_catalog().uploads.rows_over(written.volume.number());
        let mut round = Round::new(&written.volume, &self.world, over);
        let verdicts: Vec<_> = {
            let catalog = self.catalog();
            additions.iter().map(|addition| round.take(addition, &catalog)).collect()
        };
        let done = round.commit().map(|(bytes, news)| {
            written.grow(bytes);
            let mut catalog = self.change_catalog();
            news.tips.into_iter().for_each(|(id, kept)| catalog.keep(id, kept));
            news.rows.values().for_each(|row| catalog.uploads.hold(row, written.volume.number()));
        });
        verdicts.into_iter().map(|verdict| verdict.and_then(|()| done.clone())).collect()
    }

    /// Makes a whole upload a tip, durably. For the committer only.
    pub(super) fn finish(&self, upload: &UploadKey, id: &TipId) -> Result<(), StoreError> {
        self.seal_if_due()?;
        let written = self.written();
        let number = written.volume.number();
        let kept = self.catalog().uploads.whole(upload, id, number)?;
        if !self.catalog().has_whole(id) {
            let mut changes = Changes::default();
            changes.add_tip(id, &kept);
            written.grow(changes.bytes());
            written.volume.commit(changes, self.world.today())?;
            self.change_catalog().keep(*id, kept);
        }
        let mut catalog = self.change_catalog();
        catalog.uploads.end(upload);
        catalog.uploads.note_committed(*upload, *id);
        Ok(())
    }

    /// Begins an upload, in memory.
    pub(super) fn begin(&self, upload: UploadKey, declared: Declared) -> Result<(), StoreError> {
        let stem = || self.world.random().map_err(|fault| StoreError::Broken(fault.to_string()));
        self.change_catalog().uploads.begin(upload, declared, stem)
    }

    /// Forgets an upload; `true` when it held parts, so that a sweep is due.
    pub(super) fn give_up(&self, upload: &UploadKey) -> bool {
        let held = self.change_catalog().uploads.give_up(upload);
        self.sweep_due.fetch_or(held, Ordering::SeqCst);
        held
    }

    /// Removes tips from every list, and every volume that nobody needs any more. For the committer only.
    pub(super) fn remove(&self, ids: &BTreeSet<TipId>) -> Result<Removed, StoreError> {
        self.change_catalog().remove(ids);
        self.sweep()?;
        let there = self.reading().numbers();
        let open = self.written().volume.number();
        let (tips, waiting) = self.change_catalog().settle(|n| n == open || there.contains(&n));
        Ok(Removed { tips, waiting })
    }

    /// Sweeps if parts were given up since the last time. For the committer only.
    pub(super) fn sweep_if_due(&self) -> Result<(), StoreError> {
        if self.sweep_due.swap(false, Ordering::SeqCst) { self.sweep() } else { Ok(()) }
    }

    /// Erases every volume that holds nothing that is needed; the others forget uploads that are over.
    fn sweep(&self) -> Result<(), StoreError> {
        let (needed, dead) = {
            let mut catalog = self.change_catalog();
            (catalog.needed(), catalog.uploads.dead())
        };
        let numbers = self.reading().numbers();
        for number in numbers.into_iter().filter(|number| !needed.contains(number)) {
            self.erase(number)?;
        }
        for (number, stems) in dead {
            if self.reading().has(number) {
                // If it can't be written, the next start finds an upload that it has to wait for once more.
                let _ = index_file::forget(number, &path_of(&self.dir, number), &stems);
            }
        }
        self.erase_open_if(|number| !needed.contains(&number))
    }

    /// Seals and erases the open volume if it holds anything and `is_idle`.
    fn erase_open_if(&self, is_idle: impl Fn(u64) -> bool) -> Result<(), StoreError> {
        let number = {
            let written = self.written();
            let holds = written.bytes.load(Ordering::SeqCst) > 0;
            holds.then(|| written.volume.number()).filter(|number| is_idle(*number))
        };
        let Some(number) = number else { return Ok(()) };
        match self.seal() {
            // No room for another one: this one stays until there is.
            Err(StoreError::Full) => Ok(()),
            Err(fault) => Err(fault),
            Ok(()) => self.erase(number),
        }
    }

    /// Erases a sealed volume: first its key, so that nothing opens what is left of it at any moment from then on. A start finishes what was
    /// interrupted.
    fn erase(&self, number: u64) -> Result<(), StoreError> {
        let mut reading = self.reading();
        reading.forget(number);
        let removed = self
            .keys
            .erase(number)
            .and_then(|()| durable::remove_dir(&path_of(&self.dir, number)))
            .and_then(|()| self.keys.remove(number));
        let _ = durable::blur_times(&self.dir, self.world.today());
        removed.map_err(|fault| broken(&fault))
    }

    /// Seals the open volume if it is full or of another week; begins the next on the side once it is half full.
    fn seal_if_due(&self) -> Result<(), StoreError> {
        let week = self.world.today().monday();
        let (takes_more, half_full) = {
            let written = self.written();
            (written.takes_more(self.volume_bytes, week), written.holds_at_least(self.volume_bytes / 2))
        };
        if !takes_more {
            self.seal()?;
        } else if half_full {
            self.ahead.begin(self.beginning());
        }
        if self.written().week != week {
            // Empty, and begun in an earlier week.
            self.change_written().week = week;
            let _ = self.written().volume.blur_times(week);
        }
        Ok(())
    }

    /// Begins the volume after the open one.
    fn beginning(&self) -> impl FnOnce() -> Result<Written, OpenError> + Send + use<> {
        let next = self.written().volume.number().saturating_add(1);
        let (dir, keys, world) = (self.dir.clone(), self.keys.clone(), self.world.clone());
        move || Written::begin(&dir, next, &keys, &world)
    }

    /// Seals the open volume; from now on the next is written.
    fn seal(&self) -> Result<(), StoreError> {
        let begun = match self.ahead.take() {
            // There may be room now.
            None | Some(Err(OpenError::Full)) => self.beginning()()?,
            Some(begun) => begun?,
        };
        // Whoever looks for a tip of the sealed volume waits until it is closed: sled opens a database once.
        let shut = self.reading.shut();
        let sealed = {
            let mut written = self.change_written();
            std::mem::replace(&mut *written, begun)
        };
        let (dir, today) = (self.dir.clone(), self.world.today());
        let stems = self.catalog().uploads.stems();
        shut.while_closing(sealed.volume.number(), sealed.week, move || {
            sealed.seal(&dir, |row| stems.contains(&row.stem));
            // The folder got a new entry.
            let _ = durable::blur_times(&dir, today);
        });
        Ok(())
    }

    /// One chunk of a tip, found unchanged. Damage is noted.
    pub(super) fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let found = self.find(id, chunk);
        if found == Err(StoreError::Damaged) {
            self.change_catalog().note_damage(id);
        }
        found
    }

    fn find(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let (place, stem) = {
            let catalog = self.catalog();
            let kept = catalog.get(id).ok_or(StoreError::Unknown)?;
            let is_there = kept.record(*id).is_some_and(|record| chunk < record.chunks);
            let place = kept.place(chunk).filter(|_| is_there);
            (place.ok_or(StoreError::Unknown)?, kept.stem(id))
        };
        {
            let written = self.written();
            if written.volume.number() == place.volume {
                return written.volume.read(place.bucket, &stem, chunk);
            }
        }
        match self.reading().volume(place.volume, &self.keys)? {
            Some(volume) => volume.read(place.bucket, &stem, chunk),
            // Removed this moment, or its volume was set aside.
            None if self.catalog().has(id) => Err(StoreError::Damaged),
            None => Err(StoreError::Unknown),
        }
    }

    /// How many damaged volumes lie beside the others.
    pub(super) fn set_aside(&self) -> Result<usize, StoreError> {
        quarantined(&self.dir).map(|numbers| numbers.len()).map_err(|fault| broken(&fault))
    }

    /// The files of sealed volumes and their keys.
    pub(super) fn archive(&self) -> Vec<Archived> {
        self.reading().archive()
    }

    /// One of them, open for reading.
    pub(super) fn open_archived(&self, archived: &Archived) -> Result<Option<File>, StoreError> {
        self.reading().open_archived(archived, &self.keys).map_err(|fault| broken(&fault))
    }

    /// Closes sealed volumes, takes back the volume that was begun ahead, sets file times back to the week's start.
    pub(super) fn rest(&self) {
        self.reading().close_all();
        let today = self.world.today();
        if let Some(Ok(begun)) = self.ahead.take() {
            let number = begun.volume.number();
            begun.volume.close(today);
            // One that stays is empty: the next start goes on with it.
            let _ = self.erase(number);
        }
        let _ = self.written().volume.blur_times(today);
        let _ = durable::blur_times(&self.dir, today);
    }
}

impl Written {
    pub(super) fn new(volume: Volume, bytes: u64, week: Date) -> Self {
        Self { volume, bytes: AtomicU64::new(bytes), week }
    }

    /// Begins a volume: its key first, then the volume, both durably and between the mark's coming and going.
    pub(super) fn begin(dir: &Path, number: u64, keys: &Keys, world: &World) -> Result<Self, OpenError> {
        let week = world.today().monday();
        beginning::mark(dir, number, keys)?;
        let key = keys.make(number, world)?;
        let (volume, content) = Volume::open(number, &path_of(dir, number), key, Purpose::Write)?;
        beginning::complete(dir, number)?;
        let _ = volume.blur_times(week);
        let _ = durable::blur_times(dir, week);
        // It can be there already when an earlier attempt met a full disk; then it is empty.
        Ok(Self::new(volume, content.bytes(number), week))
    }

    /// Whether tips of this week still go into it.
    pub(super) fn takes_more(&self, volume_bytes: u64, week: Date) -> bool {
        let bytes = self.bytes.load(Ordering::SeqCst);
        bytes == 0 || (bytes < volume_bytes && self.week == week)
    }

    fn holds_at_least(&self, bytes: u64) -> bool {
        self.bytes.load(Ordering::SeqCst) >= bytes
    }

    fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Closes it, for good; answers its week. `under_way` tells rows of uploads that go on from those that are over.
    pub(super) fn seal(self, dir: &Path, under_way: impl Fn(&Row) -> bool) -> Date {
        let path = path_of(dir, self.volume.number());
        let content = self.volume.content();
        self.volume.close(self.week);
        // The index saves time at a start and adds nothing: whatever hinders writing it, a start tries again.
        if let Ok(mut content) = content {
            content.rows.retain(under_way);
            let _ = index_file::write(&path, self.week, &content);
        }
        let _ = durable::blur_times(&path, self.week);
        self.week
    }
}
