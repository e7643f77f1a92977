//! The store's folder: one server at a time, a format that is known, and the folders inside it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::durable;

/// What the file `format` says, before a line feed.
pub const FORMAT: &str = "tipline-store 2";
pub(super) const FORMAT_FILE: &str = "format";
/// Stands in a folder while a restore is not finished.
pub(super) const RESTORING: &str = "restoring";

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another process holds the lock.
    #[error("another tipline-server is using the store {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// Written by a version that this one does not know.
    #[error("the store {} was written by another version of tipline-server (its file `format` should say `tipline-store 2`): use \
        that one, or another folder; nothing was changed", .0.display())]
    Format(PathBuf),
    /// Something is there already.
    #[error("the folder {} is not empty: a backup is restored into an empty or new folder only; nothing was changed", .0.display())]
    NotEmpty(PathBuf),
    /// A restore was interrupted.
    #[error("the store {} is not whole: a restore was interrupted; run the same `tipline-server restore` again", .0.display())]
    Unfinished(PathBuf),
    /// A volume's key is not where it should be.
    #[error("the key {} is missing, and without it a volume of tips cannot be read: insert the medium that holds the keys, \
        or restore this file from the backup of the keys; nothing was changed", .0.display())]
    KeyMissing(PathBuf),
    /// A volume's key file was changed.
    #[error("the key {} is damaged, and without it a volume of tips cannot be read: restore this file from the backup of \
        the keys; nothing was changed", .0.display())]
    KeyDamaged(PathBuf),
    /// The file system refused.
    #[error("the store {} cannot be used: {fault}; check that it exists and belongs to this user", path.display())]
    Io {
        /// The store.
        path: PathBuf,
        /// What the system said.
        fault: io::Error,
    },
}

/// The store's folder, locked until this is dropped.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    /// Held, never read: the lock lives as long as the open file.
    _lock: File,
}

impl Home {
    /// Opens or creates the folder and locks it.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let fails = |fault| HomeError::Io { path: path.to_owned(), fault };
        durable::create_dir(path).map_err(fails)?;
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("lock"))
            .map_err(fails)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(HomeError::InUse(path.to_owned())),
            Err(fault) => return Err(fails(fault.into())),
        }
        let home = Self { path: path.to_owned(), _lock: lock };
        home.check_format()?;
        for dir in [home.volumes(), home.documents()] {
            durable::create_dir(&dir).map_err(fails)?;
        }
        Ok(home)
    }

    fn check_format(&self) -> Result<(), HomeError> {
        let fails = |fault| HomeError::Io { path: self.path.clone(), fault };
        match fs::read(self.path.join(FORMAT_FILE)) {
            Ok(found) if found == format!("{FORMAT}\n").as_bytes() => Ok(()),
            Ok(_) => Err(HomeError::Format(self.path.clone())),
            Err(_) if self.path.join(RESTORING).exists() => Err(HomeError::Unfinished(self.path.clone())),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                durable::replace_file(&self.path, FORMAT_FILE, format!("{FORMAT}\n").as_bytes())
                    .map_err(fails)
            }
            Err(fault) => Err(fails(fault)),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the volumes are.
    #[must_use]
    pub fn volumes(&self) -> PathBuf {
        self.path.join("volumes")
    }

    /// Where the volumes' keys are, unless the settings name another folder.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// Where published documents are.
    #[must_use]
    pub fn documents(&self) -> PathBuf {
        self.path.join("documents")
    }
}
