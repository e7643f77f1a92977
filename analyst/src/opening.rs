//! `open`: everything in a courier's pickup, or a bare sealed tip, into folders. What can't be opened is named and stops nothing.

mod batch;
mod claims;
mod fate;
mod pickup;
mod verdict;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::ring::Ring;
use crate::sealed::NotOpened;
use crate::workroom::{Workroom, make_folder, sync_folder};

use fate::{Fate, Refused};

pub use batch::SMALL;
pub use fate::Account;
pub use verdict::{State, Verdict};

/// The hidden folder in which tips are made before they are shown.
const ROOM: &str = ".opening";
/// The folder of whole tips that no key here opens.
const UNOPENED: &str = "unopened";

/// What becomes of a whole tip that can't be opened. A flood of them fills a letterbox, and only what a desk holds is erased
/// there (T-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unopened {
    /// It stays in the letterbox.
    Left,
    /// It is kept sealed here, in the folder `unopened`, and the letterbox may erase it.
    Kept,
}

/// What `open` is told while it works.
pub trait Listener {
    /// Something is known of one tip or of a pickup as a whole.
    ///
    /// # Errors
    /// It can't be told; the work stops.
    fn verdict(&mut self, verdict: &Verdict) -> Result<(), Error>;
    /// So many sealed bytes were dealt with since the last time.
    fn progress(&mut self, bytes: u64);
}

/// How it went, in numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Tips opened now.
    pub opened: u64,
    /// Tips that were opened before.
    pub before: u64,
    /// Tips that could not be opened, and faults of pickups.
    pub faults: u64,
}

/// What came of all files.
#[derive(Debug, Default)]
pub struct Done {
    /// In numbers.
    pub tally: Tally,
    /// What each pickup with a manifest brought, in their order.
    pub accounts: Vec<Account>,
}

/// A desk at work on one or more pickups.
pub struct Opening<'a> {
    ring: &'a Ring,
    out: &'a Path,
    room: Workroom,
    unopened: Unopened,
    cores: NonZeroUsize,
    listener: &'a mut dyn Listener,
    done: Done,
}

