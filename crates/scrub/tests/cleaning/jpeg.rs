//! JPEG: the pixels stay, everything planted goes.

use tipline_scrub::{Planner, Step, Why};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::{CANARY, apply, clean, found, has, plan, settled};

const PHOTO: &[u8] = include_bytes!("../data/photo.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../data/progressive.jpg");
const RESTART: &[u8] = include_bytes!("../data/restart.jpg");
const GREY: &[u8] = include_bytes!("../data/grey.jpg");
const CMYK: &[u8] = include_bytes!("../data/cmyk.jpg");
const ALL: [&[u8]; 5] = [PHOTO, PROGRESSIVE, RESTART, GREY, CMYK];

fn pixels(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = JpegDecoder::new(ZCursor::new(file));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels)
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &len[..], content].concat()
}

/// `file` with `extra` behind its first segment.
fn with(file: &[u8], extra: &[u8]) -> Vec<u8> {
    let first = 4 + usize::from(u16::from_be_bytes([file[4], file[5]])) - 2 + 2;
    [&file[..first], extra, &file[first..]].concat()
}

/// The segments up to the first scan: markers and contents.
fn segments(file: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut at = 2;
    let mut all = Vec::new();
    loop {
        assert_eq!(file[at], 0xff);
        let len = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        all.push((file[at + 1], file[at + 4..at + 2 + len].to_vec()));
        if file[at + 1] == 0xda {
            return all;
        }
        at += 2 + len;
    }
}

#[test]
fn a_photo_keeps_its_pixels_and_loses_everything_else() {
    let new = clean(PHOTO);
    assert_eq!(pixels(PHOTO), pixels(&new));
    assert!(has(PHOTO, CANARY) && !has(&new, CANARY));
    for tag in [&b"2026"[..], b"http", b"8BIM", b"ICC_PROFILE", b"ftyp", b"II*\0"] {
        assert!(has(PHOTO, tag) && !has(&new, tag), "{}", String::from_utf8_lossy(tag));
    }
    let markers: Vec<u8> = segments(&new).iter().map(|(marker, _)| *marker).collect();
    assert_eq!(markers, [0xe0, 0xe1, 0xdb, 0xdb, 0xc0, 0xc4, 0xc4, 0xc4, 0xc4, 0xda]);
    assert!(new.ends_with(&[0xff, 0xd9]));
    settled(&new);
}

#[test]
fn the_person_is_told_what_was_found() {
    found(
        PHOTO,
        &[
            "position: 35.6801, 139.7670",
            "position: Canary City",
            "device: Canary Phone",
            "device: CANARY-SN-0042",
            "device: Canary OS 17.2",
            "device: in XMP",
            "date: 2026:11:21 08:14:05",
            "date: 20261121",
            "names: Canary Owner",
            "names: Canary Byline",
            "names: in XMP",
            "thumbnail",
            "text: canary comment",
            "text: canary user comment",
            "text: canary caption",
            "other: notes of the device's maker",
            "other: 48 bytes after the end of the picture",
        ],
    );
}

