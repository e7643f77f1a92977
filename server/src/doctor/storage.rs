//! Checks of the store: room, the ballast, volumes that were set aside, tips that can be read.

use super::verdict::Verdict;

/// From this fill level on large tips are refused, in percent.
const LARGE_STOP: u8 = 80;
/// From this one on small ones too.
const SMALL_STOP: u8 = 98;

/// Room on the disk, in percent used.
pub fn disk(fullness: Option<u8>) -> Verdict {
    match fullness {
        None => Verdict::mend("the server cannot ask its disk how full it is: look at the disk"),
        Some(used @ ..LARGE_STOP) => Verdict::sound(format!("{used} % used")),
        Some(used @ LARGE_STOP..SMALL_STOP) => Verdict::mend(format!(
            "{used} % of the disk are used, and large tips are refused: fetch and acknowledge the tips, or free some space"
        )),
        Some(used) => Verdict::mend(format!(
            "{used} % of the disk are used, and every tip is refused: fetch and acknowledge the tips, or free some space"
        )),
    }
}

/// The ballast file: `there` bytes of `wanted`.
pub fn ballast(there: Option<u64>, wanted: u64) -> Verdict {
    match there {
        Some(there) if there >= wanted => Verdict::sound(format!("{} MiB kept aside", wanted >> 20)),
        Some(_) => Verdict::mend(format!(
            "the {} MiB kept aside for a full disk were used up: free twice as much, then restart the server",
            wanted >> 20
        )),
        None => Verdict::mend(
            "the store's folder cannot be looked into: run this as root or as the server's user",
        ),
    }
}

/// How reading every tip again went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// Tips that were read.
    pub tips: u64,
    /// Those of them with a chunk that is not what it was.
    pub damaged: u64,
}

/// Every tip can be read, and no volume was set aside.
pub fn tips(set_aside: Option<u64>, scanned: Result<Scanned, &str>) -> Verdict {
    const RESTORE: &str = "look at the disk (`dmesg`), then restore a backup into a new folder";
    match (set_aside, scanned) {
        (Some(count @ 1..), _) => {
            Verdict::mend(format!("{count} damaged volumes were set aside in the store's folder: {RESTORE}"))
        }
        (_, Err(why)) => Verdict::mend(format!("the tips could not be read to the end ({why}): {RESTORE}")),
        (_, Ok(Scanned { tips, damaged: damaged @ 1.. })) => {
            Verdict::mend(format!("{damaged} of {tips} tips are damaged on the disk: {RESTORE}"))
        }
        (_, Ok(Scanned { tips, .. })) => Verdict::sound(format!("{tips} tips, each as it came")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn mends(verdict: &Verdict, part: &str) {
        assert!(matches!(verdict, Verdict::Mend(line) if line.contains(part)), "{verdict:?}");
    }

    #[test]
    fn a_disk_that_fills_is_said_before_small_tips_are_refused() {
        assert_eq!(disk(Some(79)), Verdict::sound("79 % used"));
        mends(&disk(Some(80)), "large tips are refused");
        mends(&disk(Some(97)), "large tips are refused");
        mends(&disk(Some(98)), "every tip is refused");
        mends(&disk(Some(255)), "every tip is refused");
        mends(&disk(None), "cannot ask");
    }

    #[test]
    fn a_ballast_that_was_used_is_said() {
        assert_eq!(ballast(Some(64 << 20), 64 << 20), Verdict::sound("64 MiB kept aside"));
        assert_eq!(ballast(Some(0), 0), Verdict::sound("0 MiB kept aside"));
        mends(&ballast(Some(0), 64 << 20), "64 MiB kept aside");
        mends(&ballast(None, 1), "as root");
    }

    #[test]
    fn damage_is_counted() {
        let scanned = |damaged| Ok(Scanned { tips: 9, damaged });
        assert_eq!(tips(Some(0), scanned(0)), Verdict::sound("9 tips, each as it came"));
        mends(&tips(Some(0), scanned(2)), "2 of 9 tips");
        mends(&tips(Some(1), scanned(0)), "1 damaged volumes");
        mends(&tips(None, Err("cut off")), "(cut off)");
    }
}
