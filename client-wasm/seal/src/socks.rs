//! The little of SOCKS5 that is needed (RFC 1928, RFC 1929): the proxy is told a *name*, never an address of ours, and a
//! random user name, so that Tor gives this run its own circuits and nothing else of this machine shares them.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

const VERSION: u8 = 5;
const USER_AND_PASSWORD: u8 = 2;
const AUTH_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const BY_NAME: u8 = 3;

/// Random bytes that one run's isolation takes.
pub const ISOLATION: usize = 32;

/// A user name and password that no other program has: Tor keeps what is asked under them on separate circuits.
pub struct Isolation {
    user: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl Isolation {
    /// From fresh random bytes.
    #[must_use]
    pub fn new(random: &[u8; ISOLATION]) -> Self {
        let (user, password) = random.split_at(ISOLATION / 2);
        let hex = |half| Zeroizing::new(tipline_wire::hex::encode(half));
        Self { user: hex(user), password: hex(password) }
    }
}

/// What a proxy did wrong, or could not do.
#[derive(Debug, thiserror::Error)]
pub enum SocksError {
    /// The connection to the proxy broke.
    #[error("the connection to it broke: {0}")]
    Broken(#[from] io::Error),
    /// It speaks something else.
    #[error("what answers there is no SOCKS5 proxy. Give Tor's own SOCKS address with --socks")]
    NotSocks,
    /// It takes no user name, so circuits could be shared.
    #[error(
        "it takes no user name, so it cannot keep this visit apart from others. Use Tor's own SOCKS port"
    )]
    NoIsolation,
    /// A name longer than SOCKS can carry.
    #[error("the name is too long")]
    Name,
    /// It could not reach the letterbox.
    #[error("{}", reason(*.0))]
    Refused(u8),
}

/// Asks the proxy at the other end of `stream` for a connection to `host`, which it looks up itself.
///
/// # Errors
/// See [`SocksError`].
pub fn connect(
    stream: &mut (impl Read + Write),
    host: &str,
    port: u16,
    isolation: &Isolation,
) -> Result<(), SocksError> {
    stream.write_all(&[VERSION, 1, USER_AND_PASSWORD])?;
    match read(stream)? {
        [VERSION, USER_AND_PASSWORD] => authenticate(stream, isolation)?,
        [VERSION, _] => return Err(SocksError::NoIsolation),
        _ => return Err(SocksError::NotSocks),
    }
    let mut request = vec![VERSION, CONNECT, 0, BY_NAME];
    put(&mut request, host)?;
    request.extend(port.to_be_bytes());
    stream.write_all(&request)?;
    read_reply(stream)
}

fn authenticate(stream: &mut (impl Read + Write), isolation: &Isolation) -> Result<(), SocksError> {
    let mut request = vec![AUTH_VERSION];
    put(&mut request, &isolation.user)?;
    put(&mut request, &isolation.password)?;
    stream.write_all(&Zeroizing::new(request))?;
    match read(stream)? {
        [AUTH_VERSION, 0] => Ok(()),
        [AUTH_VERSION, _] => Err(SocksError::NoIsolation),
        _ => Err(SocksError::NotSocks),
    }
}

