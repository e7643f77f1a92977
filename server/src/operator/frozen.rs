//! A frozen pickup: which tips, in which order, under which id. It never changes, so that a fetch can be resumed.

use sha2::{Digest, Sha256};
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::pickup::{self, Manifest};
use tipline_wire::tip_id::TipId;
use tipline_wire::ustar::{BLOCK, padding};

use crate::store::{Letterbox, StoreError, TipRecord};
use crate::world::World;

/// Days after an epoch's end during which tips for it are still taken.
const GRACE: i32 = tipline_wire::intake::GRACE_DAYS;
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

/// The list, its order and its manifest.
#[derive(Debug)]
pub struct Frozen {
    id: String,
    manifest: Vec<u8>,
    tips: Vec<Listed>,
    damaged: u64,
}

impl Frozen {
    /// Freezes every sound tip of the store; damaged ones stay there and are counted. Reads all of it: blocks.
    ///
    /// # Errors
    /// The store or the random generator failed.
    pub fn new(store: &impl Letterbox, site: &str, world: &World) -> Result<Self, StoreError> {
        let no_randomness = |_| StoreError::Broken("no randomness".into());
        let mut damaged = 0_u64;
        let mut tips = Vec::new();
        for (rank, record) in store.tips()?.into_iter().enumerate() {
            match digest_of(store, &record) {
                Ok(digest) => tips.push(Listed { record, digest, rank }),
                Err(StoreError::Damaged | StoreError::Unknown) => damaged = damaged.saturating_add(1),
                Err(fault) => return Err(fault),
            }
        }
        // The store's order could tell the order of arrival; this one tells nothing.
        tips.sort_unstable_by_key(|tip| tip.record.id);
        world.shuffle(&mut tips).map_err(no_randomness)?;
        let id = hex::encode(&world.random::<16>().map_err(no_randomness)?);
        let manifest = manifest(&id, site, &tips, world.today());
        let manifest = serde_json::to_vec(&manifest).map_err(|_| StoreError::Broken("no manifest".into()))?;
        Ok(Self { id, manifest, tips, damaged })
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

/// The digest of a whole tip, if every chunk is sound and together they are what its id says.
fn digest_of(store: &impl Letterbox, record: &TipRecord) -> Result<[u8; 32], StoreError> {
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    for chunk in 0..record.chunks {
        let bytes = store.read(&record.id, chunk)?;
        size = size.saturating_add(len(&bytes));
        hash.update(&bytes);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let sound = size == record.size && TipId::of_parts(1, [digest]) == record.id;
    if sound { Ok(digest) } else { Err(StoreError::Damaged) }
}

fn manifest(id: &str, site: &str, tips: &[Listed], today: Date) -> Manifest {
    let mut weeks: Vec<String> = tips.iter().map(|tip| tip.record.epoch.to_string()).collect();
    weeks.sort_unstable();
    weeks.dedup();
    Manifest {
        schema: pickup::SCHEMA.into(),
        id: id.into(),
        site: site.into(),
        weeks,
        // Epochs that ended by this day take no tips any more.
        complete_through: today.plus_days(GRACE.saturating_neg()).monday().to_string(),
        count: u64::try_from(tips.len()).unwrap_or(u64::MAX),
        bytes: tips.iter().map(|tip| tip.record.size).fold(0, u64::saturating_add),
    }
}
