//! The way through the boxes, then through the tables, then into what goes.

use alloc::format;
use alloc::vec::Vec;

use super::boxes::{self, Fate, Head};
use super::cover::Cover;
use super::overlay::Overlay;
use super::sample::{self, Class};
use super::table::{Cursor, Sizes, Table};
use super::{field, heif, tell};
use crate::bytes::{Endian, u16_at, u32_at, widen};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why};

/// The most boxes of a file, and the most tracks.
const MAX_BOXES: u32 = 20_000;
const MAX_TRACKS: u32 = 16;

/// The way through an ISO base media file.
#[derive(Default)]
pub(crate) struct Bmff {
    state: State,
    stack: Vec<Head>,
    boxes: u32,
    tracks: u32,
    track: Track,
    film: bool,
    picture: bool,
    /// Where the last box ends that stays: what follows is cut off.
    end: u64,
    overlay: Overlay,
    cover: Cover,
    /// What is looked into at the end, to tell the person.
    looks: Vec<heif::Look>,
}

#[derive(Default)]
enum State {
    #[default]
    Head,
    /// The beginning of a content was asked for.
    Content(Head, Fate),
    /// A whole content is being read.
    Whole(Head, Vec<u8>),
    Cover,
    Look(heif::What),
}

/// A track on its way.
#[derive(Default)]
struct Track {
    handler: Option<[u8; 4]>,
    class: Option<Class>,
    offsets: Option<Table>,
    runs: Option<Table>,
    sizes: Option<Sizes>,
}

impl Bmff {
    /// Goes on at `at`, where a box begins or a container ends.
    fn next(&mut self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        let mut at = at;
        loop {
            let limit = self.stack.last().map_or(file.len, |open| open.end);
            match limit.saturating_sub(at) {
                0 => match self.stack.pop() {
                    Some(open) if &open.kind == b"trak" => self.end_track()?,
                    Some(_) => {}
                    None => return self.tables(file, at, draft),
                },
                // QuickTime may end a list with four zeros.
                left @ 1..8 if !self.stack.is_empty() => {
                    self.overlay.zero(at, left)?;
                    at = limit;
                }
                1..8 => return self.tables(file, at, draft),
                _ => {
                    self.state = State::Head;
                    return file.some(at, boxes::LOOK);
                }
            }
        }
    }

    fn head(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        self.boxes = self.boxes.checked_add(1).filter(|n| *n <= MAX_BOXES).ok_or(Why::TooComplex)?;
        let parent = self.stack.last().map_or(*b"file", |open| open.kind);
        let limit = self.stack.last().map_or(file.len, |open| open.end);
        let head = match Head::read(at, bytes, limit, self.stack.is_empty()) {
            Ok(head) => head,
            // Behind a whole file may stand what is no box at all.
            Err(_) if self.stack.is_empty() && self.cover.has_sources() && !begins_known(bytes) => {
                return self.tables(file, at, draft);
            }
            Err(why) => return Err(why),
        };
        let fate = boxes::fate(&parent, &head.kind, head.len())?;
        if self.stack.is_empty() && fate != Fate::Blank {
            self.end = head.end;
        }
        match fate {
            Fate::Enter => self.enter(file, head, draft),
            Fate::Keep => self.next(file, head.end, draft),
            Fate::Media => {
                self.cover.add_area(head.content, head.end)?;
                self.next(file, head.end, draft)
            }
            Fate::Whole(max) if head.len() > max => Err(Why::TooComplex),
            Fate::Whole(_) => self.more(file, head, Vec::new(), draft),
            Fate::Blank if head.len() == 0 => {
                self.blank(head)?;
                self.next(file, head.end, draft)
            }
            _ => {
                self.state = State::Content(head, fate);
                file.exactly(head.content, head.len().clamp(1, widen(MAX_READ)))
            }
        }
    }

