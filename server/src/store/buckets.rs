//! Where chunks lie in a volume: in buckets, each a small tree of sled's of its own.
//!
//! sled rewrites a leaf as a whole at its tenth change and when it splits. With all chunks of a volume in one tree every
//! byte was written three times (measured: 0.7 ms of CPU and 1.9 bytes of disk for a byte; in buckets 0.2 ms and 1.02). A
//! bucket is one leaf that takes a few items and then no more, so that no byte is written twice. It is read as a whole:
//! few items, so that little is read for one.

use std::collections::BTreeMap;

use super::CHUNK;
use super::key::WRAPPING;
use super::record::CHUNK_KEY;

/// Bytes of one of sled's segments.
pub(super) const SEGMENT: usize = 8 << 20;
/// Items of a bucket, at most.
const ITEMS: u32 = 4;
/// Changes after which sled rewrites a leaf; the first makes it.
const CHANGES: u32 = 10;
/// Bytes of a bucket, at most: a leaf of a quarter of a segment would be written outside the log.
const BYTES: usize = SEGMENT / 4 - (64 << 10);
/// Bytes that sled adds to an item, generously.
const OVERHEAD: usize = CHUNK_KEY + 128;

// Fault: see the head of this file. Guard: a bucket is full before sled rewrites or splits it…
const _: () = assert!(ITEMS < CHANGES - 1);
// …and before it is too large for the log; the longest chunk fits into one.
const _: () = assert!(CHUNK + WRAPPING + OVERHEAD < BYTES);

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

    /// Chooses the bucket for an item of so many bytes.
    pub(super) fn choose(&mut self, bytes: usize) -> u32 {
        let bytes = bytes.saturating_add(OVERHEAD);
        let together = self.bytes.saturating_add(bytes);
        if self.items < ITEMS && together <= BYTES {
            self.items = self.items.saturating_add(1);
            self.bytes = together;
        } else {
            self.last = self.last.saturating_add(1);
            (self.items, self.bytes) = (1, bytes);
        }
        self.last
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

    fn chosen(sizes: &[usize]) -> Vec<u32> {
        let mut buckets = Buckets { trees: BTreeMap::new(), last: 0, items: ITEMS, bytes: 0 };
        sizes.iter().map(|size| buckets.choose(*size)).collect()
    }

    #[test]
    fn a_bucket_takes_four_items_and_never_more_than_its_bytes() {
        assert_eq!(chosen(&[70_337; 9]), [1, 1, 1, 1, 2, 2, 2, 2, 3]);
        assert_eq!(chosen(&[CHUNK + WRAPPING; 3]), [1, 2, 3]);
        assert_eq!(chosen(&[CHUNK, 70_337, CHUNK, 900_000, 900_000]), [1, 1, 2, 2, 3]);
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
            let bucket = buckets.choose(item.len());
            let tree = buckets.tree(&db, bucket).unwrap();
            tree.insert(number.to_be_bytes(), item.as_slice()).unwrap();
        }
        db.flush().unwrap();
        let written = std::fs::metadata(dir.join("db")).unwrap().len();
        assert!(written < 400 * 70_337 + 400 * 70_337 / 20, "{written} bytes for {}", 400 * 70_337);
        assert_eq!(Buckets::of(&db).unwrap().trees.len(), 100);
        drop((buckets, db));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
