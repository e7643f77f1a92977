//! Uploads in parts: what holds, what is refused, and what a restart takes up again.

use super::*;

/// On both kinds of letterbox.
pub(super) fn conforms(store: &impl Letterbox) {
    let tips = store.tips().unwrap().len();
    let sent = large(7, 3 << 10);
    let put = |part: &Part| run(store.put_part(sent.key, part.clone()));
    assert_eq!(put(&sent.parts[0]), Err(StoreError::NoUpload));
    assert_eq!(run(store.commit(sent.key, sent.id)), Err(StoreError::NoUpload));
    store.begin(sent.key, sent.declared).unwrap();
    store.begin(sent.key, sent.declared).unwrap();
    let other = Declared { recipients: 4, ..sent.declared };
    assert_eq!(store.begin(sent.key, other), Err(StoreError::OtherBytes));
    assert_eq!(store.uploads(), [sent.key]);
    assert_eq!(store.upload(&sent.key), Some((sent.declared, Held::new(vec![false; 3]))));

    for number in [2, 0, 2, 0] {
        put(&sent.parts[number]).unwrap();
    }
    assert_eq!(store.upload(&sent.key).unwrap().1, Held::new(vec![true, false, true]));
    let changed = Part { digest: [9; 32], ..sent.parts[0].clone() };
    assert_eq!(put(&changed), Err(StoreError::OtherBytes));
    let short = Part { bytes: vec![1], ..sent.parts[1].clone() };
    let beyond = Part { number: 3, ..sent.parts[2].clone() };
    assert_eq!((put(&short), put(&beyond)), (Err(StoreError::OtherBytes), Err(StoreError::OtherBytes)));
    assert_eq!(run(store.commit(sent.key, sent.id)), Err(StoreError::MissingPart));
    put(&sent.parts[1]).unwrap();
    assert_eq!(run(store.commit(sent.key, TipId::of_one_request(b"x"))), Err(StoreError::OtherBytes));
    assert!(!store.has(&sent.id) && store.tips().unwrap().len() == tips, "parts are no tip");

    run(store.commit(sent.key, sent.id)).unwrap();
    assert!(store.has(&sent.id) && store.uploads().is_empty() && store.upload(&sent.key).is_none());
    assert_eq!(run(store.commit(sent.key, sent.id)), Err(StoreError::NoUpload));
    let record = store.tips().unwrap().into_iter().find(|record| record.id == sent.id).unwrap();
    assert_eq!((record.size, record.epoch, record.chunks), (sent.bytes.len() as u64, epoch(), 3 * 6));
    assert!(read_whole(store, &record) == sent.bytes);
    assert_eq!(store.read(&sent.id, record.chunks), Err(StoreError::Unknown));

    // The same tip by another upload is one tip.
    let again = Large { key: UploadKey::of_token(&[8; 32]), ..sent.clone() };
    send(store, &again);
    assert!(store.tips().unwrap().len() == tips + 1 && store.uploads().is_empty());

    // Given up, and begun again with other bytes.
    let (first, second) = (large(9, 1_536), Large { key: large(9, 1_536).key, ..large(10, 2_048) });
    store.begin(first.key, first.declared).unwrap();
    run(store.put_part(first.key, first.parts[1].clone())).unwrap();
    store.give_up(&first.key);
    store.give_up(&first.key);
    assert!(store.upload(&first.key).is_none());
    assert_eq!(run(store.put_part(first.key, first.parts[0].clone())), Err(StoreError::NoUpload));
    send(store, &second);
    let record = store.tips().unwrap().into_iter().find(|record| record.id == second.id).unwrap();
    assert!(read_whole(store, &record) == second.bytes);
    run(store.remove([sent.id, second.id].into())).unwrap();
}

#[test]
fn a_large_tip_in_several_volumes_survives_restarts_at_every_part() {
    let scratch = Scratch::with_small_volumes("upload-restarts");
    let (sent, other) = (large(1, 6 << 10), large(2, 1_536));
    let mut open = scratch.open();
    for (at, number) in [5, 0, 3, 1, 2, 4].into_iter().enumerate() {
        if at == 0 {
            open.1.begin(sent.key, sent.declared).unwrap();
            open.1.begin(other.key, other.declared).unwrap();
            run(open.1.put_part(other.key, other.parts[1].clone())).unwrap();
        }
        run(open.1.put_part(sent.key, sent.parts[number].clone())).unwrap();
        drop(open);
        open = scratch.open();
        assert_eq!(open.1.uploads().len(), 2);
        assert!(open.1.upload(&sent.key).unwrap().1.has(number as u32));
    }
    run(open.1.commit(sent.key, sent.id)).unwrap();
    drop(open);
    let (_home, store) = scratch.open();
    assert_eq!(store.uploads(), [other.key], "a tip's parts are no upload any more");
    assert_eq!(store.upload(&other.key), Some((other.declared, Held::new(vec![false, true]))));
    assert!(scratch.volumes().len() > 5);
    let found = content(&store);
    assert!(found.len() == 1 && found[0].0.id == sent.id && found[0].1 == sent.bytes);
}

