//! Space kept aside so that the store can open on a full disk: sled writes when it opens, and cannot without room.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

use super::{durable, space};

const NAME: &str = "ballast";
const MIB: u64 = 1 << 20;

/// The ballast file of one store.
#[derive(Debug, Clone)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    pub(super) fn new(store: &Path, mib: u64) -> Self {
        Self { path: store.join(NAME), bytes: mib.saturating_mul(MIB) }
    }

    /// Gives the space back; `false` when there was none to give.
    pub(super) fn release(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }

    /// Bytes that it should hold and does not.
    pub(super) fn owed(&self) -> u64 {
        self.bytes.saturating_sub(fs::metadata(&self.path).map_or(0, |meta| meta.len()))
    }

    /// Takes the space again, if the disk has at least twice as much.
    pub(super) fn restore(&self) -> io::Result<()> {
        let there = fs::metadata(&self.path).map_or(0, |meta| meta.len());
        let dir = self.path.parent().unwrap_or(Path::new("."));
        if there == self.bytes || space::free(dir)? < self.bytes.saturating_mul(2) {
            return Ok(());
        }
        let _ = fs::remove_file(&self.path);
        if self.bytes == 0 {
            return Ok(());
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&self.path)?;
        // Blocks are really taken: a sparse file would keep nothing.
        rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, self.bytes)?;
        file.sync_all()?;
        durable::sync_dir(dir)
    }
}
