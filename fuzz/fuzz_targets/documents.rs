//! What desks sign, and how a body is taken apart: no bytes panic, and what is read is written again as it was. The bytes
//! are taken as they come, and as changes to sound documents, whose fixed words chance would hardly write.
#![no_main]

#[path = "../changed.rs"]
mod changed;

use changed::changed;
use tipline_wire::board::{Board, HEAD, SLOT};
use tipline_wire::{ack::Ack, signed, site::Site};

const ACK: &str = "tipline-ack 1
site any
pickup 0123456789abcdef0123456789abcdef
holds 0000000000000000000000000000000000000000000000000000000000000001
holds 0000000000000000000000000000000000000000000000000000000000000003
damaged 0000000000000000000000000000000000000000000000000000000000000002
";
const SITE: &str = r#"{"schema":"tipline-site/1","serial":1,"issued":"2026-11-24","org":"Relief","root":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","languages":["ug","en"],"rhythm_days":7,"texts":{"en":{"emergency":"a","responsible":"b","purpose":"c","kept":"d","rights":"e","other_way":"f","support":null}},"pages":["0000000000000000000000000000000000000000000000000000000000000000"]}
"#;
const BOARD: &str = "tipline-board 1
serial 3
issued 2026-11-26
next 2026-12-03
opened-through 2026-11-25
burnt-through 2026-10-19
slots 16
id 0000000000000000000000000000000000000000000000000000000000000000
intake 0000000000000000000000000000000000000000000000000000000000000000
notice en We read every week.
";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((document, signature)) = signed::split(data) {
        assert_eq!(signed::join(document, signature), data);
    }
    [data, &changed(ACK, data)].into_iter().for_each(ack);
    [data, &changed(SITE, data)].into_iter().for_each(site);
    board(data);
    let mut changed = changed(BOARD, data);
    changed.resize(HEAD, b'\n');
    changed.resize(HEAD + 16 * SLOT, 0);
    board(&changed);
});

fn ack(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(ack) = Ack::parse(text) {
        assert_eq!(ack.to_text(), text);
        assert!(ack.holds.is_disjoint(&ack.damaged));
    }
}

fn site(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Site::parse(text) {
        Ok(site) => {
            assert_eq!(site.check(), None);
            assert_eq!(site.to_text().and_then(|text| Site::parse(&text)), Ok(site));
        }
        Err(wrong) => assert!(wrong.to_string().lines().count() == 1 && wrong.to_string().len() < 1_000),
    }
}

fn board(data: &[u8]) {
    if let Ok(board) = Board::parse(data) {
        assert_eq!(data.len(), board.len());
        assert!(board.to_head().is_some_and(|head| data.starts_with(&head)));
    }
}
