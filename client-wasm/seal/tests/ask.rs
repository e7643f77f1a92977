//! The form as questions and answers: what a person at a terminal tells arrives, and nothing else.
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
    clippy::print_stdout,
    reason = "a test may fail loudly, listen, read the clock and draw random numbers"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use support::{
    CLEARED, Folder, Letterbox, Reply, Root, board, day, http, intake, kept, open, sound_page, talk,
    talk_lines,
};
use tipline_envelope::Receipt;
use tipline_report::Tip;
use tipline_wire::site::{Site, Texts};
use tipline_wire::sshsig;

const JPEG: &[u8] = include_bytes!("support/pixel.jpg");

fn told(letterbox: &Letterbox) -> (Tip, Vec<(String, Vec<u8>)>) {
    let bodies = letterbox.bodies();
    let entries = open(bodies.last().unwrap());
    (Tip::from_json(&entries[0].1).unwrap(), entries)
}

fn with_board() -> Letterbox {
    let document = intake("any", day(), &Root::new(9));
    let page = sound_page("any", day());
    let board = board(&document, day().plus_days(-3), &Root::new(9));
    Letterbox::with_board(http("200 OK", &board), move |_, request| {
        if request.head.starts_with("GET") { Reply::Keep(http("200 OK", &page)) } else { Reply::Say(kept()) }
    })
}

#[test]
fn a_reader_of_tibetan_is_asked_in_tibetan_and_everything_told_arrives() {
    let folder = Folder::new("tibetan");
    let photo = folder.write("at home.jpg", JPEG);
    let letterbox = with_board();
    let quoted = format!("'{photo}'");
    let lines = [
        "1", // the fingerprint is the one on paper
        "?",
        "༣", // the third incident, in Tibetan digits, after asking for help
        "2",
        "2026",
        "10", // a month
        "jap",
        "3",
        "",  // Japan, the third region, no city
        "2", // also count
        "2", // own words
        "ཁོང་ཚོ་ངའི་ཕ་མའི་སར་སླེབས་བྱུང་།",
        "they called from 030 123 45 67",
        ".",
        &quoted,
        "1",
        "",  // a photograph, cleaned
        "1", // no answer
        "1", // lock and send
    ];
    let ran = talk_lines(&["--ask", "--lang", "bo", "--to-site", &letterbox.at.to_string()], &lines);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let (tip, entries) = told(&letterbox);
    let report = &tip.report;
    assert_eq!(
        (report.lang.as_deref(), report.incident.as_slice()),
        (Some("bo"), &["relative_visit".to_owned()][..])
    );
    let when = report.when.as_ref().unwrap();
    assert_eq!(
        (when.precision.as_deref(), when.year, when.month, when.day),
        (Some("month"), Some(2026), Some(10), None)
    );
    let place = report.place.as_ref().unwrap();
    assert_eq!((place.country.as_deref(), place.city.as_deref()), (Some("JP"), None));
    assert!(place.region.is_some());
    assert_eq!(
        (report.consent.as_slice(), &tip.answer, &report.teller),
        (&["count".to_owned()][..], &None, &None)
    );
    assert_eq!(report.story, "ཁོང་ཚོ་ངའི་ཕ་མའི་སར་སླེབས་བྱུང་།\nthey called from 030 123 45 67");
    assert_eq!((tip.files[0].form.as_str(), entries[1].0.as_str()), ("cleaned", "files/001"));
    assert!(!String::from_utf8_lossy(&entries[1].1).contains("Aygul"), "hidden data is not sent");
    // A draft says so, and says what is about safety in English too; before anything is asked.
    for said in [
        "ཟིན་བྲིས",
        "[No names and no addresses",
        "[Do not use this page from inside China",
        "[What arrived before 2026-11-21",
    ] {
        assert_eq!(ran.err.contains(said), !said.contains("addresses"), "{said}: {}", ran.err);
    }
    assert!(ran.err.contains("[There is a long number in what you wrote."), "{}", ran.err);
    let at = |said: &str| ran.err.find(said).unwrap_or_else(|| panic!("{said}: {}", ran.err));
    assert!(at("[This is not an emergency line.") < at("== "), "{}", ran.err);
    assert!(ran.err.rfind(CLEARED).unwrap() > at("[There is a long number"), "cleared once it is sent");
    assert_eq!(folder.names(), ["at home.jpg"], "nothing is written to the disk");
}

