//! What the tests need around the command: a root that signs, a page, a letterbox and a proxy on this machine.

pub mod relay;

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};
use tipline_envelope::{Identity, open_all};
use tipline_seal::command;
use tipline_seal::interrupt::Interrupt;
use tipline_seal::patience::Patience;
use tipline_seal::world::{NoRandomness, World};
use tipline_wire::board::Board;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{Desk, EpochKeys, Intake, Site};
use tipline_wire::signed;
use tipline_wire::sshsig::{self, Fingerprint, PublicKey};
use tipline_wire::ustar;

/// Leaves the screen as if nothing had been there.
pub const CLEARED: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// An onion that is nobody's.
pub fn onion() -> String {
    format!("{}.onion", "tip2".repeat(14))
}

/// The day on which the library is run in these tests: a Wednesday.
pub fn day() -> Date {
    Date::parse("2026-11-25").unwrap()
}

/// A root and its key.
pub struct Root(SigningKey);

impl Root {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.public().fingerprint()
    }

    pub fn sign(&self, document: &str) -> String {
        self.sign_as(sshsig::INTAKE, document.as_bytes())
    }

    pub fn sign_as(&self, namespace: &'static str, document: &[u8]) -> String {
        let data = sshsig::signed_data(namespace, document);
        sshsig::armor(&self.public(), &self.0.sign(&data).to_bytes(), namespace)
    }
}

/// The key of the only desk.
pub fn identity() -> Identity {
    Identity::from_seed([42; 32])
}

/// An intake document of two weeks from `first`, for three recipients of whom we hold one key.
pub fn intake(site: &str, first: Date, root: &Root) -> String {
    intake_of(2, site, first, root)
}

/// The same of so many weeks.
pub fn intake_of(weeks: i32, site: &str, first: Date, root: &Root) -> String {
    let week = |n: i32| EpochKeys {
        epoch: Epoch::starting(first.monday().plus_days(7 * n)).unwrap(),
        recipients: [42, 43, 44].map(|seed| Identity::from_seed([seed; 32]).recipient()).to_vec(),
    };
    let intake = Intake {
        org: "Example Relief".into(),
        site: Site::parse(site).unwrap(),
        serial: 1,
        issued: first.monday(),
        slots: 128,
        desks: vec![Desk { name: "tokyo-1".into(), key: root.public() }],
        replaces: None,
        epochs: (0..weeks).map(week).collect(),
    };
    intake.to_text().unwrap()
}

/// A page with these documents, as a letterbox fills it in.
pub fn page(intake: &str, signature: &str) -> Vec<u8> {
    let block = serde_json::json!({ "intake": intake, "intake_signature": signature }).to_string();
    let block = block.replace('<', "\\u003c");
    format!("<!doctype html><title>Welcome</title><script type=\"application/json\" id=\"documents\">{block}</script>\n")
        .into_bytes()
}

/// A sound page for `site` whose first week holds `day`.
pub fn sound_page(site: &str, day: Date) -> Vec<u8> {
    let document = intake(site, day, &Root::new(9));
    page(&document, &Root::new(9).sign(&document))
}

/// A board of 16 slots with its signature, made that day beside this intake document.
pub fn board(intake: &str, issued: Date, desk: &Root) -> Vec<u8> {
    let board = Board {
        serial: 1,
        issued,
        next: issued.plus_days(7),
        opened_through: issued.plus_days(-1),
        burnt_through: issued.plus_days(-30),
        slots: 16,
        id: [7; 32],
        intake: tipline_wire::intake::digest(intake),
        notices: Vec::new(),
    };
    let mut whole = board.to_head().unwrap();
    whole.resize(board.len(), 0);
    let signature = desk.sign_as(sshsig::BOARD, &whole);
    signed::join(&whole, &signature)
}

