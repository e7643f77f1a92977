//! How tips and uploads are laid out in a volume's three trees: keys and values, byte by byte. Integers are big-endian.
//!
//! `parts`: stem, 32 bytes ‖ number of the chunk, u32 -> the chunk, wrapped with the volume's key. A tip in one request has
//! its id as stem, an upload a random one, so that nothing of its token is left in its tip.
//! `tips`: id, 32 bytes -> version 2 ‖ epoch's first day, i32 ‖ size, u64; of an upload then ‖ stem, 32 bytes ‖ runs of parts
//! in one volume, each count, u32 ‖ volume, u64. Written last: what it names is there.
//! `uploads`: upload, 32 bytes ‖ part, u32 -> version 2 ‖ epoch, i32 ‖ recipients, u8 ‖ padded length, u64 ‖ stem, 32 bytes ‖
//! SHA-256 of the part, 32 bytes.

use tipline_wire::date::Date;
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, MAX_PARTS, UploadKey};

use super::layout::part_of;
use super::{StoreError, TipRecord};

/// What the keys of a tip's chunks begin with.
pub(super) type Stem = [u8; 32];

/// Bytes of a key in `parts`.
pub(super) const CHUNK_KEY: usize = 32 + 4;
/// Bytes of a key in `uploads`.
pub(super) const ROW_KEY: usize = 32 + 4;
/// The longest value in `tips`: a run for each part.
pub(super) const LONGEST_TIP: usize = 1 + 4 + 8 + 32 + 12 * 1_024;
const _: () = assert!(MAX_PARTS == 1_024);

const VERSION: u8 = 2;

/// A tip as the store keeps it, without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) epoch: Date,
    pub(super) size: u64,
    /// The volume its record is in; of a tip in one request its chunks as well.
    pub(super) volume: u64,
    /// Of a tip that was an upload.
    pub(super) upload: Option<Box<Uploaded>>,
}

/// Where the parts of an upload lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uploaded {
    pub(super) stem: Stem,
    pub(super) runs: Vec<Run>,
}

/// So many parts, one after the other, in one volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) parts: u32,
    pub(super) volume: u64,
}

/// A part of an upload, as its volume knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) upload: UploadKey,
    pub(super) part: u32,
    pub(super) declared: Declared,
    pub(super) stem: Stem,
    pub(super) digest: [u8; 32],
}

impl Kept {
    /// What is known of it; `None` for a size that no tip has.
    pub(super) fn record(&self, id: TipId) -> Option<TipRecord> {
        TipRecord::new(id, self.epoch, self.size)
    }

    /// What the keys of its chunks begin with.
    pub(super) fn stem(&self, id: &TipId) -> Stem {
        self.upload.as_ref().map_or(*id.as_bytes(), |upload| upload.stem)
    }

    /// Every volume that holds something of it.
    pub(super) fn volumes(&self) -> impl Iterator<Item = u64> {
        let runs = self.upload.iter().flat_map(|upload| upload.runs.iter().map(|run| run.volume));
        runs.chain([self.volume])
    }

    /// The volume a chunk is in.
    pub(super) fn volume_of(&self, chunk: u32) -> Option<u64> {
        let Some(upload) = &self.upload else { return Some(self.volume) };
        let mut end = 0_u32;
        let run = upload.runs.iter().find(|run| {
            end = end.saturating_add(run.parts);
            part_of(chunk) < end
        });
        run.map(|run| run.volume)
    }
}

impl Uploaded {
    /// From the volumes of all parts in order.
    pub(super) fn new(stem: Stem, volumes: impl Iterator<Item = u64>) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for volume in volumes {
            match runs.last_mut() {
                Some(run) if run.volume == volume => run.parts = run.parts.saturating_add(1),
                _ => runs.push(Run { parts: 1, volume }),
            }
        }
        Self { stem, runs }
    }
}

