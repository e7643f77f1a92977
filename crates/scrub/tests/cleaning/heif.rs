//! HEIC and AVIF: the primary picture stays, everything planted goes.

use tipline_scrub::Why;

use super::{CANARY, clean, found, has, plan, settled};

const HEIC: &[u8] = include_bytes!("../data/photo.heic");
const GRID: &[u8] = include_bytes!("../data/grid.heic");
const AVIF: &[u8] = include_bytes!("../data/photo.avif");
const ALPHA: &[u8] = include_bytes!("../data/alpha.avif");

/// Where `meta` begins, its content, and where it ends: it is the second box in all of them.
fn meta(file: &[u8]) -> (usize, usize) {
    let at = u32::from_be_bytes(file[..4].try_into().unwrap()) as usize;
    assert_eq!(&file[at + 4..at + 8], b"meta");
    (at, at + u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize)
}

fn place(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|window| window == kind).unwrap()
}

#[test]
fn a_picture_keeps_its_coded_bytes_in_their_place_and_loses_everything_else() {
    for (file, code) in [(HEIC, "heic"), (GRID, "heic"), (AVIF, "avif"), (ALPHA, "avif")] {
        let new = clean(file);
        let format = plan(file).unwrap().format();
        assert_eq!((format.code(), format.extension()), (code, code));
        assert!(new.len() <= file.len());
        assert_eq!(meta(&new), meta(file));
        for word in [CANARY, b"2026", b"Exif", b"mime", b"xpacket", b"thmb"] {
            assert!(!has(&new, word), "{code}: {}", String::from_utf8_lossy(word));
        }
        settled(&new);
    }
    assert!(has(HEIC, b"thmb") && has(&clean(GRID), b"grid") && has(&clean(GRID), b"dimg"));
    assert!(has(&clean(ALPHA), b"auxl") && has(&clean(ALPHA), b"auxiliary:alpha"));
}

#[test]
fn what_it_told_is_told_to_the_person() {
    let all = [
        "position: 52.5163, 13.3777",
        "device: CanaryPhone",
        "date: 2026:11:21 08:14:05",
        "names: CanaryPerson",
        "names: in XMP",
    ];
    found(HEIC, &all);
    found(HEIC, &["thumbnail"]);
    found(AVIF, &all);
}

#[test]
fn a_second_picture_goes_unless_it_is_transparency() {
    // The same file, whose second picture says that it is a depth map.
    let mut file = ALPHA.to_vec();
    let at = place(&file, b"auxC") + 8 + b"urn:mpeg:mpegB:cicp:systems:auxiliary:".len();
    file[at..at + 5].copy_from_slice(b"depth");
    let new = clean(&file);
    assert!(!has(&new, b"auxl") && !has(&new, b"depth"));
    found(&file, &["other: a second picture (depth, brightness or parts)"]);
    let zeros = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == 0).count();
    assert!(zeros(&new[meta(&new).1..]) > zeros(&ALPHA[meta(ALPHA).1..]) + 20);
}

#[test]
fn colour_profiles_and_properties_without_need_go() {
    let mut file = AVIF.to_vec();
    let at = place(&file, b"nclx");
    file[at..at + 4].copy_from_slice(b"prof");
    let new = clean(&file);
    assert!(!has(&new, b"colr") && has(&clean(AVIF), b"colr"));
    assert_eq!(meta(&new), meta(&file));
    let mut file = AVIF.to_vec();
    let at = place(&file, b"pixi");
    file[at..at + 4].copy_from_slice(b"caNy");
    assert_eq!(plan(&file), Err(Why::Unsupported("a picture with a property that only some programs know")));
    // One that a program may leave out goes: the mark stands in the picture's list of its properties.
    let list = place(&file, b"ipma");
    file[list..].iter_mut().skip(15).take(4).for_each(|byte| *byte &= 0x7f);
    assert!(!has(&clean(&file), b"caNy"));
    settled(&clean(&file));
}

/// The photograph with two more properties: a quarter turn, and a mirror.
fn turned() -> Vec<u8> {
    let mut file = AVIF.to_vec();
    let mut insert = |before: &[u8; 4], skip: usize, bytes: &[u8], grow: &[&[u8; 4]]| {
        let at = place(&file, before) + skip;
        file.splice(at..at, bytes.iter().copied());
        for kind in grow {
            let at = place(&file, kind) - 4;
            let len = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) + bytes.len() as u32;
            file[at..at + 4].copy_from_slice(&len.to_be_bytes());
        }
    };
    let list = b"\0\0\0\x09irot\x01\0\0\0\x09imir\x01";
    // One item with four properties of one byte each; two more behind them.
    insert(b"ipma", 4 + 11 + 4, b"\x85\x86", &[b"ipma", b"iprp", b"meta"]);
    let at = place(&file, b"ipma");
    file[at + 4 + 10] = 6;
    let mut grown = file[..at - 4].to_vec();
    grown.extend(list);
    grown.extend(&file[at - 4..]);
    for kind in [b"ipco", b"iprp", b"meta"] {
        let at = place(&grown, kind) - 4;
        let len = u32::from_be_bytes(grown[at..at + 4].try_into().unwrap()) + list.len() as u32;
        grown[at..at + 4].copy_from_slice(&len.to_be_bytes());
    }
    // What stood behind them stands 20 bytes later.
    let more = list.len() as u32 + 2;
    let from = meta(AVIF).1 as u32;
    let at = place(&grown, b"iloc");
    for at in at..at + 64 {
        let base = u32::from_be_bytes(grown[at..at + 4].try_into().unwrap());
        if (from..from + 9_000).contains(&base) {
            grown[at..at + 4].copy_from_slice(&(base + more).to_be_bytes());
        }
    }
    grown
}

#[test]
fn the_turn_stays_as_the_picture_says_it() {
    let file = turned();
    let new = clean(&file);
    assert!(has(&new, b"\x09irot\x01") && has(&new, b"\x09imir\x01"));
    assert!(!has(&new, CANARY) && !has(&new, b"Exif"));
    let list = place(&new, b"ipma") + 4;
    assert_eq!(new[list + 10], 6, "properties of the picture");
    settled(&new);
}

#[test]
fn a_damaged_or_rare_picture_is_refused_with_the_reason() {
    let with = |kind: &[u8; 4], skip: usize, bytes: &[u8]| {
        let mut file = ALPHA.to_vec();
        let at = place(&file, kind) + 4 + skip;
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    for (file, why) in [
        (with(b"pitm", 4, &[9, 9]), Why::Damaged("a part of it is missing")),
        (with(b"infe", 6, &[0, 1]), Why::Unsupported("a picture that is coded in a rare way")),
        (with(b"infe", 8, b"jpeg"), Why::Unsupported("a picture that is coded in a rare way")),
        (with(b"infe", 0, &[1]), Why::Unsupported("a picture of an older kind")),
        (with(b"iloc", 4, &[0x33]), Why::Damaged("its parts have no place")),
        (ALPHA[..meta(ALPHA).1 - 1].to_vec(), Why::Truncated),
        (ALPHA[..meta(ALPHA).1].to_vec(), Why::Damaged("its tables name what is not there")),
    ] {
        assert_eq!(plan(&file).unwrap_err(), why);
    }
}
