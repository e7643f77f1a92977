//! Through a private Tor network: small tips and a large one into the letterbox, beside Debian's nginx taking the same
//! bodies behind the same tor, in turn. nginx only writes its files; it makes nothing durable and checks nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tipline_tests::tornet::{Net, Service, socks};
use tipline_tests::{Running, Scratch, until};
use tipline_wire::size::Padded;
use tipline_wire::upload::Declared;

use super::{large, load, median};
use crate::run::{self, Result};
use crate::stage::Stage;

/// Visitors at once, each on a circuit of its own.
const AT_ONCE: usize = 8;
/// Visitors of one round: fewer than tor's queue of proofs of work takes in a burst.
const VISITORS: usize = 24;
/// Tips of one visitor: what one circuit may send.
const TIPS_EACH: usize = 3;
const ROUNDS: usize = 3;
const LARGE: u64 = 48 << 20;
const NGINX: &str = "/usr/sbin/nginx";

/// Starts the network and both servers, and measures them in turn.
pub(super) fn bench(stage: &Stage, page: &Path, root: &str) -> Result<()> {
    if !Net::possible() || !Path::new(NGINX).exists() {
        return Err("Debian's tor and nginx are needed: apt-get install tor nginx-light".into());
    }
    // A short path: sockets have no long ones.
    let scratch = Scratch::new("bench-tor");
    let mut net = Net::start(&scratch.at("net"));
    let (service, nginx_onion) = Service::start_beside(&net, &stage.at(""), "nginx");
    let _nginx = nginx(stage)?;
    let mut letterbox = stage.serve_behind_tor(page, root)?;
    run::run(&mut stage.server(&["publish"], &[&stage.at("home/intake.txt")]))?;
    let takers = [
        Taker { kind: Kind::Letterbox, onion: service.public.clone(), proxy: net.socks() },
        Taker { kind: Kind::Nginx, onion: nginx_onion, proxy: net.socks() },
    ];
    for taker in &takers {
        net.reaches(&taker.onion, 80);
    }
    let mut figures: [Vec<Small>; 2] = Default::default();
    let mut rates: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (at, taker) in takers.iter().enumerate() {
            figures[at].push(taker.small()?);
        }
        for (at, taker) in takers.iter().enumerate() {
            rates[at].push(taker.large()?);
        }
    }
    let [ours, theirs] = figures.map(|all| {
        (median(all.iter().map(|s| s.rate).collect()), median(all.iter().map(|s| s.p50_ms).collect()))
    });
    let [up, nginx_up] = rates.map(median);
    println!("{:>44} {:>10} {:>10} {:>7}", "", "letterbox", "nginx", "ratio");
    let line =
        |what: &str, a: f64, b: f64, ratio: f64| println!("{what:>44} {a:>10.2} {b:>10.2} {ratio:>6.2}x");
    line("small tips/s, 8 visitors at once, 3 tips each", ours.0, theirs.0, ours.0 / theirs.0);
    line("ms from a small tip to its answer, median", ours.1, theirs.1, theirs.1 / ours.1);
    line("48 MiB in parts, MB/s", up, nginx_up, up / nginx_up);
    letterbox.stop()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letterbox,
    Nginx,
}

/// What takes tips behind an onion.
struct Taker {
    kind: Kind,
    onion: String,
    proxy: String,
}

/// What a round of small tips measured.
struct Small {
    /// Tips a second, with the circuits that were built for them.
    rate: f64,
    /// Milliseconds on a circuit that stands.
    p50_ms: f64,
}

