//! What hides in IPTC records (IIM 4.2), alone or inside Photoshop's blocks: photographer, place, date, caption.

use alloc::string::String;

use crate::Kind;
use crate::bytes::{Endian, slice, u16_at};
use crate::plan::Draft;

/// The most records that are looked at.
const MAX_RECORDS: usize = 1_000;

/// Notes the records found anywhere in `bytes`: each is 1C 02, a number, a length of two bytes, and its text.
pub(crate) fn look(bytes: &[u8], draft: &mut Draft) {
    let mut rest = bytes;
    for _ in 0..MAX_RECORDS {
        let Some(at) = rest.windows(2).position(|pair| pair == [0x1c, 2]) else { return };
        rest = rest.get(at..).unwrap_or_default();
        let text = u16_at(rest, 3, Endian::Big).and_then(|len| slice(rest, 5, usize::from(len)));
        if let (Some(number), Some(text)) = (rest.get(2), text) {
            note(*number, &String::from_utf8_lossy(text), draft);
        }
        rest = rest.get(2..).unwrap_or_default();
    }
}

fn note(number: u8, text: &str, draft: &mut Draft) {
    match number {
        55 | 60 | 62 | 63 => draft.found(Kind::Date, text),
        80 | 85 | 110 | 115 | 116 | 118 | 122 => draft.found(Kind::Names, text),
        26 | 27 | 90 | 92 | 95 | 100 | 101 => draft.found(Kind::Position, text),
        5 | 25 | 40 | 105 | 120 => draft.found(Kind::Text, text),
        65 => draft.found(Kind::Device, text),
        _ => {}
    }
}
