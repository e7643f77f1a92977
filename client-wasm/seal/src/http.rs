//! The little of HTTP/1.1 that is needed (RFC 9112), without TLS: an onion address protects the connection by itself.
//!
//! Requests are byte for byte what Tor Browser sends for the page, in its order, so that a letterbox cannot tell this
//! command from the page (T-05). Answers are hostile: head, body and its unpacked form are bounded, one length is needed.

use std::io::{self, Read};

use flate2::read::GzDecoder;

/// What Tor Browser calls itself, on every Windows machine alike. Renewed with each release, as the browser is.
const USER_AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0";
/// The same whatever the person's language.
const LANGUAGE_AND_ENCODING: &str = "Accept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n";

/// The longest head of an answer.
const HEAD: usize = 16 * 1_024;
/// The most lines in a head.
const LINES: usize = 100;

/// An answer: the status and the unpacked body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// RFC 9110: 200..=599.
    pub status: u16,
    /// At most as many bytes as were allowed.
    pub body: Vec<u8>,
    /// Whether the connection takes another request.
    pub stays_open: bool,
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing more came.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// The connection ended inside the answer.
    #[error("the connection ended in the middle of the answer")]
    Cut,
    /// Not HTTP, or not the little of it that a letterbox speaks.
    #[error("the answer is not in the form that a letterbox uses ({0})")]
    Form(&'static str),
    /// Longer than allowed.
    #[error("the answer is too long")]
    TooLong,
}

/// The request for the page: as if the address had been typed.
#[must_use]
pub fn get_page(host: &str) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n{LANGUAGE_AND_ENCODING}\
         Sec-GPC: 1\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n\
         Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\nPriority: u=0, i\r\n\r\n"
    )
    .into_bytes()
}

/// A request of the page's own `XMLHttpRequest`.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `POST`, `PUT` or `GET`.
    pub method: &'static str,
    /// From the root.
    pub path: &'a str,
    /// What the page sets itself, in this order.
    pub fields: &'a [(&'static str, &'a str)],
    /// Bytes of the body that follows; `None` for `GET`.
    pub length: Option<usize>,
}

impl Call<'_> {
    /// The request's head.
    #[must_use]
    pub fn head(&self, host: &str) -> Vec<u8> {
        let Self { method, path, .. } = self;
        let fields: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let of_body = self.length.map_or_else(String::new, |length| {
            format!("Content-Type: application/octet-stream\r\nContent-Length: {length}\r\nOrigin: http://{host}\r\n")
        });
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n{LANGUAGE_AND_ENCODING}\
             {fields}{of_body}Sec-GPC: 1\r\nConnection: keep-alive\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\n\
             Sec-Fetch-Site: same-origin\r\n\r\n"
        )
        .into_bytes()
    }
}

/// Reads one answer whose body, packed and unpacked, has at most `most` bytes.
///
/// # Errors
/// See [`HttpError`].
pub fn read_response(stream: &mut impl Read, most: usize) -> Result<Response, HttpError> {
    let (head, begun) = read_head(stream)?;
    let head = Head::parse(&head)?;
    if head.length > most {
        return Err(HttpError::TooLong);
    }
    let body = read_body(stream, begun, head.length)?;
    let body = if head.gzip { unpack(&body, most)? } else { body };
    Ok(Response { status: head.status, body, stays_open: head.stays_open })
}

/// The head without its empty line, and what came of the body with it.
fn read_head(stream: &mut impl Read) -> Result<(Vec<u8>, Vec<u8>), HttpError> {
    const END: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let got = stream.read(&mut piece)?;
        if got == 0 {
            return Err(HttpError::Cut);
        }
        // The end may lie across the border of two pieces.
        let from = bytes.len().saturating_sub(END.len());
        bytes.extend(piece.iter().take(got));
        let found = bytes.windows(END.len()).skip(from).position(|window| window == END);
        if let Some(at) = found.map(|at| at.saturating_add(from)).filter(|at| *at <= HEAD) {
            let body = bytes.split_off(at.saturating_add(END.len()));
            bytes.truncate(at);
            return Ok((bytes, body));
        }
        if bytes.len() > HEAD {
            return Err(HttpError::TooLong);
        }
    }
}