/// A whole HTTP answer.
pub fn http(status: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

pub fn kept() -> Vec<u8> {
    http("201 Created", &tipline_wire::answer::Say::Kept.body())
}

/// What the letterbox in a test does with a request.
#[derive(Clone)]
pub enum Reply {
    Say(Vec<u8>),
    /// Says it and waits for another request on the same connection.
    Keep(Vec<u8>),
    /// One byte every ten milliseconds.
    Drip(Vec<u8>),
    HangUp,
}

/// What was asked for, whole.
#[derive(Clone)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

/// A letterbox that answers the n-th request as it is told. The board, which every visit asks for, is not counted.
pub struct Letterbox {
    pub at: SocketAddr,
    pub asked: Arc<Mutex<Vec<Request>>>,
    /// The requests for the board.
    pub looked: Arc<Mutex<Vec<Request>>>,
}

impl Letterbox {
    pub fn new(reply: impl Fn(usize, &Request) -> Reply + Send + 'static) -> Self {
        Self::with_board(http("404 Not Found", &tipline_wire::answer::Say::NotFound.body()), reply)
    }

    /// One that gives this answer to whoever asks for the board.
    pub fn with_board(board: Vec<u8>, reply: impl Fn(usize, &Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let looked = Arc::new(Mutex::new(Vec::new()));
        let (seen, boards) = (Arc::clone(&asked), Arc::clone(&looked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                while let Some(request) = read_request(&mut stream) {
                    if request.head.starts_with("GET /board ") {
                        boards.lock().unwrap().push(request);
                        give(&mut stream, Reply::Keep(board.clone()));
                        continue;
                    }
                    let number = seen.lock().unwrap().len();
                    seen.lock().unwrap().push(request.clone());
                    let reply = reply(number, &request);
                    let stays = matches!(reply, Reply::Keep(_));
                    give(&mut stream, reply);
                    if !stays {
                        break;
                    }
                }
            }
        });
        Self { at, asked, looked }
    }

    /// A sound letterbox for an onion or, without one, for this machine.
    pub fn sound(site: &str, day: Date) -> Self {
        let page = sound_page(site, day);
        Self::new(move |_, request| {
            if request.head.starts_with("GET") {
                Reply::Keep(http("200 OK", &page))
            } else {
                Reply::Say(kept())
            }
        })
    }

    pub fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|r| r.head.lines().next().unwrap().to_owned()).collect()
    }

    pub fn bodies(&self) -> Vec<Vec<u8>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|r| r.head.starts_with("POST")).map(|r| r.body.clone()).collect()
    }
}

fn give(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Say(bytes) | Reply::Keep(bytes) => drop(stream.write_all(&bytes)),
        Reply::Drip(bytes) => {
            for byte in bytes {
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Reply::HangUp => {}
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length =
        head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { head, body })
}

/// What one connection told the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub credentials: Vec<u8>,
    /// The request after its version, command and reserved byte.
    pub target: Vec<u8>,
}

/// A SOCKS5 proxy that leads every name to one letterbox.
pub struct Proxy {
    pub at: SocketAddr,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    pub fn new(letterbox: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(asked) = handshake(&mut stream) else { continue };
                seen.lock().unwrap().push(asked);
                join(stream, TcpStream::connect(letterbox).unwrap());
            }
        });
        Self { at, asked }
    }
}

fn handshake(stream: &mut TcpStream) -> Option<Asked> {
    let mut exactly = |len: usize| {
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    assert_eq!(exactly(3)?, [5, 1, 2], "one method: a user name and password");
    stream.write_all(&[5, 2]).ok()?;
    let mut credentials = read_n(stream, 2)?;
    credentials.extend(read_n(stream, usize::from(credentials[1]) + 1)?);
    let password = usize::from(*credentials.last()?);
    credentials.extend(read_n(stream, password)?);
    stream.write_all(&[1, 0]).ok()?;
    let head = read_n(stream, 5)?;
    let mut target = head[3..].to_vec();
    target.extend(read_n(stream, usize::from(head[4]) + 2)?);
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    Some(Asked { credentials, target })
}

fn read_n(stream: &mut TcpStream, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).ok().map(|()| bytes)
}

/// Carries bytes both ways until both sides have ended.
fn join(near: TcpStream, far: TcpStream) {
    let pairs = [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)];
    for (mut from, mut to) in pairs {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
    }
}

/// What a run of the command gave.
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
    /// How long it wished to wait between attempts.
    pub waits: Vec<Duration>,
}

/// A run with an impatient person, on [`day`] unless told otherwise.
pub struct Run<'a> {
    pub today: Date,
    pub stdin: &'a [u8],
    pub exchange: Duration,
    /// Called before randomness is given: between the look at the files and the sealing.
    pub meanwhile: &'a dyn Fn(),
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self { today: day(), stdin: REPORT, exchange: Duration::from_secs(20), meanwhile: &|| {} }
    }
}

/// A report that keeps to the rules.
pub const REPORT: &[u8] = br#"{"report":{"incident":["other"],"story":"they came to my parents"}}"#;

