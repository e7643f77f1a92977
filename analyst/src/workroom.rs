//! Where something is made before it is shown: a locked hidden folder, whose drafts are renamed into place when whole.
//!
//! A kill at any moment leaves at most the hidden folder, which the next run of the same command empties; a finished
//! name is either absent or complete. Folders have mode 0700, files 0600, and no name is ever opened through a link.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, Mode, OFlags};

/// A hidden folder that this process alone works in.
pub struct Workroom {
    path: PathBuf,
    lock: OwnedFd,
    drafts: AtomicU64,
}

impl Workroom {
    /// Takes the folder at `path` for this process and throws away what a killed run left in it.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when another process works there; else what the system says.
    pub fn enter(path: PathBuf) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        let lock = open_folder(&path)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        let room = Self { path, lock, drafts: AtomicU64::new(0) };
        // Between opening and locking, the process that held it may have ended and removed it.
        let (held, named) = (rustix::fs::fstat(&room.lock)?, fs::symlink_metadata(&room.path)?);
        if (held.st_dev, held.st_ino) != (named.dev(), named.ino()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        for left_over in fs::read_dir(&room.path)? {
            remove(&left_over?.path())?;
        }
        Ok(room)
    }

    /// A new empty folder in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn draft(&self) -> io::Result<Draft> {
        let name = self.drafts.fetch_add(1, Ordering::Relaxed).to_string();
        let path = self.path.join(name);
        make_folder(&path)?;
        Ok(Draft { folder: open_folder(&path)?, path, kept: false })
    }

    /// Writes everything that was written in this room's file system to the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.lock)?)
    }
}

impl Drop for Workroom {
    fn drop(&mut self) {
        // What can't be removed now, the next run removes.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A folder that is being filled; removed with its content unless it is published.
pub struct Draft {
    path: PathBuf,
    folder: OwnedFd,
    kept: bool,
}

impl Draft {
    /// Makes a new file in it. `name` is one of our own plain names, below a folder made with [`Draft::subfolder`] or none.
    ///
    /// # Errors
    /// It exists already, or what the system says.
    pub fn file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::WRONLY;
        Ok(rustix::fs::openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Makes a new file with this content, on the disk when this returns.
    ///
    /// # Errors
    /// As [`Draft::file`].
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut file = self.file(name)?;
        io::Write::write_all(&mut file, content)?;
        file.sync_all()
    }

    /// Makes a folder in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn subfolder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.folder, name, Mode::RWXU)?)
    }

    /// Renames a file in it; both are our own plain names.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.folder, from, &self.folder, to)?)
    }

    /// Moves a file out of it to `target`, in one step; a file or link that stands there is replaced. Both are in one file
    /// system. The caller makes the name durable.
    ///
    /// # Errors
    /// What the system says.
    pub fn release(&self, name: &str, target: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.folder, name, rustix::fs::CWD, target)?)
    }

    /// Gives the draft its lasting name, in one step. Overwrites nothing: only an empty folder may stand there.
    /// The caller makes content ([`Workroom::sync`]) and name ([`sync_folder`]) durable.
    ///
    /// # Errors
    /// [`io::ErrorKind::DirectoryNotEmpty`] and its like when something is there.
    pub fn publish(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Makes a folder that only its owner can enter, if it is not there.
///
/// # Errors
/// What the system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(path)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_draft_is_nowhere_until_it_is_whole_and_private_then() {
        let scratch = Scratch::new("draft");
        let target = scratch.path().join("done");
        let room = Workroom::enter(scratch.path().join(".room")).unwrap();
        let draft = room.draft().unwrap();
        draft.subfolder("files").unwrap();
        draft.write("files/001.jpg", b"x").unwrap();
        assert!(draft.write("files/001.jpg", b"y").is_err(), "nothing is overwritten");
        assert!(!target.exists());
        draft.publish(&target).unwrap();
        let mode = |path: &str| fs::metadata(target.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(""), mode("files"), mode("files/001.jpg")), (0o700, 0o700, 0o600));
        drop(room);
        assert!(!scratch.path().join(".room").exists());
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let scratch = Scratch::new("there");
        let room = Workroom::enter(scratch.path().join(".room")).unwrap();
        let target = scratch.path().join("target");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("mine"), b"mine").unwrap();
        let elsewhere = scratch.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let link = scratch.path().join("link");
        symlink(&elsewhere, &link).unwrap();
        for taken in [&target, &link, &target.join("mine")] {
            assert!(room.draft().unwrap().publish(taken).is_err(), "{}", taken.display());
        }
        assert_eq!(fs::read(target.join("mine")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(scratch.path().join(".room")).unwrap().count(), 0, "refused drafts are gone");
    }

    #[test]
    fn one_process_at_a_time_and_left_overs_go() {
        let scratch = Scratch::new("lock");
        let path = scratch.path().join(".room");
        let room = Workroom::enter(path.clone()).unwrap();
        assert_eq!(Workroom::enter(path.clone()).err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(room);
        fs::create_dir_all(path.join("0/files")).unwrap();
        fs::write(path.join("0/tip.json"), b"half").unwrap();
        symlink("/", path.join("link")).unwrap();
        let room = Workroom::enter(path.clone()).unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        drop(room);
        symlink(scratch.path(), &path).unwrap();
        assert!(Workroom::enter(path).is_err(), "a link is no room");
    }
}