#[test]
fn whoever_never_types_a_word_sends_a_whole_message_with_numbers_alone() {
    let letterbox = with_board();
    let lines = ["2", "1", "1 9", "4", "2025", "", "", "1", "3", "1", "1"];
    // The language is the second of the list; the fingerprint; two incidents; a year; no place; read only.
    let ran = talk_lines(&["--to-site", &letterbox.at.to_string()], &lines);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (tip, _) = told(&letterbox);
    assert_eq!(tip.report.incident, ["threat_direct", "other"]);
    assert_eq!((tip.report.consent.len(), tip.report.place, tip.files.len()), (0, None, 0));
}

#[test]
fn a_new_receipt_is_written_down_typed_back_and_opens_what_is_answered() {
    let letterbox = with_board();
    let mut lines = ["1", "1", "", "", "", "1", "3", "2", "", "wrong?", "", "PLACE", "1"].into_iter();
    let mut numbers: BTreeMap<usize, String> = BTreeMap::new();
    let ran = talk(&["--ask", "--lang", "en", "--to-site", &letterbox.at.to_string()], &mut |said| {
        for (place, number) in said.split_whitespace().zip(said.split_whitespace().skip(1)) {
            if let Some(place) = place.strip_suffix(':').and_then(|place| place.parse().ok())
                && number.len() == 4
                && number.bytes().all(|b| b.is_ascii_digit())
            {
                numbers.insert(place, number.to_owned());
            }
        }
        let line = lines.next()?;
        let place = || said.split("Type number ").nth(1)?.split(' ').next()?.parse::<usize>().ok();
        Some(match line {
            // One more than what stands on the paper.
            "wrong?" => format!("{}", (numbers[&place().unwrap()].parse::<u16>().unwrap() + 1) % 8192),
            "PLACE" => numbers[&place().unwrap()].clone(),
            line => line.to_owned(),
        })
    });
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("That is another number.") && ran.err.contains("That is right."), "{}", ran.err);
    let (tip, _) = told(&letterbox);
    let typed = numbers.values().cloned().collect::<Vec<_>>().join(" ");
    let Ok(receipt) = Receipt::read(&typed) else { panic!("{typed}") };
    let reply = receipt.reply(&Root::new(9).fingerprint()).unwrap();
    let answer = tip.answer.as_ref().unwrap();
    assert_eq!(answer.recipient, reply.identity.recipient().to_string());
    assert_eq!(answer.tag_key, *reply.tag_key.to_hex());
    assert_eq!(tip.report.answer_lang.as_deref(), Some("en"));
    // Shown on the other screen only, which keeps no history.
    let mut rest = ran.err.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[?1049h") {
        assert!(!numbers.values().any(|number| before.contains(&format!(": {number}"))), "{before}");
        rest = after.split_once("\u{1b}[?1049l").unwrap().1;
    }
    assert!(!numbers.values().any(|number| rest.contains(&format!(": {number}"))), "{rest}");

    // The next message goes into the same thread; a slip of one digit is explained, not taken silently.
    let mut slipped: Vec<String> = numbers.values().cloned().collect();
    slipped[4] = format!("{:04}", (slipped[4].parse::<u16>().unwrap() + 1000) % 8192);
    let slipped = slipped.join(" ");
    let lines = ["1", "1", "", "", "", "1", "3", "3", "1 2 3", &slipped, "1", "1"];
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &letterbox.at.to_string()], &lines);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("Those are 3 numbers") && ran.err.contains("Number 5 is probably"),
        "{}",
        ran.err
    );
    assert_eq!(told(&letterbox).0.answer, tip.answer);
}

