//! The fields of boxes that stay: times, languages and names in them become zeros.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::boxes::Head;
use super::overlay::Overlay;
use crate::bytes::{Endian, array, slice, u16_at, u32_at, widen};
use crate::plan::Draft;
use crate::{Kind, Why};

/// `und` as ISO 639-2 is packed into two bytes: no language is said.
const UNDETERMINED: [u8; 2] = [0x55, 0xc4];

/// Zeros in place of the fields of `head` that tell something; `bytes` are its content's first. Answers a handler's type.
pub(super) fn clean(
    head: &Head,
    bytes: &[u8],
    overlay: &mut Overlay,
    draft: &mut Draft,
) -> Result<Option<[u8; 4]>, Why> {
    if &head.kind == b"hdlr" {
        return handler(head, bytes, overlay, draft).map(Some);
    }
    let wide = match bytes.first() {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(Why::Unsupported("a film of a newer kind")),
    };
    let times = if wide { 16 } else { 8 };
    note_times(bytes, wide, draft);
    let mut patch = |at: u64, len: u64| overlay.zero(head.content.saturating_add(at), len);
    patch(4, times)?;
    // What follows the times: (zeros from, how many) and where all ends, for lengths of 4 bytes.
    let more = if wide { 12 } else { 0 };
    let (zeros, end): (&[(u64, u64)], u64) = match &head.kind {
        b"mvhd" => (&[(26, 10), (72, 24)], 100),
        b"tkhd" => (&[], 84),
        _ => (&[(22, 2)], 24),
    };
    for (at, len) in zeros {
        patch(at.saturating_add(more), *len)?;
    }
    let end = end.saturating_add(more);
    if head.len() < end {
        return Err(Why::Damaged("a box is too short"));
    }
    patch(end, head.len().saturating_sub(end))?;
    if &head.kind == b"mdhd" {
        language(head, bytes, 20_u64.saturating_add(more), overlay, draft)?;
    }
    Ok(None)
}

fn language(head: &Head, bytes: &[u8], at: u64, overlay: &mut Overlay, draft: &mut Draft) -> Result<(), Why> {
    let said = usize::try_from(at).ok().and_then(|at| array(bytes, at)).unwrap_or(UNDETERMINED);
    if said == UNDETERMINED {
        return Ok(());
    }
    let packed = u16::from_be_bytes(said);
    // Under 0x400 it is one of the Macintosh's numbers.
    let letters = [packed >> 10 & 31, packed >> 5 & 31, packed & 31]
        .map(|n| u8::try_from(n).unwrap_or_default() | 0x60);
    if packed >= 0x400 && packed != 0x7fff {
        draft.found(Kind::Other, &format!("a language: {}", String::from_utf8_lossy(&letters)));
    }
    overlay.bytes(head.content.saturating_add(at), Vec::from(UNDETERMINED))
}

/// Of a handler stays its type, and whose type it is.
fn handler(head: &Head, bytes: &[u8], overlay: &mut Overlay, draft: &mut Draft) -> Result<[u8; 4], Why> {
    let kind = array(bytes, 8).ok_or(Why::Damaged("a box is too short"))?;
    if !matches!(slice(bytes, 4, 4), Some(b"mhlr" | b"dhlr")) {
        overlay.zero(head.content.saturating_add(4), 4)?;
    }
    overlay.zero(head.content.saturating_add(12), head.len().saturating_sub(12))?;
    if let Some(name) = bytes.get(24..).map(name).filter(|name| !name.is_empty()) {
        draft.found(Kind::Device, &name);
    }
    Ok(kind)
}

/// A name that ends with zero, or with its length first.
fn name(bytes: &[u8]) -> String {
    let bytes = match bytes.split_first() {
        Some((len, rest)) if usize::from(*len) <= rest.len() && *len < 32 => {
            rest.get(..usize::from(*len)).unwrap_or_default()
        }
        _ => bytes.split(|byte| *byte == 0).next().unwrap_or_default(),
    };
    String::from_utf8_lossy(bytes).into_owned()
}