fn read_body(stream: &mut impl Read, begun: Vec<u8>, length: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = begun;
    let missing = length.checked_sub(body.len()).ok_or(HttpError::Form("more came than was announced"))?;
    let missing = u64::try_from(missing).map_err(|_| HttpError::TooLong)?;
    let got = stream.take(missing).read_to_end(&mut body)?;
    if u64::try_from(got) == Ok(missing) { Ok(body) } else { Err(HttpError::Cut) }
}

struct Head {
    status: u16,
    length: usize,
    gzip: bool,
    stays_open: bool,
}

impl Head {
    fn parse(head: &[u8]) -> Result<Self, HttpError> {
        let text = std::str::from_utf8(head).map_err(|_| HttpError::Form("the head is no text"))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(read_status).ok_or(HttpError::Form("no HTTP status"))?;
        let (mut length, mut gzip, mut stays_open) = (None, None, true);
        for (number, line) in lines.enumerate() {
            let (name, value) = line.split_once(':').ok_or(HttpError::Form("a line without a colon"))?;
            if number >= LINES || name.is_empty() || name.contains([' ', '\t']) {
                return Err(HttpError::Form("a malformed head"));
            }
            let value = value.trim_matches([' ', '\t']);
            let fresh = match name.to_ascii_lowercase().as_str() {
                "content-length" => length.replace(read_length(value)?).is_none(),
                "content-encoding" => gzip.replace(read_encoding(value)?).is_none(),
                "transfer-encoding" => return Err(HttpError::Form("no length")),
                "connection" => {
                    stays_open &= !value.eq_ignore_ascii_case("close");
                    true
                }
                _ => true,
            };
            if !fresh {
                return Err(HttpError::Form("two lengths or encodings"));
            }
        }
        let length = length.ok_or(HttpError::Form("no length"))?;
        Ok(Self { status, length, gzip: gzip.unwrap_or(false), stays_open })
    }
}

fn read_status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.1 ")?;
    let digits = rest.get(..3)?;
    let ends = matches!(rest.as_bytes().get(3), None | Some(b' '));
    let status = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    (ends && (200..600).contains(&status)).then_some(status)
}

fn read_length(value: &str) -> Result<usize, HttpError> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().ok_or(HttpError::Form("a length that is no number"))
}

fn read_encoding(value: &str) -> Result<bool, HttpError> {
    match value.to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "identity" => Ok(false),
        _ => Err(HttpError::Form("an encoding that was not asked for")),
    }
}