#[test]
fn a_program_is_given_a_receipt_only_where_it_asked_and_an_old_one_is_typed() {
    let folder = Folder::new("program");
    let letterbox = with_board();
    let at = letterbox.at.to_string();
    let report = folder.write("report.json", support::REPORT);
    let ran = talk_lines(&["--report", &report, "--receipt", "new", "--json", "--to-site", &at], &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let numbers: Vec<&str> =
        said["receipt"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    assert_eq!(numbers.len(), 12);
    // A year, a port and the name of a folder are in what is said, and could be or hold one of the numbers.
    let words = ran.err.split(|c: char| !c.is_ascii_digit()).filter(|word| *word != "2026");
    let shown: Vec<&str> = words.filter(|word| numbers.contains(word)).collect();
    assert!(shown.is_empty(), "{shown:?} {}", ran.err);
    let first = told(&letterbox).0.answer;
    let typed = numbers.join(" ");
    let again = talk_lines(&["--report", &report, "--receipt", "typed", "--to-site", &at], &[&typed]);
    assert_eq!((again.code, again.out.as_str()), (0, ""), "{}", again.err);
    assert!(first.is_some() && told(&letterbox).0.answer == first);
    let in_report =
        folder.write("answer.json", br#"{"report":{"story":"x"},"answer":{"recipient":"","tag_key":""}}"#);
    let refused = talk_lines(&["--report", &in_report, "--to-site", &at], &[]);
    assert!(refused.code == 1 && refused.err.contains("--receipt"), "{}", refused.err);
}

#[test]
fn back_changes_and_nothing_typed_is_lost_by_an_error() {
    let page = sound_page("any", day());
    // Two attempts fail, then a person tries once more.
    let letterbox = Letterbox::new(move |number, _| match number {
        0 => Reply::Keep(http("200 OK", &page)),
        1 | 2 => Reply::HangUp,
        _ => Reply::Say(kept()),
    });
    let lines = [
        "1",
        "999",
        "1", // a number that stands for nothing loses nothing
        "*",
        "2", // back from the next question, and chosen anew
        "",
        "",
        "",
        "1", // no time, no place, read only
        "1", // ticks
        "",
        "",
        "1 2",
        "*",
        "-", // by two ways, emptied again
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "", // the other lists
        "the first line",
        ".",
        "/no/such/file.jpg",
        "",
        "1", // words, a file that is not there, no answer
        "2",
        "19",
        "2",
        "the second line",
        ".", // change the words
        "1",
        "1", // send; once more
    ];
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &letterbox.at.to_string()], &lines);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bodies = letterbox.bodies();
    assert!(
        bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]),
        "the same sealed bytes each time"
    );
    let (tip, _) = told(&letterbox);
    assert_eq!(tip.report.incident, ["informant_pressure"]);
    assert!(tip.report.channel.is_empty() && ran.err.contains("So far: "), "{}", ran.err);
    assert_eq!(tip.report.story, "the first line\nthe second line");
}

/// A terminal drops what follows its 4 095th byte without a word, so somebody must.
#[test]
fn a_line_that_a_terminal_may_have_cut_is_told() {
    let letterbox = with_board();
    let long = "x".repeat(4_095);
    let lines = ["1", "", "", "", "", "1", "2", &long, "", ".", "", "1", "1"];
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &letterbox.at.to_string()], &lines);
    assert!(ran.code == 0 && ran.err.contains("its end may be missing"), "{}", ran.err);
    assert_eq!(told(&letterbox).0.report.story, format!("{long}\n"));
}

#[test]
fn leaving_at_any_question_sends_nothing_and_clears_the_screen() {
    let letterbox = with_board();
    let at = letterbox.at.to_string();
    let whole = [
        "1", "1", "", "", "", "1", "1", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "story", ".",
        "", "1",
    ];
    for len in 0..=whole.len() {
        for last in [Some("q"), None] {
            let lines: Vec<&str> = whole[..len].iter().copied().chain(last).collect();
            let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &at], &lines);
            // Whoever leaves has said so; a terminal that is gone ends it as Ctrl-C does.
            assert_eq!(ran.code, if last.is_some() { 1 } else { 130 }, "{len}: {}", ran.err);
            let end = ran.err.rfind(CLEARED).unwrap_or_else(|| panic!("{len}: {}", ran.err));
            assert!(ran.err[end..].contains("Nothing was sent"), "{}", ran.err);
        }
    }
    assert!(letterbox.bodies().is_empty());
}

#[test]
fn a_forged_letterbox_stops_in_the_persons_language_before_the_first_question() {
    let document = intake("any", day(), &Root::new(9));
    let page = support::page(&document, &Root::new(9).sign(&document.replace("serial 1", "serial 2")));
    let letterbox = Letterbox::new(move |_, _| Reply::Keep(http("200 OK", &page)));
    let ran = talk_lines(&["--ask", "--lang", "ja", "--to-site", &letterbox.at.to_string()], &["1"]);
    assert!(
        ran.code == 1 && ran.err.contains("[The keys of this letterbox are not signed by its owner."),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("== "), "{}", ran.err);
    let compared = talk_lines(&["--ask", "--lang", "en", "--to-site", &with_board().at.to_string()], &["2"]);
    assert!(
        compared.code == 1 && compared.err.contains("These are not the groups that you have."),
        "{}",
        compared.err
    );
    let page = sound_page(&support::onion(), day());
    let elsewhere = Letterbox::new(move |_, _| Reply::Keep(http("200 OK", &page)));
    let at = elsewhere.at.to_string();
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &at], &[]);
    let says = format!("({}). You are at {at}.", support::onion());
    assert!(ran.code == 1 && ran.err.contains(&says), "{}", ran.err);
}

