//! A frozen pickup: which tips, in which order, under which id. It never changes, so that a fetch can be resumed.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::pickup::{self, Manifest};
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};
use tipline_wire::ustar::{BLOCK, padding};

use crate::acknowledgements::Verdict;
use crate::office::{Office, Weeks};
use crate::store::{Letterbox, StoreError, TipRecord};
use crate::world::World;

/// Days after an epoch's end during which a tip for it may still arrive: those that the intake document grants, and one for
/// what was on its way at midnight.
const LATE: i32 = tipline_wire::intake::GRACE_DAYS + 1;
/// Two zero blocks end a tar.
pub(super) const END: u64 = 2 * BLOCK_U64;
pub(super) const BLOCK_U64: u64 = 512;
const _: () = assert!(BLOCK == 512);

/// One tip of a pickup.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) record: TipRecord,
    /// SHA-256 of the age file.
    pub(super) digest: [u8; 32],
    /// Its rank in the order in which the store reads fastest.
    pub(super) rank: usize,
}

/// Which tips are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Those that not every desk has acknowledged.
    #[default]
    Missing,
    /// All that are still here.
    Everything,
}

/// What a pickup shall have.
#[derive(Debug)]
pub struct Choice<'a> {
    /// The site of the intake document in force.
    pub site: &'a str,
    /// Which weeks.
    pub weeks: Weeks,
    /// Not these: every desk has them already.
    pub without: &'a BTreeSet<TipId>,
    /// The day, not later than it can be.
    pub today: Date,
}

/// The list, its order and its manifest.
#[derive(Debug)]
pub struct Frozen {
    id: String,
    manifest: Vec<u8>,
    tips: Vec<Listed>,
    left_out: u64,
    damaged: u64,
}

