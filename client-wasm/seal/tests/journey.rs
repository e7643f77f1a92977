//! A tip's way out of the command: through the proxy by name, or into a file; and what happens when something is not right.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, listen, read the clock and draw random numbers"
)]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use support::{
    Folder, Letterbox, Proxy, Reply, Root, Run, board, day, http, intake, kept, onion, open, page, sound_page,
};
use tipline_wire::answer::Say;
use tipline_wire::browser::Call;
use tipline_wire::date::Date;

/// The smallest JPEG that a cleaner takes: one pixel, with a comment that names somebody.
const JPEG: &[u8] = include_bytes!("support/pixel.jpg");

#[test]
fn a_tip_travels_through_the_proxy_under_the_letterboxs_name_only() {
    let letterbox = Letterbox::sound(&onion(), day());
    let proxy = Proxy::new(letterbox.at);
    let groups = Root::new(9).fingerprint().groups();
    let args =
        ["--report", "-", "--to-site", &onion(), "--socks", &proxy.at.to_string(), "--fingerprint", &groups];
    for _ in 0..2 {
        let ran = Run::default().with(&args);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert!(ran.err.contains("Example Relief"), "{}", ran.err);
    }
    let asked = proxy.asked.lock().unwrap().clone();
    let mut by_name = vec![3, 62];
    by_name.extend(onion().into_bytes());
    by_name.extend([0, 80]);
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|a| a.target == by_name));
    assert!(asked[0].credentials == asked[1].credentials, "page and tip of one run share their circuits");
    assert!(asked[1].credentials != asked[2].credentials, "two runs share none");
    assert_eq!(letterbox.heads(), ["GET / HTTP/1.1", "POST /tips/2026-11-23 HTTP/1.1"].repeat(2));
}

#[test]
fn every_visit_loads_the_page_and_then_the_board_before_anything_is_sent() {
    let root = Root::new(9);
    let document = intake("any", day(), &root);
    let sound = board(&document, day().plus_days(-3), &root);
    let old = board(&document, day().plus_days(-16), &root);
    let other = board(&intake("any", day().plus_days(7), &root), day(), &root);
    let forged = board(&document, day(), &Root::new(8));
    let mut torn = sound.clone();
    torn[20_000] ^= 1;
    for (name, board, code, says) in [
        (
            "sound",
            sound.clone(),
            0,
            "What arrived before 2026-11-21 has been opened. The next answers come on 2026-11-29",
        ),
        ("old", old, 0, "Nobody has opened this line since 2026-11-08"),
        ("beside other keys", other, 1, "names other keys"),
        ("a stranger's", forged, 1, "not signed by the organisation"),
        ("changed", torn, 1, "not signed by the organisation"),
        ("cut off", sound[..sound.len() - 1].to_vec(), 1, "cannot be read"),
    ] {
        let page = sound_page("any", day());
        let letterbox = Letterbox::with_board(http("200 OK", &board), move |n, _| {
            if n == 0 { Reply::Keep(http("200 OK", &page)) } else { Reply::Say(kept()) }
        });
        let ran = Run::default().with(&["--report", "-", "--to-site", &letterbox.at.to_string()]);
        assert!(ran.code == code && ran.err.contains(says), "{name}: {}", ran.err);
        assert_eq!(ran.err.contains("Nothing was sent"), code == 1, "{name}: {}", ran.err);
        assert_eq!(letterbox.bodies().len(), usize::from(code == 0), "{name}");
        let looked = letterbox.looked.lock().unwrap();
        assert_eq!(looked.len(), 1, "{name}");
        let call = Call { method: "GET", path: "/board", fields: &[], length: None };
        assert_eq!(looked[0].head.as_bytes(), call.head(&letterbox.at.to_string()), "{name}");
    }
}

#[test]
fn nothing_is_sent_to_an_onion_whose_fingerprint_nobody_compared() {
    let letterbox = Letterbox::sound(&onion(), day());
    let proxy = Proxy::new(letterbox.at);
    let ran =
        Run::default().with(&["--report", "-", "--to-site", &onion(), "--socks", &proxy.at.to_string()]);
    let again = format!("--fingerprint \"{}\"", Root::new(9).fingerprint().groups());
    assert!(ran.code == 1 && ran.err.contains(&again) && ran.err.contains("Nothing was sent"), "{}", ran.err);
    assert_eq!(letterbox.heads(), ["GET / HTTP/1.1"]);
}

