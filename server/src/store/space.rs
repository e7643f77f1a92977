//! Room on the disk: counted before a body is read, because sled must never meet a full disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::guards::broken;
use super::{Reservation, Share, StoreError};

/// sled takes 1.6 to 1.9 bytes of disk for each byte that it is given (measured).
const AMPLIFICATION: u64 = 2;
/// Nothing is taken in with less than four segments of 2 MiB free, on a disk so small that its last percents are less.
const KEPT_FREE: u64 = 8 << 20;

/// Bytes that this user may still write below `path`.
pub(super) fn free(path: &Path) -> io::Result<u64> {
    Ok(Disk::measure(path)?.free)
}

/// A file system, as far as this user may fill it: what is kept for root counts on neither side.
#[derive(Debug, Clone, Copy)]
struct Disk {
    free: u64,
    used: u64,
}

impl Disk {
    fn measure(path: &Path) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Self { free: bytes(disk.f_bavail), used: bytes(disk.f_blocks.saturating_sub(disk.f_bfree)) })
    }

    fn percent(&self, percent: u8) -> u64 {
        (self.used.saturating_add(self.free) / 100).saturating_mul(percent.into())
    }

    /// How full it is, 0 to 100, rounded up.
    fn fullness(&self) -> u8 {
        (0..100).find(|percent| self.used <= self.percent(*percent)).unwrap_or(100)
    }
}

/// What tips may fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Percent of the disk above which no tip is taken in.
    pub(super) small_stop: u8,
    /// Percent of the disk that parts of uploads leave to tips in one request.
    pub(super) small_reserve: u8,
}

impl Shares {
    /// Percent of the disk that stay free.
    fn left_by(&self, share: Share) -> u8 {
        let above = 100_u8.saturating_sub(self.small_stop);
        match share {
            Share::Small => above,
            Share::Large => above.saturating_add(self.small_reserve),
        }
    }
}

/// Counts what has been promised to bodies on their way in.
#[derive(Debug, Clone)]
pub(super) struct Space {
    path: PathBuf,
    shares: Shares,
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
    pub(super) fn new(path: &Path, shares: Shares, owed: u64) -> Self {
        Self { path: path.to_owned(), shares, owed, promised: Arc::default() }
    }

    /// Promises room for `bytes` of a tip, or says that there is none.
    pub(super) fn reserve(&self, share: Share, bytes: u64) -> Result<Room, StoreError> {
        let bytes = bytes.saturating_mul(AMPLIFICATION);
        let disk = self.measure()?;
        let kept = disk.percent(self.shares.left_by(share)).max(KEPT_FREE).saturating_add(self.owed);
        let before = self.promised.fetch_add(bytes, Ordering::SeqCst);
        let room = Room { bytes, promised: Arc::clone(&self.promised) };
        let needed = before.saturating_add(bytes).saturating_add(kept);
        if disk.free >= needed { Ok(room) } else { Err(StoreError::Full) }
    }

    /// How full the disk is, in percent.
    pub(super) fn fullness(&self) -> Result<u8, StoreError> {
        Ok(self.measure()?.fullness())
    }

    fn measure(&self) -> Result<Disk, StoreError> {
        Disk::measure(&self.path).map_err(|fault| broken(&fault))
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

    fn space(small_reserve: u8) -> Space {
        Space::new(Path::new("/tmp"), Shares { small_stop: 98, small_reserve }, 0)
    }

    #[test]
    fn a_promise_is_given_back() {
        let space = space(10);
        let room = space.reserve(Share::Small, 1_000).unwrap();
        assert_eq!(space.promised.load(Ordering::SeqCst), 2_000);
        drop(room);
        assert_eq!(space.reserve(Share::Small, u64::MAX / 4).err(), Some(StoreError::Full));
        assert_eq!(space.promised.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn large_tips_leave_room_to_small_ones() {
        let space = space(98);
        space.reserve(Share::Small, 1_000).unwrap();
        assert_eq!(space.reserve(Share::Large, 1_000).err(), Some(StoreError::Full));
    }

    #[test]
    fn fullness_is_what_is_used_of_what_may_be_used() {
        for (free, used, percent) in
            [(100, 0, 0), (0, 0, 0), (99, 1, 1), (50, 50, 50), (1, 9_999, 100), (0, 100, 100)]
        {
            let disk = Disk { free: free << 20, used: used << 20 };
            assert_eq!(disk.fullness(), percent, "{disk:?}");
        }
    }
}
