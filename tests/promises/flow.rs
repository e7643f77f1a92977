//! The way through the page: what is known before anybody writes, ticks first and the rest later, a copy that was saved, and
//! leaving.

use std::path::Path;

use serde_json::{Value, json};
use tipline_tests::{Stand, exists, quick, skipped};

use crate::journey::Browser;
use crate::papers::{board_file, publish_board, publish_site, today};

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
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
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
    let aged = |name: &str, days: i32| {
        board_file(&stand, name, |board| {
            board.issued = today().plus_days(-days);
            board.next = today().plus_days(7 - days);
            board.opened_through = today().plus_days(-days - 1);
            board.burnt_through = today().plus_days(-days - 35);
        })
    };
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
        "They read: English, Uyghur and Simplified Chinese.".into(),
        "Test Relief tells everybody:\n\nWe read on Sundays.".into(),
    ];
    says("read", &read.each_ref().map(String::as_str), &open);
    says("none", &["no notice yet", "while a line is new"], &open);
    let since = format!("Nobody has opened this line since {}. What you send may not be read.", written(-22));
    says("neglected", &[&since], &warned);
    assert!(!seen("neglected").0.contains("An answer can be here"), "no promise for a line that nobody opens");
    says("old", &["This notice is 17 days old.", "was due on"], &open);
    says("ahead", &["a day that has not come yet"], &warned);
    says("forged", &["Do not write here now", "not signed by its owner", "Nothing was sent"], &["board-again"]);
    says("another", &["Do not write here now", "belongs to other keys"], &["board-again"]);
    for strange in ["html", "missing", "endless"] {
        says(strange, &["is not the notice of this letterbox"], &again);
    }
    for lost in ["gone", "cut"] {
        says(lost, &["could not be learned"], &again);
    }
    says("slow", &["It takes long"], &again);
    assert!(found["seen"]["read"]["emergency"].as_str().unwrap().starts_with("EMERGENCY en: call 119.\nOr"));
    assert!(found["refused"].as_str().unwrap().contains("not signed by its owner"), "a late forgery stops as well");
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
