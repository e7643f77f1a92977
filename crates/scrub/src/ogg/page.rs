//! A page of Ogg (RFC 3533, section 6): 27 bytes of head, the lengths of its segments, and these.

use alloc::vec::Vec;

use super::MAGIC;
use crate::Why;
use crate::bytes::{array, slice, widen};
use crate::crc::OggCrc;

/// Bytes of the head before the segments' lengths.
const HEAD: usize = 27;
/// Where the stream's number, the page's and the check sum stand: twelve bytes that are written anew.
pub(super) const OURS_AT: u64 = 14;
/// The stream's number in every file that we made.
const SERIAL: [u8; 4] = [1, 0, 0, 0];

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

/// A whole page whose check sum is right.
pub(super) struct Page {
    pub(super) serial: [u8; 4],
    pub(super) begins: bool,
    pub(super) ends: bool,
    /// The lengths of the segments.
    lacing: Vec<u8>,
    data: usize,
}

impl Page {
    /// The page that `bytes` begin with; `None` when it goes on behind them.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Why> {
        let Some(head) = bytes.first_chunk::<HEAD>() else { return Ok(None) };
        let [_, _, _, _, version, flags, .., segments] = *head;
        if !head.starts_with(MAGIC) || version != 0 || flags > (CONTINUED | FIRST | LAST) {
            return Err(Why::Damaged("a page is none"));
        }
        let Some(lacing) = slice(bytes, HEAD, segments.into()) else { return Ok(None) };
        let data: usize = lacing.iter().map(|len| usize::from(*len)).sum();
        let page = Self {
            serial: array(bytes, 14).unwrap_or_default(),
            begins: flags & FIRST != 0,
            ends: flags & LAST != 0,
            lacing: Vec::from(lacing),
            data,
        };
        let Some(whole) = usize::try_from(page.len()).ok().and_then(|len| slice(bytes, 0, len)) else {
            return Ok(None);
        };
        if array(bytes, 22) != Some(page.sum(whole, None)) {
            return Err(Why::Damaged("a check sum is wrong"));
        }
        Ok(Some(page))
    }

    /// Bytes of the whole page.
    pub(super) fn len(&self) -> u64 {
        widen(HEAD).saturating_add(widen(self.lacing.len())).saturating_add(widen(self.data))
    }

    /// What stands in it.
    pub(super) fn data<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        slice(bytes, HEAD.saturating_add(self.lacing.len()), self.data).unwrap_or_default()
    }

    /// The parts of packets in it: how long, and whether the packet ends there.
    pub(super) fn packets(&self) -> impl Iterator<Item = (usize, bool)> {
        let mut parts = Vec::new();
        let mut len = 0_usize;
        for (at, segment) in self.lacing.iter().enumerate() {
            len = len.saturating_add(usize::from(*segment));
            let last = at.saturating_add(1) == self.lacing.len();
            if *segment < 255 || last {
                parts.push((core::mem::take(&mut len), *segment < 255));
            }
        }
        parts.into_iter()
    }

    /// The twelve bytes of the same page as number `number` of our stream.
    pub(super) fn anew(&self, bytes: &[u8], number: u32) -> [u8; 12] {
        let [a, b, c, d] = number.to_le_bytes();
        let [e, f, g, h] = SERIAL;
        let whole = usize::try_from(self.len()).ok().and_then(|len| slice(bytes, 0, len)).unwrap_or_default();
        let [i, j, k, l] = self.sum(whole, Some([e, f, g, h, a, b, c, d]));
        [e, f, g, h, a, b, c, d, i, j, k, l]
    }

    /// The check sum of a page, or of the page that it is with another place.
    fn sum(&self, whole: &[u8], place: Option<[u8; 8]>) -> [u8; 4] {
        let own = array(whole, 14).unwrap_or_default();
        let crc = OggCrc::new().with(whole.get(..14).unwrap_or_default()).with(&place.unwrap_or(own));
        crc.with(&[0; 4]).with(whole.get(26..).unwrap_or_default()).sum().to_le_bytes()
    }
}

/// Pages of header packets, the first of them number `number`; and the number after them.
pub(super) fn write(packets: &[Vec<u8>], number: u32) -> (Vec<u8>, u32) {
    let segments: Vec<&[u8]> = packets.iter().flat_map(|packet| segments(packet)).collect();
    let (mut pages, mut number, mut continued) = (Vec::new(), number, false);
    for group in segments.chunks(255) {
        let ends = group.iter().any(|segment| segment.len() < 255);
        let mut page = Vec::from(MAGIC);
        page.extend([0, if continued { CONTINUED } else { 0 }]);
        // Headers stand at the beginning of time; where no packet ends, there is no time.
        page.extend(if ends { [0; 8] } else { [0xff; 8] });
        page.extend(SERIAL);
        page.extend(number.to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(group.len()).unwrap_or(u8::MAX));
        page.extend(group.iter().map(|segment| u8::try_from(segment.len()).unwrap_or(u8::MAX)));
        page.extend(group.concat());
        let sum = OggCrc::new().with(&page).sum().to_le_bytes();
        for (to, from) in page.iter_mut().skip(22).zip(sum) {
            *to = from;
        }
        pages.extend(page);
        number = number.saturating_add(1);
        continued = group.last().is_some_and(|segment| segment.len() == 255);
    }
    (pages, number)
}

/// A packet's segments: 255 bytes each, and a shorter one that ends it.
fn segments(packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (whole, last) = packet.as_chunks::<255>();
    whole.iter().map(|segment| &segment[..]).chain([last])
}
