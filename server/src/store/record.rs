//! How tips and uploads are laid out in a volume's trees: keys and values, byte by byte. Integers are big-endian.
//!
//! A bucket: stem, 32 bytes ‖ number of the chunk, u32 -> the chunk, wrapped with the volume's key. A tip in one request has
//! its id as stem, an upload a random one, so that nothing of its token is left in its tip. Of a part with several chunks
//! only the first bucket is written down.
//! `tips`: id, 32 bytes -> version 2 ‖ epoch's first day, i32 ‖ size, u64 ‖ bucket, u32; of an upload instead of the bucket stem,
//! 32 bytes ‖ for each part volume, u64 ‖ bucket, u32. Written last: what it names is there.
//! `uploads`: upload, 32 bytes ‖ part, u32 -> version 2 ‖ epoch, i32 ‖ recipients, u8 ‖ padded length, u64 ‖ stem, 32 bytes ‖
//! SHA-256 of the part, 32 bytes ‖ bucket, u32.

use tipline_wire::date::Date;
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, MAX_PARTS, UploadKey};

use super::buckets::bucket_of;
use super::layout::{first_chunk, part_of};
use super::{StoreError, TipRecord};

/// What the keys of a tip's chunks begin with.
pub(super) type Stem = [u8; 32];

/// Bytes of a chunk's key.
pub(super) const CHUNK_KEY: usize = 32 + 4;
/// Bytes of a key in `uploads`.
pub(super) const ROW_KEY: usize = 32 + 4;
/// The longest value in `tips`: a place for each part.
pub(super) const LONGEST_TIP: usize = 1 + 4 + 8 + 32 + PLACE * 1_024;
const PLACE: usize = 8 + 4;
const _: () = assert!(MAX_PARTS == 1_024);

const VERSION: u8 = 2;

/// Where a part lies: the bucket of its first chunk, or where one of its chunks lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) volume: u64,
    pub(super) bucket: u32,
}

/// A tip as the store keeps it, without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) epoch: Date,
    pub(super) size: u64,
    /// The volume its record is in.
    pub(super) volume: u64,
    pub(super) chunks: Chunks,
}

/// Where a tip's chunks lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunks {
    /// Of a tip in one request: from this bucket on, beside its record.
    One(u32),
    /// Of an upload.
    Parts(Box<Parts>),
}

/// The parts of a tip that was an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) stem: Stem,
    /// In order.
    pub(super) places: Vec<Place>,
}

/// A part of an upload, as its volume knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) upload: UploadKey,
    pub(super) part: u32,
    pub(super) declared: Declared,
    pub(super) stem: Stem,
    pub(super) digest: [u8; 32],
    pub(super) bucket: u32,
}

impl Kept {
    /// What is known of it; `None` for a size that no tip has.
    pub(super) fn record(&self, id: TipId) -> Option<TipRecord> {
        TipRecord::new(id, self.epoch, self.size)
    }

    /// What the keys of its chunks begin with.
    pub(super) fn stem(&self, id: &TipId) -> Stem {
        match &self.chunks {
            Chunks::One(_) => *id.as_bytes(),
            Chunks::Parts(parts) => parts.stem,
        }
    }

    /// Every volume that holds something of it.
    pub(super) fn volumes(&self) -> impl Iterator<Item = u64> {
        let places = match &self.chunks {
            Chunks::One(_) => [].iter(),
            Chunks::Parts(parts) => parts.places.iter(),
        };
        places.map(|place| place.volume).chain([self.volume])
    }

