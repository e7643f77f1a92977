//! Codes are permanent: the committed lists decide, not the table that happens to be compiled in.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tipline_report::codebook::{COUNTRY, LISTS, List};

/// All codes that were ever released, `list.code` a line. Lines are only ever added at the end of their list.
const CODES: &str = include_str!("data/codes.txt");
const CODEBOOK: &str = include_str!("../codebook.json");

fn lists() -> impl Iterator<Item = &'static List> {
    LISTS.iter().copied().chain([&COUNTRY])
}

fn now() -> String {
    let mut lines = String::new();
    for list in lists() {
        for entry in list.entries {
            writeln!(lines, "{}.{}", list.name, entry.code).unwrap();
        }
    }
    lines
}

#[test]
fn no_code_vanished_or_changed() {
    let now: BTreeSet<String> = now().lines().map(String::from).collect();
    let lost: Vec<&str> = CODES.lines().filter(|line| !now.contains(*line)).collect();
    assert!(lost.is_empty(), "codes are never renamed or removed: {lost:?}");
    let kept: BTreeSet<&str> = CODES.lines().collect();
    let new: Vec<&String> = now.iter().filter(|line| !kept.contains(line.as_str())).collect();
    assert!(new.is_empty(), "a new code is added to tests/data/codes.txt too, for ever: {new:?}");
}

#[test]
fn every_code_is_in_the_codebook_as_written() {
    let book: serde_json::Value = serde_json::from_str(CODEBOOK).unwrap();
    for list in LISTS {
        let written = book["lists"][list.name].as_array().unwrap();
        let codes: Vec<&str> = written.iter().map(|e| e["code"].as_str().unwrap()).collect();
        assert_eq!(codes, list.entries.iter().map(|e| e.code).collect::<Vec<_>>(), "{}", list.name);
        for (e, entry) in written.iter().zip(list.entries) {
            assert_eq!(e["ja"], entry.ja);
            assert_eq!(e["zh_Hans"], entry.zh_hans);
            assert_eq!(e["zh_Hant"], entry.zh_hant);
            assert_eq!(e["core"].as_bool().unwrap_or(false), entry.core);
            assert_eq!(e["danger"].as_u64().unwrap_or(0), u64::from(entry.danger));
        }
    }
    assert_eq!(LISTS.len(), book["lists"].as_object().unwrap().len());
}

#[test]
fn a_retired_code_is_never_used_again() {
    let retired: BTreeSet<String> =
        lists().flat_map(|l| l.retired.iter().map(|r| format!("{}.{}", l.name, r.code))).collect();
    let listed: BTreeSet<String> = include_str!("data/retired.txt").lines().map(String::from).collect();
    assert_eq!(retired, listed, "retired codes stay listed, for ever");
    for list in lists() {
        assert!(list.retired.iter().all(|r| !list.knows(r.code)), "{}", list.name);
    }
}

#[test]
fn a_retired_code_says_what_is_ticked_instead() {
    for list in lists() {
        for code in list.retired.iter().flat_map(|r| r.now) {
            let (other, code) = code.split_once('.').unwrap_or((list.name, code));
            assert!(tipline_report::codebook::list(other).unwrap().knows(code), "{}: {code}", list.name);
        }
    }
}
