//! A disk that fails under the real server: one write, sync, rename or removal fails, is short or is the last before the
//! power goes, while tips come over HTTP. The server refuses or ends, and whatever it answered 201 for is there afterwards.
//!
//! Of each kind so many calls as `TIPLINE_FAULTS` says, 3 otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tipline_wire::tip_id::TipId;

use crate::faults::chosen;
use crate::kill;
use crate::load::ids;
use crate::parts::Sender;
use crate::power_cut::{Disk, format, has_stopped};
use crate::stage::*;
use crate::workload;

const THREADS: u64 = 3;
/// Tips that each thread sends in a round: with volumes of 1 MiB more than one is filled.
const TIPS: u64 = 12;

/// Small volumes, so that faults fall into sealing and beginning as well.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.configure("[store]\nballast_mib = 1\nvolume_mib = 1\n");
    stage
}

/// From its next start on the server meets a fault; with `at` 0 its calls are only counted.
fn arm(stage: &mut Stage, shim: &Path, kind: &str, at: usize) {
    let mark = stage.folder.0.join("mark");
    let _ = fs::remove_file(&mark);
    stage.environment = vec![
        ("LD_PRELOAD", shim.into()),
        ("FAULT_DIR", stage.store.clone().into()),
        ("FAULT_MARK", mark.into()),
        ("FAULT_KIND", kind.into()),
        ("FAULT_AT", at.to_string().into()),
    ];
}

fn mark(stage: &Stage) -> String {
    fs::read_to_string(stage.folder.0.join("mark")).unwrap_or_default()
}

/// Sends tips, each fourth in parts, as long as the server is there; a refused one is not sent again.
fn send(address: &str, seed: u64, acknowledged: &Mutex<BTreeSet<TipId>>) {
    for n in seed..seed + TIPS {
        let (id, requests) = if n % 4 == 3 {
            let sender = Sender::new(n, 1_536);
            (sender.id(), sender.whole())
        } else {
            let body = small_tip(n);
            (TipId::of_one_request(&body), vec![post(this_week(), &body)])
        };
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let mut kept = false;
        for request in requests {
            let sent = stream.write_all(&request).ok();
            let Some(answer) = sent.and_then(|()| read_answer(&mut stream)) else { return };
            kept = answer.status == 201;
            if answer.status >= 300 {
                assert!(refuses(&answer), "neither kept nor refused: {}", answer.head);
                break;
            }
        }
        if kept {
            acknowledged.lock().unwrap().insert(id);
        }
    }
}

/// There is no room, or the disk failed and the server is about to end.
fn refuses(answer: &Answer) -> bool {
    matches!((answer.status, answer.says().as_str()), (503, "full") | (500, "broken"))
}

/// Whether the server still takes a tip in; otherwise it must be about to end.
fn goes_on(server: &Server, seed: u64, acknowledged: &Mutex<BTreeSet<TipId>>) -> bool {
    let body = small_tip(seed);
    for _ in 0..200 {
        let Ok(mut stream) = TcpStream::connect(&server.address) else { return false };
        let sent = stream.write_all(&post(this_week(), &body)).ok();
        match sent.and_then(|()| read_answer(&mut stream)) {
            None => return false,
            Some(answer) if answer.status == 201 => {
                acknowledged.lock().unwrap().insert(TipId::of_one_request(&body));
                return true;
            }
            Some(answer) => assert!(refuses(&answer), "{}", answer.head),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("for ten seconds it neither kept a tip nor ended: {}", server.journal());
}

/// Starts the server as it was armed, under load; answers its end.
fn round(stage: &Stage, round: u64, acknowledged: &Mutex<BTreeSet<TipId>>) -> String {
    // A fault while it opens: it says why and ends.
    let server = match stage.try_start() {
        Ok(server) => server,
        Err(journal) => return format!("no start: {}", journal.lines().last().expect("a reason")),
    };
    let seed = |thread: u64| 1_000 * (round * 10 + thread);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let address = &server.address;
            scope.spawn(move || send(address, seed(thread), acknowledged));
        }
    });
    let goes_on = goes_on(&server, seed(9), acknowledged);
    let (code, journal) = if goes_on { server.stop() } else { server.wait() };
    let last = journal.lines().last().unwrap_or_default().to_owned();
    assert_eq!(code == Some(0), goes_on, "{journal}");
    assert!(goes_on || journal.contains("the disk failed"), "{journal}");
    last
}

