//! WAV: the sound stays, everything planted goes.

use tipline_scrub::Why;

use super::{
    CANARY, clean, found, has, plan, riff_chunk as chunk, riff_chunks as chunks, riff_file, settled,
};

const TAGGED: &[u8] = include_bytes!("../data/tagged.wav");
const ALAW: &[u8] = include_bytes!("../data/alaw.wav");
const PCM: &[u8] = b"\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0";

fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_file(b"WAVE", chunks)
}

#[test]
fn a_recording_keeps_its_samples_and_loses_everything_else() {
    for (file, kinds) in [(TAGGED, &["fmt ", "data"][..]), (ALAW, &["fmt ", "fact", "data"][..])] {
        let new = clean(file);
        let kept = chunks(&new);
        assert_eq!(kept.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), kinds);
        for chunk in kept {
            assert!(chunks(file).contains(&chunk));
        }
        assert_eq!(u32::from_le_bytes(new[4..8].try_into().unwrap()) as usize, new.len() - 8);
        assert!(!has(&new, CANARY));
        settled(&new);
    }
    found(
        TAGGED,
        &[
            "names: CanaryPerson",
            "text: Canary title",
            "text: Canary words",
            "device: CanaryRecorder",
            "date: 2026-11-21 08:14:05",
            "date: 2026-11-21",
        ],
    );
}

#[test]
fn everything_planted_goes() {
    let sound = chunk(b"data", b"12345");
    let clean_one = wav(&[chunk(b"fmt ", PCM), sound.clone()]);
    let slack = [PCM, b"\0\0canary"].concat();
    let tag = b"ID3\x03\0\0\0\0\0\x1bTPE1\0\0\0\x11\0\0\x01\xff\xfeC\0a\0n\0a\0r\0y\0\0\0";
    let planted = wav(&[
        chunk(b"JUNK", b"canary"),
        chunk(b"fmt ", &slack),
        chunk(b"PEAK", b"\x01\0\0\0canary"),
        sound,
        chunk(b"iXML", b"<canary/>"),
        chunk(b"id3 ", tag),
        chunk(b"_PMX", b"<x dc:creator='canary'/>"),
        chunk(b"fact", b"canary"),
        chunk(b"zzz ", b""),
    ]);
    let file = [&planted[..], b"canary"].concat();
    assert_eq!(clean(&file), clean_one);
    found(
        &file,
        &[
            "names: Canary",
            "names: in XMP",
            "text: notes of a recorder (iXML)",
            "other: a chunk JUNK",
            "other: a chunk PEAK",
            "other: a chunk fact",
            "other: 6 bytes after the end of the sound",
        ],
    );
}

#[test]
fn a_last_even_byte_that_is_missing_is_put_there() {
    let whole = wav(&[chunk(b"fmt ", PCM), chunk(b"data", b"12345")]);
    let mut short = whole[..whole.len() - 1].to_vec();
    let len = u32::try_from(short.len() - 8).unwrap().to_le_bytes();
    short[4..8].copy_from_slice(&len);
    assert_eq!(clean(&short), whole);
}

#[test]
fn a_damaged_or_rare_wav_is_refused_with_the_reason() {
    let code = |tag: u16| chunk(b"fmt ", &[&tag.to_le_bytes(), &PCM[2..], &[0, 0]].concat());
    let sound = chunk(b"data", b"1234");
    let rare = Why::Unsupported("a WAV whose sound is coded in a rare way");
    for (file, why) in [
        (TAGGED[..TAGGED.len() - 1].to_vec(), Why::Truncated),
        ([b"RF64", &TAGGED[4..]].concat(), Why::Unsupported("a WAV of the kind for over 4 GB")),
        (wav(std::slice::from_ref(&sound)), Why::Damaged("its sound is not where it must be")),
        (wav(&[code(3), sound.clone(), sound.clone()]), Why::Damaged("its sound is not where it must be")),
        (wav(&[code(3)]), Why::Damaged("it holds no sound")),
        (wav(&[code(3), code(3), sound.clone()]), Why::Damaged("it says its code twice")),
        (
            wav(&[chunk(b"fmt ", b"\x01\0"), sound.clone()]),
            Why::Damaged("it does not say how its sound is coded"),
        ),
        (wav(&[code(0x55), sound.clone()]), rare),
        (
            wav(&[
                chunk(b"fmt ", &[&b"\xfe\xff"[..], &PCM[2..], &[22, 0], &[1; 22]].concat()),
                sound.clone(),
            ]),
            rare,
        ),
    ] {
        assert_eq!(plan(&file), Err(why));
    }
}