impl<'a> Opening<'a> {
    /// Prepares the folder that tips go to.
    ///
    /// # Errors
    /// It can't be made, or another `open` works in it.
    pub fn into(
        out: &'a Path,
        ring: &'a Ring,
        unopened: Unopened,
        cores: NonZeroUsize,
        listener: &'a mut dyn Listener,
    ) -> Result<Self, Error> {
        let doing = format!("preparing the folder {}", out.display());
        make_folder(out)
            .map_err(|e| Error::failed(&doing, e, "name a folder that you can write to with --out"))?;
        let room = Workroom::enter(out.join(ROOM)).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => {
                Error::failed(&doing, "another `open` is working in it", "wait until it has ended")
            }
            _ => Error::failed(&doing, e, "name a folder that you can write to with --out"),
        })?;
        Ok(Self { ring, out, room, unopened, cores, listener, done: Done::default() })
    }

    /// Opens the files one after the other.
    ///
    /// # Errors
    /// The output can't be written: nothing more can be done. Whatever is wrong with the input is a verdict instead.
    pub fn open_all(mut self, files: &[PathBuf]) -> Result<Done, Error> {
        for path in files {
            self.open_file(path)?;
        }
        if !self.done.accounts.is_empty() {
            // An earlier run may have been killed before its folders' names were durable.
            self.room.sync().and_then(|()| sync_folder(self.out)).map_err(|e| self.not_written(e))?;
        }
        Ok(self.done)
    }

    fn not_written(&self, wrong: io::Error) -> Error {
        Error::failed(
            format!("writing opened tips to {}", self.out.display()),
            wrong,
            "make room or take another folder, and run it again: what is there stays",
        )
    }

    fn open_file(&mut self, path: &Path) -> Result<(), Error> {
        match sniff(path) {
            Ok((file, len, Content::BareTip)) => self.open_bare(path, file, len),
            Ok((file, len, Content::Archive)) => self.open_pickup(path, file, len),
            Err(e) => self.say(Verdict::fault(path, format!("it can't be read ({e})"))),
        }
    }

    fn open_bare(&mut self, path: &Path, file: File, len: u64) -> Result<(), Error> {
        let outcome = batch::open_one(self.desk(), file, len, None, self.cores).map_err(Refused::unnamed);
        self.listener.progress(len);
        self.settle(vec![(batch::Origin::File(path.to_owned()), outcome)]).map(drop)
    }

    /// Publishes what was opened, in one go, and says what became of each. Answers what that means for the letterbox.
    fn settle(&mut self, outcomes: Vec<batch::Outcome>) -> Result<Vec<Fate>, Error> {
        let (mut verdicts, mut fates) = (Vec::new(), Vec::new());
        if outcomes.iter().any(|(_, outcome)| outcome.is_ok()) {
            // Content first, names after: a power cut leaves no folder with half a tip.
            self.room.sync().map_err(|e| self.not_written(e))?;
        }
        for (origin, outcome) in outcomes {
            let (verdict, fate) = match outcome {
                Ok(opened) => opened.publish(self.out).map_err(|e| self.not_written(e))?,
                Err(refused) => self.refuse(&origin, refused)?,
            };
            verdicts.push(verdict);
            fates.push(fate);
        }
        sync_folder(self.out).map_err(|e| self.not_written(e))?;
        verdicts.into_iter().try_for_each(|verdict| self.say(verdict))?;
        Ok(fates)
    }

    fn refuse(&self, origin: &batch::Origin, refused: Refused) -> Result<(Verdict, Fate), Error> {
        let reason = match refused.reason {
            // One large tip must not keep all the small ones closed (T-10): its draft is gone, so there is room again.
            NotOpened::Output(e) if is_full(&e) => format!(
                "there is no room for it in {} ({e}); make room there or take another folder, and run it again",
                self.out.display()
            ),
            NotOpened::Output(e) => return Err(self.not_written(e)),
            reason => reason.to_string(),
        };
        let remarks = [Some(reason), refused.remark].into_iter().flatten().collect();
        Ok((Verdict::not_opened(origin, remarks), refused.fate))
    }

    fn say(&mut self, verdict: Verdict) -> Result<(), Error> {
        let count = match verdict.state {
            State::Opened => &mut self.done.tally.opened,
            State::Before => &mut self.done.tally.before,
            State::NotOpened | State::Fault => &mut self.done.tally.faults,
        };
        *count = count.saturating_add(1);
        self.listener.verdict(&verdict)
    }

    fn desk(&self) -> batch::Desk<'_> {
        batch::Desk { ring: self.ring, room: &self.room, out: self.out, unopened: self.unopened }
    }
}

enum Content {
    BareTip,
    Archive,
}

fn sniff(path: &Path) -> io::Result<(File, u64, Content)> {
    // Asked before opening: opening a pipe would wait for ever.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    if len == 0 {
        return Err(io::Error::other("it is empty, 0 bytes: never written, or cut off"));
    }
    let mut first = Vec::new();
    file.by_ref().take(22).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    let content = if first.starts_with(b"age-encryption.org/") { Content::BareTip } else { Content::Archive };
    Ok((file, len, content))
}

/// Whether the output has no room for this tip, and may have some for others.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    struct Heard(Vec<Verdict>);

    impl Listener for Heard {
        fn verdict(&mut self, verdict: &Verdict) -> Result<(), Error> {
            let text = serde_json::to_value(verdict).unwrap();
            self.0.push(Verdict { state: verdict.state, ..Verdict::fault(Path::new(""), text.to_string()) });
            Ok(())
        }
        fn progress(&mut self, _: u64) {}
    }

    #[test]
    fn a_tip_for_which_there_is_no_room_is_named_and_stops_nothing() {
        let scratch = Scratch::new("full");
        let (ring, mut heard) = (Ring::new(Vec::new()), Heard(Vec::new()));
        let mut opening =
            Opening::into(scratch.path(), &ring, Unopened::Left, NonZeroUsize::MIN, &mut heard).unwrap();
        let outcome = |error| {
            let origin = batch::Origin::File("large.age".into());
            vec![(origin, Err(Refused::unnamed(NotOpened::Output(io::Error::from(error)))))]
        };
        for full in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
            assert_eq!(opening.settle(outcome(full)).unwrap(), [Fate::LeftOut], "it must come again");
        }
        assert!(
            opening.settle(outcome(io::ErrorKind::ReadOnlyFilesystem)).is_err(),
            "nothing can be written"
        );
        assert_eq!(opening.done.tally.faults, 3);
        drop(opening);
        assert!(heard.0.iter().all(|v| v.state == State::NotOpened && v.remarks[0].contains("no room")));
    }
}
