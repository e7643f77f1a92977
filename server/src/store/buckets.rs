//! Where chunks lie in a volume: in buckets, each a small tree of sled's of its own.
//!
//! sled rewrites a leaf as a whole at its tenth change and when it splits. With all chunks of a volume in one tree every
//! byte was written three times (measured: 0.7 ms of CPU and 1.9 bytes of disk for a byte; in buckets 0.2 ms and 1.03). A
//! bucket is one leaf that takes a few items and then no more, so that no byte is written twice. It is read as a whole:
//! few items, so that little is read for one.

use std::collections::BTreeMap;

use super::CHUNK;
use super::key::WRAPPING;
use super::record::CHUNK_KEY;

/// Bytes of one of sled's segments.
pub(super) const SEGMENT: usize = 2 << 20;
/// Parts of one chunk that share a bucket, at most.
const ITEMS: u32 = 4;
/// Chunks of a longer part that share a bucket. Each such part has buckets of its own, one after the other.
const CHUNKS: u32 = 2;
/// Changes after which sled rewrites a leaf; the first makes it.
const CHANGES: u32 = 10;
/// Bytes of a bucket, at most: a leaf of a quarter of a segment would be written outside the log.
const BYTES: usize = SEGMENT / 4 - (32 << 10);
/// Bytes that sled adds to an item, generously.
const OVERHEAD: usize = CHUNK_KEY + 128;

// Fault: see the head of this file. Guard: a bucket is full before sled rewrites or splits it…
const _: () = assert!(ITEMS < CHANGES - 1 && CHUNKS < CHANGES - 1);
// …and before it is too large for the log.
const _: () = assert!(2 * (CHUNK + WRAPPING + OVERHEAD) < BYTES && CHUNKS == 2);

/// The bucket of a part's chunk, counted from 0 in the part, if the part begins in `first`.
pub(super) fn bucket_of(first: u32, chunk: u32) -> Option<u32> {
    first.checked_add(chunk.checked_div(CHUNKS)?)
}

/// The buckets of one volume.
#[derive(Debug)]
pub(super) struct Buckets {
    trees: BTreeMap<u32, sled::Tree>,
    /// The last one: its number, and what it will hold.
    last: u32,
    items: u32,
    bytes: usize,
}

impl Buckets {
    /// Those that are there. None of them takes anything more.
    pub(super) fn of(db: &sled::Db) -> sled::Result<Self> {
        let mut trees = BTreeMap::new();
        for name in db.tree_names() {
            if let Some(number) = number(&name) {
                trees.insert(number, db.open_tree(&name)?);
            }
        }
        let last = trees.keys().next_back().copied().unwrap_or(0);
        Ok(Self { trees, last, items: ITEMS, bytes: 0 })
    }

    /// Chooses the buckets for a part in so many chunks, the longest of so many bytes; answers the first of them. `None`
    /// when there are no more numbers.
    pub(super) fn choose(&mut self, chunks: u32, bytes: usize) -> Option<u32> {
        let bytes = bytes.saturating_add(OVERHEAD);
        let together = self.bytes.saturating_add(bytes);
        let first = self.last.checked_add(1)?;
        if chunks > 1 {
            self.last = bucket_of(first, chunks.checked_sub(1)?)?;
            self.items = ITEMS;
            return Some(first);
        }
        if self.items < ITEMS && together <= BYTES {
            self.items = self.items.saturating_add(1);
            self.bytes = together;
        } else {
            (self.last, self.items, self.bytes) = (first, 1, bytes);
        }
        Some(self.last)
    }

    /// The tree of a bucket that was chosen; made if it is not there.
    pub(super) fn tree(&mut self, db: &sled::Db, bucket: u32) -> sled::Result<sled::Tree> {
        if let Some(tree) = self.find(bucket) {
            return Ok(tree);
        }
        let tree = db.open_tree(name(bucket))?;
        self.trees.insert(bucket, tree.clone());
        Ok(tree)
    }

    /// The tree of a bucket that is there.
    pub(super) fn find(&self, bucket: u32) -> Option<sled::Tree> {
        self.trees.get(&bucket).cloned()
    }
}

fn name(bucket: u32) -> [u8; 5] {
    let [a, b, c, d] = bucket.to_be_bytes();
    [b'b', a, b, c, d]
}

fn number(name: &[u8]) -> Option<u32> {
    let (b'b', number) = name.split_first()? else { return None };
    Some(u32::from_be_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(parts: &[(u32, usize)]) -> Vec<u32> {
        let mut buckets = Buckets { trees: BTreeMap::new(), last: 0, items: ITEMS, bytes: 0 };
        parts.iter().map(|(chunks, bytes)| buckets.choose(*chunks, *bytes).unwrap()).collect()
    }

    #[test]
    fn a_bucket_takes_four_items_and_never_more_than_its_bytes() {
        assert_eq!(chosen(&[(1, 70_337); 9]), [1, 1, 1, 1, 2, 2, 2, 2, 3]);
        assert_eq!(chosen(&[(1, 135_889); 4]), [1, 1, 1, 2]);
        assert_eq!(chosen(&[(1, CHUNK + WRAPPING); 3]), [1, 1, 2]);
    }

    #[test]
    fn a_part_of_several_chunks_has_buckets_of_its_own() {
        let long = (6, CHUNK + WRAPPING);
        assert_eq!(
            chosen(&[(1, 70_337), long, long, (1, 70_337), (1, 70_337), (2, 9), (1, 9)]),
            [1, 2, 5, 8, 8, 9, 10]
        );
        let buckets: Vec<_> = (0..6).map(|chunk| bucket_of(2, chunk).unwrap()).collect();
        assert_eq!(buckets, [2, 2, 3, 3, 4, 4]);
        let mut last = Buckets { trees: BTreeMap::new(), last: u32::MAX - 1, items: ITEMS, bytes: 0 };
        assert_eq!((last.choose(6, 9), last.choose(1, 9), last.choose(1, 9)), (None, Some(u32::MAX), None));
    }

    #[test]
    fn a_name_comes_back() {
        for bucket in [0, 1, 77, u32::MAX] {
            assert_eq!(number(&name(bucket)), Some(bucket));
        }
        for other in [&b"tips"[..], b"uploads", b"__sled__default", b"b", b""] {
            assert_eq!(number(other), None);
        }
    }

    #[test]
    fn what_lies_in_buckets_is_written_once() {
        let dir = std::env::temp_dir().join(format!("tipline-buckets-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let config = sled::Config::new().path(&dir).segment_size(SEGMENT).flush_every_ms(None);
        let db = config.open().unwrap();
        let mut buckets = Buckets::of(&db).unwrap();
        let item = vec![7; 70_337];
        for number in 0_u32..400 {
            let bucket = buckets.choose(1, item.len()).unwrap();
            let tree = buckets.tree(&db, bucket).unwrap();
            tree.insert(number.to_be_bytes(), item.as_slice()).unwrap();
        }
        db.flush().unwrap();
        let written = std::fs::metadata(dir.join("db")).unwrap().len();
        assert!(written < 400 * 70_337 + 400 * 70_337 / 20, "{written} bytes for {}", 400 * 70_337);
        assert_eq!(Buckets::of(&db).unwrap().trees.len(), 100);
        assert!(std::fs::read_dir(dir.join("blobs")).unwrap().next().is_none());
        drop((buckets, db));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
