//! Volumes: sealed, read again, of one week each; and how many tips share a commit.

use super::*;

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

#[test]
fn a_full_volume_is_sealed_and_its_tips_are_read_again_and_again() {
    let scratch = Scratch::with_small_volumes("sealed");
    let (home, store) = scratch.open();
    for seed in 0..160 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    assert!(scratch.volumes().len() > 8, "1 MiB each: more than are open at once");
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
    for (day, volumes) in [("2026-11-26", 1), ("2026-11-29", 1), ("2026-11-30", 2), ("2026-12-01", 2)] {
        let (_home, store) = scratch.open_on(day);
        run(store.keep(tip(day.as_bytes()[9], 70_000))).unwrap();
        content(&store);
        assert_eq!(scratch.volumes().len(), volumes, "{day}");
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

#[test]
fn a_volume_that_was_begun_in_an_earlier_week_is_of_the_week_of_its_first_tip() {
    let scratch = Scratch::new("idle");
    drop(scratch.open_on("2026-11-26"));
    let (_home, store) = scratch.open_on("2026-12-01");
    for seed in 0..3 {
        run(store.keep(tip(seed, 70_000))).unwrap();
    }
    assert_eq!(scratch.volumes(), ["1"], "not sealed after its first tip");
}

fn week_start(monday: &str) -> std::time::SystemTime {
    let unix = Date::parse(monday).unwrap().unix();
    std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(unix)
}
