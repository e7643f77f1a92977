//! What every letterbox must do, run on the model and on sled; and what sled's volumes must do besides.

mod damage;
mod property;
mod removal;
mod uploads;
mod volumes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, UploadKey};

use super::model::Model;
use super::*;
use crate::world::World;

/// A Thursday, and bytes that are never the same twice.
fn world() -> World {
    world_on("2026-11-26")
}

fn world_on(day: &'static str) -> World {
    let next = AtomicU64::new(u64::from(std::process::id()));
    World::new(
        move || Date::parse(day).unwrap(),
        || std::time::Duration::ZERO,
        move |bytes| {
            for eight in bytes.chunks_mut(8) {
                let step = next.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                let mixed = step.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (step << 32);
                eight.copy_from_slice(&mixed.to_be_bytes()[..eight.len()]);
            }
            Ok(())
        },
    )
}

fn epoch() -> Date {
    Date::parse("2026-11-23").unwrap()
}

fn bytes_of(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8 ^ seed).collect()
}

fn tip(seed: u8, len: usize) -> SealedTip {
    let bytes = bytes_of(seed, len);
    SealedTip { id: TipId::of_one_request(&bytes), epoch: epoch(), bytes }
}

/// A tip over 1 MiB, with the parts in which it travels.
#[derive(Debug, Clone)]
struct Large {
    key: UploadKey,
    declared: Declared,
    id: TipId,
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

fn large(seed: u8, kib: u64) -> Large {
    use sha2::{Digest, Sha256};
    let padded = Padded::holding(kib << 10).unwrap();
    let declared = Declared { epoch: epoch(), recipients: 3, padded };
    let bytes = bytes_of(seed, usize::try_from(declared.sealed_len()).unwrap());
    let part = |number: u32| {
        let (begin, len) = declared.part(number).unwrap();
        let bytes = bytes[begin as usize..(begin + len) as usize].to_vec();
        Part { number, digest: Sha256::digest(&bytes).into(), bytes }
    };
    let parts: Vec<Part> = (0..declared.parts()).map(part).collect();
    let id = TipId::of_parts(declared.parts(), parts.iter().map(|part| part.digest));
    Large { key: UploadKey::of_token(&[seed; 32]), declared, id, bytes, parts }
}

/// Sends a whole upload.
fn send(store: &impl Letterbox, tip: &Large) {
    store.begin(tip.key, tip.declared).unwrap();
    for part in &tip.parts {
        run(store.put_part(tip.key, part.clone())).unwrap();
    }
    run(store.commit(tip.key, tip.id)).unwrap();
}

/// A folder below the system's temporary one, removed at the end.
struct Scratch(PathBuf, Options);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tipline-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        // However full the machine's disk is.
        let options = Options { small_stop_percent: 100, small_reserve_percent: 0, ..Options::default() };
        Self(path, Options { ballast_mib: 1, ..options })
    }

    /// With volumes of 1 MiB.
    fn with_small_volumes(name: &str) -> Self {
        let mut scratch = Self::new(name);
        scratch.1.volume_mib = 1;
        scratch
    }

    fn open(&self) -> (Home, SledStore) {
        self.open_on("2026-11-26")
    }

    fn open_on(&self, day: &'static str) -> (Home, SledStore) {
        let home = Home::open(&self.0).unwrap();
        let store = SledStore::open(&home, self.1.clone(), world_on(day)).unwrap();
        (home, store)
    }

    /// What it says when it does not open.
    fn refusal(&self) -> String {
        let home = Home::open(&self.0).unwrap();
        SledStore::open(&home, self.1.clone(), world()).expect_err("a refusal").to_string()
    }

    fn volumes(&self) -> Vec<String> {
        let mut names = names(&self.0.join("volumes"));
        names.sort_by_key(|name| name.parse::<u64>().ok());
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn names(dir: &Path) -> Vec<String> {
    std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn read_whole(store: &impl Letterbox, record: &TipRecord) -> Vec<u8> {
    (0..record.chunks).flat_map(|n| store.read(&record.id, n).unwrap()).collect()
}

fn content(store: &impl Letterbox) -> Vec<(TipRecord, Vec<u8>)> {
    let mut tips = store.tips().unwrap();
    tips.sort_unstable();
    tips.into_iter().map(|record| (record, read_whole(store, &record))).collect()
}

fn conforms(store: &impl Letterbox) {
    keeps_tips(store);
    keeps_documents(store);
    uploads::conforms(store);
    removal::conforms(store);
}

fn keeps_tips(store: &impl Letterbox) {
    assert_eq!(store.tips(), Ok(vec![]));
    for len in [1, 70_309, CHUNK - 1, CHUNK, CHUNK + 1, 1_053_589] {
        let sent = tip(3, len);
        run(store.keep(sent.clone())).unwrap();
        run(store.keep(sent.clone())).unwrap();
        let record = store.tips().unwrap().into_iter().find(|r| r.id == sent.id).unwrap();
        assert_eq!((record.size, record.epoch), (len as u64, sent.epoch));
        assert!(store.has(&sent.id));
        assert_eq!(read_whole(store, &record), sent.bytes);
        assert_eq!(store.read(&sent.id, record.chunks), Err(StoreError::Unknown));
        assert_eq!(store.read(&sent.id, u32::MAX), Err(StoreError::Unknown));
    }
    assert_eq!(store.tips().unwrap().len(), 6, "the same id twice is one tip");
    let other = TipId::of_one_request(b"other");
    assert_eq!(store.read(&other, 0), Err(StoreError::Unknown));
    assert!(!store.has(&other));
    drop(store.reserve(Share::Small, 70_000).unwrap());
    drop(store.reserve(Share::Large, 70_000).unwrap());
    assert!(store.fullness().unwrap() <= 100);
}

fn keeps_documents(store: &impl Letterbox) {
    let ack = Document::Acknowledgement { pickup: [0xab; 16], desk: "berlin".into() };
    assert_eq!(store.document(&Document::Board), Ok(None));
    assert_eq!(store.documents(), Ok(vec![]));
    for (document, bytes) in [(&Document::Board, "one"), (&Document::Board, "two"), (&ack, "signed")] {
        store.publish(document, bytes.as_bytes()).unwrap();
        assert_eq!(store.document(document), Ok(Some(bytes.into())));
    }
    assert_eq!(store.documents(), Ok(vec![Document::Board, ack.clone()]));
    store.withdraw(&Document::Board).unwrap();
    store.withdraw(&Document::Board).unwrap();
    assert_eq!(store.document(&Document::Board), Ok(None));
    assert_eq!(store.documents(), Ok(vec![ack]));
}

#[test]
fn the_model_conforms() {
    conforms(&Model::default());
}

#[test]
fn sled_conforms() {
    for scratch in [Scratch::with_small_volumes("conforms"), Scratch::new("conforms-in-one-volume")] {
        let (_home, store) = scratch.open();
        conforms(&store);
        store.close();
        assert_eq!(run(store.keep(tip(1, 1))), Err(StoreError::Closing));
        assert_eq!(run(store.remove(BTreeSet::new())), Err(StoreError::Closing));
    }
}
