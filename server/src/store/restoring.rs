//! A store that is put back from a backup: into an empty folder only, and no server takes it for one before it is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{Archived, SealedFile};
use super::home::{FORMAT, FORMAT_FILE, HomeError, RESTORING};
use super::{Document, durable};

/// What may be in an empty folder and is nobody's.
const NOBODYS: &str = "lost+found";
/// What a restore makes.
const MADE: [&str; 3] = ["volumes", "documents", "keys"];

/// A restore under way.
#[derive(Debug)]
pub struct Restoring {
    store: PathBuf,
    keys: PathBuf,
}

impl Restoring {
    /// Begins in an empty or new folder, or anew where an earlier restore was interrupted. A folder of `keys` that is not in
    /// the store may hold what an interrupted restore of the same keys put there, and nothing else.
    ///
    /// # Errors
    /// [`HomeError::NotEmpty`], or the file system refuses.
    pub fn begin(store: &Path, keys: Option<&Path>, volumes: &[u64]) -> Result<Self, HomeError> {
        let fails = |path: &Path, fault| HomeError::Io { path: path.to_owned(), fault };
        // Both are looked at before either is touched.
        let names = names_in(store).map_err(|fault| fails(store, fault))?;
        let interrupted = names.iter().any(|n| n == RESTORING) && !names.iter().any(|n| n == FORMAT_FILE);
        if !interrupted && names.iter().any(|name| name != NOBODYS) {
            return Err(HomeError::NotEmpty(store.to_owned()));
        }
        if let Some(keys) = keys {
            let ours = |name: &String| is_key(name.trim_end_matches(".new"), volumes) || name == NOBODYS;
            if !names_in(keys).map_err(|fault| fails(keys, fault))?.iter().all(ours) {
                return Err(HomeError::NotEmpty(keys.to_owned()));
            }
        }
        let restoring =
            Self { store: store.to_owned(), keys: keys.map_or_else(|| store.join("keys"), Path::to_owned) };
        restoring.clear().map_err(|fault| fails(store, fault))?;
        Ok(restoring)
    }

    /// Sets the marker first, then removes what an interrupted restore left.
    fn clear(&self) -> io::Result<()> {
        durable::create_dir(&self.store)?;
        durable::replace_file(&self.store, RESTORING, b"")?;
        for made in MADE {
            durable::remove_dir(&self.store.join(made))?;
        }
        durable::create_dir(&self.keys)
    }

    /// Puts a key in place, durably. One that is there already must be the same.
    ///
    /// # Errors
    /// Another key is there, or the file system refuses.
    pub fn put_key(&self, volume: u64, key: &[u8]) -> io::Result<()> {
        let name = volume.to_string();
        match fs::read(self.keys.join(&name)) {
            Ok(there) if there == key => Ok(()),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                durable::replace_file(&self.keys, &name, key)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Creates a file of a volume, for writing.
    ///
    /// # Errors
    /// It is there already, or the file system refuses.
    pub fn create_sealed(&self, volume: u64, file: SealedFile) -> io::Result<File> {
        self.create(&Archived::Sealed { volume, file }.name())
    }

    /// Creates a document's file, for writing.
    ///
    /// # Errors
    /// It is there already, or the file system refuses.
    pub fn create_document(&self, document: &Document) -> io::Result<File> {
        self.create(&Archived::Document(document.clone()).name())
    }

    fn create(&self, name: &str) -> io::Result<File> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut folder = self.store.clone();
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        for part in folders.split('/') {
            folder.push(part);
            durable::create_dir(&folder)?;
        }
        File::options().write(true).create_new(true).mode(0o600).open(folder.join(file))
    }

    /// Makes all durable; from now on a server can start on it.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn finish(self) -> io::Result<()> {
        let volumes = self.store.join("volumes");
        durable::create_dir(&volumes)?;
        for number in durable::numbers_in(&volumes)? {
            durable::sync_dir(&volumes.join(number.to_string()))?;
        }
        for made in MADE.map(|name| self.store.join(name)) {
            durable::create_dir(&made)?;
            durable::sync_dir(&made)?;
        }
        durable::replace_file(&self.store, FORMAT_FILE, format!("{FORMAT}\n").as_bytes())?;
        fs::remove_file(self.store.join(RESTORING))?;
        durable::sync_dir(&self.store)
    }
}

/// The names in a folder; none when it is not there.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(folder) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(fault) => Err(fault),
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect(),
    }
}

fn is_key(name: &str, volumes: &[u64]) -> bool {
    volumes.iter().any(|volume| volume.to_string() == name)
}

#[cfg(test)]
mod tests {
    use super::super::Home;
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tipline-restoring-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        path
    }

    #[test]
    fn nothing_is_ever_restored_over_a_store_or_over_anything_else() {
        let dir = folder("over");
        let store = dir.join("store");
        drop(Home::open(&store).unwrap());
        assert!(matches!(Restoring::begin(&store, None, &[1]), Err(HomeError::NotEmpty(_))));
        // Not even with a marker that somebody put there.
        fs::write(store.join(RESTORING), "").unwrap();
        assert!(matches!(Restoring::begin(&store, None, &[1]), Err(HomeError::NotEmpty(_))));
        assert!(matches!(Restoring::begin(&dir, None, &[1]), Err(HomeError::NotEmpty(_))));
        let (fresh, keys) = (dir.join("fresh"), dir.join("keys"));
        fs::create_dir(&keys).unwrap();
        fs::write(keys.join("2"), "another volume's").unwrap();
        assert!(
            matches!(Restoring::begin(&fresh, Some(&keys), &[1]), Err(HomeError::NotEmpty(p)) if p == keys)
        );
        assert!(!fresh.exists(), "nothing was touched");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn an_unfinished_restore_is_no_store_and_can_be_begun_anew() {
        let dir = folder("anew");
        let (store, keys) = (dir.join("store"), dir.join("keys"));
        let begun = Restoring::begin(&store, Some(&keys), &[1, 2]).unwrap();
        begun.put_key(1, b"key").unwrap();
        begun.create_sealed(1, SealedFile::Db).unwrap();
        begun.create_document(&Document::Board).unwrap();
        drop(begun);
        assert!(matches!(Home::open(&store), Err(HomeError::Unfinished(_))));
        let again = Restoring::begin(&store, Some(&keys), &[1, 2]).unwrap();
        again.put_key(1, b"key").unwrap();
        assert!(again.put_key(1, b"other").is_err(), "a key is never replaced");
        again.create_sealed(1, SealedFile::Db).unwrap();
        assert!(again.create_sealed(1, SealedFile::Db).is_err());
        again.finish().unwrap();
        drop(Home::open(&store).unwrap());
        assert_eq!(fs::read(keys.join("1")).unwrap(), b"key");
        assert!(matches!(Restoring::begin(&store, None, &[]), Err(HomeError::NotEmpty(_))));
        fs::remove_dir_all(dir).unwrap();
    }
}
