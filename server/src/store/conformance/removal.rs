//! Removal: at once from every list, from the disk with its volume, whose key is erased.

use super::*;

/// On both kinds of letterbox.
pub(super) fn conforms(store: &impl Letterbox) {
    let before: BTreeSet<TipId> = store.tips().unwrap().iter().map(|record| record.id).collect();
    let (small, sent) = (tip(40, 70_309), large(41, 1_536));
    run(store.keep(small.clone())).unwrap();
    send(store, &sent);
    let unknown = TipId::of_one_request(b"unknown");
    let waiting = run(store.remove([unknown].into())).unwrap().waiting;
    let removed = run(store.remove([small.id, sent.id, unknown].into())).unwrap();
    assert_eq!(removed.tips + removed.waiting, waiting + 2);
    assert!(!store.has(&small.id) && !store.has(&sent.id));
    assert_eq!(store.read(&small.id, 0), Err(StoreError::Unknown));
    assert_eq!(store.tips().unwrap().iter().map(|record| record.id).collect::<BTreeSet<_>>(), before);
    // What is removed may come again.
    run(store.keep(small.clone())).unwrap();
    send(store, &sent);
    assert!(store.has(&small.id) && store.has(&sent.id));
    let all: BTreeSet<TipId> = store.tips().unwrap().iter().map(|record| record.id).collect();
    assert_eq!(all.len(), before.len() + 2);
    assert_eq!(run(store.remove(all)).map(|removed| removed.waiting), Ok(0));
    assert!(store.tips().unwrap().is_empty());
}

fn bytes_below(dir: &Path) -> u64 {
    let size = |entry: std::fs::DirEntry| {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() { bytes_below(&entry.path()) } else { meta.len() }
    };
    std::fs::read_dir(dir).unwrap().map(|entry| size(entry.unwrap())).sum()
}

#[test]
fn a_volume_goes_with_its_last_tip_and_the_space_comes_back() {
    let scratch = Scratch::with_small_volumes("space");
    let (_home, store) = scratch.open();
    for seed in 0..100 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    let ids: Vec<TipId> = store.tips().unwrap().iter().map(|record| record.id).collect();
    let full = bytes_below(&scratch.0.join("volumes"));
    let volumes = scratch.volumes();
    assert!(volumes.len() > 5);
    // In the store's order the first tips are those of the first volumes: one of them holds its volume.
    let removed = run(store.remove(ids[1..30].iter().copied().collect())).unwrap();
    assert_eq!(removed, Removed { tips: 15, waiting: 14 }, "fifteen tips of 70 000 bytes a volume");
    assert_eq!(content(&store).len(), 71);
    assert!(scratch.volumes().contains(&"1".into()) && !scratch.volumes().contains(&"2".into()));
    let removed = run(store.remove([ids[0]].into())).unwrap();
    assert_eq!(removed, Removed { tips: 15, waiting: 0 }, "those that waited go as well");
    let removed = run(store.remove(ids.iter().copied().collect())).unwrap();
    assert_eq!(removed, Removed { tips: 70, waiting: 0 });
    assert_eq!(scratch.volumes(), ["8"], "the open one too, the seventh, and its number is not used again");
    assert_eq!(names(&scratch.0.join("keys")), ["8"]);
    let empty = bytes_below(&scratch.0.join("volumes"));
    assert!(empty < full / 10, "{empty} of {full} bytes are left");
    run(store.keep(tip(1, 70_000))).unwrap();
    assert_eq!(content(&store).len(), 1);
}

#[test]
fn the_volumes_of_a_large_tip_go_with_it_but_not_those_of_others() {
    let scratch = Scratch::with_small_volumes("large");
    let (sent, small) = (large(1, 4 << 10), tip(2, 70_000));
    let (home, store) = scratch.open();
    run(store.keep(small.clone())).unwrap();
    send(&store, &sent);
    let removed = run(store.remove([sent.id].into())).unwrap();
    assert_eq!(removed, Removed { tips: 0, waiting: 1 }, "its first part lies with the small tip");
    assert_eq!(scratch.volumes().len(), 2, "that volume, and a new one");
    drop((store, home));
    let (_home, store) = scratch.open();
    let ids: Vec<TipId> = store.tips().unwrap().iter().map(|record| record.id).collect();
    assert_eq!(ids, [small.id], "half of it is gone: it is no tip any more");
    assert!(store.uploads().is_empty(), "and what is left of it is no upload again");
    assert_eq!(run(store.remove([small.id].into())), Ok(Removed { tips: 1, waiting: 0 }));
}

#[test]
fn parts_that_were_given_up_go_by_themselves() {
    let scratch = Scratch::with_small_volumes("given-up");
    let (_home, store) = scratch.open();
    let (sent, small) = (large(1, 6 << 10), tip(2, 70_000));
    store.begin(sent.key, sent.declared).unwrap();
    for part in &sent.parts {
        run(store.put_part(sent.key, part.clone())).unwrap();
    }
    run(store.keep(small.clone())).unwrap();
    assert!(scratch.volumes().len() >= 6);
    assert_eq!(run(store.remove([TipId::of_one_request(b"x")].into())), Ok(Removed::default()));
    assert!(scratch.volumes().len() >= 6, "an upload under way holds its volumes");
    store.give_up(&sent.key);
    // Whatever the committer does next, it sweeps before.
    run(store.keep(tip(3, 100))).unwrap();
    run(store.keep(tip(4, 100))).unwrap();
    assert_eq!(scratch.volumes().len(), 1);
    assert_eq!(content(&store).len(), 3);
}