    fn enter(&mut self, file: File, head: Head, draft: &mut Draft) -> Result<Step, Why> {
        match &head.kind {
            b"moov" if core::mem::replace(&mut self.film, true) => {
                return Err(Why::Damaged("it is two films"));
            }
            b"trak" => {
                self.tracks =
                    self.tracks.checked_add(1).filter(|n| *n <= MAX_TRACKS).ok_or(Why::TooComplex)?;
                self.track = Track::default();
            }
            _ => {}
        }
        self.stack.push(head);
        self.next(file, head.content, draft)
    }

    fn blank(&mut self, head: Head) -> Result<(), Why> {
        if &head.kind != b"free" {
            self.overlay.bytes(head.at.saturating_add(4), Vec::from(*b"free"))?;
        }
        self.overlay.zero(head.content, head.len())
    }

    fn content(&mut self, head: Head, fate: Fate, bytes: &[u8], draft: &mut Draft) -> Result<(), Why> {
        match fate {
            Fate::Fields => {
                let handler = field::clean(&head, bytes, &mut self.overlay, draft)?;
                let of_track = self.stack.last().is_some_and(|open| &open.kind == b"mdia");
                match handler.as_ref().filter(|_| of_track) {
                    Some(b"vide" | b"pict" | b"soun") | None => {}
                    Some(_) => return Err(Why::Track),
                }
                self.track.handler = handler.filter(|_| of_track).or(self.track.handler);
                Ok(())
            }
            Fate::Table => self.table(head, bytes),
            _ => {
                tell::content(head.kind, bytes, draft);
                self.blank(head)
            }
        }
    }

    fn table(&mut self, head: Head, bytes: &[u8]) -> Result<(), Why> {
        let len = field::table_len(&head.kind, bytes)?;
        if len > head.len() {
            return Err(Why::Damaged("a table is not as long as it says"));
        }
        self.overlay.zero(head.content.saturating_add(len), head.len().saturating_sub(len))?;
        let count = |at| u32_at(bytes, at, Endian::Big).unwrap_or_default();
        let table = |at: u64, count, width| Table::new(head.content.saturating_add(at), count, width);
        let twice = match &head.kind {
            b"stco" => self.track.offsets.replace(table(8, count(4), 4)).is_some(),
            b"co64" => self.track.offsets.replace(table(8, count(4), 8)).is_some(),
            b"stsc" => self.track.runs.replace(table(8, count(4), 12)).is_some(),
            b"stsz" if count(4) != 0 => self.track.sizes.replace(Sizes::Same(count(4))).is_some(),
            b"stsz" => self.track.sizes.replace(Sizes::Table(table(12, count(8), 4))).is_some(),
            b"stz2" => {
                let width = match u16_at(bytes, 6, Endian::Big) {
                    Some(8) => 1,
                    Some(16) => 2,
                    _ => return Err(Why::Unsupported("a film with samples of a few bytes")),
                };
                self.track.sizes.replace(Sizes::Table(table(12, count(8), width))).is_some()
            }
            _ => false,
        };
        if twice { Err(Why::Damaged("a table stands twice")) } else { Ok(()) }
    }

    fn end_track(&mut self) -> Result<(), Why> {
        let track = core::mem::take(&mut self.track);
        let sound = match (track.handler, track.class) {
            (Some([b's', ..]), Some(Class::Sound)) => true,
            (Some([b'v' | b'p', ..]), Some(Class::Picture)) => false,
            _ => return Err(Why::Damaged("a track does not say what it holds")),
        };
        let (Some(offsets), Some(runs), Some(sizes)) = (track.offsets, track.runs, track.sizes) else {
            return Err(Why::Damaged("a track has no tables"));
        };
        self.cover.add_track(Cursor::new(offsets, runs, sizes, sound));
        Ok(())
    }

    /// Asks for what is missing of a content that is read as a whole.
    fn more(&mut self, file: File, head: Head, have: Vec<u8>, draft: &mut Draft) -> Result<Step, Why> {
        let at = head.content.saturating_add(widen(have.len()));
        let left = head.end.saturating_sub(at);
        if left == 0 {
            self.whole(head, &have, draft)?;
            return self.next(file, head.end, draft);
        }
        self.state = State::Whole(head, have);
        file.exactly(at, left.min(widen(MAX_READ)))
    }

