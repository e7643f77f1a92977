//! An organisation for the targets: keys that sign whatever they are given and a sound intake document.

use ed25519_dalek::{Signer, SigningKey};
use tipline_envelope::Identity;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{Desk, EpochKeys, Intake, Site};
use tipline_wire::sshsig::{self, PublicKey};

/// The root's seed.
pub const ROOT: u8 = 1;
/// The only desk's.
pub const BOARD_DESK: u8 = 2;

pub fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_bytes(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

pub fn sign(seed: u8, namespace: &'static str, document: &[u8]) -> String {
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(&sshsig::signed_data(namespace, document));
    sshsig::armor(&public(seed), &signature.to_bytes(), namespace)
}

pub fn signed(seed: u8, namespace: &'static str, document: &[u8]) -> Vec<u8> {
    tipline_wire::signed::join(document, &sign(seed, namespace, document))
}

/// One week with one key, for letterboxes on this machine.
pub fn document() -> String {
    let epoch = Epoch::starting(date("2026-11-23")).expect("a Monday");
    let intake = Intake {
        org: "Relief".into(),
        site: Site::parse("any").expect("a site"),
        serial: 1,
        issued: date("2026-11-23"),
        slots: 16,
        desks: vec![Desk { name: "desk-1".into(), key: public(BOARD_DESK) }],
        replaces: None,
        epochs: vec![EpochKeys { epoch, recipients: vec![Identity::from_seed([3; 32]).recipient()] }],
    };
    intake.to_text().expect("a sound document")
}
