//! Talking to a letterbox: through the proxy or to this machine, within a bounded time. [`crate::upload`] sends large tips.

use std::io;
use std::net::{SocketAddr, TcpStream};

use tipline_wire::answer::Say;
use tipline_wire::board;
use tipline_wire::browser::{self, Call};
use tipline_wire::date::Date;
use tipline_wire::route::{BOARD, TIPS};
use tipline_wire::site::LONGEST_PAGE;
use tipline_wire::sshsig;

use crate::address::Address;
use crate::connection::Connection;
use crate::http::{HttpError, Response};
use crate::interrupt::Underway;
use crate::patience::{Bound, Pace, Patience, Pauses};
use crate::socks::{self, Isolation, SocksError};
use crate::uploading::UploadError;
use crate::world::{Doing, NoRandomness, World};

/// An answer has 256 bytes or, with a map of 1 024 parts, 512.
pub(crate) const LONGEST_ANSWER: usize = 4_096;

/// A board, and the signature behind it.
const LONGEST_BOARD: usize = board::LONGEST.saturating_add(sshsig::LONGEST_ARMOR);

/// What every visitor is shown.
pub struct Visit {
    /// The page.
    pub page: Vec<u8>,
    /// The board and its signature; `None` before the first one is published.
    pub board: Option<Vec<u8>>,
}

/// A letterbox and the way there.
pub struct Letterbox {
    address: Address,
    proxy: SocketAddr,
    isolation: Isolation,
    patience: Patience,
}

/// Why the letterbox was not reached, or not understood.
#[derive(Debug, thiserror::Error)]
pub enum LetterboxError {
    /// The proxy is not there.
    #[error(
        "the Tor proxy at {0} does not answer ({1}). Start Tor or Tor Browser, or say with --socks where it is \
             (Tor Browser: 127.0.0.1:9150)"
    )]
    NoProxy(SocketAddr, io::Error),
    /// The proxy did not bring us there.
    #[error("the proxy at {0}: {1}")]
    Proxy(SocketAddr, SocksError),
    /// Nothing listens on this machine.
    #[error("nothing answers at {0} ({1}). Start the letterbox, or check the port")]
    NoLetterbox(SocketAddr, io::Error),
    /// The exchange broke, or is none.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// A status that has no meaning here.
    #[error("it answered with status {0}, which is no letterbox's answer")]
    Status(u16),
    /// It said no.
    #[error("{}", sentence(*.0))]
    Refused(Say),
    /// An upload cannot go on.
    #[error("{0}")]
    Upload(UploadError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl LetterboxError {
    /// Whether the same bytes may succeed soon.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Broken(_) | HttpError::Cut),
            Self::Refused(say) => matches!(say, Say::Full | Say::TooSlow | Say::Broken),
            Self::Proxy(_, error) => matches!(error, SocksError::Broken(_) | SocksError::Refused(_)),
            Self::NoLetterbox(..) => true,
            Self::NoProxy(..) | Self::Status(_) | Self::Upload(_) | Self::Random(_) => false,
        }
    }

    /// Whether it has no room now.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Refused(Say::Full))
    }
}

impl From<UploadError> for LetterboxError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Refused(say) => Self::Refused(say),
            other => Self::Upload(other),
        }
    }
}

