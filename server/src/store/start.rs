//! What a start finds: removals and beginnings that were interrupted, sealed volumes with their index, and the one that is written on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tipline_wire::date::Date;

use super::catalog::{Catalog, Content};
use super::guards::OpenError;
use super::index_file::{self, Index};
use super::key::{Found, KeyFault, Keys, VolumeKey};
use super::shelf::Written;
use super::volume::{Purpose, Volume};
use super::{beginning, durable};
use crate::journal::{self, Entry};
use crate::world::World;

/// The shelf as it was found.
pub(super) struct Start {
    pub(super) catalog: Catalog,
    /// Sealed volumes, each with its week.
    pub(super) sealed: BTreeMap<u64, Date>,
    pub(super) written: Written,
}

impl Start {
    /// Looks into `<dir>/<n>` in the order of n. A damaged volume is set aside and never deleted. The last one goes on being
    /// written if it is not sealed, of this week and has room; otherwise a new one is begun.
    pub(super) fn look(dir: &Path, keys: &Keys, volume_bytes: u64, world: &World) -> Result<Self, OpenError> {
        finish_removals(dir, keys)?;
        beginning::undo_without_folder(dir, keys)?;
        let mut found =
            Finder { dir, keys, today: world.today(), contents: Vec::new(), sealed: BTreeMap::new() };
        let numbers = durable::numbers_in(dir)?;
        // All keys first: while one is missing nothing is changed.
        let mut volume_keys =
            numbers.iter().map(|number| key(keys, *number)).collect::<Result<Vec<_>, _>>()?;
        let mut last = None;
        for (number, key) in numbers.iter().zip(volume_keys.drain(..)) {
            // One open volume's memory at a time.
            found.seal(last.take());
            last = found.look_into(*number, key)?;
        }
        let week = world.today().monday();
        // The number after it may be taken by a volume that was set aside, whose key must not be used again.
        let next = next_number(dir)?;
        let is_last = |written: &Written| written.volume.number().saturating_add(1) == next;
        let written = match last {
            Some(written) if is_last(&written) && written.takes_more(volume_bytes, week) => written,
            other => {
                found.seal(other);
                Written::begin(dir, next, keys, world)?
            }
        };
        let quarantined = quarantined(dir)?;
        let sealed = found.sealed;
        let is_there =
            |n: u64| sealed.contains_key(&n) || n == written.volume.number() || quarantined.contains(&n);
        let mut catalog = Catalog::of(found.contents, is_there);
        catalog.note_unreadable(&quarantined);
        Ok(Self { catalog, sealed, written })
    }
}

struct Finder<'a> {
    dir: &'a Path,
    keys: &'a Keys,
    today: Date,
    contents: Vec<(u64, Content)>,
    sealed: BTreeMap<u64, Date>,
}

impl Finder<'_> {
    /// Adds what a volume holds; answers it if it is not sealed.
    fn look_into(&mut self, number: u64, key: VolumeKey) -> Result<Option<Written>, OpenError> {
        let path = path_of(self.dir, number);
        let index = index_file::read(number, &path);
        if !matches!(index, Index::None) {
            // What was sealed was begun long ago.
            beginning::complete(self.dir, number)?;
        }
        if let Index::Sound(week, content) = index {
            self.contents.push((number, content));
            self.sealed.insert(number, week);
            return Ok(None);
        }
        let week = week_of(&path).unwrap_or_else(|| self.today.monday());
        match Volume::open(number, &path, key, Purpose::Write) {
            Ok((volume, content)) => {
                // It is durable as it stands, however far its beginning had come.
                beginning::complete(self.dir, number)?;
                let _ = volume.blur_times(week);
                let written = Written::new(volume, content.bytes(number), week);
                self.contents.push((number, content));
                if matches!(index, Index::None) {
                    return Ok(Some(written));
                }
                self.seal(Some(written));
            }
            Err(OpenError::Corrupt) if beginning::is_marked(self.dir, number) => {
                beginning::undo(self.dir, number, self.keys)?;
            }
            Err(OpenError::Corrupt) => {
                quarantine(&path)?;
                journal::write(&Entry::VolumeQuarantined(number));
            }
            Err(other) => return Err(other),
        }
        Ok(None)
    }

    fn seal(&mut self, written: Option<Written>) {
        if let Some(written) = written {
            let number = written.volume.number();
            self.sealed.insert(number, written.seal(self.dir, |_| true));
        }
    }
}

fn key(keys: &Keys, number: u64) -> Result<VolumeKey, KeyFault> {
    match keys.load(number)? {
        Found::Key(key) => Ok(key),
        Found::Erased => Err(KeyFault::Damaged(keys.path(number))),
    }
}

/// An erased key says that its volume was being removed.
fn finish_removals(dir: &Path, keys: &Keys) -> Result<(), OpenError> {
    for number in keys.volumes()? {
        if matches!(keys.load(number), Ok(Found::Erased)) {
            durable::remove_dir(&path_of(dir, number))?;
            keys.remove(number)?;
        }
    }
    Ok(())
}

pub(super) fn path_of(dir: &Path, number: u64) -> PathBuf {
    dir.join(number.to_string())
}

/// Above every number that is taken, also by a volume that was set aside.
fn next_number(dir: &Path) -> std::io::Result<u64> {
    let taken = durable::numbers_in(dir)?.into_iter().chain(quarantined(dir)?);
    Ok(taken.max().unwrap_or(0).saturating_add(1))
}

pub(super) fn quarantined(dir: &Path) -> std::io::Result<Vec<u64>> {
    let names: Vec<_> = std::fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    let number = |name: &str| name.strip_suffix(".quarantined")?.parse().ok();
    Ok(names.iter().filter_map(|entry| number(entry.file_name().to_str()?)).collect())
}

fn quarantine(path: &Path) -> std::io::Result<()> {
    std::fs::rename(path, path.with_extension("quarantined"))?;
    path.parent().map_or(Ok(()), durable::sync_dir)
}

/// The week of a volume's last commit: its files' times say the week and no more. `None` when it was not begun.
fn week_of(volume: &Path) -> Option<Date> {
    let modified = std::fs::metadata(volume.join("db")).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Date::from_unix(since.as_secs())?.monday())
}
