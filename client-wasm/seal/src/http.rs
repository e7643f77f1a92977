//! The little of HTTP/1.1 that is needed (RFC 9112), without TLS: an onion address protects the connection by itself.
//!
//! Requests are [`tipline_wire::browser`]'s. Answers are hostile: head, body and its unpacked form are bounded, one length
//! is needed.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use tipline_wire::response::{self, Head, Malformed};

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
    Form(#[from] Malformed),
    /// Longer than allowed.
    #[error("the answer is too long")]
    TooLong,
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
        if let Some(at) = found.map(|at| at.saturating_add(from)).filter(|at| *at <= response::LONGEST) {
            let body = bytes.split_off(at.saturating_add(END.len()));
            bytes.truncate(at);
            return Ok((bytes, body));
        }
        if bytes.len() > response::LONGEST {
            return Err(HttpError::TooLong);
        }
    }
}

fn read_body(stream: &mut impl Read, begun: Vec<u8>, length: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = begun;
    let missing = length.checked_sub(body.len()).ok_or(Malformed("more came than was announced"))?;
    let missing = u64::try_from(missing).map_err(|_| HttpError::TooLong)?;
    let got = stream.take(missing).read_to_end(&mut body)?;
    if u64::try_from(got) == Ok(missing) { Ok(body) } else { Err(HttpError::Cut) }
}

/// Unpacks one gzip member (RFC 1952), as far as `most` bytes and no further.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, HttpError> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    let unpacked = GzDecoder::new(packed).take(limit).read_to_end(&mut body);
    match unpacked {
        Ok(len) if len > most => Err(HttpError::TooLong),
        Ok(_) => Ok(body),
        Err(_) => Err(Malformed("damaged gzip").into()),
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
}
