//! A sealed tip on its way into a file: written beside its place, made durable, then moved there; never over another file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why it was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Something has that name.
    #[error("a file of that name is there already, and nothing is ever overwritten. Choose another name")]
    Exists,
    /// An earlier run was interrupted.
    #[error("an unfinished {} is there, of a run that was interrupted. Delete it and try again", .0.display())]
    Unfinished(PathBuf),
    /// The name is none.
    #[error("that is no name of a file")]
    Name,
    /// The disk refused.
    #[error("{0}. Is there space, and may you write there? Nothing was saved")]
    Disk(#[from] io::Error),
}

/// A file being written. Dropped before [`Saving::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Saving {
    file: File,
    unfinished: PathBuf,
    place: PathBuf,
    done: bool,
}

impl Saving {
    /// Begins beside `place`.
    ///
    /// # Errors
    /// See [`SaveError`].
    pub fn begin(place: &Path) -> Result<Self, SaveError> {
        if place.symlink_metadata().is_ok() {
            return Err(SaveError::Exists);
        }
        let mut name = place.file_name().ok_or(SaveError::Name)?.to_owned();
        name.push(".unfinished");
        let unfinished = place.with_file_name(name);
        let file = match OpenOptions::new().write(true).create_new(true).open(&unfinished) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(SaveError::Unfinished(unfinished));
            }
            file => file?,
        };
        Ok(Self { file, unfinished, place: place.to_owned(), done: false })
    }

    /// Appends.
    ///
    /// # Errors
    /// The disk refused.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SaveError> {
        Ok(self.file.write_all(bytes)?)
    }

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// See [`SaveError`].
    pub fn finish(mut self) -> Result<(), SaveError> {
        self.file.sync_all()?;
        // Claims the name: whoever made such a file meanwhile keeps theirs. Sticks have no hard links, so a rename follows.
        match OpenOptions::new().write(true).create_new(true).open(&self.place) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(SaveError::Exists),
            claimed => drop(claimed?),
        }
        if let Err(refused) = fs::rename(&self.unfinished, &self.place) {
            let _ = fs::remove_file(&self.place);
            return Err(refused.into());
        }
        self.done = true;
        sync_folder(&self.place)
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// Makes the name itself durable, where folders can be opened.
fn sync_folder(place: &Path) -> Result<(), SaveError> {
    let folder = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder) {
        Ok(folder) => Ok(folder.sync_all()?),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tipline-saved-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn a_finished_file_has_its_name_and_nothing_else_is_left() {
        let folder = folder("done");
        let mut saving = Saving::begin(&folder.join("tip.age")).unwrap();
        saving.write(b"sealed").unwrap();
        assert!(!folder.join("tip.age").exists());
        saving.finish().unwrap();
        assert_eq!(fs::read(folder.join("tip.age")).unwrap(), b"sealed");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_abandoned_file_leaves_nothing() {
        let folder = folder("dropped");
        let mut saving = Saving::begin(&folder.join("tip.age")).unwrap();
        saving.write(b"sealed").unwrap();
        drop(saving);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nothing_is_overwritten_even_if_it_appears_meanwhile() {
        let folder = folder("exists");
        let place = folder.join("tip.age");
        let mut saving = Saving::begin(&place).unwrap();
        assert!(matches!(Saving::begin(&place), Err(SaveError::Unfinished(_))));
        saving.write(b"sealed").unwrap();
        fs::write(&place, b"theirs").unwrap();
        assert!(matches!(saving.finish(), Err(SaveError::Exists)));
        assert!(matches!(Saving::begin(&place), Err(SaveError::Exists)));
        assert_eq!(fs::read(&place).unwrap(), b"theirs");
        assert!(matches!(Saving::begin(Path::new("/")), Err(SaveError::Exists)));
        assert!(matches!(Saving::begin(&folder.join("no/such/tip.age")), Err(SaveError::Disk(_))));
        fs::remove_dir_all(folder).unwrap();
    }
}
