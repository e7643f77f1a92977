//! A tip over 1 MiB, sent in parts: it arrives whole, survives broken connections, and never pretends.
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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use support::relay::{Cut, Relay};
use support::{Folder, Letterbox, Proxy, Reply, Request, Root, Run, day, http, onion, open, sound_page};
use tipline_wire::answer::Say;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{self, Declared, Held, UploadKey};

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Fine,
    /// The connection ends before the letterbox has understood it.
    CutBefore,
    /// The letterbox has done it, and its answer is lost.
    CutAfter,
    Say(Say),
    /// The letterbox has forgotten every upload, then answers.
    Forget,
}

/// The uploads of a letterbox, as ENVELOPE describes them.
#[derive(Default)]
struct Uploads {
    begun: BTreeMap<UploadKey, (Declared, BTreeMap<u32, Vec<u8>>)>,
    tips: BTreeMap<String, Vec<u8>>,
    acknowledged: BTreeSet<u32>,
}

impl Uploads {
    fn answer(&mut self, request: &Request) -> Vec<u8> {
        let line: Vec<&str> = request.head.lines().next().unwrap().split(' ').collect();
        let field = |name: &str| request.head.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("").trim();
        let key = UploadKey::of_authorization(field("Authorization:")).unwrap();
        let say = match (line[0], line[1]) {
            ("POST", "/uploads") => {
                let declared = Declared::parse(&request.body).unwrap();
                let begun = self.begun.entry(key).or_insert_with(|| (declared, BTreeMap::new()));
                if begun.0 == declared { Say::Begun } else { Say::OtherBytes }
            }
            _ if !self.begun.contains_key(&key) => Say::NoUpload,
            ("GET", "/uploads") => {
                let (declared, parts) = &self.begun[&key];
                let held = Held::new((0..declared.parts()).map(|n| parts.contains_key(&n)).collect());
                return held.body();
            }
            ("POST", "/uploads/commit") => self.commit(&key, &request.body),
            ("PUT", path) => {
                let number: u32 = path.strip_prefix("/uploads/parts/").unwrap().parse().unwrap();
                let digest = upload::parse_content_digest(field("Content-Digest:")).unwrap();
                self.part(&key, number, &digest, &request.body)
            }
            other => panic!("{other:?}"),
        };
        say.body()
    }

    fn part(&mut self, key: &UploadKey, number: u32, digest: &[u8; 32], body: &[u8]) -> Say {
        let (declared, parts) = self.begun.get_mut(key).unwrap();
        assert_eq!(declared.part(number).unwrap().1, body.len() as u64);
        assert_eq!(TipId::of_one_request(body), TipId::of_parts(1, [*digest]), "the digest is the part's");
        let held = parts.entry(number).or_insert_with(|| body.to_vec());
        if held == body { Say::PartKept } else { Say::OtherBytes }
    }

    fn commit(&mut self, key: &UploadKey, body: &[u8]) -> Say {
        let (declared, parts) = &self.begun[key];
        if parts.len() < declared.parts() as usize {
            return Say::MissingPart;
        }
        let tip: Vec<u8> = parts.values().flatten().copied().collect();
        let mut hasher = tipline_wire::tip_id::TipHasher::new(declared.recipients, declared.padded);
        hasher.update(&tip);
        assert_eq!(upload::parse_commit(body), Some(hasher.finish()));
        self.tips.insert(String::from_utf8(body.to_vec()).unwrap(), tip);
        Say::Kept
    }
}

