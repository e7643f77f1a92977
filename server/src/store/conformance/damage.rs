//! Damaged files, other versions, missing keys: what a start makes of them.

use super::*;

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
    std::fs::write(scratch.0.join("format"), "tipline-store 1\n").unwrap();
    assert!(Home::open(&scratch.0).unwrap_err().to_string().contains("another version"));
}

fn put_and_close(scratch: &Scratch) -> Vec<(TipRecord, Vec<u8>)> {
    let (_home, store) = scratch.open();
    for seed in 0..40 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    content(&store)
}

/// So that sled does not open it.
fn damage(volume: &Path) {
    std::fs::write(volume.join("conf"), b"segment_size: 77\nuse_compression: x\n00000000").unwrap();
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
    damage(&volume);
    let (_home, store) = scratch.open();
    run(store.keep(tip(9, 100))).unwrap();
    assert_eq!(store.tips().unwrap().len(), 1);
    assert!(scratch.0.join("volumes/1.quarantined/db").exists() && scratch.0.join("volumes/2/db").exists());
}

#[test]
fn a_damaged_sealed_volume_costs_its_own_tips_only() {
    let scratch = Scratch::with_small_volumes("sealed-damage");
    let before = put_and_close(&scratch);
    damage(&scratch.0.join("volumes/2"));
    {
        let (_home, store) = scratch.open();
        let tips = store.tips().unwrap();
        assert_eq!(tips.len(), before.len(), "its index is sound: it is known what is damaged");
        let damaged = tips.iter().filter(|tip| store.read(&tip.id, 0) == Err(StoreError::Damaged));
        assert_eq!(damaged.count(), 15, "a volume of 1 MiB holds fifteen tips of 70 000 bytes");
    }
    std::fs::remove_file(scratch.0.join("volumes/2/index")).unwrap();
    let (_home, store) = scratch.open();
    let after = content(&store);
    assert_eq!(before.len() - after.len(), 15);
    assert!(after.iter().all(|tip| before.contains(tip)));
    assert!(scratch.0.join("volumes/2.quarantined/db").exists());
    assert!(scratch.0.join("keys/2").exists(), "what is set aside keeps its key");
    run(store.keep(tip(200, 70_000))).unwrap();
    assert_eq!(store.tips().unwrap().len(), after.len() + 1);
}

#[test]
fn a_large_tip_with_a_part_in_a_quarantined_volume_is_damaged_and_not_forgotten() {
    let scratch = Scratch::with_small_volumes("large-damage");
    let sent = large(1, 4 << 10);
    let (home, store) = scratch.open();
    send(&store, &sent);
    drop((store, home));
    damage(&scratch.0.join("volumes/2"));
    std::fs::remove_file(scratch.0.join("volumes/2/index")).unwrap();
    let (_home, store) = scratch.open();
    assert!(scratch.0.join("volumes/2.quarantined").exists());
    assert!(store.has(&sent.id));
    let read = |chunk| store.read(&sent.id, chunk).map(|_| ());
    assert_eq!((read(0), read(6), read(12)), (Ok(()), Err(StoreError::Damaged), Ok(())));
}

#[test]
fn an_index_that_is_missing_or_damaged_is_written_anew() {
    let scratch = Scratch::with_small_volumes("index");
    let before = put_and_close(&scratch);
    let index = scratch.0.join("volumes/1/index");
    let whole = std::fs::read(&index).unwrap();
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    for bad in [None, Some(flipped), Some(Vec::new()), Some(whole[..60].to_vec())] {
        match bad {
            None => std::fs::remove_file(&index).unwrap(),
            Some(bytes) => std::fs::write(&index, bytes).unwrap(),
        }
        let (_home, store) = scratch.open();
        assert_eq!(content(&store), before);
        assert_eq!(std::fs::read(&index).unwrap(), whole);
    }
}

#[test]
fn a_volume_whose_index_was_written_is_sealed_even_if_it_is_the_last() {
    let scratch = Scratch::with_small_volumes("sealed-last");
    let before = put_and_close(&scratch);
    let last = scratch.volumes().pop().unwrap();
    for dir in ["volumes", "keys"] {
        let path = scratch.0.join(dir).join(&last);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }
    let sealed = scratch.volumes().pop().unwrap();
    let database = || std::fs::read(scratch.0.join("volumes").join(&sealed).join("db")).unwrap();
    let as_it_was = database();
    let (_home, store) = scratch.open();
    run(store.keep(tip(99, 70_000))).unwrap();
    assert!(content(&store).len() < before.len());
    assert!(database() == as_it_was, "nobody writes it any more, and reading does not change it");
    assert_eq!(scratch.volumes().pop(), Some(last));
}

