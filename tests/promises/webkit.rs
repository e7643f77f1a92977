//! A tip from an iPhone: every browser there is WebKit, and what comes from an onion is no secure place to it, so that most of
//! what a page may ask of a browser is not there.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tipline_tests::{Stand, exists, node_folder, quick, root, skipped, target};

use crate::journey::{STORY, cleaned, file, sound_tip};

/// An address of the right shape; nothing listens there.
const ONION: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion";

#[test]
fn a_tip_travels_from_webkit_without_a_secure_context_to_the_desk_unchanged() {
    if quick() || !exists("WebKitWebDriver") || !exists("Xvfb") {
        return skipped(
            "the journey in WebKit: not tried (quick run, or WebKitWebDriver or Xvfb is missing)",
        );
    }
    let stand = Stand::for_site("webkit", ONION, "");
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let screens = target().join("screens");
    std::fs::create_dir_all(&screens).unwrap();
    let letterbox = stand.address.trim_start_matches("http://").trim_end_matches('/');
    // Its input stays open while this test waits: at the end of it the script ends what it started.
    let mut script = Command::new("node");
    script
        .current_dir(node_folder())
        .args(["webkit.mjs", ONION, letterbox])
        .arg(screens)
        .arg(STORY)
        .arg(&photo);
    let child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = must_wait(child);
    let found: Value = serde_json::from_slice(&out).unwrap();

    assert_eq!(found["secure"], json!(false), "the browser takes it for no secure place");
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    let tip = sound_tip(&tips[0]);
    assert_eq!(tip["report"]["story"], STORY);
    assert_eq!(tip["report"]["incident"], json!(["following"]));
    assert_eq!(std::fs::read(file(&tips[0], "001")).unwrap(), cleaned(&photo));
    let [page, board] = ["", "board"].map(|path| format!("GET http://{ONION}/{path}"));
    let post = format!("POST http://{ONION}/tips/{}", tip["epoch"].as_str().unwrap());
    assert_eq!(
        found["requests"],
        json!([page, board, post]),
        "page, board and tip, and nothing else anywhere"
    );
}

/// What it printed; panics with its complaint unless it succeeded.
fn must_wait(mut child: std::process::Child) -> Vec<u8> {
    let input = child.stdin.take();
    let out = child.wait_with_output().unwrap();
    drop(input);
    assert!(out.status.success(), "{}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
    out.stdout
}
