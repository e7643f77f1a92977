//! The page in every language: chosen by tapping, with scripts or without, and nobody outside can tell which.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tipline_tests::{Stand, exists, must, program, quick, skipped};
use tipline_wire::date::Date;

use crate::interop::independent;
use crate::journey::{Browser, SAFER, file, sound_tip};

const FIREFOX: &str = "firefox-esr";
/// As the page lists them; the second word is the title of the form, the third that of the first screen.
const LANGUAGES: [(&str, &str, &str); 7] = [
    ("en", "What happened?", "Tell us what happened"),
    ("bo", "གང་བྱུང་སོང་།", "གང་བྱུང་བ་ང་ཚོར་ཤོད་རོགས།"),
    ("ja", "何がありましたか", "何があったか教えてください"),
    ("mn-Cyrl", "Юу болсон бэ?", "Юу болсныг бидэнд хэлээрэй"),
    ("ug", "نېمە ئىش بولدى؟", "نېمە ئىش بولغانلىقىنى بىزگە ئېيتىڭ"),
    ("zh-Hans", "发生了什么？", "告诉我们发生了什么"),
    ("zh-Hant", "發生了什麼事？", "告訴我們發生了什麼事"),
];

fn left_out(what: &str) -> bool {
    let out = quick() || !exists(FIREFOX);
    if out {
        skipped(&format!("{what}: not tried (quick run, or {FIREFOX} is missing)"));
    }
    out
}

fn direction(tag: &str) -> &'static str {
    if tag == "ug" { "rtl" } else { "ltr" }
}

