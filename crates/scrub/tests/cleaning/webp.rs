//! WebP: the picture's chunks stay, everything planted goes.

use tipline_scrub::Why;

use super::{
    CANARY, clean, found, has, plan, riff_chunk as chunk, riff_chunks as chunks, riff_file, settled,
};

const PLAIN: &[u8] = include_bytes!("../data/plain.webp");
const LOSSLESS: &[u8] = include_bytes!("../data/lossless.webp");
const TAGGED: &[u8] = include_bytes!("../data/tagged.webp");
const ANIMATED: &[u8] = include_bytes!("../data/animated.webp");

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_file(b"WEBP", chunks)
}

/// The chunks that make the picture, those of frames without what surrounds them.
fn picture(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    chunks(file)
        .into_iter()
        .filter(|(kind, _)| !["VP8X", "EXIF", "XMP ", "ICCP"].contains(&kind.as_str()))
        .collect()
}

#[test]
fn a_picture_keeps_its_pixels_and_loses_everything_else() {
    for file in [PLAIN, LOSSLESS, TAGGED, ANIMATED] {
        let new = clean(file);
        assert_eq!(picture(&new), picture(file));
        assert_eq!(u32::from_le_bytes(new[4..8].try_into().unwrap()) as usize, new.len() - 8);
        assert!(!has(&new, CANARY) && !has(&new, b"2026"));
        settled(&new);
    }
    assert_eq!((clean(PLAIN), clean(LOSSLESS)), (PLAIN.to_vec(), LOSSLESS.to_vec()));
    assert!(has(TAGGED, CANARY) && has(ANIMATED, CANARY));
}

#[test]
fn what_it_told_is_told_to_the_person() {
    found(
        TAGGED,
        &[
            "position: 52.5163, 13.3777",
            "device: Canary",
            "device: CanaryPhone",
            "date: 2026:11:21 08:14:05",
            "names: CanaryPerson",
            "names: in XMP",
            "device: in XMP",
        ],
    );
    let late = [&clean(PLAIN)[..], b"canary"].concat();
    found(&late, &["other: 6 bytes after the end of the picture"]);
    assert_eq!(clean(&late), PLAIN);
}

#[test]
fn the_orientation_stays_as_an_exif_of_one_tag_and_the_flags_say_what_is_there() {
    let new = chunks(&clean(TAGGED));
    let kinds: Vec<&str> = new.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["VP8X", "ALPH", "VP8 ", "EXIF"]);
    assert_eq!(new[0].1[..4], [0x10 | 0x08, 0, 0, 0]);
    assert_eq!(new[3].1, b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    let animated = chunks(&clean(ANIMATED));
    assert_eq!(animated[0].1[0], 0x02);
    assert!(animated.iter().all(|(kind, _)| kind != "EXIF"));
}

#[test]
fn what_is_not_known_goes_also_from_within_a_frame() {
    let mut all = chunks(ANIMATED);
    let at = all.iter().position(|(kind, _)| kind == "ANMF").unwrap();
    all[at].1.extend(chunk(b"caNy", b"canary"));
    let mut list: Vec<Vec<u8>> = all.iter().map(|(kind, data)| chunk(kind.as_bytes(), data)).collect();
    list.push(chunk(b"caNz", b"canary two!"));
    list.insert(1, chunk(b"ICCP", b"canary profile"));
    let file = webp(&list);
    assert_eq!(clean(&file), clean(ANIMATED));
    found(&file, &["other: a chunk caNy", "other: a chunk caNz", "other: a colour profile"]);
}

#[test]
fn a_damaged_webp_is_refused_with_the_reason() {
    let wide = |flags: u8| chunk(b"VP8X", &[flags, 0, 0, 0, 95, 0, 0, 63, 0, 0]);
    let pixels = chunk(b"VP8 ", &chunks(PLAIN)[0].1);
    let place = Why::Damaged("a chunk is not where it must be");
    for (file, why) in [
        (PLAIN[..PLAIN.len() - 1].to_vec(), Why::Truncated),
        (PLAIN[..12].to_vec(), Why::Truncated),
        (webp(&[]), Why::Damaged("it holds no picture")),
        (webp(&[chunk(b"EXIF", b"canary")]), Why::Damaged("its header is not where it must be")),
        (webp(&[wide(0)]), Why::Damaged("it holds no picture")),
        (webp(&[pixels.clone(), pixels.clone()]), place),
        (webp(&[pixels.clone(), wide(0)]), place),
        (webp(&[wide(2), pixels.clone()]), place),
        (webp(&[wide(0), pixels.clone(), chunk(b"ALPH", b"canary")]), place),
        (
            webp(&[wide(2), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &[0; 15])]),
            Why::Damaged("a frame is too short"),
        ),
        (
            webp(&[wide(2), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &[0; 16])]),
            Why::Damaged("a frame holds no picture"),
        ),
        (
            webp(&[
                wide(2),
                chunk(b"ANIM", &[0; 6]),
                chunk(b"ANMF", &[&[0; 16], &b"ALPH\x09\0\0\0x"[..]].concat()),
            ]),
            Why::Truncated,
        ),
    ] {
        assert_eq!(plan(&file), Err(why));
    }
}
