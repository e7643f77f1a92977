//! MP4, MOV, M4A, 3GP: what plays stays in its place, everything planted becomes zeros.

use tipline_scrub::{Planner, Step, Why};

use super::{clean, found, has, plan, settled};

const MP4: &[u8] = include_bytes!("../data/film.mp4");
const MOV: &[u8] = include_bytes!("../data/film.mov");
const M4A: &[u8] = include_bytes!("../data/voice.m4a");
const PHONE: &[u8] = include_bytes!("../data/phone.3gp");
const HEVC: &[u8] = include_bytes!("../data/hevc.mp4");
const ALL: [(&[u8], &str); 5] = [(MP4, "mp4"), (MOV, "mov"), (M4A, "m4a"), (PHONE, "3gp"), (HEVC, "mp4")];

/// A box: its type, where it begins, where its content begins, where it ends.
type Place = ([u8; 4], usize, usize, usize);

fn boxes(file: &[u8], from: usize, to: usize) -> Vec<Place> {
    let mut at = from;
    let mut all = Vec::new();
    while at + 8 <= to {
        let len = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        all.push((file[at + 4..at + 8].try_into().unwrap(), at, at + 8, at + len));
        at += len;
    }
    all
}

/// The first box of a path.
fn find(file: &[u8], path: &[&[u8; 4]]) -> Place {
    let mut here = (*b"file", 0, 0, file.len());
    for kind in path {
        here = *boxes(file, here.2, here.3).iter().find(|(k, ..)| k == *kind).unwrap();
    }
    here
}

/// A box of ours.
fn make(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
}

/// `file`, whose `moov` stands last, with `extra` at the end of the box at `path` in it.
fn with(file: &[u8], path: &[&[u8; 4]], extra: &[u8]) -> Vec<u8> {
    let mut new = file.to_vec();
    let end = find(file, path).3;
    new.splice(end..end, extra.iter().copied());
    for depth in 1..=path.len() {
        let (_, at, ..) = find(file, &path[..depth]);
        let len =
            u32::from_be_bytes(new[at..at + 4].try_into().unwrap()) + u32::try_from(extra.len()).unwrap();
        new[at..at + 4].copy_from_slice(&len.to_be_bytes());
    }
    new
}

#[test]
fn a_film_keeps_its_media_in_its_place_and_loses_everything_else() {
    for (file, code) in ALL {
        let new = clean(file);
        assert_eq!(plan(file).unwrap().format().code(), code);
        assert_eq!(new.len(), file.len());
        let (_, _, from, to) = find(file, &[b"mdat"]);
        for word in [&b"anary"[..], b"2026", b"Lavf", b"Lavc", b"Handler", b"xpacket"] {
            // Encoders sign within the sound and the pictures as well; nothing is changed there.
            assert!(
                !has(&new[..from], word) && !has(&new[to..], word),
                "{code}: {}",
                String::from_utf8_lossy(word)
            );
        }
        if code != "m4a" {
            assert_eq!(new[from..to], file[from..to]);
        }
        settled(&new);
    }
}

#[test]
fn what_it_told_is_told_to_the_person() {
    found(
        MP4,
        &[
            "position: 52.5163, 13.3777",
            "position: in XMP",
            "device: CanaryCamera",
            "device: CanaryPhone",
            "device: Lavc59.37.100 libx264",
            "date: 2026-11-21 08:14:05",
            "date: 2026-11-21",
            "names: CanaryPerson",
            "names: in XMP",
            "text: Canary_title",
            "text: Canary_words",
            "other: a language: deu",
        ],
    );
    found(
        MOV,
        &[
            "position: +52.5163+013.3777/",
            "device: Canary",
            "device: CanaryPhone",
            "date: 2026-11-21T08:14:05+0100",
        ],
    );
    found(M4A, &["thumbnail", "names: CanaryPerson", "position: 52.5163, 13.3777"]);
    found(PHONE, &["position: 52.5163, 13.3777", "names: CanaryPerson", "text: Canary_title"]);
}

#[test]
fn boxes_that_no_list_knows_become_free_and_zeros_wherever_they_stand() {
    let canary = make(b"caNy", b"canary");
    let blank = make(b"free", &[0; 6]);
    let stbl: &[&[u8; 4]] = &[b"moov", b"trak", b"mdia", b"minf", b"stbl"];
    let base = clean(PHONE);
    for depth in 1..=stbl.len() {
        let file = with(&base, &stbl[..depth], &canary);
        assert_eq!(clean(&file), with(&base, &stbl[..depth], &blank), "depth {depth}");
        found(&file, &["other: a box caNy"]);
    }
    // Behind the last box that stays it is cut off, and so is what is no box.
    assert_eq!(clean(&[&base[..], &canary].concat()), base);
    assert_eq!(clean(&[&base[..], b"canary canary canary"].concat()), base);
    found(&[&base[..], b"canary"].concat(), &["other: 6 bytes after the end"]);
    // Room that editors leave holds what was there before.
    let file = with(&base, &[b"moov"], &make(b"free", b"canary"));
    assert!(!has(&clean(&file), b"canary"));
    found(&file, &["other: bytes without use"]);
}

