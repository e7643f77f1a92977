//! Whatever is changed, cut, moved, doubled or added to a sealed file is refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails loudly"
)]

use proptest::prelude::*;
use tipline_envelope::{Fresh, Identity, OpenError, PublicKey, fresh_len, open_all, seal_all};
use zeroize::Zeroizing;

const PREFIX: usize = 86 + 1_557;
const SEALED: usize = 65_552;

fn desk() -> [Identity; 1] {
    [Identity::from_seed([1; 32])]
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let key = PublicKey::try_from(&desk()[0].recipient()).unwrap();
    let fresh = Fresh::new(Zeroizing::new(vec![2; fresh_len(1)]), 1).unwrap();
    seal_all(plain, &[key], fresh).unwrap()
}

fn is_refused(file: &[u8]) -> bool {
    open_all(file, &desk()).is_err()
}

#[test]
fn every_flipped_bit_of_a_small_file_is_noticed() {
    let mut file = sealed(b"they came to my parents");
    let desk = desk();
    for bit in 0..file.len() * 8 {
        file[bit / 8] ^= 1 << (bit % 8);
        assert!(open_all(&file, &desk).is_err(), "bit {bit}");
        file[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(open_all(&file, &desk).is_ok());
}

#[test]
fn flipped_bits_across_the_payload_are_noticed() {
    let mut file = sealed(&[3; 2 * 65_536 + 100]);
    for byte in (PREFIX - 16..file.len()).step_by(997) {
        file[byte] ^= 1 << (byte % 8);
        assert_eq!(open_all(&file, &desk()).err(), Some(OpenError::Refused), "byte {byte}");
        file[byte] ^= 1 << (byte % 8);
    }
    assert!(!is_refused(&file));
}

#[test]
fn every_cut_is_noticed() {
    let file = sealed(&[3; 2 * 65_536]);
    let around = |at: usize| [at - 17, at - 16, at - 15, at - 1, at, at + 1, at + 15, at + 16, at + 17];
    let ends = [PREFIX, PREFIX + SEALED, PREFIX + 2 * SEALED - 17];
    for len in
        (0..PREFIX).step_by(61).chain(ends.into_iter().flat_map(around)).filter(|len| *len < file.len())
    {
        assert!(is_refused(&file[..len]), "cut to {len}");
    }
    for len in (0..sealed(b"abc").len()).rev() {
        assert!(is_refused(&sealed(b"abc")[..len]), "cut to {len}");
    }
}

#[test]
fn chunks_cannot_be_moved_doubled_dropped_or_added() {
    let plain: Vec<u8> = (0..4 * 65_536).map(|i| (i / 65_536) as u8).collect();
    let file = sealed(&plain);
    let (prefix, payload) = file.split_at(PREFIX);
    let chunks: Vec<&[u8]> = payload.chunks(SEALED).collect();
    let with = |order: &[usize]| {
        let chunks = order.iter().map(|i| chunks[*i]);
        [prefix].into_iter().chain(chunks).collect::<Vec<_>>().concat()
    };
    assert!(!is_refused(&with(&[0, 1, 2, 3])));
    for order in [
        &[1, 0, 2, 3][..],
        &[0, 2, 1, 3],
        &[0, 1, 1, 2, 3],
        &[0, 1, 3],
        &[1, 2, 3],
        &[0, 1, 2, 3, 3],
        &[0, 1, 2],
        &[3],
        &[],
    ] {
        assert!(is_refused(&with(order)), "{order:?}");
    }
}

#[test]
fn nothing_can_follow_the_last_chunk() {
    for plain in [&[][..], b"abc", &[7; 65_536]] {
        for extra in [1, 16, 17, SEALED] {
            let file = [sealed(plain), vec![0; extra]].concat();
            assert_eq!(open_all(&file, &desk()).err(), Some(OpenError::Refused), "{} + {extra}", plain.len());
        }
    }
}

#[test]
fn a_payload_of_another_file_is_refused() {
    let (one, key) = (sealed(b"one"), PublicKey::try_from(&desk()[0].recipient()).unwrap());
    let other = seal_all(b"two", &[key], Fresh::new(Zeroizing::new(vec![9; 96]), 1).unwrap()).unwrap();
    assert!(is_refused(&[&one[..PREFIX], &other[PREFIX..]].concat()));
    assert!(is_refused(&[&one[..PREFIX - 16], &other[PREFIX - 16..]].concat()));
}

#[test]
fn a_slot_of_the_board_is_small_and_opens() {
    let text = [7; 4_096];
    let slot = sealed(&text);
    assert_eq!(slot.len(), 5_755);
    assert_eq!(*open_all(&slot, &desk()).unwrap(), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_plaintext_comes_back(len in 0_usize..200_000, fill in any::<u8>()) {
        let plain = vec![fill; len];
        let file = sealed(&plain);
        prop_assert_eq!(file.len(), PREFIX + len + 16 * len.div_ceil(65_536).max(1));
        prop_assert!(*open_all(&file, &desk()).unwrap() == plain);
    }

    #[test]
    fn no_bytes_panic(head in 0_usize..1_700, bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        let file = sealed(b"abc");
        let mixed = [&file[..head.min(file.len())], &bytes].concat();
        prop_assert!(is_refused(&mixed) || mixed == file);
    }
}
