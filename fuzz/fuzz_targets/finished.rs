//! A file that was sealed elsewhere: whatever its first bytes and its length say, its parts follow each other to its end, and
//! nothing of another length is taken for one.
#![no_main]
use tipline_core::finished::Finished;
use tipline_envelope::{Fresh, Identity, PublicKey, Sealer, fresh_len};
use tipline_wire::date::{Date, Epoch};
use tipline_wire::size::Padded;

/// So that a run is not spent on digests.
const LONGEST: u64 = 3 << 20;

fn week() -> Epoch {
    Epoch::starting(Date::parse("2026-11-23").expect("a date")).expect("a Monday")
}

/// The head of a sealed file for so many keys, as our own envelope writes it.
fn sound(keys: u8) -> Vec<u8> {
    let recipient = |seed| Identity::from_seed([seed; 32]).recipient();
    let to: Vec<_> =
        (1..=keys).map(|seed| PublicKey::try_from(&recipient(seed)).expect("a sound key")).collect();
    let fresh = Fresh::new(vec![7; fresh_len(keys)].into(), keys).expect("enough of it");
    Sealer::new(&to, fresh, 65_536).expect("keys and length").0
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static HEADS: std::sync::LazyLock<Vec<Vec<u8>>> =
        std::sync::LazyLock::new(|| (1..=3).map(sound).collect());
    let Some(([keys, size], data)) = data.split_first_chunk() else { return };
    let keys = keys % 4;
    let len_for = |keys| match Padded::ALL.get(usize::from(*size)) {
        Some(padded) => padded.sealed_len(keys),
        None => u64::from(*size) << 12,
    };
    check(data, len_for(keys), keys);
    check(data, u64::MAX - len_for(keys), keys);
    let Some(sound) = HEADS.get(usize::from(keys)) else { return };
    let (keys, len) = (keys + 1, len_for(keys + 1));
    let mut head = sound.clone();
    for change in data.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % head.len();
        head[at] = change[2];
    }
    check(&head, len, keys);
    check(&head, len, keys - 1);
    let is_one = usize::from(*size) < Padded::ALL.len();
    assert_eq!(Finished::new(sound, len, (week(), keys)).is_ok(), is_one, "a sound file is taken");
});

fn check(head: &[u8], len: u64, keys: u8) {
    let Ok(mut finished) = Finished::new(head, len, (week(), keys)) else { return };
    let declared = finished.declared();
    assert_eq!((declared.recipients, declared.sealed_len()), (keys, len));
    // What travels in one request is not cut.
    if len > LONGEST || finished.is_one_request() {
        return;
    }
    let mut end = 0;
    while let Some((at, part)) = finished.next() {
        assert!(at == end && part > 0);
        end += part;
        let mut bytes = vec![0; part as usize + 1];
        assert_eq!(finished.feed(&bytes), None, "longer than the part");
        bytes.pop();
        assert!(finished.feed(&bytes).is_some());
    }
    assert_eq!(end, len);
    assert_eq!(finished.feed(&[]), None, "nothing follows");
}
