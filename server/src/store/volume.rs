//! A volume: one sled database of sealed tips, opened and written only behind the guards that its known faults need.
//!
//! Each guard names the fault of sled 0.34.7 that it stands against; each was measured.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::UploadKey;

use super::buckets::{Buckets, SEGMENT, bucket_of};
use super::catalog::{Content, RECORD};
use super::guards::{self, OpenError, broken, caught, guarded};
use super::key::{VolumeKey, WRAPPING};
use super::layout::first_chunk;
use super::record::{self, CHUNK_KEY, Kept, LONGEST_TIP, ROW_KEY, Row, Stem};
use super::{CHUNK, StoreError, durable};
use crate::journal::{self, Entry};
use crate::world::World;

/// Bytes that sled keeps of its pages in memory, by its own count; it keeps more, so memory is bounded by small volumes
/// only.
const CACHE: u64 = 16 << 20;
/// The same for a sealed volume: a few buckets.
const CACHE_TO_READ: u64 = 4 << 20;
/// A leaf splits once it has more than sixteen items.
const LEAF_ITEMS: usize = 17;
/// Bytes that sled adds to an item, generously.
const ITEM_OVERHEAD: usize = 128;

// Fault: a leaf larger than a quarter of a segment goes to a file in `blobs/`, which sled never syncs. A leaf splits by
// count, not by bytes. Guard: leaves of records can't become that large, and buckets are closed before they do.
const _: () = assert!(LEAF_ITEMS * (LONGEST_TIP + 32 + ITEM_OVERHEAD) < SEGMENT / 4);

/// What a volume is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is begun or written on.
    Write,
    /// It is sealed.
    Read,
}

/// One open database.
#[derive(Debug)]
pub(super) struct Volume {
    number: u64,
    dir: PathBuf,
    key: VolumeKey,
    db: sled::Db,
    buckets: Mutex<Buckets>,
    tips: sled::Tree,
    uploads: sled::Tree,
    /// The database file, opened a second time for `fdatasync`.
    file: File,
}

/// What one commit writes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    chunks: Vec<Chunk>,
    tips: Vec<(TipId, Vec<u8>)>,
    rows: Vec<([u8; ROW_KEY], Option<Vec<u8>>)>,
    bytes: u64,
    /// The chunk that was wrapped last.
    scratch: Vec<u8>,
}

/// A chunk that is wrapped for one volume, and its bucket there.
#[derive(Debug)]
struct Chunk {
    bucket: u32,
    key: [u8; CHUNK_KEY],
    wrapped: sled::IVec,
}

impl Volume {
    /// Opens volume `number` in `dir`; for writing it is created if need be. Afterwards it is durable as it stands. With it
    /// comes all it holds.
    pub(super) fn open(
        number: u64,
        dir: &Path,
        key: VolumeKey,
        purpose: Purpose,
    ) -> Result<(Self, Content), OpenError> {
        if purpose == Purpose::Write {
            durable::make_dir(dir)?;
        }
        guards::wait_until_closed(dir);
        guards::remove_unfinished_snapshots(dir)?;
        let open = || guards::until_unlocked(|| open_database(dir, purpose));
        let db = match open() {
            // Fault: a damaged snapshot stops sled from opening, although the log alone suffices. Guard: set it aside, once.
            Err(OpenError::Corrupt) if guards::set_snapshots_aside(dir)? => {
                journal::write(&Entry::SnapshotSetAside);
                open()?
            }
            other => other?,
        };
        let Database { db, buckets, tips, uploads } = db;
        let file = File::open(dir.join("db"))?;
        let buckets = Mutex::new(buckets);
        let volume = Self { number, dir: dir.to_owned(), key, db, buckets, tips, uploads, file };
        // Fault: creation is not synced. Guard: files, folder and parent folder are, before the first tip.
        volume.sync_whole()?;
        let content = volume.content()?;
        Ok((volume, content))
    }

