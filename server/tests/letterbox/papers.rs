//! What a desk signs: site documents, boards, acknowledgements.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tipline_wire::ack::Ack;
use tipline_wire::board::Board;
use tipline_wire::hex;
use tipline_wire::intake::Site as Address;
use tipline_wire::site::{SCHEMA, Site, Texts};
use tipline_wire::sshsig;
use tipline_wire::tip_id::TipId;

use crate::stage::*;

pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn site(root: &Root, serial: u64) -> Site {
    let text = || "A sentence <with> signs.".to_owned();
    let texts = Texts {
        emergency: text(),
        responsible: text(),
        purpose: text(),
        kept: text(),
        rights: text(),
        other_way: text(),
        support: None,
    };
    Site {
        schema: SCHEMA.into(),
        serial,
        issued: today().to_string(),
        org: "Example <Relief>".into(),
        root: root.fingerprint(),
        languages: vec!["en".into()],
        rhythm_days: 7,
        texts: BTreeMap::from([("en".into(), texts)]),
        pages: vec![hex::encode(&digest(PAGE.as_bytes()))],
    }
}

pub fn write_site(folder: &Path, name: &str, by: &Root, site: &Site) -> PathBuf {
    by.write(folder, name, sshsig::SITE, site.to_text().unwrap().as_bytes())
}

/// A board beside the intake document in this file.
pub fn board(intake: &Path, serial: u64, slots: u16) -> Vec<u8> {
    let board = Board {
        serial,
        issued: today(),
        next: today().plus_days(7),
        opened_through: today(),
        burnt_through: today().plus_days(-35),
        slots,
        id: [5; 32],
        intake: digest(&fs::read(intake).unwrap()),
        notices: vec![("en".into(), "We read every week.".into())],
    };
    let mut bytes = board.to_head().unwrap();
    bytes.resize(board.len(), 9);
    bytes
}

pub fn write_board(folder: &Path, name: &str, by: &Root, board: &[u8]) -> PathBuf {
    by.write(folder, name, sshsig::BOARD, board)
}

pub fn ids(tips: impl IntoIterator<Item = u64>) -> BTreeSet<TipId> {
    tips.into_iter().map(|seed| TipId::of_one_request(&small_tip(seed))).collect()
}

/// A desk's word on the tips of these seeds.
pub fn ack(pickup: u8, holds: BTreeSet<TipId>, damaged: BTreeSet<TipId>) -> Ack {
    Ack { site: Address::Any, pickup: [pickup; 16], holds, damaged }
}

pub fn write_ack(folder: &Path, name: &str, by: &Root, ack: &Ack) -> PathBuf {
    by.write(folder, name, sshsig::ACK, ack.to_text().as_bytes())
}
