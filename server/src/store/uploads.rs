//! Uploads under way, in memory: what each declared, and where the parts lie that are durable.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, Held, UploadKey};

use super::layout::fits;
use super::record::{Chunks, Kept, Parts, Place, Row, Stem};
use super::{Part, StoreError};

/// So many uploads that became tips are remembered: an answer that was lost is asked for again soon.
const REMEMBERED: usize = 1_024;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    under_way: BTreeMap<UploadKey, Upload>,
    /// Rows of uploads that are over, each with its volume: they go with the next commit there.
    over: Vec<(UploadKey, u32, u64)>,
    /// Of uploads that no tip came from, or only one that was removed: what sealed volumes must forget.
    dead: BTreeSet<(u64, Stem)>,
    /// Which tip an upload became; the oldest are forgotten.
    committed: VecDeque<(UploadKey, TipId)>,
}

/// One of them.
#[derive(Debug)]
struct Upload {
    declared: Declared,
    stem: Stem,
    parts: BTreeMap<u32, HeldPart>,
}

#[derive(Debug)]
struct HeldPart {
    digest: [u8; 32],
    place: Place,
}

impl HeldPart {
    fn of(row: &Row, volume: u64) -> Self {
        Self { digest: row.digest, place: Place { volume, bucket: row.bucket } }
    }
}

/// What is to be done with a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is held, durably.
    Held,
    /// It is new: the row for it, its bucket still to be set.
    New(Row),
}

impl Uploads {
    /// Begins an upload; `stem` is drawn only if there is none yet.
    pub(super) fn begin(
        &mut self,
        key: UploadKey,
        declared: Declared,
        stem: impl FnOnce() -> Result<Stem, StoreError>,
    ) -> Result<(), StoreError> {
        match self.under_way.get(&key) {
            Some(upload) if upload.declared == declared => Ok(()),
            Some(_) => Err(StoreError::OtherBytes),
            None => {
                let upload = Upload { declared, stem: stem()?, parts: BTreeMap::new() };
                self.under_way.insert(key, upload);
                Ok(())
            }
        }
    }

    /// Whether a part is held, new, or not to be taken.
    pub(super) fn look_at(&self, key: &UploadKey, part: &Part) -> Result<Verdict, StoreError> {
        let upload = self.under_way.get(key).ok_or(StoreError::NoUpload)?;
        match upload.parts.get(&part.number) {
            Some(held) if held.digest == part.digest => Ok(Verdict::Held),
            None if fits(&upload.declared, part) => Ok(Verdict::New(Row {
                upload: *key,
                part: part.number,
                declared: upload.declared,
                stem: upload.stem,
                digest: part.digest,
                bucket: 0,
            })),
            _ => Err(StoreError::OtherBytes),
        }
    }

    /// Notes a part that is durable now, unless its upload ended meanwhile.
    pub(super) fn hold(&mut self, row: &Row, volume: u64) {
        match self.under_way.get_mut(&row.upload) {
            Some(upload) if upload.stem == row.stem => {
                upload.parts.insert(row.part, HeldPart::of(row, volume));
            }
            _ => self.over.push((row.upload, row.part, volume)),
        }
    }

    /// Takes up a part that a start found. Of two uploads with one key the one found later counts: the earlier one was
    /// given up.
    pub(super) fn take_up(&mut self, row: &Row, volume: u64) {
        let fresh = || Upload { declared: row.declared, stem: row.stem, parts: BTreeMap::new() };
        let upload = self.under_way.entry(row.upload).or_insert_with(fresh);
        if upload.stem != row.stem {
            *upload = fresh();
        }
        upload.parts.insert(row.part, HeldPart::of(row, volume));
    }

    /// What an upload declared, and which parts are held.
    pub(super) fn held(&self, key: &UploadKey) -> Option<(Declared, Held)> {
        let upload = self.under_way.get(key)?;
        let held = (0..upload.declared.parts()).map(|part| upload.parts.contains_key(&part));
        Some((upload.declared, Held::new(held.collect())))
    }