/// All that was acknowledged is there after a start without faults, nothing twice and nothing set aside.
fn check(stage: &mut Stage, acknowledged: &BTreeSet<TipId>) {
    stage.environment.clear();
    let server = stage.start();
    let held = ids(&stage.fetch());
    let distinct: BTreeSet<_> = held.iter().copied().collect();
    assert_eq!(held.len(), distinct.len(), "nothing is there twice");
    let lost = acknowledged.difference(&distinct).count();
    assert_eq!(lost, 0, "of {} acknowledged", acknowledged.len());
    assert!(!server.journal().contains("damaged"), "{}", server.journal());
    let (code, journal) = server.stop();
    assert_eq!(code, Some(0), "{journal}");
}

fn all_of(kind: &str) {
    let mut stage = stage();
    let Some(shim) = workload::shim(&stage.folder.0) else {
        return eprintln!("SKIPPED: faults at every write need the C compiler cc");
    };
    let acknowledged = Mutex::new(BTreeSet::new());
    assert_eq!(stage.open().stop().0, Some(0));
    arm(&mut stage, &shim, "", 0);
    round(&stage, 0, &acknowledged);
    let total: usize = mark(&stage).parse().unwrap();
    assert!(acknowledged.lock().unwrap().len() as u64 > THREADS * TIPS, "without a fault all are kept");
    check(&mut stage, &acknowledged.lock().unwrap());
    for (number, at) in (1..).zip(chosen(total, 3)) {
        arm(&mut stage, &shim, kind, at);
        let end = round(&stage, number, &acknowledged);
        eprintln!("{kind} at {at} of {total}: {} -> {end}", mark(&stage));
        check(&mut stage, &acknowledged.lock().unwrap());
    }
}

#[test]
fn the_server_never_answers_201_for_what_a_failed_write_loses() {
    all_of("write");
}

#[test]
fn the_server_never_answers_201_for_what_a_failed_sync_or_rename_loses() {
    all_of("eio");
}

#[test]
fn the_server_never_answers_201_for_what_a_full_disk_loses() {
    all_of("enospc");
}

#[test]
fn the_server_never_answers_201_for_what_a_short_write_loses() {
    all_of("short");
}

/// The power fails at call `at` of the running server; how many tips had been acknowledged. `None`: not possible here.
fn cut_at(shim: &Path, at: usize) -> Option<usize> {
    let mut stage = stage();
    let (image, copy) = (stage.folder.0.join("disk.img"), stage.folder.0.join("after.img"));
    format(&image)?;
    let disk = Disk::mount(&image, stage.folder.0.join("disk"))?;
    stage.store = disk.0.join("store");
    assert_eq!(stage.open().stop().0, Some(0));
    arm(&mut stage, shim, "stop", at);
    let mut server = stage.start();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (address, acknowledged) = (server.address.clone(), Arc::clone(&acknowledged));
            std::thread::spawn(move || kill::load(&address, thread * 1_000_000, &acknowledged))
        })
        .collect();
    while mark(&stage).is_empty() || !has_stopped(server.id()) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // Answers that were under way may still arrive: they were sent before the cut, so they count.
    std::thread::sleep(Duration::from_millis(50));
    let before = acknowledged.lock().unwrap().clone();
    fs::copy(&image, &copy).unwrap();
    server.kill();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(disk);
    let after = Disk::mount(&copy, stage.folder.0.join("after")).expect("it comes back after the cut");
    stage.store = after.0.join("store");
    check(&mut stage, &before);
    Some(before.len())
}

#[test]
fn the_server_never_answers_201_for_what_was_not_synced_when_the_power_fails() {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: power cuts at every write need the C compiler cc");
    };
    // The first calls are those of a start.
    for at in chosen(400, 3) {
        let Some(acknowledged) = cut_at(&shim, 40 + at) else {
            return eprintln!("SKIPPED: power cuts need root, loop devices and mkfs.ext4");
        };
        eprintln!("the power failed at {}: {acknowledged} acknowledged, none lost", 40 + at);
    }
}
