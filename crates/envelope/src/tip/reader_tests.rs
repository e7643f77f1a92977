//! Hostile and odd plaintexts, by name. Each loses nothing but zeros.

use super::*;
use proptest::prelude::*;

/// Everything that came out: entries with their bytes, then the rest.
#[derive(Debug, Default, PartialEq, Eq)]
struct Out {
    entries: Vec<(String, Vec<u8>)>,
    rest: Vec<u8>,
    fault: Option<TarFault>,
}

/// Reads `plain` in pieces of `step` bytes.
fn read_in(plain: &[u8], step: usize) -> Out {
    let mut reader = TipReader::new(plain.len() as u64);
    let mut out = Out::default();
    let mut open = false;
    for mut input in plain.chunks(step) {
        while let Some(event) = reader.next(&mut input) {
            match event {
                Event::Start { name, size } => {
                    assert!(!open && out.fault.is_none() && size <= plain.len() as u64);
                    open = true;
                    out.entries.push((name.to_string(), Vec::new()));
                }
                Event::Data(bytes) if open => out.entries.last_mut().unwrap().1.extend_from_slice(bytes),
                Event::Data(bytes) => out.rest.extend_from_slice(bytes),
                Event::End => open = false,
                Event::Fault(fault) => assert!(!open && out.fault.replace(fault).is_none()),
            }
        }
        assert!(input.is_empty());
    }
    let summary = reader.finish();
    assert_eq!((summary.entries, summary.rest), (out.entries.len(), out.rest.len() as u64));
    assert!(out.fault.is_none() || out.fault == summary.fault);
    Out { fault: summary.fault, ..out }
}

fn read(plain: &[u8]) -> Out {
    let whole = read_in(plain, usize::MAX);
    for step in [1, 7, 511, 512, 513, 65_536] {
        assert_eq!(read_in(plain, step), whole, "pieces of {step}");
    }
    whole
}

fn entry(name: &str, bytes: &[u8]) -> Vec<u8> {
    let header = Header { name: name.into(), size: bytes.len() as u64 }.to_block().unwrap();
    let zeros = vec![0; padding(bytes.len() as u64) as usize];
    [&header, bytes, &zeros].concat()
}

fn tip() -> Vec<u8> {
    [entry("tip.json", b"{}"), entry("files/001", &[7; 600])].concat()
}

fn kept() -> Vec<(String, Vec<u8>)> {
    vec![("tip.json".into(), b"{}".to_vec()), ("files/001".into(), vec![7; 600])]
}

/// Reads the sound tip, then `bad` and `after`; entries are kept, the rest comes out whole.
fn faulty(bad: &[u8], fault: TarFault) {
    let after = entry("files/002", b"evidence");
    let out = read(&[tip(), bad.to_vec(), after.clone(), vec![0; 2_048]].concat());
    assert_eq!(out.fault, Some(fault));
    assert_eq!(out.entries, kept());
    assert_eq!(out.rest, [bad, &after, &[0; 2_048]].concat());
}

