//! The only place that makes an answer: the same header fields in the same order, whoever asks and whatever is said.
//!
//! No Date, Server, ETag, cookie, Link or Vary: nothing that tells the hour, the software, or one visitor from another.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode, header};
use tipline_wire::answer::Say;
use tipline_wire::upload::Held;
use tokio::sync::mpsc;

/// What goes back to whoever asked.
pub type Answer = Response<Content>;

/// For answers that are no page: nothing in them may run or load.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The fields that every answer has besides type, length and policy.
const SAME: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// An answer's body: known whole, or read from the store while it is sent.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Full<Bytes>),
    /// So many bytes, in pieces.
    Piped {
        /// Where the pieces come from; an error ends the connection.
        pieces: mpsc::Receiver<io::Result<Bytes>>,
        /// Bytes still to come.
        left: u64,
    },
}

/// How a page's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// As they are.
    Identity,
}

/// One code of the closed list, padded.
#[must_use]
pub fn say(say: Say) -> Answer {
    whole(status(say), JSON, NOTHING, Bytes::from(say.body()))
}

/// The parts that are held, padded.
#[must_use]
pub fn held(held: &Held) -> Answer {
    whole(status(Say::Held), JSON, NOTHING, Bytes::from(held.body()))
}

/// The page, with the policy of its template.
#[must_use]
pub fn page(bytes: Bytes, coding: Coding, policy: &HeaderValue) -> Answer {
    let mut answer = whole(StatusCode::OK, HTML, policy.clone(), bytes);
    if coding == Coding::Gzip {
        answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

/// The head of the page's answer, line by line as it goes over the wire; the length is left empty.
#[must_use]
pub fn head_of(answer: &Answer) -> Vec<String> {
    let status = format!("HTTP/1.1 {}", answer.status());
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = if name == header::CONTENT_LENGTH { "" } else { value.to_str().unwrap_or("") };
        format!("{name}: {value}")
    };
    std::iter::once(status).chain(answer.headers().iter().map(line)).collect()
}

/// A short page for who has no scripts; it may load nothing.
#[must_use]
pub fn told(say: Say, html: Bytes) -> Answer {
    whole(status(say), HTML, NOTHING, html)
}

/// The page that is left behind; what the browser remembers of this line goes (W3C Clear Site Data, 3.1).
#[must_use]
pub fn left(html: Bytes) -> Answer {
    let mut answer = whole(StatusCode::OK, HTML, NOTHING, html);
    let clear = HeaderName::from_static("clear-site-data");
    answer.headers_mut().insert(clear, HeaderValue::from_static("\"*\""));
    answer
}

/// A signed document as text.
#[must_use]
pub fn document(bytes: Bytes) -> Answer {
    whole(StatusCode::OK, HeaderValue::from_static("text/plain; charset=utf-8"), NOTHING, bytes)
}

/// The board and its signature: no text, because of its slots.
#[must_use]
pub fn board(bytes: Bytes) -> Answer {
    whole(StatusCode::OK, HeaderValue::from_static("application/octet-stream"), NOTHING, bytes)
}

/// JSON for the operator.
#[must_use]
pub fn json(status: StatusCode, body: Vec<u8>) -> Answer {
    whole(status, JSON, NOTHING, Bytes::from(body))
}

/// A pickup from the byte `from` on, of `total` bytes (RFC 9110, 14).
#[must_use]
pub fn archive(pieces: mpsc::Receiver<io::Result<Bytes>>, from: u64, total: u64) -> Answer {
    let left = total.saturating_sub(from);
    let status = if from == 0 { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    let mut answer = build(
        status,
        HeaderValue::from_static("application/x-tar"),
        NOTHING,
        left,
        Content::Piped { pieces, left },
    );
    if from > 0 {
        let range = format!("bytes {from}-{}/{total}", total.saturating_sub(1));
        if let Ok(range) = HeaderValue::try_from(range) {
            answer.headers_mut().insert(header::CONTENT_RANGE, range);
        }
    }
    answer
}

/// So many bytes, as they come; for the operator.
#[must_use]
pub fn stream(pieces: mpsc::Receiver<io::Result<Bytes>>, total: u64) -> Answer {
    let kind = HeaderValue::from_static("application/octet-stream");
    build(StatusCode::OK, kind, NOTHING, total, Content::Piped { pieces, left: total })
}

/// The bytes of the answer to a head that hyper never saw; the connection closes after it.
#[must_use]
pub fn refusal(say: Say) -> Vec<u8> {
    let body = say.body();
    let status = status(say);
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or(""));
    for (name, value) in &fields(JSON, NOTHING, u64::try_from(body.len()).unwrap_or(0)) {
        bytes.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or("")));
    }
    bytes.push_str("connection: close\r\n\r\n");
    [bytes.into_bytes(), body].concat()
}

fn status(say: Say) -> StatusCode {
    StatusCode::from_u16(say.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn whole(status: StatusCode, kind: HeaderValue, policy: HeaderValue, bytes: Bytes) -> Answer {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    build(status, kind, policy, len, Content::Whole(Full::new(bytes)))
}

fn build(status: StatusCode, kind: HeaderValue, policy: HeaderValue, len: u64, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    *answer.headers_mut() = fields(kind, policy, len);
    answer
}

fn fields(kind: HeaderValue, policy: HeaderValue, len: u64) -> HeaderMap {
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_TYPE, kind);
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    fields.extend(SAME);
    fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    fields
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(full) => Pin::new(full).poll_frame(cx).map_err(|never: Infallible| match never {}),
            Self::Piped { pieces, left } => Poll::Ready(match ready!(pieces.poll_recv(cx)) {
                Some(Ok(bytes)) => {
                    *left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                    Some(Ok(Frame::data(bytes)))
                }
                Some(Err(fault)) => Some(Err(fault)),
                None if *left > 0 => Some(Err(io::ErrorKind::UnexpectedEof.into())),
                None => None,
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(full) => full.is_end_stream(),
            Self::Piped { left, .. } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(full) => full.size_hint(),
            Self::Piped { left, .. } => SizeHint::with_exact(*left),
        }
    }
}
