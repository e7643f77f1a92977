//! A fault at every write: the store's process meets a failed, short or last write, sync, rename or removal, and starts again with all
//! that it had acknowledged.
//!
//! Of each kind so many calls, spread over the whole workload, as `TIPLINE_FAULTS` says (12 otherwise, `all` for every one);
//! what the kernel had not written yet is lost in a power cut only: see `power_cut`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::stage::Folder;
use crate::workload::{self, Ledger};

/// The calls at which something goes wrong, of `total`.
pub fn chosen(total: usize, normally: usize) -> Vec<usize> {
    let asked = std::env::var("TIPLINE_FAULTS").unwrap_or_default();
    let count = if asked == "all" { total } else { asked.parse().unwrap_or(normally).min(total) };
    // Others in every run.
    let first = std::process::id() as usize;
    (0..count).map(|nth| (nth * total / count + first % (total / count).max(1)) % total + 1).collect()
}

/// The workload's process with one fault.
pub fn with_fault(store: &Path, shim: &Path, at: usize, kind: &str, mark: &Path) -> Command {
    let mut command = workload::command(store);
    command.env("LD_PRELOAD", shim).env("FAULT_DIR", store).env("FAULT_MARK", mark);
    command.env("FAULT_AT", at.to_string()).env("FAULT_KIND", kind);
    command
}

/// How many write-like calls the whole workload makes.
pub fn count(folder: &Path, shim: &Path) -> usize {
    let (store, mark) = (folder.join("counted"), folder.join("count"));
    let output = with_fault(&store, shim, 0, "", &mark).output().unwrap();
    let ledger = Ledger::of(&output.stdout);
    assert!(ledger.is_whole(), "{ledger:?}");
    ledger.check(&store);
    fs::read_to_string(mark).unwrap().parse().unwrap()
}

fn all_of(kind: &str) {
    let folder = Folder::new();
    let Some(shim) = workload::shim(&folder.0) else {
        return eprintln!("SKIPPED: faults at every write need the C compiler cc");
    };
    let total = count(&folder.0, &shim);
    assert!(total > 100, "{total} calls: the workload writes");
    let calls = chosen(total, 12);
    for at in &calls {
        let (store, mark) = (folder.0.join(format!("store-{at}")), folder.0.join(format!("mark-{at}")));
        let output = with_fault(&store, &shim, *at, kind, &mark).output().unwrap();
        // Another order of threads can make a few calls less.
        let call = fs::read_to_string(&mark).unwrap_or_default();
        assert!(!call.is_empty() || *at > total * 9 / 10, "there was no call {at} of {total}");
        eprintln!("{kind} at {at} of {total}: {call}");
        Ledger::of(&output.stdout).check(&store);
        fs::remove_dir_all(&store).unwrap();
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
