//! An upload's course as a machine: what to do next, given the letterbox's last answer. No I/O, no clock, no randomness:
//! whatever a hostile letterbox says is only a value here.
//!
//! A part is sealed once, kept until the letterbox acknowledged it, and then gone. So an upload whose acknowledged parts
//! were lost cannot be mended: sealing them again under the same file key is what must never happen. Only a tip that was
//! sealed into a file can be sent again from its front, and what an earlier run brought there is passed over.

use std::collections::VecDeque;

use tipline_wire::answer::Say;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held};

use crate::patience::Pace;

/// The most sealed parts in memory: one on its way, one that is ready.
const MOST_KEPT: usize = 2;
/// How often an upload is begun anew because the letterbox forgot it before it had acknowledged anything.
const MOST_BEGINS: u32 = 8;

/// A sealed part with its SHA-256 digest.
#[derive(Debug, PartialEq, Eq)]
pub struct SealedPart {
    /// As they travel.
    pub bytes: Vec<u8>,
    /// Of these bytes.
    pub digest: [u8; 32],
}

/// What sealing gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The next part.
    Part(SealedPart),
    /// There was no further part; the tip's name.
    All(TipId),
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// Seal on, and [`Uploading::sealed`].
    Seal,
    /// Ask the letterbox this, then [`Uploading::answered`] or [`Uploading::broke`].
    Ask(Request<'a>),
    /// The tip is kept.
    Done,
}

/// A request of an upload.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// `POST /uploads`
    Begin,
    /// `GET /uploads`
    Look,
    /// `PUT /uploads/parts/{number}`
    Part {
        /// From 0.
        number: u32,
        /// What is sent.
        part: &'a SealedPart,
    },
    /// `POST /uploads/commit`
    Commit(TipId),
}

/// What a letterbox answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One of its codes.
    Say(Say),
    /// The parts that it holds.
    Held(Held),
}

/// Why an upload cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The letterbox refused for a reason that does not pass.
    #[error("it does not take this upload ({})", .0.code())]
    Refused(Say),
    /// Parts that it had acknowledged are gone.
    #[error(
        "it no longer has {0} parts that it had acknowledged, and a part is never sealed twice. Run the command again: it \
         begins from the front, with a new sealing unless you send a saved file"
    )]
    Lost(u32),
    /// An answer that does not belong to the request.
    #[error(
        "it gave an answer that does not belong to an upload. This program may be older or newer than the letterbox"
    )]
    Strange,
}

/// One upload.
pub struct Uploading {
    declared: Declared,
    begun: bool,
    begins: u32,
    /// Whether the letterbox may hold the part that was on its way.
    unsure: bool,
    /// Whether an earlier run may have brought parts there.
    resumes: bool,
    /// What the letterbox held when this run began.
    there: Option<Held>,
    acknowledged: u32,
    /// Sealed and not acknowledged, in order; the first has the number `acknowledged`.
    kept: VecDeque<SealedPart>,
    id: Option<TipId>,
    done: bool,
}

impl Uploading {
    /// An upload that has not begun.
    #[must_use]
    pub fn new(declared: Declared) -> Self {
        Self {
            declared,
            begun: false,
            begins: 0,
            unsure: false,
            resumes: false,
            there: None,
            acknowledged: 0,
            kept: VecDeque::new(),
            id: None,
            done: false,
        }
    }

    /// An upload of a file, which another run may have begun.
    #[must_use]
    pub fn resuming(declared: Declared) -> Self {
        Self { resumes: true, ..Self::new(declared) }
    }