/// A page whose site document says who they are: they read Uyghur and Japanese, every third day.
fn page_with_site(document: &str) -> Vec<u8> {
    let root = Root::new(9);
    let texts = |language: &str| Texts {
        emergency: format!("emergency in {language}"),
        responsible: "the board".into(),
        purpose: "to understand".into(),
        kept: "a year".into(),
        rights: "to ask".into(),
        other_way: "a letter".into(),
        support: Some(format!("support in {language}")),
    };
    let site = Site {
        schema: "tipline-site/1".into(),
        serial: 1,
        issued: day().to_string(),
        org: "Example Relief".into(),
        root: root.fingerprint().to_string(),
        languages: vec!["ug".into(), "ja".into(), "eo".into()],
        rhythm_days: 3,
        texts: ["en", "ja"].map(|language| (language.to_owned(), texts(language))).into(),
        pages: vec!["0".repeat(64)],
    };
    let site = site.to_text().unwrap();
    let block = serde_json::json!({
        "intake": document, "intake_signature": root.sign(document),
        "site": site, "site_signature": root.sign_as(sshsig::SITE, site.as_bytes()),
    });
    let block = block.to_string().replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"documents\">{block}</script>").into_bytes()
}

/// What the organisation says of itself is read before anything is asked; its rhythm says when a board is too old.
#[test]
fn a_persons_language_is_looked_for_in_the_site_document_and_its_rhythm_counts() {
    let root = Root::new(9);
    let document = intake("any", day(), &root);
    let page = page_with_site(&document);
    for (days, language, says, neglected) in [
        (-6, "ja", "emergency in ja", false),
        (-7, "ja", "support in ja", true),
        (-6, "ug", "emergency in en", false),
    ] {
        let (page, board) = (page.clone(), board(&document, day().plus_days(days), &root));
        let letterbox =
            Letterbox::with_board(http("200 OK", &board), move |_, _| Reply::Keep(http("200 OK", &page)));
        // Who goes on although nobody seems to read says so first.
        let answers: &[&str] = if neglected { &["1", "1", "q"] } else { &["1", "q"] };
        let ran = talk_lines(&["--ask", "--lang", language, "--to-site", &letterbox.at.to_string()], answers);
        assert!(ran.err.contains(says), "{days} {language}: {}", ran.err);
        assert!(ran.err.find(says) < ran.err.find("== "), "before the first question");
        assert_eq!(ran.err.contains("[Nobody has opened this line since"), neglected, "{days}: {}", ran.err);
    }
}

/// A line that has had keys for weeks and shows no board: perhaps nobody reads, and whoever goes on has said so.
#[test]
fn an_old_line_without_a_board_is_gone_on_with_only_on_purpose() {
    let root = Root::new(9);
    for (weeks_ago, says, answers) in
        [(1, "That is so while a line is new.", 1), (3, "This line has had keys since 2026-11-02", 2)]
    {
        let document = support::intake_of(5, "any", day().plus_days(-7 * weeks_ago), &root);
        let page = support::page(&document, &root.sign(&document));
        let letterbox = Letterbox::new(move |_, _| Reply::Keep(http("200 OK", &page)));
        let at = letterbox.at.to_string();
        let asked = |lines: &[&str]| talk_lines(&["--ask", "--lang", "en", "--to-site", &at], lines);
        let stays = asked(&["2"]);
        assert!(stays.code == 1 && stays.err.contains(says), "{}", stays.err);
        let goes_on = asked(&["1"].repeat(answers));
        assert!(goes_on.err.contains("== What was done?"), "{}", goes_on.err);
        let too_soon = asked(&["1"].repeat(answers - 1));
        assert!(!too_soon.err.contains("== What was done?"), "{}", too_soon.err);
    }
}

