//! A letterbox in memory: the model that the real one is compared with, and a store for tests of the doors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held, UploadKey};

use super::layout::fits;
use super::{
    Archived, Document, Letterbox, Part, Removed, Reservation, SealedTip, Share, StoreError, TipRecord,
};

/// Keeps tips until it is dropped.
#[derive(Debug, Default)]
pub struct Model(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    tips: BTreeMap<TipId, SealedTip>,
    uploads: BTreeMap<UploadKey, Upload>,
    committed: BTreeMap<UploadKey, TipId>,
    documents: BTreeMap<Document, Vec<u8>>,
}

#[derive(Debug)]
struct Upload {
    declared: Declared,
    parts: BTreeMap<u32, Part>,
}

/// The model has room for everything.
#[derive(Debug)]
pub struct Unbounded;

impl Reservation for Unbounded {}

impl Model {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    /// All parts in order, if they are those of `id`.
    fn whole(&self, id: TipId) -> Result<SealedTip, StoreError> {
        let count = self.declared.parts();
        let parts: Option<Vec<&Part>> = (0..count).map(|number| self.parts.get(&number)).collect();
        let parts = parts.ok_or(StoreError::MissingPart)?;
        if TipId::of_parts(count, parts.iter().map(|part| part.digest)) != id {
            return Err(StoreError::OtherBytes);
        }
        let bytes = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
        Ok(SealedTip { id, epoch: self.declared.epoch, bytes })
    }
}

impl Letterbox for Model {
    type Room = Unbounded;

    fn reserve(&self, _share: Share, _bytes: u64) -> Result<Unbounded, StoreError> {
        Ok(Unbounded)
    }

    fn fullness(&self) -> Result<u8, StoreError> {
        Ok(0)
    }

    async fn keep(&self, tip: SealedTip) -> Result<(), StoreError> {
        self.lock().tips.entry(tip.id).or_insert(tip);
        Ok(())
    }

    fn has(&self, id: &TipId) -> bool {
        self.lock().tips.contains_key(id)
    }

    fn has_whole(&self, id: &TipId) -> bool {
        self.has(id)
    }

    fn begin(&self, upload: UploadKey, declared: Declared) -> Result<(), StoreError> {
        let mut content = self.lock();
        let begun =
            content.uploads.entry(upload).or_insert_with(|| Upload { declared, parts: BTreeMap::new() });
        if begun.declared == declared { Ok(()) } else { Err(StoreError::OtherBytes) }
    }

    async fn put_part(&self, upload: UploadKey, part: Part) -> Result<(), StoreError> {
        let mut content = self.lock();
        let upload = content.uploads.get_mut(&upload).ok_or(StoreError::NoUpload)?;
        if !fits(&upload.declared, &part) {
            return Err(StoreError::OtherBytes);
        }
        let held = upload.parts.entry(part.number).or_insert_with(|| part.clone());
        if held.digest == part.digest { Ok(()) } else { Err(StoreError::OtherBytes) }
    }

    fn upload(&self, upload: &UploadKey) -> Option<(Declared, Held)> {
        let content = self.lock();
        let upload = content.uploads.get(upload)?;
        let held = (0..upload.declared.parts()).map(|number| upload.parts.contains_key(&number));
        Some((upload.declared, Held::new(held.collect())))
    }

    fn committed(&self, upload: &UploadKey) -> Option<TipId> {
        self.lock().committed.get(upload).copied()
    }

    fn uploads(&self) -> Vec<UploadKey> {
        self.lock().uploads.keys().copied().collect()
    }

    async fn commit(&self, upload: UploadKey, id: TipId) -> Result<(), StoreError> {
        let mut content = self.lock();
        let tip = content.uploads.get(&upload).ok_or(StoreError::NoUpload)?.whole(id)?;
        content.tips.entry(id).or_insert(tip);
        content.uploads.remove(&upload);
        content.committed.insert(upload, id);
        Ok(())
    }

    fn give_up(&self, upload: &UploadKey) {
        self.lock().uploads.remove(upload);
    }

    fn tips(&self) -> Result<Vec<TipRecord>, StoreError> {
        Ok(self.lock().tips.values().filter_map(record).collect())
    }

    fn read(&self, id: &TipId, chunk: u32) -> Result<Vec<u8>, StoreError> {
        let content = self.lock();
        let tip = content.tips.get(id).ok_or(StoreError::Unknown)?;
        chunk_of(tip, chunk).map(<[u8]>::to_vec).ok_or(StoreError::Unknown)
    }

    async fn remove(&self, ids: BTreeSet<TipId>) -> Result<Removed, StoreError> {
        let mut content = self.lock();
        let gone = ids.iter().filter(|id| content.tips.remove(id).is_some()).count();
        Ok(Removed { tips: u64::try_from(gone).unwrap_or(u64::MAX), waiting: 0 })
    }

    fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().documents.get(document).cloned())
    }

    fn documents(&self) -> Result<Vec<Document>, StoreError> {
        Ok(self.lock().documents.keys().cloned().collect())
    }

    fn publish(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        self.lock().documents.insert(document.clone(), bytes.to_vec());
        Ok(())
    }

    fn withdraw(&self, document: &Document) -> Result<(), StoreError> {
        self.lock().documents.remove(document);
        Ok(())
    }

    fn set_aside(&self) -> Result<usize, StoreError> {
        Ok(0)
    }

    fn archive(&self) -> Result<Vec<Archived>, StoreError> {
        Ok(Vec::new())
    }

    fn open_archived(&self, _archived: &Archived) -> Result<Option<File>, StoreError> {
        Ok(None)
    }

    async fn failure(&self) {
        std::future::pending().await
    }

    fn close(&self) {}
}

fn record(tip: &SealedTip) -> Option<TipRecord> {
    TipRecord::new(tip.id, tip.epoch, u64::try_from(tip.bytes.len()).ok()?)
}

fn chunk_of(tip: &SealedTip, chunk: u32) -> Option<&[u8]> {
    let range = record(tip)?.range(chunk)?;
    tip.bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}
