//! The comment header of Vorbis and Opus (RFC 7845, section 5.2): a program's name, and `NAME=value`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{Endian, slice, u32_at};
use crate::plan::Draft;
use crate::{Kind, Why};

const OPUS: &[u8] = b"OpusTags";
const VORBIS: &[u8] = b"\x03vorbis";
/// The most comments that are looked at.
const MAX_COMMENTS: u32 = 200;

/// A comment header that says nothing.
pub(super) fn none(vorbis: bool) -> Vec<u8> {
    let mut packet = Vec::from(if vorbis { VORBIS } else { OPUS });
    packet.extend([0; 8]);
    if vorbis {
        packet.push(1);
    }
    packet
}

/// Notes what a comment header tells, as far as `packet` goes.
pub(super) fn look(packet: &[u8], vorbis: bool, draft: &mut Draft) -> Result<(), Why> {
    let magic = if vorbis { VORBIS } else { OPUS };
    let Some(rest) = packet.strip_prefix(magic) else {
        return Err(Why::Damaged("its comments are not where they must be"));
    };
    read(rest, draft).unwrap_or_default();
    Ok(())
}

fn read(bytes: &[u8], draft: &mut Draft) -> Option<()> {
    let (program, rest) = text(bytes)?;
    if !program.is_empty() {
        draft.found(Kind::Device, &String::from_utf8_lossy(program));
    }
    let count = u32_at(rest, 0, Endian::Little)?;
    let mut rest = rest.get(4..)?;
    for _ in 0..count.min(MAX_COMMENTS) {
        let Some((comment, next)) = text(rest) else {
            // A cover is longer than what is looked at.
            note(rest.get(4..)?, draft);
            return None;
        };
        note(comment, draft);
        rest = next;
    }
    Some(())
}

/// A length and as many bytes; and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = usize::try_from(u32_at(bytes, 0, Endian::Little)?).ok()?;
    let text = slice(bytes, 4, len)?;
    Some((text, bytes.get(len.checked_add(4)?..)?))
}

fn note(comment: &[u8], draft: &mut Draft) {
    let equals = comment.iter().position(|byte| *byte == b'=').unwrap_or(comment.len());
    let (name, value) = comment.split_at_checked(equals).unwrap_or_default();
    let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
    let kind = match name.to_ascii_uppercase().as_slice() {
        b"METADATA_BLOCK_PICTURE" | b"COVERART" => return draft.found(Kind::Thumbnail, ""),
        b"ARTIST" | b"ALBUMARTIST" | b"PERFORMER" | b"COMPOSER" | b"COPYRIGHT" | b"CONTACT"
        | b"ORGANIZATION" => Kind::Names,
        b"DATE" | b"YEAR" | b"CREATION_TIME" => Kind::Date,
        b"LOCATION" => Kind::Position,
        b"ENCODER" | b"ENCODED-BY" | b"ENCODER_OPTIONS" => Kind::Device,
        _ => Kind::Text,
    };
    draft.found(kind, &value);
}
