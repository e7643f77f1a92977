//! A full disk: a clear refusal, nothing lost, and it starts again. On a small file system of its own (needs root).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tipline_server::store::{Letterbox, Options, Part, SealedTip, Share, SledStore, StoreError};
use tipline_wire::tip_id::TipId;

use crate::parts::Sender;
use crate::stage::*;
use crate::workload::{open_with, run};

/// A tmpfs of so many MiB, unmounted at the end; `None` where mounting is not allowed.
struct Disk(PathBuf);

impl Disk {
    fn new(stage: &Stage, mib: u32) -> Option<Self> {
        let path = stage.folder.0.join("disk");
        fs::create_dir(&path).unwrap();
        let size = format!("size={mib}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tipline-test"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }

    /// Fills all of it with another file; answers its path.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("other");
        let zeros = vec![0; 64 << 10];
        let mut file = fs::File::create(&path).unwrap();
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
        while std::io::Write::write_all(&mut file, b"0").is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn stage_on_disk(mib: u32, ballast: u32) -> Option<(Stage, Disk)> {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, format!("[store]\nballast_mib = {ballast}\n")).unwrap();
    stage.config = Some(config);
    let Some(disk) = Disk::new(&stage, mib) else {
        eprintln!("SKIPPED: mounting a small file system needs root");
        return None;
    };
    stage.store = disk.0.join("store");
    Some((stage, disk))
}

#[test]
fn tips_until_the_disk_is_full_are_all_there_and_the_next_is_refused() {
    let Some((stage, disk)) = stage_on_disk(48, 4) else { return };
    let server = stage.open();
    let mut kept = Vec::new();
    let refused = (1..2_000).find_map(|seed| {
        let body = small_tip(seed);
        let answer = server.post(&body);
        if answer.status == 201 {
            kept.push(body);
        }
        (answer.status != 201).then_some(answer)
    });
    let refused = refused.expect("48 MiB end somewhere");
    assert_eq!((refused.status, refused.says().as_str()), (503, "full"));
    assert!(kept.len() > 50, "{}", kept.len());
    kept.sort_unstable();
    assert_eq!(stage.held(), kept);
    let (code, journal) = server.stop();
    assert_eq!(code, Some(0), "{journal}");
    let again = stage.start();
    assert_eq!(stage.held(), kept);
    assert_eq!(again.send(&get("/")).unwrap().status, 200, "the page is still there");
    drop((again, disk));
}

#[test]
fn when_another_program_fills_the_disk_nothing_is_lost_and_it_starts_with_its_ballast() {
    let Some((stage, disk)) = stage_on_disk(64, 16) else { return };
    let server = stage.open();
    let mut kept: Vec<_> = (1..=60).map(small_tip).collect();
    kept.iter().for_each(|tip| assert_eq!(server.post(tip).status, 201));
    let other = disk.fill();
    assert_eq!(server.post(&small_tip(99)).says(), "full");
    assert_eq!(server.post(&small_tip(1)).says(), "kept", "its first answer may have been lost");
    let (_, journal) = server.stop();
    assert!(!journal.contains("disk failed"), "refused before anything was written: {journal}");
    let again = stage.start();
    assert!(again.journal().contains("ballast"), "{}", again.journal());
    kept.sort_unstable();
    assert_eq!(stage.held(), kept);
    assert_eq!(again.post(&small_tip(99)).says(), "full");
    fs::remove_file(other).unwrap();
    assert_eq!(again.post(&small_tip(99)).status, 201, "it goes on as soon as there is room");
}

/// Sends parts until there is no room; the uploads that were begun, and how many parts of each are held.
fn fill_with_parts(store: &SledStore) -> Vec<(Sender, u32)> {
    let mut sent = Vec::new();
    for seed in 1..100 {
        let sender = Sender::new(seed, 8_192);
        store.begin(upload_key(&sender), sender.declared).unwrap();
        let refused = sender.numbers().find(|number| !put(store, &sender, *number));
        sent.push((sender, refused.unwrap_or(8)));
        if refused.is_some() {
            return sent;
        }
    }
    panic!("96 MiB end somewhere")
}

fn upload_key(sender: &Sender) -> tipline_wire::upload::UploadKey {
    tipline_wire::upload::UploadKey::of_token(&sender.token)
}

/// As the door does it: room first. `false` when there is none.
fn put(store: &SledStore, sender: &Sender, number: u32) -> bool {
    use sha2::Digest as _;
    let bytes = sender.part(number).to_vec();
    let room = match store.reserve(Share::Large, bytes.len() as u64) {
        Ok(room) => room,
        Err(StoreError::Full) => return false,
        Err(fault) => panic!("{fault}"),
    };
    let part = Part { number, digest: sha2::Sha256::digest(&bytes).into(), bytes };
    run(store.put_part(upload_key(sender), part)).unwrap();
    drop(room);
    true
}

fn keep(store: &SledStore, seed: u64) -> Result<(), StoreError> {
    let bytes = small_tip(seed);
    let _room = store.reserve(Share::Small, bytes.len() as u64)?;
    run(store.keep(SealedTip { id: TipId::of_one_request(&bytes), epoch: this_week(), bytes }))
}

#[test]
fn parts_fill_a_disk_but_for_the_share_of_small_tips_and_room_comes_back_with_those_given_up() {
    let Some((stage, disk)) = stage_on_disk(96, 4) else { return };
    let options = Options { ballast_mib: 4, volume_mib: 4, ..Options::default() };
    let (home, store) = open_with(&stage.store, options.clone()).unwrap();
    let sent = fill_with_parts(&store);
    assert!(sent.len() > 4, "{} uploads of 8 MiB", sent.len());
    assert!(store.fullness().unwrap() >= 75);
    (1..=20).for_each(|seed| assert_eq!(keep(&store, seed), Ok(()), "small tips have room of their own"));
    drop((store, home));

    let (_home, store) = open_with(&stage.store, options).unwrap();
    assert_eq!(store.tips().unwrap().len(), 20);
    for (sender, count) in &sent {
        let (_, held) = store.upload(&upload_key(sender)).unwrap();
        assert!((0..*count).all(|number| held.has(number)), "an acknowledged part is lost");
    }
    let ((last, count), given_up) = sent.split_last().unwrap();
    assert!(!put(&store, last, *count), "there is still no room");
    given_up.iter().for_each(|(sender, _)| store.give_up(&upload_key(sender)));
    keep(&store, 21).unwrap();
    assert!((*count..8).all(|number| put(&store, last, number)), "it goes on where it was refused");
    run(store.commit(upload_key(last), last.id())).unwrap();
    assert!(store.has(&last.id()));
    drop(disk);
}
