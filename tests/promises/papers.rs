//! What a desk signs for a stand's letterbox: the site document and boards, with the desk's own key from its home.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use tipline_analyst::desk_key::DeskKey;
use tipline_analyst::home::Home;
use tipline_tests::{PASSPHRASE, Stand, must, page};
use tipline_wire::board::Board;
use tipline_wire::date::Date;
use tipline_wire::site::{SCHEMA, Site, Texts};
use tipline_wire::{hex, signed, sshsig};

pub(crate) fn today() -> Date {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Date::from_unix(now.as_secs()).unwrap()
}

fn desk_key(stand: &Stand) -> DeskKey {
    let home = Home::at(&stand.scratch.at("home")).unwrap();
    let passphrase = PASSPHRASE.to_owned().into();
    home.desk_key(&passphrase, &home.intake().unwrap().0).unwrap()
}

/// Writes a document and its signature by the desk; answers where.
fn write(stand: &Stand, name: &str, namespace: &str, document: &[u8]) -> PathBuf {
    let file = stand.scratch.at(name);
    fs::write(&file, document).unwrap();
    fs::write(stand.scratch.at(&format!("{name}.sig")), desk_key(stand).sign(namespace, document)).unwrap();
    file
}

/// A fresh board with the least places, changed by `change`, beside the published intake document.
fn board(stand: &Stand, change: impl FnOnce(&mut Board)) -> Vec<u8> {
    let mut board = Board {
        serial: 1,
        issued: today().plus_days(-1),
        next: today().plus_days(6),
        opened_through: today().plus_days(-2),
        burnt_through: today().plus_days(-35),
        slots: 128,
        id: [5; 32],
        intake: Sha256::digest(fs::read(stand.scratch.at("home/intake.txt")).unwrap()).into(),
        notices: vec![
            ("en".into(), "We read on Sundays.".into()),
            ("zh-Hans".into(), "我们星期日阅读。".into()),
        ],
    };
    change(&mut board);
    let mut bytes = board.to_head().unwrap();
    bytes.resize(board.len(), 9);
    bytes
}

/// A board that was made so many days ago, by a desk that comes every week.
pub(crate) fn aged_board(stand: &Stand, name: &str, days: i32) -> PathBuf {
    board_file(stand, name, |board| {
        board.issued = today().plus_days(-days);
        board.next = today().plus_days(7 - days);
        board.opened_through = today().plus_days(-days - 1);
        board.burnt_through = today().plus_days(-days - 35);
    })
}

/// The same as it travels, in a file: for a letterbox that shows what the real one would refuse.
pub(crate) fn board_file(stand: &Stand, name: &str, change: impl FnOnce(&mut Board)) -> PathBuf {
    let bytes = board(stand, change);
    let signature = desk_key(stand).sign(sshsig::BOARD, &bytes);
    let file = stand.scratch.at(name);
    fs::write(&file, signed::join(&bytes, &signature)).unwrap();
    file
}

/// The letterbox shows this board from now on.
pub(crate) fn publish_board(stand: &Stand, change: impl FnOnce(&mut Board)) {
    let file = write(stand, "board", sshsig::BOARD, &board(stand, change));
    must(stand.server_command("publish").arg(file));
}

/// The letterbox says this of its organisation from now on: in English and Japanese, read every `rhythm_days`.
pub(crate) fn publish_site(stand: &Stand, rhythm_days: u16) {
    let texts = |language: &str| Texts {
        emergency: format!("EMERGENCY {language}: call 119.\nOr the nearest fire station."),
        responsible: format!("RESPONSIBLE {language}: Test Relief, Tokyo."),
        purpose: format!("PURPOSE {language}: to see the pattern."),
        kept: format!("KEPT {language}: two years."),
        rights: format!("RIGHTS {language}: ask us."),
        other_way: format!("OTHER {language}: by post, Box 12, Tokyo."),
        support: Some(format!("SUPPORT {language}: a listening line, 0120-000-000.")),
    };
    let site = Site {
        schema: SCHEMA.into(),
        serial: 1,
        issued: today().to_string(),
        org: "Test Relief".into(),
        root: stand.fingerprint.clone(),
        languages: vec!["en".into(), "ug".into(), "zh-Hans".into()],
        rhythm_days,
        texts: ["en", "ja"].map(|language| (language.to_owned(), texts(language))).into(),
        pages: vec![hex::encode(&Sha256::digest(fs::read(page()).unwrap()))],
    };
    let file = write(stand, "site.json", sshsig::SITE, site.to_text().unwrap().as_bytes());
    must(stand.server_command("publish").arg(file));
}
