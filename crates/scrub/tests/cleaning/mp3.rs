//! MP3: frames of sound stay, everything planted goes.

use tipline_scrub::Why;

use super::{CANARY, clean, found, has, plan, settled};

/// Version 2, 22.05 kHz; an Info frame, ID3 before and after.
const TAGGED: &[u8] = include_bytes!("../data/tagged.mp3");
/// Version 2.5, 8 kHz, variable bit rate; a Xing frame, ID3 with a cover before.
const VBR: &[u8] = include_bytes!("../data/vbr.mp3");
/// Version 1, layer III, 32 kbit/s, 48 kHz: 96 bytes.
const FRAME: &[u8] = &[0xff, 0xfb, 0x14, 0xc4];

fn frames(count: usize) -> Vec<u8> {
    let one: Vec<u8> = FRAME.iter().copied().chain(std::iter::repeat_n(7, 92)).collect();
    one.repeat(count)
}

fn id3(content: &[u8]) -> Vec<u8> {
    let len = content.len();
    assert!(len < 128);
    [&b"ID3\x04\0\0\0\0\0"[..], &[len as u8], content].concat()
}

fn old_id3() -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    for (text, len) in
        [("canary title", 30), ("canary person", 30), ("", 30), ("2026", 4), ("canary words", 31)]
    {
        tag.extend(text.bytes().chain(std::iter::repeat(0)).take(len));
    }
    tag
}

fn ape(head: bool) -> Vec<u8> {
    let items = [
        &b"\x0d\0\0\0\0\0\0\0Artist\0Canary Person"[..],
        b"\x07\0\0\0\x02\0\0\0Cover Art (Front)\0\xff\xfbcanar",
    ]
    .concat();
    let part = |flags: u32| {
        [
            &b"APETAGEX\xd0\x07\0\0"[..],
            &(items.len() as u32 + 32).to_le_bytes(),
            &2_u32.to_le_bytes(),
            &flags.to_le_bytes(),
            &[0; 8],
        ]
        .concat()
    };
    let foot = part(0x8000_0000);
    if head { [part(0xa000_0000), items, foot].concat() } else { [items, foot].concat() }
}

#[test]
fn a_song_keeps_its_frames_and_loses_everything_else() {
    for (file, first) in [(TAGGED, &b"Info"[..]), (VBR, b"Xing")] {
        let new = clean(file);
        assert!(has(file, CANARY) && !has(&new, CANARY));
        let at = |bytes: &[u8]| bytes.windows(4).position(|window| window == first).unwrap();
        // From the second frame on all is as it was; the rest of the first one is what plays it right.
        let (old, now) = (&file[at(file)..], &new[at(&new)..]);
        let len = old.windows(2).position(|pair| pair[0] == 0xff && pair[1] == new[1]).unwrap();
        assert_eq!(now[len..], old[len..now.len()]);
        assert_eq!(now[..116], old[..116]);
        assert_eq!(now[116 + 25..116 + 28], old[116 + 25..116 + 28]);
        assert_eq!(&now[120..129], b"LAME\0\0\0\0\0");
        assert!(new[0] == 0xff && at(&new) < 40);
        settled(&new);
    }
    found(TAGGED, &["names: CanaryPerson", "text: Canary title", "text: Canary words", "date: 2026"]);
    found(VBR, &["names: CanaryPerson", "text: Canary title", "thumbnail", "device: LAME3.100"]);
}

#[test]
fn everything_planted_goes_and_is_told() {
    let sound = frames(5);
    for (file, what) in [
        ([&id3(b"TPE1\0\0\0\x07\0\0\x03canary")[..], &sound].concat(), "names: canary"),
        (
            [
                &id3(b"TDRC\0\0\0\x0a\0\0\x012\x000\x002\x006\0")[..],
                &id3(b"PRIV\0\0\0\x06\0\0canary"),
                &sound,
            ]
            .concat(),
            "other: a tag PRIV",
        ),
        ([&id3(&[0; 40])[..], &sound].concat(), "other: an ID3 tag"),
        ([&sound[..], &id3(b"TSSE\0\0\0\x07\0\0\x03canary")].concat(), "device: canary"),
        ([&sound[..], &old_id3()].concat(), "names: canary person"),
        ([&sound[..], &ape(true), &old_id3()].concat(), "names: Canary Person"),
        ([&ape(true)[..], &sound].concat(), "thumbnail"),
        ([&sound[..], &ape(false)].concat(), "other: 61 bytes that are no sound"),
        ([&sound[..], b"LYRICSBEGINcanaryLYRICSEND"].concat(), "text: the words of a song (Lyrics3)"),
        (
            [&sound[..288], b"canary\xff\xfbcanary", &sound[288..]].concat(),
            "other: 14 bytes that are no sound",
        ),
        ([b"\xff\xfb\x14\xc4canary", &sound[..]].concat(), "other: 10 bytes that are no sound"),
        ([&sound[..], &sound[..95]].concat(), "other: 95 bytes that are no sound"),
    ] {
        assert_eq!(clean(&file), sound, "{what}");
        found(&file, &[what]);
    }
}

#[test]
fn a_picture_in_a_tag_is_not_taken_for_sound() {
    // Three frames of another kind in a tag whose length lies.
    let other = [&b"\xff\xf3\x14\xc4"[..], &[0; 44]].concat().repeat(3);
    let mut tag = id3(b"canary");
    tag.extend(&other);
    let file = [&frames(4)[..], &tag, &frames(2)].concat();
    assert_eq!(clean(&file), frames(6));
}

#[test]
fn large_files_pass_in_small_steps() {
    for count in [680, 682, 683, 684, 1_366, 20_000] {
        assert_eq!(clean(&frames(count)), frames(count));
    }
    let cover = [&b"ID3\x03\0\0\0\x03\x01\0APIC"[..], &[0xff; 49_276 + 4]].concat();
    assert_eq!(clean(&[&cover[..], &frames(9)].concat()), frames(9));
}

#[test]
fn what_holds_no_sound_is_refused_with_the_reason() {
    let none = Why::Damaged("it holds no sound");
    for file in [
        id3(b"TPE1\0\0\0\x07\0\0\x03canary"),
        frames(1)[..95].to_vec(),
        [&id3(b"")[..], b"fLaC canary"].concat(),
    ] {
        assert_eq!(plan(&file), Err(none));
    }
    let tags = id3(b"").repeat(1_001);
    assert_eq!(plan(&[&tags[..], &frames(3)].concat()), Err(Why::TooComplex));
}
