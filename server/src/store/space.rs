//! Room on the disk: counted before a body is read, because sled must never meet a full disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Reservation, StoreError};

/// sled takes 1.6 to 1.9 bytes of disk for each byte that it is given (measured).
const AMPLIFICATION: u64 = 2;
/// Nothing is taken in above 98 % of the disk…
const KEPT_FREE_PERCENT: u64 = 2;
/// …or with less than four segments of 2 MiB free, on a disk so small that 2 % are less.
const KEPT_FREE: u64 = 8 << 20;

/// Bytes that this user may still write below `path`.
pub(super) fn free(path: &Path) -> io::Result<u64> {
    Ok(measure(path)?.0)
}

/// Free bytes and all bytes of the file system.
fn measure(path: &Path) -> io::Result<(u64, u64)> {
    let disk = rustix::fs::statvfs(path)?;
    Ok((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

/// Counts what has been promised to bodies on their way in.
#[derive(Debug, Clone)]
pub(super) struct Space {
    path: PathBuf,
    /// Bytes of a ballast that was given back: they are no room for tips, or the next start would fail.
    owed: u64,
    promised: Arc<AtomicU64>,
}

/// A promise; dropped when the tip is durable or given up.
#[derive(Debug)]
pub struct Room {
    bytes: u64,
    promised: Arc<AtomicU64>,
}

impl Reservation for Room {}

impl Space {
    pub(super) fn new(path: &Path, owed: u64) -> Self {
        Self { path: path.to_owned(), owed, promised: Arc::default() }
    }

    /// Promises room for `bytes` of a tip, or says that there is none.
    pub(super) fn reserve(&self, bytes: u64) -> Result<Room, StoreError> {
        let bytes = bytes.saturating_mul(AMPLIFICATION);
        let (free, all) =
            measure(&self.path).map_err(|fault| StoreError::Broken(fault.kind().to_string()))?;
        let kept = (all / 100).saturating_mul(KEPT_FREE_PERCENT).max(KEPT_FREE).saturating_add(self.owed);
        let before = self.promised.fetch_add(bytes, Ordering::SeqCst);
        let room = Room { bytes, promised: Arc::clone(&self.promised) };
        let needed = before.saturating_add(bytes).saturating_add(kept);
        if free >= needed { Ok(room) } else { Err(StoreError::Full) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.promised.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_given_back() {
        let space = Space::new(Path::new("/tmp"), 0);
        let room = space.reserve(1_000).unwrap();
        assert_eq!(space.promised.load(Ordering::SeqCst), 2_000);
        drop(room);
        assert_eq!(space.reserve(u64::MAX / 4).err(), Some(StoreError::Full));
        assert_eq!(space.promised.load(Ordering::SeqCst), 0);
    }
}
