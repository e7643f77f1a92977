//! Documents on the disk: one small file each, replaced as a whole.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::{Document, Home, StoreError, durable};

/// The folder of documents.
#[derive(Debug)]
pub(super) struct Documents(PathBuf);

impl Documents {
    pub(super) fn of(home: &Home) -> Self {
        Self(home.documents())
    }

    pub(super) fn read(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.0.join(document.name())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(broken(&fault)),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Document>, StoreError> {
        let entries: Result<Vec<_>, _> =
            fs::read_dir(&self.0).and_then(|entries| entries.collect()).map_err(|fault| broken(&fault));
        let named = |entry: &fs::DirEntry| Document::of_name(entry.file_name().to_str()?);
        let mut found: Vec<Document> = entries?.iter().filter_map(named).collect();
        found.sort_unstable();
        Ok(found)
    }

    pub(super) fn replace(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        durable::replace_file(&self.0, &document.name(), bytes).map_err(|fault| match fault.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => broken(&fault),
        })
    }

    pub(super) fn remove(&self, document: &Document) -> Result<(), StoreError> {
        match fs::remove_file(self.0.join(document.name())) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(broken(&fault)),
            _ => {}
        }
        durable::sync_dir(&self.0).map_err(|fault| broken(&fault))
    }
}

fn broken(fault: &io::Error) -> StoreError {
    StoreError::Broken(fault.kind().to_string())
}