    fn sync_whole(&self) -> io::Result<()> {
        self.db.flush().map_err(io::Error::other)?;
        durable::sync_all_in(&self.dir)?;
        self.dir.parent().map_or(Ok(()), durable::sync_dir)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Every record and every row.
    pub(super) fn content(&self) -> Result<Content, OpenError> {
        // Fault: damage can panic inside the crate. Guard: a look at all of it, behind catch_unwind.
        let items = |tree: &sled::Tree| caught(|| tree.iter().collect::<sled::Result<Vec<_>>>());
        let (tips, rows) = (items(&self.tips)?, items(&self.uploads)?);
        let tips = tips.iter().map(|(key, value)| record::read_tip(self.number, key, value));
        let rows = rows.iter().map(|(key, value)| record::read_row(key, value));
        let tips: Result<_, StoreError> = tips.collect();
        let rows: Result<_, StoreError> = rows.collect();
        match (tips, rows) {
            (Ok(tips), Ok(rows)) => Ok(Content { tips, rows }),
            _ => Err(OpenError::Corrupt),
        }
    }

    /// Closes it and sets its files' times to the week.
    pub(super) fn close(self, week: Date) {
        let dir = self.dir.clone();
        // Fault: sled syncs once more when it is dropped, and panics if that fails. Guard: caught; all that was acknowledged
        // had been synced before.
        let _ = caught(|| {
            drop(self);
            Ok(())
        });
        guards::wait_until_closed(&dir);
        // What it holds is durable: a file time that can't be set changes nothing.
        let _ = durable::blur_times(&dir, week);
    }

    /// Makes changes; durable when it returns `Ok`. After an error nothing is known of what the disk holds: the volume must
    /// not be written again.
    pub(super) fn commit(&self, changes: Changes, today: Date) -> Result<(), StoreError> {
        guarded(|| {
            // In the order of what needs what: sled's log ends somewhere after a crash, and what is in it then has all that
            // it names.
            let mut buckets = self.buckets();
            for chunk in changes.chunks {
                buckets.tree(&self.db, chunk.bucket)?.insert(chunk.key, chunk.wrapped)?;
            }
            drop(buckets);
            for (id, value) in changes.tips {
                self.tips.insert(id.as_bytes(), value)?;
            }
            for (key, value) in changes.rows {
                match value {
                    Some(value) => self.uploads.insert(key, value)?,
                    None => self.uploads.remove(key)?,
                };
            }
            self.db.flush()
        })?;
        // Before the sync, so that the disk never has a finer time; it changes nothing of what is kept.
        let _ = durable::blur(&self.file, today);
        // Fault: `flush` only calls `sync_file_range`, which a power cut does not respect. Guard: fdatasync.
        self.file.sync_data().map_err(|fault| broken(&fault))?;
        self.refuse_blobs(today)
    }

    /// Fault: whatever lies in `blobs/` is not durable. Guard: nothing is acknowledged while something is there. A file in
    /// it would have changed the folder's time, which is ours; looking into it would as well.
    fn refuse_blobs(&self, today: Date) -> Result<(), StoreError> {
        let dir = self.dir.join("blobs");
        if durable::is_blurred(&dir, today) {
            return Ok(());
        }
        let mut blobs = fs::read_dir(&dir).map_err(|fault| broken(&fault))?;
        if blobs.next().is_some() {
            return Err(StoreError::Broken("sled wrote outside its log".into()));
        }
        File::open(&dir).and_then(|dir| durable::blur(&dir, today)).map_err(|fault| broken(&fault))
    }

    /// Sets the times of all its files back to the week's start.
    pub(super) fn blur_times(&self, today: Date) -> io::Result<()> {
        durable::blur_times(&self.dir, today)
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wraps the chunks of a part for this volume and chooses their buckets; answers the first of them.
    pub(super) fn wrap(
        &self,
        stem: &Stem,
        part: u32,
        bytes: &[u8],
        world: &World,
        changes: &mut Changes,
    ) -> Result<u32, StoreError> {
        let too_many = || StoreError::Broken("a volume has no more buckets".into());
        let count = u32::try_from(bytes.chunks(CHUNK).len()).map_err(|_| too_many())?;
        let longest = bytes.len().min(CHUNK).saturating_add(WRAPPING);
        let first = self.buckets().choose(count, longest).ok_or_else(too_many)?;
        let numbers = first_chunk(part).ok_or_else(too_many)?..;
        for ((within, number), chunk) in (0..).zip(numbers).zip(bytes.chunks(CHUNK)) {
            let key = record::chunk_key(stem, number);
            self.key.wrap(&key, chunk, world, &mut changes.scratch)?;
            let bucket = bucket_of(first, within).ok_or_else(too_many)?;
            let wrapped = changes.scratch.as_slice().into();
            changes.add_chunk(Chunk { bucket, key, wrapped });
        }
        Ok(first)
    }

    /// One chunk, found unchanged.
    pub(super) fn read(&self, bucket: u32, stem: &Stem, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let at = record::chunk_key(stem, chunk);
        let tree = self.buckets().find(bucket).ok_or(StoreError::Damaged)?;
        let value = guarded(|| tree.get(at))?.ok_or(StoreError::Damaged)?;
        self.key.unwrap(&at, &value)
    }
}

impl Changes {
    fn add_chunk(&mut self, chunk: Chunk) {
        let bytes = u64::try_from(chunk.wrapped.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        self.chunks.push(chunk);
    }

    pub(super) fn add_tip(&mut self, id: &TipId, kept: &Kept) {
        self.tips.push((*id, record::tip_value(kept)));
        self.bytes = self.bytes.saturating_add(RECORD);
    }

    pub(super) fn add_row(&mut self, row: &Row) {
        self.rows.push((record::row_key(&row.upload, row.part), Some(record::row_value(row))));
    }

    pub(super) fn remove_row(&mut self, upload: &UploadKey, part: u32) {
        self.rows.push((record::row_key(upload, part), None));
    }

    /// About how many bytes it adds.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

struct Database {
    db: sled::Db,
    buckets: Buckets,
    tips: sled::Tree,
    uploads: sled::Tree,
}

fn open_database(dir: &Path, purpose: Purpose) -> Result<Database, OpenError> {
    let cache = if purpose == Purpose::Write { CACHE } else { CACHE_TO_READ };
    // Fault: damage can panic inside the crate. Guard: opening behind catch_unwind.
    caught(|| {
        let config =
            sled::Config::new().path(dir).segment_size(SEGMENT).cache_capacity(cache).flush_every_ms(None); // the committer flushes
        let db = config.open()?;
        let (buckets, tips, uploads) = (Buckets::of(&db)?, db.open_tree("tips")?, db.open_tree("uploads")?);
        Ok(Database { db, buckets, tips, uploads })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::key::{Found, Keys};
    use super::*;

    #[test]
    fn a_changed_missing_or_misplaced_chunk_is_noticed_and_a_blob_stops_everything() {
        let dir = std::env::temp_dir().join(format!("tipline-volume-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        let today = Date::parse("2026-11-26").unwrap();
        let world = World::new(
            move || today,
            || Duration::ZERO,
            |bytes| {
                bytes.fill(7);
                Ok(())
            },
        );
        let keys = Keys::open(&dir.join("keys")).unwrap();
        keys.make(1, &world).unwrap();
        let Ok(Found::Key(key)) = keys.load(1) else { panic!() };
        let (volume, content) = Volume::open(1, &dir.join("1"), key, Purpose::Write).unwrap();
        assert_eq!(content, Content::default());
        let stem = [1; 32];
        let mut changes = Changes::default();
        let first = volume.wrap(&stem, 1, &[5; CHUNK * 2 + 1], &world, &mut changes).unwrap();
        assert_eq!((first, changes.bytes()), (1, 3 * 28 + 353_793));
        volume.commit(changes, today).unwrap();
        for (bucket, number, len) in [(1, 6, CHUNK), (1, 7, CHUNK), (2, 8, 1)] {
            assert_eq!(volume.read(bucket, &stem, number), Ok(vec![5; len]));
        }
        let (key, other) = (record::chunk_key(&stem, 7), record::chunk_key(&stem, 9));
        let bucket = volume.buckets().find(1).unwrap();
        let value = bucket.get(key).unwrap().unwrap();
        assert_ne!(value[12], 5, "it is wrapped");
        bucket.insert(other, &value).unwrap();
        assert_eq!(volume.read(1, &stem, 9), Err(StoreError::Damaged), "a chunk of another place");
        let mut changed = value.to_vec();
        changed[12] ^= 1;
        bucket.insert(key, changed).unwrap();
        for (bucket, number) in [(1, 7), (1, 8), (2, 6), (u32::MAX, 6)] {
            assert_eq!(volume.read(bucket, &stem, number), Err(StoreError::Damaged));
        }
        fs::write(dir.join("1/blobs/1"), b"x").unwrap();
        assert!(matches!(volume.commit(Changes::default(), today), Err(StoreError::Broken(_))));
        drop(volume);
        fs::remove_dir_all(&dir).unwrap();
    }
}
