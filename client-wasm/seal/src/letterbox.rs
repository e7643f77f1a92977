//! Talking to a letterbox: one connection a request, through the proxy or to this machine, within a bounded time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::route::TIPS;

use crate::address::Address;
use crate::http::{self, HttpError, Response};
use crate::page::LONGEST_PAGE;
use crate::socks::{self, Isolation, SocksError};
use crate::world::{NoRandomness, World};

/// An answer to a tip has 256 bytes; a multiple of that may come one day.
const LONGEST_ANSWER: usize = 4_096;
/// Bytes handed to the connection at a time, so that progress shows and the time is watched.
const PIECE: usize = 16 * 1_024;

/// How long and how often is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one connection, from its begin to the answer's end.
    pub exchange: Duration,
    /// How often a tip is sent before giving up.
    pub attempts: u32,
    /// The shortest wait between two attempts; a random part of the same length is added, and both grow.
    pub wait: Duration,
}

impl Default for Patience {
    /// Ten minutes for a connection: 1 MiB at 2 KB/s. Five attempts.
    fn default() -> Self {
        Self { exchange: Duration::from_mins(10), attempts: 5, wait: Duration::from_secs(5) }
    }
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
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl LetterboxError {
    /// Whether the same bytes may succeed soon.
    fn passes(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Broken(_) | HttpError::Cut),
            Self::Refused(say) => matches!(say, Say::Full | Say::TooSlow | Say::Broken),
            Self::Proxy(_, error) => matches!(error, SocksError::Broken(_) | SocksError::Refused(_)),
            Self::NoLetterbox(..) => true,
            Self::NoProxy(..) | Self::Status(_) | Self::Random(_) => false,
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

    /// Whether it is a real letterbox, reached through Tor, and not one on this machine for trying out.
    #[must_use]
    pub fn is_onion(&self) -> bool {
        matches!(self.address, Address::Onion(_))
    }

    /// Loads the page, as a browser does first.
    ///
    /// # Errors
    /// See [`LetterboxError`].
    pub fn page(&self, world: &mut World<'_>) -> Result<Vec<u8>, LetterboxError> {
        let request = http::get_page(self.address.host());
        let response = self.exchange(&request, &[], LONGEST_PAGE, world)?;
        if response.status == 200 { Ok(response.body) } else { Err(LetterboxError::Status(response.status)) }
    }

    /// Sends a sealed tip until it is kept. The same bytes every time: the letterbox knows them again and keeps them once.
    ///
    /// # Errors
    /// The last attempt's [`LetterboxError`].
    pub fn send(&self, epoch: Date, sealed: &[u8], world: &mut World<'_>) -> Result<(), LetterboxError> {
        let mut attempt = 1;
        loop {
            let failed = match self.send_once(epoch, sealed, world) {
                Err(failed) if failed.passes() && attempt < self.patience.attempts => failed,
                result => return result,
            };
            let wait = self.wait(attempt, world)?;
            let seconds = wait.as_secs();
            world.say(&format!(
                "Not sent yet: {failed}. The same sealed bytes are sent again in {seconds} s."
            ));
            (world.pause)(wait);
            attempt = attempt.saturating_add(1);
        }
    }

    fn send_once(&self, epoch: Date, sealed: &[u8], world: &mut World<'_>) -> Result<(), LetterboxError> {
        let head = http::post_head(self.address.host(), &format!("{TIPS}{epoch}"), sealed.len());
        let response = self.exchange(&head, sealed, LONGEST_ANSWER, world)?;
        match Say::parse(&response.body) {
            Some(Say::Kept) if response.status == Say::Kept.status() => Ok(()),
            Some(say) if say.status() >= 400 => Err(LetterboxError::Refused(say)),
            _ => Err(LetterboxError::Status(response.status)),
        }
    }

    /// At least `wait` times the attempt, and up to as much again: nobody can expect the second try at a moment.
    fn wait(&self, attempt: u32, world: &World<'_>) -> Result<Duration, NoRandomness> {
        let mut random = [0; 2];
        (world.random)(&mut random)?;
        let least = self.patience.wait.saturating_mul(attempt);
        let part = least.saturating_mul(u32::from(u16::from_be_bytes(random)));
        Ok(least.saturating_add(part.checked_div(u32::from(u16::MAX)).unwrap_or_default()))
    }

    fn exchange(
        &self,
        head: &[u8],
        body: &[u8],
        most: usize,
        world: &mut World<'_>,
    ) -> Result<Response, LetterboxError> {
        let mut timed = self.connect(world)?;
        let sent = timed.send(head, body, world);
        // A letterbox may answer before it has read everything, and close: its answer says more than our broken write.
        match (sent, http::read_response(&mut timed, most)) {
            (_, Ok(response)) => Ok(response),
            (Err(broken), Err(_)) => Err(HttpError::Broken(broken).into()),
            (Ok(()), Err(error)) => Err(error.into()),
        }
    }

    fn connect<'w>(&self, world: &World<'w>) -> Result<Timed<'w>, LetterboxError> {
        let elapsed = world.elapsed;
        let until = elapsed().saturating_add(self.patience.exchange);
        let timed = |stream| Timed { stream, until, elapsed };
        match &self.address {
            Address::Loopback { at, .. } => TcpStream::connect_timeout(at, self.patience.exchange)
                .map(timed)
                .map_err(|e| LetterboxError::NoLetterbox(*at, e)),
            Address::Onion(host) => {
                let mut stream = TcpStream::connect_timeout(&self.proxy, self.patience.exchange)
                    .map(timed)
                    .map_err(|e| LetterboxError::NoProxy(self.proxy, e))?;
                socks::connect(&mut stream, host, 80, &self.isolation)
                    .map_err(|e| LetterboxError::Proxy(self.proxy, e))?;
                Ok(stream)
            }
        }
    }
}

/// A connection that ends at a fixed time, however slowly the other side drips.
struct Timed<'w> {
    stream: TcpStream,
    until: Duration,
    elapsed: &'w dyn Fn() -> Duration,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_sub((self.elapsed)());
        if left.is_zero() {
            Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long"))
        } else {
            Ok(left)
        }
    }

    fn send(&mut self, head: &[u8], body: &[u8], world: &mut World<'_>) -> io::Result<()> {
        self.write_all(head)?;
        let (mut done, all) = (0_u64, u64::try_from(body.len()).unwrap_or(u64::MAX));
        for piece in body.chunks(PIECE) {
            self.write_all(piece)?;
            done = done.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
            world.progress("Sending", done, all);
        }
        Ok(())
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buf)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
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
        // About uploads in parts: no answer to a tip in one request.
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
