//! One connection to the running server, over which a command's requests go one after the other.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderName};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::error::Error;
use crate::operator::Said;

/// Answers other than a pickup are shorter than this, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// How the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Through the operator's socket, on the same machine.
    Operator(PathBuf),
}

/// An open connection.
#[derive(Debug)]
pub struct Session {
    sender: SendRequest<Full<Bytes>>,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// The server can't be reached.
    pub async fn open(reach: &Reach) -> Result<Self, Error> {
        let Reach::Operator(socket) = reach;
        let unreachable = |fault| Error::Unreachable { path: socket.clone(), fault };
        let stream = UnixStream::connect(socket).await.map_err(unreachable)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(cut_off)?;
        // Ends with the command; its fault, if any, shows in an answer.
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Sends one request. The answer's body must be read before the next.
    pub(super) async fn request(
        &mut self,
        method: Method,
        path: &str,
        header: Option<(HeaderName, String)>,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        self.sender.ready().await.map_err(cut_off)?;
        let mut request = Request::builder().method(method).uri(path).header(HOST, "letterbox");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|fault| Error::Answer(fault.to_string()))?;
        self.sender.send_request(request).await.map_err(cut_off)
    }

    /// Hands in a signed file; answers what the server said.
    pub(super) async fn hand_in(&mut self, path: &str, file: &Path, body: Vec<u8>) -> Result<String, Error> {
        let response = self.request(Method::POST, path, None, body.into()).await?;
        let refused = |why| Error::RefusedFile { path: file.to_owned(), why };
        if !response.status().is_success() {
            return Err(match refusal(response).await {
                Error::Refused(why) => refused(why),
                other => other,
            });
        }
        let said: Said = serde_json::from_slice(&short(response).await?)
            .map_err(|fault| Error::Answer(fault.to_string()))?;
        Ok(said.say)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn cut_off(fault: hyper::Error) -> Error {
    Error::Answer(fault.to_string())
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
