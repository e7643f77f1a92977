//! Opening one tip into a draft, and many small tips at once, a core each.

use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tipline_wire::date::Date;
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;

use super::Unopened;
use super::fate::{Fate, Refused};
use super::verdict::{State, Verdict};
use crate::about::About;
use crate::contents::Contents;
use crate::ring::Ring;
use crate::sealed::{NotOpened, Sealed};
use crate::workroom::{Draft, Workroom};

/// A sealed tip up to this length, in bytes, is held in memory and shares the cores with others.
pub const SMALL: u64 = 2 << 20;

/// Where a tip came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An entry of a pickup, named by week and id.
    Pickup {
        /// As the entry's name says.
        week: Date,
        /// As the entry's name says.
        id: TipId,
    },
    /// A file given on the command line.
    File(PathBuf),
}

/// A tip's origin and what became of it.
pub(super) type Outcome = (Origin, Result<Opened, Refused>);

/// What it takes to open a tip.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    /// The keys.
    pub(super) ring: &'a Ring,
    /// Where drafts are made.
    pub(super) room: &'a Workroom,
    /// Where tips go.
    pub(super) out: &'a Path,
    /// What becomes of whole tips that can't be opened.
    pub(super) unopened: Unopened,
}

/// A small sealed tip in memory.
pub(super) struct Small {
    /// The week and id in the entry's name.
    pub(super) named: (Date, TipId),
    /// The whole file.
    pub(super) bytes: Vec<u8>,
}

/// A whole and authentic tip in a draft.
pub(super) struct Opened {
    draft: Draft,
    /// Its id, computed.
    pub(super) id: TipId,
    /// SHA-256 of the sealed file, where it is known.
    pub(super) digest: Option<[u8; 32]>,
    /// Whether it is the tip as which it was carried.
    as_named: bool,
    week: Date,
    remarks: Vec<String>,
}

/// A tip that has a folder here already.
pub(super) struct Before {
    /// The folder's name.
    pub(super) folder: String,
    /// Held, unless something is gone from the folder.
    pub(super) fate: Fate,
    /// What is gone.
    pub(super) remarks: Vec<String>,
}

/// Opens one tip of `len` bytes, its chunks on `cores` threads.
pub(super) fn open_one(
    desk: Desk<'_>,
    input: impl Read + Send,
    len: u64,
    named: Option<(Date, TipId)>,
    cores: NonZeroUsize,
) -> Result<Opened, NotOpened> {
    let tip = Sealed::begin(input, len)?;
    let draft = desk.room.draft().map_err(NotOpened::Output)?;
    let mut contents = Contents::into(draft, tip.plain_len());
    let found = tip.open(named.map(|(week, _)| week), desk.ring, cores, |bytes| contents.push(bytes))?;
    let mut remarks = Vec::new();
    if let Some((week, id)) = named {
        if id != found.id {
            remarks.push(format!("The pickup calls this tip {id}; by its bytes it is another."));
        }
        if week != found.week {
            remarks.push(format!(
                "It was carried as a tip of {week}, but sealed for the week of {}.",
                found.week
            ));
        }
    }
    let (draft, remarks) = contents.finish(&found, remarks).map_err(NotOpened::Output)?;
    let as_named = named.is_none_or(|(_, id)| id == found.id);
    Ok(Opened { draft, id: found.id, digest: found.digest, as_named, week: found.week, remarks })
}

/// Opens many small tips, in the same order.
pub(super) fn open_small(desk: Desk<'_>, tips: Vec<Small>, cores: NonZeroUsize) -> Vec<Outcome> {
    let mut slots: Vec<(Small, Option<Result<Opened, Refused>>)> =
        tips.into_iter().map(|tip| (tip, None)).collect();
    let waiting = Mutex::new(slots.iter_mut());
    std::thread::scope(|scope| {
        for _ in 0..cores.get() {
            scope.spawn(|| {
                loop {
                    // Nothing panics while the lock is held; a poisoned lock would still hold a sound iterator.
                    let slot = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((tip, outcome)) = slot else { return };
                    *outcome = Some(tip.open(desk));
                }
            });
        }
    });
    let stopped = || Err(Refused::unnamed(NotOpened::Output(io::Error::other("a worker stopped"))));
    slots.into_iter().map(|(tip, outcome)| (tip.origin(), outcome.unwrap_or_else(stopped))).collect()
}

impl Small {
    fn open(&mut self, desk: Desk<'_>) -> Result<Opened, Refused> {
        let bytes = std::mem::take(&mut self.bytes);
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        open_one(desk, bytes.as_slice(), len, Some(self.named), NonZeroUsize::MIN)
            .map_err(|reason| Refused::named(reason, self.named, len, desk, || Ok(bytes.as_slice())))
    }

    fn origin(&self) -> Origin {
        Origin::Pickup { week: self.named.0, id: self.named.1 }
    }
}

impl Opened {
    /// Gives the draft its lasting name. A tip that has a folder already is left as it is.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn publish(mut self, out: &Path) -> io::Result<(Verdict, Fate)> {
        let (id, week) = (self.id.to_string(), self.week.to_string());
        for name in names(self.week, &self.id) {
            let target = out.join(&name);
            let (state, mut fate) = if let Some(about) = about(&target, &self.id) {
                let before = Before::of(name.clone(), &target, &about);
                self.remarks.extend(before.remarks);
                (State::Before, before.fate)
            } else if fs::symlink_metadata(&target).is_ok() {
                continue;
            } else {
                self.draft.publish(&target)?;
                (State::Opened, Fate::Held)
            };
            if !self.as_named {
                fate = Fate::Damaged;
            }
            return Ok((Verdict::in_folder(state, id, week, name, self.remarks), fate));
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("something else has the name {week}-{id}")))
    }
}

impl Before {
    /// The tip, where it lies already.
    pub(super) fn find(out: &Path, week: Date, id: &TipId) -> Option<Self> {
        names(week, id).into_iter().find_map(|name| {
            let folder = out.join(&name);
            let about = about(&folder, id)?;
            Some(Self::of(name, &folder, &about))
        })
    }

    fn of(name: String, folder: &Path, about: &About) -> Self {
        let (fate, remarks) = match about.missing(folder) {
            None => (Fate::Held, Vec::new()),
            Some(gone) => (
                Fate::LeftOut,
                vec![format!(
                    "{gone} is no longer in this folder as it came, so the tip is not acknowledged; to have it whole, move the folder away and open the pickup again"
                )],
            ),
        };
        Self { folder: name, fate, remarks }
    }
}

/// The names that a tip's folder may have: week and 16 digits, or all digits when a stranger has the short one.
fn names(week: Date, id: &TipId) -> [String; 2] {
    [format!("{week}-{id:.16}"), format!("{week}-{id}")]
}

/// The record of this tip in a folder that is its own.
fn about(folder: &Path, id: &TipId) -> Option<About> {
    About::read(folder).filter(|about| about.id == id.to_string())
}

const _: () = assert!(MAX_RECIPIENTS == 8 && Padded::ONE_REQUEST_MAX.bytes() + (1 << 20) == SMALL);
