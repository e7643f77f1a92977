//! JPEG (ITU-T T.81): the tables and scans that make the picture stay, byte for byte; every other segment goes.
//!
//! - JFIF's header and Adobe's colour mark are needed to show the right colours: both are written anew from their
//!   few meaningful numbers. The orientation stays as an EXIF of one tag.
//! - Colour profiles (ICC) go: they can hold the device's name, its maker and a date, and there are too many to tell
//!   the harmless ones. Colours of wide-gamut cameras look a little paler then; no pixel changes.
//! - Nothing after the picture's end stays: further pictures (MPF), films of "motion photos", trailers, or what a
//!   careless editor left of the uncropped file.
//! - A segment that stays must be exactly as long as its content: slack would be a place to hide.

mod segment;

use alloc::format;
use alloc::vec::Vec;

use crate::bytes::{Endian, slice, u16_at, widen};
use crate::exif::Orientation;
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why};

/// How every JPEG begins: SOI and the first byte of the next marker.
pub(crate) const MAGIC: [u8; 3] = [0xff, SOI, 0xff];

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const TEM: u8 = 0x01;

/// Bytes looked at to find a marker: with more fill bytes before it they are read in several steps.
const LOOK: u64 = 32;
/// The most segments and looks of a file; real ones have under a hundred, some ICC profiles 255 more.
const MAX_LOOKS: u32 = 20_000;

/// The way through a JPEG.
pub(crate) struct Jpeg {
    state: State,
    looks: u32,
    frames: u32,
    scans: u32,
    head: Head,
}

#[derive(Clone, Copy)]
enum State {
    /// A marker is expected.
    Marker,
    /// The content of a segment was asked for.
    Segment { marker: u8 },
    /// In the entropy-coded bytes of a scan.
    Scan,
}

/// What is written anew behind SOI.
#[derive(Default)]
struct Head {
    jfif: Option<[u8; 5]>,
    adobe_transform: Option<u8>,
    orientation: Option<Orientation>,
}

impl Jpeg {
    pub(crate) fn new() -> Self {
        Self { state: State::Marker, looks: 0, frames: 0, scans: 0, head: Head::default() }
    }

    fn look(&mut self, file: File, at: u64) -> Result<Step, Why> {
        self.looks = self.looks.checked_add(1).filter(|n| *n <= MAX_LOOKS).ok_or(Why::TooComplex)?;
        self.state = State::Marker;
        file.some(at, LOOK)
    }

    /// A marker: any number of FF, then its number.
    fn marker(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let fill = bytes.iter().take_while(|byte| **byte == 0xff).count();
        if fill == 0 {
            return Err(Why::Damaged("there is no marker where one must be"));
        }
        let Some(marker) = bytes.get(fill).copied() else {
            // Only FF so far: the marker may begin with the last of them.
            let last = fill.saturating_sub(1).max(1);
            return self.look(file, at.saturating_add(widen(last)));
        };
        let end = at.saturating_add(widen(fill)).saturating_add(1);
        match marker {
            EOI => self.end(file, end, draft),
            TEM => self.look(file, end),
            0 | SOI | 0xd0..=0xd7 => Err(Why::Damaged("a marker stands where it must not")),
            _ => match u16_at(bytes, fill.saturating_add(1), Endian::Big) {
                Some(len) => self.segment(file, marker, end, len, draft),
                None => self.look_closer(file, end),
            },
        }
    }

    /// The length fell outside of what was read: begin again at the marker itself.
    fn look_closer(&mut self, file: File, end: u64) -> Result<Step, Why> {
        let at = end.saturating_sub(2);
        file.exactly(at, 4)?;
        self.look(file, at)
    }

    /// A segment whose length field stands at `at`.
    fn segment(&mut self, file: File, marker: u8, at: u64, len: u16, draft: &mut Draft) -> Result<Step, Why> {
        let content = len.checked_sub(2).ok_or(Why::Damaged("a length is shorter than itself"))?;
        let start = at.saturating_add(2);
        if content > 0 {
            self.state = State::Segment { marker };
            return file.exactly(start, content.into());
        }
        self.content(file, marker, start, &[], draft)
    }