fn with_type(name: &str, kind: u8) -> Vec<u8> {
    let mut block = entry(name, b"");
    block[156] = kind;
    let sum: u32 =
        block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[test]
fn a_sound_tip_comes_apart() {
    for zeros in [1_024, 1_025, 60_000] {
        let out = read(&[tip(), vec![0; zeros]].concat());
        assert_eq!(out, Out { entries: kept(), rest: vec![], fault: None });
    }
}

#[test]
fn a_climbing_name_is_a_fault() {
    let mut bad = with_type("aaa", b'0');
    bad[..4].copy_from_slice(b"../x");
    let sum: u32 =
        bad.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
    bad[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    faulty(&bad, UstarError::Name.into());
}

#[test]
fn a_link_a_folder_and_a_device_are_faults() {
    for kind in *b"123456" {
        faulty(&with_type("files/002", kind), UstarError::NotAFile.into());
    }
}

#[test]
fn a_duplicate_is_a_fault() {
    faulty(&entry("tip.json", b"{\"other\":1}"), TarFault::Duplicate);
    faulty(&entry("files/001", b"other"), TarFault::Duplicate);
}

#[test]
fn a_length_that_lies_is_a_fault() {
    let lie = Header { name: "files/009".into(), size: 1 << 32 }.to_block().unwrap();
    faulty(&lie, TarFault::Length);
}

#[test]
fn bytes_between_entries_and_after_the_end_are_handed_out() {
    let mut between = tip();
    between[512 + 100] = b'!';
    let out = read(&[between.clone(), vec![0; 1_024]].concat());
    assert_eq!((out.fault, out.entries.len()), (Some(TarFault::Between), 1));
    assert_eq!(out.rest, [&between[612..], &[0; 1_024]].concat());

    let out = read(&[tip(), vec![0; 700], b"post scriptum".to_vec(), vec![0; 9]].concat());
    assert_eq!((out.fault, out.entries), (Some(TarFault::AfterEnd), kept()));
    assert_eq!(out.rest, b"post scriptum\0\0\0\0\0\0\0\0\0");
}

#[test]
fn what_is_no_tar_is_kept_whole() {
    for plain in [&b"dear friends"[..], &[0xff; 70_000], &[1; 512]] {
        let out = read(plain);
        assert_eq!((out.entries.len(), &out.rest[..]), (0, plain));
        assert!(out.fault.is_some());
    }
    assert_eq!(read(&[]), Out { fault: Some(TarFault::NoEnd), ..Out::default() });
    assert_eq!(read(&[0; 65_536]), Out::default());
}

#[test]
fn an_end_that_is_missing_or_cut_is_told() {
    for (zeros, fault) in [(0, Some(TarFault::NoEnd)), (512, Some(TarFault::NoEnd)), (1_024, None)] {
        let out = read(&[tip(), vec![0; zeros]].concat());
        assert_eq!((out.fault, out.entries), (fault, kept()), "{zeros}");
    }
    let out = read(&[tip(), entry("files/002", b"")[..300].to_vec()].concat());
    assert_eq!((out.fault, out.rest.len()), (Some(TarFault::Cut), 300));
    let unpadded = [entry("tip.json", b"{}")[..514].to_vec()].concat();
    let out = read(&unpadded);
    assert_eq!((out.fault, &out.entries[0].1[..]), (Some(TarFault::NoEnd), &b"{}"[..]));
}

#[test]
fn the_hundred_and_first_entry_is_a_fault() {
    let many: Vec<u8> = (0..101).flat_map(|i| entry(&format!("n{i}"), b"x")).collect();
    let out = read_in(&many, 4_000);
    assert_eq!((out.fault, out.entries.len(), out.rest.len()), (Some(TarFault::TooMany), 100, 1_024));
}

#[test]
fn names_of_other_tools_are_foreign_and_kept() {
    let out = read(&[entry("photo.jpg", b"jpeg"), vec![0; 1_024]].concat());
    assert_eq!(out.entries, [("photo.jpg".to_string(), b"jpeg".to_vec())]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_panics(
        seed in proptest::collection::vec((0_u8..6, proptest::collection::vec(any::<u8>(), 0..700)), 0..6),
        step in 1_usize..3_000,
    ) {
        let mut plain = Vec::new();
        for (i, (kind, bytes)) in seed.iter().enumerate() {
            match kind {
                0 => plain.extend_from_slice(bytes),
                1 => plain.extend(vec![0; 512]),
                2 => plain.extend(entry("tip.json", bytes)),
                _ => plain.extend(entry(&format!("files/{:03}", i + 1), bytes)),
            }
        }
        let out = read_in(&plain, step);
        prop_assert!(out == read_in(&plain, usize::MAX));
        // Everything that is not zero is in a header that was read, in an entry, or in the rest.
        let count = |bytes: &[u8]| bytes.iter().filter(|b| **b != 0).count();
        let headers: usize = out.entries.iter().map(|(name, bytes)| count(&entry(name, bytes)) - count(bytes)).sum();
        let data: usize = out.entries.iter().map(|(_, bytes)| count(bytes)).sum();
        prop_assert_eq!(count(&plain), headers + data + count(&out.rest));
    }

    #[test]
    fn a_sealed_tips_tar_comes_back(
        json in proptest::collection::vec(any::<u8>(), 0..3_000),
        sizes in proptest::collection::vec(0_usize..4_000, 0..5),
    ) {
        let files: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, len)| vec![i as u8; *len]).collect();
        let mut plain = entry("tip.json", &json);
        let mut expected = vec![("tip.json".to_string(), json)];
        for (i, bytes) in files.into_iter().enumerate() {
            let name = format!("files/{:03}", i + 1);
            plain.extend(entry(&name, &bytes));
            expected.push((name, bytes));
        }
        plain.resize(65_536, 0);
        prop_assert_eq!(read_in(&plain, 65_536), Out { entries: expected, rest: vec![], fault: None });
    }
}
