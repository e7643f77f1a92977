//! A volume: one sled database of sealed tips, opened and written only behind the guards that its known faults need.
//!
//! Each guard names the fault of sled 0.34.7 that it stands against; each was measured.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use super::record::{self, LONGEST_PART, PART_KEY, Prepared};
use super::{CHUNK, StoreError, TipRecord, durable};
use crate::journal::{self, Entry};

/// Bytes of one of sled's segments.
const SEGMENT: usize = 2 << 20;
/// Bytes that sled keeps of its pages in memory, by its own count; it keeps more, so memory is bounded by small volumes
/// only. With too few it reads leaves back for each insert: 8 instead of 64 MiB took in 733 instead of 945 tips/s.
const CACHE: u64 = 32 << 20;
/// The same for a sealed volume: a few leaves of 17 chunks.
const CACHE_TO_READ: u64 = 2 << 20;
/// A leaf splits once it has more than sixteen items.
const LEAF_ITEMS: usize = 17;
/// Bytes that sled adds to an item, generously.
const ITEM_OVERHEAD: usize = 128;

// Fault: a leaf larger than a quarter of a segment goes to a file in `blobs/`, which sled never syncs. A leaf splits by
// count, not by bytes. Guard: leaves of ours can't become that large.
const _: () = assert!(LEAF_ITEMS * (LONGEST_PART + PART_KEY + ITEM_OVERHEAD) < SEGMENT / 4);
const _: () = assert!(LONGEST_PART == 32 + CHUNK);

/// Why a volume does not open.
#[derive(Debug)]
pub(super) enum OpenError {
    /// Its content is damaged: set it aside and begin another.
    Corrupt,
    /// The disk is full.
    Full,
    /// The file system refused.
    Io(String),
}

/// What a volume is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Tips are added.
    Write,
    /// It is sealed.
    Read,
}

/// One open database.
#[derive(Debug)]
pub(super) struct Volume {
    dir: PathBuf,
    db: sled::Db,
    parts: sled::Tree,
    tips: sled::Tree,
    /// The database file, opened a second time for `fdatasync`.
    file: File,
}

impl Volume {
    /// Opens the database in `dir`, or creates it; afterwards it is durable as it stands. With it come all its records.
    pub(super) fn open(dir: &Path, purpose: Purpose) -> Result<(Self, Vec<TipRecord>), OpenError> {
        durable::create_dir(dir).map_err(io_error)?;
        wait_until_closed(dir);
        remove_unfinished_snapshots(dir).map_err(io_error)?;
        let (volume, records) = match Self::attempt(dir, purpose) {
            // Fault: a damaged snapshot stops sled from opening, although the log alone suffices. Guard: set it aside, once.
            Err(OpenError::Corrupt) if set_snapshots_aside(dir).map_err(io_error)? => {
                journal::write(&Entry::SnapshotSetAside);
                Self::attempt(dir, purpose)?
            }
            other => other?,
        };
        // Fault: creation is not synced. Guard: files, folder and parent folder are, before the first tip.
        volume.sync_whole().map_err(io_error)?;
        Ok((volume, records))
    }

    fn attempt(dir: &Path, purpose: Purpose) -> Result<(Self, Vec<TipRecord>), OpenError> {
        let cache = if purpose == Purpose::Write { CACHE } else { CACHE_TO_READ };
        // Fault: damage can panic inside the crate. Guard: opening, and a look at every record, behind catch_unwind.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let config = sled::Config::new()
                .path(dir)
                .segment_size(SEGMENT)
                .cache_capacity(cache)
                .flush_every_ms(None); // the committer flushes
            let db = config.open()?;
            let (parts, tips) = (db.open_tree("parts")?, db.open_tree("tips")?);
            let items: Vec<_> = tips.iter().collect::<Result<_, _>>()?;
            Ok((db, parts, tips, items))
        }));
        let (db, parts, tips, items) = match opened {
            Ok(result) => result.map_err(|fault| open_error(&fault))?,
            Err(_) => return Err(OpenError::Corrupt),
        };
        let records = items.iter().map(|(key, value)| record::read_tip(key, value)).collect::<Result<_, _>>();
        let records = records.map_err(|_| OpenError::Corrupt)?;
        let file = File::open(dir.join("db")).map_err(io_error)?;
        Ok((Self { dir: dir.to_owned(), db, parts, tips, file }, records))
    }

    fn sync_whole(&self) -> io::Result<()> {
        self.db.flush().map_err(io::Error::other)?;
        durable::sync_all_in(&self.dir)?;
        self.dir.parent().map_or(Ok(()), durable::sync_dir)
    }

    /// Closes it and sets its files' times to the week.
    pub(super) fn close(self, week: Date) {
        let dir = self.dir.clone();
        drop(self);
        wait_until_closed(&dir);
        // What it holds is durable: a file time that can't be set changes nothing.
        let _ = durable::blur_times(&dir, week);
    }

    /// Keeps these tips; durable when it returns `Ok`. After an error nothing is known of what the disk holds: the
    /// volume must not be written again.
    pub(super) fn commit(&self, tips: &[Prepared]) -> Result<(), StoreError> {
        guarded(|| {
            let (mut parts, mut records) = (sled::Batch::default(), sled::Batch::default());
            for tip in tips {
                for (number, value) in (0..).zip(&tip.parts) {
                    let key: &[u8] = &record::part_key(&tip.record.id, number);
                    parts.insert(key, value);
                }
                records.insert(tip.record.id.as_bytes(), &record::tip_value(&tip.record));
            }
            // Chunks go first in the log: a record that a crash left behind always has its chunks.
            self.parts.apply_batch(parts)?;
            self.tips.apply_batch(records)?;
            self.db.flush()
        })?;
        // Fault: `flush` only calls `sync_file_range`, which a power cut does not respect. Guard: fdatasync.
        self.file.sync_data().map_err(|fault| broken(&fault))?;
        self.refuse_blobs()
    }

    /// Fault: whatever lies in `blobs/` is not durable. Guard: nothing is acknowledged while something is there.
    fn refuse_blobs(&self) -> Result<(), StoreError> {
        let mut blobs = fs::read_dir(self.dir.join("blobs")).map_err(|fault| broken(&fault))?;
        match blobs.next() {
            None => Ok(()),
            Some(_) => Err(StoreError::Broken("sled wrote outside its log".into())),
        }
    }

    /// Sets the times of all its files back to the week's start.
    pub(super) fn blur_times(&self, today: Date) -> io::Result<()> {
        durable::blur_times(&self.dir, today)
    }

    /// One chunk of a tip, its digest checked; `None` when it is not here.
    pub(super) fn read(&self, id: &TipId, chunk: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let value = guarded(|| self.parts.get(record::part_key(id, chunk)))?;
        value.map(|value| record::read_part(&value).map(<[u8]>::to_vec)).transpose()
    }
}

