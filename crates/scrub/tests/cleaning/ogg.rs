//! Ogg: packets of sound stay, everything planted goes.

use tipline_scrub::Why;

use super::{CANARY, clean, found, has, plan, settled};

const OPUS: &[u8] = include_bytes!("../data/tagged.opus");
const VORBIS: &[u8] = include_bytes!("../data/tagged.ogg");

/// A page: flags, time, number of the stream, number of the page, lengths of the segments, data.
#[derive(Clone, Debug, PartialEq)]
struct Page {
    flags: u8,
    time: u64,
    serial: u32,
    number: u32,
    lacing: Vec<u8>,
    data: Vec<u8>,
}

/// The check sum bit by bit, apart from the crate's own.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte) << 24,
            |c, _| if c >> 31 == 1 { 0x04c1_1db7 ^ (c << 1) } else { c << 1 },
        )
    })
}

fn write(pages: &[Page]) -> Vec<u8> {
    let one = |page: &Page| {
        let mut bytes =
            [b"OggS\0", &[page.flags][..], &page.time.to_le_bytes(), &page.serial.to_le_bytes()].concat();
        bytes.extend(
            [&page.number.to_le_bytes()[..], &[0; 4], &[page.lacing.len() as u8], &page.lacing, &page.data]
                .concat(),
        );
        let sum = crc(&bytes).to_le_bytes();
        bytes[22..26].copy_from_slice(&sum);
        bytes
    };
    pages.iter().flat_map(one).collect()
}

fn read(file: &[u8]) -> Vec<Page> {
    let mut rest = file;
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let lacing = rest[27..27 + usize::from(rest[26])].to_vec();
        let start = 27 + lacing.len();
        let end = start + lacing.iter().map(|len| usize::from(*len)).sum::<usize>();
        pages.push(Page {
            flags: rest[5],
            time: u64::from_le_bytes(rest[6..14].try_into().unwrap()),
            serial: word(14),
            number: word(18),
            lacing,
            data: rest[start..end].to_vec(),
        });
        assert_eq!(write(&pages[pages.len() - 1..]), rest[..end], "a page's sum");
        rest = &rest[end..];
    }
    pages
}

fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = vec![Vec::new()];
    for page in read(file) {
        let mut data = &page.data[..];
        for len in page.lacing {
            packets.last_mut().unwrap().extend(&data[..len.into()]);
            data = &data[len.into()..];
            if len < 255 {
                packets.push(Vec::new());
            }
        }
    }
    packets
}

fn page(number: u32, data: &[u8]) -> Page {
    let lacing = data.chunks(255).map(|part| part.len() as u8).collect();
    Page { flags: 0, time: 0, serial: 7, number, lacing, data: data.to_vec() }
}

