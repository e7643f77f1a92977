//! An organisation for the tests: its root, its keys, its signed documents.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "shared by several tests, each of which uses a part and may fail loudly"
)]

use ed25519_dalek::{Signer, SigningKey};
use tipline_envelope::Identity;
use tipline_wire::board::Board;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{Desk, EpochKeys, Intake, Site};
use tipline_wire::sshsig::{self, PublicKey};

pub const MONDAY: &str = "2026-11-23";

pub fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

pub fn sign(key: &SigningKey, namespace: &str, document: &str) -> String {
    let signature = key.sign(&sshsig::signed_data(namespace, document.as_bytes())).to_bytes();
    sshsig::armor(&public(key), &signature, namespace)
}

pub fn identity(week: u8, place: u8) -> Identity {
    Identity::from_seed([16 * week + place + 1; 32])
}

/// Two weeks from [`MONDAY`] on, three places each.
pub fn intake(site: Site) -> Intake {
    let week = |week: u8| EpochKeys {
        epoch: Epoch::starting(date(MONDAY).plus_days(7 * i32::from(week))).unwrap(),
        recipients: (0..3).map(|place| identity(week, place).recipient()).collect(),
    };
    Intake {
        org: "Friends of the Book".into(),
        site,
        serial: 1,
        issued: date(MONDAY),
        slots: 128,
        desks: vec![Desk { name: "desk-1".into(), key: public(&key(2)) }],
        replaces: None,
        epochs: vec![week(0), week(1)],
    }
}

/// The page's block for a document that `root` signs.
pub fn block(intake: &Intake, root: &SigningKey) -> String {
    let text = intake.to_text().unwrap();
    let signature = sign(root, sshsig::INTAKE, &text);
    serde_json::json!({"intake": text, "intake_signature": signature, "site": null, "site_signature": null})
        .to_string()
}

/// A board made on this day beside an intake document, signed by `by`, as it travels.
pub fn board(intake: &Intake, issued: &str, by: &SigningKey) -> Vec<u8> {
    let issued = date(issued);
    let board = Board {
        serial: 4,
        issued,
        next: issued.plus_days(7),
        opened_through: issued.plus_days(-1),
        burnt_through: issued.plus_days(-35),
        slots: 16,
        id: [5; 32],
        intake: tipline_wire::intake::digest(intake.to_text().unwrap()),
        notices: vec![("en".into(), "We read every week.".into())],
    };
    let mut bytes = board.to_head().unwrap();
    bytes.resize(board.len(), 9);
    let signature = by.sign(&sshsig::signed_data(sshsig::BOARD, &bytes)).to_bytes();
    tipline_wire::signed::join(&bytes, &sshsig::armor(&public(by), &signature, sshsig::BOARD))
}
