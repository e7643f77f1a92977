//! The segments of a JPEG: which stay, and what the others tell.

use alloc::format;
use alloc::string::String;

use super::density;
use crate::bytes::{Endian, slice, u16_at};
use crate::exif::{self, Orientation};
use crate::plan::Draft;
use crate::{Kind, Why, iptc, xmp};

const EXIF: &[u8] = b"Exif\0";
const XMP: &[u8] = b"http://ns.adobe.com/";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// Whether a marker begins a frame: SOF0 to SOF15 without DHT, JPG and DAC.
pub(super) fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Whether a segment stays as it is. One that stays must be exactly as long as what it says it holds.
pub(super) fn stays(marker: u8, content: &[u8]) -> Result<bool, Why> {
    let whole = match marker {
        0xc4 => is_huffman_tables(content),
        0xdb => is_quantization_tables(content),
        0xcc => !content.is_empty() && content.len().is_multiple_of(2),
        0xdd | 0xdc => content.len() == 2,
        0xda => components(content, 0, 2, 4),
        0xde | 0xdf => return Err(Why::Unsupported("a hierarchical JPEG")),
        _ if is_frame(marker) => components(content, 5, 3, 6),
        _ => return Ok(false),
    };
    if whole { Ok(true) } else { Err(Why::Damaged("a table is not as long as it says")) }
}

/// Whether `content` is as long as the number of components at `at` asks for.
fn components(content: &[u8], at: usize, each: usize, fixed: usize) -> bool {
    let count = content.get(at).copied().map(usize::from).filter(|n| *n > 0);
    count.is_some_and(|n| n.checked_mul(each).and_then(|len| len.checked_add(fixed)) == Some(content.len()))
}

fn is_quantization_tables(content: &[u8]) -> bool {
    tables(content, |kind, _| if kind >> 4 == 0 { 64 } else { 128 })
}

fn is_huffman_tables(content: &[u8]) -> bool {
    tables(content, |_, rest| rest.iter().take(16).map(|n| usize::from(*n)).fold(16, usize::saturating_add))
}

/// Whether `content` is one or more tables, each a byte and as much as `len` says.
fn tables(content: &[u8], len: impl Fn(u8, &[u8]) -> usize) -> bool {
    let mut rest = content;
    while let Some((kind, table)) = rest.split_first() {
        let Some((_, next)) = table.split_at_checked(len(*kind, table)) else { return false };
        rest = next;
    }
    !content.is_empty()
}

/// What is needed of a segment that goes.
pub(super) enum Kept {
    Jfif([u8; 5]),
    Adobe(u8),
    Orientation(Orientation),
}

/// Notes what a segment that goes tells, and gives what is needed of it.
pub(super) fn look(marker: u8, content: &[u8], draft: &mut Draft) -> Option<Kept> {
    match marker {
        0xe0 => return app0(content, draft),
        0xe1 => return app1(content, draft).map(Kept::Orientation),
        0xe2 => app2(content, draft),
        0xeb => draft.found(Kind::Other, "marks of origin (C2PA)"),
        0xed if content.starts_with(PHOTOSHOP) => {
            draft.found(Kind::Other, "notes of an image editor");
            iptc::look(content, draft);
        }
        0xee if content.starts_with(b"Adobe") => return content.get(11).copied().map(Kept::Adobe),
        0xe3..=0xef => draft.found(Kind::Other, &format!("{} bytes of a program", content.len())),
        0xfe => draft.found(Kind::Text, &String::from_utf8_lossy(content)),
        _ => draft.found(Kind::Other, &format!("{} bytes without use", content.len())),
    }
    None
}

fn app0(content: &[u8], draft: &mut Draft) -> Option<Kept> {
    if !content.starts_with(b"JFIF\0") {
        draft.found(Kind::Thumbnail, "");
        return None;
    }
    if slice(content, 12, 2).is_some_and(|size| size != [0, 0]) {
        draft.found(Kind::Thumbnail, "");
    }
    density(content).map(Kept::Jfif)
}

fn app1(content: &[u8], draft: &mut Draft) -> Option<Orientation> {
    if content.starts_with(EXIF) {
        return exif::look(content.get(6..)?, draft);
    }
    if content.starts_with(XMP) {
        xmp::look(content, draft);
    } else {
        draft.found(Kind::Other, &format!("{} bytes of a program", content.len()));
    }
    None
}

fn app2(content: &[u8], draft: &mut Draft) {
    if content.starts_with(b"ICC_PROFILE\0") {
        // The profile begins behind the name and two bytes of numbering; its year stands at 24.
        match content.get(14..).and_then(|profile| u16_at(profile, 24, Endian::Big)) {
            Some(year @ 1990..=2100) => draft.found(Kind::Other, &format!("a colour profile of {year}")),
            _ => draft.found(Kind::Other, "a colour profile"),
        }
    } else if content.starts_with(b"MPF\0") {
        draft.found(Kind::Other, "further pictures");
    } else {
        draft.found(Kind::Other, &format!("{} bytes of a program", content.len()));
    }
}