impl Taker {
    fn small(&self) -> Result<Small> {
        let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let began = Instant::now();
        std::thread::scope(|scope| -> Result<()> {
            let visitor = || -> std::io::Result<()> {
                while next.fetch_add(1, Ordering::Relaxed) < VISITORS {
                    let mine = self.visitor()?;
                    times.lock().map_err(|_| std::io::Error::other("a visitor panicked"))?.extend(mine);
                }
                Ok(())
            };
            let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(visitor)).collect();
            for one in all {
                one.join().map_err(|_| "a visitor panicked")??;
            }
            Ok(())
        })?;
        let times = times.into_inner()?;
        Ok(Small { rate: times.len() as f64 / began.elapsed().as_secs_f64(), p50_ms: median(times) })
    }

    /// One visitor: a circuit, and tips over it; the milliseconds that each took.
    fn visitor(&self) -> std::io::Result<Vec<f64>> {
        let mut stream = self.connect();
        let monday = load::this_week().map_err(|_| std::io::Error::other("the clock is off"))?;
        (0..TIPS_EACH)
            .map(|_| {
                let (tip, unique) = load::unlike_any_before()?;
                let what = match self.kind {
                    Kind::Letterbox => format!("POST /tips/{monday}"),
                    Kind::Nginx => format!("PUT /{unique}"),
                };
                let began = Instant::now();
                self.ask(&mut stream, &what, &tip)?;
                Ok(began.elapsed().as_secs_f64() * 1_000.0)
            })
            .collect()
    }

    /// One large tip over one circuit, in MB/s.
    fn large(&self) -> Result<f64> {
        let padded = Padded::holding(LARGE).ok_or("no such size")?;
        let mut stream = self.connect();
        if self.kind == Kind::Letterbox {
            let sent = large::send_over(&mut stream, &self.onion, padded)?;
            return Ok(sent.bytes as f64 / 1e6 / sent.seconds);
        }
        let declared = Declared { epoch: load::this_week()?, recipients: load::RECIPIENTS, padded };
        let token = large::token()?;
        let began = Instant::now();
        for number in 0..declared.parts() {
            let part = large::part(&declared, number, &token)?;
            self.ask(&mut stream, &format!("PUT /part-{number}-{}", token[0]), &part)?;
        }
        Ok(declared.sealed_len() as f64 / 1e6 / began.elapsed().as_secs_f64())
    }

    /// A stream over a circuit that no other has.
    fn connect(&self) -> TcpStream {
        static VISITORS: AtomicUsize = AtomicUsize::new(0);
        until("a circuit to the onion", || {
            let name = format!("visitor-{}", VISITORS.fetch_add(1, Ordering::Relaxed));
            socks::connect(&self.proxy, &self.onion, 80, &name).ok()
        })
    }

    /// Sends a body, which must be taken as new.
    fn ask(&self, stream: &mut TcpStream, what: &str, body: &[u8]) -> std::io::Result<()> {
        let head =
            format!("{what} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n", self.onion, body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let answer = answer(stream)?;
        let taken = answer.starts_with("HTTP/1.1 201") || answer.starts_with("HTTP/1.1 204");
        if taken { Ok(()) } else { Err(std::io::Error::other(answer)) }
    }
}

/// The head of an answer, once its body has been read too.
fn answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase().replace("http/", "HTTP/");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|n| n.trim().parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(head)
}

/// nginx on a unix socket, behind tor's PROXY lines like the letterbox; it stores what is PUT.
fn nginx(stage: &Stage) -> Result<Running> {
    let www = stage.at("www");
    std::fs::create_dir_all(&www)?;
    let here = stage.at("").display().to_string();
    let config = format!(
        "daemon off; master_process off; pid {here}nginx.pid; error_log stderr warn; events {{}}\n\
         http {{ access_log off; client_max_body_size 64m; client_body_temp_path {here}bodies;\n\
         server {{ listen unix:{here}nginx.sock proxy_protocol; root {here}www;\n\
         location / {{ dav_methods PUT; }} }} }}\n"
    );
    let file = stage.at("nginx.conf");
    std::fs::write(&file, config)?;
    Ok(Running::start(Command::new(NGINX).arg("-e").arg("stderr").arg("-c").arg(file)))
}
