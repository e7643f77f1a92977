//! PNG: the pixels stay, everything planted goes.

use std::io::Cursor;

use tipline_scrub::Why;

use super::{CANARY, clean, found, has, plan, settled};

const TRUECOLOUR: &[u8] = include_bytes!("../data/truecolour.png");
const PALETTE: &[u8] = include_bytes!("../data/palette.png");
const ANIMATED: &[u8] = include_bytes!("../data/animated.png");
/// Signature and IHDR.
const START: usize = 33;

fn pixels(file: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let frames = reader.info().animation_control().map_or(1, |a| a.num_frames);
    let mut all = Vec::new();
    for _ in 0..frames {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        all.push(pixels);
    }
    all
}

/// CRC-32 bit by bit, apart from the crate's own.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let sum = crc(&[kind, data].concat()).to_be_bytes();
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), kind, data, &sum].concat()
}

/// `file` with `extra` behind its IHDR.
fn with(file: &[u8], extra: &[u8]) -> Vec<u8> {
    [&file[..START], extra, &file[START..]].concat()
}

fn kinds(file: &[u8]) -> Vec<String> {
    let mut at = 8;
    let mut all = Vec::new();
    while at < file.len() {
        let len = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        all.push(String::from_utf8_lossy(&file[at + 4..at + 8]).into_owned());
        at += 12 + len;
    }
    all
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0]);
    tiff.extend(b"\x10\x01\x02\0\x0d\0\0\0\x26\0\0\0\0\0\0\0Canary Phone\0");
    tiff
}

#[test]
fn every_kind_of_png_keeps_its_pixels() {
    for file in [TRUECOLOUR, PALETTE, ANIMATED] {
        let new = clean(file);
        assert_eq!(pixels(file), pixels(&new));
        settled(&new);
    }
}

#[test]
fn everything_planted_goes_and_is_told() {
    let planted = [
        chunk(b"tEXt", b"Author\0Canary Person"),
        chunk(b"tEXt", b"Software\0Canary Shot 3"),
        chunk(b"tEXt", b"Comment\0canary comment"),
        chunk(b"zTXt", b"Canary\0\0x\x9cblurred"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x exif:GPSLatitude='canary'/>"),
        chunk(b"iTXt", b"Title\0\0\0\0\0canary title"),
        chunk(b"tIME", b"\x07\xea\x0b\x15\x08\x0e\x05"),
        chunk(b"eXIf", &exif(1)),
        chunk(b"iCCP", b"Canary Display\0\0xx"),
        chunk(b"pHYs", b"\0\0\x16\x25\0\0\x16\x25\x01"),
        chunk(b"cHRM", &[7; 32]),
        chunk(b"sPLT", b"canary\0\x08"),
        chunk(b"caNy", b"canary"),
    ]
    .concat();
    let file = with(TRUECOLOUR, &planted);
    let new = clean(&file);
    assert_eq!(new, clean(TRUECOLOUR));
    assert_eq!(pixels(&new), pixels(TRUECOLOUR));
    assert!(!has(&new, CANARY));
    found(
        &file,
        &[
            "names: Author: Canary Person",
            "device: Software: Canary Shot 3",
            "device: Canary Phone",
            "text: Comment: canary comment",
            "text: Title: canary title",
            "position: in XMP",
            "date: 2026-11-21 08:14:05",
            "other: a colour profile: Canary Display",
            "other: a chunk caNy",
        ],
    );
}

#[test]
fn only_what_makes_the_picture_stays() {
    let extra =
        [chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]), chunk(b"sRGB", &[0]), chunk(b"cICP", &[1, 13, 0, 1])].concat();
    let new = clean(&with(TRUECOLOUR, &extra));
    assert_eq!(&kinds(&new)[..5], ["IHDR", "gAMA", "sRGB", "cICP", "IDAT"]);
    assert!(kinds(&clean(PALETTE)).contains(&"tRNS".to_owned()));
    let animated = kinds(&clean(ANIMATED));
    assert!(
        ["acTL", "fcTL", "fdAT"].iter().all(|kind| animated.contains(&(*kind).to_owned())),
        "{animated:?}"
    );
}

#[test]
fn the_orientation_stays_as_an_exif_of_one_tag() {
    let new = clean(&with(TRUECOLOUR, &chunk(b"eXIf", &exif(8))));
    let one = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
    assert_eq!(new, with(&clean(TRUECOLOUR), &chunk(b"eXIf", one)));
    assert_eq!(pixels(&new), pixels(TRUECOLOUR));
    // Said after the pixels, it is kept as well.
    let at = TRUECOLOUR.len() - 12;
    let late = [&TRUECOLOUR[..at], &chunk(b"eXIf", &exif(8)), &TRUECOLOUR[at..]].concat();
    assert_eq!(clean(&late), new);
}

#[test]
fn the_uncropped_screenshot_after_the_end_goes() {
    let file = [PALETTE, &TRUECOLOUR[START..]].concat();
    let new = clean(&file);
    assert_eq!(new, clean(PALETTE));
    assert!(new.ends_with(b"IEND\xae\x42\x60\x82"));
}

#[test]
fn a_damaged_png_is_refused_with_the_reason() {
    let length = Why::Damaged("a chunk is not as long as it must be");
    let no_chunk = Why::Damaged("a chunk is none");
    let mut flipped = TRUECOLOUR.to_vec();
    flipped[100] ^= 1;
    let head = &TRUECOLOUR[..START];
    for (file, why) in [
        (flipped, Why::Damaged("a check sum is wrong")),
        (TRUECOLOUR[..TRUECOLOUR.len() - 1].to_vec(), Why::Truncated),
        (TRUECOLOUR[..8].to_vec(), Why::Truncated),
        (with(TRUECOLOUR, b"\xff\xff\xff\xfftEXt"), no_chunk),
        (with(TRUECOLOUR, b"\0\0\0\0t\0Xt0000"), no_chunk),
        (with(TRUECOLOUR, b"\x7f\xff\xff\xfftEXt"), Why::Truncated),
        (with(TRUECOLOUR, &chunk(b"sRGB", b"canary")), length),
        (with(TRUECOLOUR, &chunk(b"IEND", b"canary")), length),
        (with(TRUECOLOUR, &head[8..]), Why::Damaged("its header is not where it must be")),
        (
            [&TRUECOLOUR[..8], &TRUECOLOUR[START..]].concat(),
            Why::Damaged("its header is not where it must be"),
        ),
        ([head, &chunk(b"IEND", b"")].concat(), Why::Damaged("it holds no picture")),
        (
            with(TRUECOLOUR, &chunk(b"CgBI", b"")),
            Why::Unsupported("a PNG with a chunk that only some programs know"),
        ),
    ] {
        assert_eq!(plan(&file), Err(why));
    }
}

#[test]
fn large_chunks_pass_in_small_steps() {
    for len in [65_531, 65_532, 65_533, 65_536, 65_537, 131_072, 131_073, 5_000_000] {
        let big = [&TRUECOLOUR[..START], &chunk(b"IDAT", &vec![7; len]), &chunk(b"IEND", b"")].concat();
        assert_eq!(clean(&big), big);
        let comment = with(TRUECOLOUR, &chunk(b"tEXt", &vec![b'c'; len]));
        assert_eq!(clean(&comment), clean(TRUECOLOUR));
    }
}