#[test]
fn parts_that_were_given_up_do_not_come_back_with_a_restart_even_where_others_hold_their_volume() {
    let scratch = Scratch::with_small_volumes("given-up-restart");
    let (home, store) = scratch.open();
    let sent = large(1, 3 << 10);
    store.begin(sent.key, sent.declared).unwrap();
    for (seed, part) in (0..).zip(&sent.parts) {
        run(store.keep(tip(seed, 70_000))).unwrap();
        run(store.put_part(sent.key, part.clone())).unwrap();
    }
    let volumes = scratch.volumes();
    store.give_up(&sent.key);
    run(store.keep(tip(7, 100))).unwrap();
    drop((store, home));
    let (_home, store) = scratch.open();
    assert!(store.uploads().is_empty() && content(&store).len() == 4);
    assert!(volumes.iter().all(|volume| scratch.volumes().contains(volume)));
}

#[test]
fn a_removed_tip_is_forgotten_by_the_list_and_comes_back_with_a_restart_until_its_volume_goes() {
    let scratch = Scratch::new("hidden");
    let (home, store) = scratch.open();
    let (a, b) = (tip(1, 70_000), tip(2, 70_000));
    run(store.keep(a.clone())).unwrap();
    run(store.keep(b.clone())).unwrap();
    assert_eq!(run(store.remove([a.id].into())), Ok(Removed { tips: 0, waiting: 1 }));
    assert_eq!(store.tips().unwrap().len(), 1);
    drop((store, home));
    let (_home, store) = scratch.open();
    assert_eq!(store.tips().unwrap().len(), 2, "whoever removed it says so again after a start");
    assert_eq!(run(store.remove([a.id, b.id].into())), Ok(Removed { tips: 2, waiting: 0 }));
}

#[test]
fn a_removal_that_was_interrupted_anywhere_is_finished_by_the_next_start() {
    for step in 0..3 {
        let scratch = Scratch::with_small_volumes(&format!("interrupted-{step}"));
        let (home, store) = scratch.open();
        for seed in 0..40 {
            run(store.keep(tip(seed, 70_000))).unwrap();
        }
        let before = content(&store);
        drop((store, home));
        let (volume, key) = (scratch.0.join("volumes/2"), scratch.0.join("keys/2"));
        super::super::key::Keys::open(&scratch.0.join("keys")).unwrap().erase(2).unwrap();
        if step >= 1 {
            std::fs::remove_file(volume.join("db")).unwrap();
        }
        if step >= 2 {
            std::fs::remove_dir_all(&volume).unwrap();
        }
        let (_home, store) = scratch.open();
        assert!(!volume.exists() && !key.exists());
        let after = content(&store);
        assert_eq!(before.len() - after.len(), 15);
        assert!(after.iter().all(|tip| before.contains(tip)));
    }
}

/// All that a backup has, as it is read while the store runs.
fn archive(store: &SledStore) -> Vec<(Archived, Vec<u8>)> {
    use std::io::Read as _;
    let read = |archived: Archived| {
        let mut bytes = Vec::new();
        // An index that could not be written is written at the next start.
        store.open_archived(&archived).unwrap()?.read_to_end(&mut bytes).unwrap();
        Some((archived, bytes))
    };
    store.archive().unwrap().into_iter().filter_map(read).collect()
}

fn restore(archived: &[(Archived, Vec<u8>)]) -> Scratch {
    let restored = Scratch::with_small_volumes("restored");
    for (archived, bytes) in archived {
        let path = restored.0.join(archived.name());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    restored
}

#[test]
fn an_archive_has_what_is_sealed_and_a_restored_one_opens() {
    let scratch = Scratch::with_small_volumes("archive");
    let (home, store) = scratch.open();
    for seed in 0..40 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    send(&store, &large(1, 4 << 10));
    store.publish(&Document::Board, b"board").unwrap();
    let before = content(&store);
    let archived = archive(&store);
    assert_eq!(content(&store), before, "the store goes on");
    assert_eq!(archive(&store), archived, "what is sealed never changes");
    let open = scratch.volumes().pop().unwrap();
    let names: Vec<_> = archived.iter().map(|(archived, _)| archived.name()).collect();
    assert!(!names.iter().any(|name| name.contains(&format!("/{open}/")) || *name == format!("keys/{open}")));
    let count = |end: &str| names.iter().filter(|name| name.ends_with(end)).count();
    assert_eq!((count("/db"), count("/index")), (scratch.volumes().len() - 1, scratch.volumes().len() - 1));

    let restored = restore(&archived);
    drop((store, home));
    let (_home, store) = restored.open();
    let after = content(&store);
    assert!(after.len() > 20 && after.iter().all(|tip| before.contains(tip)));
    assert_eq!(store.document(&Document::Board), Ok(Some(b"board".to_vec())));
}

#[test]
fn an_archive_made_after_a_removal_opens_nothing_of_it() {
    let scratch = Scratch::with_small_volumes("archive-removed");
    let (_home, store) = scratch.open();
    for seed in 0..40 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    let listed = store.archive().unwrap();
    let all = content(&store);
    run(store.remove(all.iter().map(|(record, _)| record.id).collect())).unwrap();
    assert!(listed.iter().all(|archived| store.open_archived(archived).unwrap().is_none()));
}
