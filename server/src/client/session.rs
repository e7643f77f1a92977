//! One connection to the running server, over which a command's requests go one after the other.

use std::path::Path;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderName};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;

use super::reach::Reach;
use crate::error::Error;
use crate::operator::Said;

/// Answers other than a pickup are shorter than this, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;
/// Characters of a sentence that are shown.
const LONGEST_SENTENCE: usize = 2_000;

/// An open connection.
#[derive(Debug)]
pub struct Session {
    sender: SendRequest<Full<Bytes>>,
    trust: Trust,
}

/// Whether the server has shown that it lets us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A courier's door says so only with its first answer.
    Unknown,
    /// It has answered, or needs no key.
    LetIn,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// The server can't be reached, or is not who it must be.
    pub async fn open(reach: &Reach) -> Result<Self, Error> {
        let stream = reach.connect().await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(cut_off)?;
        // Ends with the command; its fault, if any, shows in an answer.
        tokio::spawn(connection);
        let trust = if matches!(reach, Reach::Courier(..)) { Trust::Unknown } else { Trust::LetIn };
        Ok(Self { sender, trust })
    }

    /// Sends one request. The answer's body must be read before the next.
    pub(super) async fn request(
        &mut self,
        method: Method,
        path: &str,
        header: Option<(HeaderName, String)>,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "letterbox");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|fault| Error::Answer(fault.to_string()))?;
        let answer = match self.sender.ready().await {
            Ok(()) => self.sender.send_request(request).await,
            Err(fault) => Err(fault),
        };
        match (answer, self.trust) {
            (Ok(answer), _) => {
                self.trust = Trust::LetIn;
                Ok(answer)
            }
            (Err(fault), Trust::Unknown) => Err(Error::NotLetIn(chain(&fault))),
            (Err(fault), Trust::LetIn) => Err(cut_off(fault)),
        }
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
        Ok(plain(&said.say))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn cut_off(fault: hyper::Error) -> Error {
    Error::Answer(chain(&fault))
}

/// A fault with what caused it.
fn chain(fault: &dyn std::error::Error) -> String {
    match fault.source() {
        Some(source) => format!("{fault}: {}", chain(source)),
        None => fault.to_string(),
    }
}

/// Reads a short answer.
pub(super) async fn short(response: Response<Incoming>) -> Result<Bytes, Error> {
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|fault| Error::Answer(fault.to_string()))
}

/// A server's sentence as it may stand on a terminal: the server can be anybody's, so nothing in it moves the cursor or
/// turns the text around.
fn plain(said: &str) -> String {
    let is_sound = |c: char| {
        !c.is_control()
            && !('\u{200b}'..='\u{200f}').contains(&c)
            && !('\u{2028}'..='\u{202e}').contains(&c)
            && !('\u{2060}'..='\u{206f}').contains(&c)
    };
    said.chars().take(LONGEST_SENTENCE).map(|c| if is_sound(c) { c } else { '\u{fffd}' }).collect()
}

/// The sentence in a refusal.
pub(super) async fn refusal(response: Response<Incoming>) -> Error {
    let status = response.status();
    let body = short(response).await.unwrap_or_default();
    match serde_json::from_slice::<Said>(&body) {
        Ok(said) => Error::Refused(plain(&said.say)),
        Err(_) => Error::Refused(status.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_a_hostile_server_moves_nothing_on_the_terminal() {
        assert_eq!(plain("the intake document 3 is published"), "the intake document 3 is published");
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\u{fffd}d");
        assert_eq!(plain(&"x".repeat(9_999)).len(), 2_000);
    }
}
