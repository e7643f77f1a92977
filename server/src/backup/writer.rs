//! Writes one file of a backup beside its place, under `.part`, until it is whole; dropped before that, it leaves nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tipline_wire::pickup::sums_line;
use tipline_wire::ustar::{BLOCK, Header, padding};

use super::{MANIFEST, Manifest, SUMS};

/// A file being written.
#[derive(Debug)]
pub struct Writer {
    file: File,
    part: PathBuf,
    place: PathBuf,
    sums: String,
    entry: Option<Entry>,
    placed: bool,
}

/// The entry under way.
#[derive(Debug)]
struct Entry {
    name: String,
    left: u64,
    size: u64,
    hash: Sha256,
}

/// How much was written, to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    bytes: u64,
    sums: usize,
}

impl Writer {
    /// Begins with the manifest.
    ///
    /// # Errors
    /// Something has that name already, or the disk refuses.
    pub fn begin(folder: &Path, manifest: &Manifest) -> io::Result<Self> {
        let place = folder.join(manifest.half.file_name(&manifest.generation));
        if fs::symlink_metadata(&place).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut part = place.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&part)?;
        let mut writer = Self { file, part, place, sums: String::new(), entry: None, placed: false };
        writer.whole(MANIFEST, &serde_json::to_vec(manifest).map_err(io::Error::other)?)?;
        Ok(writer)
    }

    /// One entry that is in memory.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn whole(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.start(name, u64::try_from(content.len()).unwrap_or(u64::MAX))?;
        self.piece(content)?;
        self.end()
    }

    /// Starts an entry of `size` bytes.
    ///
    /// # Errors
    /// The disk refuses, or the format: 8 GiB are the most.
    pub fn start(&mut self, name: &str, size: u64) -> io::Result<()> {
        let header = Header { name: name.into(), size }.to_block().map_err(io::Error::other)?;
        self.file.write_all(&header)?;
        self.entry = Some(Entry { name: name.into(), left: size, size, hash: Sha256::new() });
        Ok(())
    }

    /// The next bytes of the entry.
    ///
    /// # Errors
    /// The disk refuses, or these are more than the entry has.
    pub fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(entry) = &mut self.entry else { return Err(io::ErrorKind::InvalidInput.into()) };
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        entry.left = entry.left.checked_sub(len).ok_or(io::ErrorKind::InvalidData)?;
        entry.hash.update(bytes);
        self.file.write_all(bytes)
    }

    /// Ends the entry.
    ///
    /// # Errors
    /// The disk refuses, or bytes are missing.
    pub fn end(&mut self) -> io::Result<()> {
        let entry = self.entry.take().filter(|entry| entry.left == 0).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.sums.push_str(&sums_line(&entry.hash.finalize().into(), &entry.name));
        self.zeros(padding(entry.size))
    }

    /// Where it is now, between two entries.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn mark(&mut self) -> io::Result<Mark> {
        Ok(Mark { bytes: self.file.stream_position()?, sums: self.sums.len() })
    }

    /// Takes back what was written since.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn back_to(&mut self, mark: Mark) -> io::Result<()> {
        self.entry = None;
        self.sums.truncate(mark.sums);
        self.file.set_len(mark.bytes)?;
        self.file.seek(SeekFrom::Start(mark.bytes)).map(|_| ())
    }

    /// Writes the digests and the end, makes all durable; answers the file from its begin, to be checked.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(&mut self) -> io::Result<&mut File> {
        let sums = std::mem::take(&mut self.sums);
        self.whole(SUMS, sums.as_bytes())?;
        self.zeros(u64::try_from(2 * BLOCK).unwrap_or(0))?;
        self.file.sync_all()?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(&mut self.file)
    }

    /// Gives it its name, durably.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn put_in_place(mut self) -> io::Result<PathBuf> {
        // Nothing can have that name: the generation in it was drawn for this backup.
        fs::rename(&self.part, &self.place)?;
        self.placed = true;
        let folder = self.place.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(self.place.clone())
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        self.file.write_all(&vec![0; usize::try_from(count).unwrap_or(0)])
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.placed {
            let _ = fs::remove_file(&self.part);
        }
    }
}
