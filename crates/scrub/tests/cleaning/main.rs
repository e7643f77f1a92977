//! What a cleaned file is: the same picture, and nothing of what was planted in it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

mod film;
mod gif;
mod heif;
mod hostile;
mod jpeg;
mod mp3;
mod ogg;
mod png;
mod wav;
mod webp;

use tipline_scrub::{MAX_READ, Piece, Plan, Planner, Step, Why};

/// A word that stands in everything that must go.
const CANARY: &[u8] = b"anary";

/// Plans a file in memory, and counts the steps.
fn plan(file: &[u8]) -> Result<Plan, Why> {
    let mut planner = Planner::new(file.len() as u64);
    while let Step::Read { at, len } = planner.step() {
        assert!((1..=MAX_READ).contains(&len), "a read of {len} bytes");
        planner.feed(&file[usize::try_from(at).unwrap()..][..len]);
    }
    planner.into_plan()
}

/// Streams a file through its plan, `max` bytes at a time.
fn apply(plan: &Plan, file: &[u8], max: usize) -> Vec<u8> {
    let mut new = Vec::new();
    while let Some(piece) = plan.piece(new.len() as u64, max) {
        match piece {
            Piece::Source { at, len } => new.extend(&file[usize::try_from(at).unwrap()..][..len]),
            Piece::Literal(bytes) => new.extend(bytes),
            Piece::Zeros(len) => new.resize(new.len() + len, 0),
        }
    }
    assert_eq!(new.len() as u64, plan.new_len());
    new
}

fn clean(file: &[u8]) -> Vec<u8> {
    apply(&plan(file).unwrap(), file, 4_096)
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// `kind: value` of everything that was found.
fn findings(file: &[u8]) -> Vec<String> {
    plan(file).unwrap().findings().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn found(file: &[u8], what: &[&str]) {
    let all = findings(file);
    for want in what {
        assert!(all.iter().any(|f| f == want), "{want} in {all:#?}");
    }
}

/// A chunk of RIFF, of even length.
fn riff_chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let pad: &[u8] = if data.len() % 2 == 1 { &[0] } else { &[] };
    [kind, &u32::try_from(data.len()).unwrap().to_le_bytes(), data, pad].concat()
}

/// The chunks of a RIFF file: types and contents.
fn riff_chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut at = 12;
    let mut all = Vec::new();
    while at < file.len() {
        let len = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        all.push((
            String::from_utf8_lossy(&file[at..at + 4]).into_owned(),
            file[at + 8..at + 8 + len].to_vec(),
        ));
        at += 8 + len + len % 2;
    }
    all
}

fn riff_file(form: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF", &u32::try_from(chunks.len() + 4).unwrap().to_le_bytes()[..], form, &chunks].concat()
}

/// A file that cleaning doesn't change any more.
#[track_caller]
fn settled(new: &[u8]) {
    let plan = plan(new).unwrap();
    assert_eq!(plan.findings(), []);
    assert_eq!(apply(&plan, new, MAX_READ), new);
}

#[test]
fn a_document_or_an_unknown_file_is_kept_as_it_is_and_says_so() {
    let docx = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml";
    let odt = [&b"PK\x03\x04"[..], &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.text"].concat();
    for (file, code) in [
        (&b"%PDF-1.7 canary"[..], "pdf"),
        (docx, "office"),
        (&odt, "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
        (b"{\\rtf1 canary", "office"),
        (b"PK\x03\x04canary", "zip"),
        (b"x", "unknown"),
        (b"\xff\xfec\0a\0n\0", "unknown"),
        (b"\xff\xd8", "unknown"),
        (b"GIF90a", "unknown"),
        (b"\x1a\x45\xdf\xa3canary", "unknown"),
        (&[0; 200_000], "unknown"),
    ] {
        let plan = plan(file).unwrap();
        assert_eq!((plan.format().code(), plan.is_cleaned()), (code, false));
        assert_eq!(apply(&plan, file, 1_000), file);
    }
}

#[test]
fn an_empty_file_is_refused() {
    assert_eq!(Planner::new(0).step(), Step::Refused(Why::Empty));
    assert_eq!(plan(b""), Err(Why::Empty));
}

#[test]
fn a_file_that_shrinks_or_grows_is_refused() {
    let file = include_bytes!("../data/photo.jpg");
    for wrong in [0, 1, 31, 33, 40_000] {
        let mut planner = Planner::new(file.len() as u64);
        planner.feed(&file[..64]);
        assert!(matches!(planner.step(), Step::Read { at: 2, len: 32 }));
        planner.feed(&file[..wrong]);
        assert_eq!(planner.step(), Step::Refused(Why::Changed));
        planner.feed(&file[..32]);
        assert_eq!(planner.into_plan(), Err(Why::Changed));
    }
}

#[test]
fn a_plan_is_not_given_before_it_is_made() {
    assert_eq!(Planner::new(9).into_plan(), Err(Why::Unfinished));
}
