//! A relay between a client and a letterbox: forwards one request after the other, cuts where it is told, keeps a record.
#![allow(unreachable_pub, dead_code, reason = "two test binaries use it, each a part")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It goes through.
    No,
    /// The connection ends after so many bytes of the request, head and body.
    Request(u64),
    /// The letterbox has all of the request; the connection ends after so many bytes of its answer.
    Answer(u64),
    /// As [`Cut::Answer`], but for so many bytes at its end.
    Tail(u64),
    /// As [`Cut::Request`]; then nobody gets through until [`Relay::open`].
    Gone(u64),
}

/// A request and, when all of its answer went through, the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub line: String,
    pub status: Option<u16>,
}

/// The relay; it ends with the test's process.
pub struct Relay {
    pub at: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    letterbox: SocketAddr,
    open: AtomicBool,
    seen: Mutex<Vec<Exchange>>,
    cut: Mutex<Rule>,
}

type Rule = Box<dyn FnMut(&str) -> Cut + Send>;

impl Relay {
    /// Leads to `letterbox`; `cut` is asked with each request's first line.
    pub fn new(letterbox: SocketAddr, cut: impl FnMut(&str) -> Cut + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            letterbox,
            open: AtomicBool::new(true),
            seen: Mutex::default(),
            cut: Mutex::new(Box::new(cut)),
        });
        let to = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let to = Arc::clone(&to);
                thread::spawn(move || to.serve(client));
            }
        });
        Self { at, shared }
    }

    pub fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Lets everybody through again.
    pub fn open(&self) {
        self.shared.open.store(true, Ordering::SeqCst);
    }

    pub fn seen(&self) -> Vec<Exchange> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Parts that were sent although the client had been told that they are kept.
    pub fn sent_again(&self) -> Vec<String> {
        let seen = self.seen();
        let again = |(at, now): (usize, &Exchange)| {
            let before = seen.iter().take(at);
            let told = |earlier: &Exchange| earlier.line == now.line && earlier.status == Some(200);
            let again = now.line.starts_with("PUT ") && before.clone().any(told);
            again.then(|| now.line.clone())
        };
        seen.iter().enumerate().filter_map(again).collect()
    }
}

impl Shared {
    /// One connection, until somebody ends it.
    fn serve(&self, mut client: TcpStream) {
        let Ok(mut letterbox) = TcpStream::connect(self.letterbox) else { return };
        while self.open.load(Ordering::SeqCst) {
            if self.exchange(&mut client, &mut letterbox).is_none() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = letterbox.shutdown(Shutdown::Both);
    }

    fn exchange(&self, client: &mut TcpStream, letterbox: &mut TcpStream) -> Option<()> {
        let head = read_head(client)?;
        let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
        let cut = (self.cut.lock().unwrap())(&line);
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Exchange { line, status: None });
            seen.len() - 1
        };
        let limit = match cut {
            Cut::Request(limit) | Cut::Gone(limit) => limit,
            Cut::No | Cut::Answer(_) | Cut::Tail(_) => u64::MAX,
        };
        let whole = forward(client, letterbox, &head, limit);
        if matches!(cut, Cut::Gone(_)) {
            self.open.store(false, Ordering::SeqCst);
        }
        whole?;
        let answer = read_head(letterbox)?;
        let limit = match cut {
            Cut::Answer(limit) => limit,
            Cut::Tail(missing) => {
                let whole = answer.len() as u64 + length(&answer);
                whole.saturating_sub(missing)
            }
            _ => u64::MAX,
        };
        forward(letterbox, client, &answer, limit)?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        self.seen.lock().unwrap().get_mut(number)?.status = Some(status);
        Some(())
    }
}

fn read_head(from: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Forwards head and body as far as `limit`; `None` when that cut something off.
fn forward(from: &mut TcpStream, to: &mut TcpStream, head: &str, limit: u64) -> Option<()> {
    let of_head = usize::try_from(limit).unwrap_or(usize::MAX).min(head.len());
    to.write_all(head.as_bytes().get(..of_head)?).ok()?;
    let of_body = length(head).min(limit.saturating_sub(head.len() as u64));
    let copied = std::io::copy(&mut from.take(of_body), to).ok()?;
    let whole = of_head == head.len() && copied == length(head);
    whole.then_some(())
}

/// Bytes of the body that follows a head.
fn length(head: &str) -> u64 {
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    field.unwrap_or(0)
}
