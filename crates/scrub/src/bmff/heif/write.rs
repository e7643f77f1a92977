//! A picture's boxes, written anew with the items that stay.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::item::{Meta, alpha_len};
use crate::Why;
use crate::bmff::boxes::{Part, parts, whole};
use crate::bytes::{slice, widen};

/// The content of a `meta`, as long as it was; what is over becomes a `free`.
pub(super) fn meta(content: &[u8], meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Result<Vec<u8>, Why> {
    let properties = Properties::of(meta, kept)?;
    let mut new = Vec::from([0; 4]);
    let mut handler = 0;
    for (kind, part) in parts(content.get(4..).unwrap_or_default())? {
        match &kind {
            b"hdlr" => {
                handler = new.len().saturating_add(8);
                let mut hdlr = Vec::from(*b"\0\0\0\0\0\0\0\0pict");
                hdlr.resize(part.len().clamp(24, 25), 0);
                new.extend(whole(kind, &hdlr));
            }
            b"pitm" => new.extend(whole(
                kind,
                slice(part, 0, if part.first() == Some(&0) { 6 } else { 8 }).unwrap_or_default(),
            )),
            b"iinf" => new.extend(whole(kind, &items(part, meta, kept)?)),
            b"iloc" => new.extend(whole(kind, &places(part, meta, kept)?)),
            b"iref" => new.extend(references(part, meta, kept)),
            b"iprp" => new.extend(whole(kind, &properties.write(meta, kept))),
            b"idat" => new.extend(whole(kind, &data(meta, kept)?)),
            _ => {}
        }
    }
    match content.len().checked_sub(new.len()) {
        Some(0) => {}
        // Too little for a box: the handler's name, which is none, ends with more zeros than one.
        Some(few @ 1..8) => lengthen(&mut new, handler, few),
        Some(rest) => {
            new.extend(whole(*b"free", &Vec::from_iter(core::iter::repeat_n(0, rest.saturating_sub(8)))))
        }
        None => return Err(Why::Unsupported("a picture whose parts are written in a rare way")),
    }
    Ok(new)
}

/// Makes the handler, whose content stands at `at`, a few zeros longer.
fn lengthen(new: &mut Vec<u8>, at: usize, few: usize) {
    let Some(start) = at.checked_sub(8) else { return };
    let len =
        new.get(start..at).and_then(|head| head.first_chunk::<4>()).map_or(0, |len| u32::from_be_bytes(*len));
    let end = start.saturating_add(usize::try_from(len).unwrap_or_default()).min(new.len());
    let longer = len.saturating_add(u32::try_from(few).unwrap_or_default()).to_be_bytes();
    new.splice(end..end, core::iter::repeat_n(0, few));
    for (to, from) in new.iter_mut().skip(start).zip(longer) {
        *to = from;
    }
}

fn items(part: &[u8], meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Result<Vec<u8>, Why> {
    let version = part.first().copied().unwrap_or_default();
    let mut new = Vec::from([version, 0, 0, 0]);
    let count =
        u32::try_from(meta.items.iter().filter(|item| kept.contains(&item.id)).count()).unwrap_or(u32::MAX);
    new.extend(count.to_be_bytes().get(if version == 0 { 2 } else { 0 }..).unwrap_or_default());
    let all = parts(part.get(new.len()..).unwrap_or_default())?;
    for (_, (kind, entry)) in meta.items.iter().zip(all).filter(|(item, _)| kept.contains(&item.id)) {
        // Version, flags of which the first hides it, number, protection, type; an empty name.
        let len = if entry.first() == Some(&2) { 12 } else { 14 };
        let mut infe = Vec::from(slice(entry, 0, len).unwrap_or_default());
        infe.push(0);
        new.extend(whole(kind, &infe));
    }
    Ok(new)
}

fn places(part: &[u8], meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Result<Vec<u8>, Why> {
    let width = if part.first() == Some(&2) { 4 } else { 2 };
    let mut new = Vec::from(slice(part, 0, 6).unwrap_or_default());
    let places: Vec<_> = meta.places.iter().filter(|place| kept.contains(&place.id)).collect();
    let count = widen(places.len()).to_be_bytes();
    new.extend(count.get(8_usize.saturating_sub(width)..).unwrap_or_default());
    for place in places {
        let (from, to) = place.entry;
        new.extend(part.get(from..to).unwrap_or_default());
    }
    Ok(new)
}

fn references(part: &[u8], meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Vec<u8> {
    let version = part.first().copied().unwrap_or_default();
    let number =
        |id: u32| Vec::from(id.to_be_bytes().get(if version == 0 { 2 } else { 0 }..).unwrap_or_default());
    let mut new = Vec::from([version, 0, 0, 0]);
    for reference in &meta.references {
        let to: Vec<u32> = reference.to.iter().copied().filter(|id| kept.contains(id)).collect();
        let known = matches!(&reference.kind, b"dimg" | b"auxl" | b"prem") && kept.contains(&reference.from);
        if !known || to.is_empty() {
            continue;
        }
        let mut entry = number(reference.from);
        entry.extend(u16::try_from(to.len()).unwrap_or_default().to_be_bytes());
        entry.extend(to.into_iter().flat_map(number));
        new.extend(whole(reference.kind, &entry));
    }
    // One without entries isn't allowed.
    if new.len() == 4 { Vec::new() } else { whole(*b"iref", &new) }
}

/// `idat` with zeros in place of what no item names that stays.
fn data(meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Result<Vec<u8>, Why> {
    let mut new = Vec::from_iter(core::iter::repeat_n(0, meta.idat.len()));
    for place in meta.places.iter().filter(|place| kept.contains(&place.id) && place.method == 1) {
        for (at, len) in &place.extents {
            let missing = Why::Damaged("its tables name what is not there");
            let at = usize::try_from(*at).map_err(|_| missing)?;
            let from = usize::try_from(*len).ok().and_then(|len| slice(meta.idat, at, len)).ok_or(missing)?;
            for (to, from) in new.iter_mut().skip(at).zip(from) {
                *to = *from;
            }
        }
    }
    Ok(new)
}

/// The properties that stay, in their order, with their numbers from 1 in the old list.
struct Properties<'a> {
    list: Vec<(u16, Part<'a>)>,
}

impl<'a> Properties<'a> {
    fn of(meta: &Meta<'a>, kept: &BTreeSet<u32>) -> Result<Self, Why> {
        let mut list = Vec::new();
        let used = meta.used(kept);
        for (number, (kind, content)) in (1_u16..).zip(&meta.properties) {
            let Some(must) = used.get(&number).copied() else { continue };
            match stays(kind, content)? {
                Some(content) => list.push((number, (*kind, content))),
                None if must && kind != b"colr" => {
                    return Err(Why::Unsupported("a picture with a property that only some programs know"));
                }
                None => {}
            }
        }
        Ok(Self { list })
    }

    fn write(&self, meta: &Meta<'_>, kept: &BTreeSet<u32>) -> Vec<u8> {
        let all: Vec<u8> = self.list.iter().flat_map(|(_, (kind, content))| whole(*kind, content)).collect();
        let mut new = whole(*b"ipco", &all);
        for (full, entries) in &meta.associations {
            let [version, .., flags] = *full;
            let entries: Vec<_> = entries.iter().filter(|entry| kept.contains(&entry.id)).collect();
            let mut ipma = Vec::from([version, 0, 0, flags & 1]);
            ipma.extend(u32::try_from(entries.len()).unwrap_or_default().to_be_bytes());
            for entry in entries {
                ipma.extend(
                    entry.id.to_be_bytes().get(if version == 0 { 2 } else { 0 }..).unwrap_or_default(),
                );
                let numbers: Vec<_> = entry
                    .properties
                    .iter()
                    .filter_map(|(must, old)| Some((*must, self.number(*old)?)))
                    .collect();
                ipma.push(u8::try_from(numbers.len()).unwrap_or_default());
                for (must, number) in numbers {
                    let [high, low] = number.to_be_bytes();
                    let mark = if must { 0x80 } else { 0 };
                    if flags & 1 == 1 { ipma.extend([high | mark, low]) } else { ipma.push(low | mark) }
                }
            }
            new.extend(whole(*b"ipma", &ipma));
        }
        new
    }

    /// The new number of a property.
    fn number(&self, old: u16) -> Option<u16> {
        let at = self.list.iter().position(|(number, _)| *number == old)?;
        u16::try_from(at).ok()?.checked_add(1)
    }
}

/// What stays of a property: what sets the decoder up, sizes, turns, colours by number, and which picture is alpha.
fn stays<'a>(kind: &[u8; 4], content: &'a [u8]) -> Result<Option<&'a [u8]>, Why> {
    let fits = match kind {
        b"hvcC" | b"av1C" => content.len() <= 8_192,
        b"ispe" => content.len() == 12,
        b"irot" | b"imir" => content.len() == 1,
        b"pasp" => content.len() == 8,
        b"clap" => content.len() == 32,
        b"pixi" => content.get(4).is_some_and(|n| content.len() == usize::from(*n).saturating_add(5)),
        b"clli" => content.len() == 4,
        b"mdcv" => content.len() == 24,
        b"a1op" => content.len() == 1,
        b"a1lx" => content.len() <= 13,
        b"lsel" => content.len() == 2,
        b"colr" if content.starts_with(b"nclx") => content.len() == 11,
        b"auxC" => return Ok(alpha_len(content).and_then(|len| content.get(..len))),
        _ => return Ok(None),
    };
    if fits { Ok(Some(content)) } else { Err(Why::Damaged("a property is not as long as it must be")) }
}
