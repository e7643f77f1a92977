//! The little of SOCKS5 that is needed (RFC 1928, RFC 1929): tor is told a *name* to connect to, and a user name that was
//! never used before, so that it builds fresh circuits for this connection alone (tor's `IsolateSOCKSAuth`).

use tipline_wire::hex;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const VERSION: u8 = 5;
const USER_AND_PASSWORD: u8 = 2;
const AUTHENTICATION: u8 = 1;
const CONNECT: u8 = 1;
const BY_NAME: u8 = 3;
const GRANTED: u8 = 0;

/// Random bytes of an isolation.
pub const ISOLATION: usize = 32;

/// What tor keeps connections apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    user: String,
    password: String,
}

impl Isolation {
    /// From fresh random bytes.
    #[must_use]
    pub fn new(random: &[u8; ISOLATION]) -> Self {
        let (user, password) = random.split_at(ISOLATION / 2);
        Self { user: hex::encode(user), password: hex::encode(password) }
    }
}

/// Why the proxy did not bring us there.
#[derive(Debug, thiserror::Error)]
pub enum SocksError {
    /// The connection to it broke.
    #[error("the connection to it broke ({0})")]
    Broken(#[from] std::io::Error),
    /// It speaks something else.
    #[error("it is no SOCKS5 proxy: give tor's own SOCKS address")]
    NotSocks,
    /// It takes no user name, so circuits could be shared.
    #[error("it takes no user name, so circuits cannot be kept apart: give tor's own SOCKS address")]
    NoIsolation,
    /// Longer than SOCKS can carry.
    #[error("the name is too long")]
    Name,
    /// It could not connect.
    #[error("{}", meaning(*.0))]
    Refused(u8),
}

impl SocksError {
    /// Whether it is this machine's fault, so that nothing is known of the other end.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::NotSocks | Self::NoIsolation | Self::Name => true,
            // Not allowed, no such command, no such address type: the proxy's own rules.
            Self::Refused(code) => matches!(code, 2 | 7 | 8),
            Self::Broken(_) => false,
        }
    }
}

/// Asks the proxy at the other end of `stream` for a connection to `host`, which it looks up itself.
///
/// # Errors
/// See [`SocksError`].
pub async fn connect(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    port: u16,
    isolation: &Isolation,
) -> Result<(), SocksError> {
    stream.write_all(&[VERSION, 1, USER_AND_PASSWORD]).await?;
    match read(stream).await? {
        [VERSION, USER_AND_PASSWORD] => {}
        [VERSION, _] => return Err(SocksError::NoIsolation),
        _ => return Err(SocksError::NotSocks),
    }
    let credentials = [&[AUTHENTICATION][..], &counted(&isolation.user)?, &counted(&isolation.password)?];
    stream.write_all(&credentials.concat()).await?;
    match read(stream).await? {
        [AUTHENTICATION, GRANTED] => {}
        [AUTHENTICATION, _] => return Err(SocksError::NoIsolation),
        _ => return Err(SocksError::NotSocks),
    }
    let request = [&[VERSION, CONNECT, 0, BY_NAME][..], &counted(host)?, &port.to_be_bytes()];
    stream.write_all(&request.concat()).await?;
    reply(stream).await
}

/// Reads the reply, and the address behind it that says nothing.
async fn reply(stream: &mut (impl AsyncRead + Unpin)) -> Result<(), SocksError> {
    let [version, code, reserved, kind] = read(stream).await?;
    if (version, reserved) != (VERSION, 0) {
        return Err(SocksError::NotSocks);
    }
    if code != GRANTED {
        return Err(SocksError::Refused(code));
    }
    let address = match kind {
        1 => 4,
        4 => 16,
        BY_NAME => usize::from(stream.read_u8().await?),
        _ => return Err(SocksError::NotSocks),
    };
    let mut with_port = vec![0; address.saturating_add(2)];
    stream.read_exact(&mut with_port).await?;
    Ok(())
}

async fn read<const N: usize>(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A length of one byte, then the text.
fn counted(text: &str) -> Result<Vec<u8>, SocksError> {
    let len = u8::try_from(text.len()).map_err(|_| SocksError::Name)?;
    Ok([&[len][..], text.as_bytes()].concat())
}

/// RFC 1928's replies, and those that tor adds for onion services (tor's socks-extensions).
fn meaning(code: u8) -> &'static str {
    match code {
        2 => "it is not allowed to connect there",
        3 | 4 => "it cannot reach the service",
        5 => "the service refuses connections",
        6 | 0xf7 => "it took too long to find the service",
        7 | 8 => "it does not open such connections",
        0xf0 => "no service is known at this address",
        0xf1 | 0xf6 => "this is no valid onion address",
        0xf2 | 0xf3 => "the service did not answer",
        0xf4 | 0xf5 => "the service asks for a key that tor does not have",
        _ => "it could not reach the service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a proxy that says `says` hears, and how it ends.
    async fn ask(says: &[u8]) -> (Result<(), SocksError>, Vec<u8>) {
        let (mut near, mut far) = tokio::io::duplex(1_024);
        far.write_all(says).await.unwrap();
        far.shutdown().await.unwrap();
        let isolation = Isolation::new(&[7; ISOLATION]);
        let asked = connect(&mut near, "b.onion", 80, &isolation).await;
        drop(near);
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        (asked, heard)
    }

    #[tokio::test]
    async fn the_name_goes_to_the_proxy_under_a_user_of_its_own() {
        let (asked, heard) = ask(b"\x05\x02\x01\x00\x05\x00\x00\x01\0\0\0\0\0\0").await;
        asked.unwrap();
        let user = "07".repeat(16);
        let expected = [
            b"\x05\x01\x02\x01\x20".as_slice(),
            user.as_bytes(),
            b"\x20",
            user.as_bytes(),
            b"\x05\x01\x00\x03\x07b.onion\x00\x50",
        ];
        assert_eq!(heard, expected.concat());
    }

    #[tokio::test]
    async fn each_kind_of_address_is_read_to_its_end() {
        for tail in [&b"\x01abcdpp"[..], b"\x04abcdefghijklmnoppp", b"\x03\x02abpp"] {
            ask(&[b"\x05\x02\x01\x00\x05\x00\x00", tail].concat()).await.0.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_no_proxy_of_ours_is_refused() {
        async fn refused(says: &[u8]) -> SocksError {
            ask(says).await.0.unwrap_err()
        }
        assert!(matches!(refused(b"HTTP/1.1 400").await, SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x00").await, SocksError::NoIsolation));
        assert!(matches!(refused(b"\x05\x02\x01\x01").await, SocksError::NoIsolation));
        assert!(matches!(refused(b"\x05\x02\x05\x00").await, SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x02\x01\x00\x05\x00\x01\x01").await, SocksError::NotSocks));
        assert!(matches!(refused(b"\x05\x02\x01\x00\x05\x00\x00\x09").await, SocksError::NotSocks));
        for code in 1..=255 {
            let says = [5, 2, 1, 0, 5, code, 0, 1];
            assert!(matches!(refused(&says).await, SocksError::Refused(found) if found == code));
            assert!(!SocksError::Refused(code).to_string().is_empty());
        }
        let whole = b"\x05\x02\x01\x00\x05\x00\x00\x03\x05ab";
        for cut in 0..=whole.len() {
            assert!(matches!(refused(&whole[..cut]).await, SocksError::Broken(_)), "{cut}");
        }
    }
}
