//! The store: what a letterbox can do, and its two kinds.
//!
//! [`Letterbox`] speaks of tips, never of keys and values, so that another engine can come behind it. [`sled_store`] is
//! the real one and the only folder that names sled; [`model`] holds everything in memory, for tests. Both pass one
//! conformance suite.

mod ballast;
mod committer;
mod durable;
mod home;
pub mod model;
mod record;
mod shelf;
mod sled_store;
mod space;
mod volume;

use std::future::Future;

use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

pub use home::{Home, HomeError};
pub use sled_store::{Options, SledStore};

/// Bytes of a tip that are stored, checked and read together.
pub const CHUNK: usize = 16_384;

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
    /// Chunks of [`CHUNK`] bytes, the last one shorter.
    pub chunks: u32,
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
    /// The store is being closed.
    #[error("the store is closing")]
    Closing,
}

/// Room for a body that is about to be read, given back when it is dropped.
pub trait Reservation: Send + 'static {}

/// Where sealed tips are kept: put, listed, read. What was acknowledged stays.
pub trait Letterbox: Send + Sync + 'static {
    /// See [`Letterbox::reserve`].
    type Room: Reservation;

    /// Sets room aside for `bytes` of a tip before they are read.
    ///
    /// # Errors
    /// [`StoreError::Full`].
    fn reserve(&self, bytes: u64) -> Result<Self::Room, StoreError>;

    /// Keeps a tip; done when it is durable: it then survives a kill, a power cut and a full disk. The same id twice is
    /// one tip, and both times it is kept.
    ///
    /// # Errors
    /// Nothing was acknowledged; the tip may be sent again.
    fn keep(&self, tip: SealedTip) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether the tip is kept, durably.
    fn has(&self, id: &TipId) -> bool;

    /// Every tip, in the order in which the store reads them fastest. Blocks.
    ///
    /// # Errors
    /// The store failed.
    fn tips(&self) -> Result<Vec<TipRecord>, StoreError>;

    /// One chunk of a tip, its digest checked. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when there is no such chunk, [`StoreError::Damaged`] when it was changed.
    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError>;

    /// Done once the store failed, so that nothing more can be acknowledged before a new start; otherwise never.
    fn failure(&self) -> impl Future<Output = ()> + Send;

    /// Ends the store after everything it was given is durable. Blocks.
    fn close(&self);
}

#[cfg(test)]
mod conformance;