fn note_times(bytes: &[u8], wide: bool, draft: &mut Draft) {
    for n in [0, 1] {
        let seconds = if wide {
            array(bytes, if n == 0 { 4 } else { 12 }).map(u64::from_be_bytes)
        } else {
            u32_at(bytes, if n == 0 { 4 } else { 8 }, Endian::Big).map(u64::from)
        };
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
            draft.found(Kind::Date, &date(seconds));
        }
    }
}

/// Seconds since 1904 as a date and a time (UTC). Days become months as in Howard Hinnant's "civil from days".
fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Counted from 1 March 1600.
    let days = days.saturating_add(110_973);
    civil(days)
        .map(|(y, m, d)| {
            let (hour, minute) = (rest / 3_600, rest % 3_600 / 60);
            format!("{y}-{m:02}-{d:02} {hour:02}:{minute:02}:{:02}", rest % 60)
        })
        .unwrap_or_default()
}

/// Year, month and day of a number of days since 1 March 1600.
fn civil(days: u64) -> Option<(u64, u64, u64)> {
    let (era, day) = (days / 146_097, days % 146_097);
    let leaps = (day / 1_460).checked_add(day / 146_096)?;
    let year = day.checked_add(day / 36_524)?.checked_sub(leaps)? / 365;
    let before = year.checked_mul(365)?.checked_add(year / 4)?.checked_sub(year / 100)?;
    let day = day.checked_sub(before)?;
    let month = day.checked_mul(5)?.checked_add(2)? / 153;
    let first = month.checked_mul(153)?.checked_add(2)? / 5;
    let (month, next) = if month < 10 { (month.checked_add(3)?, 0) } else { (month.checked_sub(9)?, 1) };
    let year = era.checked_mul(400)?.checked_add(year)?.checked_add(1_600)?.checked_add(next)?;
    Some((year, month, day.checked_sub(first)?.checked_add(1)?))
}

/// A `dref` whose entries say that the media are in this file, and nothing else.
pub(super) fn references(head: &Head, bytes: &[u8], overlay: &mut Overlay) -> Result<(), Why> {
    let count = u32_at(bytes, 4, Endian::Big).ok_or(Why::Damaged("a box is too short"))?;
    let mut at = 8_u64;
    for _ in 0..count.min(100) {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let entry = Head::read(at, rest, widen(bytes.len()), false)?;
        let here = rest.get(11).is_some_and(|flags| flags & 1 == 1);
        if !here || entry.len() < 4 {
            return Err(Why::Unsupported("a film whose parts lie in other files"));
        }
        overlay.zero(
            head.content.saturating_add(entry.content).saturating_add(4),
            entry.len().saturating_sub(4),
        )?;
        at = entry.end;
    }
    overlay.zero(head.content.saturating_add(at), head.len().saturating_sub(at))
}

/// Bytes of a table's content by its first twelve: what is behind them is no part of it.
pub(super) fn table_len(kind: &[u8; 4], bytes: &[u8]) -> Result<u64, Why> {
    let short = Why::Damaged("a box is too short");
    let count = || u32_at(bytes, 4, Endian::Big).map(u64::from).ok_or(short);
    let second = || u32_at(bytes, 8, Endian::Big).map(u64::from).ok_or(short);
    let entries = |width: u64, count: u64| count.saturating_mul(width);
    Ok(match kind {
        b"vmhd" => 12,
        b"smhd" => 8,
        b"stsz" if count()? != 0 => 12,
        b"stsz" => entries(4, second()?).saturating_add(12),
        b"stz2" => {
            let bits = u64::from(u16_at(bytes, 6, Endian::Big).ok_or(short)?);
            entries(bits, second()?).div_ceil(8).saturating_add(12)
        }
        b"elst" => entries(if bytes.first() == Some(&1) { 20 } else { 12 }, count()?).saturating_add(8),
        b"stss" | b"stps" | b"stco" => entries(4, count()?).saturating_add(8),
        b"stsc" => entries(12, count()?).saturating_add(8),
        _ => entries(8, count()?).saturating_add(8),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_since_1904_are_a_date() {
        assert_eq!(date(0), "1904-01-01 00:00:00");
        assert_eq!(date(2_082_844_800), "1970-01-01 00:00:00");
        assert_eq!(date(3_792_385_445), "2024-03-04 08:24:05");
        assert_eq!(date(3_786_825_599), "2023-12-30 23:59:59");
        assert!(date(u64::MAX).contains('-'));
    }
}
