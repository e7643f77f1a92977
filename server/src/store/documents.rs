//! Documents on the disk: one small file each, replaced as a whole.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::guards::broken;
use super::{Document, Home, StoreError, durable};
use crate::world::World;

/// The folder of documents.
#[derive(Debug)]
pub(super) struct Documents {
    dir: PathBuf,
    world: World,
}

impl Documents {
    pub(super) fn of(home: &Home, world: World) -> Self {
        Self { dir: home.documents(), world }
    }

    pub(super) fn read(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.dir.join(document.name())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(broken(&fault)),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Document>, StoreError> {
        let entries: Result<Vec<_>, _> =
            fs::read_dir(&self.dir).and_then(|entries| entries.collect()).map_err(|fault| broken(&fault));
        let named = |entry: &fs::DirEntry| Document::of_name(entry.file_name().to_str()?);
        let mut found: Vec<Document> = entries?.iter().filter_map(named).collect();
        found.sort_unstable();
        Ok(found)
    }

    pub(super) fn replace(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        durable::replace_file(&self.dir, &document.name(), bytes).map_err(|fault| match fault.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => broken(&fault),
        })?;
        self.blur();
        Ok(())
    }

    pub(super) fn remove(&self, document: &Document) -> Result<(), StoreError> {
        match fs::remove_file(self.dir.join(document.name())) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(broken(&fault)),
            _ => {}
        }
        durable::sync_dir(&self.dir).map_err(|fault| broken(&fault))?;
        self.blur();
        Ok(())
    }

    /// A document's file, open for reading: replaced as a whole, so that this one never changes.
    pub(super) fn open(&self, document: &Document) -> Result<Option<File>, StoreError> {
        durable::open_if_there(&self.dir.join(document.name())).map_err(|fault| broken(&fault))
    }

    /// When it was published is nobody's business; what is kept is durable without it.
    fn blur(&self) {
        let _ = durable::blur_times(&self.dir, self.world.today());
    }
}