/// A letterbox whose n-th request of an upload meets this fate.
fn letterbox(
    site: &str,
    fate: impl Fn(usize, &Request) -> Fate + Send + 'static,
) -> (Letterbox, Arc<Mutex<Uploads>>) {
    let page = sound_page(site, day());
    let uploads = Arc::new(Mutex::new(Uploads::default()));
    let kept = Arc::clone(&uploads);
    let letterbox = Letterbox::new(move |number, request| {
        let mut uploads = kept.lock().unwrap();
        if request.head.starts_with("GET / ") {
            return Reply::Keep(http("200 OK", &page));
        }
        let fate = fate(number - 1, request);
        match fate {
            Fate::CutBefore => return Reply::HangUp,
            Fate::Say(say) => return Reply::Keep(http(&format!("{} x", say.status()), &say.body())),
            Fate::Forget => uploads.begun.clear(),
            Fate::Fine | Fate::CutAfter => {}
        }
        let put = request.head.strip_prefix("PUT /uploads/parts/").and_then(|rest| rest.split(' ').next());
        if let Some(number) = put {
            assert!(!uploads.acknowledged.contains(&number.parse().unwrap()), "{number} was acknowledged");
        }
        let body = uploads.answer(request);
        if fate == Fate::CutAfter {
            return Reply::HangUp;
        }
        if let (Some(number), Some(Say::PartKept)) = (put, Say::parse(&body)) {
            uploads.acknowledged.insert(number.parse().unwrap());
        }
        let status = Say::parse(&body).map_or(200, Say::status);
        Reply::Keep(http(&format!("{status} x"), &body))
    });
    (letterbox, uploads)
}

fn evidence(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251) as u8).collect()
}

fn only_tip(uploads: &Mutex<Uploads>) -> Vec<(String, Vec<u8>)> {
    let uploads = uploads.lock().unwrap();
    assert_eq!(uploads.tips.len(), 1);
    open(uploads.tips.values().next().unwrap())
}

#[test]
fn a_large_tip_arrives_in_parts_on_one_connection_and_opens() {
    let folder = Folder::new("large");
    let video = folder.write("video.bin", &evidence(5_000_000));
    let (letterbox, uploads) = letterbox(&onion(), |_, _| Fate::Fine);
    let proxy = Proxy::new(letterbox.at);
    let print = Root::new(9).fingerprint().to_string();
    let out = folder.path("tip.age");
    let ran = Run::default().with(&[
        "--report",
        "-",
        "--original",
        &video,
        "--to-site",
        &onion(),
        "--socks",
        &proxy.at.to_string(),
        "--fingerprint",
        &print,
        "--out",
        &out,
        "--json",
    ]);
    assert_eq!((ran.code, ran.waits.len()), (0, 0), "{}", ran.err);
    assert_eq!(only_tip(&uploads)[1].1, evidence(5_000_000));
    let sent = uploads.lock().unwrap().tips.values().next().unwrap().clone();
    assert_eq!(fs::read(&out).unwrap(), sent, "the copy is what was sent");
    let mut heads = vec!["GET / HTTP/1.1".to_owned(), "POST /uploads HTTP/1.1".to_owned()];
    heads.extend((0..6).map(|n| format!("PUT /uploads/parts/{n} HTTP/1.1")));
    heads.push("POST /uploads/commit HTTP/1.1".to_owned());
    assert_eq!(letterbox.heads(), heads);
    let asked = proxy.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2, "one connection for the page, one for the upload");
    assert_eq!(asked[0].credentials, asked[1].credentials);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&said["sent"], &said["padded"]), (&true.into(), &6_291_456.into()));
}

/// The six requests of an upload of four parts, each lost before and after it was understood, alone and twice in a row.
#[test]
fn whichever_request_is_cut_the_upload_goes_on_and_nothing_acknowledged_is_sent_again() {
    let folder = Folder::new("cut");
    let video = folder.write("video.bin", &evidence(3_500_000));
    for fate in [Fate::CutBefore, Fate::CutAfter, Fate::Say(Say::Broken), Fate::Say(Say::TooSlow)] {
        for (first, times) in (0..6).flat_map(|first| [(first, 1), (first, 2)]) {
            let (letterbox, uploads) =
                letterbox(
                    "any",
                    move |n, _| if (first..first + times).contains(&n) { fate } else { Fate::Fine },
                );
            let at = letterbox.at.to_string();
            let ran = Run::default().with(&["--original", &video, "--to-site", &at]);
            assert_eq!(ran.code, 0, "{fate:?} {first} {times}: {}", ran.err);
            assert_eq!(only_tip(&uploads)[1].1, evidence(3_500_000), "{fate:?} {first} {times}");
        }
    }
}

