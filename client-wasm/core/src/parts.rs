//! A tip over 1 MiB on its way: sealed front to back, and told where each of its parts ends and what its digest is.
//!
//! Who sends it keeps a part until the letterbox has it; the parts before it are gone, and none is ever sealed again.

use tipline_envelope::SealError;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};

use crate::seal::{self, TipSealing};

/// What the caller does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// As [`seal::Step::Read`].
    Read {
        /// Which file, from 0.
        file: usize,
        /// Where in the original file.
        at: u64,
        /// How many bytes.
        len: usize,
    },
    /// The next bytes of the part that is being made.
    Sealed(&'a [u8]),
    /// The part is complete; this is its SHA-256 digest. What is sealed next belongs to the next part.
    PartEnds([u8; 32]),
    /// All parts are complete; this is the tip's name.
    Done(TipId),
}

/// One tip being sealed in parts. Constant memory but for 32 bytes a part.
pub struct PartSealing {
    sealing: TipSealing,
    hasher: TipHasher,
    told: usize,
}

impl PartSealing {
    /// Cuts what `sealing` gives for so many `recipients`. A tip of up to 1 MiB has one part, which never ends: see
    /// [`Self::is_one_request`].
    #[must_use]
    pub fn new(sealing: TipSealing, recipients: u8) -> Self {
        let hasher = TipHasher::new(recipients, sealing.padded());
        Self { sealing, hasher, told: 0 }
    }

    /// Whether it travels in one request and is not cut.
    #[must_use]
    pub fn is_one_request(&self) -> bool {
        self.padded() <= Padded::ONE_REQUEST_MAX
    }

    /// The padded size.
    #[must_use]
    pub fn padded(&self) -> Padded {
        self.sealing.padded()
    }

    /// Goes on as far as it can without the caller.
    ///
    /// # Errors
    /// As [`TipSealing::step`].
    pub fn step(&mut self) -> Result<Step<'_>, SealError> {
        if let Some(digest) = self.hasher.digests().get(self.told) {
            self.told = self.told.saturating_add(1);
            return Ok(Step::PartEnds(*digest));
        }
        Ok(match self.sealing.step()? {
            seal::Step::Read { file, at, len } => Step::Read { file, at, len },
            seal::Step::Sealed(bytes) => {
                self.hasher.update(bytes);
                Step::Sealed(bytes)
            }
            seal::Step::Done => Step::Done(self.hasher.clone().finish()),
        })
    }

    /// As [`TipSealing::feed`].
    ///
    /// # Errors
    /// As [`TipSealing::feed`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        self.sealing.feed(bytes)
    }
}
