//! Slow visitors: silent ones, dripping ones, ones that never read. They are let go, and cost the others nothing.

use std::future::pending;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tipline_server::http::door::{Admit, Listener};
use tipline_server::limits::Limits;
use tipline_server::office::Office;
use tipline_server::page::Template;
use tipline_server::serve::{Listeners, serve};
use tipline_server::store::Home;
use tipline_server::store::model::Model;
use tipline_server::world::World;

use crate::stage::*;

/// The same server as the program's, in this process, with limits that a test can wait for.
fn serve_here(limits: Limits) -> (SocketAddr, Folder) {
    let stage = Stage::new();
    let signed = stage.root.sign(&stage.folder.0, 1);
    let document = std::fs::read_to_string(&signed).unwrap();
    let signature = std::fs::read_to_string(signed.with_extension("sig")).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let root = stage.root.public().fingerprint();
    let store = stage.store.clone();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let world = World::new(today, || std::time::Duration::ZERO, |_| Ok(()));
            let home = Home::open(&store).unwrap();
            let template = Template::parse(PAGE).unwrap();
            let office = Office::open(home, Model::default(), template, root, world).unwrap();
            office.publish(&format!("{document}{signature}")).unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let listeners =
                Listeners { public: Listener::Tcp(listener), public_admits: Admit::Anybody, operator: None };
            let _ = serve(listeners, Arc::new(office), limits, pending()).await;
        });
    });
    (receiver.recv().unwrap(), stage.folder)
}

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

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
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
    let (address, _folder) = serve_here(quick());
    let waited = closed_after(connect(address));
    assert!(waited > Duration::from_millis(400) && waited < Duration::from_secs(5), "{waited:?}");
}

#[test]
fn a_dripping_head_is_let_go() {
    let (address, _folder) = serve_here(quick());
    let mut stream = connect(address);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) && stream.write_all(b"G").is_ok() {
        sleep(Duration::from_millis(50));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a head may not drip for ever");
}

#[test]
fn a_silent_or_dripping_body_is_told_that_it_is_too_slow() {
    let (address, _folder) = serve_here(quick());
    let body = small_tip(1);
    let request = post(this_week(), &body);
    let head = request.len() - body.len();
    let mut silent = connect(address);
    silent.write_all(&request[..head + 100]).unwrap();
    assert_eq!(read_answer(&mut silent).unwrap().says(), "too-slow");
    let mut dripping = connect(address);
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
    let (address, _folder) = serve_here(quick());
    let request = post(this_week(), &small_tip(1));
    let mut stream = connect(address);
    // 71 KB at about 140 KB/s, in all longer than the grace alone would allow.
    for piece in request.chunks(7_000) {
        stream.write_all(piece).unwrap();
        sleep(Duration::from_millis(50));
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
}

#[test]
fn idle_visitors_keep_nobody_out_for_long() {
    let (address, _folder) = serve_here(Limits { connections: 8, ..quick() });
    let idle: Vec<_> = (0..40).map(|_| connect(address)).collect();
    let began = Instant::now();
    let mut honest = connect(address);
    honest.write_all(&post(this_week(), &small_tip(1))).unwrap();
    assert_eq!(read_answer(&mut honest).unwrap().status, 201);
    assert!(began.elapsed() < Duration::from_secs(15));
    drop(idle);
}
