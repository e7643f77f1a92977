//! The session as the page uses it: what it seals opens with the desk's keys, and is the same bytes as the envelope's own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

mod signed;

use signed::{block, identity, intake, key, public};
use tipline_core::session::{DONE, FAILED, READ, SEALED, Session};
use tipline_envelope::receipt::{RANDOM, Receipt};
use tipline_envelope::{Fresh, PublicKey, fresh_len, open_all, seal_all};
use tipline_wire::intake::Site;
use zeroize::Zeroizing;

/// 2026-11-23 in days since 1970.
const TODAY: u32 = 20_780;

fn opened() -> Session {
    let mut session = Session::default();
    let input = format!("localhost\0\0{}", block(&intake(Site::Any), &key(1)));
    assert_eq!(session.check(input.as_bytes(), TODAY), DONE);
    session
}

fn said(session: &Session) -> serde_json::Value {
    serde_json::from_slice(session.output()).unwrap()
}

fn counted(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 + 1).collect()
}

fn random() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(counted(fresh_len(3)))
}

fn seal(session: &mut Session, files: &[&[u8]]) -> Vec<u8> {
    assert_eq!(session.seal_start(random()), DONE);
    let mut sealed = Vec::new();
    loop {
        match session.seal_step() {
            READ => {
                let want = session.want();
                let (at, len) = (want.at as usize, want.len as usize);
                assert_eq!(session.seal_feed(&files[want.file as usize][at..at + len]), DONE);
            }
            SEALED => sealed.extend_from_slice(session.output()),
            DONE => return sealed,
            other => panic!("{other}: {}", said(session)),
        }
    }
}

#[test]
fn the_line_is_told_as_the_page_reads_it() {
    let session = opened();
    let line = said(&session);
    assert_eq!((&line["ok"], &line["epoch"]), (&true.into(), &"2026-11-23".into()));
    assert_eq!((&line["fresh"], &line["linked"]), (&(32 + 64 * 3).into(), &false.into()));
    assert_eq!(line["groups"].as_str().unwrap().split(' ').count(), 6);
}

#[test]
fn a_reason_is_told_with_its_data() {
    let mut session = opened();
    let input = format!("localhost\0\0{}", block(&intake(Site::Any), &key(1)));
    assert_eq!(session.check(input.as_bytes(), TODAY + 14), FAILED);
    assert_eq!(said(&session), serde_json::json!({"reason": "closed", "since": "2026-12-07"}));
    assert_eq!(session.seal_start(random()), FAILED);
}

#[test]
fn what_is_sealed_opens_and_is_the_envelope_s_own_bytes() {
    let (report, file) = (br#"{"schema":"tip-report/1"}"#, vec![7_u8; 100_000]);
    let mut session = opened();
    session.tip(Zeroizing::new(report.to_vec()));
    session.add_original(100_000);
    assert_eq!(session.tar_len(), 512 + 512 + 512 + 100_352 + 1_024);
    let sealed = seal(&mut session, &[&file]);
    let plain = open_all(&sealed, &[identity(0, 2)]).unwrap();
    assert!(plain[512..].starts_with(report) && plain[1_536..].starts_with(&file));
    assert_eq!(plain.len(), 131_072);
    let keys: Vec<_> =
        (0..3).map(|place| PublicKey::try_from(&identity(0, place).recipient()).unwrap()).collect();
    assert_eq!(sealed, seal_all(&plain, &keys, Fresh::new(random(), 3).unwrap()).unwrap());
}

#[test]
fn a_file_that_shrinks_ends_the_sealing_and_nothing_goes_on() {
    let mut session = opened();
    session.tip(Zeroizing::new(b"{}".to_vec()));
    session.add_original(5_000);
    assert_eq!(session.seal_start(random()), DONE);
    while session.seal_step() != READ {}
    assert_eq!(session.seal_feed(&[0; 10]), FAILED);
    assert_eq!(said(&session)["reason"], "file-changed");
    assert_eq!(session.seal_step(), FAILED);
}

#[test]
fn calls_out_of_turn_fail_and_never_panic() {
    let mut session = Session::default();
    assert_eq!(session.seal_step(), FAILED);
    assert_eq!(session.seal_feed(b"x"), FAILED);
    assert_eq!(
        (session.clean_step(0), session.clean_feed(7, b""), session.add_cleaned(u32::MAX)),
        (FAILED, FAILED, FAILED)
    );
    assert_eq!(session.seal_start(random()), FAILED);
    assert_eq!(session.check(b"", u32::MAX), FAILED);
    let mut session = opened();
    session.tip(Zeroizing::new(vec![b' '; 64_001]));
    assert_eq!((session.tar_len(), session.seal_start(random())), (u32::MAX, FAILED));
    assert_eq!(said(&session)["reason"], "too-large");
    session.tip(Zeroizing::new(b"{}".to_vec()));
    assert_eq!(session.seal_start(Zeroizing::new(vec![0; fresh_len(3)])), FAILED);
    assert_eq!(said(&session)["reason"], "randomness");
}

#[test]
fn a_receipt_comes_with_the_keys_that_its_numbers_derive_under_this_root() {
    let mut session = opened();
    assert_eq!(session.receipt(&counted(RANDOM)), DONE);
    let drawn = said(&session);
    let numbers: Vec<String> = drawn["numbers"].as_array().unwrap().iter().map(|n| n.to_string()).collect();
    let receipt = Receipt::read(&numbers.join(" ")).ok().unwrap();
    let reply = receipt.reply(&public(&key(1)).fingerprint()).unwrap();
    assert_eq!(drawn["recipient"], reply.identity.recipient().to_string());
    assert_eq!(drawn["tag_key"], reply.tag_key.to_hex().as_str());
}

#[test]
fn no_receipt_without_a_line_or_randomness() {
    assert_eq!(Session::default().receipt(&counted(RANDOM)), FAILED);
    let mut session = opened();
    for bad in [&[][..], &counted(16), &[0; RANDOM]] {
        assert_eq!((session.receipt(bad), said(&session)["reason"].as_str()), (FAILED, Some("randomness")));
    }
}

/// The same receipt from this code as WebAssembly: `client-wasm/page/test/core.mjs` reads the same file.
#[test]
fn a_receipt_is_the_golden_one() {
    let golden: serde_json::Value = serde_json::from_slice(include_bytes!("data/golden.json")).unwrap();
    let mut session = opened();
    assert_eq!(session.receipt(&counted(RANDOM)), DONE);
    assert_eq!(golden["receipt"], said(&session));
}

/// The same bytes from this code as WebAssembly: `client-wasm/page/test/core.mjs` reads the same file.
#[test]
fn sealing_gives_the_golden_bytes() {
    let golden: serde_json::Value = serde_json::from_slice(include_bytes!("data/golden.json")).unwrap();
    let documents = block(&intake(Site::Any), &key(1));
    assert_eq!(golden["documents"], documents);
    let mut session = opened();
    session.tip(Zeroizing::new(golden["tip"].as_str().unwrap().as_bytes().to_vec()));
    let file: Vec<u8> = (0..golden["file"].as_u64().unwrap()).map(|at| (at % 241) as u8).collect();
    session.add_original(file.len() as u32);
    let sealed = seal(&mut session, &[&file]);
    let id = tipline_wire::tip_id::TipId::of_one_request(&sealed);
    assert_eq!(golden["id"], id.to_string(), "sealed bytes have changed");
}
