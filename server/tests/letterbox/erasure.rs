//! Erasure: after a removal neither the volume's key nor anything of a tip can be found on the disk itself.
//!
//! The store lies on an ext4 file system in an image, which is searched byte by byte. Needs root and loop devices.

use std::fs;
use std::path::Path;

use tipline_server::store::{Letterbox, Removed, SealedTip};
use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use crate::power_cut::{Disk, format};
use crate::stage::Folder;
use crate::workload::{open, run};

/// A tip that says the same over and over.
fn tip(number: usize) -> SealedTip {
    let mut bytes = format!("planted sealed bytes of tip {number} ").repeat(3_000).into_bytes();
    bytes.truncate(70_309);
    let epoch = Date::parse("2026-11-23").unwrap();
    SealedTip { id: TipId::of_one_request(&bytes), epoch, bytes }
}

fn times(image: &[u8], searched: &[u8]) -> usize {
    image.windows(searched.len()).filter(|window| *window == searched).count()
}

/// The image once the file system is no longer mounted.
fn bytes_of(image: &Path, disk: Disk) -> Vec<u8> {
    drop(disk);
    fs::read(image).unwrap()
}

#[test]
fn after_a_removal_neither_key_nor_tip_is_found_on_the_disk_itself() {
    let folder = Folder::new();
    let (image, at) = (folder.0.join("disk.img"), folder.0.join("disk"));
    let mounted = || Disk::mount(&image, at.clone());
    let (Some(()), Some(disk)) = (format(&image), mounted()) else {
        return eprintln!("SKIPPED: searching a disk needs root, loop devices and mkfs.ext4");
    };
    let store = at.join("store");
    let (home, opened) = open(&store).unwrap();
    for number in 0..40 {
        run(opened.keep(tip(number))).unwrap();
    }
    drop((opened, home));
    let key = |volume: u64| fs::read(store.join("keys").join(volume.to_string())).unwrap()[21..53].to_vec();
    let keys = [key(1), key(2), key(3)];
    let wrapped = {
        let database = fs::read(store.join("volumes/1/db")).unwrap();
        // Somewhere in the middle of a chunk.
        database[300_000..300_032].to_vec()
    };
    let before = bytes_of(&image, disk);
    assert!(keys.iter().all(|key| times(&before, key) == 1), "the search works, and a key lies there once");
    assert_eq!(times(&before, &wrapped), 1);
    assert_eq!(times(&before, b"planted sealed bytes"), 0, "a chunk is never there as it came");

    let disk = mounted().unwrap();
    let (home, opened) = open(&store).unwrap();
    let all = opened.tips().unwrap().iter().map(|record| record.id).collect();
    assert_eq!(run(opened.remove(all)), Ok(Removed { tips: 40, waiting: 0 }));
    drop((opened, home));
    let after = bytes_of(&image, disk);
    assert!(keys.iter().all(|key| times(&after, key) == 0), "no key is left");
    assert_eq!(times(&after, b"planted sealed bytes"), 0);
}