    /// All that are under way.
    pub(super) fn keys(&self) -> Vec<UploadKey> {
        self.under_way.keys().copied().collect()
    }

    /// The tip that a whole upload is, its record to be written in `volume`; an error when parts are missing or are not
    /// those of `id`.
    pub(super) fn whole(&self, key: &UploadKey, id: &TipId, volume: u64) -> Result<Kept, StoreError> {
        let upload = self.under_way.get(key).ok_or(StoreError::NoUpload)?;
        let count = upload.declared.parts();
        let parts: Option<Vec<_>> = (0..count).map(|number| upload.parts.get(&number)).collect();
        let parts = parts.ok_or(StoreError::MissingPart)?;
        if TipId::of_parts(count, parts.iter().map(|part| part.digest)) != *id {
            return Err(StoreError::OtherBytes);
        }
        let places = parts.iter().map(|part| part.place).collect();
        let chunks = Chunks::Parts(Box::new(Parts { stem: upload.stem, places }));
        let Declared { epoch, .. } = upload.declared;
        Ok(Kept { epoch, size: upload.declared.sealed_len(), volume, chunks })
    }

    /// Ends an upload that became a tip.
    pub(super) fn end(&mut self, key: &UploadKey) -> Option<Stem> {
        let upload = self.under_way.remove(key)?;
        self.over.extend(upload.parts.iter().map(|(part, held)| (*key, *part, held.place.volume)));
        Some(upload.stem)
    }

    /// Notes which tip an upload became.
    pub(super) fn note_committed(&mut self, key: UploadKey, id: TipId) {
        if self.committed(&key) != Some(id) {
            self.committed.push_back((key, id));
        }
        while self.committed.len() > REMEMBERED {
            self.committed.pop_front();
        }
    }

    /// Which tip an upload became, if that is remembered.
    pub(super) fn committed(&self, key: &UploadKey) -> Option<TipId> {
        self.committed.iter().rev().find(|(of, _)| of == key).map(|(_, id)| *id)
    }

    /// Ends an upload without a tip; `true` when it held parts.
    pub(super) fn give_up(&mut self, key: &UploadKey) -> bool {
        let before = self.over.len();
        let Some(stem) = self.end(key) else { return false };
        let parts = self.over.get(before..).unwrap_or_default();
        self.dead.extend(parts.iter().map(|(.., volume)| (*volume, stem)));
        !parts.is_empty()
    }

    /// Notes that the tip which an upload became is removed.
    pub(super) fn remove(&mut self, stem: Stem, volumes: impl Iterator<Item = u64>) {
        self.dead.extend(volumes.map(|volume| (volume, stem)));
    }

    /// What sealed volumes must forget since the last time, volume after volume.
    pub(super) fn dead(&mut self) -> BTreeMap<u64, BTreeSet<Stem>> {
        let mut dead: BTreeMap<u64, BTreeSet<Stem>> = BTreeMap::new();
        for (volume, stem) in std::mem::take(&mut self.dead) {
            dead.entry(volume).or_default().insert(stem);
        }
        dead
    }

    /// The stems of all that are under way.
    pub(super) fn stems(&self) -> BTreeSet<Stem> {
        self.under_way.values().map(|upload| upload.stem).collect()
    }

    /// Rows that can be removed from `volume`, the only one that is written; of the others nothing is remembered.
    pub(super) fn rows_over(&mut self, volume: u64) -> Vec<(UploadKey, u32)> {
        let over = self.over.drain(..).filter(|(.., of)| *of == volume);
        over.map(|(key, part, _)| (key, part)).collect()
    }

    /// Every volume that holds a part.
    pub(super) fn volumes(&self) -> impl Iterator<Item = u64> {
        self.under_way.values().flat_map(|upload| upload.parts.values().map(|part| part.place.volume))
    }
}