/// A part's request has about 500 bytes of head and 1 MiB of body, an answer about 50 and 256.
#[test]
fn a_connection_cut_at_any_byte_of_request_or_answer_costs_at_most_one_part() {
    let folder = Folder::new("bytes");
    let video = folder.write("video.bin", &evidence(3_500_000));
    let request = [0, 1, 200, 480, 520, 600, 16_384, 65_536, 500_001, 1_000_000, 1_048_832, 1_049_300];
    let answer = [0, 1, 20, 40, 60, 100, 200, 300];
    let cuts = request
        .map(Cut::Request)
        .into_iter()
        .chain(answer.map(Cut::Answer))
        .chain([Cut::Tail(1), Cut::Tail(256)]);
    for (number, cut) in cuts.enumerate() {
        let (letterbox, uploads) = letterbox("any", |_, _| Fate::Fine);
        let target = format!("PUT /uploads/parts/{}", number % 4);
        let mut cuts = vec![cut];
        let relay =
            Relay::new(
                letterbox.at,
                move |line| {
                    if line == target { cuts.pop().unwrap_or(Cut::No) } else { Cut::No }
                },
            );
        let ran = Run::default().with(&["--original", &video, "--to-site", &relay.at.to_string()]);
        assert_eq!(ran.code, 0, "{cut:?}: {}", ran.err);
        assert_eq!(only_tip(&uploads)[1].1, evidence(3_500_000), "{cut:?}");
        assert_eq!(relay.sent_again(), Vec::<String>::new(), "{cut:?}");
        let parts = relay.seen().iter().filter(|seen| seen.line.starts_with("PUT ")).count();
        assert!((4..=5).contains(&parts), "{cut:?}: {:?}", relay.seen());
    }
}

