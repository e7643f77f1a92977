//! What the whole shelf holds, in memory: every tip with its place, uploads under way, and what was removed but still lies in
//! a volume that others need. About 64 bytes a tip.

use std::collections::{BTreeMap, BTreeSet};

use tipline_wire::tip_id::{PART, TipId};

use super::TipRecord;
use super::record::{Chunks, Kept, Row};
use super::uploads::Uploads;

/// What a record counts, so that a volume that holds nothing else is not taken for empty.
pub(super) const RECORD: u64 = 64;

/// The catalogue.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    tips: BTreeMap<TipId, Kept>,
    /// Those of them that a read found damaged: a copy that is sent again is kept anew.
    damaged: BTreeSet<TipId>,
    /// What was kept of a tip before, as long as it may lie in a volume.
    older: Vec<(TipId, Kept)>,
    /// Removed tips, until the last of their volumes is gone.
    removed: Vec<Kept>,
    pub(super) uploads: Uploads,
}

/// What one volume holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) tips: Vec<(TipId, Kept)>,
    pub(super) rows: Vec<Row>,
}

impl Content {
    /// About how many bytes of tips and parts the volume holds.
    pub(super) fn bytes(&self, volume: u64) -> u64 {
        let tip = |kept: &Kept| match &kept.chunks {
            Chunks::One(_) => kept.size,
            Chunks::Parts(parts) => {
                let here = parts.places.iter().filter(|place| place.volume == volume);
                here.map(|_| PART).fold(RECORD, u64::saturating_add)
            }
        };
        let rows = u64::try_from(self.rows.len()).unwrap_or(u64::MAX).saturating_mul(PART);
        self.tips.iter().map(|(_, kept)| tip(kept)).fold(rows, u64::saturating_add)
    }
}

impl Catalog {
    /// From what a start found in each volume, ascending. `is_there` tells volumes that are gone for good from all others.
    pub(super) fn of(found: Vec<(u64, Content)>, is_there: impl Fn(u64) -> bool) -> Self {
        let mut catalog = Self::default();
        let (mut stems, mut rows) = (BTreeMap::new(), Vec::new());
        for (volume, content) in found {
            for (id, kept) in content.tips {
                stems.insert(kept.stem(&id), id);
                // A volume is erased only when all its tips were removed: so was this one, its record is left over.
                if kept.volumes().all(&is_there) {
                    catalog.keep(id, kept);
                }
            }
            rows.extend(content.rows.into_iter().map(|row| (row, volume)));
        }
        for (row, volume) in &rows {
            match stems.get(&row.stem) {
                // Parts that a tip took over are no upload any more.
                Some(id) => catalog.uploads.note_committed(row.upload, *id),
                None => catalog.uploads.take_up(row, *volume),
            }
        }
        catalog
    }

    pub(super) fn has(&self, id: &TipId) -> bool {
        self.tips.contains_key(id)
    }

    /// Whether it is there and, as far as is known, undamaged.
    pub(super) fn has_whole(&self, id: &TipId) -> bool {
        self.has(id) && !self.damaged.contains(id)
    }

    /// Notes that a tip could not be read.
    pub(super) fn note_damage(&mut self, id: &TipId) {
        if self.has(id) {
            self.damaged.insert(*id);
        }
    }

    /// Notes that nothing in these volumes can be read.
    pub(super) fn note_unreadable(&mut self, volumes: &[u64]) {
        let lies_there = |kept: &Kept| kept.volumes().any(|volume| volumes.contains(&volume));
        self.damaged.extend(self.tips.iter().filter(|(_, kept)| lies_there(kept)).map(|(id, _)| *id));
    }

    pub(super) fn get(&self, id: &TipId) -> Option<&Kept> {
        self.tips.get(id)
    }

    /// Notes a tip that is durable. Of two copies the one kept later counts: the earlier one was damaged or removed.
    pub(super) fn keep(&mut self, id: TipId, kept: Kept) {
        self.damaged.remove(&id);
        if let Some(older) = self.tips.insert(id, kept) {
            self.older.push((id, older));
        }
    }

    /// Every tip, volume after volume and bucket after bucket, so that reading them in this order opens each once.
    pub(super) fn list(&self) -> Vec<TipRecord> {
        let mut tips: Vec<_> =
            self.tips.iter().filter_map(|(id, kept)| Some((kept.place(0), kept.record(*id)?))).collect();
        tips.sort_unstable();
        tips.into_iter().map(|(_, record)| record).collect()
    }

    /// Removes tips from the list; what they held stays noted until its volumes are gone.
    pub(super) fn remove(&mut self, ids: &BTreeSet<TipId>) {
        self.damaged.retain(|id| !ids.contains(id));
        let older = self.older.extract_if(.., |(id, _)| ids.contains(id)).map(|(_, kept)| kept);
        let gone: Vec<Kept> = ids.iter().filter_map(|id| self.tips.remove(id)).chain(older).collect();
        for kept in gone {
            if let Chunks::Parts(parts) = &kept.chunks {
                self.uploads.remove(parts.stem, kept.volumes());
            }
            self.removed.push(kept);
        }
    }

    /// The volumes that hold a tip or a part of an upload.
    pub(super) fn needed(&self) -> BTreeSet<u64> {
        self.tips.values().flat_map(Kept::volumes).chain(self.uploads.volumes()).collect()
    }

    /// Forgets removed tips of which nothing is left: how many these are, and how many still wait.
    pub(super) fn settle(&mut self, is_there: impl Fn(u64) -> bool) -> (u64, u64) {
        let before = self.removed.len();
        self.removed.retain(|kept| kept.volumes().any(&is_there));
        let waiting = self.removed.len();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        (count(before.saturating_sub(waiting)), count(waiting))
    }
}
