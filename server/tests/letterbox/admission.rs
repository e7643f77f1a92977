//! Honest sources are slowed last: what a circuit may begin, who waits for a place, and what an attacker cannot reach.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tipline_server::admission::Rules;
use tipline_server::limits::Limits;
use tipline_server::store::Letterbox as _;
use tipline_wire::size::Padded;

use crate::form::{form, post_form};
use crate::here::Here;
use crate::parts::Sender;
use crate::stage::*;

fn ask(stream: &mut UnixStream, request: &[u8]) -> (u16, String) {
    stream.write_all(request).unwrap();
    let answer = read_answer(stream).expect("an answer");
    (answer.status, answer.says())
}

/// Runs at the end, however it comes.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn full() -> (u16, String) {
    (503, "full".into())
}

#[test]
fn a_circuit_begins_three_tips_and_the_next_circuit_three_of_its_own() {
    let here = Here::behind_tor(Limits::default());
    let send = |circuit: u32, seed: u64| ask(&mut here.over(circuit), &post(this_week(), &small_tip(seed))).0;
    assert_eq!([send(1, 1), send(1, 2)], [201; 2]);
    let mut cut = here.over(1);
    cut.write_all(&post(this_week(), &small_tip(9))[..30_000]).unwrap();
    drop(cut);
    let mut wrong = small_tip(9);
    wrong[0] = b'x';
    let refused = (0..600).find_map(|_| {
        let said = ask(&mut here.over(1), &post(this_week(), &wrong)).1;
        std::thread::sleep(Duration::from_millis(50));
        (said != "full").then_some(said)
    });
    assert_eq!(refused.as_deref(), Some("not-a-tip"), "as soon as the broken connection was noticed");
    assert_eq!(send(1, 3), 201, "what was broken off or refused costs nothing");
    assert_eq!(
        [send(1, 4), send(1, 5), send(2, 4), send(2, 5), send(2, 6), send(2, 7)],
        [503, 503, 201, 201, 201, 503]
    );
    let again = [send(3, 1), send(3, 1), send(3, 1), send(3, 1)];
    assert_eq!(
        again,
        [201, 201, 201, 503],
        "a tip that was sent before counts like any: nobody learns that it was"
    );
    assert_eq!(ask(&mut here.over(1), &get("/")).0, 200, "the page is for everybody");
}

#[test]
fn an_upload_that_has_begun_goes_on_over_any_circuit() {
    let here = Here::behind_tor(Limits::default());
    let senders: Vec<_> = (1..=4).map(|seed| Sender::new(seed, 2_048)).collect();
    for sender in &senders[..3] {
        assert_eq!(ask(&mut here.over(1), &sender.begin()).0, 201);
    }
    assert_eq!(ask(&mut here.over(1), &senders[3].begin()), full());
    assert_eq!(ask(&mut here.over(1), &senders[0].begin()).0, 201, "it has begun already");
    for (circuit, request) in (1..).zip(&senders[0].whole()) {
        assert!(ask(&mut here.over(circuit % 2 + 1), request).0 < 300);
    }
    assert_eq!(
        ask(&mut here.over(1), &senders[3].begin()),
        full(),
        "a tip that is kept was begun all the same"
    );
    assert_eq!(ask(&mut here.over(3), &senders[3].begin()).0, 201);
    assert_eq!(here.held().len(), 1);
}

#[test]
fn who_fills_every_place_with_dripping_bodies_again_and_again_is_outrun() {
    let rules = Rules { uploads_active: 8, ..Rules::default() };
    let here = Here::behind_tor(Limits { rules, body_grace: Duration::from_secs(2), ..Limits::default() });
    let large = |seed: u64| post(this_week(), &tip(seed, Padded::ALL[2], RECIPIENTS));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also when the test fails.
        let _end = Finally(|| over.store(true, Ordering::Relaxed));
        // Eight circuits, three connections each, begin bodies of 192 KiB of which nothing more comes.
        for n in 0..24_u32 {
            let (here, over, begins) = (&here, &over, large(n.into())[..500].to_vec());
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let mut stream = here.over(100 + n % 8);
                    let _ = stream.write_all(&begins);
                    let _ = read_answer(&mut stream);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        for seed in 1..=3_u32 {
            let small = ask(&mut here.over(seed), &post(this_week(), &small_tip(seed.into())));
            assert_eq!(small.0, 201, "small tips need no place");
            let answer = ask(&mut here.over(seed), &large(1_000 + u64::from(seed)));
            assert_eq!(answer.0, 201, "a source needs one place for a moment");
        }
    });
}

#[test]
fn a_form_that_is_broken_off_counts_once_something_of_it_was_kept() {
    let here = Here::behind_tor(Limits::default());
    let request = post_form(&form("tip.age", &tip(1, Padded::ALL[12], RECIPIENTS)));
    let until = |what: &dyn Fn() -> bool| {
        let began = std::time::Instant::now();
        while !what() {
            assert!(began.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    for _ in 0..3 {
        let mut stream = here.over(1);
        stream.write_all(&request[..1_500_000]).unwrap();
        let store = here.store();
        until(&|| store.uploads().iter().any(|key| store.upload(key).is_some_and(|(_, held)| held.has(0))));
        drop(stream);
        until(&|| store.uploads().is_empty());
    }
    assert_eq!(ask(&mut here.over(1), &post(this_week(), &small_tip(1))), full());
    assert_eq!(ask(&mut here.over(2), &post(this_week(), &small_tip(1))).0, 201);
}

#[test]
fn uploads_that_rested_too_long_are_given_up_and_those_that_go_on_are_not() {
    let limits = Limits { tending: Duration::from_millis(50), ..Limits::default() };
    let here = Here::new(limits);
    let [rests, goes_on] = [1, 2].map(|seed| Sender::new(seed, 2_048));
    for sender in [&rests, &goes_on] {
        assert_eq!(here.send(&sender.begin()).status, 201);
        assert_eq!(here.send(&sender.put(0)).status, 200);
    }
    here.pass_hours(70);
    assert_eq!(here.send(&goes_on.put(1)).status, 200);
    here.pass_hours(3);
    let began = std::time::Instant::now();
    while here.store().uploads().len() > 1 {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(here.send(&rests.put(1)).says(), "no-upload");
    assert_eq!(here.send(&goes_on.commit()).says(), "kept");
}

#[test]
fn a_refused_upload_is_told_so_in_the_shape_of_every_answer() {
    let rules = Rules { large_stop_percent: 0, ..Rules::default() };
    let here = Here::new(Limits { rules, ..Limits::default() });
    let refused = here.send(&Sender::new(1, 2_048).begin());
    assert_eq!((refused.status, refused.says().as_str(), refused.body.len()), (503, "full", 256));
    let shape = |head: &str| head.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let kept = here.send(&post(this_week(), &small_tip(1)));
    assert_eq!((kept.status, shape(&kept.head)), (201, shape(&refused.head)), "small tips are still kept");
}