/// What is only locked is nowhere called sent; the keys are what the letterbox shows under `/intake`, in one file.
#[test]
fn offline_nothing_is_called_sent_and_the_keys_are_read_from_one_file() {
    let folder = Folder::new("offline");
    let document = intake("any", day(), &Root::new(9));
    let shown = [document.as_str(), &Root::new(9).sign(&document)].concat();
    let (keys, out) = (folder.write("intake", shown.as_bytes()), folder.path("tip.age"));
    let lines = ["1", "1", "", "", "", "1", "3", "1", "1"];
    let ran = talk_lines(&["--ask", "--lang", "en", "--intake", &keys, "--out", &out], &lines);
    assert!(ran.code == 0 && ran.err.contains("== This is what will be locked"), "{}", ran.err);
    for wrong in ["what will be sent", "Lock and send", "Locking and sending"] {
        assert!(!ran.err.contains(wrong), "{wrong}: {}", ran.err);
    }
    assert_eq!(open(&fs::read(out).unwrap()).len(), 1);
}

/// When it could not be sent and a copy is there, the screen is as empty as after any other end.
#[test]
fn what_was_told_is_off_the_screen_when_only_the_saved_copy_is_left() {
    let folder = Folder::new("copy");
    let page = sound_page("any", day());
    let letterbox = Letterbox::new(move |_, request| {
        if request.head.starts_with("GET") { Reply::Keep(http("200 OK", &page)) } else { Reply::HangUp }
    });
    let (at, out) = (letterbox.at.to_string(), folder.path("tip.age"));
    let lines = ["1", "1", "", "", "", "1", "3", "1", "1"];
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &at, "--out", &out], &lines);
    let end = ran.err.rfind(CLEARED).unwrap_or_else(|| panic!("{}", ran.err));
    assert!(ran.code == 1 && ran.err[end..].contains(&out), "{}", ran.err);
    assert!(!ran.err[end..].contains("What was done?"), "{}", ran.err);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let letterbox = with_board();
    let ran = support::Run { stdin: b"1\n1\n", ..support::Run::default() }
        .with(&["--to-site", &letterbox.at.to_string()]);
    assert!(ran.code == 2 && ran.err.contains("--ask"), "{}", ran.err);
    assert!(letterbox.heads().is_empty());
}

/// As on the page: which languages are read, the emergency text once more beside "now", and after sending who helps.
#[test]
fn what_the_organisation_says_stands_where_it_is_needed() {
    let root = Root::new(9);
    let document = intake("any", day(), &root);
    let (page, board) = (page_with_site(&document), board(&document, day().plus_days(-1), &root));
    let letterbox = Letterbox::with_board(http("200 OK", &board), move |_, request| {
        if request.head.starts_with("GET") { Reply::Keep(http("200 OK", &page)) } else { Reply::Say(kept()) }
    });
    let mut lines = vec!["1", "1", "", "", "", "1", "1", "", "1"];
    lines.extend([""; 14]);
    lines.extend(["1", "1", "2"]);
    let ran = talk_lines(&["--ask", "--lang", "ja", "--to-site", &letterbox.at.to_string()], &lines);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let at = |said: &str| ran.err.find(said).unwrap_or_else(|| panic!("{said}: {}", ran.err));
    let read = "[They read: ئۇيغۇرچە, 日本語, eo. A message in another language";
    assert!(at(read) < at("== "), "before the first question");
    let story = at("[You can leave this empty. If you write:]");
    assert!(ran.err[story..].contains(read), "and before the story");
    let now = at("[If somebody may be hurt in the next days, this page is too slow. Call");
    assert!(ran.err[now..].contains("emergency in ja"), "{}", ran.err);
    assert!(ran.err.contains("[This is not an emergency line. We read every 3 days.]"), "{}", ran.err);
    let sent = &ran.err[at("[It arrived and is kept]")..];
    for said in [
        "[It is to be opened around 2026-12-01.]",
        "[Nobody can answer this message,",
        "[There is no number, no time and no proof",
        "[If you are under 18: you did nothing wrong,",
        "[Somebody who listens]: support in ja",
    ] {
        assert!(sent.contains(said), "{said}: {sent}");
    }
    assert!(!sent.contains(CLEARED), "it is not taken off the screen before it was read");
}