/// Unpacks one gzip member (RFC 1952), as far as `most` bytes and no further.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, HttpError> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    let unpacked = GzDecoder::new(packed).take(limit).read_to_end(&mut body);
    match unpacked {
        Ok(len) if len > most => Err(HttpError::TooLong),
        Ok(_) => Ok(body),
        Err(_) => Err(HttpError::Form("damaged gzip")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time: borders lie everywhere.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            self.0 = rest;
            buf[0] = *first;
            Ok(1)
        }
    }

    fn read(bytes: &[u8]) -> Result<Response, HttpError> {
        let at_once = read_response(&mut &*bytes, 1_000);
        let slowly = read_response(&mut Slowly(bytes), 1_000);
        assert_eq!(at_once.is_ok(), slowly.is_ok(), "what an answer means must not hang on how it arrives");
        at_once
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::GzEncoder::new(body, flate2::Compression::fast()).read_to_end(&mut out).unwrap();
        out
    }

    fn packed(body: &[u8]) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    #[test]
    fn an_answer_is_read() {
        let plain = read(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\nX: y\r\n\r\nok").unwrap();
        assert_eq!((plain.status, plain.body.as_slice(), plain.stays_open), (201, b"ok".as_slice(), true));
        let last = read(b"HTTP/1.1 500 x\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").unwrap();
        assert!(!last.stays_open);
        assert_eq!(read(&packed(&gzip(b"the page"))).unwrap().body, b"the page");
        assert_eq!(read(b"HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n").unwrap().body, b"");
    }

    #[test]
    fn hostile_answers_are_refused() {
        let huge = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'a'; 20_000]].concat();
        let lines =
            [b"HTTP/1.1 200 OK\r\n".as_slice(), &b"a: b\r\n".repeat(200), b"content-length: 0\r\n\r\n"]
                .concat();
        let bomb = packed(&gzip(&[0; 100_000]));
        for (name, bytes) in [
            ("a head without end", huge.as_slice()),
            ("too many lines", &lines),
            ("a body over the limit", b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"),
            ("a length that lies", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
            ("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
            ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("no length", b"HTTP/1.1 200 OK\r\n\r\nab"),
            ("chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ("less than announced", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            ("cut in the head", b"HTTP/1.1 200 OK\r\nContent-"),
            ("nothing", b""),
            ("HTML", b"<html>\r\n\r\n"),
            ("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
            ("an interim status", b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n"),
            ("HTTP/1.0", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
            ("a status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
            ("a folded line", b"HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\nContent-Length: 0\r\n\r\n"),
            ("an unasked encoding", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n"),
            ("no gzip", &packed(b"not gzip at all")),
            ("gzip cut short", &packed(&gzip(b"the page")[..14])),
            ("a gzip bomb", &bomb),
        ] {
            assert!(read(bytes).is_err(), "{name}");
        }
    }

    #[test]
    fn a_bomb_is_called_too_long() {
        assert!(matches!(read(&packed(&gzip(&[0; 1_001]))), Err(HttpError::TooLong)));
    }

    /// Recorded from Firefox 153 with Tor Browser's settings, for an onion; only what it calls itself is Windows', as Tor
    /// Browser says on most machines.
    #[test]
    fn requests_are_the_browsers_to_the_byte() {
        let get = "GET / HTTP/1.1\nHost: b.onion\nUser-Agent: UA\n\
            Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\nAccept-Language: en-US,en;q=0.9\n\
            Accept-Encoding: gzip, deflate\nSec-GPC: 1\nConnection: keep-alive\nUpgrade-Insecure-Requests: 1\n\
            Sec-Fetch-Dest: document\nSec-Fetch-Mode: navigate\nSec-Fetch-Site: none\nSec-Fetch-User: ?1\n\
            Priority: u=0, i\n\n";
        let post = "POST /tips/2026-11-23 HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\n\
            Accept-Language: en-US,en;q=0.9\nAccept-Encoding: gzip, deflate\nContent-Type: application/octet-stream\n\
            Content-Length: 100\nOrigin: http://b.onion\nSec-GPC: 1\nConnection: keep-alive\nSec-Fetch-Dest: empty\n\
            Sec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let put = "PUT /uploads/parts/7 HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\n\
            Accept-Language: en-US,en;q=0.9\nAccept-Encoding: gzip, deflate\nAuthorization: Tip AAAA\n\
            Content-Digest: sha-256=:AA:\nContent-Type: application/octet-stream\nContent-Length: 100\n\
            Origin: http://b.onion\nSec-GPC: 1\nConnection: keep-alive\nSec-Fetch-Dest: empty\n\
            Sec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let look = "GET /uploads HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\nAccept-Language: en-US,en;q=0.9\n\
            Accept-Encoding: gzip, deflate\nAuthorization: Tip AAAA\nSec-GPC: 1\nConnection: keep-alive\n\
            Sec-Fetch-Dest: empty\nSec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let recorded = |text: &str| text.replace('\n', "\r\n").replace("UA", USER_AGENT).into_bytes();
        let call = |method, path, fields: &[_], length| Call { method, path, fields, length }.head("b.onion");
        let (token, digest) = (("Authorization", "Tip AAAA"), ("Content-Digest", "sha-256=:AA:"));
        assert_eq!(get_page("b.onion"), recorded(get));
        assert_eq!(call("POST", "/tips/2026-11-23", &[], Some(100)), recorded(post));
        assert_eq!(call("PUT", "/uploads/parts/7", &[token, digest], Some(100)), recorded(put));
        assert_eq!(call("GET", "/uploads", &[token], None), recorded(look));
    }
}
