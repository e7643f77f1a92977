//! WAV (Microsoft and IBM, 1991; RFC 2361 for its codes): how the sound is coded, and the sound; every other chunk goes.
//!
//! - `fmt ` is cut to what its code needs, `fact` to the number of samples. `data` stays, byte for byte.
//! - A second `data` is refused, so is a WAV of over 4 GiB (RF64, BW64) and a code in which tags can stand.
//! - Nothing after the end that the file gives itself stays.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{Endian, array, slice, u16_at, widen};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::riff::{self, Chunk};
use crate::{Kind, Step, Why, id3, xmp};

/// The most chunks of a file; recorders write under twenty.
const MAX_CHUNKS: u32 = 20_000;
/// What follows the first two bytes of a subformat that is one of the plain codes.
const PLAIN: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/// The way through a WAV.
pub(crate) struct Wav {
    state: State,
    limit: u64,
    chunks: u32,
    coded: bool,
    sound: bool,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    Head,
    /// The content of a chunk was asked for, as much of it as fits.
    Content(Chunk),
}

impl Wav {
    pub(crate) fn new() -> Self {
        Self { state: State::Start, limit: 0, chunks: 0, coded: false, sound: false }
    }

    fn start(&mut self, file: File, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        if !bytes.starts_with(b"RIFF") {
            return Err(Why::Unsupported("a WAV of the kind for over 4 GB"));
        }
        self.limit = riff::limit(bytes, file.len)?;
        draft.insert(riff::start(*b"WAVE", 0))?;
        self.next(file, riff::START, draft)
    }

    fn next(&mut self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        // A last byte that makes an odd length even is missing in some files.
        if at >= self.limit {
            return self.end(file, draft);
        }
        self.state = State::Head;
        file.exactly(at, riff::HEAD)
    }

    fn head(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        self.chunks = self.chunks.checked_add(1).filter(|n| *n <= MAX_CHUNKS).ok_or(Why::TooComplex)?;
        let chunk = Chunk::read(at, bytes, self.limit)?;
        match &chunk.kind {
            b"data" => {
                if self.sound || !self.coded {
                    return Err(Why::Damaged("its sound is not where it must be"));
                }
                self.sound = true;
                chunk.keep(draft)?;
                self.next(file, chunk.end(), draft)
            }
            _ if chunk.len == 0 => self.next(file, chunk.end(), draft),
            _ => {
                self.state = State::Content(chunk);
                file.exactly(chunk.at, chunk.len.min(widen(MAX_READ)))
            }
        }
    }

    fn content(&mut self, chunk: Chunk, bytes: &[u8], draft: &mut Draft) -> Result<(), Why> {
        match &chunk.kind {
            b"fmt " if self.coded => Err(Why::Damaged("it says its code twice")),
            b"fmt " => {
                self.coded = true;
                draft.insert(riff::chunk(*b"fmt ", code(bytes)?)).map(drop)
            }
            b"fact" if !self.sound => match slice(bytes, 0, 4) {
                Some(samples) => draft.insert(riff::chunk(*b"fact", samples)).map(drop),
                None => Err(Why::Damaged("a chunk is not as long as it must be")),
            },
            kind => {
                look(*kind, bytes, draft);
                Ok(())
            }
        }
    }

    fn end(&mut self, file: File, draft: &mut Draft) -> Result<Step, Why> {
        if !self.sound {
            return Err(Why::Damaged("it holds no sound"));
        }
        let after = file.len.saturating_sub(self.limit);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the sound"));
        }
        let len = draft.len_from(0).saturating_sub(riff::HEAD);
        draft.replace(0, riff::start(*b"WAVE", len));
        Ok(Step::Done)
    }
}

impl Scan for Wav {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.exactly(0, riff::START)
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match self.state {
            State::Start => self.start(file, bytes, draft),
            State::Head => self.head(file, at, bytes, draft),
            State::Content(chunk) => {
                self.content(chunk, bytes, draft)?;
                self.next(file, chunk.end(), draft)
            }
        }
    }
}

/// As much of `fmt ` as its code needs.
fn code(content: &[u8]) -> Result<&[u8], Why> {
    let damaged = Why::Damaged("it does not say how its sound is coded");
    let tag = u16_at(content, 0, Endian::Little).ok_or(damaged)?;
    let more = u16_at(content, 16, Endian::Little)
        .filter(|_| tag != 1)
        .map_or(0, |len| usize::from(len).saturating_add(2));
    let needed = slice(content, 0, usize::saturating_add(16, more)).ok_or(damaged)?;
    let (tag, extended) = match tag {
        0xfffe => (u16_at(needed, 24, Endian::Little).ok_or(damaged)?, true),
        tag => (tag, false),
    };
    if extended && (needed.len() != 40 || array(needed, 26) != Some(PLAIN)) {
        return Err(Why::Unsupported("a WAV whose sound is coded in a rare way"));
    }
    // PCM, Microsoft's ADPCM, floats, A-law, mu-law, IMA's ADPCM, GSM 6.10.
    match tag {
        1 | 2 | 3 | 6 | 7 | 0x11 | 0x31 if more <= 64 => Ok(needed),
        _ => Err(Why::Unsupported("a WAV whose sound is coded in a rare way")),
    }
}

/// Notes what a chunk that goes tells.
fn look(kind: [u8; 4], bytes: &[u8], draft: &mut Draft) {
    match &kind {
        b"LIST" if bytes.starts_with(b"INFO") => info(bytes.get(4..).unwrap_or_default(), draft),
        b"bext" => broadcast(bytes, draft),
        b"id3 " | b"ID3 " => id3::look(bytes, draft),
        b"_PMX" => xmp::look(bytes, draft),
        b"iXML" | b"axml" => draft.found(Kind::Text, "notes of a recorder (iXML)"),
        kind => draft.found(Kind::Other, &format!("a chunk {}", String::from_utf8_lossy(kind).trim_end())),
    }
}

/// The chunks of `LIST` `INFO`.
fn info(bytes: &[u8], draft: &mut Draft) {
    let mut at = 0_u64;
    while let Some(head) = usize::try_from(at).ok().and_then(|at| slice(bytes, at, 8)) {
        let Ok(chunk) = Chunk::read(at, head, widen(bytes.len())) else { return };
        let range = usize::try_from(chunk.at).ok().zip(usize::try_from(chunk.len).ok());
        let value = range.and_then(|(at, len)| slice(bytes, at, len)).unwrap_or_default();
        let kind = match &chunk.kind {
            b"IART" | b"ICOP" | b"IENG" | b"ITCH" | b"ICMS" | b"IWRI" => Kind::Names,
            b"ICRD" | b"IDIT" => Kind::Date,
            b"ISFT" | b"ISRC" | b"IMED" => Kind::Device,
            b"IARL" | b"ILOC" => Kind::Position,
            _ => Kind::Text,
        };
        draft.found(kind, &String::from_utf8_lossy(value));
        at = chunk.end();
    }
}

/// A broadcast extension (EBU Tech 3285): words, who made it and with what, when.
fn broadcast(bytes: &[u8], draft: &mut Draft) {
    let field = |at, len| {
        let bytes = slice(bytes, at, len).unwrap_or_default();
        String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
    };
    let date = Vec::from([field(320, 10), field(330, 8)]).join(" ");
    for (kind, value) in [
        (Kind::Text, field(0, 256)),
        (Kind::Device, field(256, 32)),
        (Kind::Device, field(288, 32)),
        (Kind::Date, date),
    ] {
        if !value.trim().is_empty() {
            draft.found(kind, &value);
        }
    }
}
