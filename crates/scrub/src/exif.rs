//! What hides in EXIF (CIPA DC-008), to tell the person, and the one tag that stays: which way up the picture is.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{Endian, slice, u16_at, u32_at};
use crate::plan::Draft;
use crate::{Kind, degrees, iptc, xmp};

/// The most entries of a directory that are looked at; cameras write fewer than a hundred.
const MAX_ENTRIES: u16 = 512;

const ORIENTATION: u16 = 0x0112;
const EXIF_IFD: u16 = 0x8769;
const GPS_IFD: u16 = 0x8825;

/// Which way up a picture is: 2 to 8 of EXIF's eight; 1, upright, need not be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation(u8);

impl Orientation {
    fn new(value: u32) -> Option<Self> {
        u8::try_from(value).ok().filter(|v| (2..=8).contains(v)).map(Self)
    }

    /// A TIFF structure, 26 bytes, with this one tag.
    pub(crate) fn tiff(self) -> [u8; 26] {
        #[rustfmt::skip]
        let tiff = [
            b'M', b'M', 0, 42, 0, 0, 0, 8, // big-endian, first directory at 8
            0, 1, // one entry
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, self.0, 0, 0, // Orientation, SHORT, one
            0, 0, 0, 0, // no further directory
        ];
        tiff
    }
}

/// Notes what a TIFF structure says about the person; gives the orientation, if it isn't upright.
pub(crate) fn look(tiff: &[u8], draft: &mut Draft) -> Option<Orientation> {
    let endian = match tiff.first_chunk()? {
        b"II\x2a\0" => Endian::Little,
        b"MM\0\x2a" => Endian::Big,
        _ => return None,
    };
    let tiff = Tiff { bytes: tiff, endian };
    let first = tiff.directory(tiff.u32(4)?);
    for entry in &first.entries {
        tiff.note(entry, draft);
    }
    for entry in tiff.sub(&first, EXIF_IFD) {
        tiff.note(&entry, draft);
    }
    tiff.position(&tiff.sub(&first, GPS_IFD), draft);
    if first.next.is_some_and(|next| !tiff.directory(next).entries.is_empty()) {
        draft.found(Kind::Thumbnail, "");
    }
    first
        .entries
        .iter()
        .find(|e| e.tag == ORIENTATION)
        .and_then(|e| tiff.number(e))
        .and_then(Orientation::new)
}

struct Tiff<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

#[derive(Default)]
struct Directory {
    entries: Vec<Entry>,
    next: Option<u32>,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// Where its four bytes of value or offset stand.
    at: usize,
}

