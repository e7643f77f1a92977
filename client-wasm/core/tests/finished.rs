//! A file that was sealed elsewhere: what it must be, and the parts in which it goes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

mod signed;

use signed::{MONDAY, block, date, intake, key};
use tipline_core::session::{DONE, FAILED, PART, READ, Session};
use tipline_envelope::PublicKey;
use tipline_wire::intake::Site;
use tipline_wire::tip_id::TipId;

fn opened(host: &str, today: &str) -> Session {
    let mut session = Session::default();
    let input = format!("{host}\0\0{}", block(&intake(Site::Any), &key(1)));
    assert_eq!(session.check(input.as_bytes(), date(today).days() as u32), DONE);
    session
}

fn said(session: &Session) -> serde_json::Value {
    serde_json::from_slice(session.output()).unwrap()
}

/// A file of that many sealed chunks with the header of a tip for so many keys.
fn sealed(chunks: usize, recipients: u8) -> Vec<u8> {
    let keys: Vec<_> = (0..recipients)
        .map(|place| PublicKey::try_from(&signed::identity(0, place).recipient()).unwrap())
        .collect();
    let random = vec![7; tipline_envelope::fresh_len(recipients)];
    let fresh = tipline_envelope::Fresh::new(random.into(), recipients).unwrap();
    let mut file = tipline_envelope::seal_all(&[0; 65_536], &keys, fresh).unwrap();
    let more = (chunks - 1) * 65_552;
    file.extend((0..more).map(|at| (at % 251) as u8));
    file
}

#[test]
fn a_saved_copy_checks_everything_but_the_address_it_has_not() {
    let line = said(&opened("", MONDAY));
    assert_eq!(line["ok"], true);
    assert_eq!(line["taken"], serde_json::json!([[MONDAY, "2026-12-07"]]));
    assert_eq!(line["since"], MONDAY);
}

#[test]
fn the_weeks_that_are_still_taken_are_told_the_newest_first() {
    let line = said(&opened("localhost", "2026-12-01"));
    assert_eq!(line["taken"], serde_json::json!([["2026-11-30", "2026-12-14"], [MONDAY, "2026-12-07"]]));
}

#[test]
fn what_is_no_sealed_tip_of_that_week_is_refused_before_it_is_sent() {
    let mut session = opened("localhost", MONDAY);
    let file = sealed(1, 3);
    let mut reason = |head: &[u8], len: usize| {
        assert_eq!(session.finished(head, len as u32, 0), FAILED);
        said(&session)["reason"].clone()
    };
    assert_eq!(reason(b"\xff\xd8\xff\xe0 a photograph", 70_000), "not-a-tip");
    assert_eq!(reason(b"", 0), "not-a-tip");
    assert_eq!(reason(&file, file.len() - 1), "not-a-tip");
    let other = sealed(1, 2);
    assert_eq!(reason(&other, other.len()), "wrong-keys");
    assert_eq!(session.finished(&file, file.len() as u32, 1), FAILED, "there is no such week");
    assert_eq!(session.finished(&file, file.len() as u32, 0), DONE);
    assert_eq!(said(&session)["whole"], true);
}

#[test]
fn a_large_one_goes_in_parts_that_name_it() {
    let mut session = opened("localhost", MONDAY);
    let file = sealed(24, 3);
    assert_eq!(session.finished(&file[..12_600], file.len() as u32, 0), DONE);
    assert_eq!(said(&session)["whole"], false);
    assert_eq!(session.upload(&[5; 32]), DONE);
    let plan = said(&session);
    assert_eq!((&plan["parts"], &plan["total"]), (&2.into(), &file.len().into()));
    assert_eq!(plan["begin"], format!("{{\"epoch\":\"{MONDAY}\",\"recipients\":3,\"padded\":1572864}}"));
    let (mut sent, mut digests) = (Vec::new(), Vec::new());
    while session.finished_step() == READ {
        let want = session.want();
        let part = &file[want.at as usize..(want.at + want.len) as usize];
        assert_eq!(session.finished_feed(&part[1..]), FAILED, "a part is whole or nothing");
        assert_eq!(session.finished_feed(part), PART);
        let field = std::str::from_utf8(session.output()).unwrap();
        digests.push(tipline_wire::upload::parse_content_digest(field).unwrap());
        sent.extend_from_slice(part);
    }
    assert!(sent == file, "every byte once");
    let id = TipId::of_parts(2, digests);
    assert_eq!(session.output(), tipline_wire::upload::commit_body(&id).as_bytes());
    assert_eq!(session.finished_step(), FAILED);
}
