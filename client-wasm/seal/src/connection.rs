//! A connection that ends at a fixed time, however slowly the other side drips.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::http::{self, HttpError, Response};

/// Bytes handed to the connection at a time, so that the time is watched.
const PIECE: usize = 16 * 1_024;

/// A connection to a letterbox, or to the proxy that leads there.
pub struct Connection<'w> {
    stream: TcpStream,
    until: Duration,
    elapsed: &'w dyn Fn() -> Duration,
}

impl<'w> Connection<'w> {
    /// Ends when `elapsed` comes to `until`.
    #[must_use]
    pub fn new(stream: TcpStream, until: Duration, elapsed: &'w dyn Fn() -> Duration) -> Self {
        Self { stream, until, elapsed }
    }

    /// Gives a kept connection time for one more exchange.
    pub fn extend(&mut self, exchange: Duration) {
        self.until = (self.elapsed)().saturating_add(exchange);
    }

    /// Sends head and body; `progress` is told how many bytes of the body have left.
    ///
    /// # Errors
    /// The connection broke, or its time is over.
    pub fn send(&mut self, head: &[u8], body: &[u8], mut progress: impl FnMut(u64)) -> io::Result<()> {
        self.write_all(head)?;
        let mut done = 0_u64;
        for piece in body.chunks(PIECE) {
            self.write_all(piece)?;
            done = done.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
            progress(done);
        }
        Ok(())
    }

    /// Reads the answer to what was `sent`. A letterbox may answer before it has read everything, and close: its answer
    /// says more than our broken write.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn answer(&mut self, sent: io::Result<()>, most: usize) -> Result<Response, HttpError> {
        match (sent, http::read_response(self, most)) {
            (_, Ok(response)) => Ok(response),
            (Err(broken), Err(_)) => Err(broken.into()),
            (Ok(()), Err(error)) => Err(error),
        }
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_sub((self.elapsed)());
        if left.is_zero() {
            Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long"))
        } else {
            Ok(left)
        }
    }
}

impl Read for Connection<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buf)
    }
}

impl Write for Connection<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