impl Tiff<'_> {
    fn u32(&self, at: usize) -> Option<u32> {
        u32_at(self.bytes, at, self.endian)
    }

    /// The directory at `at`; what can't be read of it is not there.
    fn directory(&self, at: u32) -> Directory {
        let read = || {
            let at = usize::try_from(at).ok()?;
            let count = u16_at(self.bytes, at, self.endian)?;
            let first = at.checked_add(2)?;
            let entry = |n: u16| self.entry(first.checked_add(usize::from(n).checked_mul(12)?)?);
            let mut entries: Vec<Entry> = Vec::new();
            for entry in (0..count.min(MAX_ENTRIES)).map_while(entry) {
                // A tag stands once (TIFF 6.0). Hundreds that all name one long value would keep the page busy for minutes.
                if entries.iter().all(|e| e.tag != entry.tag) {
                    entries.push(entry);
                }
            }
            let end = first.checked_add(usize::from(count).checked_mul(12)?)?;
            Some(Directory { entries, next: self.u32(end).filter(|next| *next != 0) })
        };
        read().unwrap_or_default()
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        Some(Entry {
            tag: u16_at(self.bytes, at, self.endian)?,
            kind: u16_at(self.bytes, at.checked_add(2)?, self.endian)?,
            count: self.u32(at.checked_add(4)?)?,
            at: at.checked_add(8).filter(|value| self.u32(*value).is_some())?,
        })
    }

    fn sub(&self, directory: &Directory, tag: u16) -> Vec<Entry> {
        let pointer = directory.entries.iter().find(|e| e.tag == tag).and_then(|e| self.number(e));
        pointer.map(|at| self.directory(at).entries).unwrap_or_default()
    }

    fn number(&self, entry: &Entry) -> Option<u32> {
        match entry.kind {
            1 => self.bytes.get(entry.at).copied().map(u32::from),
            3 => u16_at(self.bytes, entry.at, self.endian).map(u32::from),
            4 => self.u32(entry.at),
            _ => None,
        }
    }

    /// The bytes of a value: within its entry up to four, elsewhere when longer.
    fn data(&self, entry: &Entry) -> Option<&[u8]> {
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let len = usize::try_from(entry.count).ok()?.checked_mul(size)?;
        let at = if len <= 4 { entry.at } else { usize::try_from(self.u32(entry.at)?).ok()? };
        slice(self.bytes, at, len)
    }

    fn text(&self, entry: &Entry) -> String {
        self.data(entry).map(|data| String::from_utf8_lossy(data).into_owned()).unwrap_or_default()
    }

    /// A string of the tags that Windows writes: UTF-16, little-endian.
    fn wide_text(&self, entry: &Entry) -> String {
        let units =
            self.data(entry).unwrap_or_default().as_chunks().0.iter().copied().map(u16::from_le_bytes);
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
    }

    fn note(&self, entry: &Entry, draft: &mut Draft) {
        match entry.tag {
            // Maker, model, program, computer, serial numbers, lens, a picture's own number.
            0x010f | 0x0110 | 0x0131 | 0x013c | 0xa431 | 0xa433..=0xa435 | 0xa420 | 0xc62f => {
                draft.found(Kind::Device, &self.text(entry));
            }
            0x0132 | 0x9003 | 0x9004 | 0x9010..=0x9012 => draft.found(Kind::Date, &self.text(entry)),
            0x013b | 0x8298 | 0xa430 | 0xa437..=0xa439 => draft.found(Kind::Names, &self.text(entry)),
            0x010e | 0xa436 => draft.found(Kind::Text, &self.text(entry)),
            0x9c9d => draft.found(Kind::Names, &self.wide_text(entry)),
            0x9c9b | 0x9c9c | 0x9c9e | 0x9c9f => draft.found(Kind::Text, &self.wide_text(entry)),
            // The first eight bytes name the character set.
            0x9286 => draft.found(
                Kind::Text,
                &String::from_utf8_lossy(self.data(entry).and_then(|d| d.get(8..)).unwrap_or_default()),
            ),
            0x927c => draft.found(Kind::Other, "notes of the device's maker"),
            0x02bc => xmp::look(self.data(entry).unwrap_or_default(), draft),
            0x83bb => iptc::look(self.data(entry).unwrap_or_default(), draft),
            _ => {}
        }
    }

    fn position(&self, gps: &[Entry], draft: &mut Draft) {
        let entry = |tag| gps.iter().find(|e| e.tag == tag);
        let side = |tag| entry(tag).map(|e| self.text(e)).unwrap_or_default();
        let degrees = |tag| entry(tag).and_then(|e| self.degrees(e));
        let (south, west) = (side(1).starts_with('S'), side(3).starts_with('W'));
        match (degrees(2), degrees(4)) {
            (Some(lat), Some(lon)) => {
                let lat = if south { lat.saturating_neg() } else { lat };
                let lon = if west { lon.saturating_neg() } else { lon };
                draft.found(Kind::Position, &degrees::place(lat, lon));
            }
            _ if !gps.is_empty() => draft.found(Kind::Position, ""),
            _ => {}
        }
        if let Some(date) = entry(0x1d) {
            draft.found(Kind::Date, &self.text(date));
        }
    }

    /// Degrees, minutes and seconds as three fractions; answers [`degrees::UNITS`].
    fn degrees(&self, entry: &Entry) -> Option<i64> {
        const SECONDS: u64 = 3_600;
        const FINE: u64 = SECONDS * degrees::UNITS.unsigned_abs(); // times 2^32 - 1 it fits into 64 bits
        let data = self.data(entry).filter(|_| entry.kind == 5)?;
        let part = |at: usize| {
            let over = u32_at(data, at, self.endian)?;
            let under = u32_at(data, at.checked_add(4)?, self.endian).filter(|under| *under != 0)?;
            u64::from(over).checked_mul(FINE)?.checked_div(u64::from(under))
        };
        let minutes = part(8).unwrap_or_default().checked_div(60)?;
        let seconds = part(16).unwrap_or_default().checked_div(SECONDS)?;
        let fine = part(0)?.checked_add(minutes)?.checked_add(seconds)?.checked_add(SECONDS / 2)?;
        let units = i64::try_from(fine.checked_div(SECONDS)?).ok()?;
        Some(units).filter(|units| *units <= 360 * degrees::UNITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    #[test]
    fn a_tag_is_read_once_however_often_it_stands() {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\x01\xf4".to_vec();
        for name in 0..500_u16 {
            tiff.extend(b"\x01\x0f\0\x02\0\0\0\x02\x41");
            tiff.extend([b'0' + u8::try_from(name % 10).unwrap(), 0, 0]);
        }
        let mut draft = Draft::default();
        look(&tiff, &mut draft);
        let plan = draft.finish(Format::Jpeg);
        let values: Vec<_> = plan.findings().iter().filter_map(|f| f.value.as_deref()).collect();
        assert_eq!(values, ["A0"]);
    }
}
