//! One request to the operator's door.

use std::path::Path;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::error::Error;
use crate::operator::Said;

/// Answers other than a pickup are shorter than this, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// Sends one request; the answer's body is read by the caller.
pub(super) async fn request(
    socket: &Path,
    method: Method,
    path: &str,
    header: Option<(HeaderName, String)>,
    body: Bytes,
) -> Result<Response<Incoming>, Error> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|fault| Error::Unreachable { path: socket.to_owned(), fault })?;
    let cut_off = |fault: hyper::Error| Error::Answer(fault.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(cut_off)?;
    // Ends with the exchange; its fault, if any, shows in the answer.
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header(HOST, "operator");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(body)).map_err(|fault| Error::Answer(fault.to_string()))?;
    sender.send_request(request).await.map_err(cut_off)
}

/// Reads a short answer.
pub(super) async fn short(response: Response<Incoming>) -> Result<Bytes, Error> {
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|fault| Error::Answer(fault.to_string()))
}

/// The sentence in a refusal.
pub(super) async fn refusal(response: Response<Incoming>) -> Error {
    let status = response.status();
    let body = short(response).await.unwrap_or_default();
    match serde_json::from_slice::<Said>(&body) {
        Ok(said) => Error::Refused(said.say),
        Err(_) => Error::Refused(status.to_string()),
    }
}