/// Runs one of sled's operations: its errors and its panics become ours, without any value in them.
fn guarded<T>(operation: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(fault))) => Err(broken(&fault)),
        Ok(Err(_)) => Err(StoreError::Broken("the database is damaged".into())),
        Err(_) => Err(StoreError::Broken("the database panicked".into())),
    }
}

/// Fault: after a database is dropped, sled's threads still hold its file for some milliseconds, and it can't be opened
/// meanwhile. Guard: wait for its lock, at most five seconds; sled itself then says that it is locked.
fn wait_until_closed(dir: &Path) {
    for _ in 0..1_000 {
        let Ok(file) = File::open(dir.join("db")) else { return };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(5)),
            _ => return,
        }
    }
}

/// Fault: a crash while a snapshot is written leaves `snap.*.generating`, and sled refuses to open. Guard: it goes.
fn remove_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    for path in snapshots(dir)? {
        if path.extension().is_some_and(|end| end == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Renames every snapshot so that sled does not see it; `false` when there was none.
fn set_snapshots_aside(dir: &Path) -> io::Result<bool> {
    let found = snapshots(dir)?;
    for path in &found {
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            fs::rename(path, dir.join(format!("aside.{name}")))?;
        }
    }
    Ok(!found.is_empty())
}

fn snapshots(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: Vec<fs::DirEntry> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    let is_snapshot = |e: &fs::DirEntry| e.file_name().to_string_lossy().starts_with("snap.");
    Ok(entries.iter().filter(|e| is_snapshot(e)).map(fs::DirEntry::path).collect())
}

fn is_full(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn io_error(fault: io::Error) -> OpenError {
    if is_full(&fault) { OpenError::Full } else { OpenError::Io(fault.to_string()) }
}

fn open_error(fault: &sled::Error) -> OpenError {
    match fault {
        sled::Error::Io(fault) if is_full(fault) => OpenError::Full,
        // sled reports a truncated or unreadable log as an I/O error of these kinds.
        sled::Error::Io(fault)
            if matches!(fault.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
        {
            OpenError::Corrupt
        }
        sled::Error::Io(fault) => OpenError::Io(fault.kind().to_string()),
        _ => OpenError::Corrupt,
    }
}

fn broken(fault: &io::Error) -> StoreError {
    StoreError::Broken(fault.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::SealedTip;
    use super::*;

    #[test]
    fn a_changed_or_missing_chunk_is_noticed_and_a_blob_stops_everything() {
        let dir = std::env::temp_dir().join(format!("tipline-volume-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let (volume, _) = Volume::open(&dir, Purpose::Write).unwrap();
        let bytes = vec![5; CHUNK * 2];
        let tip =
            SealedTip { id: TipId::of_one_request(&bytes), epoch: Date::parse("2026-11-23").unwrap(), bytes };
        let tip = Prepared::new(&tip).unwrap();
        volume.commit(std::slice::from_ref(&tip)).unwrap();
        let id = tip.record.id;
        assert_eq!(volume.read(&id, 1), Ok(Some(vec![5; CHUNK])));
        let key = record::part_key(&id, 1);
        let mut value = volume.parts.get(key).unwrap().unwrap().to_vec();
        value[100] ^= 1;
        volume.parts.insert(key, value).unwrap();
        assert_eq!(volume.read(&id, 1), Err(StoreError::Damaged));
        volume.parts.remove(key).unwrap();
        assert_eq!(volume.read(&id, 1), Ok(None));
        fs::write(dir.join("blobs/1"), b"x").unwrap();
        assert!(matches!(volume.commit(&[tip]), Err(StoreError::Broken(_))));
        drop(volume);
        fs::remove_dir_all(&dir).unwrap();
    }
}
