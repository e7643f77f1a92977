//! What every letterbox must do, run on the model and on sled; and the two compared under random operations and restarts.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tipline_wire::date::Date;
use tipline_wire::tip_id::TipId;

use super::model::Model;
use super::*;
use crate::world::World;

fn world() -> World {
    World::new(|| Date::parse("2026-11-26").unwrap(), || std::time::Duration::ZERO, |_| Ok(()))
}

fn tip(seed: u8, len: usize) -> SealedTip {
    let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8 ^ seed).collect();
    SealedTip { id: TipId::of_one_request(&bytes), epoch: Date::parse("2026-11-23").unwrap(), bytes }
}

/// A folder below the system's temporary one, removed at the end.
struct Scratch(PathBuf, Options);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tipline-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path, Options { ballast_mib: 1, ..Options::default() })
    }

    /// With volumes of 1 MiB.
    fn with_small_volumes(name: &str) -> Self {
        let mut scratch = Self::new(name);
        scratch.1.volume_mib = 1;
        scratch
    }

    fn open(&self) -> (Home, SledStore) {
        let home = Home::open(&self.0).unwrap();
        let store = SledStore::open(&home, self.1, world()).unwrap();
        (home, store)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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
    assert_eq!(store.tips(), Ok(vec![]));
    for len in [1, CHUNK - 1, CHUNK, CHUNK + 1, 70_309, 1_053_589] {
        let sent = tip(3, len);
        run(store.keep(sent.clone())).unwrap();
        run(store.keep(sent.clone())).unwrap();
        let record = store.tips().unwrap().into_iter().find(|r| r.id == sent.id).unwrap();
        assert_eq!((record.size, record.epoch), (len as u64, sent.epoch));
        assert!(store.has(&sent.id));
        assert_eq!(read_whole(store, &record), sent.bytes);
        assert_eq!(store.read(&sent.id, record.chunks), Err(StoreError::Unknown));
    }
    assert_eq!(store.tips().unwrap().len(), 6, "the same id twice is one tip");
    let other = TipId::of_one_request(b"other");
    assert_eq!(store.read(&other, 0), Err(StoreError::Unknown));
    assert!(!store.has(&other));
    drop(store.reserve(Share::Small, 70_000).unwrap());
}

#[test]
fn the_model_conforms() {
    conforms(&Model::default());
}

#[test]
fn sled_conforms() {
    let scratch = Scratch::with_small_volumes("conforms");
    let (_home, store) = scratch.open();
    conforms(&store);
    store.close();
    assert_eq!(run(store.keep(tip(1, 1))), Err(StoreError::Closing));
}

#[test]
fn many_at_once_share_a_commit_and_survive_a_restart() {
    let scratch = Scratch::new("group");
    let (home, store) = scratch.open();
    let store = std::sync::Arc::new(store);
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for seed in 0..100 {
            let store = std::sync::Arc::clone(&store);
            tasks.spawn(async move { store.keep(tip(seed, 4_000)).await });
        }
        assert!(tasks.join_all().await.into_iter().all(|kept| kept == Ok(())));
    });
    let before = content(&*store);
    assert_eq!(before.len(), 100);
    drop((store, home));
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

#[test]
fn file_times_say_no_more_than_the_week() {
    use std::time::{Duration, SystemTime};
    let scratch = Scratch::new("times");
    let (_home, store) = scratch.open();
    run(store.keep(tip(1, 70_000))).unwrap();
    let monday = Date::parse("2026-11-23").unwrap();
    let week = SystemTime::UNIX_EPOCH + Duration::from_secs(monday.unix());
    let dir = scratch.0.join("volumes/1");
    for entry in std::fs::read_dir(&dir).unwrap() {
        let meta = entry.unwrap().metadata().unwrap();
        assert_eq!((meta.modified().unwrap(), meta.accessed().unwrap()), (week, week));
    }
    assert_eq!(dir.metadata().unwrap().modified().unwrap(), week);
}

fn volumes_of(scratch: &Scratch) -> Vec<PathBuf> {
    std::fs::read_dir(scratch.0.join("volumes")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_full_volume_is_sealed_and_its_tips_are_read_again_and_again() {
    let scratch = Scratch::with_small_volumes("sealed");
    let (home, store) = scratch.open();
    for seed in 0..160 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    assert!(volumes_of(&scratch).len() > 8, "1 MiB each: more than are open at once");
    let before = content(&store);
    assert_eq!(before.len(), 160);
    assert_eq!(content(&store), before);
    run(store.keep(tip(0, 70_000))).unwrap();
    assert_eq!(store.tips().unwrap().len(), 160, "a tip of a sealed volume is one tip when it comes again");
    drop((store, home));
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
    run(store.keep(tip(1, 70_000))).unwrap();
    assert_eq!(store.tips().unwrap().len(), 160);
}

#[test]
fn tips_are_read_while_volumes_are_sealed() {
    let scratch = Scratch::with_small_volumes("meanwhile");
    let (_home, store) = scratch.open();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while store.tips().unwrap().len() < 120 {
                content(&store);
            }
        });
        for seed in 0..120 {
            run(store.keep(tip(seed, 70_000))).unwrap();
        }
        reader.join().unwrap();
    });
    assert_eq!(content(&store).len(), 120);
}

