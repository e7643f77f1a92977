//! `restore`: both files are read to the end and compared before anything is put in place; then they are read again.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::flags::RestoreOrder;
use super::half::{self, BackupFault, Content};
use super::{Half, MANIFEST, SUMS};
use crate::client::flags::Print;
use crate::error::Error;
use crate::store::{Archived, Restoring, SealedFile};
use crate::tar_file::{self, TarFault};
use crate::terminal::{Progress, Unit};

/// What was put in place.
#[derive(Debug)]
pub struct Restored {
    /// Of the backup.
    pub generation: String,
    /// Sealed volumes.
    pub volumes: usize,
    /// Documents and acknowledgements.
    pub documents: usize,
}

impl Restored {
    /// What was done.
    #[must_use]
    pub fn tell(&self, print: Print) -> String {
        let Self { generation, volumes, documents } = self;
        match print {
            Print::Json => {
                format!(
                    "{}\n",
                    json!({ "generation": generation, "volumes": volumes, "documents": documents })
                )
            }
            Print::Text => format!(
                "{volumes} volumes and {documents} documents are in place; now start the server, then \
                 `tipline-server doctor`\n"
            ),
        }
    }
}

/// One of the two files, found sound.
struct Sound {
    path: PathBuf,
    half: Half,
    content: Content,
}

/// Where files go.
struct Place {
    restoring: Restoring,
    volumes: Vec<u64>,
    progress: Progress,
}

/// Puts a backup in place.
///
/// # Errors
/// The files are not sound or not of one backup, or a folder is not empty: nothing was put in place. Or the disk refused:
/// the folder is no store yet, and the same command begins anew.
pub fn restore(order: &RestoreOrder) -> Result<Restored, Error> {
    let volumes = Sound::read(&order.volumes, Half::Volumes)?;
    let keys = Sound::read(&order.keys, Half::Keys)?;
    half::pair(&volumes.content, &keys.content).map_err(unsound(&keys.path))?;
    let numbers: Vec<u64> = volumes.content.volumes().collect();
    let restored = Restored {
        generation: volumes.content.manifest.generation.clone(),
        volumes: numbers.len(),
        documents: volumes.content.files.keys().filter(|a| matches!(a, Archived::Document(_))).count(),
    };
    let restoring = Restoring::begin(&order.store, order.keys_folder.as_deref(), &numbers)?;
    let progress = Progress::of(Unit::Volumes, u64::try_from(numbers.len()).unwrap_or(0), 0);
    let mut place = Place { restoring, volumes: numbers, progress };
    keys.put(&mut place)?;
    volumes.put(&mut place)?;
    place.restoring.finish().map_err(|fault| file("write", &order.store, fault))?;
    Ok(restored)
}

impl Sound {
    fn read(path: &Path, half: Half) -> Result<Self, Error> {
        let mut input = open(path)?;
        let content = half::check(&mut input, half).map_err(unsound(path))?;
        Ok(Self { path: path.to_owned(), half, content })
    }

    /// Puts every file in place; each must still be what was checked.
    fn put(&self, place: &mut Place) -> Result<(), Error> {
        self.put_from(&mut open(&self.path)?, place).map_err(unsound(&self.path))
    }

    fn put_from(&self, input: &mut impl Read, place: &mut Place) -> Result<(), BackupFault> {
        while let Some(header) = tar_file::header(input)? {
            if header.name == MANIFEST || header.name == SUMS {
                tar_file::digest_of(input, header.size)?;
                continue;
            }
            let archived = half::belongs(&header.name, header.size, self.half).ok_or(BackupFault::Entry)?;
            let digest = place.take(&archived, input, header.size)?;
            if self.content.files.get(&archived) != Some(&digest) {
                return Err(BackupFault::Digest);
            }
        }
        Ok(())
    }
}

impl Place {
    /// Puts one file in place; answers its digest.
    fn take(&mut self, archived: &Archived, input: &mut impl Read, size: u64) -> Result<[u8; 32], TarFault> {
        match archived {
            Archived::Key { volume } => {
                let key = tar_file::small(input, size)?;
                // A key whose volume was removed while the backup was made opens nothing: it stays out.
                if self.volumes.contains(volume) {
                    self.restoring.put_key(*volume, &key)?;
                }
                Ok(Sha256::digest(&key).into())
            }
            Archived::Sealed { volume, file } => {
                self.progress.add(u64::from(*file == SealedFile::Db));
                copy(input, size, self.restoring.create_sealed(*volume, *file)?)
            }
            Archived::Document(document) => copy(input, size, self.restoring.create_document(document)?),
        }
    }
}

fn copy(input: &mut impl Read, size: u64, mut file: File) -> Result<[u8; 32], TarFault> {
    let digest = tar_file::copy(input, size, &mut file)?;
    file.sync_all()?;
    Ok(digest)
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    File::open(path).map(BufReader::new).map_err(|fault| file("read", path, fault))
}

fn file(what: &'static str, path: &Path, fault: io::Error) -> Error {
    Error::File { what, path: path.to_owned(), fault }
}

fn unsound(path: &Path) -> impl FnOnce(BackupFault) -> Error {
    let path = path.to_owned();
    move |fault| Error::Backup { path, fault }
}
