//! Hostile bytes: no panic, bounded work, and never a plan that reads outside of the file.

use proptest::prelude::*;
use tipline_scrub::{MAX_FINDINGS, MAX_VALUE, Planner, Step, Why};

use super::{apply, plan};

const FILES: [&[u8]; 8] = [
    include_bytes!("../data/photo.jpg"),
    include_bytes!("../data/progressive.jpg"),
    include_bytes!("../data/restart.jpg"),
    include_bytes!("../data/grey.jpg"),
    include_bytes!("../data/cmyk.jpg"),
    include_bytes!("../data/truecolour.png"),
    include_bytes!("../data/palette.png"),
    include_bytes!("../data/animated.png"),
];

/// Every file of the folder, in order of its name.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|e| e != "md")).collect();
    all.sort();
    all.iter()
        .map(|path| (path.file_name().unwrap().display().to_string(), std::fs::read(path).unwrap()))
        .collect()
}

fn check(file: &[u8]) {
    if let Ok(plan) = plan(file) {
        assert!(plan.findings().len() <= MAX_FINDINGS);
        assert!(plan.findings().iter().flat_map(|f| &f.value).all(|v| v.chars().count() <= MAX_VALUE));
        assert!(plan.new_len() <= file.len() as u64 + 128);
        apply(&plan, file, 1_000);
    }
}

#[test]
fn no_part_of_a_file_makes_it_panic() {
    for (name, file) in fixtures() {
        let step = file.len() / 2_000 + 1;
        for len in (0..file.len()).step_by(step).chain(0..file.len().min(1_500)) {
            let part = &file[..len];
            // Sound may end anywhere between two of its frames or pages, a picture before what goes of it.
            let whole = ["mp3", "ogg", "opus", "heic", "avif"].iter().any(|end| name.ends_with(end));
            assert!(len < 12 || whole || plan(part).is_err() || file.len() - len <= 48, "{len} of {name}");
            check(part);
        }
    }
}

#[test]
fn no_wrong_byte_makes_it_panic() {
    for (name, mut file) in fixtures() {
        let planned = plan(&file).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(planned.is_cleaned(), "{name}");
        let step = file.len() / 1_200 + 1;
        for at in (0..file.len()).step_by(step).chain(0..file.len().min(600)) {
            for change in [0xff, 0x01] {
                file[at] ^= change;
                check(&file);
                file[at] ^= change;
            }
        }
    }
}

#[test]
fn a_file_that_never_ends_is_bounded() {
    // A file of 1 GiB that answers every read with the same bytes: whatever it says, few steps and no memory.
    let answer = |head: &'static [u8], body: &'static [u8]| {
        let mut planner = Planner::new(1 << 30);
        let mut steps = 0_u32;
        while let Step::Read { at, len } = planner.step() {
            let from = usize::try_from(at).unwrap();
            let bytes: Vec<u8> = (from..from + len)
                .map(|i| if i < head.len() { head[i] } else { body[(i - head.len()) % body.len()] })
                .collect();
            planner.feed(&bytes);
            steps += 1;
        }
        (steps, planner.into_plan())
    };
    // Comments of no length, for ever.
    let (steps, refused) = answer(b"\xff\xd8", b"\xff\xfe\0\x02");
    assert_eq!(refused, Err(Why::TooComplex));
    assert!(steps <= 20_002);
    // Chunks of no length, for ever.
    let (steps, refused) = answer(&FILES[5][..33], b"\0\0\0\0tEXt\0\0\0\0");
    assert_eq!(refused, Err(Why::TooComplex));
    assert!(steps <= 262_150);
    // The same of every other format: what is small and may be there any number of times.
    let (_, refused) = answer(b"GIF89a\x01\0\x01\0\0\0\0", b"\x21\xfe\0");
    assert_eq!(refused, Err(Why::TooComplex));
    let (_, refused) = answer(b"RIFF\xf0\xff\xff\x3fWAVE", b"JUNK\0\0\0\0");
    assert_eq!(refused, Err(Why::TooComplex));
    let (_, refused) = answer(b"RIFF\xf0\xff\xff\x3fWEBPVP8L\0\0\0\0", b"JUNK\0\0\0\0");
    assert_eq!(refused, Err(Why::TooComplex));
    let (_, refused) = answer(b"", b"ID3\x04\0\0\0\0\0\0");
    assert_eq!(refused, Err(Why::TooComplex));
    let (steps, refused) = answer(b"\0\0\0\x08ftyp", b"\0\0\0\x08free");
    assert_eq!(refused, Err(Why::TooComplex));
    assert!(steps <= 20_002);
    let (steps, refused) = answer(b"\0\0\0\x08ftyp\x3f\xff\xff\xf8moov", b"\0\0\0\x08trak");
    assert_eq!(refused, Err(Why::Damaged("a track does not say what it holds")));
    assert!(steps < 10);
    let (steps, refused) = answer(b"", &OGG_PAGE);
    assert_eq!(refused, Err(Why::Unsupported("an Ogg of several streams")));
    assert!(steps < 10);
}

/// A first page of Opus.
const OGG_PAGE: [u8; 47] = *b"OggS\0\x02\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x81\x0b\x35\x2f\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";

#[test]
fn a_directory_that_points_to_itself_ends() {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff".to_vec();
    for _ in 0..5_000 {
        exif.extend(b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0");
    }
    let len = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let file = [&FILES[3][..2], &[0xff, 0xe1], &len, &exif, &FILES[3][2..]].concat();
    check(&file);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4_000), which in 0_usize..8) {
        let magic: &[u8] = [
            &b""[..],
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\xff\x01\0\0WEBPVP8X\x0a\0\0\0",
            b"RIFF\xff\x01\0\0WAVE",
            b"\0\0\0\x10ftypisom\0\0\0\0",
            b"OggS\0\x02\0\0\0\0\0\0\0\0",
        ][which];
        check(&[magic, &bytes].concat());
    }

    #[test]
    fn no_change_makes_it_panic(
        which in 1_usize..8,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = FILES[which].to_vec();
        for (at, byte) in changes {
            let len = file.len();
            file[at.index(len)] = byte;
        }
        check(&file);
    }

    #[test]
    fn no_exif_makes_it_panic(exif in proptest::collection::vec(any::<u8>(), 0..400), little in any::<bool>()) {
        let order: &[u8] = if little { b"II*\0\x08\0\0\0" } else { b"MM\0*\0\0\0\x08" };
        let content = [b"Exif\0\0", order, &exif].concat();
        let len = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        check(&[&FILES[3][..2], &[0xff, 0xe1], &len, &content, &FILES[3][2..]].concat());
    }
}
