//! Making files durable and their times coarse: fsync, fdatasync, rename, and the week's start as every file's time.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tipline_wire::date::Date;

/// Makes a directory's entries durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Creates a directory that only this user can enter, and makes it durable in its parent.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        Err(fault) => return Err(fault),
    }
    sync_dir(path)?;
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Writes a whole file so that a reader, or a start after a power cut, finds either the old one or the new one.
pub(super) fn replace_file(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = dir.join(format!("{name}.new"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, dir.join(name))?;
    sync_dir(dir)
}

/// Makes every file directly in a directory durable, then the directory itself.
pub(super) fn sync_all_in(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { sync_dir(&path)? } else { File::open(&path)?.sync_all()? }
    }
    sync_dir(dir)
}

/// Sets the times of a directory's files, and its own, back to the week's start: a seized disk shall not say on which day
/// or at which minute a tip came (T-01). The inode's change time cannot be set; SECURITY.md says so.
pub(super) fn blur_times(dir: &Path, today: Date) -> io::Result<()> {
    let week = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(today.monday().unix()));
    let Some(week) = week else { return Ok(()) };
    let times = FileTimes::new().set_accessed(week).set_modified(week);
    for entry in fs::read_dir(dir)? {
        match File::open(entry?.path()) {
            Ok(file) => file.set_times(times)?,
            // A snapshot that the engine just replaced.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    File::open(dir)?.set_times(times)
}
