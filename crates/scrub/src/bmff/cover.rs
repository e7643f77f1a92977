//! Which bytes of the media something names: all others become zeros. Chunks of all tracks come in the order in which
//! they lie, so a film of any length takes the same memory.

use alloc::vec::Vec;

use super::overlay::Overlay;
use super::table::{Chunk, Cursor, Need, Next};
use crate::{Why, order};

/// The most gaps of which it is looked at whether they hold anything, to tell the person.
const MAX_LOOKS: usize = 64;
/// The most `mdat` boxes.
const MAX_AREAS: usize = 4_096;

/// Media, what names parts of them, and how far it has come.
#[derive(Default)]
pub(super) struct Cover {
    /// Content of each `mdat`: where it begins and ends. They come in order.
    areas: Vec<(u64, u64)>,
    tracks: Vec<Track>,
    /// Parts of pictures, in order after [`Cover::begin`].
    parts: Vec<(u64, u64)>,
    part: usize,
    /// The area that is being covered, how far, and whether what came last may be longer than it said.
    area: usize,
    done: u64,
    open: bool,
    needed: Option<(usize, Need)>,
    gaps: Vec<(u64, u64)>,
}

struct Track {
    cursor: Cursor,
    next: Option<Chunk>,
    ended: bool,
}

impl Cover {
    pub(super) fn add_area(&mut self, from: u64, to: u64) -> Result<(), Why> {
        if self.areas.len() >= MAX_AREAS {
            return Err(Why::TooComplex);
        }
        self.areas.push((from, to));
        Ok(())
    }

    pub(super) fn add_track(&mut self, cursor: Cursor) {
        self.tracks.push(Track { cursor, next: None, ended: false });
    }

    pub(super) fn add_parts(&mut self, parts: &[(u64, u64)]) {
        self.parts.extend(parts);
    }

    /// Whether anything names a part of the media.
    pub(super) fn has_sources(&self) -> bool {
        !self.tracks.is_empty() || !self.parts.is_empty()
    }

    pub(super) fn begin(&mut self) {
        self.parts = order::sorted(core::mem::take(&mut self.parts));
        self.done = self.areas.first().map_or(0, |(from, _)| *from);
    }

    /// Goes on until bytes are needed; `None` at the end.
    pub(super) fn step(&mut self, overlay: &mut Overlay) -> Result<Option<(u64, u64)>, Why> {
        loop {
            if let Some((index, need)) = self.need()? {
                let read = (need.at, need.len);
                self.needed = Some((index, need));
                return Ok(Some(read));
            }
            match self.take() {
                Some(chunk) => self.cover(chunk, overlay)?,
                None => {
                    while self.area < self.areas.len() {
                        self.leave(overlay)?;
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// Takes the bytes that were needed.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if let Some((index, need)) = self.needed.take()
            && let Some(track) = self.tracks.get_mut(index)
        {
            track.cursor.feed(&need, bytes);
        }
    }

    /// The first gaps that were found, for somebody to look into.
    pub(super) fn gaps(&mut self) -> Vec<(u64, u64)> {
        core::mem::take(&mut self.gaps)
    }

    /// Makes sure that every track has its next chunk.
    fn need(&mut self) -> Result<Option<(usize, Need)>, Why> {
        for (index, track) in self.tracks.iter_mut().enumerate() {
            if track.next.is_some() || track.ended {
                continue;
            }
            match track.cursor.next()? {
                Next::Need(need) => return Ok(Some((index, need))),
                Next::Chunk(chunk) => track.next = Some(chunk),
                Next::End => track.ended = true,
            }
        }
        Ok(None)
    }

    /// The first of what comes next.
    fn take(&mut self) -> Option<Chunk> {
        let track =
            self.tracks.iter_mut().filter(|track| track.next.is_some()).min_by_key(|t| t.next.map(|c| c.at));
        let part = self.parts.get(self.part).copied();
        match (track, part) {
            (Some(track), part) if part.is_none_or(|(from, _)| track.next.is_some_and(|c| c.at <= from)) => {
                track.next.take()
            }
            (_, Some((at, end))) => {
                self.part = self.part.saturating_add(1);
                Some(Chunk { at, len: end.saturating_sub(at), open: false })
            }
            _ => None,
        }
    }

    fn cover(&mut self, chunk: Chunk, overlay: &mut Overlay) -> Result<(), Why> {
        if chunk.len == 0 {
            return Ok(());
        }
        while self.areas.get(self.area).is_some_and(|(_, to)| chunk.at >= *to) {
            self.leave(overlay)?;
        }
        let end = chunk.at.saturating_add(chunk.len);
        match self.areas.get(self.area) {
            Some((from, to)) if chunk.at >= *from && end <= *to => {}
            _ => return Err(Why::Damaged("its tables name what is not there")),
        }
        if chunk.at > self.done && !self.open {
            self.gap(chunk.at, overlay)?;
        }
        self.open = chunk.open || self.open && end < self.done;
        self.done = self.done.max(end);
        Ok(())
    }

    /// Goes to the next area; what is left of this one is a gap.
    fn leave(&mut self, overlay: &mut Overlay) -> Result<(), Why> {
        if let Some((_, to)) = self.areas.get(self.area).copied()
            && to > self.done
            && !self.open
        {
            self.gap(to, overlay)?;
        }
        self.area = self.area.saturating_add(1);
        self.done = self.areas.get(self.area).map_or(u64::MAX, |(from, _)| *from);
        self.open = false;
        Ok(())
    }

    fn gap(&mut self, to: u64, overlay: &mut Overlay) -> Result<(), Why> {
        if self.gaps.len() < MAX_LOOKS {
            self.gaps.push((self.done, to));
        }
        overlay.zero(self.done, to.saturating_sub(self.done))
    }
}