/// A Uyghur reader on a narrow phone at the level "Safer" who never touches the keyboard.
#[test]
fn a_tip_is_sent_in_uyghur_by_tapping_only_at_the_level_safer() {
    if left_out("the page in Uyghur at the level Safer") {
        return;
    }
    let stand = Stand::new("uyghur-safer");
    let found = Browser::start("languages", SAFER, &stand.address, &[Path::new("ug")]).found();
    assert_eq!(found["keys"], 0, "not one key is pressed");
    assert_eq!(found["said"], "يېتىپ باردى ۋە ساقلاندى");
    for nothing in ["problems", "barriers", "stored"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
    let tips = stand.fetch_and_open();
    let tip = sound_tip(&tips[0]);
    assert_eq!((&tip["report"]["lang"], &tip["report"]["incident"]), (&json!("ug"), &found["incidents"]));
}

#[test]
fn a_tip_is_sent_in_uyghur_by_tapping_only_and_the_network_cannot_tell_the_language() {
    if left_out("the page in every language") {
        return;
    }
    let stand = Stand::new("languages");
    let run = |words: &[&Path]| Browser::start("languages", FIREFOX, &stand.address, words).found();
    let uyghur = run(&[Path::new("ug"), Path::new("all")]);
    let english = run(&[Path::new("en")]);

    assert_eq!((&uyghur["keys"], &english["keys"]), (&json!(0), &json!(0)), "not one key is pressed");
    assert_eq!(uyghur["said"], "يېتىپ باردى ۋە ساقلاندى");
    assert_eq!(uyghur["requests"], english["requests"], "the same requests whatever the language");
    assert_eq!(uyghur["requests"].as_array().unwrap().len(), 3, "the page, the board, the tip");
    for found in [&uyghur, &english] {
        for nothing in ["problems", "barriers", "stored"] {
            assert_eq!(found[nothing], json!([]), "{nothing}");
        }
    }
    assert_eq!(uyghur["downwards"], json!(["vertical-lr", true]), "the slot for Mongolian's own script");
    let seen = uyghur["seen"].as_object().unwrap();
    assert_eq!(seen.len(), LANGUAGES.len());
    for (tag, title, _) in LANGUAGES {
        let page = &seen[tag];
        assert_eq!(
            (page["title"].as_str(), page["dir"].as_str()),
            (Some(title), Some(direction(tag))),
            "{tag}"
        );
        assert_eq!(page["wide"], false, "{tag}: nothing stands out of a narrow screen");
        assert_eq!(page["empty"], json!([]), "{tag}: everything says something");
        assert!(page["aside"].as_array().unwrap().iter().all(|dir| dir == "ltr"), "{tag}: {page}");
        let draft = tag != "en";
        assert_eq!(page["marked"], draft, "{tag}: a draft says so");
        let original = "No names, addresses or numbers of you or your family.";
        assert_eq!(page["original"].as_str(), draft.then_some(original), "{tag}");
        assert_eq!(page["warning"] == original, !draft, "{tag}");
    }
    assert!(seen["bo"]["height"].as_f64().unwrap() > 1.79, "Tibetan has room above and below");

    let mut told: Vec<Value> = stand.fetch_and_open().iter().map(|tip| sound_tip(tip)).collect();
    told.sort_by_key(|tip| tip["report"]["lang"].to_string());
    let languages: Vec<&str> = told.iter().filter_map(|tip| tip["report"]["lang"].as_str()).collect();
    assert_eq!(languages, ["en", "ug"]);
    assert!(told.iter().all(|tip| tip["report"]["incident"] == uyghur["incidents"]));
}

/// A file of a tip; any bytes will do.
const EVIDENCE: &[u8] = b"what a person keeps ";

/// The keys of the letterbox as the page tells where they are: what it answers under `/intake`, kept as a file.
fn intake(stand: &Stand) -> PathBuf {
    let host = stand.address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /intake HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let file = stand.scratch.at("intake.txt");
    std::fs::write(&file, &answer[body..]).unwrap();
    file
}

/// A finished tip of `tipline-seal`.
fn by_our_program(stand: &Stand) -> PathBuf {
    let at = |name: &str| stand.scratch.at(name);
    std::fs::write(at("evidence.bin"), EVIDENCE.repeat(10)).unwrap();
    std::fs::write(at("report.json"), json!({"report": {"story": "sealed by our program"}}).to_string())
        .unwrap();
    let mut seal = Command::new(program("tipline-seal"));
    seal.arg("--report").arg(at("report.json")).arg("--original").arg(at("evidence.bin"));
    seal.arg("--intake").arg(intake(stand)).args(["--fingerprint", &stand.fingerprint]);
    must(seal.arg("--out").arg(at("ours.age")));
    at("ours.age")
}

/// The same as the page tells it: with tar, truncate and an age that is not ours.
fn by_stock_tools(stand: &Stand) -> PathBuf {
    let folder = stand.scratch.at("stock");
    std::fs::create_dir_all(folder.join("files")).unwrap();
    std::fs::write(folder.join("files/001"), EVIDENCE.repeat(5_000)).unwrap();
    std::fs::write(folder.join("tip.json"), "{}").unwrap();
    std::fs::copy(intake(stand), folder.join("intake.txt")).unwrap();
    let recipe = include_str!("../../client-wasm/page/page.html");
    let recipe = recipe.split_once("<pre").unwrap().1.split_once("</pre>").unwrap().0;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let week = Date::from_unix(now.as_secs()).unwrap().monday().to_string();
    for line in
        recipe.lines().filter(|line| ["tar", "truncate", "sed"].iter().any(|tool| line.starts_with(tool)))
    {
        let line = line.replace("2026-11-23", &week).replace("-s 64K", "-s 128K");
        must(Command::new("sh").args(["-ec", &line]).current_dir(&folder));
    }
    let keys = std::fs::read_to_string(folder.join("keys.txt")).unwrap();
    let keys: Vec<&str> = keys.lines().collect();
    let text = |name: &str| folder.join(name).display().to_string();
    independent(&json!([{ "do": "encrypt", "to": keys, "in": text("tip.tar"), "out": text("tip.age") }]));
    folder.join("tip.age")
}

#[test]
fn without_scripts_the_page_is_read_in_every_language_sends_finished_files_and_is_left() {
    if left_out("the languages without scripts") {
        return;
    }
    let stand = Stand::new("noscripts");
    let ours = by_our_program(&stand);
    let files = [by_stock_tools(&stand), a_picture(&stand), for_other_keys(&stand, &ours), ours];
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let found = Browser::start("noscripts", FIREFOX, &stand.address, &files).found();
    for (tag, _, title) in LANGUAGES {
        let page = &found["seen"][tag];
        assert_eq!(page["titles"], 1, "{tag}: one language at a time");
        assert_eq!((page["lang"].as_str(), page["title"].as_str()), (Some(tag), Some(title)));
        assert_eq!(
            (page["dir"].as_str(), page["bar"].as_str()),
            (Some(direction(tag)), Some(direction(tag))),
            "{tag}"
        );
        assert_eq!(page["original"].as_str(), (tag != "en").then_some("Tell us what happened"), "{tag}");
        assert_eq!(page["wide"], false, "{tag}");
        assert_eq!(page["form"], json!(["/form file,submit"]), "{tag}: a file, and no room for text");
    }
    says_in_every_language(&found["told"], &[KEPT, NO_TIP, OTHER_KEYS, KEPT]);
    let mut kept: Vec<_> =
        stand.fetch_and_open().iter().map(|tip| std::fs::read(file(tip, "001")).unwrap()).collect();
    kept.sort_by_key(Vec::len);
    assert_eq!(
        kept,
        [EVIDENCE.repeat(10), EVIDENCE.repeat(5_000)],
        "both came out as they were, to the byte"
    );
    assert!(found["left"].as_str().unwrap().ends_with("/leave"));
    let requests = found["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 10, "the page, four times a form and the page, and leaving it: {requests:?}");
}

/// What is no sealed tip, and what is sealed for others.
fn a_picture(stand: &Stand) -> PathBuf {
    let file = stand.scratch.at("picture.jpg");
    std::fs::write(&file, [7; 70_000]).unwrap();
    file
}

fn for_other_keys(stand: &Stand, ours: &Path) -> PathBuf {
    let mut bytes = std::fs::read(ours).unwrap();
    let stanza = bytes.windows(3).position(|window| window == b"-> ").unwrap();
    bytes[stanza + 3] = b'x';
    let file = stand.scratch.at("other.age");
    std::fs::write(&file, bytes).unwrap();
    file
}

/// An answer's title in some of the languages.
type Title = [(&'static str, &'static str); 3];
const KEPT: Title =
    [("en", "It arrived and is kept"), ("ug", "يېتىپ باردى ۋە ساقلاندى"), ("ja", "届いて、保管されました")];
const NO_TIP: Title = [
    ("en", "This is not a locked file"),
    ("ug", "بۇ قۇلۇپلانغان ھۆججەت ئەمەس"),
    ("zh-Hans", "这不是加锁的文件"),
];
const OTHER_KEYS: Title = [
    ("en", "It is locked with other keys than this week’s"),
    ("ug", "ئۇ بۇ ھەپتىنىڭكىدىن باشقا ئاچقۇچلار بىلەن قۇلۇپلانغان"),
    ("mn-Cyrl", "Үүнийг энэ долоо хоногийнх биш өөр түлхүүрээр түгжсэн байна"),
];

fn says_in_every_language(told: &Value, wanted: &[Title]) {
    let answers = told.as_array().unwrap();
    assert_eq!(answers.len(), wanted.len());
    for (answer, title) in answers.iter().zip(wanted) {
        let said: Vec<[&str; 3]> = answer["titles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| [0, 1, 2].map(|at| block[at].as_str().unwrap()))
            .collect();
        let different: std::collections::BTreeSet<&str> = said.iter().map(|[.., title]| *title).collect();
        assert_eq!((said.len(), different.len()), (LANGUAGES.len(), LANGUAGES.len()), "{answer}");
        for ([tag, dir, _], (wanted, ..)) in said.iter().zip(LANGUAGES) {
            assert_eq!((*tag, *dir), (wanted, direction(wanted)));
        }
        for (tag, title) in title {
            assert!(
                said.iter().any(|[at, _, words]| at == tag && words == title),
                "{tag}: {title}\n{answer}"
            );
        }
        // All but the original are drafts, and say so.
        assert_eq!((&answer["back"], &answer["drafts"]), (&json!(7), &json!(6)), "{answer}");
        assert_eq!((&answer["names"], &answer["wide"]), (&json!(7), &json!(false)), "{answer}");
    }
}

#[test]
fn what_the_letterbox_answers_a_form_is_said_in_every_language_and_nobody_is_shut_out() {
    if quick() || !exists("chromium") {
        return skipped("the answers to a form: not tried (quick run, or chromium is missing)");
    }
    let stand = Stand::new("answers");
    let ours = by_our_program(&stand);
    let files = [a_picture(&stand), for_other_keys(&stand, &ours), ours];
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let found = Browser::start("answers", "chromium", &stand.address, &files).found();
    says_in_every_language(&found["told"], &[NO_TIP, OTHER_KEYS, KEPT]);
    assert_eq!((&found["barriers"], &found["problems"]), (&json!([]), &json!([])));
    assert_eq!((&found["at"], &found["asked"]), (&json!("#ug"), &json!([])), "no request tells the language");
    assert_eq!(stand.fetch_and_open().len(), 1);
}
