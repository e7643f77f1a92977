//! PNG (W3C, third edition): the chunks that make the picture stay, byte for byte; every other chunk goes.
//!
//! - Animations (APNG) stay: their frames can be seen, and hold pixels and delays only.
//! - Colour profiles (iCCP), chromaticities (cHRM) and resolution (pHYs) go: they can tell one monitor or phone from
//!   others. gAMA, sRGB and cICP stay, a few bytes with few values.
//! - The orientation, where it was said, stays as an eXIf of one tag.
//! - Nothing after IEND stays: some phones and computers left the uncropped screenshot there (CVE-2023-21036).
//! - The check sum of each chunk that stays is verified: a damaged picture is told now and not at the desk.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{Endian, array, u32_at, widen};
use crate::crc::Crc;
use crate::exif::{self, Orientation};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why, xmp};

/// How every PNG begins.
pub(crate) const MAGIC: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

/// Bytes of a chunk's length and type.
const HEAD: u64 = 8;
/// Bytes of a chunk's check sum.
const SUM: u64 = 4;
/// Signature and IHDR: what we put in stands behind them.
const START: u64 = 8 + 8 + 13 + 4;
/// The most chunks of a file: 1 GiB in chunks of 8 KiB are half as many.
const MAX_CHUNKS: u32 = 262_144;
/// The longest chunk that the format allows.
const MAX_CHUNK: u32 = 0x7fff_ffff;

/// The way through a PNG.
pub(crate) struct Png {
    state: State,
    chunks: u32,
    pixels: bool,
    orientation: Option<Orientation>,
}

#[derive(Clone, Copy)]
enum State {
    Head,
    /// In a chunk that stays.
    Keep(Chunk),
    /// At the beginning of a chunk that goes.
    Drop {
        kind: [u8; 4],
        len: u64,
    },
}

/// A chunk on its way: its type, bytes of data that are still to come, the sum so far.
#[derive(Clone, Copy)]
struct Chunk {
    kind: [u8; 4],
    left: u64,
    crc: Crc,
}

/// What becomes of a chunk.
enum Fate {
    Keep,
    /// It goes; its beginning is looked at first.
    Look,
    Drop,
}

impl Png {
    pub(crate) fn new() -> Self {
        Self { state: State::Head, chunks: 0, pixels: false, orientation: None }
    }

    fn next(&mut self, file: File, at: u64) -> Result<Step, Why> {
        self.state = State::Head;
        file.exactly(at, HEAD)
    }

    fn head(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let (Some(len), Some(kind)) = (u32_at(bytes, 0, Endian::Big), array::<4>(bytes, 4)) else {
            return Err(Why::Truncated);
        };
        self.chunks = self.chunks.checked_add(1).filter(|n| *n <= MAX_CHUNKS).ok_or(Why::TooComplex)?;
        if len > MAX_CHUNK || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(Why::Damaged("a chunk is none"));
        }
        if (self.chunks == 1) != (kind == *b"IHDR") {
            return Err(Why::Damaged("its header is not where it must be"));
        }
        let (len, data) = (u64::from(len), at.saturating_add(HEAD));
        let end = data.saturating_add(len).saturating_add(SUM);
        if end > file.len {
            return Err(Why::Truncated);
        }
        match fate(&kind, len)? {
            Fate::Keep => {
                draft.keep(at, HEAD)?;
                self.keep(file, data, Chunk { kind, left: len, crc: Crc::new().with(&kind) })
            }
            Fate::Look if len > 0 => {
                self.state = State::Drop { kind, len };
                file.exactly(data, len.min(widen(MAX_READ)))
            }
            Fate::Look | Fate::Drop => {
                draft.found(Kind::Other, &format!("a chunk {}", String::from_utf8_lossy(&kind)));
                self.next(file, end)
            }
        }
    }

    /// Asks for the rest of a chunk that stays: a window of data, or the last of it with the check sum.
    fn keep(&mut self, file: File, at: u64, chunk: Chunk) -> Result<Step, Why> {
        self.state = State::Keep(chunk);
        let whole = chunk.left.saturating_add(SUM);
        file.exactly(at, if whole <= widen(MAX_READ) { whole } else { chunk.left.min(widen(MAX_READ)) })
    }

    fn kept(
        &mut self,
        file: File,
        at: u64,
        bytes: &[u8],
        chunk: Chunk,
        draft: &mut Draft,
    ) -> Result<Step, Why> {
        let Chunk { kind, left, crc } = chunk;
        let got = widen(bytes.len());
        draft.keep(at, got)?;
        let next = at.saturating_add(got);
        if got <= left {
            return self.keep(
                file,
                next,
                Chunk { kind, left: left.saturating_sub(got), crc: crc.with(bytes) },
            );
        }
        let (data, sum) = bytes.split_last_chunk().ok_or(Why::Truncated)?;
        if crc.with(data).sum() != u32::from_be_bytes(*sum) {
            return Err(Why::Damaged("a check sum is wrong"));
        }
        self.pixels |= kind == *b"IDAT";
        if kind != *b"IEND" {
            return self.next(file, next);
        }
        self.end(file, next, draft)
    }

    fn end(&mut self, file: File, end: u64, draft: &mut Draft) -> Result<Step, Why> {
        if !self.pixels {
            return Err(Why::Damaged("it holds no picture"));
        }
        let after = file.len.saturating_sub(end);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the picture"));
        }
        if let Some(way) = self.orientation {
            draft.split_first(START);
            draft.insert_at(1, whole_chunk(*b"eXIf", &way.tiff()));
        }
        Ok(Step::Done)
    }

    fn dropped(&mut self, kind: &[u8; 4], bytes: &[u8], draft: &mut Draft) {
        match kind {
            b"eXIf" => self.orientation = exif::look(bytes, draft).or(self.orientation),
            b"tIME" => draft.found(Kind::Date, &time(bytes)),
            b"iCCP" => draft.found(Kind::Other, &format!("a colour profile: {}", text_until_zero(bytes))),
            _ => text(bytes, draft),
        }
    }
}

