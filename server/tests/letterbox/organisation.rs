//! An organisation with the stage's root and desk: documents that are signed as they should be, dated as a test wishes.

use tipline_wire::board::Board;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::hex;
use tipline_wire::intake::{EpochKeys, Site};
use tipline_wire::sshsig;

use crate::papers::{self, digest};
use crate::stage::*;

/// Who signs, and for which address.
pub struct Organisation {
    pub root: Root,
    pub desk: Root,
    pub site: Site,
}

/// A document and its signature.
#[derive(Clone)]
pub struct Signed {
    pub document: Vec<u8>,
    pub signature: String,
}

impl Organisation {
    pub fn new() -> Self {
        Self { root: Root::new(1), desk: Root::desk(), site: Site::Any }
    }

    /// An intake document whose keys reach so many weeks, the running one included.
    pub fn intake(&self, serial: u64, issued: Date, weeks: i32) -> Signed {
        let intake = intake(serial, &[("desk", &self.desk)]);
        let recipients = intake.epochs[0].recipients.clone();
        let epoch = |n: i32| Epoch::starting(this_week().plus_days(7 * n)).unwrap();
        let keys = |n: i32| EpochKeys { epoch: epoch(n), recipients: recipients.clone() };
        let epochs = (-3..weeks).map(keys).collect();
        let intake = tipline_wire::intake::Intake { issued, epochs, site: self.site.clone(), ..intake };
        Signed::by(&self.root, sshsig::INTAKE, intake.to_text().unwrap().into_bytes())
    }

    /// A site document that names this template.
    pub fn site(&self, template: &str, rhythm_days: u16) -> Signed {
        let mut site = papers::site(&self.root, 1);
        site.rhythm_days = rhythm_days;
        site.pages = vec![hex::encode(&digest(template.as_bytes()))];
        Signed::by(&self.desk, sshsig::SITE, site.to_text().unwrap().into_bytes())
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
            intake: digest(&intake.document),
            notices: Vec::new(),
        };
        let mut bytes = board.to_head().unwrap();
        bytes.resize(board.len(), 9);
        Signed::by(&self.desk, sshsig::BOARD, bytes)
    }

    /// A board as it should be today.
    pub fn fresh_board(&self, intake: &Signed) -> Signed {
        self.board(intake, today(), today().plus_days(7), today().plus_days(-1))
    }
}

impl Signed {
    pub fn by(key: &Root, namespace: &str, document: Vec<u8>) -> Self {
        Self { signature: key.signature(namespace, &document), document }
    }

    /// Document, then signature, as they are kept and as visitors get them.
    pub fn body(&self) -> Vec<u8> {
        tipline_wire::signed::join(&self.document, &self.signature)
    }
}
