//! The head of a letterbox's answer as a client reads it: the little of HTTP/1.1 that is needed (RFC 9112). It is hostile.

use alloc::string::String;

/// The longest head, in bytes.
pub const LONGEST: usize = 16_384;
/// The most lines in a head.
const LINES: usize = 100;

/// Why a head is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

/// What a head says of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// RFC 9110: 200..=599.
    pub status: u16,
    /// Bytes of the body as it is sent.
    pub length: usize,
    /// Whether the body is packed (RFC 1952).
    pub gzip: bool,
    /// Whether the connection takes another request.
    pub stays_open: bool,
}

impl Head {
    /// Reads a head without its empty line.
    ///
    /// # Errors
    /// It is not HTTP/1.1, has no one length, or an encoding that nobody asked for.
    pub fn parse(head: &[u8]) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(head).map_err(|_| Malformed("the head is no text"))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(read_status).ok_or(Malformed("no HTTP status"))?;
        let (mut length, mut gzip, mut stays_open) = (None, None, true);
        for (number, line) in lines.enumerate() {
            let (name, value) =
                read_field(line).filter(|_| number < LINES).ok_or(Malformed("a malformed head"))?;
            let fresh = match name.as_str() {
                "content-length" => length.replace(read_length(value)?).is_none(),
                "content-encoding" => gzip.replace(read_encoding(value)?).is_none(),
                "transfer-encoding" => return Err(Malformed("no length")),
                "connection" => {
                    stays_open &= !value.eq_ignore_ascii_case("close");
                    true
                }
                _ => true,
            };
            if !fresh {
                return Err(Malformed("two lengths or encodings"));
            }
        }
        let length = length.ok_or(Malformed("no length"))?;
        Ok(Self { status, length, gzip: gzip.unwrap_or(false), stays_open })
    }
}

/// The name in lower case, and the value.
fn read_field(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let sound = !name.is_empty() && !name.contains([' ', '\t']);
    sound.then(|| (name.to_ascii_lowercase(), value.trim_matches([' ', '\t'])))
}

fn read_status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.1 ")?;
    let digits = rest.get(..3)?;
    let ends = matches!(rest.as_bytes().get(3), None | Some(b' '));
    let status = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    (ends && (200..600).contains(&status)).then_some(status)
}

fn read_length(value: &str) -> Result<usize, Malformed> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().ok_or(Malformed("a length that is no number"))
}

fn read_encoding(value: &str) -> Result<bool, Malformed> {
    match value.to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "identity" => Ok(false),
        _ => Err(Malformed("an encoding that was not asked for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(fields: &str) -> Result<Head, Malformed> {
        Head::parse(format!("HTTP/1.1 200 OK\r\n{fields}").as_bytes())
    }

    #[test]
    fn a_head_is_read() {
        let plain = Head { status: 200, length: 2, gzip: false, stays_open: true };
        assert_eq!(read("content-length: 2\r\nX: y"), Ok(plain.clone()));
        assert_eq!(
            read("Content-Length:2\r\nCONTENT-ENCODING: gzip"),
            Ok(Head { gzip: true, ..plain.clone() })
        );
        assert_eq!(read("Content-Length: 2\r\nConnection: Close"), Ok(Head { stays_open: false, ..plain }));
    }

    #[test]
    fn what_has_not_one_meaning_is_refused() {
        for fields in [
            "",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999999",
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Content-Length: 1\r\nContent-Encoding: br",
            "Content-Length: 1\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip",
            "Content-Length: 1\r\n folded",
            "Content-Length : 1",
            ": 1",
        ] {
            assert!(read(fields).is_err(), "{fields}");
        }
        for head in
            [&b"HTTP/1.0 200 OK\r\nContent-Length: 0"[..], b"HTTP/1.1 2000\r\nContent-Length: 0", b"\xff"]
        {
            assert!(Head::parse(head).is_err());
        }
        assert!(read(&format!("{}content-length: 0", "a: b\r\n".repeat(99))).is_ok());
        assert!(read(&format!("{}content-length: 0", "a: b\r\n".repeat(100))).is_err());
    }
}
