//! Whether a folder outlasts the machine's next start: what lies in memory is not held, and must not be acknowledged.
//!
//! A live system (Tails) shows memory as a disk: its root is an overlay whose changes go to a folder in memory.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the kernel lists what is mounted (proc(5)).
pub const MOUNTS: &str = "/proc/self/mountinfo";
/// A file system in memory (linux/magic.h).
const TMPFS: i64 = 0x0102_1994;
/// A file system over others (linux/magic.h).
const OVERLAY: i64 = 0x794c_7630;

/// Whether what lies in `folder` is gone when the machine is switched off. `mounts` is [`MOUNTS`].
///
/// # Errors
/// What the system says.
pub fn is_in_memory(folder: &Path, mounts: &Path) -> io::Result<bool> {
    match kind(folder)? {
        TMPFS => Ok(true),
        OVERLAY => {
            let device = fs::metadata(folder)?.dev();
            let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
            // An upper folder that can't be seen from here is a container's, which lies on its host's disk.
            let upper = upper_folder(&fs::read_to_string(mounts)?, &device);
            Ok(upper.is_some_and(|upper| kind(&upper).is_ok_and(|kind| kind == TMPFS)))
        }
        _ => Ok(false),
    }
}

fn kind(path: &Path) -> io::Result<i64> {
    #[allow(clippy::useless_conversion, reason = "the field's type is another on each platform")]
    Ok(i64::try_from(rustix::fs::statfs(path)?.f_type).unwrap_or(0))
}

/// Where the overlay on this device, `major:minor`, keeps what was changed.
fn upper_folder(mounts: &str, device: &str) -> Option<PathBuf> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    let (_, of_the_file_system) = line.split_once(" - ")?;
    let options = of_the_file_system.split(' ').nth(2)?;
    options.split(',').find_map(|option| option.strip_prefix("upperdir=")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a live system has them.
    const LIVE: &str = "\
24 1 0:21 / /proc rw,nosuid - proc proc rw
29 1 0:26 / / rw,noatime shared:1 - overlay overlay rw,lowerdir=/run/live/rootfs,upperdir=/dev/shm,workdir=/w
";

    #[test]
    fn the_folder_behind_an_overlay_is_found() {
        assert_eq!(upper_folder(LIVE, "0:26"), Some("/dev/shm".into()));
        for device in ["0:21", "0:27", ""] {
            assert_eq!(upper_folder(LIVE, device), None, "{device}");
        }
        assert_eq!(upper_folder("29 1 0:26", "0:26"), None);
    }

    #[test]
    fn a_disk_is_none_and_memory_is_found() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(!is_in_memory(here, Path::new(MOUNTS)).unwrap());
        assert!(is_in_memory(Path::new("/nowhere"), Path::new(MOUNTS)).is_err());
        if kind(Path::new("/dev/shm")).is_ok_and(|kind| kind == TMPFS) {
            assert!(is_in_memory(Path::new("/dev/shm"), Path::new(MOUNTS)).unwrap());
        } else {
            println!("SKIPPED: needs /dev/shm in memory");
        }
    }
}
