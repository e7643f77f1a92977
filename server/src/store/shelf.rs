//! The shelf: every volume of a store. The newest is open and written; the others are sealed, and opened only to be read.
//!
//! Many small databases instead of one, because sled's memory and its rewriting grow with the volume (measured: at 64 tips
//! a commit one growing volume takes in a third of what volumes of 32 MiB do). What each volume holds is known from
//! an index in memory, about 80 bytes a tip.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use super::record::Prepared;
use super::volume::{OpenError, Purpose, Volume};
use super::{StoreError, TipRecord, durable};
use crate::journal::{self, Entry};

/// Sealed volumes that stay open to be read; each that was read as a whole takes about its size of memory (measured), so
/// whoever reads much reads in the order of [`Shelf::tips`].
const READ_AT_ONCE: usize = 2;

/// All volumes.
#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    /// The open volume is sealed once its tips have so many bytes.
    volume_bytes: u64,
    index: RwLock<BTreeMap<TipId, Place>>,
    /// Only the committer changes which volume this is.
    written: RwLock<Written>,
    /// The last read at the end.
    reading: Mutex<VecDeque<Sealed>>,
}

/// A sealed volume, open to be read.
#[derive(Debug)]
struct Sealed {
    number: u64,
    volume: Volume,
    week: Date,
}

/// Where a tip is, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Place {
    volume: u64,
    record: TipRecord,
}

/// The open volume.
#[derive(Debug)]
struct Written {
    number: u64,
    volume: Volume,
    /// Bytes of its tips.
    bytes: u64,
    /// The Monday of the week in which it was begun.
    week: Date,
}

impl Shelf {
    /// Looks into `<dir>/<n>` in the order of n. A damaged volume is set aside and never deleted. The last sound one goes
    /// on being written if it is of this week and has room; otherwise a new one is begun after it.
    pub(super) fn open(dir: &Path, volume_bytes: u64, today: Date) -> Result<Self, OpenError> {
        let mut index = BTreeMap::new();
        let mut last: Option<Written> = None;
        let numbers = numbers_in(dir).map_err(io)?;
        for number in &numbers {
            drop(last.take()); // One open volume's memory at a time.
            last = look_into(dir, *number, today, &mut index)?;
        }
        let week = today.monday();
        let written = match last {
            Some(written) if written.week == week && written.bytes < volume_bytes => written,
            other => {
                drop(other);
                Written::begin(dir, numbers.last().copied().unwrap_or(0).saturating_add(1), week)?
            }
        };
        Ok(Self {
            dir: dir.to_owned(),
            volume_bytes,
            index: RwLock::new(index),
            written: RwLock::new(written),
            reading: Mutex::default(),
        })
    }

    /// Whether the tip is in any volume.
    pub(super) fn has(&self, id: &TipId) -> bool {
        self.index.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// Every tip, volume after volume, so that reading them in this order opens each once.
    pub(super) fn tips(&self) -> Vec<TipRecord> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut places: Vec<Place> = index.values().copied().collect();
        drop(index);
        places.sort_unstable_by_key(|place| (place.volume, place.record.id));
        places.into_iter().map(|place| place.record).collect()
    }

    /// Keeps new tips in the open volume, durably; before that seals it if it is full or of another week. For the
    /// committer only.
    pub(super) fn commit(&self, tips: &[Prepared], today: Date) -> Result<(), StoreError> {
        self.seal_if_due(today.monday())?;
        let number = {
            // Shared: tips can be read meanwhile.
            let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
            written.volume.commit(tips)?;
            // The tips are durable: a file time that can't be set is no reason to say otherwise.
            let _ = written.volume.blur_times(today);
            written.number
        };
        let bytes = tips.iter().map(|tip| tip.record.size).fold(0, u64::saturating_add);
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        written.bytes = written.bytes.saturating_add(bytes);
        drop(written);
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.extend(tips.iter().map(|tip| (tip.record.id, Place { volume: number, record: tip.record })));
        Ok(())
    }