#[test]
fn the_orientation_stays_as_an_exif_of_one_tag() {
    let (marker, content) = segments(&clean(PHOTO))[1].clone();
    assert_eq!(marker, 0xe1);
    assert_eq!(content, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    let upright =
        segment(0xe1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0");
    assert!(!has(&clean(&with(GREY, &upright)), b"Exif"));
    let nonsense =
        segment(0xe1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0");
    assert!(!has(&clean(&with(GREY, &nonsense)), b"Exif"));
}

#[test]
fn every_kind_of_jpeg_keeps_its_pixels() {
    for file in ALL {
        let new = clean(file);
        assert_eq!(pixels(file), pixels(&new));
        settled(&new);
    }
}

#[test]
fn adobes_colour_mark_stays_as_its_one_number() {
    let new = clean(CMYK);
    let adobe = |file: &[u8]| segments(file).into_iter().find(|(m, _)| *m == 0xee).unwrap().1;
    assert_eq!(adobe(&new), b"Adobe\0\x64\0\0\0\0\0");
    let talkative = with(GREY, &segment(0xee, b"Adobe\0\x64\0\0\0\0\x01canary"));
    assert!(!has(&clean(&talkative), CANARY));
}

#[test]
fn a_thumbnail_in_jfif_and_its_resolution_go() {
    let head = b"JFIF\0\x01\x02\x01\x01\x2c\x01\x2c\x01\x02canary";
    let start = 4 + usize::from(u16::from_be_bytes([GREY[4], GREY[5]])) - 2 + 2;
    let file =
        [&GREY[..2], &segment(0xe0, head), &segment(0xe0, b"JFXX\0\x10canary"), &GREY[start..]].concat();
    let new = clean(&file);
    assert_eq!(segments(&new)[0], (0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec()));
    assert!(!has(&new, CANARY));
    found(&file, &["thumbnail"]);
    let oblong = [&GREY[..2], &segment(0xe0, b"JFIF\0\x01\x02\0\0\x02\0\x01\0\0"), &GREY[start..]].concat();
    assert_eq!(segments(&clean(&oblong))[0].1, b"JFIF\0\x01\x01\0\0\x02\0\x01\0\0");
}

#[test]
fn every_other_segment_goes_wherever_it_stands() {
    let want = clean(PROGRESSIVE);
    for marker in (0xe1..=0xef).chain([0xfe, 0xf0, 0xfd, 0xc8, 0x02, 0xbf]) {
        let extra = segment(marker, b"canary in a segment");
        assert_eq!(clean(&with(PROGRESSIVE, &extra)), want, "{marker:02x}");
        // Between two scans: behind the first DHT that follows one.
        let scan = PROGRESSIVE.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
        let table = scan + PROGRESSIVE[scan..].windows(2).position(|w| w == [0xff, 0xc4]).unwrap();
        let between = [&PROGRESSIVE[..table], &extra, &PROGRESSIVE[table..]].concat();
        assert_eq!(clean(&between), want, "{marker:02x}");
        let empty = segment(marker, b"");
        assert_eq!(clean(&with(PROGRESSIVE, &empty)), want, "{marker:02x}");
    }
    assert_eq!(clean(&with(PROGRESSIVE, &[0xff, 0x01])), want);
}

#[test]
fn fill_bytes_before_markers_do_not_disturb() {
    for count in [1, 2, 27, 28, 29, 30, 31, 32, 33, 62, 63, 64, 1_000] {
        let fill = vec![0xff; count];
        assert_eq!(clean(&with(GREY, &fill)), clean(GREY), "{count}");
        let (body, end) = GREY.split_at(GREY.len() - 2);
        let late = [body, &fill, end].concat();
        assert_eq!(pixels(&clean(&late)), pixels(GREY), "{count}");
    }
    assert_eq!(plan(&with(GREY, &vec![0xff; 2 << 20])), Err(Why::TooComplex));
}

#[test]
fn nothing_after_the_end_stays() {
    let want = clean(GREY);
    for tail in [&b"canary"[..], PHOTO, &[0xff; 40], b"\xff\xd8\xff\xe1"] {
        let file = [GREY, tail].concat();
        assert_eq!(clean(&file), want);
        found(&file, &[&format!("other: {} bytes after the end of the picture", tail.len())]);
    }
}

#[test]
fn a_damaged_jpeg_is_refused_with_the_reason() {
    let cut = &GREY[..GREY.len() - 2];
    assert_eq!(plan(cut), Err(Why::Truncated));
    assert_eq!(plan(&with(GREY, b"\xff\xe1\0\x01")), Err(Why::Damaged("a length is shorter than itself")));
    assert_eq!(plan(&with(GREY, b"junk")), Err(Why::Damaged("there is no marker where one must be")));
    assert_eq!(plan(&with(GREY, b"\xff\xd0")), Err(Why::Damaged("a marker stands where it must not")));
    assert_eq!(plan(b"\xff\xd8\xff\xd9"), Err(Why::Damaged("it holds no picture")));
    assert_eq!(
        plan(b"\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0"),
        Err(Why::Damaged("its picture has no size"))
    );
    let slack = Err(Why::Damaged("a table is not as long as it says"));
    assert_eq!(plan(&with(GREY, &segment(0xdb, &[0; 66]))), slack);
    assert_eq!(plan(&with(GREY, &segment(0xc4, b"\0canary canary canary canary"))), slack);
    assert_eq!(plan(&with(GREY, &segment(0xdd, b"\0\0\0"))), slack);
    assert_eq!(plan(&with(GREY, &segment(0xc0, b"\x08\0\x01\0\x01\x01\x01\x11\0canary"))), slack);
    let frame = segment(0xc0, b"\x08\0\x01\0\x01\x01\x01\x11\0");
    assert_eq!(plan(&with(GREY, &frame)), Err(Why::Damaged("it says its size twice")));
    assert_eq!(plan(&with(GREY, &segment(0xde, b""))), Err(Why::Unsupported("a hierarchical JPEG")));
    assert_eq!(plan(&with(GREY, &[0xff, 0xe1, 0xff, 0xff])), Err(Why::Truncated));
}

#[test]
fn a_long_scan_is_read_in_small_steps() {
    // 40 MiB of entropy-coded bytes: a window may end in the middle of FF 00.
    let (body, end) = GREY.split_at(GREY.len() - 2);
    for odd in 0..3 {
        let long = [body, &b"x".repeat(odd)[..], &b"\xff\0".repeat(20 << 20), end].concat();
        let plan = plan(&long).unwrap();
        assert!(plan.edits().len() < 20);
        assert!(apply(&plan, &long, 65_536).ends_with(b"\xff\0\xff\0\xff\xd9"));
    }
}

#[test]
fn no_more_than_asked_for_is_read() {
    let mut planner = Planner::new(PHOTO.len() as u64);
    let mut read = 0;
    while let Step::Read { at, len } = planner.step() {
        read += len;
        let at = usize::try_from(at).unwrap();
        planner.feed(&PHOTO[at..at + len]);
    }
    assert!(read < PHOTO.len() + 2_000, "{read}");
}
