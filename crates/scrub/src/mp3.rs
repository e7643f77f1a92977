//! MP3 and its elder layers (ISO/IEC 11172-3, 13818-3): frames of sound stay, byte for byte; whatever stands between,
//! before or after them goes: ID3, APE and Lyrics3 tags, broken frames, and what no list knows.
//!
//! - All frames are of one kind: the first one's version, layer and rate. After anything else sound begins again only
//!   where three such frames follow each other, so that no picture in a tag is taken for sound.
//! - The first frame of most files is no sound: it tells how many frames there are, and by which program they were
//!   made (Xing, Info). It is written anew with the counts and the silence to cut off, without the program's version.

mod frame;

use alloc::format;
use alloc::string::String;

use crate::bytes::{Endian, slice, u32_at, widen};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why, id3};
use frame::Frame;

/// Fewer bytes than this are read again with what follows, if anything does: three frames, or a tag's beginning.
const LOOK: usize = 9_216;
/// The most tags of a file.
const MAX_TAGS: u32 = 1_000;
/// Bytes of the oldest ID3 tag.
const OLD_ID3: u64 = 128;

/// The way through an MP3.
#[derive(Default)]
pub(crate) struct Mp3 {
    first: Option<Frame>,
    /// Whether the bytes before were sound, so that a single frame may follow.
    sounding: bool,
    tags: u32,
    lost: u64,
}

impl Mp3 {
    /// One thing at the beginning of `bytes`; answers how long it is.
    fn one(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<u64, Why> {
        if let Some(frame) = self.frame(bytes, file.len.saturating_sub(at)) {
            self.keep(frame, at, bytes, draft)?;
            return Ok(frame.len);
        }
        self.sounding = false;
        if let Some(len) = tag(file, at, bytes, draft) {
            self.tags = self.tags.checked_add(1).filter(|n| *n <= MAX_TAGS).ok_or(Why::TooComplex)?;
            return Ok(len);
        }
        // Nothing known: on to where something may begin.
        let next = bytes.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'A' | b'T' | b'L'));
        let len = widen(next.map_or(bytes.len(), |n| n.saturating_add(1)));
        self.lost = self.lost.saturating_add(len);
        Ok(len)
    }

    /// The frame that `bytes` begin with, if it is one of this file's and whole.
    fn frame(&self, bytes: &[u8], left: u64) -> Option<Frame> {
        let frame = Frame::read(bytes).filter(|frame| frame.len <= left)?;
        match self.first {
            Some(first) if !frame.is_like(first) => None,
            _ if self.sounding || follows(frame, bytes, left) => Some(frame),
            _ => None,
        }
    }

    fn keep(&mut self, frame: Frame, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<(), Why> {
        self.sounding = true;
        let first = self.first.replace(self.first.unwrap_or(frame)).is_none();
        let whole = usize::try_from(frame.len).ok().and_then(|len| slice(bytes, 0, len));
        match whole.filter(|_| first).and_then(|whole| frame::about(frame, whole)) {
            Some(about) => {
                if let Some(program) = about.program {
                    draft.found(Kind::Device, &program);
                }
                draft.insert(about.frame).map(drop)
            }
            None => draft.keep(at, frame.len),
        }
    }

    fn end(&self, draft: &mut Draft) -> Result<Step, Why> {
        if self.first.is_none() {
            return Err(Why::Damaged("it holds no sound"));
        }
        if self.lost > 0 {
            draft.found(Kind::Other, &format!("{} bytes that are no sound", self.lost));
        }
        Ok(Step::Done)
    }
}

impl Scan for Mp3 {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.some(0, widen(MAX_READ))
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let mut next = at;
        loop {
            let used = usize::try_from(next.saturating_sub(at)).unwrap_or(usize::MAX);
            let rest = bytes.get(used..).unwrap_or_default();
            let more = file.len.saturating_sub(next);
            if more == 0 {
                return self.end(draft);
            }
            if rest.len() < LOOK && widen(rest.len()) < more && used > 0 {
                return file.some(next, widen(MAX_READ));
            }
            next = next.saturating_add(self.one(file, next, rest, draft)?).min(file.len);
        }
    }
}

/// Whether a file that begins so is one: with a tag, or with a frame; FF FE is how a text in UTF-16 begins.
pub(crate) fn begins(first: &[u8]) -> bool {
    let frame = Frame::read(first).is_some() && !first.starts_with(&[0xff, 0xfe]);
    id3::len(first).is_some() || first.starts_with(b"APETAGEX") || frame
}

/// Whether two more frames of one kind follow a first one; fewer do where the sound ends there.
fn follows(first: Frame, bytes: &[u8], left: u64) -> bool {
    let mut at = first.len;
    for _ in 0..2 {
        if at == left {
            return true;
        }
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        match Frame::read(rest) {
            Some(frame) if frame.is_like(first) && at.saturating_add(frame.len) <= left => {
                at = at.saturating_add(frame.len);
            }
            // Where a tag follows, the sound is over.
            _ => {
                return [&b"TAG"[..], b"APETAGEX", b"LYRICS", b"ID3"].iter().any(|tag| rest.starts_with(tag));
            }
        }
    }
    true
}

/// How long the tag is that `bytes` begin with; notes what it tells.
fn tag(file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Option<u64> {
    if let Some(len) = id3::len(bytes) {
        id3::look(bytes, draft);
        return Some(len);
    }
    if bytes.starts_with(b"TAG") && file.len.checked_sub(at) == Some(OLD_ID3) {
        id3::look_old(bytes, draft);
        return Some(OLD_ID3);
    }
    if bytes.starts_with(b"APETAGEX") {
        return ape(bytes, draft);
    }
    if bytes.starts_with(b"LYRICSBEGIN") {
        draft.found(Kind::Text, "the words of a song (Lyrics3)");
        return Some(11);
    }
    None
}

/// An APE tag: 32 bytes of head or foot; the length that the head gives counts the entries and the foot.
fn ape(bytes: &[u8], draft: &mut Draft) -> Option<u64> {
    const HEAD: u64 = 32;
    let len = u64::from(u32_at(bytes, 12, Endian::Little)?);
    let count = u32_at(bytes, 16, Endian::Little)?;
    if u32_at(bytes, 20, Endian::Little)? & 0x2000_0000 == 0 {
        return Some(HEAD);
    }
    let mut rest = bytes.get(32..)?;
    for _ in 0..count.min(100) {
        let Some((key, value, next)) = entry(rest) else { break };
        let kind = match key.to_ascii_lowercase().as_str() {
            "artist" | "composer" | "conductor" | "copyright" | "publisher" => Kind::Names,
            "year" | "record date" => Kind::Date,
            "record location" => Kind::Position,
            key if key.starts_with("cover") => Kind::Thumbnail,
            _ => Kind::Text,
        };
        let value =
            if kind == Kind::Thumbnail { String::new() } else { String::from_utf8_lossy(value).into_owned() };
        draft.found(kind, &value);
        rest = next;
    }
    Some(HEAD.saturating_add(len))
}

/// An entry: its length, flags, a key that ends with zero, and its value.
fn entry(bytes: &[u8]) -> Option<(String, &[u8], &[u8])> {
    let len = usize::try_from(u32_at(bytes, 0, Endian::Little)?).ok()?;
    let rest = bytes.get(8..)?;
    let key = rest.iter().position(|byte| *byte == 0).filter(|at| *at < 256)?;
    let (value, next) = rest.get(key.checked_add(1)?..)?.split_at_checked(len)?;
    Some((String::from_utf8_lossy(rest.get(..key)?).into_owned(), value, next))
}
