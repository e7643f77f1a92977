//! What hides in ID3 tags (version 1, and 2.2 to 2.4 of id3.org): artist, date, program, cover. To tell the person.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Kind;
use crate::bytes::{Endian, array, slice, u32_at};
use crate::plan::Draft;

/// Bytes of a tag's head, and of its foot.
const HEAD: u64 = 10;
/// The most frames that are looked at.
const MAX_FRAMES: usize = 200;

/// How long the version 2 tag is that `bytes` begins with, head and foot included.
pub(crate) fn len(bytes: &[u8]) -> Option<u64> {
    if !bytes.starts_with(b"ID3") {
        return None;
    }
    let flags = bytes.get(5)?;
    let foot = if flags & 0x10 == 0 { 0 } else { HEAD };
    Some(seven_bits(array(bytes, 6)?)?.saturating_add(HEAD).saturating_add(foot))
}

/// Four bytes of seven bits each.
fn seven_bits(raw: [u8; 4]) -> Option<u64> {
    if raw.iter().any(|byte| *byte > 0x7f) {
        return None;
    }
    Some(raw.iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte)))
}

/// Notes what a version 2 tag tells, as far as `bytes` go.
pub(crate) fn look(bytes: &[u8], draft: &mut Draft) {
    let version = bytes.get(3).copied().unwrap_or_default();
    let end = len(bytes).and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX).min(bytes.len());
    let mut rest = bytes.get(10..end).unwrap_or_default();
    let mut nothing = true;
    for _ in 0..MAX_FRAMES {
        let Some((name, content, next)) = frame(rest, version) else { break };
        note(&name, content, draft);
        nothing = false;
        rest = next;
    }
    if nothing {
        draft.found(Kind::Other, "an ID3 tag");
    }
}

/// A frame's name, its content, and what follows.
fn frame(bytes: &[u8], version: u8) -> Option<(String, &[u8], &[u8])> {
    let (name, head, len) = if version <= 2 {
        let [a, b, c] = array(bytes, 3)?;
        (bytes.get(..3)?, 6, u32::from_be_bytes([0, a, b, c]))
    } else if version == 3 {
        (bytes.get(..4)?, 10, u32_at(bytes, 4, Endian::Big)?)
    } else {
        (bytes.get(..4)?, 10, u32::try_from(seven_bits(array(bytes, 4)?)?).ok()?)
    };
    if !name.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
        return None;
    }
    let (content, rest) = bytes.get(head..)?.split_at_checked(usize::try_from(len).ok()?)?;
    Some((String::from_utf8_lossy(name).into_owned(), content, rest))
}

fn note(name: &str, content: &[u8], draft: &mut Draft) {
    let kind = match name {
        "APIC" | "PIC" => return draft.found(Kind::Thumbnail, ""),
        "TPE1" | "TPE2" | "TPE3" | "TPE4" | "TCOM" | "TEXT" | "TOPE" | "TOWN" | "TCOP" | "TENC" | "TP1"
        | "TP2" | "TCM" | "TCR" | "TEN" => Kind::Names,
        "TDRC" | "TYER" | "TDAT" | "TIME" | "TDEN" | "TDTG" | "TDOR" | "TDRL" | "TORY" | "TRDA" | "TYE"
        | "TDA" | "TIM" => Kind::Date,
        "TSSE" | "TSS" => Kind::Device,
        // A comment names its language first.
        "COMM" | "USLT" | "COM" | "ULT" => {
            let text = content
                .split_first()
                .and_then(|(code, rest)| Some(text(&[&[*code], rest.get(3..)?].concat())));
            return draft.found(Kind::Text, &text.unwrap_or_default());
        }
        _ if name.starts_with('T') => Kind::Text,
        _ => return draft.found(Kind::Other, &format!("a tag {name}")),
    };
    draft.found(kind, &text(content));
}

/// A text with the number of its code before it.
fn text(content: &[u8]) -> String {
    let Some((code, bytes)) = content.split_first() else { return String::new() };
    let shown: String = match code {
        1 if bytes.starts_with(&[0xff, 0xfe]) => wide(bytes, u16::from_le_bytes),
        1 | 2 => wide(bytes, u16::from_be_bytes),
        3 => String::from_utf8_lossy(bytes).into_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    shown.split(['\0', '\u{feff}']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks().0.iter().copied().map(unit);
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

/// Notes what a version 1 tag of 128 bytes tells: title, artist, album, year, comment.
pub(crate) fn look_old(bytes: &[u8], draft: &mut Draft) {
    let field = |at, len| {
        let bytes = slice(bytes, at, len).unwrap_or_default();
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        bytes.iter().map(|byte| char::from(*byte)).collect::<String>()
    };
    for (kind, at, len) in [
        (Kind::Text, 3, 30),
        (Kind::Names, 33, 30),
        (Kind::Text, 63, 30),
        (Kind::Date, 93, 4),
        (Kind::Text, 97, 30),
    ] {
        let value = field(at, len);
        if !value.trim().is_empty() {
            draft.found(kind, &value);
        }
    }
}
