//! A sealed volume's index: what the volume holds, in one small file beside its database, so that a start need not open it.
//!
//! `tipline-volume 1`, LF ‖ Monday of the volume's week, i32 ‖ count of tips, u32 ‖ the tips ‖ count of rows, u32 ‖ the rows ‖ SHA-256
//! of all before, 32 bytes. A tip is key ‖ length of its value, u16 ‖ value, a row the same: as in the trees. Written when
//! the volume is sealed; missing or damaged, it is written anew from the database. Rows are only those of uploads under
//! way: when one is given up, its rows leave the index, since the database of a sealed volume is never written again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use tipline_wire::date::Date;

use super::catalog::Content;
use super::durable;
use super::record::{self, ROW_KEY, Stem};

const NAME: &str = "index";
const MAGIC: &[u8; 17] = b"tipline-volume 1\n";
const ID: usize = 32;

/// What was found.
#[derive(Debug)]
pub(super) enum Index {
    /// There is none: the volume was not sealed, or not to the end.
    None,
    /// The volume is sealed, but this is not what was written.
    Damaged,
    /// The volume's week and what it holds.
    Sound(Date, Content),
}

/// Reads the index of volume `number` in `dir`.
pub(super) fn read(number: u64, dir: &Path) -> Index {
    match fs::read(dir.join(NAME)) {
        Ok(bytes) => {
            parse(number, &bytes).map_or(Index::Damaged, |(week, content)| Index::Sound(week, content))
        }
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Index::None,
        Err(_) => Index::Damaged,
    }
}

/// Writes the index of the volume in `dir`. It need not be durable: one that a power cut spoils is noticed.
pub(super) fn write(dir: &Path, week: Date, content: &Content) -> std::io::Result<()> {
    let unfinished = dir.join("index.new");
    fs::write(&unfinished, compose(week, content))?;
    fs::rename(unfinished, dir.join(NAME))
}

/// Writes the index anew without the rows of these uploads, if it names any.
pub(super) fn forget(number: u64, dir: &Path, stems: &BTreeSet<Stem>) -> std::io::Result<()> {
    let Index::Sound(week, mut content) = read(number, dir) else { return Ok(()) };
    let before = content.rows.len();
    content.rows.retain(|row| !stems.contains(&row.stem));
    if content.rows.len() < before {
        write(dir, week, &content)?;
    }
    durable::blur_times(dir, week)
}

fn compose(week: Date, content: &Content) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(week.days().to_be_bytes());
    count(&mut bytes, content.tips.len());
    for (id, kept) in &content.tips {
        item(&mut bytes, id.as_bytes(), &record::tip_value(kept));
    }
    count(&mut bytes, content.rows.len());
    for row in &content.rows {
        item(&mut bytes, &record::row_key(&row.upload, row.part), &record::row_value(row));
    }
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn item(bytes: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    bytes.extend_from_slice(key);
    bytes.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend_from_slice(value);
}

// A value's length fits its two bytes.
const _: () = assert!(record::LONGEST_TIP < 65_536);

fn parse(number: u64, bytes: &[u8]) -> Option<(Date, Content)> {
    let (bytes, sum) = bytes.split_last_chunk::<32>()?;
    (Sha256::digest(bytes).as_slice() == sum).then_some(())?;
    let (week, mut rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let week = Date::from_days(i32::from_be_bytes(*week))?;
    let mut content = Content::default();
    for (key, value) in take_items::<ID>(&mut rest)? {
        content.tips.push(record::read_tip(number, key, value).ok()?);
    }
    for (key, value) in take_items::<ROW_KEY>(&mut rest)? {
        content.rows.push(record::read_row(key, value).ok()?);
    }
    rest.is_empty().then_some((week, content))
}

type Items<'a> = Vec<(&'a [u8], &'a [u8])>;

fn take_items<'a, const KEY: usize>(rest: &mut &'a [u8]) -> Option<Items<'a>> {
    let (count, mut bytes) = rest.split_first_chunk::<4>()?;
    let mut items = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (key, behind) = bytes.split_first_chunk::<KEY>()?;
        let (len, behind) = behind.split_first_chunk::<2>()?;
        let (value, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        items.push((key.as_slice(), value));
        bytes = behind;
    }
    *rest = bytes;
    Some(items)
}

#[cfg(test)]
mod tests {
    use tipline_wire::size::Padded;
    use tipline_wire::tip_id::TipId;
    use tipline_wire::upload::{Declared, UploadKey};

    use super::super::record::{Chunks, Kept, Parts, Place, Row};
    use super::*;

    fn content() -> Content {
        let epoch = Date::parse("2026-11-23").unwrap();
        let padded = Padded::holding(2 << 20).unwrap();
        let declared = Declared { epoch, recipients: 3, padded };
        let small = Kept { epoch, size: 70_309, volume: 3, chunks: Chunks::One(1) };
        let places = vec![Place { volume: 2, bucket: 9 }, Place { volume: 3, bucket: 1 }];
        let chunks = Chunks::Parts(Box::new(Parts { stem: [1; 32], places }));
        let large = Kept { epoch, size: declared.sealed_len(), volume: 3, chunks };
        let row = |part| Row {
            upload: UploadKey::of_token(&[2; 32]),
            part,
            declared,
            stem: [3; 32],
            digest: [4; 32],
            bucket: 2,
        };
        let (a, b) = (TipId::of_one_request(b"a"), TipId::of_one_request(b"b"));
        Content { tips: vec![(a, small), (b, large)], rows: vec![row(0), row(1)] }
    }

    #[test]
    fn an_index_comes_back_and_any_changed_or_missing_byte_is_noticed() {
        let week = Date::parse("2026-11-23").unwrap();
        let bytes = compose(week, &content());
        assert_eq!(parse(3, &bytes), Some((week, content())));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(parse(3, &changed), None);
            assert_eq!(parse(3, &bytes[..at]), None);
        }
        assert_eq!(parse(3, &[bytes.as_slice(), b"x"].concat()), None);
        let empty = compose(week, &Content::default());
        assert_eq!(parse(3, &empty), Some((week, Content::default())));
    }

    #[test]
    fn an_index_is_missing_damaged_or_sound() {
        let dir = std::env::temp_dir().join(format!("tipline-index-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        assert!(matches!(read(3, &dir), Index::None));
        let week = Date::parse("2026-11-23").unwrap();
        write(&dir, week, &content()).unwrap();
        assert!(matches!(read(3, &dir), Index::Sound(found, what) if found == week && what == content()));
        fs::write(dir.join(NAME), b"x").unwrap();
        assert!(matches!(read(3, &dir), Index::Damaged));
        fs::remove_dir_all(&dir).unwrap();
    }
}