impl Frozen {
    /// Freezes every sound tip that is wanted; damaged ones stay where they are and are counted. Reads all of them: blocks.
    ///
    /// # Errors
    /// The store or the random generator failed.
    pub fn new(store: &impl Letterbox, choice: &Choice<'_>, world: &World) -> Result<Self, StoreError> {
        let no_randomness = |_| StoreError::Broken("no randomness".into());
        // What lies in a volume that was set aside is on no list: then nothing can be called complete.
        let all_known = store.set_aside()? == 0;
        let mut incomplete = Vec::new();
        let (mut left_out, mut damaged) = (0_u64, 0_u64);
        let mut tips = Vec::new();
        for (rank, record) in store.tips()?.into_iter().enumerate() {
            if choice.without.contains(&record.id) {
                left_out = left_out.saturating_add(1);
            } else if choice.wants(record.epoch) {
                match digest_of(store, &record) {
                    Ok(digest) => tips.push(Listed { record, digest, rank }),
                    Err(StoreError::Damaged | StoreError::Unknown) => {
                        damaged = damaged.saturating_add(1);
                        incomplete.push(record.epoch);
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        // The store's order could tell the order of arrival; this one tells nothing.
        tips.sort_unstable_by_key(|tip| tip.record.id);
        world.shuffle(&mut tips).map_err(no_randomness)?;
        let id = hex::encode(&world.random::<16>().map_err(no_randomness)?);
        let complete_through = all_known.then(|| choice.complete_through(&incomplete));
        let manifest = manifest(&id, choice, &tips, complete_through);
        let manifest = serde_json::to_vec(&manifest).map_err(|_| StoreError::Broken("no manifest".into()))?;
        Ok(Self { id, manifest, tips, left_out, damaged })
    }

    /// 32 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many tips it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tips.len()
    }

    /// How many tips were left out because every desk has them.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether one of these is in it.
    #[must_use]
    pub fn has_any(&self, ids: &BTreeSet<TipId>) -> bool {
        self.tips.iter().any(|tip| ids.contains(&tip.record.id))
    }

    /// How many tips of the store are damaged and so not in it.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Bytes of the tar.
    #[must_use]
    pub fn total(&self) -> u64 {
        let sizes = self.tips.iter().map(|tip| tip.record.size).chain([len(&self.manifest), self.sums_len()]);
        sizes.map(entry_len).fold(END, u64::saturating_add)
    }

    pub(super) fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    pub(super) fn tips(&self) -> &[Listed] {
        &self.tips
    }

    /// `SHA256SUMS`: the manifest, then every tip.
    pub(super) fn sums(&self) -> String {
        let digest = Sha256::digest(&self.manifest).into();
        let mut sums = pickup::sums_line(&digest, pickup::MANIFEST);
        for tip in &self.tips {
            sums.push_str(&pickup::sums_line(&tip.digest, &tip.name()));
        }
        sums
    }

    fn sums_len(&self) -> u64 {
        let line = |name: usize| u64::try_from(name).unwrap_or(0).saturating_add(67);
        let names = self.tips.iter().map(|tip| tip.name().len()).chain([pickup::MANIFEST.len()]);
        names.map(line).fold(0, u64::saturating_add)
    }
}

impl Listed {
    pub(super) fn name(&self) -> String {
        pickup::tip_name(self.record.epoch, &self.record.id)
    }
}

/// Header, content and padding of an entry with so many bytes.
pub(super) fn entry_len(size: u64) -> u64 {
    BLOCK_U64.saturating_add(size).saturating_add(padding(size))
}

pub(super) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

impl<S: Letterbox> Office<S> {
    /// Freezes what is wanted. Reads all of it: blocks.
    ///
    /// # Errors
    /// The store or the random generator failed.
    pub fn freeze(&self, wanted: Wanted) -> Result<Frozen, StoreError> {
        let site = self.shown().in_force.intake.as_ref().map(|intake| intake.intake().site.to_string());
        let mut without = BTreeSet::new();
        if wanted == Wanted::Missing {
            let Verdict { mut go, mut wait } = self.verdict()?;
            without.append(&mut go);
            without.append(&mut wait);
        }
        let (site, today) = (site.unwrap_or_default(), self.cautious_today());
        let choice = Choice { site: &site, weeks: self.weeks, without: &without, today };
        Frozen::new(&self.store, &choice, &self.world)
    }
}

impl Choice<'_> {
    fn wants(&self, epoch: Date) -> bool {
        match self.weeks {
            Weeks::Open => true,
            Weeks::Closed => epoch.plus_days(7) <= self.today,
        }
    }

    /// Until which day no tip is missing: epochs that ended by then take none any more, nor is one of theirs damaged.
    fn complete_through(&self, incomplete: &[Date]) -> Date {
        let closed = self.today.plus_days(LATE.saturating_neg()).monday();
        incomplete.iter().copied().fold(closed, Date::min)
    }
}

/// The digest of a whole tip, if every chunk is sound and together they are what its id says.
fn digest_of(store: &impl Letterbox, record: &TipRecord) -> Result<[u8; 32], StoreError> {
    let (recipients, padded) = Padded::of_sealed(record.size).ok_or(StoreError::Damaged)?;
    let (mut hash, mut id) = (Sha256::new(), TipHasher::new(recipients, padded));
    let mut size = 0_u64;
    for chunk in 0..record.chunks {
        let bytes = store.read(&record.id, chunk)?;
        size = size.saturating_add(len(&bytes));
        hash.update(&bytes);
        id.update(&bytes);
    }
    let sound = size == record.size && id.finish() == record.id;
    if sound { Ok(hash.finalize().into()) } else { Err(StoreError::Damaged) }
}

fn manifest(id: &str, choice: &Choice<'_>, tips: &[Listed], complete_through: Option<Date>) -> Manifest {
    let mut weeks: Vec<String> = tips.iter().map(|tip| tip.record.epoch.to_string()).collect();
    weeks.sort_unstable();
    weeks.dedup();
    Manifest {
        schema: pickup::SCHEMA.into(),
        id: id.into(),
        site: choice.site.into(),
        weeks,
        complete_through: complete_through.map(|day| day.to_string()),
        count: u64::try_from(tips.len()).unwrap_or(u64::MAX),
        bytes: tips.iter().map(|tip| tip.record.size).fold(0, u64::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_week_is_complete_only_when_nothing_of_it_can_come_or_is_missing() {
        let without = BTreeSet::new();
        let on = |today: &str, incomplete: &[&str]| {
            let choice = Choice { site: "any", weeks: Weeks::Open, without: &without, today: day(today) };
            choice.complete_through(&incomplete.iter().map(|d| day(d)).collect::<Vec<_>>()).to_string()
        };
        // The week of 2026-11-16 ends on the 23rd and takes tips through the 29th.
        assert_eq!(on("2026-11-29", &[]), "2026-11-16");
        assert_eq!(on("2026-11-30", &[]), "2026-11-16", "something may have been on its way at midnight");
        assert_eq!(on("2026-12-01", &[]), "2026-11-23");
        assert_eq!(on("2026-12-01", &["2026-11-23"]), "2026-11-23");
        assert_eq!(on("2026-12-01", &["2026-11-16"]), "2026-11-16");
        assert_eq!(on("2026-12-01", &["2026-11-02", "2026-11-16"]), "2026-11-02");
    }

    #[test]
    fn closed_weeks_are_those_that_are_over() {
        let without = BTreeSet::new();
        let choice =
            Choice { site: "any", weeks: Weeks::Closed, without: &without, today: day("2026-11-29") };
        assert!(choice.wants(day("2026-11-16")) && !choice.wants(day("2026-11-23")));
        assert!(!choice.wants(day("2026-11-30")));
        assert!(Choice { today: day("2026-11-30"), ..choice }.wants(day("2026-11-23")));
    }
}