    fn seal_if_due(&self, week: Date) -> Result<(), StoreError> {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        if written.bytes == 0 || (written.bytes < self.volume_bytes && written.week == week) {
            return Ok(());
        }
        let next = written.number.saturating_add(1);
        let of = written.week;
        drop(written);
        let begun = Written::begin(&self.dir, next, week).map_err(|fault| match fault {
            OpenError::Full => StoreError::Full,
            OpenError::Corrupt => StoreError::Broken("a new volume could not be begun".into()),
            OpenError::Io(what) => StoreError::Broken(what),
        })?;
        // Whoever looks for a tip of the sealed volume waits until it is closed: sled opens a database once.
        let reading = self.reading();
        let sealed = {
            let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *written, begun)
        };
        sealed.volume.close(of);
        drop(reading);
        // The folder got a new entry.
        let _ = durable::blur_times(&self.dir, week);
        Ok(())
    }

    /// One chunk of a tip, its digest checked.
    pub(super) fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let place = self.index.read().unwrap_or_else(PoisonError::into_inner).get(id).copied();
        let Some(place) = place else { return Err(StoreError::Unknown) };
        {
            let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
            if written.number == place.volume {
                return written.volume.read(id, chunk)?.ok_or(StoreError::Unknown);
            }
        }
        let mut reading = self.reading();
        let volume = self.sealed(&mut reading, place.volume)?;
        volume.read(id, chunk)?.ok_or(StoreError::Unknown)
    }

    fn reading(&self) -> MutexGuard<'_, VecDeque<Sealed>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sealed volume, opened if it is not; the one read longest ago is closed.
    fn sealed<'a>(&self, reading: &'a mut VecDeque<Sealed>, number: u64) -> Result<&'a Volume, StoreError> {
        let at = reading.iter().position(|sealed| sealed.number == number);
        let sealed = match at.and_then(|at| reading.remove(at)) {
            Some(sealed) => sealed,
            None => {
                if reading.len() >= READ_AT_ONCE
                    && let Some(longest_ago) = reading.pop_front()
                {
                    longest_ago.close();
                }
                Sealed::open(&self.dir, number)?
            }
        };
        reading.push_back(sealed);
        reading.back().map(|sealed| &sealed.volume).ok_or(StoreError::Unknown)
    }

    /// Closes sealed volumes and sets file times back to the week's start.
    pub(super) fn rest(&self, today: Date) {
        self.reading().drain(..).for_each(Sealed::close);
        let _ = self.written.read().unwrap_or_else(PoisonError::into_inner).volume.blur_times(today);
        let _ = durable::blur_times(&self.dir, today);
    }
}

impl Written {
    /// Begins a volume, durably.
    fn begin(dir: &Path, number: u64, week: Date) -> Result<Self, OpenError> {
        let (volume, records) = Volume::open(&dir.join(number.to_string()), Purpose::Write)?;
        let _ = volume.blur_times(week);
        // It can be there already when an earlier attempt met a full disk; then it is empty.
        let bytes = bytes_of(&records);
        Ok(Self { number, volume, bytes, week })
    }
}

impl Sealed {
    fn open(dir: &Path, number: u64) -> Result<Self, StoreError> {
        let path = dir.join(number.to_string());
        let week = week_of(&path).ok_or(StoreError::Unknown)?;
        let (volume, _) = Volume::open(&path, Purpose::Read).map_err(|fault| match fault {
            OpenError::Corrupt => StoreError::Damaged,
            OpenError::Full => StoreError::Full,
            OpenError::Io(what) => StoreError::Broken(what),
        })?;
        Ok(Self { number, volume, week })
    }

    /// Reading set access times: they go back to its week.
    fn close(self) {
        self.volume.close(self.week);
    }
}

/// Opens a volume and adds its tips to the index; `None` when it was damaged and set aside.
fn look_into(
    dir: &Path,
    number: u64,
    today: Date,
    index: &mut BTreeMap<TipId, Place>,
) -> Result<Option<Written>, OpenError> {
    let path = dir.join(number.to_string());
    let week = week_of(&path).unwrap_or_else(|| today.monday());
    match Volume::open(&path, Purpose::Write) {
        Ok((volume, records)) => {
            let _ = volume.blur_times(week);
            let bytes = bytes_of(&records);
            index.extend(records.into_iter().map(|record| (record.id, Place { volume: number, record })));
            Ok(Some(Written { number, volume, bytes, week }))
        }
        Err(OpenError::Corrupt) => {
            quarantine(&path).map_err(io)?;
            journal::write(&Entry::VolumeQuarantined(number));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn bytes_of(records: &[TipRecord]) -> u64 {
    records.iter().map(|record| record.size).fold(0, u64::saturating_add)
}

/// The week of a volume's last commit: its files' times say the week and no more. `None` when it was not begun.
fn week_of(volume: &Path) -> Option<Date> {
    let modified = fs::metadata(volume.join("db")).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Date::from_unix(since.as_secs())?.monday())
}

/// The numbers of all volumes, ascending; those set aside have another name.
fn numbers_in(dir: &Path) -> std::io::Result<Vec<u64>> {
    let names: Vec<_> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn quarantine(path: &Path) -> std::io::Result<()> {
    fs::rename(path, path.with_extension("quarantined"))?;
    path.parent().map_or(Ok(()), durable::sync_dir)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn io(fault: std::io::Error) -> OpenError {
    OpenError::Io(fault.to_string())
}