#[test]
fn what_arrives_is_the_report_and_the_files() {
    let folder = Folder::new("arrives");
    let (photo, paper) =
        (folder.write("Aygul at home.jpg", JPEG), folder.write("summons.pdf", b"%PDF-1.4 summons"));
    let letterbox = Letterbox::sound("any", day());
    let at = letterbox.at.to_string();
    let ran = Run::default().with(&[
        "--report",
        "-",
        "--file",
        &photo,
        "--original",
        &paper,
        "--to-site",
        &at,
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let sealed = letterbox.bodies().remove(0);
    assert_eq!(sealed.len(), 86 + 3 * 1_557 + 65_552);
    let entries = open(&sealed);
    let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tip.json", "files/001", "files/002"]);
    assert_eq!(entries[2].1, b"%PDF-1.4 summons");
    let tip = tipline_report::Tip::from_json(&entries[0].1).unwrap();
    assert_eq!((tip.epoch.as_str(), tip.report.story.as_str()), ("2026-11-23", "they came to my parents"));
    let files: Vec<_> =
        tip.files.iter().map(|f| (f.media_type.as_str(), f.form.as_str(), f.name.as_deref())).collect();
    assert_eq!(files, [("image/jpeg", "cleaned", None), ("application/pdf", "original", None)]);
    assert_eq!(tip.files[0].size, entries[1].1.len() as u64);
    assert!(!String::from_utf8_lossy(&entries[0].1).contains("Aygul"), "a file's own name is not sent");
    assert!(!entries[1].1.windows(5).any(|w| w == b"Aygul"), "hidden data is not sent");
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&said["sent"], &said["padded"], &said["files"][0]["name"]),
        (&true.into(), &65_536.into(), &"file-1.jpg".into())
    );
}

#[test]
fn offline_it_is_saved_durably_and_never_over_another_file() {
    let folder = Folder::new("offline");
    let (intake, out) = (folder.intake(day()), folder.path("tip.age"));
    let args = ["--report", "-", "--intake", &intake, "--out", &out];
    let ran = Run::default().with(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(open(&fs::read(&out).unwrap())[0].0, "tip.json");
    let before = fs::read(&out).unwrap();
    let again = Run::default().with(&args);
    assert!(again.code == 1 && again.err.contains("Choose another name"), "{}", again.err);
    assert_eq!(fs::read(&out).unwrap(), before);
    assert_eq!(folder.names(), ["intake.txt", "intake.txt.sig", "tip.age"]);
}

#[test]
fn a_broken_connection_sends_the_same_bytes_again() {
    let page = sound_page("any", day());
    let letterbox = Letterbox::new(move |number, _| match number {
        0 => Reply::Say(http("200 OK", &page)),
        1 => Reply::HangUp,
        2 => Reply::Say(http("503 Service Unavailable", &Say::Full.body())),
        _ => Reply::Say(kept()),
    });
    let ran = Run::default().with(&["--report", "-", "--to-site", &letterbox.at.to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bodies = letterbox.bodies();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]));
    let within = |n: usize, from: u64, to: u64| {
        ran.waits[n].as_secs_f64() >= from as f64 && ran.waits[n].as_secs_f64() <= to as f64
    };
    assert!(ran.waits.len() == 2 && within(0, 1, 2), "{:?}", ran.waits);
    assert!(within(1, 30, 300), "a full letterbox is left alone for a while: {:?}", ran.waits);
}

#[test]
fn a_letterbox_that_never_keeps_it_is_left_and_the_saved_copy_named() {
    let folder = Folder::new("unkept");
    let page = sound_page("any", day());
    let letterbox =
        Letterbox::new(move |n, _| if n == 0 { Reply::Say(http("200 OK", &page)) } else { Reply::HangUp });
    let at = letterbox.at.to_string();
    let ran = Run::default().with(&["--report", "-", "--to-site", &at, "--out", &folder.path("tip.age")]);
    assert!(ran.code == 1 && ran.err.contains("It is saved in"), "{}", ran.err);
    assert_eq!(letterbox.bodies().len(), 3);
    assert_eq!(fs::read(folder.path("tip.age")).unwrap(), letterbox.bodies()[0]);
}

