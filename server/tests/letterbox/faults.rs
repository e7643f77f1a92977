//! A fault at every write: the store's process meets a failed, short or last write, sync, rename or removal, and starts again with all
//! that it had acknowledged.
//!
//! Of each kind so many calls, spread over the whole workload, as `TIPLINE_FAULTS` says (12 otherwise, `all` for every one);
//! what the kernel had not written yet is lost in a power cut only: see `power_cut`. Besides, workloads that are drawn, as many
//! as `TIPLINE_SEEDS` says (5 otherwise), each with one fault of each kind. `TIPLINE_SEED` repeats one of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::stage::Folder;
use crate::workload::{self, Ledger, Random};

/// The calls at which something goes wrong, of `total`.
pub fn chosen(total: usize, normally: usize) -> Vec<usize> {
    let asked = std::env::var("TIPLINE_FAULTS").unwrap_or_default();
    let count = if asked == "all" { total } else { asked.parse().unwrap_or(normally).min(total) };
    // Others in every run.
    let first = std::process::id() as usize;
    (0..count).map(|nth| (nth * total / count + first % (total / count).max(1)) % total + 1).collect()
}

/// Which workloads are drawn: others in every run, unless one is asked for.
pub fn seeds() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    match number("TIPLINE_SEED") {
        Some(seed) => vec![seed],
        None => {
            let first = 1_000 * u64::from(std::process::id());
            (first..first + number("TIPLINE_SEEDS").unwrap_or(5)).collect()
        }
    }
}

/// The workload's process with one fault.
pub fn with_fault(store: &Path, shim: &Path, seed: u64, at: usize, kind: &str, mark: &Path) -> Command {
    let mut command = workload::command(store, seed);
    command.env("LD_PRELOAD", shim).env("FAULT_DIR", store).env("FAULT_MARK", mark);
    command.env("FAULT_AT", at.to_string()).env("FAULT_KIND", kind);
    command
}

/// How many write-like calls the whole workload makes.
pub fn count(folder: &Path, shim: &Path, seed: u64) -> usize {
    let (store, mark) = (folder.join(format!("counted-{seed}")), folder.join(format!("count-{seed}")));
    let output = with_fault(&store, shim, seed, 0, "", &mark).output().unwrap();
    let ledger = Ledger::of(&output.stdout, seed);
    assert!(ledger.is_whole(), "{ledger:?}");
    ledger.check(&store);
    fs::remove_dir_all(&store).unwrap();
    fs::read_to_string(mark).unwrap().parse().unwrap()
}

/// One fault, and what the store must be then; answers the call that met it, if there was one.
fn meet(folder: &Path, shim: &Path, seed: u64, at: usize, kind: &str) -> String {
    let name = |what: &str| folder.join(format!("{what}-{seed}-{at}-{kind}"));
    let (store, mark) = (name("store"), name("mark"));
    let output = with_fault(&store, shim, seed, at, kind, &mark).output().unwrap();
    let call = fs::read_to_string(&mark).unwrap_or_default();
    eprintln!("TIPLINE_SEED={seed}: {kind} at {at}: {call}");
    Ledger::of(&output.stdout, seed).check(&store);
    fs::remove_dir_all(&store).unwrap();
    call
}

fn all_of(kind: &str) {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: faults at every write need the C compiler cc");
    };
    let total = count(&folder.0, &shim, 0);
    assert!(total > 100, "{total} calls: the workload writes");
    let calls = chosen(total, 12);
    for at in &calls {
        let call = meet(&folder.0, &shim, 0, *at, kind);
        // Another order of threads can make a few calls less.
        assert!(!call.is_empty() || *at > total * 9 / 10, "there was no call {at} of {total}");
    }
    eprintln!(
        "{} of {total} calls met {kind}: nothing acknowledged was lost, nothing is there twice",
        calls.len()
    );
}

#[test]
fn nothing_acknowledged_is_lost_when_any_write_fails() {
    all_of("eio");
}

#[test]
fn nothing_acknowledged_is_lost_when_any_write_finds_the_disk_full() {
    all_of("enospc");
}

#[test]
fn nothing_acknowledged_is_lost_when_any_write_is_short() {
    all_of("short");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed_at_any_write() {
    all_of("kill");
}

#[test]
fn whatever_is_done_nothing_acknowledged_is_lost_and_nothing_gone_comes_back_when_a_write_fails() {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: faults at every write need the C compiler cc");
    };
    for seed in seeds() {
        let total = count(&folder.0, &shim, seed);
        let mut random = Random::new(seed + 1);
        for kind in ["write", "eio", "enospc", "short", "kill"] {
            meet(&folder.0, &shim, seed, 1 + random.below(total), kind);
        }
    }
}
