//! What admission promises as a whole.

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn key(n: u8) -> UploadKey {
    UploadKey::of_token(&[n; 32])
}

fn mib(n: u64) -> Padded {
    Padded::holding(n << 20).unwrap()
}

fn open() -> Admission {
    let admission = Admission::new(Rules::default());
    admission.look(10, [0; 3], Duration::ZERO);
    admission
}

#[test]
fn before_the_disk_was_looked_at_no_upload_begins() {
    let admission = Admission::new(Rules::default());
    assert!(!admission.may_begin(mib(2)) && admission.must_look(Duration::ZERO));
    admission.look(10, [0; 3], Duration::ZERO);
    assert!(admission.may_begin(mib(2)) && !admission.must_look(HOUR - Duration::from_secs(1)));
    assert!(admission.must_look(HOUR));
}

#[test]
fn what_does_not_stay_costs_its_circuit_nothing() {
    let admission = open();
    let circuit = Some(Circuit::numbered(7));
    for _ in 0..10 {
        drop(admission.begin(circuit, Duration::ZERO).unwrap());
    }
    let under_way: Vec<_> = (0..3).filter_map(|_| admission.begin(circuit, Duration::ZERO)).collect();
    assert_eq!(under_way.len(), 3);
    assert!(admission.begin(circuit, Duration::ZERO).is_none(), "three at once");
    under_way.into_iter().for_each(Begun::stays);
    assert!(admission.begin(circuit, Duration::ZERO).is_none());
    for _ in 0..100 {
        admission.begin(None, Duration::ZERO).unwrap().stays();
    }
}

#[test]
fn a_fuller_disk_drops_the_longest_rest_first_and_only_then_stops_new_ones() {
    let admission = open();
    for n in 1..=4 {
        admission.begun(key(n), Duration::ZERO);
        admission.came(key(n), mib(2), 1 << 20, HOUR * u32::from(n));
    }
    assert!(admission.rested_too_long(HOUR * 5).is_empty());
    admission.look(86, [u32::MAX; 3], HOUR * 5);
    assert!(!admission.may_begin(mib(2)) && admission.may_go_on(mib(2)));
    assert_eq!(admission.rested_too_long(HOUR * 5), [key(1), key(2), key(3), key(4)]);
    admission.came(key(5), mib(2), 1 << 20, HOUR * 5);
    admission.look(100, [u32::MAX; 3], HOUR * 5);
    assert!(
        admission.rested_too_long(HOUR * 5 + Duration::from_secs(119)).is_empty(),
        "one that goes on stays"
    );
}

/// A thousand draws, evenly spread.
fn draws() -> impl Iterator<Item = u32> {
    (0..1_000_u32).map(|n| n * (u32::MAX / 1_000))
}

/// What a visitor could be answered about uploads of any size.
fn decisions(line: &Admission) -> Vec<bool> {
    Padded::ALL.into_iter().flat_map(|padded| [line.may_begin(padded), line.may_go_on(padded)]).collect()
}

#[test]
fn a_neighbour_s_upload_changes_hardly_an_answer_even_for_who_stands_at_the_limit() {
    // Two lines that an attacker has filled to the same point, by the byte; on one of them somebody uploads 48 MiB.
    for filled_mib in [0, 900, 1_300, 1_600, 1_800, 1_990] {
        let differ = draws().filter(|draw| {
            let [quiet, busy] = [open(), open()];
            for line in [&quiet, &busy] {
                line.came(key(1), mib(64), filled_mib << 20, Duration::ZERO);
                line.look(40, [*draw; 3], Duration::ZERO);
            }
            (0..48).for_each(|_| busy.came(key(2), mib(48), 1 << 20, Duration::ZERO));
            decisions(&quiet) != decisions(&busy)
        });
        assert!(differ.count() <= 100, "one hour's draw in ten at most, {filled_mib} MiB");
    }
    // The same for the disk: one percent of it more or less.
    for full in 60..100 {
        let differ = draws().filter(|draw| {
            let lines = [full, full + 1].map(|full| {
                let line = open();
                line.came(key(1), mib(2), 1, Duration::ZERO);
                line.look(full, [*draw; 3], HOUR * 10);
                line
            });
            decisions(&lines[0]) != decisions(&lines[1])
        });
        assert!(differ.count() <= 101, "{full} percent");
    }
}