    fn whole(&mut self, head: Head, bytes: &[u8], draft: &mut Draft) -> Result<(), Why> {
        match &head.kind {
            b"dref" => field::references(&head, bytes, &mut self.overlay),
            b"stsd" => {
                if self.track.class.is_some() {
                    return Err(Why::Damaged("a table stands twice"));
                }
                self.coded(head, bytes, draft)
            }
            _ if !heif::is_picture(bytes) => {
                tell::content(head.kind, bytes, draft);
                self.blank(head)
            }
            _ if core::mem::replace(&mut self.picture, true) => Err(Why::Damaged("it is two pictures")),
            _ => {
                let meta = heif::rewrite(bytes, draft)?;
                self.cover.add_parts(&meta.parts);
                self.looks = meta.looks;
                self.overlay.bytes(head.content, meta.content)
            }
        }
    }

    fn coded(&mut self, head: Head, bytes: &[u8], draft: &mut Draft) -> Result<(), Why> {
        let cleaned = sample::read(bytes)?;
        for name in &cleaned.names {
            draft.found(Kind::Device, &alloc::string::String::from_utf8_lossy(name));
        }
        for (at, len) in cleaned.zeros {
            self.overlay.zero(head.content.saturating_add(at), len)?;
        }
        for at in cleaned.blanked {
            self.overlay.bytes(head.content.saturating_add(at).saturating_add(4), Vec::from(*b"free"))?;
        }
        for (at, len) in cleaned.blanks {
            let blanks = core::iter::repeat_n(b' ', len).collect();
            self.overlay.bytes(head.content.saturating_add(at), blanks)?;
        }
        self.track.class = cleaned.class;
        Ok(())
    }

    /// All boxes are known; now which bytes of the media their tables name.
    fn tables(&mut self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        if !self.cover.has_sources() {
            return Err(Why::Damaged("it holds no picture and no sound"));
        }
        let after = file.len.saturating_sub(at);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end"));
        }
        self.cover.begin();
        self.covered(file, draft)
    }

    fn covered(&mut self, file: File, draft: &mut Draft) -> Result<Step, Why> {
        self.state = State::Cover;
        if let Some((at, len)) = self.cover.step(&mut self.overlay)? {
            return file.exactly(at, len);
        }
        // What goes of a picture lies in gaps, too.
        if self.looks.is_empty() {
            self.looks = heif::gaps(self.cover.gaps());
        }
        self.look(file, draft)
    }

    fn look(&mut self, file: File, draft: &mut Draft) -> Result<Step, Why> {
        while let Some(look) = self.looks.pop() {
            if look.len > 0 && look.at.saturating_add(look.len) <= file.len {
                self.state = State::Look(look.what);
                return file.exactly(look.at, look.len.min(widen(MAX_READ)));
            }
        }
        self.overlay.finish(self.end, draft)?;
        Ok(Step::Done)
    }
}

impl Scan for Bmff {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.some(0, boxes::LOOK)
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match core::mem::take(&mut self.state) {
            State::Head => self.head(file, at, bytes, draft),
            State::Content(head, fate) => {
                self.content(head, fate, bytes, draft)?;
                self.next(file, head.end, draft)
            }
            State::Whole(head, mut have) => {
                have.extend(bytes);
                self.more(file, head, have, draft)
            }
            State::Cover => {
                self.cover.feed(bytes);
                self.covered(file, draft)
            }
            State::Look(what) => {
                what.tell(bytes, draft);
                self.look(file, draft)
            }
        }
    }
}

/// Whether what can't be read begins as one of the boxes without which a file is not whole.
fn begins_known(bytes: &[u8]) -> bool {
    matches!(bytes.get(4..8), Some(b"mdat" | b"moov" | b"meta" | b"moof"))
}
