//! A connection that is held to our grammar: hyper sees only heads that [`head::check`](super::head::check) let through.
//!
//! A refused head looks like the end of the connection to hyper; the answer to it is written when hyper closes. Then the
//! rest of what the visitor sends is thrown away for a while, because a close with unread bytes would destroy the answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::{answer, head};
use crate::limits::{HEAD, Limits};

/// Bytes that are thrown away at most after an early answer: the longest body and a head.
const LINGER_BYTES: usize = 2 << 20;
const PIECE: usize = 8 << 10;

/// The guarded connection.
#[derive(Debug)]
pub struct Guard<T> {
    inner: T,
    /// Read, not yet judged.
    raw: Vec<u8>,
    /// Bytes at the start of `raw` in which no head ends: a head that drips is not searched again from its beginning.
    searched: usize,
    /// Bytes at the start of `raw` that hyper may have: a head that passed, then its body.
    passed: u64,
    /// Bytes of the body that were not read yet.
    body: u64,
    /// The answer to a refused head, and how much of it is written.
    refusal: Option<(Vec<u8>, usize)>,
    closing: Closing,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Bytes in and out, for whoever judges how lively the connection is.
    moved: Arc<AtomicU64>,
    write_stall: Duration,
    linger: Duration,
}

#[derive(Debug)]
enum Closing {
    Not,
    Lingering { until: Pin<Box<Sleep>>, left: usize },
    Done,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Guard<T> {
    /// Guards `inner`, of which `first` was read already.
    pub fn new(inner: T, first: Vec<u8>, moved: Arc<AtomicU64>, limits: &Limits) -> Self {
        Self {
            inner,
            raw: first,
            searched: 0,
            passed: 0,
            body: 0,
            refusal: None,
            closing: Closing::Not,
            stalled: None,
            moved,
            write_stall: limits.write_stall,
            linger: limits.linger,
        }
    }

    /// Gives hyper what it may have of the bytes already read.
    fn hand_over(&mut self, to: &mut ReadBuf<'_>) {
        let allowed = usize::try_from(self.passed).unwrap_or(usize::MAX);
        let len = allowed.min(to.remaining()).min(self.raw.len());
        to.put_slice(self.raw.get(..len).unwrap_or_default());
        self.raw.drain(..len);
        self.passed = self.passed.saturating_sub(u64::try_from(len).unwrap_or(u64::MAX));
    }

    /// Looks for a whole head at the start of `raw`; lets it pass with the part of its body that is there, or refuses it.
    fn judge(&mut self) {
        let end = self.end_of_head();
        let verdict = match end {
            Some(end) if end <= HEAD => {
                head::check(self.raw.get(..end).unwrap_or_default()).map(|len| (end, len))
            }
            None if self.raw.len() < HEAD => return,
            _ => Err(tipline_wire::answer::Say::BadRequest),
        };
        match verdict {
            Ok((head, body)) => {
                let there = u64::try_from(self.raw.len().saturating_sub(head)).unwrap_or(u64::MAX).min(body);
                self.passed = u64::try_from(head).unwrap_or(u64::MAX).saturating_add(there);
                self.body = body.saturating_sub(there);
            }
            Err(say) => self.refusal = Some((answer::refusal(say), 0)),
        }
    }

    /// Where the head at the start of `raw` ends, if it is whole.
    fn end_of_head(&mut self) -> Option<usize> {
        let from = std::mem::replace(&mut self.searched, self.raw.len().saturating_sub(3));
        let at = self.raw.get(from..)?.windows(4).position(|window| window == b"\r\n\r\n")?;
        self.searched = 0;
        Some(from.saturating_add(at).saturating_add(4))
    }

    /// Reads more into `raw`; `false` at the end of the connection.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut piece = [0; PIECE];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer))?;
        self.count(buffer.filled().len());
        self.raw.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(!buffer.filled().is_empty()))
    }

    fn count(&self, bytes: usize) {
        self.moved.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn poll_body(&mut self, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = usize::try_from(self.body).unwrap_or(usize::MAX).min(to.remaining());
        let mut limited = ReadBuf::new(to.initialize_unfilled_to(room));
        let polled = Pin::new(&mut self.inner).poll_read(cx, &mut limited);
        let read = limited.filled().len();
        to.advance(read);
        self.count(read);
        self.body = self.body.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        polled
    }

    /// Lets go of a visitor who reads nothing.
    fn watch_stall<R>(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if wrote.is_ready() {
            self.stalled = None;
            return wrote;
        }
        let after = self.write_stall;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(after)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((bytes, written)) = self.refusal.take() {
            let rest = bytes.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let wrote = Pin::new(&mut self.inner).poll_write(cx, rest);
            let more = if let Poll::Ready(Ok(more)) = &wrote { *more } else { 0 };
            self.refusal = Some((bytes, written.saturating_add(more)));
            if ready!(self.watch_stall(cx, wrote))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Closing::Lingering { until, left } = &mut self.closing else { return Poll::Ready(()) };
            let mut piece = [0; PIECE];
            let mut buffer = ReadBuf::new(&mut piece);
            let read = Pin::new(&mut self.inner).poll_read(cx, &mut buffer);
            let over = match read {
                Poll::Ready(Ok(())) => {
                    *left = left.saturating_sub(buffer.filled().len());
                    buffer.filled().is_empty() || *left == 0
                }
                Poll::Ready(Err(_)) => true,
                Poll::Pending => {
                    ready!(until.as_mut().poll(cx));
                    true
                }
            };
            if over {
                self.closing = Closing::Done;
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.passed > 0 {
                this.hand_over(to);
                return Poll::Ready(Ok(()));
            }
            if this.body > 0 {
                return this.poll_body(cx, to);
            }
            this.judge();
            if this.refusal.is_some() {
                return Poll::Ready(Ok(()));
            }
            if this.passed == 0 && !ready!(this.poll_more(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let wrote = Pin::new(&mut this.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(bytes)) = &wrote {
            this.count(*bytes);
        }
        this.watch_stall(cx, wrote)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.closing, Closing::Not) {
            ready!(this.poll_refusal(cx))?;
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            this.closing = Closing::Lingering { until: Box::pin(sleep(this.linger)), left: LINGER_BYTES };
        }
        ready!(this.poll_linger(cx));
        Poll::Ready(Ok(()))
    }
}