impl Scan for Png {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        self.next(file, widen(MAGIC.len()))
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match self.state {
            State::Head => {
                if self.chunks == 0 {
                    draft.keep(0, widen(MAGIC.len()))?;
                }
                self.head(file, at, bytes, draft)
            }
            State::Keep(chunk) => self.kept(file, at, bytes, chunk, draft),
            State::Drop { kind, len } => {
                self.dropped(&kind, bytes, draft);
                self.next(file, at.saturating_add(len).saturating_add(SUM))
            }
        }
    }
}

/// What becomes of a chunk of a type and length. A chunk that stays has the length the format gives it.
fn fate(kind: &[u8; 4], len: u64) -> Result<Fate, Why> {
    let fits = match kind {
        b"IHDR" => len == 13,
        b"PLTE" => len <= 768 && len.is_multiple_of(3),
        b"IDAT" => true,
        b"IEND" => len == 0,
        b"tRNS" => len <= 256,
        b"gAMA" | b"cICP" => len == 4,
        b"sRGB" => len == 1,
        b"acTL" => len == 8,
        b"fcTL" => len == 26,
        b"fdAT" => len >= 4,
        b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME" | b"iCCP" => return Ok(Fate::Look),
        // An upper-case first letter means that the picture can't be shown without it.
        [b'A'..=b'Z', ..] => return Err(Why::Unsupported("a PNG with a chunk that only some programs know")),
        _ => return Ok(Fate::Drop),
    };
    if fits { Ok(Fate::Keep) } else { Err(Why::Damaged("a chunk is not as long as it must be")) }
}

fn whole_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::new();
    chunk.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
    chunk.extend(kind);
    chunk.extend(data);
    chunk.extend(Crc::new().with(&kind).with(data).sum().to_be_bytes());
    chunk
}

/// A text chunk: a keyword, a zero, and text that may be compressed.
fn text(bytes: &[u8], draft: &mut Draft) {
    let keyword = text_until_zero(bytes);
    let rest = bytes.get(keyword.len().saturating_add(1)..).unwrap_or_default();
    if keyword.starts_with("XML:com.adobe.xmp") {
        return xmp::look(rest, draft);
    }
    let kind = match keyword.as_str() {
        "Author" | "Copyright" => Kind::Names,
        "Creation Time" | "date:create" | "date:modify" => Kind::Date,
        "Software" | "Source" => Kind::Device,
        _ => Kind::Text,
    };
    let value: String = String::from_utf8_lossy(rest).chars().filter(|c| !c.is_control()).collect();
    draft.found(kind, &format!("{keyword}: {value}"));
}

fn text_until_zero(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned()
}

fn time(bytes: &[u8]) -> String {
    match bytes {
        [y1, y2, month, day, hour, minute, second] => {
            let year = u16::from_be_bytes([*y1, *y2]);
            format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        _ => String::new(),
    }
}