    /// The content of a segment, which begins at `at`.
    fn content(
        &mut self,
        file: File,
        marker: u8,
        at: u64,
        bytes: &[u8],
        draft: &mut Draft,
    ) -> Result<Step, Why> {
        let next = at.saturating_add(widen(bytes.len()));
        if segment::stays(marker, bytes)? {
            self.frames = self.frames.saturating_add(u32::from(segment::is_frame(marker)));
            if self.frames > 1 {
                return Err(Why::Damaged("it says its size twice"));
            }
            let start = at.checked_sub(4).ok_or(Why::Damaged("a segment stands before the file"))?;
            draft.keep(start, next.saturating_sub(start))?;
        } else {
            self.take_out(marker, bytes, draft);
        }
        if marker != SOS {
            return self.look(file, next);
        }
        if self.frames == 0 {
            return Err(Why::Damaged("its picture has no size"));
        }
        self.scans = self.scans.saturating_add(1);
        self.state = State::Scan;
        file.some(next, widen(MAX_READ))
    }

    fn take_out(&mut self, marker: u8, bytes: &[u8], draft: &mut Draft) {
        match segment::look(marker, bytes, draft) {
            Some(segment::Kept::Jfif(density)) => self.head.jfif = self.head.jfif.or(Some(density)),
            Some(segment::Kept::Adobe(transform)) => self.head.adobe_transform = Some(transform),
            Some(segment::Kept::Orientation(way)) => {
                self.head.orientation = self.head.orientation.or(Some(way));
            }
            None => {}
        }
    }

    /// Entropy-coded bytes up to the next marker. FF 00 is a byte FF, FF D0 to FF D7 restart the decoder.
    fn scan(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(|rest| rest.iter().position(|b| *b == 0xff)) {
            let ff = from.saturating_add(found);
            match bytes.get(ff.saturating_add(1)) {
                Some(0 | 0xd0..=0xd7) => from = ff.saturating_add(2),
                // Any number of FF may stand before a marker.
                Some(0xff) => from = ff.saturating_add(1),
                // A last FF belongs to what follows: read on from it.
                None if ff > 0 => return self.more(file, at, ff, draft),
                None => return Err(Why::Truncated),
                Some(_) => {
                    draft.keep(at, widen(ff))?;
                    return self.look(file, at.saturating_add(widen(ff)));
                }
            }
        }
        self.more(file, at, bytes.len(), draft)
    }

    fn more(&mut self, file: File, at: u64, len: usize, draft: &mut Draft) -> Result<Step, Why> {
        draft.keep(at, widen(len))?;
        file.some(at.saturating_add(widen(len)), widen(MAX_READ))
    }

    /// EOI; it ends at `end`.
    fn end(&mut self, file: File, end: u64, draft: &mut Draft) -> Result<Step, Why> {
        if self.scans == 0 {
            return Err(Why::Damaged("it holds no picture"));
        }
        draft.keep(end.saturating_sub(2), 2)?;
        let after = file.len.saturating_sub(end);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the picture"));
        }
        draft.insert_at(0, self.head.write());
        Ok(Step::Done)
    }
}

impl Scan for Jpeg {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        self.look(file, 2)
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match self.state {
            State::Marker => self.marker(file, at, bytes, draft),
            State::Segment { marker } => self.content(file, marker, at, bytes, draft),
            State::Scan => self.scan(file, at, bytes, draft),
        }
    }
}

impl Head {
    fn write(&self) -> Vec<u8> {
        let mut head = Vec::from([0xff, SOI]);
        if let Some(density) = self.jfif {
            head.extend([0xff, 0xe0, 0, 16]);
            head.extend(b"JFIF\0\x01\x01");
            head.extend(density);
            head.extend([0, 0]);
        }
        if let Some(way) = self.orientation {
            head.extend([0xff, 0xe1, 0, 34]);
            head.extend(b"Exif\0\0");
            head.extend(way.tiff());
        }
        if let Some(transform) = self.adobe_transform {
            head.extend([0xff, 0xee, 0, 14]);
            head.extend(b"Adobe\0\x64\0\0\0\0");
            head.push(transform);
        }
        head
    }
}

/// Units and densities of JFIF; square pixels need no resolution, which tells cameras apart.
fn density(content: &[u8]) -> Option<[u8; 5]> {
    let said = slice(content, 7, 5)?;
    let [_, x1, x2, y1, y2] = *said.first_chunk()?;
    Some(if [x1, x2] == [y1, y2] { [0, 0, 1, 0, 1] } else { [0, x1, x2, y1, y2] })
}
