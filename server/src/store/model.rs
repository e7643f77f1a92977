//! A letterbox in memory: the model that the real one is compared with, and a store for tests of the doors.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tipline_wire::tip_id::TipId;

use super::record::record_of;
use super::{CHUNK, Letterbox, Reservation, SealedTip, StoreError, TipRecord};

/// Keeps tips until it is dropped.
#[derive(Debug, Default)]
pub struct Model {
    tips: Mutex<BTreeMap<TipId, SealedTip>>,
}

/// The model has room for everything.
#[derive(Debug)]
pub struct Unbounded;

impl Reservation for Unbounded {}

impl Model {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TipId, SealedTip>> {
        self.tips.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Letterbox for Model {
    type Room = Unbounded;

    fn reserve(&self, _bytes: u64) -> Result<Unbounded, StoreError> {
        Ok(Unbounded)
    }

    async fn keep(&self, tip: SealedTip) -> Result<(), StoreError> {
        self.lock().entry(tip.id).or_insert(tip);
        Ok(())
    }

    fn has(&self, id: &TipId) -> bool {
        self.lock().contains_key(id)
    }

    fn tips(&self) -> Result<Vec<TipRecord>, StoreError> {
        Ok(self.lock().values().filter_map(record_of).collect())
    }

    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let chunk = usize::try_from(chunk).map_err(|_| StoreError::Unknown)?;
        let tips = self.lock();
        let tip = tips.get(id).ok_or(StoreError::Unknown)?;
        tip.bytes.chunks(CHUNK).nth(chunk).map(<[u8]>::to_vec).ok_or(StoreError::Unknown)
    }

    async fn failure(&self) {
        std::future::pending().await
    }

    fn close(&self) {}
}
