//! The line with which tor opens a connection (`HiddenServiceExportCircuitID haproxy`), read before any HTTP.
//!
//! `PROXY TCP6 fc00:dead:beef:4dad::H:L ::1 P P\r\n`, the PROXY protocol version 1: at most 107 bytes.

use std::net::Ipv6Addr;

/// The longest line, with its end.
pub const LONGEST: usize = 107;

/// tor's name for a circuit: a key for budgets in memory. It has no `Display` and is never logged or stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circuit(u32);

/// Not even where all of a structure is printed.
impl std::fmt::Debug for Circuit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Circuit")
    }
}

#[cfg(test)]
impl Circuit {
    pub(crate) fn numbered(number: u32) -> Self {
        Self(number)
    }
}

/// What the bytes so far are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// The line, which was so many bytes long.
    Line(Circuit, usize),
    /// Not yet a whole line.
    More,
    /// Not what tor writes: the connection is closed.
    Wrong,
}

/// Reads the line at the start of `bytes`.
#[must_use]
pub fn read(bytes: &[u8]) -> Begin {
    let window = bytes.get(..LONGEST).unwrap_or(bytes);
    let Some(end) = window.iter().position(|b| *b == b'\n') else {
        return if window.len() < LONGEST { Begin::More } else { Begin::Wrong };
    };
    let line = window.get(..end).and_then(|line| line.strip_suffix(b"\r"));
    match line.and_then(|line| std::str::from_utf8(line).ok()).and_then(circuit) {
        Some(circuit) => Begin::Line(circuit, end.saturating_add(1)),
        None => Begin::Wrong,
    }
}

fn circuit(line: &str) -> Option<Circuit> {
    let mut words = line.strip_prefix("PROXY TCP6 ")?.split(' ');
    let source: Ipv6Addr = words.next()?.parse().ok()?;
    let target = words.next()?;
    let ports = (words.next()?, words.next()?);
    let sound = target == "::1" && is_port(ports.0) && is_port(ports.1) && words.next().is_none();
    match source.segments() {
        [0xfc00, 0xdead, 0xbeef, 0x4dad, 0, 0, high, low] if sound => {
            Some(Circuit((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tor_writes() {
        let line = b"PROXY TCP6 fc00:dead:beef:4dad::1:14 ::1 20 80\r\nGET / HTTP/1.1\r\n";
        assert!(read(line) == Begin::Line(Circuit(0x1_0014), 48));
        assert!(
            read(b"PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 80\r\n") == Begin::Line(Circuit(0x14), 48)
        );
        for cut in 0..48 {
            assert!(read(&line[..cut]) == Begin::More);
        }
    }

    #[test]
    fn everything_else_is_wrong() {
        for bad in [
            "GET / HTTP/1.1\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 80\n",
            "PROXY TCP6 fc00:dead:beef:4dae::0:14 ::1 20 80\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad:1::0:14 ::1 20 80\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14 ::2 20 80\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 65536\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 +20 80\r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 80 \r\n",
            "PROXY TCP6 fc00:dead:beef:4dad::0:14  ::1 20 80\r\n",
            "PROXY TCP4 127.0.0.1 127.0.0.1 20 80\r\n",
            "PROXY UNKNOWN\r\n",
            "\r\n",
        ] {
            assert!(read(bad.as_bytes()) == Begin::Wrong, "{bad}");
        }
        assert!(read(&[b'P'; LONGEST]) == Begin::Wrong);
    }
}
