//! A pickup's tar, read with distrust: what is damaged is passed over, and reading goes on at the next sound entry.

use std::io::{self, Read, Seek, SeekFrom};

use tipline_wire::pickup;
use tipline_wire::ustar::{self, BLOCK, Header};

/// What comes next in the archive.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// An entry; its content follows, see [`Archive::content`].
    Entry(Header),
    /// So many bytes that are no entry were passed over.
    Damage(u64),
    /// The archive ends without its end marker: it was cut off.
    Cut,
    /// The proper end.
    End,
}

/// An archive being read.
pub struct Archive<R> {
    input: R,
    /// Where the next header should be.
    next: u64,
    /// Whether the end marker was seen.
    ended: bool,
    /// The entry behind a stretch of damage.
    found: Option<Header>,
    /// Whether Cut or End was said.
    done: bool,
}

const BLOCK_U64: u64 = 512;
const _: () = assert!(BLOCK == 512);

impl<R: Read + Seek> Archive<R> {
    /// Reads from the input's beginning.
    pub fn new(input: R) -> Self {
        Self { input, next: 0, ended: false, found: None, done: false }
    }

    /// The next item. What is left of the last entry's content is passed over.
    ///
    /// # Errors
    /// The medium can't be read.
    pub fn item(&mut self) -> io::Result<Item> {
        if self.done {
            return Ok(Item::End);
        }
        if let Some(header) = self.found.take() {
            return Ok(self.enter(header));
        }
        self.input.seek(SeekFrom::Start(self.next))?;
        let mut damage: u64 = 0;
        loop {
            let mut block = [0; BLOCK];
            let filled = fill(&mut self.input, &mut block)?;
            if filled < BLOCK {
                // A cut inside a block, or the file's end.
                self.done = damage == 0;
                self.next = self.next.saturating_add(if damage == 0 { 0 } else { BLOCK_U64 });
                return Ok(match (damage, self.ended) {
                    (0, true) => Item::End,
                    (0, false) => Item::Cut,
                    (damage, _) => Item::Damage(damage),
                });
            }
            self.next = self.next.saturating_add(BLOCK_U64);
            if block == [0; BLOCK] {
                self.ended = true;
                continue;
            }
            match Header::parse(&block) {
                // Amid damage or behind the end only a name that belongs in a pickup counts as an entry.
                Ok(header) if damage == 0 && !self.ended || belongs(&header.name) => {
                    self.ended = false;
                    if damage == 0 {
                        return Ok(self.enter(header));
                    }
                    self.found = Some(header);
                    return Ok(Item::Damage(damage));
                }
                _ => damage = damage.saturating_add(BLOCK_U64),
            }
        }
    }

    /// The content of the entry that [`Archive::item`] gave last; ends early when the archive is cut.
    pub fn content(&mut self) -> &mut R {
        &mut self.input
    }

    fn enter(&mut self, header: Header) -> Item {
        self.next = self.next.saturating_add(header.size).saturating_add(ustar::padding(header.size));
        Item::Entry(header)
    }
}

fn belongs(name: &str) -> bool {
    name == pickup::SUMS || pickup::parse_tip_name(name).is_some()
}

/// Fills the buffer as far as the input goes.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(n) => filled = filled.saturating_add(n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use tipline_wire::{date::Date, tip_id::TipId};

    fn tip_name(n: u8) -> String {
        pickup::tip_name(Date::parse("2026-11-23").unwrap(), &TipId::from_bytes([n; 32]))
    }

    fn entry(name: &str, content: &[u8]) -> Vec<u8> {
        let size = content.len() as u64;
        let header = Header { name: name.into(), size }.to_block().unwrap();
        [header.as_slice(), content, &vec![0; ustar::padding(size) as usize]].concat()
    }

    fn link(name: &str) -> Vec<u8> {
        let mut block = entry(name, b"");
        block[156] = b'2';
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
            .sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Names of entries, `!` for damage, then `.` for the end or `<` for a cut.
    fn walk(bytes: &[u8]) -> String {
        let mut archive = Archive::new(Cursor::new(bytes));
        let mut seen = String::new();
        for _ in 0..1_000 {
            match archive.item().unwrap() {
                Item::Entry(header) => seen.push_str(header.name.get(16..18).unwrap_or("m")),
                Item::Damage(_) => seen.push('!'),
                Item::Cut => return seen + "<",
                Item::End => return seen + ".",
            }
        }
        panic!("it never ends: {seen}");
    }

    #[test]
    fn damage_is_passed_over_and_said() {
        let (a, b, m, end) = (
            entry(&tip_name(0xaa), &[7; 1_300]),
            entry(&tip_name(0xbb), &[8; 99]),
            entry("manifest.json", b"{}"),
            vec![0; 1_024],
        );
        let flipped = {
            let mut x = a.clone();
            x[0] ^= 1;
            x
        };
        let zeroed = {
            let mut x = a.clone();
            x[..512].fill(0);
            x
        };
        let huge = entry(&tip_name(0xaa), b"");
        let huge = {
            let mut x = huge;
            x[124..136].copy_from_slice(b"77777777777\0");
            x
        };
        for (name, pickup, expected) in [
            ("sound", [m.clone(), a.clone(), b.clone(), end.clone()].concat(), "maabb."),
            ("no end marker", [a.clone(), b.clone()].concat(), "aabb<"),
            ("cut inside a header", [a.clone(), b[..300].to_vec()].concat(), "aa<"),
            ("cut inside a tip", [a.clone(), a[..1_000].to_vec()].concat(), "aaaa<"),
            ("a damaged header", [m.clone(), flipped, b.clone(), end.clone()].concat(), "m!bb."),
            ("a header turned to zeros", [zeroed, b.clone(), end.clone()].concat(), "!bb."),
            ("a link", [link("x"), link(&tip_name(1)), b.clone(), end.clone()].concat(), "!bb."),
            ("something behind the end", [a.clone(), end.clone(), b.clone()].concat(), "aabb<"),
            ("rubbish behind the end", [a.clone(), end.clone(), vec![9; 2_000]].concat(), "aa!."),
            ("a size without its checksum", [huge, b.clone(), end.clone()].concat(), "!bb."),
            ("nothing", vec![], "<"),
            ("only zeros", end.clone(), "."),
        ] {
            assert_eq!(walk(&pickup), expected, "{name}");
        }
    }
}