/// More of a message just sent: the same receipt, the same sign that connects them, the same consent, nothing asked twice.
#[test]
fn more_is_added_to_a_message_just_sent_and_the_desk_can_put_them_together() {
    let folder = Folder::new("more");
    let (photo, out) = (folder.write("home.jpg", JPEG), folder.path("tip.age"));
    let letterbox = with_board();
    let at = letterbox.at.to_string();
    let mut numbers: BTreeMap<usize, String> = BTreeMap::new();
    let lines = [
        "1",
        "3",
        "",
        "",
        "",
        "2",
        "3",
        "2",
        "",
        "PLACE",
        "1", // counted too, with a receipt
        "1",
        "1",
        "the rest of it",
        ".",
        "",
        "1", // words
        "1",
        "1",
        "",
        &photo,
        "1",
        "",
        "1", // a photograph
        "2",
    ];
    let mut lines = lines.into_iter();
    let ran = talk(&["--ask", "--lang", "en", "--to-site", &at, "--out", &out], &mut |said| {
        for (place, number) in said.split_whitespace().zip(said.split_whitespace().skip(1)) {
            if let Some(place) = place.strip_suffix(':').and_then(|place| place.parse().ok())
                && number.parse::<u16>().is_ok()
            {
                numbers.insert(place, number.to_owned());
            }
        }
        let place = || said.split("Type number ").nth(1)?.split(' ').next()?.parse::<usize>().ok();
        Some(match lines.next()? {
            "PLACE" => numbers[&place().unwrap()].clone(),
            line => line.to_owned(),
        })
    });
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bodies = letterbox.bodies();
    let tips: Vec<Tip> = bodies.iter().map(|body| Tip::from_json(&open(body)[0].1).unwrap()).collect();
    let [first, words, picture] = tips.as_slice() else { panic!("{}", tips.len()) };
    let sign = first.continues.as_ref().unwrap();
    assert!(sign.len() == 32 && sign.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for more in [words, picture] {
        assert_eq!((more.continues.as_ref(), &more.answer), (Some(sign), &first.answer));
        assert_eq!(
            (&more.report.consent, more.report.answer_lang.as_deref()),
            (&first.report.consent, Some("en"))
        );
        assert!(more.report.incident.is_empty());
    }
    assert!(first.answer.is_some() && first.report.consent == ["count"]);
    assert_eq!((words.report.story.as_str(), words.files.len()), ("the rest of it", 0));
    assert_eq!((picture.report.story.as_str(), picture.files.len()), ("", 1));
    assert!(ran.err.contains("This is sent already"), "{}", ran.err);
    assert_eq!(folder.names(), ["home.jpg", "tip-2.age", "tip-3.age", "tip.age"]);
    // Another run is another visit.
    let lines = ["1", "1", "", "", "", "1", "3", "1", "1", "1", "q"];
    let ran = talk_lines(&["--ask", "--lang", "en", "--to-site", &at], &lines);
    assert_ne!(told(&letterbox).0.continues.as_ref(), Some(sign));
    let end = ran.err.rfind(CLEARED).unwrap();
    assert!(ran.err[end..].contains("What you sent before is kept."), "{}", ran.err);
    assert!(!ran.err[end..].contains("Nothing was sent"), "{}", ran.err);
}

/// What a person can meet is said in their language; the detail follows in brackets.
#[test]
fn what_goes_wrong_is_said_in_the_persons_language() {
    let no_proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let socks = no_proxy.to_string();
    let onion = support::onion();
    let ran = talk_lines(&["--ask", "--lang", "ja", "--to-site", &onion, "--socks", &socks], &[]);
    assert!(ran.code == 1 && ran.err.contains("[Tor does not answer on this computer"), "{}", ran.err);
    assert!(ran.err.contains("  [loading the letterbox's page: the Tor proxy at "), "{}", ran.err);
    let folder = Folder::new("faults");
    let page = sound_page("any", day());
    let refusing = Letterbox::new(move |_, request| {
        let full = http("503 Service Unavailable", &tipline_wire::answer::Say::Full.body());
        if request.head.starts_with("GET") { Reply::Keep(http("200 OK", &page)) } else { Reply::Say(full) }
    });
    let (at, out) = (refusing.at.to_string(), folder.write("taken.age", b"x"));
    let ran = talk_lines(&["--ask", "--lang", "ja", "--to-site", &at, "--out", &out], &[]);
    assert!(ran.code == 1 && ran.err.contains("[There is a file "), "{}", ran.err);
    let lines = ["1", "1", "", "", "", "1", "2", "", "/no/such.jpg", "", "1", "1", "2"];
    let ran = talk_lines(&["--ask", "--lang", "ja", "--to-site", &at], &lines);
    assert!(ran.err.contains("[“/no/such.jpg” cannot be read any more."), "{}", ran.err);
    assert!(ran.err.contains("[The letterbox is full at the moment. Try again"), "{}", ran.err);
    assert!(ran.err.contains("[Not all of it has arrived yet. It goes on"), "{}", ran.err);
    assert!(!ran.err.contains("\ntipline-seal:"), "nothing stands there in English alone: {}", ran.err);
}