/// An Opus head, these pages, and a page of sound.
fn opus(headers: &[Page]) -> Vec<u8> {
    let mut all = vec![Page { flags: 2, ..page(0, b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0") }];
    all.extend_from_slice(headers);
    all.push(Page { flags: 4, time: 960, ..page(all.len() as u32, b"sound") });
    write(&all)
}

#[test]
fn a_recording_keeps_its_packets_and_loses_everything_else() {
    for (file, comments, headers) in
        [(OPUS, &b"OpusTags\0\0\0\0\0\0\0\0"[..], 2), (VORBIS, b"\x03vorbis\0\0\0\0\0\0\0\0\x01", 3)]
    {
        let new = clean(file);
        assert!(has(file, CANARY) && !has(&new, CANARY));
        let (old, now) = (packets(file), packets(&new));
        assert_eq!((&now[0], &now[2..], &now[1][..]), (&old[0], &old[2..], comments));
        let (old, now) = (read(file), read(&new));
        assert!(now.iter().enumerate().all(|(n, page)| (page.serial, page.number) == (1, n as u32)));
        let sound = |pages: &[Page]| {
            pages.iter().filter(|p| p.time > 0).map(|p| (p.time, p.flags, p.data.clone())).collect::<Vec<_>>()
        };
        assert_eq!(sound(&now), sound(&old));
        assert!(headers <= 3 && now.last().unwrap().flags == 4);
        settled(&new);
    }
    found(
        OPUS,
        &[
            "names: CanaryPerson",
            "date: 2026-11-21",
            "position: Canary street",
            "thumbnail",
            "text: Canary title",
        ],
    );
    found(VORBIS, &["names: CanaryPerson", "date: 2026-11-21", "text: Canary title"]);
}

#[test]
fn comments_over_many_pages_become_one_page() {
    let mut packet =
        b"OpusTags\x06\0\0\0canary\x02\0\0\0\x0d\0\0\0ENCODER=canar\xf0\xff\x02\0METADATA_BLOCK_PICTURE="
            .to_vec();
    packet.resize(200_000, b'c');
    let parts: Vec<&[u8]> = packet.chunks(65_025).collect();
    let headers: Vec<Page> = parts
        .iter()
        .enumerate()
        .map(|(n, part)| Page { flags: u8::from(n > 0), ..page(n as u32 + 1, part) })
        .collect();
    let file = opus(&headers);
    let new = clean(&file);
    assert_eq!(read(&new).len(), 3);
    assert!(new.len() < 200);
    found(&file, &["device: canary", "device: canar", "thumbnail"]);
}

#[test]
fn large_tables_stay_whole() {
    let tables = [&b"\x05vorbis"[..], &[9; 70_000]].concat();
    let whole: Vec<u8> = [&b"\x03vorbis\0\0\0\0\0\0\0\0\x01"[..], &tables].concat();
    let lacing: Vec<u8> = [16].into_iter().chain(tables.chunks(255).map(|part| part.len() as u8)).collect();
    let first =
        Page { lacing: lacing[..255].to_vec(), data: whole[..16 + 254 * 255].to_vec(), ..page(1, b"") };
    let second = Page {
        flags: 1,
        lacing: lacing[255..].to_vec(),
        data: whole[16 + 254 * 255..].to_vec(),
        ..page(2, b"")
    };
    let head =
        Page { flags: 2, ..page(0, b"\x01vorbis\0\0\0\0\x01\x80\xbb\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xb8\x01") };
    let file = write(&[head, first, second, Page { flags: 4, time: 9, ..page(3, b"sound") }]);
    let new = clean(&file);
    assert_eq!(packets(&new), packets(&file));
}

#[test]
fn nothing_after_the_end_stays() {
    let file = [OPUS, b"canary"].concat();
    assert_eq!(clean(&file), clean(OPUS));
    found(&file, &["other: 6 bytes after the end of the sound"]);
}

#[test]
fn a_damaged_or_rare_ogg_is_refused_with_the_reason() {
    let tags = page(1, b"OpusTags\0\0\0\0\0\0\0\0");
    let mut flipped = OPUS.to_vec();
    flipped[100] ^= 1;
    let rare = Why::Unsupported("an Ogg that holds something else than Opus or Vorbis");
    let several = Why::Unsupported("an Ogg of several streams");
    let first = |data: &[u8]| write(&[Page { flags: 2, ..page(0, data) }]);
    for (file, why) in [
        (flipped, Why::Damaged("a check sum is wrong")),
        (OPUS[..OPUS.len() - 1].to_vec(), Why::Truncated),
        (first(b"\x7fFLAC\x01\0"), rare),
        (first(b"\x80theora"), rare),
        (first(b"fishead\0"), rare),
        (
            first(b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0canary"),
            Why::Damaged("its head is not as long as it must be"),
        ),
        (first(b"\x01vorbiscanary"), Why::Damaged("its head is not as long as it must be")),
        (opus(&[]), Why::Damaged("its comments are not where they must be")),
        (opus(&[page(1, b"canary")]), Why::Damaged("its comments are not where they must be")),
        (opus(&[Page { serial: 8, ..tags.clone() }]), several),
        ([OPUS, OPUS].concat(), several),
        (write(&read(OPUS)[..1]), Why::Truncated),
        (
            opus(&[Page { lacing: vec![16, 5], data: b"OpusTags\0\0\0\0\0\0\0\0sound".to_vec(), ..tags }]),
            Why::Damaged("its sound begins before its headers end"),
        ),
        (write(&[Page { flags: 8, ..page(0, b"canary") }]), Why::Damaged("a page is none")),
    ] {
        assert_eq!(plan(&file), Err(why));
    }
}
