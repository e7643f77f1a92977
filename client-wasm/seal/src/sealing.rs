//! One tip while it is sealed: reads the files, writes the saved copy on the way, gives sealed bytes or whole parts.

use std::path::{Path, PathBuf};

use tipline_core::documents::Line;
use tipline_core::parts::{PartSealing, Step};
use tipline_core::seal::TipSealing;
use tipline_envelope::{Fresh, SealError, fresh_len};
use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, LONGEST_PART};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::evidence::{Evidence, FileError};
use crate::interrupt::Interrupt;
use crate::saved::Saving;
use crate::upload::Parts;
use crate::uploading::{Sealed, SealedPart};
use crate::world::World;

/// A copy that is written beside its place while the tip is sealed.
pub struct SavedCopy {
    path: PathBuf,
    saving: Option<Saving>,
}

/// One tip being sealed, front to back and once.
pub struct Sealing<'a> {
    sealing: PartSealing,
    recipients: u8,
    week: Date,
    files: &'a mut [Evidence],
    copy: Option<SavedCopy>,
    given: u64,
    interrupt: Interrupt,
}

/// Where sealing stopped.
enum Stop {
    PartEnds([u8; 32]),
    All(TipId),
}

impl SavedCopy {
    /// Begins a copy at `path`, before anything is contacted.
    ///
    /// # Errors
    /// It cannot be saved there.
    pub fn begin(path: &Path) -> Result<Self, Error> {
        let saving = Saving::begin(path).map_err(|error| Error::Save { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), saving: Some(saving) })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.saving.as_mut().map_or(Ok(()), |saving| saving.write(bytes));
        written.map_err(|error| Error::Save { path: self.path.clone(), error })
    }

    fn finish(&mut self) -> Result<(), Error> {
        let finished = self.saving.take().map_or(Ok(()), Saving::finish);
        finished.map_err(|error| Error::Save { path: self.path.clone(), error })
    }
}

impl<'a> Sealing<'a> {
    /// Begins with fresh randomness for the keys of `line`.
    ///
    /// # Errors
    /// Unsound randomness or keys.
    pub fn begin(
        tip_json: &[u8],
        files: &'a mut [Evidence],
        line: &Line,
        copy: Option<SavedCopy>,
        world: &World<'_>,
    ) -> Result<Self, Error> {
        let recipients = u8::try_from(line.recipients.len()).map_err(|_| SealError::Recipients)?;
        let mut random = Zeroizing::new(vec![0; fresh_len(recipients)]);
        (world.random)(&mut random)?;
        let contents = files.iter().map(|file| file.content.clone()).collect();
        let fresh = Fresh::new(random, recipients)?;
        let sealing = TipSealing::new(tip_json, contents, &line.recipients, fresh)?;
        let sealing = PartSealing::new(sealing, recipients);
        Ok(Self {
            sealing,
            recipients,
            week: line.epoch.start,
            files,
            copy,
            given: 0,
            interrupt: world.interrupt.clone(),
        })
    }

    /// The padded size.
    #[must_use]
    pub fn padded(&self) -> Padded {
        self.sealing.padded()
    }

    /// Sealed bytes so far.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Where the finished copy is; there is none before all is sealed.
    #[must_use]
    pub fn saved(&self) -> Option<&Path> {
        self.copy.as_ref().filter(|copy| copy.saving.is_none()).map(|copy| copy.path.as_path())
    }

    /// Whether a copy is being written.
    #[must_use]
    pub fn is_saving(&self) -> bool {
        self.copy.as_ref().is_some_and(|copy| copy.saving.is_some())
    }

    /// Seals all that is left, giving the bytes away as they come.
    ///
    /// # Errors
    /// A file cannot be read or has changed, or the copy cannot be written.
    pub fn rest(&mut self, mut give: impl FnMut(&[u8])) -> Result<(), Error> {
        while let Stop::PartEnds(_) = self.go_on(&mut give)? {}
        Ok(())
    }

    fn go_on(&mut self, give: &mut dyn FnMut(&[u8])) -> Result<Stop, Error> {
        loop {
            // The unfinished copy goes with it.
            if self.interrupt.has_come() {
                return Err(Error::Left);
            }
            match self.sealing.step()? {
                Step::PartEnds(digest) => return Ok(Stop::PartEnds(digest)),
                Step::Done(id) => {
                    self.end()?;
                    return Ok(Stop::All(id));
                }
                Step::Sealed(bytes) => {
                    if let Some(copy) = &mut self.copy {
                        copy.write(bytes)?;
                    }
                    self.given = self.given.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
                    give(bytes);
                }
                Step::Read { file, at, len } => {
                    let file = self.files.get_mut(file).ok_or(SealError::OutOfTurn)?;
                    let bytes = file.read(at, len).map_err(|error| file.error(error))?;
                    self.sealing.feed(&bytes)?;
                }
            }
        }
    }

    /// Looks whether the files are still the same, before anything can be committed; makes the copy durable.
    fn end(&mut self) -> Result<(), Error> {
        for file in self.files.iter() {
            file.unchanged().map_err(|error| file.error(error))?;
        }
        self.copy.as_mut().map_or(Ok(()), SavedCopy::finish)
    }
}

impl Parts for Sealing<'_> {
    fn declared(&self) -> Declared {
        Declared { epoch: self.week, recipients: self.recipients, padded: self.padded() }
    }

    fn next_part(&mut self) -> Result<Sealed, Error> {
        let mut bytes = Vec::with_capacity(usize::try_from(LONGEST_PART).unwrap_or(0));
        Ok(match self.go_on(&mut |sealed| bytes.extend_from_slice(sealed))? {
            Stop::PartEnds(digest) => Sealed::Part(SealedPart { bytes, digest }),
            Stop::All(id) => Sealed::All(id),
        })
    }
}

impl Evidence {
    fn error(&self, error: FileError) -> Error {
        Error::File { path: self.path.clone(), error }
    }
}
