//! Ogg with one stream of Opus or Vorbis (RFC 3533, RFC 7845, the Vorbis I specification): pages of sound stay.
//!
//! - The comment header, with names, dates and covers, is written anew: no program, no comments. Vorbis's tables
//!   behind it stay.
//! - The stream's number, which programs draw from the clock, becomes the same in every file, so each page gets a
//!   number, a place and a check sum of ours: two edits a page.
//! - Each page's check sum is verified: a damaged recording is told now and not at the desk.
//! - Other streams (FLAC, Speex, Theora), several of them, or one after the other, are refused.

mod comment;
mod page;

use alloc::format;
use alloc::vec::Vec;

use crate::bytes::widen;
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why};
use page::Page;

/// How every Ogg begins.
pub(crate) const MAGIC: &[u8] = b"OggS";
/// The most bytes of the comment header that are looked at.
const MAX_LOOK: usize = MAX_READ;
/// The most bytes of Vorbis's tables; encoders write under ten thousand.
const MAX_TABLES: usize = 262_144;

/// The way through an Ogg.
#[derive(Default)]
pub(crate) struct Ogg {
    codec: Option<Codec>,
    serial: [u8; 4],
    /// Header packets that have ended.
    headers: u8,
    /// The header packet on its way.
    packet: Vec<u8>,
    tables: Vec<u8>,
    /// The next page's number in the new file.
    number: u32,
    ended: bool,
}

/// What is in the stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    Opus,
    Vorbis,
}

impl Codec {
    fn of(packet: &[u8]) -> Result<Self, Why> {
        if packet.starts_with(b"OpusHead") {
            let whole = match (packet.get(18), packet.get(9)) {
                (Some(0), _) => packet.len() == 19,
                (_, Some(channels)) => packet.len() == usize::from(*channels).saturating_add(21),
                _ => false,
            };
            return if whole {
                Ok(Self::Opus)
            } else {
                Err(Why::Damaged("its head is not as long as it must be"))
            };
        }
        if packet.starts_with(b"\x01vorbis") {
            let whole = packet.len() == 30;
            return if whole {
                Ok(Self::Vorbis)
            } else {
                Err(Why::Damaged("its head is not as long as it must be"))
            };
        }
        Err(Why::Unsupported("an Ogg that holds something else than Opus or Vorbis"))
    }

    /// Packets before the sound.
    fn headers(self) -> u8 {
        match self {
            Self::Opus => 2,
            Self::Vorbis => 3,
        }
    }
}

impl Ogg {
    fn page(&mut self, at: u64, bytes: &[u8], page: &Page, draft: &mut Draft) -> Result<(), Why> {
        if page.begins != (self.codec.is_none()) || self.codec.is_some() && page.serial != self.serial {
            return Err(Why::Unsupported("an Ogg of several streams"));
        }
        match self.codec {
            None => self.first(at, bytes, page, draft),
            Some(codec) if self.headers < codec.headers() => self.header(codec, bytes, page, draft),
            Some(_) => self.keep(at, bytes, page, draft),
        }
    }

    fn first(&mut self, at: u64, bytes: &[u8], page: &Page, draft: &mut Draft) -> Result<(), Why> {
        let data = page.data(bytes);
        self.codec = Some(Codec::of(data)?);
        if page.packets().ne([(data.len(), true)]) {
            return Err(Why::Damaged("its first page holds more than its head"));
        }
        (self.serial, self.headers) = (page.serial, 1);
        self.keep(at, bytes, page, draft)
    }

    /// A page with parts of the comments or of Vorbis's tables: it goes, and is written anew when all of them are there.
    fn header(&mut self, codec: Codec, bytes: &[u8], page: &Page, draft: &mut Draft) -> Result<(), Why> {
        let mut data = page.data(bytes);
        for (len, ends) in page.packets() {
            let (part, rest) = data.split_at_checked(len).ok_or(Why::Truncated)?;
            data = rest;
            self.part(codec, part, ends, draft)?;
        }
        if self.headers < codec.headers() {
            return Ok(());
        }
        let mut packets = Vec::from([comment::none(codec == Codec::Vorbis)]);
        if codec == Codec::Vorbis {
            packets.push(core::mem::take(&mut self.tables));
        }
        let (pages, next) = page::write(&packets, self.number);
        self.number = next;
        draft.insert(pages).map(drop)
    }

    fn part(&mut self, codec: Codec, part: &[u8], ends: bool, draft: &mut Draft) -> Result<(), Why> {
        match self.headers {
            1 => {
                let room = MAX_LOOK.saturating_sub(self.packet.len());
                self.packet.extend(part.iter().take(room));
            }
            2 if codec == Codec::Vorbis => {
                self.tables.extend(part);
                if self.tables.len() > MAX_TABLES {
                    return Err(Why::TooComplex);
                }
            }
            _ => return Err(Why::Damaged("its sound begins before its headers end")),
        }
        if ends {
            if self.headers == 1 {
                comment::look(&core::mem::take(&mut self.packet), codec == Codec::Vorbis, draft)?;
            } else if !self.tables.starts_with(b"\x05vorbis") {
                return Err(Why::Damaged("its tables are not where they must be"));
            }
            self.headers = self.headers.saturating_add(1);
        }
        Ok(())
    }

    /// A page that stays, with a number, a place and a sum of ours.
    fn keep(&mut self, at: u64, bytes: &[u8], page: &Page, draft: &mut Draft) -> Result<(), Why> {
        let ours = page.anew(bytes, self.number);
        self.number = self.number.checked_add(1).ok_or(Why::TooComplex)?;
        draft.keep(at, page::OURS_AT)?;
        draft.insert(Vec::from(ours))?;
        let rest = page::OURS_AT.saturating_add(widen(ours.len()));
        draft.keep(at.saturating_add(rest), page.len().saturating_sub(rest))?;
        self.ended = page.ends;
        Ok(())
    }

    fn end(&self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        if self.codec.is_none_or(|codec| self.headers < codec.headers()) {
            return Err(Why::Truncated);
        }
        let after = file.len.saturating_sub(at);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the sound"));
        }
        Ok(Step::Done)
    }
}

impl Scan for Ogg {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.some(0, widen(MAX_READ))
    }

    /// Whole pages, as many as there are in `bytes`; the longest one fits.
    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let mut used = 0_usize;
        loop {
            let next = at.saturating_add(widen(used));
            let rest = bytes.get(used..).unwrap_or_default();
            let another = rest.starts_with(MAGIC);
            if next >= file.len || self.ended && rest.len() >= MAGIC.len() && !another {
                return self.end(file, next, draft);
            }
            match Page::read(rest)? {
                Some(page) => {
                    self.page(next, rest, &page, draft)?;
                    used = used.saturating_add(usize::try_from(page.len()).unwrap_or(usize::MAX));
                }
                // What is left of the window is no whole page: the file ends in it, or is read from there.
                None if used > 0 && file.len.saturating_sub(next) > widen(rest.len()) => {
                    return file.some(next, widen(MAX_READ));
                }
                None if self.ended => return self.end(file, next, draft),
                None => return Err(Why::Truncated),
            }
        }
    }
}
