//! Pictures, films and sound: a plan is made or refused; the new file can be read from it to its end.
#![no_main]
use tipline_scrub::{Piece, Planner, Step};

/// How files of every format begin, so that each is reached at once.
const BEGINNINGS: [&[u8]; 14] = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\xf0\x01\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x5f\0\0\x3f\0\0",
    b"RIFF\xf0\x01\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0",
    b"ID3\x04\0\0\0\0\0\x0a",
    b"\xff\xfb\x14\xc4",
    b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0",
    b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis\0\0\0\0\x01\x80\xbb\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xb8\x01",
    b"\0\0\0\x14ftypheic\0\0\0\0mif1",
    b"\0\0\0\x14ftypavif\0\0\0\0mif1\0\0\x01\0meta\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\0\0\0\x14ftypisom\0\0\0\0mp41\0\0\x01\0moov",
    b"\0\0\0\x14ftypqt  \0\0\0\0qt  \0\0\0\x08wide\0\0\0\x18mdat0123456789abcdef\0\0\x02\0moov\0\0\x01\xf8trak\0\0\x01\xf0mdia",
    b"\0\0\0\x14ftypM4A \0\0\0\0M4A ",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some((which, rest)) = bytes.split_first() {
        let mut file = [BEGINNINGS[usize::from(*which) % BEGINNINGS.len()], rest].concat();
        sum_pages(&mut file);
        check(&file);
    }
});

fn check(bytes: &[u8]) {
    let mut planner = Planner::new(bytes.len() as u64);
    while let Step::Read { at, len } = planner.step() {
        let at = usize::try_from(at).expect("inside the file");
        planner.feed(&bytes[at..at + len]);
    }
    let Ok(plan) = planner.into_plan() else { return };
    assert!(plan.new_len() <= bytes.len() as u64 + 128);
    let mut at = 0;
    while let Some(piece) = plan.piece(at, 65_536) {
        if let Piece::Source { at, len } = piece {
            assert!(at + len as u64 <= bytes.len() as u64);
        }
        assert!(piece.len() > 0);
        at += piece.len() as u64;
    }
    assert_eq!(at, plan.new_len());
}

/// Gives every page of an Ogg its right check sum: the fuzzer would look for it for ever.
fn sum_pages(file: &mut [u8]) {
    let mut at = 0;
    while file.get(at..at + 4) == Some(b"OggS") && file.len() >= at + 27 {
        let segments = usize::from(file[at + 26]);
        let Some(lacing) = file.get(at + 27..at + 27 + segments) else { return };
        let end = at + 27 + segments + lacing.iter().map(|len| usize::from(*len)).sum::<usize>();
        let Some(page) = file.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte) << 24, |c, _| if c >> 31 == 1 { 0x04c1_1db7 ^ (c << 1) } else { c << 1 })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}