    /// What to do now.
    #[must_use]
    pub fn next(&self) -> Next<'_> {
        match (self.kept.front(), self.id) {
            _ if self.done => Next::Done,
            _ if !self.begun => Next::Ask(Request::Begin),
            _ if self.unsure => Next::Ask(Request::Look),
            (Some(part), _) => Next::Ask(Request::Part { number: self.acknowledged, part }),
            (None, Some(id)) => Next::Ask(Request::Commit(id)),
            (None, None) => Next::Seal,
        }
    }

    /// Whether there is room to seal on while a part is on its way.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.id.is_none() && self.kept.len() < MOST_KEPT
    }

    /// Takes what was sealed next.
    ///
    /// # Errors
    /// [`UploadError::Strange`] when there is no room, or not as many parts came as the size has: a fault of the caller.
    pub fn sealed(&mut self, sealed: Sealed) -> Result<(), UploadError> {
        let count = u32::try_from(self.kept.len()).ok().and_then(|kept| self.acknowledged.checked_add(kept));
        match sealed {
            _ if !self.has_room() => return Err(UploadError::Strange),
            Sealed::Part(part) => self.kept.push_back(part),
            Sealed::All(id) if count == Some(self.declared.parts()) => self.id = Some(id),
            Sealed::All(_) => return Err(UploadError::Strange),
        }
        // Who claims parts that it lacks gains nothing: it is asked to commit, and says then what is missing.
        if self.there.as_ref().is_some_and(|there| there.has(self.acknowledged)) && self.kept.len() == 1 {
            self.acknowledge();
        }
        Ok(())
    }

    /// Takes the answer to the request of [`Self::next`].
    ///
    /// # Errors
    /// See [`UploadError`]; the upload is over then.
    pub fn answered(&mut self, answer: &Answer) -> Result<Pace, UploadError> {
        let Next::Ask(asked) = self.next() else { return Err(UploadError::Strange) };
        let say = match (&asked, answer) {
            (Request::Look, Answer::Held(held)) => return self.look(held),
            (_, Answer::Held(_)) => return Err(UploadError::Strange),
            (_, Answer::Say(say)) => *say,
        };
        match (asked, say) {
            (Request::Begin, Say::Begun) => {
                self.begun = true;
                self.unsure |= self.resumes && self.there.is_none();
            }
            (Request::Part { .. }, Say::PartKept) => self.acknowledge(),
            (Request::Commit(_), Say::Kept) => self.done = true,
            (Request::Commit(_), Say::MissingPart) => return Err(UploadError::Lost(self.acknowledged)),
            (Request::Look | Request::Part { .. } | Request::Commit(_), Say::NoUpload) => {
                return self.forgotten();
            }
            (_, Say::Full) => return Ok(Pace::Later),
            (_, Say::TooSlow | Say::Broken) => return Ok(self.broke()),
            // On its way something was damaged; the part itself is kept here.
            (Request::Part { .. }, Say::WrongDigest) => return Ok(Pace::Soon),
            (_, say) if say.status() >= 400 => return Err(UploadError::Refused(say)),
            _ => return Err(UploadError::Strange),
        }
        Ok(Pace::Now)
    }

    /// The connection broke during the request of [`Self::next`]: the letterbox may have had all of it, or nothing.
    pub fn broke(&mut self) -> Pace {
        self.unsure |= matches!(self.next(), Next::Ask(Request::Part { .. }));
        Pace::Soon
    }

    /// What it said when it began.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Parts that the letterbox acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// Bytes that the letterbox acknowledged.
    #[must_use]
    pub fn acknowledged_bytes(&self) -> u64 {
        self.declared.part(self.acknowledged).map_or(self.declared.sealed_len(), |(begin, _)| begin)
    }

    fn acknowledge(&mut self) {
        if self.kept.pop_front().is_some() {
            self.acknowledged = self.acknowledged.saturating_add(1);
        }
    }

    fn look(&mut self, held: &Held) -> Result<Pace, UploadError> {
        if held.count() != self.declared.parts() {
            return Err(UploadError::Strange);
        }
        if !(0..self.acknowledged).all(|number| held.has(number)) {
            return Err(UploadError::Lost(self.acknowledged));
        }
        // Only the part that was on its way can have arrived: what else the letterbox claims is no acknowledgement.
        if held.has(self.acknowledged) {
            self.acknowledge();
        }
        if self.resumes && self.there.is_none() {
            self.there = Some(held.clone());
        }
        self.unsure = false;
        Ok(Pace::Now)
    }

    /// The letterbox was started anew before anything was durable, or the upload is too old.
    fn forgotten(&mut self) -> Result<Pace, UploadError> {
        if self.acknowledged > 0 || self.begins >= MOST_BEGINS {
            return Err(UploadError::Lost(self.acknowledged));
        }
        self.begins = self.begins.saturating_add(1);
        self.there = None;
        (self.begun, self.unsure) = (false, false);
        Ok(Pace::Soon)
    }
}

#[cfg(test)]
#[path = "uploading_tests.rs"]
mod tests;
