//! GIF: pictures, delays and repetitions stay, everything planted goes.

use tipline_scrub::Why;

use super::{CANARY, clean, found, has, plan, settled};

const STILL: &[u8] = include_bytes!("../data/still.gif");
const ANIMATED: &[u8] = include_bytes!("../data/animated.gif");
const LOOP: &[u8] = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x02\0\0";
const CONTROL: &[u8] = b"\x21\xf9\x04\0\x14\0\0\0";

/// Where the blocks begin.
fn start(file: &[u8]) -> usize {
    13 + if file[10] & 0x80 == 0 { 0 } else { 3 << (file[10] % 8 + 1) }
}

/// `file` with `extra` before its blocks.
fn with(file: &[u8], extra: &[u8]) -> Vec<u8> {
    [&file[..start(file)], extra, &file[start(file)..]].concat()
}

fn subs(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(255).flat_map(|part| [&[part.len() as u8], part].concat()).chain([0]).collect()
}

#[test]
fn a_picture_keeps_its_pixels_and_loses_everything_else() {
    for file in [STILL, ANIMATED] {
        let new = clean(file);
        assert!(has(file, CANARY) && !has(&new, CANARY) && !has(&new, b"XMP"));
        assert_eq!(new[..start(file)], file[..start(file)]);
        assert!(new.ends_with(b"\0;"));
        settled(&new);
    }
    assert!(has(&clean(ANIMATED), LOOP));
    let controls = |file: &[u8]| file.windows(3).filter(|w| w == b"\x21\xf9\x04").count();
    assert_eq!(controls(&clean(ANIMATED)), 3);
    found(STILL, &["text: Canary comment", "names: in XMP", "device: in XMP"]);
    found(
        ANIMATED,
        &[
            "text: Canary comment",
            "text: Canary two",
            "other: a block without use",
            "other: notes of a program: ImageMagick",
        ],
    );
}

#[test]
fn everything_planted_goes_and_is_told() {
    let base = clean(ANIMATED);
    let text = [&b"\x21\x01"[..], &subs(b"\0\0\0\0\0\0\0\0\0\0\0\0canary words")].concat();
    let planted = [
        b"\x21\xff\x0bNETSCAPE2.0".to_vec(),
        subs(b"\x02canary"),
        b"\x21\xff\x0bICCRGBG1012".to_vec(),
        subs(&[b"canary".repeat(100), vec![0; 300]].concat()),
        b"\x21\xff\x0bCanaryTool1".to_vec(),
        subs(b"canary"),
        b"\x21\xaa".to_vec(),
        subs(b"canary"),
        CONTROL.to_vec(),
        text,
    ]
    .concat();
    let file = [&with(&base, &planted)[..], b"canary"].concat();
    assert_eq!(clean(&file), base);
    found(
        &file,
        &[
            "text: canary words",
            "other: notes of a program: NETSCAPE2.0",
            "other: notes of a program: CanaryTool1",
            "other: a colour profile",
            "other: a block without use",
            "other: 6 bytes after the end of the picture",
        ],
    );
}

#[test]
fn a_delay_stands_before_its_picture_whatever_stood_between() {
    let base = clean(STILL);
    let at = base.windows(2).position(|w| w == b"\x2c\0").unwrap();
    let plain = [&base[..start(&base)], &base[at..]].concat();
    let comment = [&b"\x21\xfe"[..], &subs(b"canary")].concat();
    let file = with(&plain, &[CONTROL, &comment].concat());
    assert_eq!(clean(&file), with(&plain, CONTROL));
    // The one of a text goes with it.
    let text = [&b"\x21\x01"[..], &subs(b"canary")].concat();
    assert_eq!(clean(&with(&plain, &[CONTROL, &text].concat())), plain);
}

#[test]
fn a_damaged_gif_is_refused_with_the_reason() {
    let base = clean(STILL);
    for (file, why) in [
        (base[..base.len() - 1].to_vec(), Why::Truncated),
        (base[..9].to_vec(), Why::Truncated),
        (base[..30].to_vec(), Why::Truncated),
        (with(&base, b"\x21\xf9\x05canary\0"), Why::Damaged("a delay is not as long as it must be")),
        (with(&base, b"canary"), Why::Damaged("a block is none")),
        ([&base[..start(&base)], b";"].concat(), Why::Damaged("it holds no picture")),
    ] {
        assert_eq!(plan(&file), Err(why));
    }
}