/// Reads the reply and the address that it ends with, which says nothing that is needed.
fn read_reply(stream: &mut impl Read) -> Result<(), SocksError> {
    let [version, reply, reserved, kind] = read(stream)?;
    if (version, reserved) != (VERSION, 0) {
        return Err(SocksError::NotSocks);
    }
    if reply != 0 {
        return Err(SocksError::Refused(reply));
    }
    let address = match kind {
        1 => 4,
        4 => 16,
        BY_NAME => {
            let [len] = read(stream)?;
            u64::from(len)
        }
        _ => return Err(SocksError::NotSocks),
    };
    let port = 2;
    let rest = address.saturating_add(port);
    let read = io::copy(&mut stream.take(rest), &mut io::sink())?;
    if read == rest { Ok(()) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
}

fn read<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A length of one byte, then the text.
fn put(out: &mut Vec<u8>, text: &str) -> Result<(), SocksError> {
    out.push(u8::try_from(text.len()).map_err(|_| SocksError::Name)?);
    out.extend(text.as_bytes());
    Ok(())
}

/// RFC 1928's replies, and those that Tor adds for onion addresses (tor's socks-extensions).
fn reason(reply: u8) -> &'static str {
    match reply {
        2 => "it is not allowed to connect there. Look at Tor's configuration",
        3 | 4 => "it cannot reach the letterbox now. Check the address, wait some minutes, then try again",
        5 => "the letterbox is not listening now. Wait, then try again",
        6 | 0xf7 => "it took too long to find the letterbox. Wait some minutes, then try again",
        7 | 8 => "it does not open such connections. Use Tor's own SOCKS port",
        0xf0 => "no letterbox is known at this address now. Check the address on paper, then try again later",
        0xf1 | 0xf6 => "this is no valid onion address. Check every letter of it",
        0xf2 | 0xf3 => "the letterbox could not be reached now. Wait some minutes, then try again",
        0xf4 | 0xf5 => "this onion address asks for a key that Tor does not have here",
        _ => "it could not reach the letterbox. Is Tor connected? Wait some minutes, then try again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A proxy that says what it was told to say, and keeps what it hears.
    struct Scripted {
        says: io::Cursor<Vec<u8>>,
        heard: Vec<u8>,
    }

    impl Read for Scripted {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.says.read(buf)
        }
    }

    impl Write for Scripted {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.heard.extend(buf);
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ask(says: &[u8]) -> (Result<(), SocksError>, Vec<u8>) {
        let mut proxy = Scripted { says: io::Cursor::new(says.to_vec()), heard: Vec::new() };
        let result = connect(&mut proxy, "b.onion", 80, &Isolation::new(&[7; ISOLATION]));
        (result, proxy.heard)
    }

    #[test]
    fn the_name_travels_as_a_name_under_a_user_of_its_own() {
        let (result, heard) = ask(b"\x05\x02\x01\x00\x05\x00\x00\x01\0\0\0\0\0\0");
        result.unwrap();
        let mut expected = b"\x05\x01\x02\x01\x20".to_vec();
        expected.extend("07".repeat(16).into_bytes());
        expected.push(32);
        expected.extend("07".repeat(16).into_bytes());
        expected.extend(b"\x05\x01\x00\x03\x07b.onion\x00\x50");
        assert_eq!(heard, expected);
    }

    #[test]
    fn each_form_of_bound_address_is_read_to_its_end() {
        for tail in [&b"\x01\0\0\0\0\0\0"[..], &[b"\x04".as_slice(), &[0; 18]].concat(), b"\x03\x02ab\0\0"] {
            ask(&[b"\x05\x02\x01\x00\x05\x00\x00", tail].concat()).0.unwrap();
        }
    }

    #[test]
    fn a_hostile_proxy_is_refused() {
        let refused = |says: &[u8]| ask(says).0.unwrap_err();
        assert!(matches!(refused(b"HTTP/1.1 400"), SocksError::NotSocks));
        assert!(matches!(refused(b"\x04\x5a"), SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x00"), SocksError::NoIsolation));
        assert!(matches!(refused(b"\x05\xff"), SocksError::NoIsolation));
        assert!(matches!(refused(b"\x05\x02\x01\x01"), SocksError::NoIsolation));
        assert!(matches!(refused(b"\x05\x02\x05\x00"), SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x02\x01\x00\x05\x00\x01\x01"), SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x02\x01\x00\x05\x00\x00\x09"), SocksError::NotSocks));
        for reply in 1..=255 {
            let says = [0x05, 0x02, 0x01, 0x00, 0x05, reply, 0x00, 0x01];
            assert!(matches!(refused(&says), SocksError::Refused(r) if r == reply));
            assert!(!SocksError::Refused(reply).to_string().is_empty());
        }
        let whole = b"\x05\x02\x01\x00\x05\x00\x00\x03\x05ab";
        for cut in 0..=whole.len() {
            assert!(matches!(refused(&whole[..cut]), SocksError::Broken(_)), "{cut}");
        }
    }
}
