//! Power cuts under load: what was acknowledged is on the disk itself, not in a cache that a cut empties.
//!
//! The store lies on an ext4 file system in an image. At a random moment the server is stopped, the image is copied as it is
//! (whatever the kernel still held is missing from the copy), the copy is mounted as after a cut, and the real server starts on it.
//! Needs root and loop devices. `TIPLINE_POWER_CUTS` sets the number of rounds, 10 otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tipline_wire::tip_id::TipId;

use crate::faults;
use crate::kill::{id_of, load};
use crate::stage::*;
use crate::workload::{self, Ledger, Random};

const THREADS: u64 = 6;
const IMAGE_MIB: u64 = 192;

/// A mounted image; unmounted at the end.
pub struct Disk(pub PathBuf);

impl Disk {
    pub fn mount(image: &Path, at: PathBuf) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// An empty ext4 file system; `None` where there is no tool for it.
pub fn format(image: &Path) -> Option<()> {
    fs::File::create(image).unwrap().set_len(IMAGE_MIB << 20).unwrap();
    let tool =
        ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"].into_iter().find(|path| Path::new(path).exists())?;
    let made = Command::new(tool).arg("-q").arg(image).output();
    made.is_ok_and(|output| output.status.success()).then_some(())
}

fn signal(server: &Server, name: &str) {
    assert!(Command::new("kill").args([name, &server.id().to_string()]).status().unwrap().success());
}

/// One cut after `moment`; answers how many tips were acknowledged, held afterwards, and lost. `None`: not possible here.
fn cut(round: u64, moment: Duration) -> Option<(usize, usize, usize)> {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[store]\nballast_mib = 4\nvolume_mib = 4\n").unwrap();
    // Small volumes, so that cuts fall into the change from one to the next as well.
    stage.config = Some(config);
    let (image, copy) = (stage.folder.0.join("disk.img"), stage.folder.0.join("after.img"));
    format(&image)?;
    let disk = Disk::mount(&image, stage.folder.0.join("disk"))?;
    stage.store = disk.0.join("store");
    let mut server = stage.open();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (address, acknowledged) = (server.address.clone(), Arc::clone(&acknowledged));
            let seed = (round * THREADS + thread) * 1_000_000;
            std::thread::spawn(move || load(&address, seed, &acknowledged))
        })
        .collect();
    std::thread::sleep(moment);
    signal(&server, "-STOP");
    // Answers that were under way may still arrive: they were sent before the cut, so they count.
    std::thread::sleep(Duration::from_millis(50));
    let before: BTreeSet<TipId> = acknowledged.lock().unwrap().clone();
    fs::copy(&image, &copy).unwrap();
    server.kill();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(disk);

    let after =
        Disk::mount(&copy, stage.folder.0.join("after")).expect("the file system comes back after the cut");
    stage.store = after.0.join("store");
    let _server = stage.start();
    let held: Vec<_> = stage.pickup().into_iter().map(|(_, bytes)| id_of(&bytes)).collect();
    let distinct: BTreeSet<_> = held.iter().copied().collect();
    assert_eq!(held.len(), distinct.len(), "none is there twice");
    Some((before.len(), held.len(), before.difference(&distinct).count()))
}

#[test]
fn every_acknowledged_tip_survives_a_power_cut_under_load() {
    let rounds = std::env::var("TIPLINE_POWER_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_u64);
    let (mut acknowledged, mut held, mut lost) = (0, 0, 0);
    let mut moment = u64::from(std::process::id());
    for round in 0..rounds {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let Some(counts) = cut(round, Duration::from_millis(100 + (moment >> 33) % 700)) else {
            return eprintln!("SKIPPED: power cuts need root, loop devices and mkfs.ext4");
        };
        acknowledged += counts.0;
        held += counts.1;
        lost += counts.2;
    }
    eprintln!("{rounds} power cuts, {acknowledged} acknowledged, {held} held, {lost} lost");
    assert!(acknowledged as u64 > rounds, "the load was real");
    assert_eq!(lost, 0);
}

/// The power fails at write-like call `at` of a workload; `None`: not possible here.
fn cut_at(folder: &Path, shim: &Path, seed: u64, at: usize) -> Option<()> {
    let (image, copy) = (folder.join("disk.img"), folder.join("after.img"));
    format(&image)?;
    let disk = Disk::mount(&image, folder.join("disk"))?;
    let (mark, said) = (folder.join(format!("mark-{seed}-{at}")), folder.join("said"));
    eprintln!("TIPLINE_SEED={seed}: the power fails at {at}");
    let mut command = faults::with_fault(&disk.0.join("store"), shim, seed, at, "stop", &mark);
    let mut process = command.stdout(fs::File::create(&said).unwrap()).spawn().unwrap();
    while process.try_wait().unwrap().is_none() && !(mark.exists() && has_stopped(process.id())) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // What the kernel still holds of the image's file system is missing from the copy.
    fs::copy(&image, &copy).unwrap();
    let _ = process.kill();
    process.wait().unwrap();
    drop(disk);
    let after = Disk::mount(&copy, folder.join("after")).expect("the file system comes back after the cut");
    Ledger::of(&fs::read(&said).unwrap(), seed).check(&after.0.join("store"));
    Some(())
}

pub fn has_stopped(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| state.starts_with('T'))
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_fails_at_any_write() {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: power cuts at every write need the C compiler cc");
    };
    let total = faults::count(&folder.0, &shim, 0);
    let calls = faults::chosen(total, 8);
    for at in &calls {
        if cut_at(&folder.0, &shim, 0, *at).is_none() {
            return eprintln!("SKIPPED: power cuts need root, loop devices and mkfs.ext4");
        }
    }
    eprintln!("the power failed at {} of {total} calls: nothing acknowledged was lost", calls.len());
}

#[test]
fn whatever_is_done_nothing_acknowledged_is_lost_when_the_power_fails_at_a_write() {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: power cuts at every write need the C compiler cc");
    };
    for seed in faults::seeds() {
        let total = faults::count(&folder.0, &shim, seed);
        let mut random = Random::new(seed + 2);
        for _ in 0..3 {
            if cut_at(&folder.0, &shim, seed, 1 + random.below(total)).is_none() {
                return eprintln!("SKIPPED: power cuts need root, loop devices and mkfs.ext4");
            }
        }
    }
}
