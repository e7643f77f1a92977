//! How the page looks and how it is reached: every state in every language, and by the keyboard alone.

use std::path::Path;

use serde_json::json;
use tipline_tests::{Stand, exists, quick, root, skipped};

use crate::journey::{Browser, sound_tip};
use crate::papers::{aged_board, publish_board, publish_site};

const BROWSER: &str = "chromium";

#[test]
fn nothing_of_the_page_is_cut_off_too_small_or_a_barrier_in_any_state_and_language() {
    if quick() || !exists(BROWSER) {
        return skipped(&format!("the looks of the page: not tried (quick run, or {BROWSER} is missing)"));
    }
    let stand = Stand::new("looks");
    publish_site(&stand, 7);
    publish_board(&stand, |_| {});
    let aged = |name, days| aged_board(&stand, name, days);
    let (neglected, old, forged) = (aged("neglected", 21), aged("old", 12), aged("forged", 0));
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let evidence = stand.scratch.at("evidence.pdf");
    std::fs::write(&evidence, "%PDF-1.7\n").unwrap();
    let files: Vec<&Path> = [&photo, &evidence, &neglected, &old, &forged].map(|file| file.as_path()).into();
    let found = Browser::start("looks", BROWSER, &stand.address, &files).found();
    println!("{} {}", found["took"], found["moved"]);
    let moved = found["moved"].as_array().unwrap();
    assert!(
        moved.len() == 2 && moved.iter().all(|moved| moved.as_f64().unwrap() < 0.1),
        "nothing jumps: {moved:?}"
    );
    for nothing in ["found", "problems"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
}

#[test]
fn everything_can_be_done_by_the_keyboard_alone_and_its_place_is_always_seen() {
    const FIREFOX: &str = "firefox-esr";
    if quick() || !exists(FIREFOX) {
        return skipped(&format!("the page by keyboard: not tried (quick run, or {FIREFOX} is missing)"));
    }
    let stand = Stand::new("keyboard");
    let found = Browser::start("keyboard", FIREFOX, &stand.address, &[]).found();
    assert_eq!(found["chosen"], "bo", "an arrow goes to the next language");
    for nothing in ["unseen", "problems"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
    assert!(found["stops"].as_u64().unwrap() > 40, "{found}");
    let tips = stand.fetch_and_open();
    let tip = sound_tip(&tips[0]);
    assert_eq!(tip["report"]["incident"], json!(["following"]));
    assert_eq!(
        (&tip["report"]["story"], &tip["report"]["consent"]),
        (&json!("by keyboard"), &json!(["count"]))
    );
}
