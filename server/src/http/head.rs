//! Which request heads are let through to hyper: a narrower grammar than RFC 9112, so that no two readers can differ.
//!
//! hyper forgives a bare LF, and drops Content-Length when there is also Transfer-Encoding. Nobody honest sends either.

use tipline_wire::answer::Say;

use crate::limits::FIELDS;

/// Reads a whole head, with the empty line at its end; answers how many bytes of body follow.
///
/// # Errors
/// What to answer before the connection is closed.
pub fn check(head: &[u8]) -> Result<u64, Say> {
    let text = std::str::from_utf8(head).map_err(|_| Say::BadRequest)?;
    let lines = text.strip_suffix("\r\n\r\n").ok_or(Say::BadRequest)?;
    let mut lines = lines.split("\r\n");
    let sound = lines.next().is_some_and(is_request_line);
    let mut fields = Fields::default();
    let mut count = 0_usize;
    for line in lines {
        count = count.saturating_add(1);
        fields.take(line).ok_or(Say::BadRequest)?;
    }
    if !sound || count > FIELDS {
        return Err(Say::BadRequest);
    }
    fields.framing()
}

/// `METHOD /path HTTP/1.1`, single spaces.
fn is_request_line(line: &str) -> bool {
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let method_is_sound =
        method.is_some_and(|m| (1..=16).contains(&m.len()) && m.bytes().all(|b| b.is_ascii_uppercase()));
    let target_is_sound =
        target.is_some_and(|t| t.starts_with('/') && t.bytes().all(|b| b.is_ascii_graphic()));
    method_is_sound && target_is_sound && version == Some("HTTP/1.1") && words.next().is_none()
}

/// The fields that decide where a request ends.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    transfer_encoding: bool,
    host: bool,
}

impl Fields {
    /// Takes one line; `None` when it is malformed or repeats what may stand once.
    fn take(&mut self, line: &str) -> Option<()> {
        let (name, value) = line.split_once(':')?;
        let is_token = !name.is_empty() && name.bytes().all(is_token_byte);
        let is_text = value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b));
        (is_token && is_text).then_some(())?;
        let value = value.trim_matches([' ', '\t']);
        if name.eq_ignore_ascii_case("content-length") {
            self.length.is_none().then_some(())?;
            self.length = Some(decimal(value)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.transfer_encoding = true;
        } else if name.eq_ignore_ascii_case("host") {
            (!std::mem::replace(&mut self.host, true)).then_some(())?;
        }
        Some(())
    }

    fn framing(&self) -> Result<u64, Say> {
        match (self.length, self.transfer_encoding) {
            _ if !self.host => Err(Say::BadRequest),
            (Some(_), true) => Err(Say::BadRequest),
            (None, true) => Err(Say::NoLength),
            (length, false) => Ok(length.unwrap_or(0)),
        }
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn decimal(text: &str) -> Option<u64> {
    let sound = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &str) -> Result<u64, Say> {
        check(format!("{lines}\r\n\r\n").as_bytes())
    }

    #[test]
    fn plain_requests_pass() {
        assert_eq!(head("GET / HTTP/1.1\r\nHost: x"), Ok(0));
        assert_eq!(head("POST /tips/2026-11-23 HTTP/1.1\r\nhost: x\r\ncontent-LENGTH: \t70309 "), Ok(70_309));
    }

    #[test]
    fn each_way_to_smuggle_is_refused() {
        let bad = Err(Say::BadRequest);
        for lines in [
            "GET / HTTP/1.1",
            "GET / HTTP/1.0\r\nHost: x",
            "GET  / HTTP/1.1\r\nHost: x",
            "GET / HTTP/1.1 \r\nHost: x",
            "get / HTTP/1.1\r\nHost: x",
            "GET http://x/ HTTP/1.1\r\nHost: x",
            "CONNECT x:80 HTTP/1.1\r\nHost: x",
            "GET /\u{e9} HTTP/1.1\r\nHost: x",
            "GET / HTTP/1.1\nHost: x",
            "GET / HTTP/1.1\r\nHost: x\nContent-Length: 3",
            "GET / HTTP/1.1\r\nHost: x\rContent-Length: 3",
            "GET / HTTP/1.1\r\nHost: x\r\n folded: y",
            "GET / HTTP/1.1\r\nHost : x",
            "GET / HTTP/1.1\r\nHost: x\r\nHost: x",
            "GET / HTTP/1.1\r\nHost: x\r\n: y",
            "GET / HTTP/1.1\r\nHost: x\r\nno colon",
            "GET / HTTP/1.1\r\nHost: x\r\nnul: \0",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3",
        ] {
            assert_eq!(head(lines), bad, "{lines:?}");
        }
        assert_eq!(head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"), Err(Say::NoLength));
        let many = format!("GET / HTTP/1.1\r\nHost: x{}", "\r\na: b".repeat(FIELDS));
        assert_eq!(head(&many), bad);
    }
}
