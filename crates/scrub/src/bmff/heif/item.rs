//! The items of a picture: what they are, where they lie, and how they refer to each other.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::Why;
use crate::bmff::boxes::{Part, parts};
use crate::bytes::{slice, widen};

const SHORT: Why = Why::Damaged("a box is too short");
/// The most items of a picture: a hundred tiles are many.
const MAX_ITEMS: usize = 4_096;
/// The most properties of all items.
const MAX_PROPERTIES: usize = 1_024;

/// An item.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) id: u32,
    pub(super) kind: [u8; 4],
    pub(super) protected: bool,
}

impl Item {
    /// Whether it is put together from others: tiles, layers, a turned one.
    fn is_made_of_others(&self) -> bool {
        matches!(&self.kind, b"grid" | b"iovl" | b"iden")
    }
}

/// Where an item lies.
pub(super) struct Place {
    pub(super) id: u32,
    /// 0 in the file, 1 in `idat`, 2 in another item.
    pub(super) method: u8,
    pub(super) elsewhere: bool,
    pub(super) extents: Vec<(u64, u64)>,
    /// Its entry of `iloc`.
    pub(super) entry: (usize, usize),
}

/// An item's references of one kind.
pub(super) struct Reference {
    pub(super) kind: [u8; 4],
    pub(super) from: u32,
    pub(super) to: Vec<u32>,
}

/// An item's properties: whether each must be understood, and its number from 1.
pub(super) struct Association {
    pub(super) id: u32,
    pub(super) properties: Vec<(bool, u16)>,
}

/// What a `meta` says of its picture.
#[derive(Default)]
pub(super) struct Meta<'a> {
    pub(super) primary: u32,
    pub(super) items: Vec<Item>,
    pub(super) places: Vec<Place>,
    pub(super) references: Vec<Reference>,
    pub(super) properties: Vec<Part<'a>>,
    /// For each `ipma`: version and flags, and its entries.
    pub(super) associations: Vec<([u8; 4], Vec<Association>)>,
    pub(super) idat: &'a [u8],
}

