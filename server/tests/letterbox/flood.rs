//! A flood (T-08): an attacker sends twenty times as much as all the others, and a source's small tip still goes through;
//! and nothing that the attacker is answered tells what somebody else sends.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tipline_wire::size::Padded;

use crate::form::{form, post_form};
use crate::parts::Sender;
use crate::stage::*;

/// Far more than it takes: the machine may be busy.
const GENEROUS: Duration = Duration::from_secs(60);

fn onion(config: &str) -> Stage {
    let mut stage = Stage::new();
    stage.listen = format!("unix:{}", stage.folder.0.join("onion.sock").display());
    stage.configure(&format!("[listen]\nproxy_line = true\n[store]\nballast_mib = 1\n{config}"));
    stage
}

/// Someone with many circuits and no scruples.
struct Attacker {
    socket: PathBuf,
    circuits: AtomicU32,
    connections: AtomicU64,
    bytes: AtomicU64,
    over: AtomicBool,
}

impl Attacker {
    fn new(socket: &Path) -> Self {
        let (connections, bytes, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Self { socket: socket.to_owned(), circuits: AtomicU32::new(1 << 20), connections, bytes, over }
    }

    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn circuit(&self) -> u32 {
        self.circuits.fetch_add(1, Ordering::Relaxed)
    }

    fn connect(&self, circuit: u32) -> UnixStream {
        self.connections.fetch_add(1, Ordering::Relaxed);
        circuit_to(&self.socket, circuit)
    }

    fn send(&self, stream: &mut UnixStream, bytes: &[u8]) {
        if stream.write_all(bytes).is_ok() {
            self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
    }

    /// Connects and says nothing, sixteen times over each circuit, and again as soon as it is let go.
    fn idles(&self) {
        let (circuit, mut all) = (self.circuit(), Vec::new());
        while self.goes_on() {
            all.push(self.connect(circuit));
            if all.len() > 16 {
                all.remove(0);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends tips as fast as they are taken, three over each circuit.
    fn sends_tips(&self, seed: u64) {
        for n in 0.. {
            let mut stream = self.connect(self.circuit());
            for tip in 0..3 {
                if !self.goes_on() {
                    return;
                }
                self.send(&mut stream, &post(this_week(), &small_tip(seed + 3 * n + tip)));
                let _ = read_answer(&mut stream);
            }
        }
    }

    /// Begins large bodies that then drip.
    fn drips(&self, seed: u64) {
        let body = post(this_week(), &tip(seed, Padded::ONE_REQUEST_MAX, RECIPIENTS));
        let circuit = self.circuit();
        while self.goes_on() {
            let mut stream = self.connect(circuit);
            stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            for piece in body.chunks(1_000) {
                self.send(&mut stream, piece);
                if !self.goes_on() || stream.read(&mut [0; 512]).is_ok() {
                    break;
                }
            }
        }
    }

    /// Uploads in parts and never commits.
    fn uploads(&self, seed: u64) {
        for n in 0.. {
            let sender = Sender::new(seed + n, 2_048);
            let mut stream = self.connect(self.circuit());
            for request in &sender.whole()[..2] {
                if !self.goes_on() {
                    return;
                }
                self.send(&mut stream, request);
                let _ = read_answer(&mut stream);
            }
        }
    }

    /// Asks for the page and does not read it, sixteen times over each circuit.
    fn reads_nothing(&self) {
        let mut all = Vec::new();
        let mut circuit = 0;
        for n in 0.. {
            if n % 16 == 0 {
                circuit = self.circuit();
            }
            let mut stream = self.connect(circuit);
            self.send(&mut stream, &get("/").repeat(20));
            all.push(stream);
            if all.len() > 48 {
                all.remove(0);
            }
            if !self.goes_on() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Ends the attack, also when the test fails.
struct End<'a>(&'a Attacker);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_source_s_small_tip_goes_through_while_an_attacker_sends_twenty_times_as_much() {
    const SOURCES: u64 = 20;
    let stage = onion("[limits]\nlarge_stop_percent = 100\nconnections = 64\nuploads_active = 8\n");
    let server = stage.open();
    let socket = stage.folder.0.join("onion.sock");
    let attacker = Attacker::new(&socket);
    let mut sent = Vec::new();
    let mut longest = Duration::ZERO;
    std::thread::scope(|scope| {
        let _end = End(&attacker);
        for n in 0..4 {
            let attacker = &attacker;
            scope.spawn(move || attacker.idles());
            scope.spawn(move || attacker.sends_tips(n << 40));
            scope.spawn(move || attacker.drips(n));
            scope.spawn(move || attacker.uploads(n << 40));
            scope.spawn(move || attacker.reads_nothing());
        }
        // As long as the attacker needs to send so much more.
        let enough = |sources: u64| {
            let bytes = sources * 20 * small_tip(0).len() as u64;
            attacker.bytes.load(Ordering::Relaxed) > bytes
                && attacker.connections.load(Ordering::Relaxed) > 20 * sources
        };
        for source in 1..=SOURCES {
            while !enough(source) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let body = small_tip((1 << 60) + source);
            let began = Instant::now();
            let mut stream = server.over(source as u32);
            stream.write_all(&post(this_week(), &body)).unwrap();
            let answer = read_answer(&mut stream).expect("a source is not driven out");
            assert_eq!((answer.status, answer.says().as_str()), (201, "kept"));
            longest = longest.max(began.elapsed());
            sent.push(body);
        }
    });
    assert!(longest < GENEROUS, "{longest:?}");
    let (connections, bytes) = (attacker.connections.into_inner(), attacker.bytes.into_inner());
    eprintln!(
        "{SOURCES} tips, the longest took {longest:?}; the attacker: {connections} connections, {bytes} bytes"
    );
    assert!(bytes > 20 * SOURCES * sent[0].len() as u64 && connections > 20 * SOURCES);
    let held = stage.held();
    assert!(sent.iter().all(|tip| held.binary_search(tip).is_ok()));
    assert!(!server.journal().contains("fault"), "{}", server.journal());
}

/// Everything that a visitor can try over a few circuits, with every answer, whole.
fn probe(server: &Server) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut ask = |circuit: u32, request: &[u8]| {
        let mut stream = server.over(circuit);
        stream.write_all(request).unwrap();
        answers.push(read_answer(&mut stream).expect("an answer"));
    };
    let sender = Sender::new(700, 2_048);
    let [begin, first, second, commit] = sender.whole().try_into().unwrap();
    for request in [get("/"), get("/intake"), begin.clone(), sender.look(), first.clone(), sender.look()] {
        ask(1, &request);
    }
    // A token and an id of nobody.
    let other = Sender::new(701, 2_048);
    for request in [other.look(), other.put(0), other.commit(), commit.clone(), second, sender.look(), commit]
    {
        ask(2, &request);
    }
    for seed in 710..716 {
        ask(1, &post(this_week(), &small_tip(seed)));
    }
    for seed in 720..724 {
        ask(2, &Sender::new(seed, 98_304).begin());
    }
    ask(3, &post_form(&form("tip.age", &small_tip(730))));
    ask(3, &post(this_week(), &tip(731, Padded::ONE_REQUEST_MAX, RECIPIENTS)));
    answers
}

#[test]
fn no_answer_tells_whether_somebody_else_is_sending() {
    let quiet = {
        let stage = onion("");
        let server = stage.open();
        probe(&server)
    };
    let stage = onion("");
    let server = stage.open();
    let over = AtomicBool::new(false);
    let sent = AtomicU32::new(0);
    let busy = std::thread::scope(|scope| {
        for source in 0..6_u32 {
            let (server, over, sent) = (&server, &over, &sent);
            scope.spawn(move || {
                for n in 0.. {
                    let circuit = 1_000 + 10_000 * source + n;
                    let seed = u64::from(circuit) << 32;
                    let requests = match source % 3 {
                        0 => vec![post(this_week(), &small_tip(seed))],
                        1 => Sender::new(seed, 3_072).whole(),
                        _ => vec![post_form(&form("t", &tip(seed, Padded::ALL[8], RECIPIENTS)))],
                    };
                    for request in requests {
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        let mut stream = server.over(circuit);
                        stream.write_all(&request).unwrap();
                        assert!(read_answer(&mut stream).unwrap().status < 300);
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        while sent.load(Ordering::Relaxed) < 20 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let answers = probe(&server);
        over.store(true, Ordering::Relaxed);
        answers
    });
    assert!(quiet.iter().any(|answer| answer.says() == "full"), "the probe reaches its own budget");
    for (number, (quiet, busy)) in quiet.iter().zip(&busy).enumerate() {
        assert_eq!(quiet, busy, "{number}");
    }
    assert_eq!(quiet.len(), busy.len());
}
