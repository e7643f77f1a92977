//! One visit on a circuit of its own, over one connection as a browser does: the page, then the board, as every source's; one
//! that brings a tip sends it after that.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tipline_wire::board;
use tipline_wire::browser::{Call, get_page};
use tipline_wire::date::Date;
use tipline_wire::route::{BOARD, TIPS};
use tipline_wire::site::LONGEST_PAGE;
use tipline_wire::sshsig::LONGEST_ARMOR;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

pub use super::exchange::{Answered, Broken};

use super::exchange::exchange;
use crate::client::socks::{self, Isolation, SocksError};
use crate::world::{NoRandomness, World};

const LONGEST_BOARD: usize = board::LONGEST + LONGEST_ARMOR;
/// Of an answer to a tip.
const LONGEST_WORD: usize = 4_096;
/// For one visit: two megabytes at a few kilobytes a second.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A circuit breaks easily and is no reason to wake anybody: another is tried, after a pause.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(20);
const HTTP: u16 = 80;

/// Where a letterbox is, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// An onion service, through tor's proxy.
    Onion {
        /// 56 letters and digits, `.onion`.
        host: String,
        /// tor's SOCKS address.
        proxy: SocketAddr,
    },
    /// This machine: trials.
    Loopback {
        /// As the `Host` line says it.
        host: String,
        /// Where it listens.
        at: SocketAddr,
    },
}

impl Way {
    /// As the `Host` line says it.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Onion { host, .. } | Self::Loopback { host, .. } => host,
        }
    }
}

/// A tip to bring along: to which week, and its sealed bytes.
#[derive(Debug, Clone)]
pub struct Errand<'a> {
    /// The Monday the epoch begins.
    pub epoch: Date,
    /// The age file.
    pub sealed: &'a [u8],
}

/// What a visit saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET /`
    pub page: Answered,
    /// `GET /board`
    pub board: Answered,
}

/// Why a visit saw nothing.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// tor's proxy is not there.
    #[error("tor's proxy at {at} does not answer ({})", fault.kind())]
    NoProxy {
        /// Where it should be.
        at: SocketAddr,
        /// What the system said.
        fault: io::Error,
    },
    /// The proxy did not bring us there.
    #[error("tor's proxy: {0}")]
    Proxy(#[from] SocksError),
    /// Nothing listens on this machine.
    #[error("nothing answers at {at} ({})", fault.kind())]
    NoLetterbox {
        /// Where it should be.
        at: SocketAddr,
        /// What the system said.
        fault: io::Error,
    },
    /// The exchange broke.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It took too long.
    #[error("it took too long")]
    Slow,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl Lost {
    /// Whether it is this machine's fault, so that nothing is known of the letterbox.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::NoProxy { .. } | Self::Random(_) => true,
            Self::Proxy(fault) => fault.is_ours(),
            Self::NoLetterbox { .. } | Self::Broken(_) | Self::Slow => false,
        }
    }
}

/// Who goes there.
#[derive(Debug)]
pub struct Traveller<'a> {
    way: &'a Way,
    world: &'a World,
}

impl<'a> Traveller<'a> {
    /// Goes this way.
    #[must_use]
    pub fn new(way: &'a Way, world: &'a World) -> Self {
        Self { way, world }
    }

    /// Looks at page and board, on a fresh circuit; when it breaks, on another.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn visit(&self) -> Result<Seen, Lost> {
        self.go(None).await.map(|(seen, _)| seen)
    }

    /// The same, and then sends a tip, as a source does. Answers what was seen, and what was said of the tip.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn bring(&self, errand: &Errand<'_>) -> Result<(Seen, Option<Answered>), Lost> {
        self.go(Some(errand)).await
    }

    async fn go(&self, errand: Option<&Errand<'_>>) -> Result<(Seen, Option<Answered>), Lost> {
        let mut attempt = 1;
        loop {
            let visit = timeout(PATIENCE, self.once(errand)).await.unwrap_or(Err(Lost::Slow));
            match visit {
                Err(lost) if self.tries_again(&lost, attempt) => sleep(PAUSE).await,
                seen => return seen,
            }
            attempt = attempt.saturating_add(1);
        }
    }

    fn tries_again(&self, lost: &Lost, attempt: u32) -> bool {
        matches!(self.way, Way::Onion { .. }) && !lost.is_ours() && attempt < ATTEMPTS
    }

    async fn once(&self, errand: Option<&Errand<'_>>) -> Result<(Seen, Option<Answered>), Lost> {
        let mut stream = self.connect().await?;
        let host = self.way.host();
        let board = Call { method: "GET", path: BOARD, fields: &[], length: None }.head(host);
        let page = exchange(&mut stream, &get_page(host), LONGEST_PAGE).await?;
        let board = exchange(&mut stream, &board, LONGEST_BOARD).await?;
        let said = match errand {
            Some(errand) => Some(exchange(&mut stream, &errand.request(host), LONGEST_WORD).await?),
            None => None,
        };
        Ok((Seen { page, board }, said))
    }

    async fn connect(&self) -> Result<TcpStream, Lost> {
        match self.way {
            Way::Loopback { at, .. } => {
                TcpStream::connect(at).await.map_err(|fault| Lost::NoLetterbox { at: *at, fault })
            }
            Way::Onion { host, proxy } => {
                let isolation = Isolation::new(&self.world.random::<{ socks::ISOLATION }>()?);
                let stream = TcpStream::connect(proxy).await;
                let mut stream = stream.map_err(|fault| Lost::NoProxy { at: *proxy, fault })?;
                socks::connect(&mut stream, host, HTTP, &isolation).await?;
                Ok(stream)
            }
        }
    }
}

impl Errand<'_> {
    fn request(&self, host: &str) -> Vec<u8> {
        let path = format!("{TIPS}{}", self.epoch);
        let call = Call { method: "POST", path: &path, fields: &[], length: Some(self.sealed.len()) };
        [&call.head(host), self.sealed].concat()
    }
}