/// The key of a chunk.
pub(super) fn chunk_key(stem: &Stem, chunk: u32) -> [u8; CHUNK_KEY] {
    numbered(stem, chunk)
}

/// The key of a part's row.
pub(super) fn row_key(upload: &UploadKey, part: u32) -> [u8; ROW_KEY] {
    numbered(upload.as_bytes(), part)
}

fn numbered(first: &[u8; 32], number: u32) -> [u8; 36] {
    let mut key = [0; 36];
    let bytes = first.iter().copied().chain(number.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

/// The value of a tip's record.
pub(super) fn tip_value(kept: &Kept) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend(kept.epoch.days().to_be_bytes());
    value.extend(kept.size.to_be_bytes());
    if let Some(upload) = &kept.upload {
        value.extend(upload.stem);
        for run in &upload.runs {
            value.extend(run.parts.to_be_bytes());
            value.extend(run.volume.to_be_bytes());
        }
    }
    value
}

/// Reads a tip's record, found in `volume`.
pub(super) fn read_tip(volume: u64, key: &[u8], value: &[u8]) -> Result<(TipId, Kept), StoreError> {
    parse_tip(volume, key, value).ok_or(StoreError::Damaged)
}

fn parse_tip(volume: u64, key: &[u8], value: &[u8]) -> Option<(TipId, Kept)> {
    let id = TipId::from_bytes(key.try_into().ok()?);
    let (epoch, rest) = version_and_epoch(value)?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let size = u64::from_be_bytes(*size);
    let upload = if rest.is_empty() { None } else { Some(Box::new(parse_uploaded(rest)?)) };
    TipRecord::new(id, epoch, size)?;
    Some((id, Kept { epoch, size, volume, upload }))
}

fn parse_uploaded(bytes: &[u8]) -> Option<Uploaded> {
    let (stem, rest) = bytes.split_first_chunk::<32>()?;
    let (runs, rest) = rest.as_chunks::<12>();
    let run = |bytes: &[u8; 12]| {
        let (parts, volume) = bytes.split_first_chunk::<4>()?;
        Some(Run { parts: u32::from_be_bytes(*parts), volume: u64::from_be_bytes(volume.try_into().ok()?) })
    };
    let runs = runs.iter().map(run).collect::<Option<Vec<_>>>()?;
    (rest.is_empty() && !runs.is_empty()).then_some(Uploaded { stem: *stem, runs })
}

fn version_and_epoch(value: &[u8]) -> Option<(Date, &[u8])> {
    let (version, rest) = value.split_first()?;
    let (days, rest) = rest.split_first_chunk::<4>()?;
    let epoch = Date::from_days(i32::from_be_bytes(*days))?;
    (*version == VERSION).then_some((epoch, rest))
}

/// The value of a part's row.
pub(super) fn row_value(row: &Row) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend(row.declared.epoch.days().to_be_bytes());
    value.push(row.declared.recipients);
    value.extend(row.declared.padded.bytes().to_be_bytes());
    value.extend(row.stem);
    value.extend(row.digest);
    value
}

/// Reads a part's row.
pub(super) fn read_row(key: &[u8], value: &[u8]) -> Result<Row, StoreError> {
    parse_row(key, value).ok_or(StoreError::Damaged)
}

