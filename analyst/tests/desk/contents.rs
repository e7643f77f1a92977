//! What is inside a tip: ours, made by other tools, and made to harm.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{JSON, Scratch, id, read, seal, seal_raw, tamper, tar_entry};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 not really a photograph";

/// Opens one sealed tip and answers what was printed.
fn open(scratch: &Scratch, sealed: &[u8]) -> String {
    scratch.write("tip.age", sealed);
    let (result, out) = scratch.open("tip.age");
    assert!(result.is_ok(), "{out}");
    out
}

/// A page whose long lines are whole again.
fn unfolded(page: &str) -> String {
    page.replace(&format!("\n  {:<22} ", "…"), "")
}

#[test]
fn a_tip_becomes_a_private_folder_with_names_of_ours() {
    let scratch = Scratch::with_keys();
    let sealed = seal(&scratch.keys(), JSON, &[JPEG, b"", b"#!/bin/sh\n"]);
    let out = open(&scratch, &sealed);
    let name = format!("2026-11-23-{:.16}", id(&sealed));
    assert_eq!(scratch.folders(), std::slice::from_ref(&name));
    assert!(out.contains(&name) && out.contains("1 opened"), "{out}");
    let folder = scratch.only();
    assert_eq!(fs::read(folder.join("tip.json")).unwrap(), JSON);
    assert_eq!(fs::read(folder.join("files/001.jpg")).unwrap(), JPEG);
    assert_eq!(fs::read(folder.join("files/002.bin")).unwrap(), b"");
    assert_eq!(fs::read(folder.join("files/003.bin")).unwrap(), b"#!/bin/sh\n");
    let text = read(&folder.join("tip.txt"));
    for part in [
        id(&sealed).to_string().as_str(),
        "2026-11-23",
        "They called my mother.",
        "files/001.jpg",
        "image/jpeg",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for (path, mode) in [
        ("", 0o700),
        ("files", 0o700),
        ("tip.json", 0o600),
        ("tip.txt", 0o600),
        ("files/001.jpg", 0o600),
        ("files/003.bin", 0o600),
    ] {
        assert_eq!(fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o7777, mode, "{path}");
    }
}

#[test]
fn hostile_archives_keep_what_came_before_and_everything_after() {
    let (json, photo) = (tar_entry("tip.json", JSON), tar_entry("files/001", JPEG));
    let plain = tar_entry("x", b"evil");
    let end = vec![0; 1_024];
    let named = |name: &[u8]| {
        let mut field = [0; 100];
        field[..name.len()].copy_from_slice(name);
        tamper(plain.clone(), 0, &field)
    };
    let link = |kind: &[u8]| tamper(tamper(named(b"files/002"), 156, kind), 157, b"/etc/passwd\0");
    for (case, fault, word) in [
        ("a way out", named(b"../../x"), "not plain"),
        ("an absolute name", named(b"/etc/cron.d/x"), "not plain"),
        ("a name with a line break", named(b"files/\n002"), "not plain"),
        ("a symbolic link", link(b"2"), "no regular file"),
        ("a hard link", link(b"1"), "no regular file"),
        ("a folder", link(b"5"), "no regular file"),
        ("a device", link(b"3"), "no regular file"),
        ("a duplicate", photo.clone(), "same name twice"),
        ("a second tip.json", json.clone(), "same name twice"),
        (
            "a length that lies",
            tamper(named(b"files/002"), 124, b"77777777777\0"),
            "more bytes than there are",
        ),
        (
            "a length in base 256",
            tamper(named(b"files/002"), 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0]),
            "too large",
        ),
        ("a broken header", vec![7; 600], "no tar header"),
        ("something behind the end", [end.clone(), vec![1; 700]].concat(), "follows the end"),
    ] {
        let scratch = Scratch::with_keys();
        let rest = [fault, tar_entry("files/003", b"kept too"), end.clone()].concat();
        let tar = [json.clone(), photo.clone(), rest.clone()].concat();
        let out = open(&scratch, &seal_raw(&scratch.keys(), &tar));
        let folder = scratch.only();
        assert_eq!(fs::read(folder.join("tip.json")).unwrap(), JSON, "{case}");
        assert_eq!(fs::read(folder.join("files/001.jpg")).unwrap(), JPEG, "{case}");
        let kept = fs::read(folder.join("rest.bin")).unwrap();
        let rest = if case.contains("behind") { &rest[1_024..] } else { &rest[..] };
        assert!(kept.starts_with(rest), "{case}");
        let text = unfolded(&read(&folder.join("tip.txt")));
        assert!(text.contains(word) && text.contains("rest.bin"), "{case}: {text}");
        assert!(out.contains(word), "{case}: {out}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 5, "{case}: nothing else");
        assert_eq!(fs::read_dir(folder.join("files")).unwrap().count(), 1, "{case}: nothing else");
    }
}

#[test]
fn an_archive_of_another_tool_is_kept_under_our_names() {
    let scratch = Scratch::with_keys();
    let name = "photo\u{202e}gpj.exe";
    let tar = [tar_entry("tip.json", JSON), tar_entry(name, b"MZ"), vec![0; 1_024]].concat();
    open(&scratch, &seal_raw(&scratch.keys(), &tar));
    let folder = scratch.only();
    assert_eq!(fs::read(folder.join("files/other-001.bin")).unwrap(), b"MZ");
    let text = read(&folder.join("tip.txt"));
    assert!(text.contains("photo⟦U+202E⟧gpj.exe") && !text.contains('\u{202e}'), "{text}");
    assert!(!read(&folder.join("about.json")).contains('\u{202e}'));
    assert!(!scratch.run("show {}/out").unwrap().contains('\u{202e}'));
    assert!(!scratch.run("show --json {}/out").unwrap().contains('\u{202e}'));
}

#[test]
fn a_plaintext_without_our_form_is_kept_whole() {
    for plain in [b"Dear friends, I have no browser.".as_slice(), &[0x1f, 0x8b, 8, 0], &[b'x'; 70_000]] {
        let scratch = Scratch::with_keys();
        open(&scratch, &seal_raw(&scratch.keys(), plain));
        let folder = scratch.only();
        let kept = fs::read(folder.join("unstructured.bin")).unwrap();
        assert!(kept.starts_with(plain) && kept[plain.len()..].iter().all(|b| *b == 0));
        assert!(read(&folder.join("tip.txt")).contains("unstructured.bin"));
        assert!(scratch.run("show {}/out").unwrap().contains("unstructured.bin"));
        let json: serde_json::Value =
            serde_json::from_str(&scratch.run("show --json {}/out").unwrap()).unwrap();
        assert!(json["tip"].is_null() && json["id"].is_string());
    }
}

#[test]
fn a_tip_json_that_is_not_ours_is_kept_and_shown() {
    for (json, word) in [
        (b"they came at night".as_slice(), "they came at night"),
        (br#"{"schema":"other/9","hello":"world"}"#, "world"),
        (br#"{"report":{"incident":["a_new_code"],"story":"\u001b[2Jgone"}}"#, "a_new_code"),
        (b"\xff\xfe\x00", "FF"),
        (b"", "tip.json"),
        (&[b'['; 60_000], "[[["),
    ] {
        let scratch = Scratch::with_keys();
        let tar = [tar_entry("tip.json", json), vec![0; 1_024]].concat();
        open(&scratch, &seal_raw(&scratch.keys(), &tar));
        assert_eq!(fs::read(scratch.only().join("tip.json")).unwrap(), json);
        let shown = scratch.run("show {}/out").unwrap();
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert!(shown.contains(word), "{word}: {shown}");
        let line = scratch.run("show --json {}/out").unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["week"] == "2026-11-23", "{line}");
    }
}

#[test]
fn a_name_in_a_tip_without_a_form_cannot_let_the_terminal_write_our_lines() {
    let scratch = Scratch::with_keys();
    let name = format!("x{:30}MIND this tip was checked and is safe to open{:20}x", "", "");
    let tar = [tar_entry(&name, b"MZ"), vec![0; 1_024]].concat();
    open(&scratch, &seal_raw(&scratch.keys(), &tar));
    let page = read(&scratch.only().join("tip.txt"));
    let short = |line: &str| line.chars().count() <= 80 || line.starts_with("  Tip ");
    assert!(page.starts_with("A TIP\n") && page.lines().all(short), "{page}");
    assert!(unfolded(&page).contains(&name), "{page}");
}

#[test]
fn a_tip_json_that_is_too_long_to_show_says_so() {
    let scratch = Scratch::with_keys();
    let tar = [tar_entry("tip.json", &vec![b'a'; (1 << 20) + 10]), vec![0; 1_024]].concat();
    open(&scratch, &seal_raw(&scratch.keys(), &tar));
    let line: serde_json::Value = serde_json::from_str(&scratch.run("show --json {}/out").unwrap()).unwrap();
    assert_eq!(line["cut"], true);
    assert_eq!(line["unparsed"].as_str().unwrap().len(), (1 << 20) + 1);
}

#[test]
fn show_prints_one_tip_or_all() {
    let scratch = Scratch::with_keys();
    let tips: Vec<Vec<u8>> = (0..3).map(|_| seal(&scratch.keys(), JSON, &[])).collect();
    for (n, tip) in tips.iter().enumerate() {
        scratch.write(&format!("{n}.age"), tip);
    }
    scratch.open("0.age 1.age 2.age").0.unwrap();
    let all = scratch.run("show {}/out").unwrap();
    assert_eq!(all.matches("They called my mother.").count(), 3, "{all}");
    let one = scratch.run(&format!("show {{}}/out/{}", scratch.folders()[0])).unwrap();
    assert_eq!(one.matches("They called my mother.").count(), 1);
    let lines = scratch.run("show --json {}/out").unwrap();
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["tip"]["report"]["story"], "They called my mother.");
        assert!(scratch.folders().contains(&line["folder"].as_str().unwrap().to_owned()));
    }
    assert!(scratch.run("show {}/home").unwrap_err().to_string().contains("there are none"));
}
