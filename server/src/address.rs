//! Where a door is: a unix socket, or a loopback port. Binds it, or takes the socket that systemd has bound already.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use listenfd::ListenFd;
use tokio::net::{TcpListener, UnixListener};

use crate::error::Error;
use crate::http::door::Listener;

/// An address that may be listened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `unix:/run/tipline/onion.sock`
    Unix(PathBuf),
    /// `127.0.0.1:8080`; others than loopback only where TLS is spoken.
    Tcp(SocketAddr),
}

impl Address {
    /// An address for a door that speaks TLS: it may be reached from elsewhere.
    ///
    /// # Errors
    /// [`AddressError::Form`].
    pub fn anywhere(text: &str) -> Result<Self, AddressError> {
        match text.parse() {
            Err(AddressError::NotLoopback) => text.parse().map(Self::Tcp).map_err(|_| AddressError::Form),
            other => other,
        }
    }

    /// The port, over TCP.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(address) => Some(address.port()),
            Self::Unix(_) => None,
        }
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither form.
    #[error("unix:/path/to/socket or 127.0.0.1:PORT was expected")]
    Form,
    /// A port that others could reach.
    #[error(
        "over TCP only this machine's own addresses (127.0.0.1, [::1]) are allowed: visitors come through tor, use unix:/path/to/socket"
    )]
    NotLoopback,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(AddressError::Form) };
        }
        let address: SocketAddr = text.parse().map_err(|_| AddressError::Form)?;
        if address.ip().is_loopback() { Ok(Self::Tcp(address)) } else { Err(AddressError::NotLoopback) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// Sockets that systemd handed over, by the path that each is bound to.
#[derive(Debug, Default)]
pub struct HandedOver(Vec<(PathBuf, StdUnixListener)>);

impl HandedOver {
    /// Takes what systemd passed (`LISTEN_FDS`); sockets that are no unix listeners are left alone.
    #[must_use]
    pub fn take() -> Self {
        let mut passed = ListenFd::from_env();
        let listeners = (0..passed.len()).filter_map(|at| passed.take_unix_listener(at).ok().flatten());
        let named = listeners.filter_map(|l| Some((l.local_addr().ok()?.as_pathname()?.to_owned(), l)));
        Self(named.collect())
    }

    /// A listener on this path, if it was handed over; otherwise binds one with these permissions.
    ///
    /// # Errors
    /// Another process listens there, or the system refuses.
    pub fn unix(&mut self, path: &Path, mode: u32) -> Result<UnixListener, Error> {
        let fails = |why: String| Error::Listen { address: format!("unix:{}", path.display()), why };
        let listener = match self.0.iter().position(|(bound, _)| bound == path) {
            Some(at) => self.0.swap_remove(at).1,
            None => bind(path, mode).map_err(|fault| fails(explain(&fault)))?,
        };
        listener.set_nonblocking(true).map_err(|fault| fails(fault.to_string()))?;
        UnixListener::from_std(listener).map_err(|fault| fails(fault.to_string()))
    }

    /// A listener for visitors or couriers, and the address it really has.
    ///
    /// # Errors
    /// Another process listens there, or the system refuses.
    pub async fn listen(&mut self, address: &Address) -> Result<(Listener, Address), Error> {
        match address {
            Address::Unix(path) => Ok((Listener::Unix(self.unix(path, 0o660)?), address.clone())),
            Address::Tcp(wanted) => {
                let fails =
                    |fault: io::Error| Error::Listen { address: wanted.to_string(), why: explain(&fault) };
                let listener = TcpListener::bind(wanted).await.map_err(fails)?;
                let bound = listener.local_addr().map_err(fails)?;
                Ok((Listener::Tcp(listener), Address::Tcp(bound)))
            }
        }
    }
}

/// Binds a socket file; one that a dead process left behind is replaced, a living one is not.
fn bind(path: &Path, mode: u32) -> io::Result<StdUnixListener> {
    if fs::symlink_metadata(path).is_ok() {
        match UnixStream::connect(path) {
            Err(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
            Err(fault) => return Err(fault),
        }
    }
    let listener = StdUnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

fn explain(fault: &io::Error) -> String {
    match fault.kind() {
        io::ErrorKind::AddrInUse => {
            "another process listens there: stop it, or choose another address".into()
        }
        io::ErrorKind::NotFound => "its folder does not exist: create it first".into(),
        _ => fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unix_sockets_and_loopback_ports_are_addresses() {
        assert_eq!("unix:/run/x.sock".parse(), Ok(Address::Unix("/run/x.sock".into())));
        for loopback in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:8080"] {
            assert!(matches!(loopback.parse(), Ok(Address::Tcp(_))), "{loopback}");
        }
        for open in ["0.0.0.0:80", "192.168.1.2:80", "[::]:80", "[2001:db8::1]:80"] {
            assert_eq!(open.parse::<Address>(), Err(AddressError::NotLoopback), "{open}");
        }
        for other in ["", "8080", "unix:", "unix:relative", "localhost", "127.0.0.1", "/run/x.sock"] {
            assert_eq!(other.parse::<Address>(), Err(AddressError::Form), "{other}");
        }
    }
}