fn parse_row(key: &[u8], value: &[u8]) -> Option<Row> {
    let (upload, part) = key.split_first_chunk::<32>()?;
    let (epoch, rest) = version_and_epoch(value)?;
    let (recipients, rest) = rest.split_first()?;
    let (padded, rest) = rest.split_first_chunk::<8>()?;
    let (stem, digest) = rest.split_first_chunk::<32>()?;
    let padded = Padded::holding(u64::from_be_bytes(*padded))
        .filter(|found| found.bytes().to_be_bytes() == *padded && *found > Padded::ONE_REQUEST_MAX)?;
    let declared = Declared { epoch, recipients: *recipients, padded };
    let part = u32::from_be_bytes(part.try_into().ok()?);
    let sound = (1..=MAX_RECIPIENTS).contains(recipients) && part < declared.parts();
    let digest = digest.try_into().ok()?;
    sound.then_some(Row { upload: UploadKey::from_bytes(*upload), part, declared, stem: *stem, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch() -> Date {
        Date::parse("2026-11-23").unwrap()
    }

    fn cut_longer_and_other_version(value: &[u8]) -> Vec<Vec<u8>> {
        let mut bad: Vec<Vec<u8>> = vec![[value, &[0]].concat(), [&[1], &value[1..]].concat()];
        bad.extend((0..value.len()).map(|len| value[..len].to_vec()));
        bad
    }

    #[test]
    fn a_record_comes_back() {
        let id = TipId::of_one_request(b"x");
        let kept = Kept { epoch: epoch(), size: 16_385, volume: 3, upload: None };
        assert_eq!(kept.record(id).unwrap().chunks, 2);
        let value = tip_value(&kept);
        assert_eq!(read_tip(3, id.as_bytes(), &value), Ok((id, kept.clone())));
        for bad in cut_longer_and_other_version(&value) {
            assert_eq!(read_tip(3, id.as_bytes(), &bad), Err(StoreError::Damaged));
        }
        assert_eq!(read_tip(3, &id.as_bytes()[1..], &value), Err(StoreError::Damaged));
        assert_eq!((kept.volume_of(1), kept.stem(&id)), (Some(3), *id.as_bytes()));
    }

    #[test]
    fn the_record_of_an_upload_says_where_each_part_is() {
        let id = TipId::of_one_request(b"x");
        let upload = Uploaded::new([9; 32], [4, 4, 4, 6, 5, 5].into_iter());
        let size = Padded::holding(6 << 20).unwrap().sealed_len(3);
        let kept = Kept { epoch: epoch(), size, volume: 7, upload: Some(Box::new(upload)) };
        let value = tip_value(&kept);
        assert_eq!(value.len(), 13 + 32 + 3 * 12);
        assert_eq!(read_tip(7, id.as_bytes(), &value), Ok((id, kept.clone())));
        for chunk in [(0, 4), (64, 4), (194, 4), (195, 6), (259, 6), (260, 5), (389, 5)] {
            assert_eq!(kept.volume_of(chunk.0), Some(chunk.1));
        }
        assert_eq!((kept.volume_of(390), kept.stem(&id)), (None, [9; 32]));
        assert_eq!(kept.volumes().collect::<Vec<_>>(), [4, 6, 5, 7]);
        for bad in [&value[..value.len() - 1], &value[..20], &value[..45]] {
            assert_eq!(read_tip(7, id.as_bytes(), bad), Err(StoreError::Damaged));
        }
        let alternating = Uploaded::new([9; 32], (0..1_024).map(|part| part % 2));
        let worst = tip_value(&Kept { upload: Some(Box::new(alternating)), ..kept });
        assert_eq!(worst.len(), LONGEST_TIP);
    }

    #[test]
    fn a_row_comes_back() {
        let padded = Padded::holding(2 << 20).unwrap();
        let declared = Declared { epoch: epoch(), recipients: 3, padded };
        let upload = UploadKey::of_token(&[5; 32]);
        let row = Row { upload, part: 1, declared, stem: [1; 32], digest: [2; 32] };
        let (key, value) = (row_key(&upload, 1), row_value(&row));
        assert_eq!(read_row(&key, &value), Ok(row));
        for bad in cut_longer_and_other_version(&value) {
            assert_eq!(read_row(&key, &bad), Err(StoreError::Damaged));
        }
        assert_eq!(read_row(&row_key(&upload, 2), &value), Err(StoreError::Damaged), "there is no part 2");
        for (at, byte) in [(5, 0), (5, 9), (13, 1)] {
            let mut bad = value.clone();
            bad[at] = byte;
            assert_eq!(read_row(&key, &bad), Err(StoreError::Damaged));
        }
    }
}
