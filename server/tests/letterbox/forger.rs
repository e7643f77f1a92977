//! Who poses as a letterbox, or as tor's proxy on the way to one.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub fn http(status: u16, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Somebody who answers as a test wishes, and notes the heads of what is asked.
pub struct Forger {
    pub at: SocketAddr,
    pub heads: Arc<Mutex<Vec<String>>>,
}

impl Forger {
    pub fn new(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let (heads, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let noted = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while let Some(head) = request(&mut stream) {
                        noted.lock().unwrap().push(head.clone());
                        let _ = stream.write_all(&answer(&head));
                    }
                });
            }
        });
        Self { at, heads }
    }
}

/// A request's head with its empty line; its body is read and dropped.
fn request(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some(head)
}

/// A SOCKS5 proxy that leads every name to one address, and notes the user names.
pub struct Tor {
    pub at: SocketAddr,
    pub users: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tor {
    pub fn leading_to(letterbox: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let users = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&users);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut near = stream.unwrap();
                let Some(user) = handshake(&mut near) else { continue };
                noted.lock().unwrap().push(user);
                let far = TcpStream::connect(letterbox).unwrap();
                join(&near, &far);
                join(&far, &near);
            }
        });
        Self { at, users }
    }
}

/// RFC 1928 and 1929, as tor speaks them; the user name.
fn handshake(stream: &mut TcpStream) -> Option<Vec<u8>> {
    fn take(stream: &mut TcpStream, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    }
    assert_eq!(take(stream, 3)?, [5, 1, 2], "a user name and nothing else");
    stream.write_all(&[5, 2]).ok()?;
    let len = take(stream, 2)?[1];
    let user = take(stream, len.into())?;
    let len = take(stream, 1)?[0];
    take(stream, len.into())?;
    stream.write_all(&[1, 0]).ok()?;
    let asked = take(stream, 5)?;
    assert_eq!(asked[..4], [5, 1, 0, 3], "a name, which tor looks up");
    take(stream, usize::from(asked[4]) + 2)?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    Some(user)
}

fn join(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
