//! Making files durable and their times coarse: fsync, fdatasync, rename, and the week's start as every file's time.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tipline_wire::date::Date;

/// Opens a file for reading; `None` when there is none.
pub(super) fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Makes a directory's entries durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Creates a directory that only this user can enter, and makes it durable in its parent.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    make_dir(path)?;
    sync_dir(path)?;
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Creates a directory that only this user can enter; that it is there already is no fault.
pub(super) fn make_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other,
    }
}

/// Writes a whole file so that a reader, or a start after a power cut, finds either the old one or the new one.
pub(super) fn replace_file(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let unfinished = dir.join(format!("{name}.new"));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
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

/// Removes a directory with all it holds, durably; that it is not there is no fault.
pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    path.parent().map_or(Ok(()), sync_dir)
}

/// The entries of a directory whose names are numbers, ascending.
pub(super) fn numbers_in(dir: &Path) -> io::Result<Vec<u64>> {
    let entries: Vec<_> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    // As it would be written: `07` or `+7` is none of ours.
    let number = |name: &str| name.parse().ok().filter(|number: &u64| number.to_string() == name);
    let mut numbers: Vec<u64> =
        entries.iter().filter_map(|entry| number(entry.file_name().to_str()?)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Sets the times of a directory's files, and its own, back to the week's start: a seized disk shall not say on which day
/// or at which minute a tip came (T-01). The inode's change time cannot be set; SECURITY.md says so.
pub(super) fn blur_times(dir: &Path, today: Date) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        match File::open(entry?.path()) {
            Ok(file) => blur(&file, today)?,
            // A snapshot that the engine just replaced.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    blur(&File::open(dir)?, today)
}

/// Sets the times of one open file, or directory, back to the week's start.
pub(super) fn blur(file: &File, today: Date) -> io::Result<()> {
    let Some(week) = start_of_week(today) else { return Ok(()) };
    file.set_times(FileTimes::new().set_accessed(week).set_modified(week))
}

/// Whether nothing changed since [`blur`] set its times.
pub(super) fn is_blurred(path: &Path, today: Date) -> bool {
    let modified = fs::metadata(path).and_then(|meta| meta.modified()).ok();
    modified.is_some() && modified == start_of_week(today)
}

fn start_of_week(today: Date) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(today.monday().unix()))
}
