//! The mark `<n>.unbegun`: volume n is being begun, and nothing in it was ever acknowledged.
//!
//! Fault: what a crash leaves of a database that was being created may not open. Without the mark that looks like a damaged
//! volume of tips: it would be quarantined, and the operator alarmed, for nothing. So the mark is durable before there is a key
//! or a folder, and is gone, durably, before the first tip. It says what may be thrown away, never what must be kept: where it
//! is missing, as in every older store, a volume that does not open is quarantined.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::durable;
use super::key::Keys;
use super::start::path_of;

const MARK: &str = "unbegun";

/// Sets the mark of a volume, durably. What an earlier attempt left of it goes first.
pub(super) fn mark(dir: &Path, number: u64, keys: &Keys) -> io::Result<()> {
    if is_marked(dir, number) {
        undo(dir, number, keys)?;
    }
    File::create(mark_of(dir, number))?.sync_all()?;
    durable::sync_dir(dir)
}

/// Takes the mark away, durably: from now on tips may be acknowledged. That it is not there is no fault.
pub(super) fn complete(dir: &Path, number: u64) -> io::Result<()> {
    match fs::remove_file(mark_of(dir, number)) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(fault),
        Ok(()) => durable::sync_dir(dir),
    }
}

pub(super) fn is_marked(dir: &Path, number: u64) -> bool {
    mark_of(dir, number).exists()
}

/// Removes what there is of a volume that was not begun to the end: its key, its folder, and last the mark.
pub(super) fn undo(dir: &Path, number: u64, keys: &Keys) -> io::Result<()> {
    if keys.path(number).exists() {
        keys.erase(number)?;
        durable::remove_dir(&path_of(dir, number))?;
        keys.remove(number)?;
    }
    complete(dir, number)
}

/// Undoes every beginning that did not come as far as a folder.
pub(super) fn undo_without_folder(dir: &Path, keys: &Keys) -> io::Result<()> {
    let names: Vec<_> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    let number = |name: &str| name.strip_suffix(MARK)?.strip_suffix('.')?.parse().ok();
    for number in names.iter().filter_map(|entry| number(entry.file_name().to_str()?)) {
        let folder = path_of(dir, number);
        if !folder.exists() && !folder.with_extension("quarantined").exists() {
            undo(dir, number, keys)?;
        }
    }
    Ok(())
}

fn mark_of(dir: &Path, number: u64) -> PathBuf {
    path_of(dir, number).with_extension(MARK)
}