#[test]
fn hostile_pages_end_before_anything_is_sent() {
    let sound = http("200 OK", &sound_page("any", day()));
    let endless = [b"HTTP/1.1 200 OK\r\nX-Fill: ".as_slice(), &vec![b'a'; 100_000]].concat();
    for (name, reply) in [
        ("a head without end", Reply::Say(endless)),
        ("a length that lies", Reply::Say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx".to_vec())),
        ("another site's HTML", Reply::Say(http("200 OK", b"<html>Welcome to nginx</html>"))),
        ("a page cut off", Reply::Say(sound[..sound.len() - 10].to_vec())),
        (
            "a redirect",
            Reply::Say(
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
            ),
        ),
        ("an error", Reply::Say(http("500 Internal Server Error", &Say::Broken.body()))),
        (
            "a template without documents",
            Reply::Say(http("200 OK", b"<script type=\"application/json\" id=\"documents\">{}</script>")),
        ),
        ("nothing", Reply::HangUp),
        ("a drip", Reply::Drip(sound.clone())),
    ] {
        let letterbox = Letterbox::new(move |_, _| reply.clone());
        let begun = Instant::now();
        let run = Run { exchange: Duration::from_millis(400), ..Run::default() };
        let ran = run.with(&["--report", "-", "--to-site", &letterbox.at.to_string()]);
        assert_eq!((ran.code, ran.err.contains("Nothing was sent")), (1, true), "{name}: {}", ran.err);
        assert!(letterbox.bodies().is_empty() && begun.elapsed() < Duration::from_secs(5), "{name}");
    }
}

#[test]
fn only_a_whole_kept_means_kept() {
    for (name, answer) in [
        ("201 with garbage", http("201 Created", b"thanks!")),
        ("201 that says full", http("201 Created", &Say::Full.body())),
        ("200 that says kept", http("200 OK", &Say::Kept.body())),
        ("a part that is kept", http("200 OK", &Say::PartKept.body())),
        ("an upload that began", http("201 Created", &Say::Begun.body())),
        (
            "a redirect",
            b"HTTP/1.1 307 Temporary\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ),
        ("HTML", http("502 Bad Gateway", b"<html></html>")),
        ("a closed week", http("409 Conflict", &Say::EpochClosed.body())),
        ("201 cut off", kept()[..100].to_vec()),
        ("an answer too long", http("201 Created", &[b' '; 5_000])),
    ] {
        let page = sound_page("any", day());
        let letterbox = Letterbox::new(move |n, _| {
            Reply::Say(if n == 0 { http("200 OK", &page) } else { answer.clone() })
        });
        let ran = Run::default().with(&["--report", "-", "--to-site", &letterbox.at.to_string()]);
        assert!(ran.code == 1 && ran.err.contains("not known to have arrived"), "{name}: {}", ran.err);
        assert!(!ran.err.contains("has your message"), "{name}");
    }
}

#[test]
fn forged_or_stale_documents_are_refused() {
    let (root, thief) = (Root::new(9), Root::new(8));
    let document = intake("any", day(), &root);
    let changed = document.replace("serial 1\n", "serial 2\n");
    let elsewhere = intake(&onion(), day(), &root);
    let now = day();
    for (name, page, today, says) in [
        ("changed", page(&changed, &root.sign(&document)), now, "not signed"),
        ("malformed", page("tipline-intake 1\n", &root.sign("tipline-intake 1\n")), now, "cannot be read"),
        ("another address's", page(&elsewhere, &root.sign(&elsewhere)), now, "another address"),
        ("expired", page(&document, &root.sign(&document)), now.plus_days(30), "keys ran out on 2026-12-07"),
        (
            "a clock that lags",
            page(&document, &root.sign(&document)),
            now.plus_days(-40),
            "clock must be wrong",
        ),
        (
            "a clock years off",
            page(&document, &root.sign(&document)),
            now.plus_days(900),
            "clock must be wrong",
        ),
        ("a thief's", page(&document, &thief.sign(&document)), now, "fingerprint that you gave is not"),
    ] {
        let letterbox = Letterbox::new(move |_, _| Reply::Say(http("200 OK", &page)));
        let run = Run { today, ..Run::default() };
        let print = root.fingerprint().to_string();
        let ran =
            run.with(&["--report", "-", "--to-site", &letterbox.at.to_string(), "--fingerprint", &print]);
        assert!(
            ran.code == 1 && ran.err.contains(says) && ran.err.contains("Nothing was sent"),
            "{name}: {}",
            ran.err
        );
        assert!(letterbox.bodies().is_empty(), "{name}");
    }
}

#[test]
fn a_fingerprint_is_taken_in_both_its_forms() {
    let letterbox = Letterbox::sound("any", day());
    let print = Root::new(9).fingerprint();
    for form in [print.to_string(), print.groups(), print.groups().to_lowercase()] {
        let at = letterbox.at.to_string();
        let ran = Run::default().with(&["--report", "-", "--to-site", &at, "--fingerprint", &form]);
        assert!(ran.code == 0 && ran.err.contains("is the one that you gave"), "{form}: {}", ran.err);
    }
}

#[test]
fn what_cannot_be_sealed_is_refused_before_anything_is_contacted() {
    let folder = Folder::new("refused");
    fs::create_dir(folder.path("folder")).unwrap();
    let letterbox = Letterbox::sound("any", day());
    let at = letterbox.at.to_string();
    let torn = &JPEG[..JPEG.len() / 2];
    for (file, says) in [
        (folder.write("empty.jpg", b""), "empty (0 bytes)"),
        (folder.write("summons.pdf", b"%PDF-1.4 summons"), "A screenshot is safer"),
        (folder.write("torn.jpg", torn), "hidden data cannot be removed"),
        (folder.path("missing.jpg"), "No such file"),
        (folder.path("folder"), "it is not a file"),
        (folder.write("bell\u{7}\u{202e}gpj.exe", b"MZ"), "⟦U+0007⟧⟦U+202E⟧"),
    ] {
        let ran = Run::default().with(&["--file", &file, "--to-site", &at]);
        assert!(ran.code == 1 && ran.err.contains(says), "{says}: {}", ran.err);
        assert!(ran.err.contains("Nothing was sent") && ran.err.lines().count() == 1, "{}", ran.err);
    }
    let huge = folder.path("huge.bin");
    fs::File::create(&huge).unwrap().set_len(1 << 30).unwrap();
    let ran = Run::default().with(&["--original", &huge, "--to-site", &at]);
    assert!(ran.code == 1 && ran.err.contains("over 1 GiB"), "{}", ran.err);
    let bad = Run { stdin: b"they came", ..Run::default() }.with(&["--report", "-", "--to-site", &at]);
    assert!(
        bad.code == 1 && bad.err.matches("reading the report").count() == 1 && bad.err.contains("--template"),
        "{}",
        bad.err
    );
    assert!(letterbox.heads().is_empty(), "nothing was asked of the letterbox");
}

#[test]
fn a_file_that_changes_while_it_is_read_stops_everything() {
    let shrink = |path: &str| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(100).unwrap();
    let rewrite = |path: &str| {
        std::thread::sleep(Duration::from_millis(20));
        fs::write(path, vec![8; 200_000]).unwrap();
    };
    for (name, change) in [("shrink", &shrink as &dyn Fn(&str)), ("rewrite", &rewrite)] {
        let folder = Folder::new(name);
        let file = folder.write("video.bin", &vec![7; 200_000]);
        let intake = folder.intake(day());
        let run = Run { meanwhile: &|| change(&file), ..Run::default() };
        let ran = run.with(&["--original", &file, "--intake", &intake, "--out", &folder.path("tip.age")]);
        assert!(ran.code == 1 && ran.err.contains("changed while it was being read"), "{name}: {}", ran.err);
        assert_eq!(
            folder.names(),
            ["intake.txt", "intake.txt.sig", "video.bin"],
            "{name}: nothing half-done is left"
        );
    }
}

#[test]
fn a_hostile_proxy_or_none_ends_with_a_sentence() {
    let letterbox = Letterbox::new(|_, _| Reply::HangUp);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (proxy, says) in [(free, "Start Tor"), (letterbox.at, "the proxy at")] {
        let run = Run { exchange: Duration::from_millis(500), ..Run::default() };
        let ran = run.with(&["--report", "-", "--to-site", &onion(), "--socks", &proxy.to_string()]);
        assert!(
            ran.code == 1 && ran.err.contains(says) && ran.err.contains("Nothing was sent"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn the_week_is_the_one_of_the_clock() {
    let letterbox = Letterbox::sound("any", day());
    let run = Run { today: Date::parse("2026-11-30").unwrap(), ..Run::default() };
    let ran = run.with(&["--report", "-", "--to-site", &letterbox.at.to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(letterbox.heads()[1], "POST /tips/2026-11-30 HTTP/1.1");
}
