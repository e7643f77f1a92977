//! The way through the page: what is known before anybody writes, ticks first and the rest later, a copy that was saved, and
//! leaving.

use std::path::Path;

use serde_json::{Value, json};
use tipline_tests::{Stand, exists, quick, root, skipped};

use crate::journey::{Browser, STORY, file, sound_tip};
use crate::papers::{aged_board, board_file, publish_board, publish_site, today};

/// Whether a browser's journey is left out.
fn left_out(what: &str, browser: &str) -> bool {
    let out = quick() || !exists(browser);
    if out {
        skipped(&format!("{what} in {browser}: not tried (quick run, or {browser} is missing)"));
    }
    out
}

fn nothing_wrong(found: &Value) {
    for nothing in ["problems", "barriers"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
}

/// A day as the page writes it in English.
fn written(days_from_now: i32) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month, day) = today().plus_days(days_from_now).ymd();
    format!("{} {day}, {year}", MONTHS[usize::try_from(month - 1).unwrap()])
}

fn boards(browser: &str) {
    if left_out("what people are told before they write", browser) {
        return;
    }
    let stand = Stand::new("boards");
    publish_site(&stand, 10);
    publish_board(&stand, |_| {});
    let aged = |name, days| aged_board(&stand, name, days);
    let (neglected, old, ahead) = (aged("neglected", 21), aged("old", 17), aged("ahead", -4));
    let another = board_file(&stand, "another", |board| board.intake = [7; 32]);
    let files: Vec<&Path> = [&neglected, &old, &ahead, &another].map(|file| file.as_path()).into();
    let found = Browser::start("boards", browser, &stand.address, &files).found();
    nothing_wrong(&found);
    let seen = |what: &str| {
        let buttons: Vec<&str> =
            found["seen"][what]["buttons"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        (found["seen"][what]["says"].as_str().unwrap(), buttons)
    };
    let says = |what: &str, words: &[&str], buttons: &[&str]| {
        let (said, shown) = seen(what);
        words.iter().for_each(|words| assert!(said.contains(words), "{what}: {words}\n{said}"));
        assert_eq!(shown, buttons, "{what}");
    };
    let open = ["tell", "finished"];
    let warned = ["tell-anyway", "finished"];
    let again = ["tell-anyway", "board-again", "finished"];
    let read = [
        format!("What arrived before {} has been opened.", written(-2)),
        format!("opened around {}. An answer can be here around {}", written(6), written(16)),
        "They read: English, Uyghur, and Simplified Chinese.".into(),
        "Test Relief tells everybody:\n\nWe read on Sundays.".into(),
    ];
    says("read", &read.each_ref().map(String::as_str), &open);
    says("none", &["no notice yet", "while a line is new"], &open);
    let since = format!("Nobody has opened this line since {}. What you send may not be read.", written(-22));
    says("neglected", &[&since], &warned);
    assert!(
        !seen("neglected").0.contains("An answer can be here"),
        "no promise for a line that nobody opens"
    );
    says("old", &["This notice is 17 days old.", "was due on"], &open);
    says("ahead", &["a day that has not come yet"], &warned);
    says(
        "forged",
        &["Do not write here now", "not signed by its owner", "Nothing was sent"],
        &["board-again"],
    );
    says("another", &["Do not write here now", "belongs to other keys"], &["board-again"]);
    for strange in ["html", "missing", "endless"] {
        says(strange, &["is not the notice of this letterbox"], &again);
    }
    for lost in ["gone", "cut"] {
        says(lost, &["could not be learned"], &again);
    }
    says("slow", &["It takes long"], &again);
    assert!(found["seen"]["read"]["emergency"].as_str().unwrap().starts_with("EMERGENCY en: call 119.\nOr"));
    assert!(
        found["refused"].as_str().unwrap().contains("not signed by its owner"),
        "a late forgery stops as well"
    );
    let worse = &found["worse"];
    for when in ["first", "again"] {
        let said = worse[when][0].as_str().unwrap();
        assert!(said.contains("Read this before it is sent") && said.contains(&since), "{when}: {said}");
        assert_eq!(worse[when][1], true, "{when}: the keyboard is at its heading");
    }
    assert_eq!((&worse["still"], &worse["kept"]), (&json!(STORY), &json!(STORY)), "nothing typed is lost");
    let saved = worse["saved"].as_str().unwrap();
    assert!(saved.contains("It is locked, and not sent") && !saved.contains("this copy"), "{saved}");
    assert_eq!(worse["sealed"], 86 + 3 * 1_557 + 65_552);
    assert_eq!(worse["after"], 1, "it goes when they have read it, and not before");
    assert_eq!(found["focus"], json!([true, true]), "the keyboard's place is never lost");
    let urgency = found["urgency"].as_str().unwrap();
    assert!(urgency.contains("every 10 days") && urgency.contains("EMERGENCY en"), "{urgency}");
    let uyghur = &found["uyghur"];
    assert_eq!(uyghur["emergency"][0], "en", "their words keep their language");
    assert!(uyghur["about"].as_str().unwrap().contains("OTHER en: by post"), "{uyghur}");
    assert!(uyghur["line"].as_str().unwrap().contains("We read on Sundays."), "{uyghur}");
}

#[test]
fn before_anybody_writes_the_page_says_in_chromium_how_far_it_is_read_and_refuses_what_is_forged() {
    boards("chromium");
}

#[test]
fn before_anybody_writes_the_page_says_in_firefox_how_far_it_is_read_and_refuses_what_is_forged() {
    boards("firefox-esr");
}

fn ticks_first(browser: &str) {
    if left_out("ticks first, the rest later", browser) {
        return;
    }
    let stand = Stand::new("first");
    publish_site(&stand, 7);
    publish_board(&stand, |_| {});
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let found = Browser::start("first", browser, &stand.address, &[&photo]).found();
    nothing_wrong(&found);
    assert_eq!(found["stored"], json!([]));
    let says = |what: &str, words: &[String]| {
        let said = found[what].as_str().unwrap();
        words.iter().for_each(|words| assert!(said.contains(words.as_str()), "{what}: {words}\n{said}"));
    };
    says(
        "sent",
        &[
            format!("It is to be opened around {}.", written(6)),
            "Nobody can answer this message".into(),
            "no number, no time and no proof".into(),
            "If you are under 18".into(),
            "SUPPORT en: a listening line".into(),
        ],
    );
    let again = &found["again"];
    assert_eq!((&again["title"], &again["focus"]), (&json!("Add to your message"), &json!(true)));
    assert!(again["already"].as_str().unwrap().contains("Followed"), "{again}");
    assert_eq!((&again["ticked"], &again["open"], &again["hint"]), (&json!(0), &json!(true), &json!(0)));
    assert_eq!(again["consent"], "count", "the rest of a message says the same of what may be done with it");
    says("third", &["your own words".into(), "files: 1".into()]);
    assert_eq!(found["asked"], 4, "the page, the board, two tips: {}", found["requests"]);

    let tips: Vec<Value> = stand.fetch_and_open().iter().map(|tip| sound_tip(tip)).collect();
    assert_eq!(tips.len(), 2, "what was sent is there, though the tab died");
    let (first, second) =
        if tips[0]["report"]["story"] == "" { (&tips[0], &tips[1]) } else { (&tips[1], &tips[0]) };
    assert_eq!(first["report"]["incident"], json!(["following"]));
    assert_eq!((&second["report"]["story"], &second["report"]["incident"]), (&json!(STORY), &json!([])));
    assert_eq!(second["files"][0]["form"], "cleaned");
    assert_eq!(
        (&first["report"]["consent"], &second["report"]["consent"]),
        (&json!(["count"]), &json!(["count"]))
    );
    assert_eq!(first["continues"], second["continues"], "the desk puts them together");
    assert_eq!(first["continues"].as_str().unwrap().len(), 32);
}

#[test]
fn four_taps_are_sent_before_the_rest_and_a_dying_tab_loses_nothing_of_them_in_chromium() {
    ticks_first("chromium");
}

#[test]
fn four_taps_are_sent_before_the_rest_and_a_dying_tab_loses_nothing_of_them_in_firefox() {
    ticks_first("firefox-esr");
}

fn saved_copy(browser: &str) {
    if left_out("a saved copy", browser) {
        return;
    }
    let stand = Stand::new("saved");
    let evidence = stand.scratch.at("evidence.bin");
    std::fs::write(&evidence, (0..3_u32 << 20).map(|i| (i / 251 + i % 251) as u8).collect::<Vec<_>>())
        .unwrap();
    let found = Browser::start("saved", browser, &stand.address, &[&evidence]).found();
    nothing_wrong(&found);
    assert_eq!((&found["stored"], &found["offline"]), (&json!([]), &json!([])), "a saved copy asks nothing");
    assert!(found["first"].as_str().unwrap().starts_with("This is a saved copy of the page."), "{found}");
    let saved = found["saved"].as_str().unwrap();
    let monday = today().monday();
    let before = |days| format!("Send it before {}", written(monday.plus_days(days).days() - today().days()));
    let until = before(14);
    let large = found["savedLarge"].as_str().unwrap();
    assert!(large.contains(&before(11)), "a large one must begin three days earlier: {large}");
    assert!(saved.contains(&until) && saved.contains("leaves a trace"), "{until}\n{saved}");
    let sealed = |chunks: u64| 86 + 3 * 1_557 + chunks * 65_552;
    assert_eq!(found["sizes"], json!([sealed(1), sealed(64)]), "both are padded");
    let complaints: Vec<&str> =
        found["complaints"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let wanted = [
        "Choose the locked file first.",
        "Choose when it was locked.",
        "This is not a locked file",
        "The keys of that week",
    ];
    assert_eq!(complaints.len(), wanted.len());
    for (said, wanted) in complaints.iter().zip(wanted) {
        assert!(said.starts_with(wanted), "{said}");
    }
    assert_eq!((&found["refused"], &found["more"]), (&json!(0), &json!(0)), "nothing of it was sent");
    for again in found["again"].as_array().unwrap() {
        assert!(again["line"].as_str().unwrap().starts_with("This is a saved copy of the page."), "{again}");
        assert_eq!((&again["screens"], &again["noScripts"]), (&json!(["first"]), &json!(0)), "{again}");
        let left = (&again["story"], &again["ticked"], &again["numbers"]);
        assert_eq!(left, (&json!(""), &json!(1), &json!(0)), "nothing is left of what stood there");
    }
    if let Some(silent) = found["silent"].as_object() {
        let shown = (&silent["screens"], &silent["noScripts"], &silent["scripted"]);
        assert_eq!(shown, (&json!(["first"]), &json!(1), &json!(0)), "it says what to do: {silent:?}");
    }
    let tips = stand.fetch_and_open();
    let told: Vec<Value> = tips.iter().map(|tip| sound_tip(tip)).collect();
    assert_eq!(told.len(), 2);
    let large = told.iter().position(|tip| tip["report"]["story"] == STORY).unwrap();
    assert!(std::fs::read(file(&tips[large], "001")).unwrap() == std::fs::read(&evidence).unwrap());
    assert!(told.iter().all(|tip| tip["report"]["incident"] == json!(["following"])));
}

#[test]
fn a_saved_copy_locks_into_a_file_that_the_page_sends_later_in_chromium() {
    saved_copy("chromium");
}

#[test]
fn a_saved_copy_locks_into_a_file_that_the_page_sends_later_in_firefox() {
    saved_copy("firefox-esr");
}

fn lunch(browser: &str) {
    if left_out("lunch, and Leave in the middle of sending", browser) {
        return;
    }
    let stand = Stand::new("lunch");
    let found = Browser::start("lunch", browser, &stand.address, &[]).found();
    nothing_wrong(&found);
    assert_eq!((&found["early"], &found["still"]), (&json!(false), &json!(STORY)));
    assert!(found["said"].as_str().unwrap().contains("Are you still there?"), "{found}");
    assert_eq!(found["sending"], json!([false, 1]), "never while something is being sent");
    for gone in ["lunch", "left"] {
        assert_eq!(found[gone], json!([0, ""]), "{gone}: nothing is left in the page");
    }
    // One thing is ticked in an untouched form: that what is told is only read.
    assert_eq!((&found["blank"], &found["stored"]), (&json!(["", 1]), &json!([])));
    let after: Vec<&str> = found["after"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(
        after.iter().filter(|asked| !asked.starts_with("GET ")).count(),
        1,
        "Leave sends nothing more: {after:?}"
    );
    assert_eq!(stand.fetch_and_open(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn nobody_comes_back_from_lunch_to_an_open_page_and_leave_works_while_it_sends_in_chromium() {
    lunch("chromium");
}

#[test]
fn nobody_comes_back_from_lunch_to_an_open_page_and_leave_works_while_it_sends_in_firefox() {
    lunch("firefox-esr");
}

fn bad_input(browser: &str) {
    if left_out("everything that can be wrong", browser) {
        return;
    }
    let stand = Stand::new("bad");
    let evidence = stand.scratch.at("evidence.bin");
    std::fs::write(&evidence, vec![7; 70_000]).unwrap();
    let found = Browser::start("bad", browser, &stand.address, &[&evidence]).found();
    nothing_wrong(&found);
    let stops = found["stops"].as_object().unwrap();
    for (what, words) in [
        ("no-documents", "has no keys in it"),
        ("malformed", "cannot be read"),
        ("forged", "not signed by its owner"),
        ("another-site", "the keys of another address"),
        ("link", "disagree"),
        ("expired", "This line is closed"),
        ("year-ahead", "The clock of this device"),
        ("year-behind", "The clock of this device"),
        ("no-random", "no usable random numbers"),
        ("zero-random", "no usable random numbers"),
    ] {
        let said = &stops[what];
        // The original has the fewest words in one piece: a number stands apart.
        assert!(
            words.contains(said["en"].as_str().unwrap()) || said["en"].as_str().unwrap().contains(words),
            "{said}"
        );
        assert_eq!(said["writes"], false, "{what}: nobody can write");
        let languages: Vec<&str> = said.as_object().unwrap().values().filter_map(Value::as_str).collect();
        let different: std::collections::BTreeSet<_> = languages.iter().collect();
        assert_eq!(
            (languages.len(), different.len()),
            (7, 7),
            "{what}: its own sentence in every language: {said}"
        );
    }
    for (what, words) in [
        ("html", "Something answered that is not this letterbox"),
        ("error", "Something answered that is not this letterbox"),
        ("nothing", "The connection broke"),
        ("silent", "The connection broke"),
        ("gone", "The connection broke"),
        ("lie", "Something answered that is not this letterbox"),
        ("busy", "Something in the letterbox failed"),
        ("refused", "did not take the message (bad-request)"),
        ("memory", "too little memory"),
    ] {
        let said = found["failures"][what].as_str().unwrap();
        assert!(said.contains(words), "{what}: {said}");
    }
    assert_eq!(found["still"], STORY, "nothing that was written is lost");
    let changed = found["changed"].as_str().unwrap();
    assert!(changed.contains("evidence.bin") && changed.contains("Remove it here"), "{changed}");
    assert_eq!(found["mendable"], true, "what is to be removed is in sight");
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "one message, though it was tried so often");
    assert_eq!(sound_tip(&tips[0])["report"]["story"], STORY);
}

#[test]
fn whatever_is_wrong_has_its_own_sentence_and_loses_nothing_in_chromium() {
    bad_input("chromium");
}

#[test]
fn whatever_is_wrong_has_its_own_sentence_and_loses_nothing_in_firefox() {
    bad_input("firefox-esr");
}
