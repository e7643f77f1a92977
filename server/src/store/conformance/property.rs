//! The model and sled compared under random operations and restarts.

use proptest::prelude::*;

use super::*;

/// Three uploads at most, each with one of two contents.
const UPLOADS: u8 = 3;

#[derive(Debug, Clone)]
enum Operation {
    Keep(u8, usize),
    Begin(u8, bool),
    Put(u8, bool, usize),
    Commit(u8, bool),
    GiveUp(u8),
    /// Every tip but each so-manieth.
    Remove(usize),
    Restart,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let lengths = prop_oneof![Just(1_usize), Just(CHUNK + 1), 1_usize..100_000];
    let upload = || (0..UPLOADS, prop::bool::weighted(0.2));
    let one = prop_oneof![
        6 => (0_u8..40, lengths).prop_map(|(seed, len)| Operation::Keep(seed, len)),
        5 => upload().prop_map(|(slot, other)| Operation::Begin(slot, other)),
        12 => (upload(), 0_usize..3).prop_map(|((slot, other), n)| Operation::Put(slot, other, n)),
        4 => upload().prop_map(|(slot, other)| Operation::Commit(slot, other)),
        1 => (0..UPLOADS).prop_map(Operation::GiveUp),
        2 => (1_usize..5).prop_map(Operation::Remove),
        2 => Just(Operation::Restart),
    ];
    prop::collection::vec(one, 1..40)
}

/// Upload `slot` has one key whatever it contains.
fn upload(slot: u8, other: bool) -> Large {
    Large { key: UploadKey::of_token(&[slot; 32]), ..large(slot + if other { 100 } else { 50 }, 3 << 10) }
}

/// What one letterbox answers; the other must answer the same.
fn apply(store: &impl Letterbox, operation: &Operation) -> Result<(), StoreError> {
    match *operation {
        Operation::Keep(seed, len) => run(store.keep(tip(seed, len))),
        Operation::Begin(slot, other) => {
            let Large { key, declared, .. } = upload(slot, false);
            store.begin(key, Declared { recipients: if other { 2 } else { 3 }, ..declared })
        }
        Operation::Put(slot, other, number) => {
            let Large { key, parts, .. } = upload(slot, other);
            run(store.put_part(key, parts[number].clone()))
        }
        Operation::Commit(slot, other) => {
            let Large { key, id, .. } = upload(slot, other);
            run(store.commit(key, id))
        }
        Operation::GiveUp(slot) => {
            store.give_up(&upload(slot, false).key);
            Ok(())
        }
        Operation::Remove(_) | Operation::Restart => Ok(()),
    }
}

/// Ids of the tips to remove: the same for both.
fn chosen(model: &Model, nth: usize) -> BTreeSet<TipId> {
    let mut tips: Vec<TipId> = model.tips().unwrap().iter().map(|record| record.id).collect();
    tips.sort_unstable();
    tips.into_iter().enumerate().filter(|(at, _)| at % (nth + 1) != nth).map(|(_, id)| id).collect()
}

/// After a start: what was removed is said again, what was given up is given up again, and an upload without a part was
/// never durable.
fn after_start(store: &SledStore, model: &Model, removed: &BTreeSet<TipId>) {
    run(store.remove(removed.iter().filter(|id| !model.has(id)).copied().collect())).unwrap();
    let none_held = |key: &UploadKey| {
        let (_, held) = model.upload(key).unwrap();
        (0..held.count()).all(|part| !held.has(part))
    };
    model.uploads().iter().filter(|key| none_held(key)).for_each(|key| model.give_up(key));
    for key in store.uploads() {
        if model.upload(&key).is_none() {
            store.give_up(&key);
        }
    }
}

fn state(store: &impl Letterbox) -> Vec<(UploadKey, Declared, Held)> {
    let one = |key: UploadKey| store.upload(&key).map(|(declared, held)| (key, declared, held));
    let mut uploads: Vec<_> = store.uploads().into_iter().filter_map(one).collect();
    uploads.sort_unstable_by_key(|(key, ..)| *key);
    uploads
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn sled_does_what_the_model_does(operations in operations()) {
        let scratch = Scratch::with_small_volumes("model");
        let model = Model::default();
        let mut removed = BTreeSet::new();
        let mut open = Some(scratch.open());
        for operation in operations {
            let store = &open.as_ref().unwrap().1;
            prop_assert_eq!(apply(store, &operation), apply(&model, &operation), "{:?}", operation);
            match operation {
                Operation::Remove(nth) => {
                    let ids = chosen(&model, nth);
                    run(store.remove(ids.clone())).unwrap();
                    run(model.remove(ids.clone())).unwrap();
                    removed.extend(ids);
                }
                Operation::Restart => {
                    drop(open.take());
                    open = Some(scratch.open());
                    after_start(&open.as_ref().unwrap().1, &model, &removed);
                }
                _ => {}
            }
            prop_assert_eq!(state(&open.as_ref().unwrap().1), state(&model));
        }
        prop_assert!(content(&open.as_ref().unwrap().1) == content(&model));
    }
}