impl Run<'_> {
    pub fn with(&self, args: &[&str]) -> Ran {
        let begun = Instant::now();
        let waits = Rc::new(RefCell::new(Vec::new()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let random = |buffer: &mut [u8]| {
            (self.meanwhile)();
            getrandom::fill(buffer).map_err(|_| NoRandomness)
        };
        let mut world = World {
            today: self.today,
            elapsed: &|| begun.elapsed(),
            pause: &|wait| waits.borrow_mut().push(wait),
            random: &random,
            stdin: &mut &*self.stdin,
            out: &mut out,
            err: &mut err,
            watched: false,
            typed: false,
            interrupt: Interrupt::default(),
        };
        let patience = Patience {
            exchange: self.exchange,
            attempts: 3,
            wait: Duration::from_secs(1),
            ..Patience::default()
        };
        let code = command::run(args.iter().map(Into::into), patience, &mut world);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code, out: text(out), err: text(err), waits: waits.take() }
    }
}

/// Somebody at the terminal: hears what was said since the last answer, and types the next line; `None` closes it.
pub struct Person<'a> {
    said: Rc<RefCell<Vec<u8>>>,
    heard: usize,
    typing: Vec<u8>,
    answer: &'a mut dyn FnMut(&str) -> Option<String>,
}

impl Read for Person<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.typing.is_empty() {
            let said = self.said.borrow();
            let new = String::from_utf8(said[self.heard..].to_vec()).unwrap();
            self.heard = said.len();
            let Some(line) = (self.answer)(&new) else { return Ok(0) };
            self.typing = format!("{line}\n").into_bytes();
        }
        buf[0] = self.typing.remove(0);
        Ok(1)
    }
}

/// What is said, where the person can hear it.
struct Said(Rc<RefCell<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A run with somebody who answers; on a screen that can be cleared.
pub fn talk(args: &[&str], answer: &mut dyn FnMut(&str) -> Option<String>) -> Ran {
    let said = Rc::new(RefCell::new(Vec::new()));
    let mut person = Person { said: Rc::clone(&said), heard: 0, typing: Vec::new(), answer };
    let (begun, waits) = (Instant::now(), Rc::new(RefCell::new(Vec::new())));
    let mut out = Vec::new();
    let mut world = World {
        today: day(),
        elapsed: &|| begun.elapsed(),
        pause: &|wait| waits.borrow_mut().push(wait),
        random: &|buffer| getrandom::fill(buffer).map_err(|_| NoRandomness),
        stdin: &mut person,
        out: &mut out,
        err: &mut Said(Rc::clone(&said)),
        watched: true,
        typed: true,
        interrupt: Interrupt::default(),
    };
    let patience = Patience { attempts: 2, ..Patience::default() };
    let code = command::run(args.iter().map(Into::into), patience, &mut world);
    let err = String::from_utf8(said.borrow().clone()).unwrap();
    Ran { code, out: String::from_utf8(out).unwrap(), err, waits: waits.take() }
}

/// The same with fixed lines; the terminal is closed behind the last one.
pub fn talk_lines(args: &[&str], lines: &[&str]) -> Ran {
    let mut lines = lines.iter();
    talk(args, &mut |_| lines.next().map(|line| (*line).to_owned()))
}

/// Opens a sealed tip; its entries' names and bytes.
pub fn open(sealed: &[u8]) -> Vec<(String, Vec<u8>)> {
    let tar = open_all(sealed, &[identity()]).unwrap();
    let (mut at, mut entries) = (0, Vec::new());
    while tar[at] != 0 {
        let header = ustar::Header::parse(tar[at..at + ustar::BLOCK].try_into().unwrap()).unwrap();
        let size = usize::try_from(header.size).unwrap();
        at += ustar::BLOCK;
        entries.push((header.name, tar[at..at + size].to_vec()));
        at += size.next_multiple_of(ustar::BLOCK);
    }
    assert!(tar[at..].iter().all(|b| *b == 0) && tar.len() - at >= 2 * ustar::BLOCK);
    entries
}

/// A folder that is gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tipline-seal-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.0.join(name), bytes).unwrap();
        self.path(name)
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// An intake document with its signature, around `day`.
    pub fn intake(&self, day: Date) -> String {
        let document = intake(&onion(), day, &Root::new(9));
        self.write("intake.txt.sig", Root::new(9).sign(&document).as_bytes());
        self.write("intake.txt", document.as_bytes())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
