//! Uploads under way, by how long they have rested: from their last part, or the server's start.
//!
//! They are known by the hash of their token, as in the store, and by nothing of who sends them.

use std::collections::BTreeMap;
use std::time::Duration;

use tipline_wire::upload::UploadKey;

/// An upload that was begun and has no part yet is remembered so long: longer than a slow circuit takes for the first.
const WITHOUT_A_PART: Duration = Duration::from_secs(3_600);
/// Uploads without a part that are remembered: they cost their sender nothing, so there may be many.
const MOST_WITHOUT_A_PART: usize = 4_096;

/// All uploads.
#[derive(Debug, Default)]
pub struct Resting(BTreeMap<UploadKey, Rest>);

#[derive(Debug, Clone, Copy)]
struct Rest {
    since: Duration,
    holds: Holds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Parts,
}

impl Resting {
    /// One has begun.
    pub fn begun(&mut self, upload: UploadKey, now: Duration) {
        self.0.entry(upload).or_insert(Rest { since: now, holds: Holds::Nothing });
    }

    /// A part of it came.
    pub fn came(&mut self, upload: UploadKey, now: Duration) {
        self.0.insert(upload, Rest { since: now, holds: Holds::Parts });
    }

    /// It is over.
    pub fn over(&mut self, upload: &UploadKey) {
        self.0.remove(upload);
    }

    /// Takes out those that rested longer than `patience`, the longest first.
    #[must_use]
    pub fn too_long(&mut self, patience: Duration, now: Duration) -> Vec<UploadKey> {
        let mut by_rest: Vec<(UploadKey, Rest)> =
            self.0.iter().map(|(upload, rest)| (*upload, *rest)).collect();
        by_rest.sort_by_key(|(_, rest)| rest.since);
        let empty = by_rest.iter().filter(|(_, rest)| rest.holds == Holds::Nothing).count();
        let mut too_many = empty.saturating_sub(MOST_WITHOUT_A_PART);
        by_rest.retain(|(_, rest)| {
            let rested = now.saturating_sub(rest.since);
            if rest.holds == Holds::Parts {
                return rested > patience;
            }
            let one_too_many = too_many > 0;
            too_many = too_many.saturating_sub(1);
            one_too_many || rested > WITHOUT_A_PART.min(patience)
        });
        let gone: Vec<UploadKey> = by_rest.into_iter().map(|(upload, _)| upload).collect();
        for upload in &gone {
            self.0.remove(upload);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> UploadKey {
        let mut token = [0; 32];
        token[..4].copy_from_slice(&n.to_be_bytes());
        UploadKey::of_token(&token)
    }

    const HOUR: Duration = Duration::from_secs(3_600);
    const PATIENCE: Duration = Duration::from_secs(72 * 3_600);

    #[test]
    fn an_upload_ends_when_it_rested_too_long_and_every_part_begins_its_rest_anew() {
        let mut resting = Resting::default();
        for n in [1, 2, 3] {
            resting.begun(key(n), Duration::ZERO);
            resting.came(key(n), HOUR * n);
        }
        assert_eq!(resting.too_long(PATIENCE, HOUR * 73), []);
        resting.came(key(1), HOUR * 73);
        assert_eq!(resting.too_long(PATIENCE, HOUR * 76), [key(2), key(3)], "the longest rest first");
        assert_eq!(resting.too_long(PATIENCE, HOUR * 76), []);
        resting.over(&key(1));
        assert_eq!(resting.too_long(PATIENCE, HOUR * 1_000), []);
    }

    #[test]
    fn one_without_a_part_is_soon_forgotten_and_there_are_never_too_many() {
        let mut resting = Resting::default();
        resting.begun(key(1), Duration::ZERO);
        resting.begun(key(1), HOUR);
        assert_eq!(resting.too_long(PATIENCE, HOUR), []);
        assert_eq!(resting.too_long(PATIENCE, HOUR * 2), [key(1)], "to begin again is no part");
        resting.came(key(0), Duration::ZERO);
        for n in 1..=5_000_u32 {
            resting.begun(key(n), Duration::from_millis(n.into()));
        }
        let gone = resting.too_long(PATIENCE, HOUR / 2);
        let oldest: Vec<_> = (1..=5_000 - 4_096).map(key).collect();
        assert_eq!(gone, oldest);
    }
}
