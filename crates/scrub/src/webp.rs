//! WebP (RFC 9649): the chunks that make the picture stay, byte for byte; every other chunk goes.
//!
//! - Animations stay, with nothing in their frames but pixels and transparency.
//! - Colour profiles (ICCP) go, as they go from JPEG and PNG.
//! - The orientation, where EXIF said it, stays as an EXIF of one tag; `VP8X` then says so, and nothing that is gone.
//! - Nothing after the end that the file gives itself stays.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::widen;
use crate::exif::{self, Orientation};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::riff::{self, Chunk};
use crate::{Kind, Step, Why, xmp};

/// The most chunks of a file, those in frames too.
const MAX_CHUNKS: u32 = 60_000;
/// Bytes of a frame's place, size and time before its own chunks.
const FRAME: u64 = 16;

const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const ANIMATION: u8 = 0x02;

/// The way through a WebP.
pub(crate) struct Webp {
    state: State,
    limit: u64,
    chunks: u32,
    seen: Seen,
    /// What `VP8X` said, without what goes; and which edit it is.
    wide: Option<([u8; 10], usize)>,
    frame: Option<Frame>,
    orientation: Option<Orientation>,
}

/// A frame on its way: where it ends, which edit its head is.
#[derive(Clone, Copy)]
struct Frame {
    end: u64,
    head: usize,
    seen: Seen,
}

/// What of a picture has come: each of it once.
#[derive(Clone, Copy, Default)]
struct Seen {
    timing: bool,
    alpha: bool,
    pixels: bool,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    Head,
    Content(Chunk),
}