impl Letterbox {
    /// A letterbox at `address`; an onion is reached through `proxy` under a random name of its own.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(
        address: Address,
        proxy: SocketAddr,
        patience: Patience,
        world: &World<'_>,
    ) -> Result<Self, NoRandomness> {
        let mut random = zeroize::Zeroizing::new([0; socks::ISOLATION]);
        (world.random)(&mut *random)?;
        Ok(Self { address, proxy, isolation: Isolation::new(&random), patience })
    }

    /// As the `Host` line says it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.address.host()
    }

    /// How long and how often is tried.
    #[must_use]
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Whether it is a real letterbox, reached through Tor, and not one on this machine for trying out.
    #[must_use]
    pub fn is_onion(&self) -> bool {
        matches!(self.address, Address::Onion(_))
    }

    /// Loads the page and then the board, on one connection, as the page does whoever its visitor is: a visit that reads an
    /// answer and one that does not look alike.
    ///
    /// # Errors
    /// See [`LetterboxError`].
    pub fn visit(&self, world: &World<'_>) -> Result<Visit, LetterboxError> {
        let mut connection = self.connect(world)?;
        let page = ask(&mut connection, &browser::get_page(self.host()), LONGEST_PAGE)?;
        if page.status != 200 {
            return Err(LetterboxError::Status(page.status));
        }
        let call = Call { method: "GET", path: BOARD, fields: &[], length: None }.head(self.host());
        connection.extend(self.patience.exchange);
        let kept = if page.stays_open { ask(&mut connection, &call, LONGEST_BOARD).ok() } else { None };
        let board = match kept {
            Some(board) => board,
            // A letterbox may end a connection between two requests.
            None => ask(&mut self.connect(world)?, &call, LONGEST_BOARD)?,
        };
        match (board.status, Say::parse(&board.body)) {
            (200, _) => Ok(Visit { page: page.body, board: Some(board.body) }),
            (404, Some(Say::NotFound)) => Ok(Visit { page: page.body, board: None }),
            (status, _) => Err(LetterboxError::Status(status)),
        }
    }

    /// Sends a sealed tip of up to 1 MiB until it is kept. The same bytes every time: the letterbox knows them again and
    /// keeps them once.
    ///
    /// # Errors
    /// The last attempt's [`LetterboxError`].
    pub fn send(&self, epoch: Date, sealed: &[u8], world: &mut World<'_>) -> Result<(), LetterboxError> {
        let mut pauses = Pauses::new(world);
        loop {
            let failed = match self.send_once(epoch, sealed, world) {
                Err(failed) if failed.passes() => failed,
                result => return result,
            };
            let pace = if failed.is_full() { Pace::Later } else { Pace::Soon };
            let Some(wait) = pauses.after((pace, Bound::Attempts), &self.patience, world)? else {
                return Err(failed);
            };
            let seconds = wait.as_secs();
            let detail =
                format!("Not sent yet: {failed}. The same sealed bytes are sent again in {seconds} s.");
            world.explain("seal-retry", &[("seconds", &seconds.to_string())], &detail);
            (world.pause)(wait);
        }
    }

    fn send_once(&self, epoch: Date, sealed: &[u8], world: &mut World<'_>) -> Result<(), LetterboxError> {
        let path = format!("{TIPS}{epoch}");
        let call = Call { method: "POST", path: &path, fields: &[], length: Some(sealed.len()) };
        let response = self.exchange(&call.head(self.host()), sealed, LONGEST_ANSWER, world)?;
        match Say::parse(&response.body) {
            Some(Say::Kept) if response.status == Say::Kept.status() => Ok(()),
            Some(say) if say.status() >= 400 => Err(LetterboxError::Refused(say)),
            _ => Err(LetterboxError::Status(response.status)),
        }
    }

    fn exchange(
        &self,
        head: &[u8],
        body: &[u8],
        most: usize,
        world: &mut World<'_>,
    ) -> Result<Response, LetterboxError> {
        let mut connection = self.connect(world)?;
        world.interrupt.underway(Underway::Unknown);
        let all = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let sent = connection.send(head, body, |done| world.progress(Doing::Sending, done, all));
        Ok(connection.answer(sent, most)?)
    }

    /// A new connection, with time for one exchange. All of one run share the proxy's isolation.
    ///
    /// # Errors
    /// See [`LetterboxError`].
    pub(crate) fn connect<'w>(&self, world: &World<'w>) -> Result<Connection<'w>, LetterboxError> {
        let elapsed = world.elapsed;
        let exchange = self.patience.exchange;
        let until = elapsed().saturating_add(exchange);
        let open = |at| {
            let stream = TcpStream::connect_timeout(&at, exchange)?;
            stream.set_nodelay(true)?;
            Ok(Connection::new(stream, until, elapsed))
        };
        match &self.address {
            Address::Loopback { at, .. } => open(*at).map_err(|e| LetterboxError::NoLetterbox(*at, e)),
            Address::Onion(host) => {
                let mut connection = open(self.proxy).map_err(|e| LetterboxError::NoProxy(self.proxy, e))?;
                socks::connect(&mut connection, host, 80, &self.isolation)
                    .map_err(|e| LetterboxError::Proxy(self.proxy, e))?;
                Ok(connection)
            }
        }
    }
}

fn ask(connection: &mut Connection<'_>, head: &[u8], most: usize) -> Result<Response, HttpError> {
    let sent = connection.send(head, &[], |_| {});
    connection.answer(sent, most)
}

/// What the letterbox said, for a person.
fn sentence(say: Say) -> &'static str {
    match say {
        Say::Kept => "it has the message",
        Say::EpochClosed => {
            "it no longer takes messages sealed for this week. Is this computer's date right? Then run the command again"
        }
        Say::NotOpenYet => "it is not open yet. Try again on another day",
        Say::Full => "it is full now and kept nothing. Try again in an hour",
        Say::TooSlow => "the message arrived too slowly. Try again, or send fewer files",
        Say::Broken => "it has a fault, and whether it has the message is not known. Try again in an hour",
        Say::TooLong => "the message is too long for it. Send fewer files",
        Say::NotATip
        | Say::WrongKeys
        | Say::WrongLength
        | Say::WrongDigest
        | Say::NoLength
        | Say::NoToken
        | Say::NoUpload
        | Say::OtherBytes
        | Say::MissingPart
        | Say::BadRequest => {
            "it did not take the message as one of its own. Run the command again; if that does not help, this program may \
             be older than the letterbox"
        }
        // No refusals: out of their place they mean nothing.
        Say::Begun | Say::PartKept | Say::Held | Say::NotFound | Say::MethodNotAllowed => {
            "it knows no such request. This program may be older or newer than the letterbox"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_a_sentence_and_only_passing_ones_are_tried_again() {
        for say in Say::ALL {
            assert!(sentence(say).len() > 10);
            let again = matches!(say, Say::Full | Say::TooSlow | Say::Broken);
            assert_eq!(LetterboxError::Refused(say).passes(), again, "{say:?}");
        }
        assert!(!LetterboxError::Status(301).passes());
    }
}
