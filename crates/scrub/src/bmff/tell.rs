//! What stands in boxes that go (`udta`, `meta`, `uuid`, 3GPP TS 26.244 and QuickTime's), to tell the person.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::boxes::Head;
use crate::bytes::{Endian, array, slice, u16_at, u32_at, widen};
use crate::plan::Draft;
use crate::{Kind, degrees, xmp};

const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// The most boxes that are looked at in one that goes.
const MAX_BOXES: usize = 500;

/// Notes what a box tells, as far as `bytes` of its content go.
pub(super) fn content(kind: [u8; 4], bytes: &[u8], draft: &mut Draft) {
    match &kind {
        b"uuid" if bytes.starts_with(&XMP) => xmp::look(bytes, draft),
        b"XMP_" => xmp::look(bytes, draft),
        b"udta" | b"meta" => {
            if !each(kind, bytes, draft) {
                draft.found(Kind::Other, &shown(kind));
            }
        }
        b"free" | b"skip" | b"wide" => {
            if bytes.iter().any(|byte| *byte != 0) {
                draft.found(Kind::Other, "bytes without use");
            }
        }
        // Every film has some of these; they tell of how it is played.
        b"iods" | b"tref" | b"mvex" | b"tapt" | b"load" | b"sdtp" | b"sbgp" | b"sgpd" | b"cslg" | b"sidx"
        | b"styp" | b"nmhd" | b"gmhd" | b"mfra" => {}
        _ => draft.found(Kind::Other, &shown(kind)),
    }
}

fn shown(kind: [u8; 4]) -> String {
    let name: String = kind.iter().map(|byte| char::from(*byte)).collect();
    format!("a box {}", name.trim_end())
}

/// The boxes of a content, as far as they can be read.
fn children(bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut all = Vec::new();
    let mut at = 0_u64;
    while all.len() < MAX_BOXES
        && let Some(rest) = usize::try_from(at).ok().and_then(|at| bytes.get(at..))
        && let Ok(head) = Head::read(at, rest, widen(bytes.len()), false)
    {
        let range = usize::try_from(head.content).ok().zip(usize::try_from(head.len()).ok());
        all.push((head.kind, range.and_then(|(at, len)| slice(bytes, at, len)).unwrap_or_default()));
        at = head.end;
    }
    all
}

/// Notes what the boxes of `udta` or `meta` tell; whether they told anything.
fn each(kind: [u8; 4], bytes: &[u8], draft: &mut Draft) -> bool {
    let mut told = false;
    let full = &kind == b"meta" && bytes.get(4..8) != Some(b"hdlr");
    let all = children(if full { bytes.get(4..).unwrap_or_default() } else { bytes });
    let keys = all.iter().find(|(kind, _)| kind == b"keys").map(|(_, keys)| names(keys)).unwrap_or_default();
    for (kind, content) in all {
        told |= match &kind {
            b"meta" => each(kind, content, draft),
            b"ilst" => list(content, &keys, draft),
            b"hdlr" | b"keys" | b"free" => false,
            [0xa9, name @ ..] => note(by_letters(*name), &text_of_mac(content), draft),
            b"loci" => note(Kind::Position, &location(content), draft),
            b"auth" | b"perf" | b"cprt" => note(Kind::Names, &text_of_phone(content), draft),
            b"titl" | b"dscp" | b"kywd" | b"gnre" | b"albm" => {
                note(Kind::Text, &text_of_phone(content), draft)
            }
            b"yrrc" => u16_at(content, 4, Endian::Big)
                .is_some_and(|year| note(Kind::Date, &format!("{year}"), draft)),
            b"thmb" => note(Kind::Thumbnail, "", draft),
            b"XMP_" => {
                xmp::look(content, draft);
                true
            }
            kind => note(Kind::Other, &shown(*kind), draft),
        };
    }
    told
}

fn note(kind: Kind, value: &str, draft: &mut Draft) -> bool {
    draft.found(kind, value);
    true
}

/// What the three letters behind a copyright sign mean.
fn by_letters(name: [u8; 3]) -> Kind {
    match &name {
        b"xyz" => Kind::Position,
        b"day" => Kind::Date,
        b"mak" | b"mod" | b"swr" | b"too" | b"enc" | b"fmt" | b"hst" => Kind::Device,
        b"ART" | b"aut" | b"wrt" | b"dir" | b"prd" | b"prf" | b"cpy" | b"com" => Kind::Names,
        _ => Kind::Text,
    }
}

/// QuickTime's text: its length, a language, letters.
fn text_of_mac(content: &[u8]) -> String {
    let text = u16_at(content, 0, Endian::Big).and_then(|len| slice(content, 4, len.into()));
    String::from_utf8_lossy(text.unwrap_or(content)).into_owned()
}

/// A phone's text (3GPP): version, language, letters in UTF-8 or UTF-16.
fn text_of_phone(content: &[u8]) -> String {
    let text = content.get(6..).unwrap_or_default();
    match text.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => {
            let units = wide.as_chunks().0.iter().copied().map(u16::from_be_bytes);
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
        }
        None => String::from_utf8_lossy(text).into_owned(),
    }
}

/// A place (3GPP): a name, its part in the film, longitude and latitude with 16 bits behind the point.
fn location(content: &[u8]) -> String {
    let read = || {
        let rest = content.get(6..)?;
        let name = rest.iter().position(|byte| *byte == 0)?;
        let units = |at: usize| {
            let raw = i64::from(i32::from_be_bytes(array(rest, at)?));
            raw.checked_mul(degrees::UNITS)?.checked_add(0x8000)?.checked_shr(16)
        };
        let at = name.checked_add(2)?;
        Some(degrees::place(units(at.checked_add(4)?)?, units(at)?))
    };
    read().unwrap_or_default()
}

/// The names of `keys`.
fn names(content: &[u8]) -> Vec<String> {
    let all = children(content.get(8..).unwrap_or_default());
    all.iter().map(|(_, name)| String::from_utf8_lossy(name).to_ascii_lowercase()).collect()
}

/// The entries of `ilst`: each named by letters or by its number in `keys`.
fn list(content: &[u8], keys: &[String], draft: &mut Draft) -> bool {
    let mut told = false;
    for (kind, entry) in children(content) {
        let number = usize::try_from(u32::from_be_bytes(kind)).ok().and_then(|n| n.checked_sub(1));
        let key = number.and_then(|n| keys.get(n));
        let meaning = match (&kind, key) {
            (_, Some(key)) => by_key(key),
            ([0xa9, name @ ..], _) => by_letters(*name),
            (b"covr", _) => Kind::Thumbnail,
            (b"aART" | b"cprt" | b"apID" | b"ownr", _) => Kind::Names,
            (b"purd", _) => Kind::Date,
            _ => Kind::Text,
        };
        for (_, data) in children(entry).iter().filter(|(kind, _)| kind == b"data") {
            // A number that says what the data are: 1 is UTF-8.
            let text = u32_at(data, 0, Endian::Big) == Some(1);
            let value = data.get(8..).filter(|_| text).unwrap_or_default();
            told |= note(meaning, &String::from_utf8_lossy(value), draft);
        }
    }
    told
}

fn by_key(key: &str) -> Kind {
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    if has(&["location", "gps"]) {
        Kind::Position
    } else if has(&["date", "creation", "year"]) {
        Kind::Date
    } else if has(&["make", "model", "software", "android", "encoder", "identifier"]) {
        Kind::Device
    } else if has(&["author", "artist", "owner", "copyright", "director", "producer"]) {
        Kind::Names
    } else if has(&["artwork"]) {
        Kind::Thumbnail
    } else {
        Kind::Text
    }
}
