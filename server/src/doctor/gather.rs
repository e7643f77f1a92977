//! Gathers what the checks look at: thin, because it cannot be tried without a machine. What cannot be read is `None`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::courier::KeyFile;
use super::doors::{Listening, SocketFile};

/// A whole text file; of the kernel's or tor's, so it is short.
pub(super) fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// What a socket's file is.
pub(super) fn socket(path: &Path) -> Option<SocketFile> {
    let meta = fs::metadata(path).ok()?;
    Some(SocketFile {
        is_socket: meta.file_type().is_socket(),
        mode: meta.mode() & 0o7777,
        user: meta.uid(),
        group: meta.gid(),
    })
}

/// Where a process's file is for this one: with the process's own root and folder, since a unit's credentials are seen by
/// that unit alone.
pub(super) fn within(process: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(rest) => process.join("root").join(rest),
        Err(_) => process.join("cwd").join(path),
    }
}

/// Who can read a key.
pub(super) fn key_file(path: &Path) -> Option<KeyFile> {
    let meta = fs::metadata(path).ok()?;
    Some(KeyFile { mode: meta.mode() & 0o7777, user: meta.uid() })
}

/// The texts of tor's `.auth` files; none where there is no such folder, `None` where it may not be looked at.
pub(super) fn authorized_clients(folder: &Path) -> Option<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Some(Vec::new()),
        Err(_) => return None,
    };
    let files = entries.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "auth"));
    Some(files.map(|path| text(&path).unwrap_or_default()).collect())
}

/// The number of a group by its name in `/etc/group`, or the number itself.
pub(super) fn group(name: &str) -> Option<u32> {
    let number_of = |line: &str| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    };
    name.parse().ok().or_else(|| text(Path::new("/etc/group"))?.lines().find_map(number_of))
}

/// Under which user a process runs.
pub(super) fn user_of(process: &Path) -> Option<u32> {
    fs::metadata(process).ok().map(|meta| meta.uid())
}

/// What a process holds of the sockets that listen.
pub(super) fn listening(process: &Path) -> Option<Listening> {
    let mut held = Vec::new();
    for entry in fs::read_dir(process.join("fd")).ok()?.flatten() {
        // It may have been closed meanwhile.
        if let Ok(target) = fs::read_link(entry.path()) {
            held.extend(inode(&target));
        }
    }
    // A kernel without IPv6 has no second table.
    let table = |name| text(&process.join("net").join(name));
    Some(Listening { tables: [table("tcp")?, table("tcp6").unwrap_or_default()].concat(), held })
}

/// `socket:[4711]`
fn inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// Bytes of the ballast file; 0 when the store has none.
pub(super) fn ballast(store: &Path) -> Option<u64> {
    fs::read_dir(store).ok()?;
    Some(fs::metadata(store.join("ballast")).map_or(0, |meta| meta.len()))
}

/// How many volumes were set aside.
pub(super) fn set_aside(store: &Path) -> Option<u64> {
    let entries = fs::read_dir(store.join("volumes")).ok()?;
    let aside =
        entries.flatten().filter(|entry| entry.path().extension().is_some_and(|e| e == "quarantined"));
    u64::try_from(aside.count()).ok()
}