#[test]
fn an_upload_given_up_and_begun_again_is_the_new_one_after_a_restart() {
    for scratch in [Scratch::new("again-one"), Scratch::with_small_volumes("again-many")] {
        let (old, new) = (large(1, 3 << 10), Large { key: large(1, 1_536).key, ..large(2, 3 << 10) });
        let (home, store) = scratch.open();
        store.begin(old.key, old.declared).unwrap();
        for part in &old.parts {
            run(store.put_part(old.key, part.clone())).unwrap();
        }
        store.give_up(&old.key);
        store.begin(new.key, new.declared).unwrap();
        run(store.put_part(new.key, new.parts[1].clone())).unwrap();
        drop((store, home));
        let (_home, store) = scratch.open();
        assert_eq!(store.upload(&new.key), Some((new.declared, Held::new(vec![false, true, false]))));
        for part in &new.parts {
            run(store.put_part(new.key, part.clone())).unwrap();
        }
        run(store.commit(new.key, new.id)).unwrap();
        assert!(content(&store)[0].1 == new.bytes);
    }
}

#[test]
fn many_parts_at_once_share_commits_and_each_is_kept_once() {
    let scratch = Scratch::new("parts-at-once");
    let (_home, store) = scratch.open();
    let store = std::sync::Arc::new(store);
    let tips: Vec<Large> = (1..=4).map(|seed| large(seed, 3 << 10)).collect();
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for tip in &tips {
            store.begin(tip.key, tip.declared).unwrap();
            for part in tip.parts.iter().chain(&tip.parts) {
                let (store, key, part) = (std::sync::Arc::clone(&store), tip.key, part.clone());
                tasks.spawn(async move { store.put_part(key, part).await });
            }
        }
        assert!(tasks.join_all().await.into_iter().all(|kept| kept == Ok(())));
    });
    tips.iter().for_each(|tip| run(store.commit(tip.key, tip.id)).unwrap());
    let mut sent: Vec<Vec<u8>> = tips.into_iter().map(|tip| tip.bytes).collect();
    let mut held: Vec<Vec<u8>> = content(&*store).into_iter().map(|(_, bytes)| bytes).collect();
    sent.sort_unstable();
    held.sort_unstable();
    assert!(held == sent);
    let disk = std::fs::metadata(scratch.0.join("volumes/1/db")).unwrap().len();
    assert!(disk < 3 * 13 * (1 << 20), "{disk} bytes for 13 MiB that came twice");
}

#[test]
fn without_randomness_no_upload_begins_and_no_part_is_kept() {
    use crate::world::NoRandomness;
    use std::sync::atomic::AtomicBool;
    let scratch = Scratch::new("no-randomness");
    let home = Home::open(&scratch.0).unwrap();
    let fails = std::sync::Arc::new(AtomicBool::new(false));
    let (inner, failing) = (world(), std::sync::Arc::clone(&fails));
    let fill = move |bytes: &mut [u8]| {
        if failing.load(Ordering::SeqCst) {
            return Err(NoRandomness);
        }
        bytes.fill_with(|| inner.random::<1>().unwrap()[0]);
        Ok(())
    };
    let world = World::new(|| Date::parse("2026-11-26").unwrap(), || std::time::Duration::ZERO, fill);
    let store = SledStore::open(&home, scratch.1.clone(), world).unwrap();
    let (sent, other) = (large(1, 1_536), large(2, 1_536));
    store.begin(sent.key, sent.declared).unwrap();
    fails.store(true, Ordering::SeqCst);
    assert!(matches!(store.begin(other.key, other.declared), Err(StoreError::Broken(_))));
    assert!(matches!(run(store.put_part(sent.key, sent.parts[0].clone())), Err(StoreError::Broken(_))));
    run(store.failure());
    fails.store(false, Ordering::SeqCst);
    assert_eq!(run(store.keep(tip(1, 100))), Err(StoreError::Closing), "it stays stopped until a new start");
}

#[test]
fn a_committer_that_panics_is_a_store_that_failed() {
    use std::sync::atomic::AtomicBool;
    let scratch = Scratch::new("panic");
    let home = Home::open(&scratch.0).unwrap();
    let panics = std::sync::Arc::new(AtomicBool::new(false));
    let (inner, asked) = (world(), std::sync::Arc::clone(&panics));
    let fill = move |bytes: &mut [u8]| {
        assert!(!asked.load(Ordering::SeqCst), "as asked for");
        bytes.fill_with(|| inner.random::<1>().unwrap()[0]);
        Ok(())
    };
    let world = World::new(|| Date::parse("2026-11-26").unwrap(), || std::time::Duration::ZERO, fill);
    let store = SledStore::open(&home, scratch.1.clone(), world).unwrap();
    panics.store(true, Ordering::SeqCst);
    assert_eq!(run(store.keep(tip(1, 100))), Err(StoreError::Closing));
    run(store.failure());
    panics.store(false, Ordering::SeqCst);
    assert_eq!(run(store.keep(tip(1, 100))), Err(StoreError::Closing));
}
