//! The store: what a letterbox can do, and its two kinds.
//!
//! [`Letterbox`] speaks of tips, never of keys and values, so that another engine can come behind it. [`sled_store`] is
//! the real one and the only folder that names sled; [`model`] holds everything in memory, for tests. Both pass one
//! conformance suite.

mod ahead;
mod archive;
mod ballast;
mod beginning;
mod buckets;
mod catalog;
mod committer;
mod documents;
mod durable;
mod guards;
mod home;
mod index_file;
mod key;
mod layout;
pub mod model;
mod reading;
mod record;
mod restoring;
mod round;
mod shelf;
mod sled_store;
mod space;
mod start;
mod uploads;
mod volume;

use std::collections::BTreeSet;
use std::fs::File;
use std::future::Future;

use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held, UploadKey};

pub use archive::{Archived, SealedFile};
pub use home::{FORMAT, Home, HomeError};
pub use key::is_erased;
pub use restoring::Restoring;
pub use sled_store::{Options, SledStore};

/// Most bytes of a tip that are stored, checked and read together: a sixth of the longest part of an upload.
pub const CHUNK: usize = 176_896;

/// A sealed tip on its way into the store; its outer form was checked.
#[derive(Debug, Clone)]
pub struct SealedTip {
    /// Its name, computed from its bytes.
    pub id: TipId,
    /// The Monday its epoch begins.
    pub epoch: Date,
    /// The age file.
    pub bytes: Vec<u8>,
}

/// What the store knows of a tip: no time finer than the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TipRecord {
    /// Its name.
    pub id: TipId,
    /// The Monday its epoch begins.
    pub epoch: Date,
    /// Bytes of the age file.
    pub size: u64,
    /// Pieces in which it is read, each as long as [`TipRecord::chunk_len`] says and at most [`CHUNK`] bytes.
    pub chunks: u32,
}

/// One part of an upload; its length and digest were checked, of part 0 the outer form as well.
#[derive(Debug, Clone)]
pub struct Part {
    /// From 0.
    pub number: u32,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// Exactly as many as the upload's [`Declared::part`] says.
    pub bytes: Vec<u8>,
}

/// A document that the store keeps as it is, durably, until another replaces it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// The root's intake document.
    Intake,
    /// A desk's site document.
    Site,
    /// A desk's board.
    Board,
    /// A desk's acknowledgement of a pickup.
    Acknowledgement {
        /// The pickup's id.
        pickup: [u8; 16],
        /// The desk's name, as [`tipline_wire::intake::Desk::is_name`] allows it.
        desk: String,
    },
    /// How many days the server ran, which is what acknowledged tips wait for.
    Calendar,
}

impl Document {
    /// The name under which it is kept: no path, whatever the desk is called.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Intake => "intake".into(),
            Self::Site => "site".into(),
            Self::Board => "board".into(),
            Self::Calendar => "calendar".into(),
            Self::Acknowledgement { pickup, desk } => format!("ack.{}.{desk}", hex::encode(pickup)),
        }
    }

    /// The document with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "intake" => Some(Self::Intake),
            "site" => Some(Self::Site),
            "board" => Some(Self::Board),
            "calendar" => Some(Self::Calendar),
            _ => {
                let (pickup, desk) = name.strip_prefix("ack.")?.split_once('.')?;
                let desk = Some(desk).filter(|desk| tipline_wire::intake::Desk::is_name(desk))?;
                Some(Self::Acknowledgement { pickup: hex::decode(pickup)?, desk: desk.into() })
            }
        }
    }
}

/// For whom room on the disk is asked: large tips must leave some to small ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// A tip in one request.
    Small,
    /// A part of an upload.
    Large,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Tips that are gone for good, their keys erased.
    pub tips: u64,
    /// Tips that are hidden, and go when the rest of their volume may.
    pub waiting: u64,
}

/// Why the store did not do it. No variant carries a visitor's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room; nothing was kept.
    #[error("the disk has no room for more tips: free some space or pick up")]
    Full,
    /// The disk or the engine failed; nothing more is acknowledged until a new start.
    #[error("the store failed: {0}")]
    Broken(String),
    /// A tip's bytes no longer match their digest.
    #[error("a tip is damaged on the disk")]
    Damaged,
    /// There is no such tip.
    #[error("there is no such tip")]
    Unknown,
    /// There is no such upload: it was never begun, was committed, or was given up.
    #[error("there is no such upload")]
    NoUpload,
    /// The upload began differently, that part is held with other bytes, or the parts are not those of that id.
    #[error("the upload holds other bytes")]
    OtherBytes,
    /// Parts are missing.
    #[error("parts of the upload are missing")]
    MissingPart,
    /// The store is being closed.
    #[error("the store is closing")]
    Closing,
}