#[test]
fn bytes_of_the_media_that_no_sample_is_become_zeros() {
    // The media of the phone's film with eight bytes more at their end, and a box of media that nothing names.
    let base = clean(PHONE);
    let (_, at, _, end) = find(&base, &[b"mdat"]);
    let moov = &base[end..];
    let mut file = [&base[..end], b"canary!!", moov, &make(b"mdat", b"canary")].concat();
    let len = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) + 8;
    file[at..at + 4].copy_from_slice(&len.to_be_bytes());
    let new = clean(&file);
    assert_eq!(new.len(), file.len());
    assert!(!has(&new, b"canary"));
    assert_eq!(new[at + 8..end], base[at + 8..end]);
    found(&file, &["other: bytes of no picture and no sound"]);
    // Tables are as long as they say.
    let (_, at, from, end) = find(&base, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"]);
    let mut short = base.clone();
    let count = u32::from_be_bytes(short[from + 4..from + 8].try_into().unwrap()) - 1;
    short[from + 4..from + 8].copy_from_slice(&count.to_be_bytes());
    let new = clean(&short);
    assert_eq!(new[at..end - 8], short[at..end - 8]);
    assert_eq!(new[end - 8..end], [0; 8]);
}

#[test]
fn a_track_that_is_neither_picture_nor_sound_is_a_reason_to_refuse() {
    for file in
        [&include_bytes!("../data/refused/words.mp4")[..], include_bytes!("../data/refused/timecode.mov")]
    {
        assert_eq!(plan(file), Err(Why::Track));
    }
    let handler = find(PHONE, &[b"moov", b"trak", b"mdia", b"hdlr"]).2 + 8;
    for kind in [b"meta", b"tmcd", b"text", b"camm", b"sbtl", b"gpmd", b"auxv", b"hint"] {
        let mut file = PHONE.to_vec();
        file[handler..handler + 4].copy_from_slice(kind);
        assert_eq!(plan(&file), Err(Why::Track));
    }
    let mut file = PHONE.to_vec();
    file[handler..handler + 4].copy_from_slice(b"soun");
    assert_eq!(plan(&file), Err(Why::Damaged("a track does not say what it holds")));
    // One that lies about itself is told by how it is coded.
    let codec = find(PHONE, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).2 + 12;
    for (kind, why) in [
        (b"mebx", Why::Track),
        (b"gpmd", Why::Track),
        (b"encv", Why::Unsupported("an encrypted film")),
        (b"jpeg", Why::Unsupported("a film whose pictures or sound are coded in a rare way")),
    ] {
        let mut file = PHONE.to_vec();
        file[codec..codec + 4].copy_from_slice(kind);
        assert_eq!(plan(&file).unwrap_err(), why, "{}", String::from_utf8_lossy(kind));
    }
}

