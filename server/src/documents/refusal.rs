//! Why a document is not installed, as one sentence: what is wrong with it, and what to do. The one before it stays.

use tipline_wire::ack::AckError;
use tipline_wire::board::BoardError;
use tipline_wire::intake::IntakeError;
use tipline_wire::site::SiteError;
use tipline_wire::sshsig::Fingerprint;

use crate::store::StoreError;

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Document and signature don't follow each other.
    #[error("a signed document was expected: the document, then the signature that ssh-keygen -Y sign made")]
    NotSigned,
    /// It begins like none of ours.
    #[error(
        "it is no intake document, site document, board or acknowledgement: give the file as the desk wrote it"
    )]
    Unknown,
    /// An acknowledgement where a document to be shown belongs.
    #[error("it is an acknowledgement, which is not published: hand it in with `pickup --acknowledge`")]
    AnAck,
    /// Something to be shown where an acknowledgement belongs.
    #[error("it is no acknowledgement: `publish` installs intake documents, site documents and boards")]
    NotAnAck,
    /// Malformed, or its signature is.
    #[error("{0}: give both files as they were written")]
    Intake(#[from] IntakeError),
    /// Malformed, or its signature is.
    #[error("{0}: give both files as the desk wrote them")]
    Site(#[from] SiteError),
    /// Malformed, or its signature is.
    #[error("{0}: give both files as the desk wrote them")]
    Board(#[from] BoardError),
    /// Malformed, or its signature is.
    #[error("{0}: give both files as the desk wrote them")]
    Ack(#[from] AckError),
    /// Another root.
    #[error("it was signed by the key {0}, not by this letterbox's root: check `root` in the configuration")]
    AnotherRoot(Fingerprint),
    /// Signed by no desk in force: by the root, by a desk that was dropped, by anybody.
    #[error(
        "it was signed by the key {signer}, which is no desk of the intake document {serial} in force: sign it at one of \
         its desks ({desks}), or publish the intake document that names that key first"
    )]
    NoDesk {
        /// Whose signature it bears.
        signer: Fingerprint,
        /// The names of those who may.
        desks: String,
        /// Of the intake document in force.
        serial: u64,
    },
    /// No desk is known yet.
    #[error("no desk is known yet: publish the intake document first")]
    NoIntake,
    /// Not newer than the installed one.
    #[error(
        "its serial {found} is not above that of the installed document, {installed}: sign it with a higher one"
    )]
    Stale {
        /// In the new document.
        found: u64,
        /// In the installed one.
        installed: u64,
    },
    /// A site document for another organisation.
    #[error(
        "it belongs to the root {found}, not to this letterbox's, {here}: make it at a desk of this root"
    )]
    OtherRoot {
        /// In the document.
        found: Fingerprint,
        /// Of this letterbox.
        here: Fingerprint,
    },
    /// A site document under another name.
    #[error(
        "it names the organisation otherwise than the intake document does, \"{here}\": make it again with that name"
    )]
    OtherOrg {
        /// In the intake document.
        here: String,
    },
    /// A site document that forbids the page which runs here.
    #[error(
        "it does not accept the page that this server shows, {template}: add this digest to its pages and sign it again, \
         or install a page that it accepts"
    )]
    Page {
        /// SHA-256 of the template, 64 hex digits.
        template: String,
    },
    /// A board that was made beside another intake document.
    #[error(
        "it was made for another intake document than the one in force ({serial}): make the board again at a desk that \
         has this one"
    )]
    OtherIntake {
        /// Of the intake document in force.
        serial: u64,
    },
    /// A board of another size.
    #[error("it has {found} slots, but the intake document says {said}: make the board again")]
    Slots {
        /// In the board.
        found: u16,
        /// In the intake document.
        said: u16,
    },
    /// An acknowledgement to another letterbox.
    #[error("it is for the letterbox {found}, but this one is {here}: hand it in there")]
    OtherSite {
        /// In the document.
        found: String,
        /// In the intake document in force.
        here: String,
    },
    /// What a desk called damaged is not called whole by an older word of it.
    #[error(
        "the desk has said of this pickup that {0} of these tips came damaged: fetch a new pickup, and hand in what the \
         desk writes about that"
    )]
    SaidDamaged(usize),
    /// It could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