/// Numbers out of a content, one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], Why> {
        let bytes = slice(self.bytes, self.at, len).ok_or(SHORT)?;
        self.at = self.at.saturating_add(len);
        Ok(bytes)
    }

    /// A number of `len` bytes, 0 to 8.
    pub(super) fn number(&mut self, len: usize) -> Result<u64, Why> {
        Ok(self.bytes(len)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn small(&mut self, len: usize) -> Result<u32, Why> {
        u32::try_from(self.number(len)?).map_err(|_| SHORT)
    }

    /// Version and flags.
    fn full(&mut self) -> Result<[u8; 4], Why> {
        self.bytes(4)?.first_chunk().copied().ok_or(SHORT)
    }
}

impl<'a> Meta<'a> {
    /// Reads the content of a `meta`.
    pub(super) fn read(content: &'a [u8]) -> Result<Self, Why> {
        let mut meta = Self::default();
        for (kind, part) in parts(content.get(4..).ok_or(SHORT)?)? {
            match &kind {
                b"pitm" => {
                    let mut reader = Reader::new(part);
                    let [version, ..] = reader.full()?;
                    meta.primary = reader.small(if version == 0 { 2 } else { 4 })?;
                }
                b"iinf" => meta.items = items(part)?,
                b"iloc" => meta.places = places(part)?,
                b"iref" => meta.references = references(part)?,
                b"iprp" => meta.properties(part)?,
                b"idat" => meta.idat = part,
                _ => {}
            }
        }
        Ok(meta)
    }

    fn properties(&mut self, content: &'a [u8]) -> Result<(), Why> {
        for (kind, part) in parts(content)? {
            match &kind {
                b"ipco" => self.properties = parts(part)?,
                b"ipma" => self.associations.push(associations(part)?),
                _ => {}
            }
        }
        if self.properties.len() > MAX_PROPERTIES { Err(Why::TooComplex) } else { Ok(()) }
    }

    /// Whether an item refers to another one in this way.
    pub(super) fn refers(&self, id: u32, kind: &[u8; 4]) -> bool {
        self.references.iter().any(|reference| reference.from == id && &reference.kind == kind)
    }

    /// Numbers of the items that stay: the primary one, what it is made of, and their transparency.
    pub(super) fn kept(&self) -> Result<BTreeSet<u32>, Why> {
        let needs = self.needs();
        let (mut kept, mut queue) = (BTreeSet::new(), Vec::from([self.primary]));
        while let Some(id) = queue.pop() {
            if !kept.insert(id) {
                continue;
            }
            let item = self
                .items
                .iter()
                .find(|item| item.id == id)
                .ok_or(Why::Damaged("a part of it is missing"))?;
            if item.protected || !item.is_made_of_others() && !matches!(&item.kind, b"hvc1" | b"av01") {
                return Err(Why::Unsupported("a picture that is coded in a rare way"));
            }
            queue.extend(needs.get(&id).into_iter().flatten());
        }
        Ok(kept)
    }

    /// What each item can't be shown without.
    fn needs(&self) -> BTreeMap<u32, Vec<u32>> {
        let made = set(self.items.iter().filter(|i| i.is_made_of_others()).map(|i| i.id));
        let alpha = self.alpha();
        let mut needs: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for Reference { kind, from, to } in &self.references {
            if kind == b"dimg" && made.contains(from) {
                needs.entry(*from).or_default().extend(to);
            }
            if kind == b"auxl" && alpha.contains(from) {
                to.iter().for_each(|id| needs.entry(*id).or_default().push(*from));
            }
        }
        needs
    }

    /// Items that say that they are another one's transparency.
    fn alpha(&self) -> BTreeSet<u32> {
        let is_alpha = |(_, number): &(bool, u16)| {
            let property = usize::from(*number).checked_sub(1).and_then(|n| self.properties.get(n));
            property.is_some_and(|(kind, content)| kind == b"auxC" && alpha_len(content).is_some())
        };
        let all = self.associations.iter().flat_map(|(_, entries)| entries);
        set(all.filter(|entry| entry.properties.iter().any(is_alpha)).map(|entry| entry.id))
    }

    /// The properties that items use which stay; whether one of them can't do without it.
    pub(super) fn used(&self, kept: &BTreeSet<u32>) -> BTreeMap<u16, bool> {
        let mut used = BTreeMap::new();
        let all = self.associations.iter().flat_map(|(_, entries)| entries);
        for (must, number) in all.filter(|entry| kept.contains(&entry.id)).flat_map(|entry| &entry.properties)
        {
            *used.entry(*number).or_default() |= must;
        }
        used
    }

    /// Where in the file the items lie that stay.
    pub(super) fn parts(&self, kept: &BTreeSet<u32>) -> Result<Vec<(u64, u64)>, Why> {
        let mut all = Vec::new();
        for place in self.places.iter().filter(|place| kept.contains(&place.id)) {
            if place.elsewhere || place.method > 1 {
                return Err(Why::Unsupported("a picture whose parts lie elsewhere"));
            }
            for (at, len) in &place.extents {
                if *len == 0 {
                    return Err(Why::Unsupported("a picture whose parts lie elsewhere"));
                }
                if place.method == 0 {
                    all.push((*at, at.saturating_add(*len)));
                }
            }
        }
        if all.is_empty() && self.idat.is_empty() {
            return Err(Why::Damaged("it holds no picture"));
        }
        Ok(all)
    }
}

/// One after the other: `collect` would bring a sort into the page.
fn set(ids: impl Iterator<Item = u32>) -> BTreeSet<u32> {
    let mut set = BTreeSet::new();
    set.extend(ids);
    set
}

/// Of the content of an `auxC` that means transparency, the bytes that say so.
pub(super) fn alpha_len(content: &[u8]) -> Option<usize> {
    [&b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"[..], b"\0\0\0\0urn:mpeg:hevc:2015:auxid:1\0"]
        .iter()
        .find(|known| content.starts_with(known))
        .map(|known| known.len())
}

fn items(content: &[u8]) -> Result<Vec<Item>, Why> {
    let mut reader = Reader::new(content);
    let [version, ..] = reader.full()?;
    reader.number(if version == 0 { 2 } else { 4 })?;
    let mut all = Vec::new();
    for (kind, entry) in parts(content.get(reader.at..).unwrap_or_default())? {
        let mut reader = Reader::new(entry);
        let [version, ..] = reader.full()?;
        let id = match (&kind, version) {
            (b"infe", 2) => reader.small(2)?,
            (b"infe", 3) => reader.small(4)?,
            _ => return Err(Why::Unsupported("a picture of an older kind")),
        };
        let protected = reader.number(2)? != 0;
        let kind = *reader.bytes(4)?.first_chunk().ok_or(SHORT)?;
        if all.iter().any(|item: &Item| item.id == id) {
            return Err(Why::Damaged("two parts have one number"));
        }
        if all.len() >= MAX_ITEMS {
            return Err(Why::TooComplex);
        }
        all.push(Item { id, kind, protected });
    }
    Ok(all)
}

/// Lengths of the fields of `iloc`: offsets, lengths, bases, indices; then of numbers, by its version.
fn places(content: &[u8]) -> Result<Vec<Place>, Why> {
    let mut reader = Reader::new(content);
    let [version, ..] = reader.full()?;
    let widths = [reader.number(1)?, reader.number(1)?];
    let [offset, length, base, index] = [widths[0] >> 4, widths[0] & 15, widths[1] >> 4, widths[1] & 15]
        .map(|w| usize::try_from(w).unwrap_or(16));
    if version > 2 || [offset, length, base, index].iter().any(|width| ![0, 4, 8].contains(width)) {
        return Err(Why::Damaged("its parts have no place"));
    }
    let (number, index) = (if version == 2 { 4 } else { 2 }, if version == 0 { 0 } else { index });
    let count = reader.number(number)?;
    let mut all: Vec<Place> = Vec::new();
    for _ in 0..count {
        let start = reader.at;
        let id = reader.small(number)?;
        let method = if version == 0 { 0 } else { reader.number(2)? & 15 };
        let elsewhere = reader.number(2)? != 0;
        let from = reader.number(base)?;
        let mut extents = Vec::new();
        for _ in 0..reader.number(2)? {
            reader.bytes(index)?;
            let at = from.checked_add(reader.number(offset)?).ok_or(SHORT)?;
            extents.push((at, reader.number(length)?));
        }
        if all.iter().any(|place| place.id == id) {
            return Err(Why::Damaged("two parts have one number"));
        }
        if all.len() >= MAX_ITEMS {
            return Err(Why::TooComplex);
        }
        let method = u8::try_from(method).unwrap_or(u8::MAX);
        all.push(Place { id, method, elsewhere, extents, entry: (start, reader.at) });
    }
    Ok(all)
}

fn references(content: &[u8]) -> Result<Vec<Reference>, Why> {
    let width = if content.first() == Some(&0) { 2 } else { 4 };
    let mut all = Vec::new();
    for (kind, entry) in parts(content.get(4..).ok_or(SHORT)?)? {
        let mut reader = Reader::new(entry);
        let from = reader.small(width)?;
        let count = reader.number(2)?;
        let to = (0..count).map(|_| reader.small(width)).collect::<Result<_, _>>()?;
        all.push(Reference { kind, from, to });
    }
    Ok(all)
}

fn associations(content: &[u8]) -> Result<([u8; 4], Vec<Association>), Why> {
    let mut reader = Reader::new(content);
    let full = reader.full()?;
    let [version, .., flags] = full;
    let (number, wide) = (if version == 0 { 2 } else { 4 }, flags & 1 == 1);
    let count = reader.number(4)?;
    if count > widen(content.len()) {
        return Err(SHORT);
    }
    let mut all = Vec::new();
    for _ in 0..count {
        let id = reader.small(number)?;
        let mut properties = Vec::new();
        for _ in 0..reader.number(1)? {
            let raw = u16::try_from(reader.number(if wide { 2 } else { 1 })?).unwrap_or_default();
            let most = if wide { 0x8000 } else { 0x80 };
            properties.push((raw & most != 0, raw & !most));
        }
        all.push(Association { id, properties });
    }
    Ok((full, all))
}
