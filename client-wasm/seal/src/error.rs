//! Everything that can go wrong, as one line: what was being done, what was wrong, what to do.

use std::path::PathBuf;

use tipline_core::documents::Reason;
use tipline_core::notice::NoNotice;
use tipline_envelope::SealError;
use tipline_wire::date::Date;

use crate::board;
use crate::evidence::FileError;
use crate::flags::UsageError;
use crate::keys::{self, NoDocument};
use crate::letterbox::LetterboxError;
use crate::page::NotAPage;
use crate::saved::SaveError;
use crate::sealed_file::SealedFileError;
use crate::single::SingleError;
use crate::statement::ReportError;
use crate::world::NoRandomness;

/// Why nothing was kept or saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command itself.
    #[error("{0}")]
    Usage(#[from] UsageError),
    /// The report.
    #[error("reading the report: {0}")]
    Report(#[from] ReportError),
    /// One file.
    #[error("reading {}: {error}. Nothing was sent", shown(.path))]
    File {
        /// As it was given.
        path: PathBuf,
        /// What is wrong with it.
        error: FileError,
    },
    /// More than one tip holds.
    #[error("all together is over 1 GiB, more than one message holds. Send the files in several messages")]
    TooLarge,
    /// The intake document's file.
    #[error("reading the intake document: {0}")]
    NoDocument(#[from] NoDocument),
    /// The page could not be loaded.
    #[error("loading the letterbox's page: {0}. Nothing was sent")]
    NoPage(LetterboxError),
    /// What was loaded is no page.
    #[error("reading the letterbox's page: {0}. Nothing was sent")]
    NotAPage(#[from] NotAPage),
    /// Its documents are not accepted.
    #[error("checking the letterbox's keys: {}. Nothing was sent", keys::sentence(.0))]
    Keys(#[from] Reason),
    /// Its board is not accepted.
    #[error("reading the letterbox's board: {}. Nothing was sent", board::refusal(*.0))]
    Board(#[from] NoNotice),
    /// Nobody compared the letterbox's fingerprint.
    #[error(
        "comparing the letterbox's fingerprint: nobody has, and whoever holds the server could have put keys of their own \
         there. Only if these are the six groups on paper, run it again with --fingerprint \"{0}\". Nothing was sent"
    )]
    NotCompared(String),
    /// No randomness.
    #[error("{0}")]
    Random(#[from] NoRandomness),
    /// Sealing.
    #[error("sealing: {0}. Nothing was sent; try again")]
    Seal(#[from] SealError),
    /// One file for one recipient.
    #[error("sealing {}: {error}. Nothing was saved", shown(.path))]
    Single {
        /// As it was given.
        path: PathBuf,
        /// What is wrong with it.
        error: SingleError,
    },
    /// Saving.
    #[error("saving to {}: {error}", shown(.path))]
    Save {
        /// Where to.
        path: PathBuf,
        /// What is wrong.
        error: SaveError,
    },
    /// The tip was sealed and not acknowledged.
    #[error("sending the sealed message: {error}. {} {}", .arrival, kept_where(.saved.as_ref()))]
    Send {
        /// The last attempt's fault.
        error: LetterboxError,
        /// Whether it may have arrived all the same.
        arrival: Arrival,
        /// Where the sealed message is, and how it is sent later.
        saved: Option<Later>,
    },
    /// A sealed file.
    #[error("reading the sealed file: {0}. Nothing was sent")]
    SealedFile(SealedFileError),
    /// A sealed file was not acknowledged.
    #[error(
        "sending the sealed file: {error}. {arrival} The file stays as it is: run the same command again, it goes on with what \
         is missing"
    )]
    Deliver {
        /// The last attempt's fault.
        error: LetterboxError,
        /// Whether it may have arrived all the same.
        arrival: Arrival,
    },
    /// Somebody ended it.
    #[error("you ended it, or the terminal was closed")]
    Left,
    /// Something else that a person was told of in their language.
    #[error("{0}")]
    Told(Box<Self>),
    /// Nobody to ask.
    #[error(
        "there is nothing to tell, and nobody types here: give --report or --file, or --ask on a terminal"
    )]
    NobodyThere,
    /// Standard output is gone.
    #[error(
        "writing the answer: {0}. Make room where it goes. What was said before it is done: do not send again for this"
    )]
    Output(#[from] std::io::Error),
}

/// Whether a message that was not acknowledged may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Arrival {
    /// The answer is missing that would say so.
    #[error(
        "It is not known to have arrived; if it has, and it is sealed and sent once more, the organisation sees it twice."
    )]
    Unknown,
    /// Parts of it are missing there.
    #[error("It has not arrived whole, and the organisation sees nothing of it.")]
    Not,
}

impl Error {
    /// 2 for a wrong command, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Told(error) => error.exit_code(),
            Self::Usage(_) | Self::NobodyThere => 2,
            _ => 1,
        }
    }
}

/// A path as one harmless line.
#[must_use]
pub fn shown(path: &std::path::Path) -> String {
    tipline_report::visible::line(&path.to_string_lossy())
}

/// A sealed tip that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// Where.
    pub path: PathBuf,
    /// The Monday of the week whose keys it has.
    pub week: Date,
    /// The first day on which it is too late to send it.
    pub before: Date,
}

impl std::fmt::Display for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, week, before } = self;
        write!(
            f,
            "Send it before {before}, with: tipline-seal --send {} --week {week} --to-site ADDRESS --fingerprint \"SIX GROUPS\"",
            shown(path)
        )
    }
}

fn kept_where(saved: Option<&Later>) -> String {
    match saved {
        Some(later) => format!("It is saved in {}. {later}", shown(&later.path)),
        None => "It was not saved: run the command again later, with --out if you want to keep it".to_owned(),
    }
}