#[test]
fn a_new_week_begins_a_new_volume_and_the_old_one_keeps_its_week() {
    let scratch = Scratch::new("week");
    let open = |day: &'static str| {
        let home = Home::open(&scratch.0).unwrap();
        let world = World::new(move || Date::parse(day).unwrap(), || std::time::Duration::ZERO, |_| Ok(()));
        let store = SledStore::open(&home, scratch.1, world).unwrap();
        (home, store)
    };
    for (day, volumes) in [("2026-11-26", 1), ("2026-11-29", 1), ("2026-11-30", 2), ("2026-12-01", 2)] {
        let (_home, store) = open(day);
        run(store.keep(tip(day.as_bytes()[9], 70_000))).unwrap();
        content(&store);
        assert_eq!(volumes_of(&scratch).len(), volumes, "{day}");
    }
    for (volume, monday) in [("volumes/1", "2026-11-23"), ("volumes/2", "2026-11-30")] {
        let week = week_start(monday);
        for entry in std::fs::read_dir(scratch.0.join(volume)).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let times = (meta.modified().unwrap(), meta.accessed().unwrap());
            assert_eq!(times, (week, week), "{volume}/{:?}", entry.file_name());
        }
    }
}

fn week_start(monday: &str) -> std::time::SystemTime {
    let unix = Date::parse(monday).unwrap().unix();
    std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(unix)
}

#[test]
fn a_second_server_on_the_same_store_is_refused() {
    let scratch = Scratch::new("second");
    let _first = scratch.open();
    let refused = Home::open(&scratch.0).unwrap_err().to_string();
    assert!(refused.contains("another tipline-server is using"), "{refused}");
}

#[test]
fn a_store_of_another_version_is_refused() {
    let scratch = Scratch::new("format");
    drop(scratch.open());
    std::fs::write(scratch.0.join("format"), "tipline-store 2\n").unwrap();
    assert!(Home::open(&scratch.0).unwrap_err().to_string().contains("another version"));
}

fn put_and_close(scratch: &Scratch) -> Vec<(TipRecord, Vec<u8>)> {
    let (_home, store) = scratch.open();
    for seed in 0..40 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    content(&store)
}

fn names(dir: &Path) -> Vec<String> {
    std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn an_unfinished_snapshot_does_not_stop_it() {
    let scratch = Scratch::new("generating");
    let before = put_and_close(&scratch);
    std::fs::write(scratch.0.join("volumes/1/snap.00000000000000FF.generating"), b"half").unwrap();
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
    assert!(!names(&scratch.0.join("volumes/1")).iter().any(|name| name.ends_with("generating")));
}

#[test]
fn a_damaged_snapshot_is_set_aside() {
    let scratch = Scratch::new("snapshot");
    let before = put_and_close(&scratch);
    drop(scratch.open());
    let volume = scratch.0.join("volumes/1");
    let snapshot = names(&volume).into_iter().find(|name| name.starts_with("snap.")).expect("a snapshot");
    std::fs::write(volume.join(&snapshot), b"damaged").unwrap();
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

#[test]
fn a_damaged_volume_is_quarantined_and_intake_goes_on() {
    let scratch = Scratch::new("quarantine");
    put_and_close(&scratch);
    let volume = scratch.0.join("volumes/1");
    std::fs::write(volume.join("conf"), b"segment_size: 77\nuse_compression: x\n00000000").unwrap();
    let (_home, store) = scratch.open();
    run(store.keep(tip(9, 100))).unwrap();
    assert_eq!(store.tips().unwrap().len(), 1);
    assert!(scratch.0.join("volumes/1.quarantined/db").exists() && scratch.0.join("volumes/2/db").exists());
}

#[test]
fn a_damaged_sealed_volume_costs_its_own_tips_only() {
    let scratch = Scratch::with_small_volumes("sealed-damage");
    let before = put_and_close(&scratch);
    std::fs::write(scratch.0.join("volumes/2/conf"), b"segment_size: 77\nuse_compression: x\n00000000")
        .unwrap();
    let (_home, store) = scratch.open();
    let after = content(&store);
    assert_eq!(before.len() - after.len(), 15, "a volume of 1 MiB holds fifteen tips of 70 000 bytes");
    assert!(after.iter().all(|tip| before.contains(tip)));
    assert!(scratch.0.join("volumes/2.quarantined/db").exists());
    run(store.keep(tip(200, 70_000))).unwrap();
    assert_eq!(store.tips().unwrap().len(), after.len() + 1);
}

#[derive(Debug, Clone)]
enum Operation {
    Keep(u8, usize),
    Again(u8, usize),
    Restart,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let lengths = prop_oneof![Just(1_usize), Just(CHUNK), Just(CHUNK + 1), 1_usize..100_000];
    let one = prop_oneof![
        8 => (any::<u8>(), lengths.clone()).prop_map(|(seed, len)| Operation::Keep(seed, len)),
        2 => (0_u8..4, lengths).prop_map(|(seed, len)| Operation::Again(seed, len)),
        1 => Just(Operation::Restart),
    ];
    prop::collection::vec(one, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn sled_does_what_the_model_does(operations in operations()) {
        let scratch = Scratch::with_small_volumes("model");
        let model = Model::default();
        let mut open = Some(scratch.open());
        for operation in operations {
            match operation {
                Operation::Keep(seed, len) | Operation::Again(seed, len) => {
                    run(model.keep(tip(seed, len))).unwrap();
                    run(open.as_ref().unwrap().1.keep(tip(seed, len))).unwrap();
                }
                Operation::Restart => {
                    drop(open.take());
                    open = Some(scratch.open());
                }
            }
        }
        prop_assert_eq!(content(&open.as_ref().unwrap().1), content(&model));
    }
}
