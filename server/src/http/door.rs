//! A door: accepts connections from one listener, serves each, and closes gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::answer::Answer;
use super::crowd::{Crowd, Guest};
use super::guard::Guard;
use super::proxy_line::{self, Begin, Circuit};
use crate::journal::{self, Entry};
use crate::limits::{FIELDS, HEAD, Limits};
use crate::tls::Tls;

/// Answers the requests of one door.
pub trait Handler: Send + Sync + 'static {
    /// One request, one answer. A request that came through tor has its [`Circuit`] among its extensions.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send;
}

/// A bound socket.
#[derive(Debug)]
pub enum Listener {
    /// For tor, or the operator's commands.
    Unix(UnixListener),
    /// Loopback only: demonstrations and tests.
    Tcp(TcpListener),
}

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// Anybody who reaches the socket.
    Anybody,
    /// tor, which first says the circuit; fails closed.
    AfterProxyLine,
    /// Processes of this user, or root.
    SameUser,
}

/// A listener, who may enter, and the limits.
#[derive(Debug)]
pub struct Door {
    /// Where connections come from.
    pub listener: Listener,
    /// Who may enter.
    pub admit: Admit,
    /// Where it is spoken, TLS; whoever fails in the handshake is let go in silence.
    pub tls: Option<Tls>,
    /// What each may take.
    pub limits: Limits,
}

impl Door {
    /// Serves until `stop` turns true; then waits for what is under way, at most as long as the limits say.
    pub async fn run<H: Handler>(self, handler: Arc<H>, mut stop: watch::Receiver<bool>) {
        let crowd = Crowd::new(self.limits.connections);
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut served = JoinSet::new();
        let mut pause = Pause::default();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = served.join_next() => continue,
                _ = seconds.tick() => {
                    crowd.second();
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    pause = Pause::default();
                    let (guest, leave) = crowd.enter();
                    let one = Connection {
                        handler: Arc::clone(&handler),
                        admit: self.admit,
                        tls: self.tls.clone(),
                        limits: self.limits,
                        stop: stop.clone(),
                        guest,
                        circuit: None,
                    };
                    served.spawn(one.serve_until(leave, stream));
                }
                Err(fault) => pause.take(&fault).await,
            }
        }
        drop(self.listener);
        let all = async { while served.join_next().await.is_some() {} };
        let _ = timeout(self.limits.stop, all).await;
    }
}

/// Waits after a failed accept, longer each time, so that a lack of descriptors does not become a busy loop.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    async fn take(&mut self, fault: &io::Error) {
        if self.0 == 0 {
            journal::write(&Entry::CannotAccept(fault.kind()));
        }
        let wait = Duration::from_millis(50).saturating_mul(1 << self.0.min(5));
        self.0 = self.0.saturating_add(1);
        sleep(wait).await;
    }
}

enum Stream {
    Unix(UnixStream),
    Tcp(tokio::net::TcpStream),
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
            Self::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }
}

struct Connection<H> {
    handler: Arc<H>,
    admit: Admit,
    tls: Option<Tls>,
    limits: Limits,
    stop: watch::Receiver<bool>,
    guest: Guest,
    circuit: Option<Circuit>,
}

impl<H: Handler> Connection<H> {
    /// However it ends, there is nobody to tell.
    async fn serve_until(self, leave: oneshot::Receiver<()>, stream: Stream) {
        let longest = self.limits.connection;
        tokio::select! {
            _ = leave => {}
            _ = timeout(longest, self.serve_any(stream)) => {}
        }
    }

    async fn serve_any(self, stream: Stream) -> Option<()> {
        match stream {
            Stream::Unix(stream) => {
                if self.admit == Admit::SameUser {
                    is_same_user(&stream).then_some(())?;
                }
                self.enter(stream).await
            }
            Stream::Tcp(stream) if self.admit != Admit::SameUser => self.enter(stream).await,
            Stream::Tcp(_) => None,
        }
    }

    /// What comes before HTTP: tor's line, then TLS, each within the time for a head.
    async fn enter(mut self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let head = self.limits.head;
        let mut first = Vec::new();
        if self.admit == Admit::AfterProxyLine {
            // What comes behind the line must be left to TLS.
            let piece = if self.tls.is_some() { 1 } else { proxy_line::LONGEST };
            let (circuit, rest) = timeout(head, after_proxy_line(&mut stream, piece)).await.ok()??;
            self.guest.comes_over(circuit);
            (self.circuit, first) = (Some(circuit), rest);
        }
        match self.tls.clone() {
            Some(tls) => {
                let stream = timeout(head, tls.accept(stream)).await.ok()?.ok()?;
                self.serve(stream, first).await
            }
            None => self.serve(stream, first).await,
        }
    }

    async fn serve(mut self, stream: impl AsyncRead + AsyncWrite + Unpin, first: Vec<u8>) -> Option<()> {
        let io = TokioIo::new(Guard::new(stream, first, self.guest.moved(), &self.limits));
        let circuit = self.circuit;
        let handler = self.handler;
        let service = service_fn(move |mut request: Request<Incoming>| {
            let handler = Arc::clone(&handler);
            if let Some(circuit) = circuit {
                request.extensions_mut().insert(circuit);
            }
            async move { Ok::<_, Infallible>(handler.answer(request).await) }
        });
        let mut connection = std::pin::pin!(http(&self.limits).serve_connection(io, service));
        tokio::select! {
            served = connection.as_mut() => return served.ok(),
            _ = self.stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
        }
        connection.await.ok()
    }
}

/// hyper as it is used here. Without a timer its header timeout would silently do nothing.
fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(FIELDS)
        .max_buf_size(HEAD.saturating_mul(2)) // the guard keeps heads within HEAD
        .auto_date_header(false)
        .half_close(true); // a visitor who sent all may close their side and still read the answer
    http
}

/// Reads tor's line in such pieces at most; answers the circuit and what came after the line. `None` when it is not tor
/// who speaks, or nobody does.
async fn after_proxy_line(stream: &mut (impl AsyncRead + Unpin), piece: usize) -> Option<(Circuit, Vec<u8>)> {
    let piece = u64::try_from(piece).unwrap_or(1);
    let mut read = Vec::with_capacity(proxy_line::LONGEST);
    loop {
        match proxy_line::read(&read) {
            Begin::Line(circuit, len) => return Some((circuit, read.split_off(len))),
            Begin::Wrong => return None,
            Begin::More => {
                let came = (&mut *stream).take(piece).read_buf(&mut read).await.ok()?;
                (came > 0).then_some(())?;
            }
        }
    }
}

/// The operator's socket is for the user of this process, and root.
fn is_same_user(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}