#[test]
fn a_damaged_or_rare_film_is_refused_with_the_reason() {
    let base = clean(PHONE);
    let patched = |path: &[&[u8; 4]], skip: usize, bytes: &[u8]| {
        let mut file = base.clone();
        let at = find(&file, path).2 + skip;
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let stbl = |kind: &'static [u8; 4]| -> [&'static [u8; 4]; 6] {
        [b"moov", b"trak", b"mdia", b"minf", b"stbl", kind]
    };
    let ftyp = &base[..find(&base, &[b"ftyp"]).3];
    for (file, why) in [
        (include_bytes!("../data/refused/fragments.mp4").to_vec(), Why::Unsupported("a film in fragments")),
        (base[..base.len() - 1].to_vec(), Why::Truncated),
        (ftyp.to_vec(), Why::Damaged("it holds no picture and no sound")),
        ([ftyp, &make(b"moov", b"")].concat(), Why::Damaged("it holds no picture and no sound")),
        ([&base[..], &base[find(&base, &[b"moov"]).1..]].concat(), Why::Damaged("it is two films")),
        ([ftyp, b"\0\0\0\x04moov"].concat(), Why::Damaged("a box is shorter than itself")),
        (
            [ftyp, &make(b"moov", &make(b"cmov", b""))].concat(),
            Why::Unsupported("a film whose tables are packed"),
        ),
        (
            [ftyp, &make(b"moov", &make(b"trak", b""))].concat(),
            Why::Damaged("a track does not say what it holds"),
        ),
        (patched(&stbl(b"stco"), 8, &[0, 0, 0, 1]), Why::Damaged("its tables name what is not there")),
        (patched(&stbl(b"stco"), 4, &[0xff; 4]), Why::Damaged("a table is not as long as it says")),
        (patched(&stbl(b"stsc"), 8, &[0, 0, 0, 2]), Why::Damaged("its chunks are counted wrong")),
        (patched(&stbl(b"stsc"), 4, &[0; 4]), Why::Damaged("its chunks hold no samples")),
        (patched(&stbl(b"stsz"), 12, &[0xff; 4]), Why::Damaged("its tables name what is not there")),
        (patched(&[b"moov", b"mvhd"], 0, &[9]), Why::Unsupported("a film of a newer kind")),
        (
            patched(&[b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"], 16, &[0; 4]),
            Why::Unsupported("a film whose parts lie in other files"),
        ),
        (with(&base, &stbl(b"stbl")[..5], &make(b"stco", &[0; 8])), Why::Damaged("a table stands twice")),
    ] {
        assert_eq!(plan(&file).unwrap_err(), why);
    }
}

/// The `moov` of a film of `chunks` chunks, `apart` bytes from each other from byte 16 on, each one sample of `len` bytes.
fn long_moov(chunks: u32, apart: u32, len: u32) -> Vec<u8> {
    let (_, at, _, end) = find(PHONE, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"]);
    let count = chunks.to_be_bytes();
    let table = |kind: &[u8; 4], before: &[u8], entries: Vec<u8>| make(kind, &[before, &entries].concat());
    let offsets = (0..chunks).flat_map(|n| (16 + n * apart).to_be_bytes()).collect();
    let sizes = (0..chunks).flat_map(|_| len.to_be_bytes()).collect();
    let runs = [1_u32, 1, 1].iter().flat_map(|n| n.to_be_bytes()).collect();
    let stbl = [
        PHONE[at..end].to_vec(),
        table(b"stsc", &[0, 0, 0, 0, 0, 0, 0, 1], runs),
        table(b"stsz", &[&[0; 8][..], &count].concat(), sizes),
        table(b"stco", &[&[0; 4][..], &count].concat(), offsets),
    ]
    .concat();
    let mut hdlr = b"\0\0\0\0\0\0\0\0vide".to_vec();
    hdlr.resize(25, 0);
    let minf = make(b"minf", &make(b"stbl", &stbl));
    make(b"moov", &make(b"trak", &make(b"mdia", &[make(b"hdlr", &hdlr), minf].concat())))
}

/// A film in which every tenth byte of the media is named by nothing.
fn long_film(chunks: u32) -> Vec<u8> {
    let media = make(b"mdat", &b"123456789x".repeat(chunks as usize));
    [make(b"wide", b""), media, long_moov(chunks, 10, 9)].concat()
}

#[test]
fn a_film_of_500_mb_is_planned_from_its_tables_alone() {
    const SAMPLES: u32 = 8_000;
    const LEN: u32 = 65_536;
    let head = [make(b"wide", b""), (8 + SAMPLES * LEN).to_be_bytes().to_vec(), b"mdat".to_vec()].concat();
    let (from, moov) = (u64::from(16 + SAMPLES * LEN), long_moov(SAMPLES, LEN, LEN));
    let len = from + moov.len() as u64;
    let mut planner = Planner::new(len);
    let (mut steps, mut read) = (0, 0);
    while let Step::Read { at, len } = planner.step() {
        (steps, read) = (steps + 1, read + len);
        let byte = |at: u64| match at.checked_sub(from) {
            Some(at) => moov[at as usize],
            None => head.get(at as usize).copied().unwrap_or(7),
        };
        planner.feed(&(at..at + len as u64).map(byte).collect::<Vec<_>>());
    }
    let plan = planner.into_plan().unwrap();
    assert_eq!(plan.new_len(), len);
    assert!(steps < 40 && read < 200_000 && plan.edits().len() < 20, "{steps} steps, {read} bytes");
}

#[test]
fn gaps_between_chunks_become_zeros_in_windows_of_their_tables() {
    for chunks in [1, 1_024, 3_072, 3_073, 20_000] {
        let file = long_film(chunks);
        let new = clean(&file);
        assert!(
            new[16..16 + chunks as usize * 10].chunks(10).all(|chunk| chunk == b"123456789\0"),
            "{chunks}"
        );
    }
    // Only so many gaps have room in a plan.
    assert_eq!(plan(&long_film(40_000)), Err(Why::TooComplex));
}
