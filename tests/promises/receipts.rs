//! The receipt in the page: chosen or declined, written down and tapped back; what the tip then carries is what a stock
//! tool opens with the keys of the numbers on the paper, and the network cannot tell who has one.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tipline_envelope::receipt::Receipt;
use tipline_envelope::{Fresh, PublicKey, fresh_len, seal_all};
use tipline_tests::{Stand, exists, must, quick, root, skipped};
use zeroize::Zeroizing;

use crate::interop::independent;
use crate::journey::{Browser, sound_tip};

const ANSWER: &str = "We have read it. Come back in four weeks.";

fn left_out(browser: &str) -> bool {
    let out = quick() || !exists(browser);
    if out {
        skipped(&format!("receipts in {browser}: not tried (quick run, or {browser} is missing)"));
    }
    out
}

fn nothing_wrong(found: &Value) {
    for nothing in ["problems", "barriers", "wide", "stored"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }
}

/// The receipt as it stood on the screen: its numbers, and words that mean the same.
fn read(paper: &Value, between: &str) -> Receipt {
    let joined = |form: &str| {
        let all = paper[form].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        all.collect::<Vec<_>>().join(between)
    };
    let receipt = Receipt::read(&joined("numbers")).ok().unwrap();
    if paper["words"] != json!([]) {
        assert!(Receipt::read(&joined("words")).ok().unwrap().numbers() == receipt.numbers());
    }
    receipt
}

/// What is sealed for the tip's recipient opens in npm's age with the identity of the numbers.
fn stock_tools_open_an_answer(stand: &Stand, receipt: &Receipt, answer: &Value) {
    let reply = receipt.reply(&stand.fingerprint.parse().unwrap()).unwrap();
    assert_eq!(answer["tag_key"], reply.tag_key.to_hex().as_str());
    let recipient = answer["recipient"].as_str().unwrap().parse().unwrap();
    assert!(recipient == reply.identity.recipient());
    let fresh = Fresh::new(Zeroizing::new(vec![7; fresh_len(1)]), 1).unwrap();
    let sealed = seal_all(ANSWER.as_bytes(), &[PublicKey::try_from(&recipient).unwrap()], fresh).unwrap();
    let at = |name: &str| stand.scratch.at(name).display().to_string();
    std::fs::write(at("answer.age"), sealed).unwrap();
    std::fs::write(at("plain"), ANSWER).unwrap();
    let identity = reply.identity.to_text();
    let done = independent(&json!([
        {"do": "decrypt", "identity": identity.as_str(), "in": at("answer.age"), "out": at("read")},
        {"do": "encrypt", "to": [answer["recipient"]], "in": at("plain"), "out": at("theirs.age")},
    ]));
    assert_eq!(done, [Value::Null, Value::Null]);
    assert_eq!(std::fs::read_to_string(at("read")).unwrap(), ANSWER);
    let opened =
        tipline_envelope::open_all(&std::fs::read(at("theirs.age")).unwrap(), &[reply.identity]).unwrap();
    assert_eq!(*opened, ANSWER.as_bytes());
}

fn receipts(browser: &str) {
    if left_out(browser) {
        return;
    }
    let stand = Stand::new(browser);
    let run = |way: &str| Browser::start("receipts", browser, &stand.address, &[Path::new(way)]).found();
    let without = run("none");
    let with = run("with");
    nothing_wrong(&without);
    nothing_wrong(&with);
    assert_eq!(with["first"], without["first"], "the same requests with a receipt and without");
    assert!(with["note"].as_str().unwrap().contains("without a receipt"), "{}", with["note"]);
    assert_eq!(with["again"], with["shown"], "who looks again sees the same numbers");
    assert_eq!((&with["gone"], &without["gone"]), (&json!([]), &json!([])), "shown on one screen only");
    assert_ne!(with["sent"], without["sent"]);

    let tips: Vec<Value> = stand.fetch_and_open().iter().map(|tip| sound_tip(tip)).collect();
    let (answered, silent): (Vec<_>, Vec<_>) = tips.iter().partition(|tip| !tip["answer"].is_null());
    assert_eq!((answered.len(), silent.len()), (2, 1), "the message, what was added to it, the other one");
    assert_eq!(answered[0]["answer"], answered[1]["answer"], "one visit, one receipt");
    assert_eq!(answered[0]["continues"], answered[1]["continues"]);
    assert!(answered.iter().all(|tip| tip["report"]["answer_lang"] == "ja"));
    assert!(answered.iter().any(|tip| tip["report"]["consent"] == json!(["ask_first"])));
    assert_eq!(silent[0]["report"]["answer_lang"], Value::Null);
    stock_tools_open_an_answer(&stand, &read(&with["shown"], " "), &answered[0]["answer"]);
}

#[test]
fn an_answer_to_a_receipt_from_chromium_opens_with_stock_tools() {
    receipts("chromium");
}

#[test]
fn an_answer_to_a_receipt_from_firefox_opens_with_stock_tools() {
    receipts("firefox-esr");
}

#[test]
fn the_languages_of_an_answer_are_those_that_the_organisation_reads() {
    let script = root().join("client-wasm/page/test/receipt.mjs");
    must(Command::new("node").arg(script));
}

#[test]
fn leave_takes_the_numbers_off_the_screen_at_once() {
    if left_out("chromium") {
        return;
    }
    let stand = Stand::new("receipt-left");
    let found = Browser::start("receipts", "chromium", &stand.address, &[Path::new("leave")]).found();
    assert!(found["left"].as_str().unwrap().starts_with("about:blank"));
    assert_eq!(found["shown"]["numbers"].as_array().unwrap().len(), 12);
    assert_eq!(found["last"], "", "nothing is left of the page");
}

#[test]
fn a_receipt_is_shown_in_every_language_and_in_words_where_there_is_a_list() {
    const FIREFOX: &str = "firefox-esr";
    if left_out(FIREFOX) {
        return;
    }
    let stand = Stand::new("receipt-languages");
    let found = Browser::start("receipts", FIREFOX, &stand.address, &[Path::new("all")]).found();
    nothing_wrong(&found);
    let seen = found["seen"].as_object().unwrap();
    assert_eq!(seen.len(), 7);
    for (tag, paper) in seen {
        read(paper, " ");
        let listed = ["en", "ja", "zh-Hans", "zh-Hant"].contains(&tag.as_str());
        assert_eq!(paper["words"].as_array().unwrap().len(), if listed { 12 } else { 0 }, "{tag}");
        assert_eq!(paper["original"].is_string(), tag != "en", "{tag}: a draft has its original beside it");
    }
}
