//! Slow visitors: silent ones, dripping ones, ones that never read. They are let go, and cost the others nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tipline_server::limits::Limits;
use tipline_wire::upload::Held;

use crate::here::Here;
use crate::parts::Sender;
use crate::stage::*;

fn quick() -> Limits {
    Limits {
        head: Duration::from_millis(600),
        body_grace: Duration::from_millis(600),
        body_rate: 100_000,
        write_stall: Duration::from_millis(600),
        linger: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// How long until the server closes.
fn closed_after(mut stream: TcpStream) -> Duration {
    let began = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    began.elapsed()
}

#[test]
fn a_silent_visitor_is_let_go() {
    let here = Here::new(quick());
    let waited = closed_after(here.connect());
    assert!(waited > Duration::from_millis(400) && waited < Duration::from_secs(5), "{waited:?}");
}

#[test]
fn a_dripping_head_is_let_go() {
    let here = Here::new(quick());
    let mut stream = here.connect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) && stream.write_all(b"G").is_ok() {
        sleep(Duration::from_millis(50));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a head may not drip for ever");
}

#[test]
fn a_silent_or_dripping_body_is_told_that_it_is_too_slow() {
    let here = Here::new(quick());
    let body = small_tip(1);
    let request = post(this_week(), &body);
    let head = request.len() - body.len();
    let mut silent = here.connect();
    silent.write_all(&request[..head + 100]).unwrap();
    assert_eq!(read_answer(&mut silent).unwrap().says(), "too-slow");
    let mut dripping = here.connect();
    dripping.write_all(&request[..head]).unwrap();
    let mut reader = dripping.try_clone().unwrap();
    let answer = std::thread::spawn(move || (read_answer(&mut reader), Instant::now()));
    let began = Instant::now();
    for byte in body.chunks(1).take(60) {
        let _ = dripping.write_all(byte);
        sleep(Duration::from_millis(50));
    }
    let (answer, when) = answer.join().unwrap();
    assert_eq!(answer.unwrap().says(), "too-slow");
    assert!(when - began < Duration::from_secs(2));
}

#[test]
fn a_body_at_the_minimum_rate_is_kept() {
    let here = Here::new(quick());
    let request = post(this_week(), &small_tip(1));
    let mut stream = here.connect();
    // 71 KB at about 140 KB/s, in all longer than the grace alone would allow.
    for piece in request.chunks(7_000) {
        stream.write_all(piece).unwrap();
        sleep(Duration::from_millis(50));
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
}

#[test]
fn idle_visitors_keep_nobody_out_for_long() {
    let here = Here::new(Limits { connections: 8, ..quick() });
    let idle: Vec<_> = (0..40).map(|_| here.connect()).collect();
    let began = Instant::now();
    let mut honest = here.connect();
    honest.write_all(&post(this_week(), &small_tip(1))).unwrap();
    assert_eq!(read_answer(&mut honest).unwrap().status, 201);
    assert!(began.elapsed() < Duration::from_secs(15));
    drop(idle);
}

#[test]
fn a_part_that_stops_coming_is_told_so_and_is_sent_again() {
    let here = Here::new(quick());
    let sender = Sender::new(1, 2_048);
    here.send(&sender.begin());
    let request = sender.put(0);
    let mut silent = here.connect();
    silent.write_all(&request[..request.len() / 2]).unwrap();
    assert_eq!(read_answer(&mut silent).unwrap().says(), "too-slow");
    let looked = here.send(&sender.look());
    assert_eq!(Held::parse(&looked.body), Some(Held::new(vec![false; 2])), "half a part is none");
    for request in sender.whole() {
        assert!(here.send(&request).status < 300);
    }
    assert_eq!(here.held(), [sender.tip]);
}

#[test]
fn two_thousand_idle_visitors_keep_nobody_out_and_cost_no_more_than_the_places() {
    let stage = Stage::new();
    let server = stage.open();
    let idle: Vec<_> = (0..2_000).map(|_| server.connect()).collect();
    for seed in 1..=5 {
        let began = Instant::now();
        assert_eq!(server.post(&small_tip(seed)).status, 201);
        assert!(began.elapsed() < Duration::from_secs(15), "nobody waits until the idle ones are let go");
    }
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    assert!(open < 600, "{open} files are open");
    drop(idle);
    assert_eq!(stage.held().len(), 5);
}
