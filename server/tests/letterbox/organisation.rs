//! An organisation with a root and a desk: documents that are signed as they should be, dated as a test wishes.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use tipline_wire::board::Board;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{self, Desk, EpochKeys, Intake};
use tipline_wire::recipient::{RECIPIENT, Recipient};
use tipline_wire::site::{self, Site, Texts};
use tipline_wire::sshsig::{self, PublicKey};

use crate::stage::*;

/// The same root as [`Stage::new`] has, and one desk.
pub struct Organisation {
    root: SigningKey,
    desk: SigningKey,
}

/// A document and who signs it.
pub struct Signed {
    pub document: Vec<u8>,
    pub signature: String,
}

impl Organisation {
    pub fn new() -> Self {
        Self { root: SigningKey::from_bytes(&[1; 32]), desk: SigningKey::from_bytes(&[2; 32]) }
    }

    pub fn root(&self) -> String {
        public(&self.root).fingerprint().to_string()
    }

    /// An intake document whose keys reach so many weeks, the running one included.
    pub fn intake(&self, serial: u64, issued: Date, weeks: i32) -> Signed {
        let week = |n: i32| EpochKeys {
            epoch: Epoch::starting(this_week().plus_days(7 * n)).unwrap(),
            recipients: vec![Recipient::from_bytes([7; RECIPIENT]); RECIPIENTS.into()],
        };
        let intake = Intake {
            org: "Example <Relief>".into(),
            site: intake::Site::Any,
            serial,
            issued,
            slots: 16,
            desks: vec![Desk { name: "desk".into(), key: public(&self.desk) }],
            replaces: None,
            epochs: (-3..weeks).map(week).collect(),
        };
        sign(&self.root, intake.to_text().unwrap().into_bytes(), sshsig::INTAKE)
    }

    /// A site document that names this template.
    pub fn site(&self, template: &str, rhythm_days: u16) -> Signed {
        let say = |what: &str| format!("{what}.");
        let texts = Texts {
            emergency: say("Call 110"),
            responsible: say("Example Relief"),
            purpose: say("To see the pattern"),
            kept: say("Two years"),
            rights: say("Ask us"),
            other_way: say("By post"),
            support: None,
        };
        let site = Site {
            schema: site::SCHEMA.into(),
            serial: 1,
            issued: today().to_string(),
            org: "Example <Relief>".into(),
            root: self.root(),
            languages: vec!["en".into()],
            rhythm_days,
            texts: BTreeMap::from([("en".into(), texts)]),
            pages: vec![tipline_wire::hex::encode(&Sha256::digest(template.as_bytes()))],
        };
        sign(&self.desk, site.to_text().unwrap().into_bytes(), sshsig::SITE)
    }

    /// A board for this intake document, with these days.
    pub fn board(&self, intake: &Signed, issued: Date, next: Date, opened_through: Date) -> Signed {
        let board = Board {
            serial: 1,
            issued,
            next,
            opened_through,
            burnt_through: opened_through.plus_days(-40),
            slots: 16,
            id: [5; 32],
            intake: Sha256::digest(&intake.document).into(),
            notices: Vec::new(),
        };
        let mut bytes = board.to_head().unwrap();
        bytes.resize(board.len(), 9);
        sign(&self.desk, bytes, sshsig::BOARD)
    }

    /// A board as it should be today.
    pub fn fresh_board(&self, intake: &Signed) -> Signed {
        self.board(intake, today(), today().plus_days(7), today().plus_days(-1))
    }
}

impl Signed {
    pub fn body(&self) -> Vec<u8> {
        tipline_wire::signed::join(&self.document, &self.signature)
    }
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

fn sign(key: &SigningKey, document: Vec<u8>, namespace: &str) -> Signed {
    let signature = key.sign(&sshsig::signed_data(namespace, &document)).to_bytes();
    Signed { signature: sshsig::armor(&public(key), &signature, namespace), document }
}
