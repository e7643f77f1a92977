//! One commit's worth of tips and parts: what is there already is left out, the rest becomes durable together.

use std::collections::BTreeMap;

use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{LONGEST_PART, UploadKey};

use super::catalog::Catalog;
use super::record::{Chunks, Kept, Row, Stem};
use super::uploads::Verdict;
use super::volume::{Changes, Volume};
use super::{Part, SealedTip, StoreError};
use crate::world::World;

/// What is added to the open volume.
#[derive(Debug)]
pub(super) enum Addition {
    /// A tip in one request.
    Tip(SealedTip),
    /// A part of an upload.
    Part(UploadKey, Part),
}

impl Addition {
    /// Bytes of its content.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Tip(tip) => tip.bytes.len(),
            Self::Part(_, part) => part.bytes.len(),
        }
    }
}

/// A commit that is being put together for one volume.
pub(super) struct Round<'a> {
    volume: &'a Volume,
    world: &'a World,
    changes: Changes,
    news: News,
}

/// What is durable after the commit.
#[derive(Default)]
pub(super) struct News {
    pub(super) tips: BTreeMap<TipId, Kept>,
    pub(super) rows: BTreeMap<(UploadKey, u32), Row>,
}

impl<'a> Round<'a> {
    /// Begins with the rows of uploads that are over: they are removed.
    pub(super) fn new(volume: &'a Volume, world: &'a World, over: Vec<(UploadKey, u32)>) -> Self {
        let mut changes = Changes::default();
        over.iter().for_each(|(upload, part)| changes.remove_row(upload, *part));
        Self { volume, world, changes, news: News::default() }
    }

    /// Adds one; `Ok` when it is durable after the commit, or was before.
    pub(super) fn take(&mut self, addition: &Addition, catalog: &Catalog) -> Result<(), StoreError> {
        match addition {
            Addition::Tip(tip) => self.take_tip(tip, catalog),
            Addition::Part(upload, part) => self.take_part(upload, part, catalog),
        }
    }

    fn take_tip(&mut self, tip: &SealedTip, catalog: &Catalog) -> Result<(), StoreError> {
        if catalog.has_whole(&tip.id) || self.news.tips.contains_key(&tip.id) {
            return Ok(());
        }
        let size = u64::try_from(tip.bytes.len()).unwrap_or(u64::MAX);
        if size > LONGEST_PART {
            // No route lets it through.
            return Err(StoreError::Full);
        }
        let chunks = Chunks::One(self.wrap(tip.id.as_bytes(), 0, &tip.bytes)?);
        let kept = Kept { epoch: tip.epoch, size, volume: self.volume.number(), chunks };
        self.changes.add_tip(&tip.id, &kept);
        self.news.tips.insert(tip.id, kept);
        Ok(())
    }

    fn take_part(&mut self, upload: &UploadKey, part: &Part, catalog: &Catalog) -> Result<(), StoreError> {
        let Verdict::New(mut row) = catalog.uploads.look_at(upload, part)? else { return Ok(()) };
        if let Some(taken) = self.news.rows.get(&(*upload, part.number)) {
            return if taken.digest == part.digest { Ok(()) } else { Err(StoreError::OtherBytes) };
        }
        row.bucket = self.wrap(&row.stem, part.number, &part.bytes)?;
        self.changes.add_row(&row);
        self.news.rows.insert((*upload, part.number), row);
        Ok(())
    }

    fn wrap(&mut self, stem: &Stem, part: u32, bytes: &[u8]) -> Result<u32, StoreError> {
        self.volume.wrap(stem, part, bytes, self.world, &mut self.changes)
    }

    /// Makes it durable; about how many bytes the volume grew, and what is new in it.
    pub(super) fn commit(self) -> Result<(u64, News), StoreError> {
        if !self.news.tips.is_empty() || !self.news.rows.is_empty() {
            let bytes = self.changes.bytes();
            self.volume.commit(self.changes, self.world.today())?;
            return Ok((bytes, self.news));
        }
        Ok((0, self.news))
    }
}