impl Webp {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Start,
            limit: 0,
            chunks: 0,
            seen: Seen::default(),
            wide: None,
            frame: None,
            orientation: None,
        }
    }

    fn start(&mut self, file: File, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        self.limit = riff::limit(bytes, file.len)?;
        draft.insert(riff::start(*b"WEBP", 0))?;
        self.next(file, riff::START, draft)
    }

    fn next(&mut self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        if self.frame.is_some_and(|frame| at >= frame.end) {
            self.end_frame(draft)?;
        }
        if at >= self.limit {
            return self.end(file, draft);
        }
        self.state = State::Head;
        file.exactly(at, riff::HEAD)
    }

    fn head(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        self.chunks = self.chunks.checked_add(1).filter(|n| *n <= MAX_CHUNKS).ok_or(Why::TooComplex)?;
        let chunk = Chunk::read(at, bytes, self.frame.map_or(self.limit, |frame| frame.end))?;
        if let Some(frame) = &mut self.frame {
            if frame.seen.stays(chunk.kind) {
                chunk.keep(draft)?;
            } else {
                draft.found(Kind::Other, &unknown(chunk.kind));
            }
            return self.next(file, chunk.end(), draft);
        }
        let first = self.chunks == 1;
        let still = !self.animated() && (first || self.wide.is_some());
        match &chunk.kind {
            b"VP8 " | b"VP8L" | b"ALPH" if still && self.seen.stays(chunk.kind) => {
                chunk.keep(draft)?;
                self.next(file, chunk.end(), draft)
            }
            b"ANIM"
                if chunk.len == 6 && self.animated() && !core::mem::replace(&mut self.seen.timing, true) =>
            {
                chunk.keep(draft)?;
                self.next(file, chunk.end(), draft)
            }
            b"ANMF" if self.seen.timing => self.content_of(file, chunk, FRAME),
            b"VP8X" if first && chunk.len == 10 => self.content_of(file, chunk, 10),
            // What can be told from where it stands only.
            b"VP8 " | b"VP8L" | b"ALPH" | b"VP8X" | b"ANIM" | b"ANMF" => {
                Err(Why::Damaged("a chunk is not where it must be"))
            }
            _ if first => Err(Why::Damaged("its header is not where it must be")),
            _ if chunk.len == 0 => self.next(file, chunk.end(), draft),
            _ => self.content_of(file, chunk, widen(MAX_READ)),
        }
    }

    fn animated(&self) -> bool {
        self.wide.is_some_and(|([flags, ..], _)| flags & ANIMATION != 0)
    }

    fn content_of(&mut self, file: File, chunk: Chunk, len: u64) -> Result<Step, Why> {
        self.state = State::Content(chunk);
        file.exactly(chunk.at, chunk.len.min(len).max(1))
    }

    fn content(&mut self, file: File, chunk: Chunk, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match &chunk.kind {
            b"VP8X" => {
                let mut said: [u8; 10] = *bytes.first_chunk().ok_or(Why::Truncated)?;
                let [flags, reserved @ .., _, _, _, _, _, _] = &mut said;
                (*flags, *reserved) = (*flags & (ALPHA | ANIMATION), [0; 3]);
                self.wide = Some((said, draft.insert(riff::chunk(*b"VP8X", &said))?));
            }
            b"ANMF" => return self.frame(file, chunk, bytes, draft),
            b"EXIF" => {
                let tiff = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
                self.orientation = exif::look(tiff, draft).or(self.orientation);
            }
            b"XMP " => xmp::look(bytes, draft),
            b"ICCP" => draft.found(Kind::Other, "a colour profile"),
            kind => draft.found(Kind::Other, &unknown(*kind)),
        }
        self.next(file, chunk.end(), draft)
    }

    fn frame(&mut self, file: File, chunk: Chunk, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        if widen(bytes.len()) < FRAME {
            return Err(Why::Damaged("a frame is too short"));
        }
        let head = draft.insert(riff::head(*b"ANMF", 0))?;
        draft.keep(chunk.at, FRAME)?;
        self.frame = Some(Frame { end: chunk.at.saturating_add(chunk.len), head, seen: Seen::default() });
        self.next(file, chunk.at.saturating_add(FRAME), draft)
    }

    fn end_frame(&mut self, draft: &mut Draft) -> Result<(), Why> {
        let Some(frame) = self.frame.take() else { return Ok(()) };
        if !frame.seen.pixels {
            return Err(Why::Damaged("a frame holds no picture"));
        }
        self.seen.pixels = true;
        let len = draft.len_from(frame.head).saturating_sub(riff::HEAD);
        draft.replace(frame.head, riff::head(*b"ANMF", len));
        Ok(())
    }

    fn end(&mut self, file: File, draft: &mut Draft) -> Result<Step, Why> {
        if !self.seen.pixels {
            return Err(Why::Damaged("it holds no picture"));
        }
        let after = file.len.saturating_sub(self.limit);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the picture"));
        }
        if let (Some(way), Some((said, index))) = (self.orientation, self.wide) {
            let mut said = Vec::from(said);
            if let Some(flags) = said.first_mut() {
                *flags |= EXIF;
            }
            draft.replace(index, riff::chunk(*b"VP8X", &said));
            draft.insert(riff::chunk(*b"EXIF", &way.tiff()))?;
        }
        let len = draft.len_from(0).saturating_sub(riff::HEAD);
        draft.replace(0, riff::start(*b"WEBP", len));
        Ok(Step::Done)
    }
}

impl Scan for Webp {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.exactly(0, riff::START)
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match self.state {
            State::Start => self.start(file, bytes, draft),
            State::Head => self.head(file, at, bytes, draft),
            State::Content(chunk) => self.content(file, chunk, bytes, draft),
        }
    }
}

impl Seen {
    /// Whether a chunk of a picture stays: transparency before the pixels, and these, each once.
    fn stays(&mut self, kind: [u8; 4]) -> bool {
        match &kind {
            b"ALPH" => !self.pixels && !core::mem::replace(&mut self.alpha, true),
            b"VP8 " | b"VP8L" => !core::mem::replace(&mut self.pixels, true),
            _ => false,
        }
    }
}

fn unknown(kind: [u8; 4]) -> String {
    format!("a chunk {}", String::from_utf8_lossy(&kind).trim_end())
}
