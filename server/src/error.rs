//! What can go wrong with a command, as one line for a person: what was being done, what was wrong, what to do.

use std::io;
use std::path::PathBuf;

use crate::backup::half::BackupFault;
use crate::client::verify::PickupFault;
use crate::office::OfficeError;
use crate::page::PageError;
use crate::store::HomeError;
use crate::tls::TlsError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong: exit code 2.
    #[error("{0}; `tipline-server --help` shows how it is used")]
    Usage(String),
    /// The configuration is wrong.
    #[error("the configuration {} cannot be used: {why}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// Something that must be set is not.
    #[error("{0}")]
    Missing(&'static str),
    /// An address can't be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// As it was given.
        address: String,
        /// What was wrong and what to do.
        why: String,
    },
    /// The pickup's file is there already.
    #[error("cannot write the pickup: {} is there already and is never replaced; give another name with --out", .0.display())]
    PickupThere(PathBuf),
    /// A file can't be read or written.
    #[error("cannot {what} {}: {fault}", path.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        fault: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The page.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The documents.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The running server can't be reached.
    #[error("cannot reach the server at {}: {fault}; is it running, and are you its user or root?", path.display())]
    Unreachable {
        /// The operator's socket.
        path: PathBuf,
        /// What the system said.
        fault: io::Error,
    },
    /// No key could be made.
    #[error("cannot make the key: {0}")]
    NoKey(String),
    /// The courier's door can't be reached.
    #[error("cannot reach the courier's door: {0}; check its address, then run the same command again")]
    NoDoor(String),
    /// Who answers there is not the pinned letterbox, or not today.
    #[error(
        "whoever answers there is not the letterbox with the given --pin, or speaks no TLS 1.3 with X25519MLKEM768 ({0}): nothing was sent; ask the operator for the pin of its certificate"
    )]
    Handshake(io::Error),
    /// The letterbox closed the door.
    #[error(
        "the letterbox did not let this courier in ({0}): is this certificate's pin among the letterbox's courier_pins, and is the certificate still valid? If so, run the same command again"
    )]
    NotLetIn(String),
    /// The server's answer can't be used.
    #[error("the server's answer was cut off or malformed: {0}; run the same command again")]
    Answer(String),
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The server refused a file; what was in force stays.
    #[error("the server refused {}: {why}", path.display())]
    RefusedFile {
        /// The file.
        path: PathBuf,
        /// What was wrong, and what to do.
        why: String,
    },
    /// A pickup is not what its own lists say.
    #[error("the pickup in {} is not sound: {fault}; it was not put in place. Run the same command again", path.display())]
    Pickup {
        /// The unfinished file.
        path: PathBuf,
        /// What was wrong.
        fault: PickupFault,
    },
    /// A backup is not sound; nothing was put in place.
    #[error("the backup {} cannot be used: {fault}", path.display())]
    Backup {
        /// The file, or the folder in which it was made.
        path: PathBuf,
        /// What was wrong.
        fault: BackupFault,
    },
    /// The doctor found something.
    #[error("{0} checks failed: the lines that begin with `mend` say what to do")]
    ToMend(usize),
    /// The monitor found a fault.
    #[error("{0}")]
    Fault(String),
    /// The monitor could not look: exit code 2.
    #[error("{0}")]
    Unchecked(String),
    /// The store failed while serving.
    #[error("the store failed: free some space or look at the disk, then start the server again")]
    StoreFailed,
}

impl Error {
    /// 2 for wrong usage and for what could not be checked, 1 for everything else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_) | Self::Unchecked(_)) { 2 } else { 1 }
    }
}
