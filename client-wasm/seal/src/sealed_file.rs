//! A sealed tip in a file: what the page or this command saved, sent later and from elsewhere.
//!
//! Its bytes stay on the disk, so an upload that broke off goes on where it was, even in another run: the token follows
//! from the file. A letterbox that has the file's head knows as much already.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::GRACE_DAYS;
use tipline_wire::outer::Header;
use tipline_wire::size::{MAX_RECIPIENTS, Padded, prefix_len};
use tipline_wire::tip_id::TipHasher;
use tipline_wire::upload::{Declared, TOKEN};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::upload::Parts;
use crate::uploading::{Sealed, SealedPart};

/// Days for which a week must still be taken when an upload in parts begins.
const DAYS_TO_FINISH: i32 = 3;

/// Why a file is not sent.
#[derive(Debug, thiserror::Error)]
pub enum SealedFileError {
    /// It cannot be opened or read.
    #[error("{0}. Check its name and that you may read it")]
    Unreadable(#[from] io::Error),
    /// A folder, a device, or nothing that was sealed for a letterbox.
    #[error(
        "it is no sealed message, or not whole. Give the file that tipline-seal --out or the page saved, as it was saved"
    )]
    NotSealed,
    /// It became another file.
    #[error("it changed while it was being read. Close the programs that use it, then try again")]
    Changed,
    /// The week is no week.
    #[error("weeks begin on a Monday, as 2026-11-23: look what was said when it was saved")]
    Week,
    /// The letterbox no longer takes that week's tips.
    #[error(
        "its keys are those of the week of {week}, and it had to be sent before {before}: nobody may be able to open it any \
         more. Seal a new one"
    )]
    TooLate {
        /// The Monday.
        week: Date,
        /// The first day that is too late.
        before: Date,
    },
    /// The letterbox has no such week, or other keys for it.
    #[error(
        "this letterbox has no keys of the week of {0} that it could be sealed for. Say with --week which week's keys it has, \
         as was said when it was saved"
    )]
    OtherKeys(Date),
}

/// The first day on which a tip for the week of `week` is not taken any more. A tip in parts needs days to finish.
#[must_use]
pub fn send_before(week: Date, padded: Padded) -> Option<Date> {
    let end = Epoch::starting(week)?.end.plus_days(GRACE_DAYS);
    Some(if padded > Padded::ONE_REQUEST_MAX { end.plus_days(-DAYS_TO_FINISH) } else { end })
}

/// A sealed tip, open for reading.
pub struct SealedFile {
    file: File,
    declared: Declared,
    hasher: TipHasher,
    next: u32,
    token: Zeroizing<[u8; TOKEN]>,
}

impl SealedFile {
    /// Opens the file and finds out what it is, without a key. It is for the week of `week`, which the file does not tell.
    ///
    /// # Errors
    /// See [`SealedFileError`].
    pub fn open(path: &Path, week: Date, today: Date) -> Result<Self, SealedFileError> {
        // Asked before opening: opening a pipe would wait for ever.
        if !path.metadata()?.is_file() {
            return Err(SealedFileError::NotSealed);
        }
        let mut file = File::open(path)?;
        let (recipients, padded) =
            Padded::of_sealed(file.metadata()?.len()).ok_or(SealedFileError::NotSealed)?;
        let mut prefix = vec![0; prefix_len(recipients.min(MAX_RECIPIENTS))];
        file.read_exact(&mut prefix)?;
        Header::parse(&prefix, recipients).map_err(|_| SealedFileError::NotSealed)?;
        file.seek(SeekFrom::Start(0))?;
        let before = send_before(week, padded).ok_or(SealedFileError::Week)?;
        if today >= before {
            return Err(SealedFileError::TooLate { week, before });
        }
        let token =
            Sha256::new_with_prefix(b"tipline-seal upload of a file").chain_update(&prefix).finalize();
        let declared = Declared { epoch: week, recipients, padded };
        let hasher = TipHasher::new(recipients, padded);
        Ok(Self { file, declared, hasher, next: 0, token: Zeroizing::new(token.into()) })
    }

    /// The upload's token.
    #[must_use]
    pub fn token(&self) -> &[u8; TOKEN] {
        &self.token
    }

    /// All of it, for one request.
    ///
    /// # Errors
    /// It cannot be read, or became another file.
    pub fn whole(&mut self) -> Result<Vec<u8>, SealedFileError> {
        self.bytes(0, self.declared.sealed_len())
    }

    fn bytes(&mut self, at: u64, len: u64) -> Result<Vec<u8>, SealedFileError> {
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| SealedFileError::Changed)?];
        self.file.seek(SeekFrom::Start(at))?;
        match self.file.read_exact(&mut bytes) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(SealedFileError::Changed),
            read => Ok(read.map(|()| bytes)?),
        }
    }

    fn part(&mut self) -> Result<Sealed, SealedFileError> {
        let Some((at, len)) = self.declared.part(self.next) else {
            return Ok(Sealed::All(self.hasher.clone().finish()));
        };
        let bytes = self.bytes(at, len)?;
        self.hasher.update(&bytes);
        self.next = self.next.saturating_add(1);
        let digest = Sha256::digest(&bytes).into();
        Ok(Sealed::Part(SealedPart { bytes, digest }))
    }
}

impl Parts for SealedFile {
    fn declared(&self) -> Declared {
        self.declared
    }

    fn next_part(&mut self) -> Result<Sealed, Error> {
        self.part().map_err(Error::SealedFile)
    }
}
