//! A stream to an onion through tor's SOCKS proxy (RFC 1928, RFC 1929): the name goes to the proxy.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// What tor says of an onion whose descriptor nobody has yet (socks-extensions, "F0").
pub const NOT_FOUND: u8 = 0xf0;
/// What it says of one that asks for a key we do not have (socks-extensions, "F4").
pub const KEY_MISSING: u8 = 0xf4;

/// Connects under a user name; tor keeps what is asked under different names on different circuits.
/// The error's text is the reply's code.
pub fn connect(proxy: &str, onion: &str, port: u16, user: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.write_all(&[5, 1, 2])?;
    expect(&mut stream, &[5, 2])?;
    stream.write_all(&[&[1, user.len() as u8], user.as_bytes(), &[1, b'x']].concat())?;
    expect(&mut stream, &[1, 0])?;
    let name = [&[5, 1, 0, 3, onion.len() as u8], onion.as_bytes(), &port.to_be_bytes()].concat();
    stream.write_all(&name)?;
    let mut reply = [0; 10];
    stream.read_exact(&mut reply)?;
    if reply[1] == 0 { Ok(stream) } else { Err(io::Error::other(Refused(reply[1]))) }
}

/// The code of a reply that refused.
pub fn refused(error: &io::Error) -> Option<u8> {
    error.get_ref()?.downcast_ref::<Refused>().map(|refused| refused.0)
}

#[derive(Debug)]
struct Refused(u8);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the proxy refused with {:#04x}", self.0)
    }
}

impl std::error::Error for Refused {}

fn expect(stream: &mut TcpStream, wanted: &[u8; 2]) -> io::Result<()> {
    let mut got = [0; 2];
    stream.read_exact(&mut got)?;
    if got == *wanted { Ok(()) } else { Err(io::Error::other(format!("the proxy said {got:?}"))) }
}