#[test]
fn a_missing_key_stops_the_start_and_changes_nothing() {
    let scratch = Scratch::with_small_volumes("key-missing");
    let before = put_and_close(&scratch);
    let (key, elsewhere) = (scratch.0.join("keys/2"), scratch.0.join("kept"));
    std::fs::rename(&key, &elsewhere).unwrap();
    let volumes = scratch.volumes();
    let why = scratch.refusal();
    assert!(why.contains(key.to_str().unwrap()) && why.contains("insert the medium"), "{why}");
    assert_eq!(scratch.volumes(), volumes);
    assert!(!key.exists(), "no new key is made");
    std::fs::rename(&elsewhere, &key).unwrap();
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

#[test]
fn a_damaged_key_stops_the_start_and_changes_nothing() {
    let scratch = Scratch::with_small_volumes("key-damaged");
    let before = put_and_close(&scratch);
    let key = scratch.0.join("keys/1");
    let whole = std::fs::read(&key).unwrap();
    let mut flipped = whole.clone();
    flipped[25] ^= 1;
    let other = std::fs::read(scratch.0.join("keys/2")).unwrap();
    for bad in [flipped, Vec::new(), whole[..100].to_vec(), vec![0; 100], other] {
        std::fs::write(&key, &bad).unwrap();
        let why = scratch.refusal();
        assert!(why.contains(key.to_str().unwrap()) && why.contains("damaged"), "{why}");
        assert_eq!(std::fs::read(&key).unwrap(), bad);
    }
    std::fs::write(&key, whole).unwrap();
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

#[test]
fn keys_lie_in_a_folder_of_their_own_where_the_settings_say_so() {
    let mut scratch = Scratch::with_small_volumes("key-folder");
    let medium = Scratch::new("key-medium");
    std::fs::create_dir(&medium.0).unwrap();
    scratch.1.keys = Some(medium.0.join("keys"));
    let before = put_and_close(&scratch);
    assert!(!scratch.0.join("keys").exists());
    assert_eq!(names(&medium.0.join("keys")).len(), scratch.volumes().len());
    let away = medium.0.join("away");
    std::fs::rename(medium.0.join("keys"), &away).unwrap();
    assert!(scratch.refusal().contains("is missing"));
    std::fs::remove_dir(medium.0.join("keys")).unwrap();
    std::fs::rename(&away, medium.0.join("keys")).unwrap();
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

#[test]
fn a_key_whose_volume_was_not_begun_any_more_is_used_for_it() {
    let scratch = Scratch::with_small_volumes("key-alone");
    drop(scratch.open());
    std::fs::remove_dir_all(scratch.0.join("volumes/1")).unwrap();
    let key = std::fs::read(scratch.0.join("keys/1")).unwrap();
    std::fs::write(scratch.0.join("keys/2.new"), b"half").unwrap();
    let before = put_and_close(&scratch);
    assert_eq!(std::fs::read(scratch.0.join("keys/1")).unwrap(), key);
    assert!(!scratch.0.join("keys/2.new").exists());
    let (_home, store) = scratch.open();
    assert_eq!(content(&store), before);
}

fn numbers_of(seeds: std::ops::Range<u8>) -> BTreeSet<TipId> {
    seeds.map(|seed| tip(seed, 70_000).id).collect()
}

#[test]
fn a_tip_that_a_read_found_damaged_is_kept_anew_when_it_is_sent_again() {
    let scratch = Scratch::with_small_volumes("sent-again");
    let before = put_and_close(&scratch);
    damage(&scratch.0.join("volumes/1"));
    let (home, store) = scratch.open();
    let sent = tip(3, 70_000);
    run(store.keep(sent.clone())).unwrap();
    assert!(store.has_whole(&sent.id), "nothing has looked yet: its index is sound");
    assert_eq!(store.read(&sent.id, 0), Err(StoreError::Damaged));
    assert!(store.has(&sent.id) && !store.has_whole(&sent.id));
    assert_eq!(store.tips().unwrap().len(), before.len(), "it stays in the list");
    run(store.keep(sent.clone())).unwrap();
    assert!(store.has_whole(&sent.id));
    let is_whole = |store: &SledStore| {
        let record = store.tips().unwrap().into_iter().find(|record| record.id == sent.id).unwrap();
        read_whole(store, &record) == sent.bytes && store.tips().unwrap().len() == before.len()
    };
    assert!(is_whole(&store));
    drop((store, home));
    let (home, store) = scratch.open();
    assert!(is_whole(&store), "the copy that was kept later counts, also after a start");
    let removed = run(store.remove([sent.id].into())).unwrap();
    assert!(
        removed.waiting > 0 && !store.has(&sent.id),
        "what is left of the first copy waits for its volume"
    );
    let removed = run(store.remove(numbers_of(0..40))).unwrap();
    assert_eq!(removed.waiting, 0);
    drop((store, home));
    assert!(scratch.open().1.tips().unwrap().is_empty());
}

#[test]
fn tips_of_a_quarantined_volume_are_kept_anew_when_they_are_sent_again() {
    let scratch = Scratch::with_small_volumes("quarantine-again");
    let before = put_and_close(&scratch);
    let sent = large(1, 4 << 10);
    let (home, store) = scratch.open();
    send(&store, &sent);
    drop((store, home));
    let volumes = scratch.volumes();
    for number in ["1", &volumes[volumes.len() - 2]] {
        damage(&scratch.0.join("volumes").join(number));
        std::fs::remove_file(scratch.0.join("volumes").join(number).join("index")).unwrap();
    }
    let (home, store) = scratch.open();
    assert!(
        store.has(&sent.id) && !store.has_whole(&sent.id),
        "some of its parts were set aside: no read needed"
    );
    let lost = numbers_of(0..40).into_iter().filter(|id| !store.has(id)).count();
    assert!(lost >= 15, "of small tips nothing is known any more");
    for seed in 0..40 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    send(&store, &sent);
    assert!(store.has_whole(&sent.id));
    let after = content(&store);
    assert_eq!(after.len(), before.len() + 1);
    drop((store, home));
    assert_eq!(content(&scratch.open().1), after);
}

/// As a crash leaves it that falls into the beginning of volume `number`.
fn mark_unbegun(scratch: &Scratch, number: u64) -> PathBuf {
    let mark = scratch.0.join(format!("volumes/{number}.unbegun"));
    std::fs::write(&mark, b"").unwrap();
    mark
}

#[test]
fn a_volume_whose_beginning_was_cut_off_is_begun_anew_and_alarms_nobody() {
    let scratch = Scratch::with_small_volumes("unbegun");
    drop(scratch.open());
    assert_eq!(scratch.volumes(), ["1"], "no mark is left when a beginning came to its end");
    std::fs::remove_file(scratch.0.join("keys/1")).unwrap();
    let day = || Date::parse("2026-11-26").unwrap();
    let sevens = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok(())
    };
    let keys = super::super::key::Keys::open(&scratch.0.join("keys")).unwrap();
    keys.make(1, &World::new(day, || std::time::Duration::ZERO, sevens)).unwrap();
    let key = std::fs::read(scratch.0.join("keys/1")).unwrap();
    mark_unbegun(&scratch, 1);
    damage(&scratch.0.join("volumes/1"));
    let before = put_and_close(&scratch);
    assert!(std::fs::read(scratch.0.join("keys/1")).unwrap() != key, "its key went with it");
    assert!(scratch.volumes().iter().all(|name| name.parse::<u64>().is_ok()), "{:?}", scratch.volumes());
    // Before there is a folder, there is a mark, and perhaps a key.
    let next = scratch.volumes().len() as u64 + 1;
    let mark = mark_unbegun(&scratch, next);
    std::fs::copy(scratch.0.join("keys/1"), scratch.0.join("keys").join(next.to_string())).unwrap();
    let (_home, store) = scratch.open();
    assert!(!mark.exists() && names(&scratch.0.join("keys")).len() == scratch.volumes().len());
    assert_eq!(content(&store), before);
}

#[test]
fn a_mark_alone_never_costs_a_volume_that_opens_or_that_was_sealed() {
    let scratch = Scratch::with_small_volumes("unbegun-stale");
    let before = put_and_close(&scratch);
    let marks: Vec<_> = (1..=scratch.volumes().len() as u64).map(|n| mark_unbegun(&scratch, n)).collect();
    {
        let (_home, store) = scratch.open();
        assert_eq!(content(&store), before);
    }
    assert!(!marks.last().unwrap().exists(), "the last one's beginning is complete now");
    damage(&scratch.0.join("volumes/1"));
    std::fs::write(scratch.0.join("volumes/1/index"), b"x").unwrap();
    drop(scratch.open());
    assert!(scratch.0.join("volumes/1.quarantined/db").exists() && scratch.0.join("keys/1").exists());
}

#[test]
fn without_a_mark_an_empty_volume_that_does_not_open_is_quarantined_as_in_older_stores() {
    let scratch = Scratch::new("unmarked");
    drop(scratch.open());
    damage(&scratch.0.join("volumes/1"));
    drop(scratch.open());
    assert!(scratch.0.join("volumes/1.quarantined").exists() && scratch.0.join("keys/1").exists());
}
