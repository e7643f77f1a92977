//! Guards against known faults of sled 0.34.7 that need no open volume: what lies in its folder, and what its errors mean.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::StoreError;
use super::key::KeyFault;

/// Why a volume does not open.
#[derive(Debug)]
pub(super) enum OpenError {
    /// Its content is damaged: set it aside and begin another.
    Corrupt,
    /// The disk is full.
    Full,
    /// Somebody has it open.
    Locked,
    /// Its key can't be had.
    Key(KeyFault),
    /// The file system refused.
    Io(String),
}

impl From<io::Error> for OpenError {
    fn from(fault: io::Error) -> Self {
        if is_full(&fault) { Self::Full } else { Self::Io(fault.to_string()) }
    }
}

impl From<KeyFault> for OpenError {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Io(fault) => fault.into(),
            other => Self::Key(other),
        }
    }
}

impl From<sled::Error> for OpenError {
    fn from(fault: sled::Error) -> Self {
        match fault {
            // sled reports a truncated or unreadable log as an I/O error of these kinds.
            sled::Error::Io(fault)
                if matches!(fault.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
            {
                Self::Corrupt
            }
            // sled says it in words only.
            sled::Error::Io(fault) if fault.to_string().starts_with("could not acquire lock") => Self::Locked,
            sled::Error::Io(fault) => fault.into(),
            _ => Self::Corrupt,
        }
    }
}

/// Of a volume that is opened or begun while the store is in use.
impl From<OpenError> for StoreError {
    fn from(fault: OpenError) -> Self {
        match fault {
            OpenError::Full => Self::Full,
            OpenError::Corrupt => Self::Damaged,
            OpenError::Key(fault) => Self::Broken(fault.to_string()),
            OpenError::Locked => Self::Broken(LOCKED.into()),
            OpenError::Io(what) => Self::Broken(what),
        }
    }
}

/// What is said of a volume that somebody has open.
pub(super) const LOCKED: &str = "another process has a volume open";

/// Fault: for a moment after a program was started by this process, that program holds copies of all our open files, and
/// their locks with them; sled tries once. Guard: try again, at most five seconds.
pub(super) fn until_unlocked<T>(open: impl Fn() -> Result<T, OpenError>) -> Result<T, OpenError> {
    for _ in 0..1_000 {
        match open() {
            Err(OpenError::Locked) => std::thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
    Err(OpenError::Locked)
}

/// Runs one of sled's operations on a volume that is being opened; a panic is damage.
pub(super) fn caught<T>(operation: impl FnOnce() -> sled::Result<T>) -> Result<T, OpenError> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(result) => Ok(result?),
        Err(_) => Err(OpenError::Corrupt),
    }
}

/// Runs one of sled's operations: its errors and its panics become ours, without any value in them.
pub(super) fn guarded<T>(operation: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(fault))) => Err(broken(&fault)),
        Ok(Err(_)) => Err(StoreError::Broken("the database is damaged".into())),
        Err(_) => Err(StoreError::Broken("the database panicked".into())),
    }
}

/// A fault of the disk, without a path or a value in it.
pub(super) fn broken(fault: &io::Error) -> StoreError {
    StoreError::Broken(fault.kind().to_string())
}

fn is_full(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Fault: after a database is dropped, sled's threads still hold its file for some milliseconds, and it can't be opened
/// meanwhile. Guard: wait for its lock, at most five seconds; sled itself then says that it is locked.
pub(super) fn wait_until_closed(dir: &Path) {
    for _ in 0..1_000 {
        let Ok(file) = File::open(dir.join("db")) else { return };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(5)),
            _ => return,
        }
    }
}

/// Fault: a crash while a snapshot is written leaves `snap.*.generating`, and sled refuses to open. Guard: it goes.
pub(super) fn remove_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    for path in snapshots(dir)? {
        if path.extension().is_some_and(|end| end == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Renames every snapshot so that sled does not see it; `false` when there was none.
pub(super) fn set_snapshots_aside(dir: &Path) -> io::Result<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_open_elsewhere_is_waited_for() {
        let dir = std::env::temp_dir().join(format!("tipline-locked-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let open = || caught(|| sled::Config::new().path(&dir).open());
        let first = open().unwrap();
        assert!(matches!(open(), Err(OpenError::Locked)));
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                drop(first);
            });
            until_unlocked(open).unwrap();
        });
        fs::remove_dir_all(&dir).unwrap();
    }
}