/// Room for a body that is about to be read, given back when it is dropped.
pub trait Reservation: Send + 'static {}

/// Where sealed tips are kept: put, listed, read, removed. What was acknowledged stays until it is removed.
pub trait Letterbox: Send + Sync + 'static {
    /// See [`Letterbox::reserve`].
    type Room: Reservation;

    /// Sets room aside for `bytes` before they are read.
    ///
    /// # Errors
    /// [`StoreError::Full`].
    fn reserve(&self, share: Share, bytes: u64) -> Result<Self::Room, StoreError>;

    /// How much of the disk is used, in percent, 0 to 100.
    ///
    /// # Errors
    /// The disk can't be asked.
    fn fullness(&self) -> Result<u8, StoreError>;

    /// Keeps a tip; done when it is durable: it then survives a kill, a power cut and a full disk. The same id twice is
    /// one tip, and both times it is kept; once it was found damaged, the copy that comes then is kept instead.
    ///
    /// # Errors
    /// Nothing was acknowledged; the tip may be sent again.
    fn keep(&self, tip: SealedTip) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether the tip is kept, durably; it may be damaged.
    fn has(&self, id: &TipId) -> bool;

    /// Whether the tip is kept, durably, and no read since the start found it damaged: another copy adds nothing.
    fn has_whole(&self, id: &TipId) -> bool;

    /// Begins an upload, in memory only: before its first part nothing is durable. The same upload twice is one.
    ///
    /// # Errors
    /// [`StoreError::OtherBytes`] when it began differently.
    fn begin(&self, upload: UploadKey, declared: Declared) -> Result<(), StoreError>;

    /// Keeps a part; done when it is durable. The same bytes again are kept once, and both times it is kept.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`], [`StoreError::OtherBytes`], or nothing was acknowledged.
    fn put_part(&self, upload: UploadKey, part: Part) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What an upload declared, and which parts are held, durably.
    fn upload(&self, upload: &UploadKey) -> Option<(Declared, Held)>;

    /// Which tip an upload became, if that was of late: whoever owns it may not have heard.
    fn committed(&self, upload: &UploadKey) -> Option<TipId>;

    /// Every upload under way, also those of before a restart that have a part.
    fn uploads(&self) -> Vec<UploadKey>;

    /// Makes a whole upload the tip `id`; done when that is durable. The upload is then over.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`], [`StoreError::MissingPart`], or [`StoreError::OtherBytes`] when the parts are not those of
    /// `id`.
    fn commit(&self, upload: UploadKey, id: TipId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends an upload without a tip: its parts go with their volumes.
    fn give_up(&self, upload: &UploadKey);

    /// Every tip, in the order in which the store reads them fastest. Blocks.
    ///
    /// # Errors
    /// The store failed.
    fn tips(&self) -> Result<Vec<TipRecord>, StoreError>;

    /// One chunk of a tip, found unchanged. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when there is no such chunk, [`StoreError::Damaged`] when it was changed.
    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError>;

    /// Removes these tips and no other: at once from every list, from the disk with their volume, whose key is erased.
    /// Ids that are not there are passed over.
    ///
    /// # Errors
    /// The disk failed.
    fn remove(&self, ids: BTreeSet<TipId>) -> impl Future<Output = Result<Removed, StoreError>> + Send;

    /// A document as it was published. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError>;

    /// Every document there is. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn documents(&self) -> Result<Vec<Document>, StoreError>;

    /// Replaces a document, durably. Blocks.
    ///
    /// # Errors
    /// The disk failed; the old one is still there.
    fn publish(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError>;

    /// Removes a document, durably. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn withdraw(&self, document: &Document) -> Result<(), StoreError>;

    /// How many volumes were set aside since they are damaged, and still lie there: which tips they hold is not known. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn set_aside(&self) -> Result<usize, StoreError>;

    /// Every file that a backup has: what is sealed, its keys before it, the documents. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn archive(&self) -> Result<Vec<Archived>, StoreError>;

    /// One of them, open for reading; `None` when it was removed meanwhile, or its key erased. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    fn open_archived(&self, archived: &Archived) -> Result<Option<File>, StoreError>;

    /// Done once the store failed, so that nothing more can be acknowledged before a new start; otherwise never.
    fn failure(&self) -> impl Future<Output = ()> + Send;

    /// Ends the store after everything it was given is durable. Blocks.
    fn close(&self);
}

#[cfg(test)]
mod conformance;
