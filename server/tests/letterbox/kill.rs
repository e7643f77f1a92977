//! `kill -9` under load, also while tips travel in parts: every acknowledged tip is there afterwards, none twice, and the
//! server always starts again.
//!
//! `TIPLINE_KILL_ROUNDS` sets the number of rounds, 10 otherwise; `cargo xtask test` asks for 100.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};

use crate::parts::Sender;
use crate::stage::*;

const THREADS: u64 = 6;

/// Sends tips until the server is gone, each sixteenth in parts; the ids of those that were acknowledged.
pub fn load(address: &str, seed: u64, acknowledged: &Mutex<BTreeSet<TipId>>) {
    let Ok(mut stream) = TcpStream::connect(address) else { return };
    for n in 0.. {
        let (id, requests) = match n % 16 {
            7 => {
                let sender = Sender::new(seed + n, 1_536);
                (sender.id(), sender.whole())
            }
            kind => {
                let padded = if kind == 3 { Padded::ALL[2] } else { Padded::SMALLEST };
                let body = tip(seed + n, padded, RECIPIENTS);
                (TipId::of_one_request(&body), vec![post(this_week(), &body)])
            }
        };
        let ask = |request: Vec<u8>| {
            stream.write_all(&request).ok()?;
            read_answer(&mut stream).map(|answer| answer.status)
        };
        if requests.into_iter().map(ask).last() != Some(Some(201)) {
            return;
        }
        acknowledged.lock().unwrap().insert(id);
    }
}

/// The id of a sealed tip, however it travelled.
pub fn id_of(tip: &[u8]) -> TipId {
    let (recipients, padded) = Padded::of_sealed(tip.len() as u64).expect("a size of the table");
    let mut hasher = TipHasher::new(recipients, padded);
    hasher.update(tip);
    hasher.finish()
}

#[test]
fn every_acknowledged_tip_survives_kill_9_under_load() {
    let rounds = std::env::var("TIPLINE_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_u64);
    let mut stage = Stage::new();
    // Small volumes, so that kills fall into the change from one to the next as well.
    let config = stage.folder.0.join("tipline.toml");
    std::fs::write(&config, "[store]\nvolume_mib = 8\n").unwrap();
    stage.config = Some(config);
    drop(stage.open());
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    // Any sequence of moments will do; this one differs from run to run.
    let mut moment = u64::from(std::process::id());
    for round in 0..rounds {
        let mut server = stage.start();
        let address = server.address.clone();
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (address, acknowledged) = (address.clone(), Arc::clone(&acknowledged));
                let seed = (round * THREADS + thread) * 1_000_000;
                std::thread::spawn(move || load(&address, seed, &acknowledged))
            })
            .collect();
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(20 + (moment >> 33) % 300));
        server.kill();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    let _server = stage.start();
    let held: Vec<_> = stage.pickup().into_iter().map(|(_, bytes)| id_of(&bytes)).collect();
    let distinct: BTreeSet<_> = held.iter().copied().collect();
    assert_eq!(held.len(), distinct.len(), "none is there twice");
    let acknowledged = acknowledged.lock().unwrap();
    let lost = acknowledged.difference(&distinct).count();
    eprintln!("{rounds} kills, {} acknowledged, {} held, {lost} lost", acknowledged.len(), held.len());
    assert!(acknowledged.len() as u64 > rounds, "the load was real");
    assert_eq!(lost, 0);
}