#[test]
fn a_full_letterbox_is_left_alone_and_asked_again_with_a_sentence() {
    let folder = Folder::new("full");
    let video = folder.write("video.bin", &evidence(2_000_000));
    let (letterbox, uploads) =
        letterbox("any", |n, _| if n % 2 == 0 { Fate::Say(Say::Full) } else { Fate::Fine });
    let ran = Run::default().with(&["--original", &video, "--to-site", &letterbox.at.to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(only_tip(&uploads)[1].1, evidence(2_000_000));
    assert!(ran.waits.len() == 4 && ran.waits.iter().all(|wait| (30..=300).contains(&wait.as_secs())));
    assert_eq!(ran.err.matches("full now").count(), 4, "{}", ran.err);
    let set: BTreeSet<_> = ran.waits.iter().collect();
    assert!(set.len() > 1, "nobody can expect the moment: {:?}", ran.waits);
}

#[test]
fn what_is_full_for_ever_is_given_up_after_hours_and_the_copy_is_whole() {
    let folder = Folder::new("for-ever");
    let (video, out) = (folder.write("video.bin", &evidence(2_000_000)), folder.path("tip.age"));
    let (letterbox, _) = letterbox("any", |n, _| if n >= 2 { Fate::Say(Say::Full) } else { Fate::Fine });
    let at = letterbox.at.to_string();
    let ran = Run::default().with(&["--original", &video, "--to-site", &at, "--out", &out]);
    assert!(ran.code == 1 && ran.err.contains("It is saved in"), "{}", ran.err);
    let waited: u64 = ran.waits.iter().map(std::time::Duration::as_secs).sum();
    assert!((3 * 3_600 - 300..=3 * 3_600).contains(&waited), "{waited} s");
    assert_eq!(open(&fs::read(&out).unwrap())[1].1, evidence(2_000_000));
}

/// An upload of four parts: request 0 begins it, 1 to 4 are its parts, 5 commits it.
#[test]
fn lost_parts_and_closed_weeks_end_with_a_sentence_and_nothing_is_committed() {
    let folder = Folder::new("lost");
    let video = folder.write("video.bin", &evidence(3_500_000));
    for (at, fate, says) in [
        (3, Fate::Forget, "no longer has 2 parts"),
        (5, Fate::Forget, "no longer has 4 parts"),
        (0, Fate::Say(Say::EpochClosed), "no longer takes messages sealed for this week"),
        (3, Fate::Say(Say::EpochClosed), "no longer takes messages sealed for this week"),
        (2, Fate::Say(Say::OtherBytes), "did not take the message as one of its own"),
        (1, Fate::Say(Say::Kept), "does not belong to an upload"),
        (5, Fate::Say(Say::MissingPart), "no longer has 4 parts"),
        (0, Fate::Say(Say::NotFound), "older or newer than the letterbox"),
    ] {
        let (letterbox, uploads) = letterbox("any", move |n, _| if n == at { fate } else { Fate::Fine });
        let ran = Run::default().with(&["--original", &video, "--to-site", &letterbox.at.to_string()]);
        assert!(ran.code == 1 && ran.err.contains(says), "{at} {fate:?}: {}", ran.err);
        assert!(uploads.lock().unwrap().tips.is_empty(), "{at} {fate:?}");
        assert_eq!(ran.err.contains("has not arrived whole"), at < 5, "{at} {fate:?}: {}", ran.err);
    }
}

#[test]
fn an_upload_that_was_forgotten_before_anything_arrived_begins_again_with_the_same_token() {
    let folder = Folder::new("forgotten");
    let video = folder.write("video.bin", &evidence(3_500_000));
    let (letterbox, uploads) = letterbox("any", |n, _| if n == 1 { Fate::Forget } else { Fate::Fine });
    let ran = Run::default().with(&["--original", &video, "--to-site", &letterbox.at.to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(only_tip(&uploads)[1].1, evidence(3_500_000));
    assert_eq!(uploads.lock().unwrap().begun.len(), 1);
    let asked = letterbox.asked.lock().unwrap();
    let parts: Vec<_> = asked.iter().filter(|r| r.head.starts_with("PUT /uploads/parts/0 ")).collect();
    assert!(parts.len() == 2 && parts[0].body == parts[1].body, "the same sealed part");
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_never_committed() {
    let folder = Folder::new("changes");
    let video = folder.write("video.bin", &evidence(3_500_000));
    let path = video.clone();
    let (letterbox, uploads) = letterbox("any", move |n, _| {
        if n == 2 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            fs::write(&path, evidence(3_400_000)).unwrap();
        }
        Fate::Fine
    });
    let out = folder.path("tip.age");
    let at = letterbox.at.to_string();
    let ran = Run::default().with(&["--original", &video, "--to-site", &at, "--out", &out]);
    assert!(ran.code == 1 && ran.err.contains("changed while it was being read"), "{}", ran.err);
    assert!(uploads.lock().unwrap().tips.is_empty());
    assert_eq!(folder.names(), ["video.bin"], "no half copy is left");
}

/// With 64 MiB of address space over what an empty run needs, a file of 96 MiB is sent.
#[test]
fn sending_a_large_file_takes_no_more_memory_than_a_small_one() {
    let folder = Folder::new("memory");
    let video = folder.path("video.bin");
    fs::File::create(&video).unwrap().set_len(96 << 20).unwrap();
    let page = sound_page("any", today());
    let letterbox = Letterbox::new(move |_, request| {
        let line = request.head.lines().next().unwrap();
        match line {
            "GET / HTTP/1.1" => Reply::Say(http("200 OK", &page)),
            "POST /uploads HTTP/1.1" => Reply::Keep(http("201 x", &Say::Begun.body())),
            "POST /uploads/commit HTTP/1.1" => Reply::Keep(http("201 x", &Say::Kept.body())),
            _ => Reply::Keep(http("200 x", &Say::PartKept.body())),
        }
    });
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 65536 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_tipline-seal")]);
    limited.args(["--original", &video, "--to-site", &letterbox.at.to_string()]);
    let output = limited.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(letterbox.heads().len(), 1 + 1 + 128 + 1);
}

fn today() -> tipline_wire::date::Date {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    tipline_wire::date::Date::from_unix(since.as_secs()).unwrap()
}

#[test]
fn one_file_for_one_recipient_is_a_plain_age_file() {
    let folder = Folder::new("single");
    let desk = support::identity();
    let to = desk.recipient().to_string();
    for len in [0, 1, 65_536, 65_537, 300_000] {
        let (file, out) = (folder.write("keys.tar", &evidence(len)), folder.path("keys.tar.age"));
        let ran = Run::default().with(&["--to", &to, &file]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let sealed = fs::read(&out).unwrap();
        let chunks = len.div_ceil(65_536).max(1);
        assert_eq!(sealed.len(), 86 + 1_557 + len + 16 * chunks, "one stanza, no padding");
        assert_eq!(*tipline_envelope::open_all(&sealed, &[support::identity()]).unwrap(), evidence(len));
        let again = Run::default().with(&["--to", &to, &file]);
        assert!(again.code == 1 && again.err.contains("nothing is ever overwritten"), "{}", again.err);
        fs::remove_file(&out).unwrap();
    }
    let missing = Run::default().with(&["--to", &to, &folder.path("missing")]);
    assert!(missing.code == 1 && missing.err.contains("Nothing was saved"), "{}", missing.err);
    let classical = Run::default().with(&["--to", "age1qqqq", &folder.path("keys.tar")]);
    assert!(classical.code == 2 && classical.err.contains("quantum"), "{}", classical.err);
    assert_eq!(folder.names(), ["keys.tar"], "nothing half-done is left");
}

/// A large tip in a saved file, as it was sealed.
fn saved_tip(folder: &Folder) -> (String, Vec<u8>) {
    let (file, out) = (folder.write("video.bin", &vec![7; 3_000_000]), folder.path("tip.age"));
    let intake = folder.intake(day());
    let ran = Run::default().with(&["--original", &file, "--intake", &intake, "--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Large tips need three days to finish, so their last day comes earlier than a small one's.
    let later =
        format!("Send it before 2026-12-04, with: tipline-seal --send {out} --week 2026-11-23 --to-site");
    assert!(ran.err.contains(&later), "{}", ran.err);
    let sealed = fs::read(&out).unwrap();
    (out, sealed)
}

#[test]
fn a_saved_tip_is_sent_later_and_another_run_goes_on_where_the_first_one_broke_off() {
    let folder = Folder::new("later");
    let (saved, sealed) = saved_tip(&folder);
    // The first run brings part 0 and part 1, then meets broken connections only.
    let broken = Arc::new(Mutex::new(true));
    let breaks = Arc::clone(&broken);
    let (letterbox, uploads) = letterbox(&onion(), move |number, _| {
        if number >= 4 && *breaks.lock().unwrap() { Fate::CutBefore } else { Fate::Fine }
    });
    let proxy = Proxy::new(letterbox.at);
    let print = Root::new(9).fingerprint().to_string();
    let at = proxy.at.to_string();
    let args = [
        "--send",
        &saved,
        "--week",
        "2026-11-23",
        "--to-site",
        &onion(),
        "--socks",
        &at,
        "--fingerprint",
        &print,
    ];
    let first = Run { today: day().plus_days(7), ..Run::default() }.with(&args);
    assert!(first.code == 1 && first.err.contains("run the same command again"), "{}", first.err);
    assert_eq!(uploads.lock().unwrap().tips.len(), 0);
    let before = letterbox.heads().len();
    *broken.lock().unwrap() = false;
    let second = Run { today: day().plus_days(8), ..Run::default() }.with(&args);
    assert_eq!(second.code, 0, "{}", second.err);
    let kept: Vec<Vec<u8>> = uploads.lock().unwrap().tips.values().cloned().collect();
    assert_eq!(kept, [sealed], "byte for byte");
    let again: Vec<String> = letterbox.heads().split_off(before);
    let parts = again.iter().filter(|head| head.starts_with("PUT")).count();
    assert!(again[1..3] == ["POST /uploads HTTP/1.1", "GET /uploads HTTP/1.1"] && parts == 1, "{again:?}");
}

#[test]
fn a_saved_tip_that_comes_too_late_or_is_none_is_refused_before_anything_is_contacted() {
    let folder = Folder::new("too-late");
    let (intake, out) = (folder.intake(day()), folder.path("tip.age"));
    let ran = Run::default().with(&["--report", "-", "--intake", &intake, "--out", &out]);
    assert!(ran.code == 0 && ran.err.contains("Send it before 2026-12-07"), "{}", ran.err);
    let sealed = fs::read(&out).unwrap();
    let cut = folder.write("cut.age", &sealed[..sealed.len() - 1]);
    let other = folder.write("other.age", &vec![b'-'; sealed.len()]);
    let letterbox = Letterbox::sound("any", day());
    let at = letterbox.at.to_string();
    let on = |file: &str, week: &str, days| {
        let run = Run { today: day().plus_days(days), ..Run::default() };
        run.with(&["--send", file, "--week", week, "--to-site", &at])
    };
    for (ran, code, says) in [
        (on(&out, "2026-11-23", 12), 1, "before 2026-12-07"),
        (on(&out, "2026-11-24", 0), 2, "--week"),
        (on(&cut, "2026-11-23", 0), 1, "no sealed message"),
        (on(&other, "2026-11-23", 0), 1, "no sealed message"),
        (on(&folder.path("missing.age"), "2026-11-23", 0), 1, "No such file"),
    ] {
        assert!(ran.code == code && ran.err.contains(says), "{says}: {}", ran.err);
    }
    assert!(letterbox.heads().is_empty());
    let no_such_week = on(&out, "2026-12-14", 0);
    assert!(
        no_such_week.code == 1 && no_such_week.err.contains("no keys of the week"),
        "{}",
        no_such_week.err
    );
    assert!(letterbox.bodies().is_empty());
    let kept = on(&out, "2026-11-23", 11);
    assert_eq!(kept.code, 0, "{}", kept.err);
    assert_eq!(letterbox.bodies(), [sealed], "the last day but one is early enough");
    assert_eq!(letterbox.heads().pop().unwrap(), "POST /tips/2026-11-23 HTTP/1.1");
}

#[test]
fn a_saved_page_seals_without_a_connection() {
    let folder = Folder::new("saved-page");
    let page = folder.write("page.html", &sound_page(&onion(), day()));
    let print = Root::new(9).fingerprint().groups();
    let args =
        ["--report", "-", "--intake", &page, "--out", &folder.path("tip.age"), "--fingerprint", &print];
    let ran = Run::default().with(&args);
    assert!(ran.code == 0 && ran.err.contains("is the one that you gave"), "{}", ran.err);
    assert_eq!(open(&fs::read(folder.path("tip.age")).unwrap())[0].0, "tip.json");
}

#[test]
fn a_program_reads_what_was_wrong_with_a_report_and_what_is_allowed() {
    let report = br#"{"report":{"incident":["other"],"urgency":"soonish","relatives":[{"kind":"boss"}]}}"#;
    let run = Run { stdin: report, ..Run::default() };
    let ran = run.with(&["--json", "--report", "-", "--intake", "i", "--out", "o"]);
    assert_eq!(ran.code, 1);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(said["ok"], false);
    assert_eq!(said["problems"][0]["at"], "report.urgency");
    assert!(said["problems"][0]["allowed"].as_array().unwrap().contains(&"now".into()), "{said}");
    assert_eq!(said["problems"][1]["at"], "report.relatives[0].kind");
    let for_a_person = run.with(&["--report", "-", "--intake", "i", "--out", "o"]);
    assert!(
        for_a_person.err.contains("no code of the list `urgency`; use one of that list (now, "),
        "{}",
        for_a_person.err
    );
    assert_eq!(for_a_person.out, "");
    let codes: serde_json::Value = serde_json::from_str(&run.with(&["--codes", "--json"]).out).unwrap();
    assert_eq!(codes["country"]["HK"], "Hong Kong");
    let usage = run.with(&["--json", "--send"]);
    assert!(usage.code == 2 && usage.out.contains("\"ok\":false"), "{}", usage.out);
}

#[test]
fn a_canary_is_a_sealed_tip_that_carries_its_token_alone() {
    let folder = Folder::new("canary");
    let (token, out) = ("0123456789abcdef".repeat(2), folder.path("canary.age"));
    let intake = folder.intake(day());
    let ran = Run::default().with(&["--canary", &token, "--intake", &intake, "--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let entries = open(&fs::read(&out).unwrap());
    let tip = tipline_report::Tip::from_json(&entries[0].1).unwrap();
    assert_eq!((tip.canary, entries.len()), (Some(token), 1));
}