    /// Where a chunk lies.
    pub(super) fn place(&self, chunk: u32) -> Option<Place> {
        let part = part_of(chunk);
        let first = match &self.chunks {
            Chunks::One(bucket) => Some(Place { volume: self.volume, bucket: *bucket }).filter(|_| part == 0),
            Chunks::Parts(parts) => parts.places.get(usize::try_from(part).ok()?).copied(),
        }?;
        let bucket = bucket_of(first.bucket, chunk.checked_sub(first_chunk(part)?)?)?;
        Some(Place { bucket, ..first })
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
    match &kept.chunks {
        Chunks::One(bucket) => value.extend(bucket.to_be_bytes()),
        Chunks::Parts(parts) => {
            value.extend(parts.stem);
            for place in &parts.places {
                value.extend(place.volume.to_be_bytes());
                value.extend(place.bucket.to_be_bytes());
            }
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
    let chunks = match <[u8; 4]>::try_from(rest) {
        Ok(bucket) => Chunks::One(u32::from_be_bytes(bucket)),
        Err(_) => Chunks::Parts(Box::new(parse_parts(rest)?)),
    };
    let parts = match &chunks {
        Chunks::One(_) => 1,
        Chunks::Parts(parts) => u32::try_from(parts.places.len()).ok()?,
    };
    let kept = Kept { epoch, size, volume, chunks };
    (kept.record(id)?.parts()? == parts).then_some((id, kept))
}

fn parse_parts(bytes: &[u8]) -> Option<Parts> {
    let (stem, rest) = bytes.split_first_chunk::<32>()?;
    let (places, rest) = rest.as_chunks::<PLACE>();
    let place = |bytes: &[u8; PLACE]| {
        let (volume, bucket) = bytes.split_first_chunk::<8>()?;
        let bucket = u32::from_be_bytes(bucket.try_into().ok()?);
        Some(Place { volume: u64::from_be_bytes(*volume), bucket })
    };
    let places = places.iter().map(place).collect::<Option<Vec<_>>>()?;
    rest.is_empty().then_some(Parts { stem: *stem, places })
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
    value.extend(row.bucket.to_be_bytes());
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
    let (stem, rest) = rest.split_first_chunk::<32>()?;
    let (digest, bucket) = rest.split_first_chunk::<32>()?;
    let padded = Padded::holding(u64::from_be_bytes(*padded))
        .filter(|found| found.bytes().to_be_bytes() == *padded && *found > Padded::ONE_REQUEST_MAX)?;
    let declared = Declared { epoch, recipients: *recipients, padded };
    let part = u32::from_be_bytes(part.try_into().ok()?);
    let sound = (1..=MAX_RECIPIENTS).contains(recipients) && part < declared.parts();
    let bucket = u32::from_be_bytes(bucket.try_into().ok()?);
    let upload = UploadKey::from_bytes(*upload);
    sound.then_some(Row { upload, part, declared, stem: *stem, digest: *digest, bucket })
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
        let kept = Kept { epoch: epoch(), size: 70_309, volume: 3, chunks: Chunks::One(7) };
        let value = tip_value(&kept);
        assert_eq!(value.len(), 17);
        assert_eq!(read_tip(3, id.as_bytes(), &value), Ok((id, kept.clone())));
        for bad in cut_longer_and_other_version(&value) {
            assert_eq!(read_tip(3, id.as_bytes(), &bad), Err(StoreError::Damaged));
        }
        assert_eq!(read_tip(3, &id.as_bytes()[1..], &value), Err(StoreError::Damaged));
        assert_eq!(kept.place(0), Some(Place { volume: 3, bucket: 7 }));
        assert_eq!(kept.place(5), Some(Place { volume: 3, bucket: 9 }), "two chunks of a part in a bucket");
        assert_eq!((kept.place(6), kept.stem(&id)), (None, *id.as_bytes()));
    }

    #[test]
    fn the_record_of_an_upload_says_where_each_part_is() {
        let id = TipId::of_one_request(b"x");
        let places: Vec<Place> = [4, 4, 4, 6, 5, 5]
            .into_iter()
            .zip(10..)
            .map(|(volume, bucket)| Place { volume, bucket })
            .collect();
        let size = Padded::holding(6 << 20).unwrap().sealed_len(3);
        let parts = |places| Chunks::Parts(Box::new(Parts { stem: [9; 32], places }));
        let kept = Kept { epoch: epoch(), size, volume: 7, chunks: parts(places) };
        let value = tip_value(&kept);
        assert_eq!(value.len(), 13 + 32 + 6 * 12);
        assert_eq!(read_tip(7, id.as_bytes(), &value), Ok((id, kept.clone())));
        for (chunk, volume, bucket) in [(0, 4, 10), (5, 4, 12), (18, 6, 13), (21, 6, 14), (35, 5, 17)] {
            assert_eq!(kept.place(chunk), Some(Place { volume, bucket }));
        }
        assert_eq!((kept.place(36), kept.stem(&id)), (None, [9; 32]));
        assert_eq!(kept.volumes().collect::<Vec<_>>(), [4, 4, 4, 6, 5, 5, 7]);
        for bad in [&value[..value.len() - 12], &value[..value.len() - 1], &value[..17], &value[..45]] {
            assert_eq!(read_tip(7, id.as_bytes(), bad), Err(StoreError::Damaged));
        }
        let most = Kept {
            size: Padded::LARGEST.sealed_len(8),
            chunks: parts(vec![Place { volume: 1, bucket: 1 }; 1_024]),
            ..kept
        };
        assert_eq!(tip_value(&most).len(), LONGEST_TIP);
        assert_eq!(read_tip(7, id.as_bytes(), &tip_value(&most)), Ok((id, most)));
    }

    #[test]
    fn a_row_comes_back() {
        let padded = Padded::holding(2 << 20).unwrap();
        let declared = Declared { epoch: epoch(), recipients: 3, padded };
        let upload = UploadKey::of_token(&[5; 32]);
        let row = Row { upload, part: 1, declared, stem: [1; 32], digest: [2; 32], bucket: 5 };
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
