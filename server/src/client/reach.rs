//! How the running server is reached: the operator's socket, the courier's door, or `ssh`. Each becomes one stream.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::Command;
use tokio::time::timeout;

use super::socks::{self, ISOLATION, Isolation};
use crate::config::listen::KeyFiles;
use crate::error::Error;
use crate::tls::{self, Connector, Identity, Pin};
use crate::world::World;

/// Where an onion's courier's door is, unless another port is given.
const DEFAULT_PORT: u16 = 443;
/// For the handshake, over a slow circuit.
const PATIENCE: Duration = Duration::from_secs(120);
/// What `ssh` starts at the other end.
const RELAY: [&str; 2] = ["tipline-server", "relay"];

/// How the server is reached.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Through the operator's socket, on the same machine.
    Operator(PathBuf),
    /// Through the courier's door; the day and randomness come along.
    Courier(Courier, World),
    /// Through `ssh`, which starts a relay to the operator's socket there.
    Ssh {
        /// `user@host`, as `ssh` takes it.
        host: String,
        /// More arguments for `ssh`.
        options: Vec<String>,
    },
}

/// What a courier needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Courier {
    /// Where the door is.
    pub target: Target,
    /// The courier's own key and certificate.
    pub keys: KeyFiles,
    /// Of the letterbox's certificate.
    pub pin: Pin,
}

/// Where a courier's door is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// On this machine.
    Unix(PathBuf),
    /// An address of IP.
    Tcp(SocketAddr),
    /// A name, which only the proxy looks up.
    Onion {
        /// The name.
        host: String,
        /// The port there.
        port: u16,
        /// The SOCKS5 proxy: Tor's.
        proxy: SocketAddr,
    },
}

/// Why a text is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// None of the forms.
    #[error("unix:/path/to/socket, IP:PORT or NAME.onion was expected")]
    Form,
    /// A name without a proxy would be looked up, and tell.
    #[error("an onion is reached through Tor: give --socks 127.0.0.1:9050 as well")]
    NoProxy,
    /// A proxy for what is no name.
    #[error("--socks is for a NAME.onion: leave it out here")]
    NoName,
}

impl Target {
    /// Reads an address, and the proxy that goes with a name.
    ///
    /// # Errors
    /// See [`NoTarget`].
    pub fn parse(text: &str, proxy: Option<SocketAddr>) -> Result<Self, NoTarget> {
        let direct = match text.strip_prefix("unix:") {
            Some(path) => Some(Self::Unix(path.into())),
            None => text.parse().ok().map(Self::Tcp),
        };
        match (direct, proxy) {
            (Some(Self::Unix(path)), _) if !path.is_absolute() => Err(NoTarget::Form),
            (Some(direct), None) => Ok(direct),
            (Some(_), Some(_)) => Err(NoTarget::NoName),
            (None, _) => Self::onion(text, proxy),
        }
    }

    fn onion(text: &str, proxy: Option<SocketAddr>) -> Result<Self, NoTarget> {
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, u16::from_str(port).map_err(|_| NoTarget::Form)?),
            None => (text, DEFAULT_PORT),
        };
        let host = host.to_ascii_lowercase();
        // The site of an intake document has the same form.
        match tipline_wire::intake::Site::parse(&host) {
            Some(tipline_wire::intake::Site::Onion(host)) => {
                Ok(Self::Onion { host, port, proxy: proxy.ok_or(NoTarget::NoProxy)? })
            }
            _ => Err(NoTarget::Form),
        }
    }
}

/// A connection, whatever carries it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Reach {
    /// Connects.
    ///
    /// # Errors
    /// The server can't be reached, or is not who it must be.
    pub(super) async fn connect(&self) -> Result<Box<dyn Stream>, Error> {
        match self {
            Self::Operator(socket) => {
                let unreachable = |fault| Error::Unreachable { path: socket.clone(), fault };
                Ok(Box::new(UnixStream::connect(socket).await.map_err(unreachable)?))
            }
            Self::Courier(courier, world) => courier.connect(world).await,
            Self::Ssh { host, options } => ssh(host, options),
        }
    }
}

impl Courier {
    async fn connect(&self, world: &World) -> Result<Box<dyn Stream>, Error> {
        let identity = Identity::read(&self.keys.certificate, &self.keys.key)?;
        let tls = tls::courier(&identity, self.pin, world.clone())?;
        match &self.target {
            Target::Unix(path) => shake(tls, UnixStream::connect(path).await.map_err(no_door)?).await,
            Target::Tcp(address) => shake(tls, TcpStream::connect(address).await.map_err(no_door)?).await,
            Target::Onion { host, port, proxy } => {
                let mut stream = TcpStream::connect(proxy).await.map_err(|fault| {
                    Error::NoDoor(format!("Tor does not listen on {proxy} ({fault}): is it running?"))
                })?;
                let isolation =
                    world.random::<ISOLATION>().map_err(|fault| Error::NoDoor(fault.to_string()))?;
                socks::connect(&mut stream, host, *port, &Isolation::new(&isolation))
                    .await
                    .map_err(|fault| Error::NoDoor(format!("Tor at {proxy}: {fault}")))?;
                shake(tls, stream).await
            }
        }
    }
}

async fn shake(tls: Connector, stream: impl Stream + 'static) -> Result<Box<dyn Stream>, Error> {
    match timeout(PATIENCE, tls.connect(stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(fault)) => Err(Error::Handshake(fault)),
        Err(_) => Err(Error::Handshake(io::ErrorKind::TimedOut.into())),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_door(fault: io::Error) -> Error {
    Error::NoDoor(fault.to_string())
}

/// What `ssh` says goes to the person; its end is the end of the connection.
fn ssh(host: &str, options: &[String]) -> Result<Box<dyn Stream>, Error> {
    let mut ssh = Command::new("ssh");
    // Behind `--` the host can be no option.
    ssh.args(options).args(["-T", "--", host]).args(RELAY);
    ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = ssh.spawn().map_err(|fault| Error::File { what: "start", path: "ssh".into(), fault })?;
    match (child.stdout.take(), child.stdin.take()) {
        (Some(from), Some(to)) => {
            // It ends when its pipes close.
            tokio::spawn(async move { child.wait().await });
            Ok(Box::new(tokio::io::join(from, to)))
        }
        _ => Err(Error::NoDoor("ssh has no pipes".into())),
    }
}
