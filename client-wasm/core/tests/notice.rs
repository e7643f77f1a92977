//! The board as the page reads it: what it says, and each reason by name.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

mod signed;

use serde_json::{Value, json};
use signed::{MONDAY, block, board, date, intake, key};
use tipline_core::session::{DONE, FAILED, Session};
use tipline_wire::intake::Site;

/// What the page learns from a body on a day.
fn read(body: &[u8], today: &str) -> (u32, Value) {
    let mut session = Session::default();
    let today = date(today).days() as u32;
    let input = format!("localhost\0\0{}", block(&intake(Site::Any), &key(1)));
    assert_eq!(session.check(input.as_bytes(), today), DONE);
    let tail = &body[body.len().saturating_sub(2_048)..];
    let mut said = session.board_start(tail, body.len() as u32);
    if said == DONE {
        for piece in body.chunks(10_000) {
            assert_eq!(session.board_feed(piece), DONE);
        }
        said = session.board_end(today);
    }
    (said, serde_json::from_slice(session.output()).unwrap())
}

fn reason(body: &[u8], today: &str) -> Value {
    let (said, output) = read(body, today);
    assert_eq!(said, FAILED, "{output}");
    output["reason"].clone()
}

#[test]
fn a_fresh_board_says_how_far_the_organisation_has_read() {
    let body = board(&intake(Site::Any), MONDAY, &key(2));
    let said = json!({
        "issued": MONDAY, "next": "2026-11-30", "opened": "2026-11-22", "age": 8, "old": false,
        "notices": [["en", "We read every week."]],
    });
    assert_eq!(read(&body, "2026-12-01"), (DONE, said));
}

#[test]
fn a_board_that_no_desk_of_this_line_signed_is_forged() {
    let by = |seed| board(&intake(Site::Any), MONDAY, &key(seed));
    assert_eq!(reason(&by(9), MONDAY), "forged");
    let mut changed = by(2);
    changed[9_000] ^= 1;
    assert_eq!(reason(&changed, MONDAY), "forged");
    let mut promised = by(2);
    let at = promised.windows(15).position(|w| w == b"opened-through ").unwrap();
    promised[at + 24] = b'3';
    assert_eq!(reason(&promised, MONDAY), "forged");
}

#[test]
fn a_fresh_board_beside_another_intake_document_is_refused_and_an_old_one_is_old() {
    let mut other = intake(Site::Any);
    other.serial = 2;
    let body = board(&other, "2026-11-20", &key(2));
    assert_eq!(reason(&body, "2026-12-05"), "another-intake");
    let (said, output) = read(&body, "2026-12-06");
    assert_eq!((said, &output["old"], &output["age"]), (DONE, &json!(true), &json!(16)));
}

#[test]
fn a_board_from_tomorrow_is_no_wonder_and_one_from_next_week_means_a_wrong_clock() {
    let age = |issued| read(&board(&intake(Site::Any), issued, &key(2)), MONDAY).1["age"].clone();
    assert_eq!((age("2026-11-25"), age("2026-11-26")), (json!(0), json!(null)));
}

#[test]
fn whatever_else_comes_is_strange() {
    let body = board(&intake(Site::Any), MONDAY, &key(2));
    for other in
        [b"".as_slice(), b"<!doctype html><title>Welcome</title>", &body[..body.len() - 1], &body[1..]]
    {
        assert_eq!(reason(other, MONDAY), "strange", "{} bytes", other.len());
    }
    assert_eq!(reason(&[b"x", body.as_slice()].concat(), MONDAY), "strange");
    let mut session = Session::default();
    assert_eq!(session.board_start(&body[body.len() - 2_048..], u32::MAX), FAILED);
    assert_eq!((session.board_feed(&[]), session.board_end(20_780)), (FAILED, FAILED));
}
