//! Sends a tip over 1 MiB in parts while it is sealed: the course is [`crate::uploading`]'s, here is its input and output.
//!
//! A broken connection costs at most the part that was on its way. The next part is sealed while the letterbox makes one
//! durable, so that two are in memory, however large the tip is.

use std::borrow::Cow;

use tipline_wire::answer::Say;
use tipline_wire::browser::Call;
use tipline_wire::route::{COMMIT, PARTS, UPLOADS};
use tipline_wire::upload::{self, Declared, Held, TOKEN};
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::error::{Arrival, Error};
use crate::http::Response;
use crate::interrupt::Underway;
use crate::letterbox::{LONGEST_ANSWER, Letterbox, LetterboxError};
use crate::patience::{Bound, Pace, Pauses};
use crate::uploading::{Answer, Next, Request, Sealed, UploadError, Uploading};
use crate::world::{Doing, World};

/// Where sealed parts come from, front to back and once.
pub trait Parts {
    /// What the upload says when it begins.
    fn declared(&self) -> Declared;
    /// The next part; after the last one, the tip's name.
    ///
    /// # Errors
    /// A file cannot be read or has changed, or a copy cannot be written.
    fn next_part(&mut self) -> Result<Sealed, Error>;
}

/// Why a tip is not kept.
enum Stopped {
    /// It could not be sealed to its end.
    Sealing(Error),
    /// It could not be sent.
    Sending(LetterboxError),
}

impl From<LetterboxError> for Stopped {
    fn from(error: LetterboxError) -> Self {
        Self::Sending(error)
    }
}

impl From<UploadError> for Stopped {
    fn from(error: UploadError) -> Self {
        Self::Sending(error.into())
    }
}

/// Seals and sends until the letterbox has committed it. Whoever knows the token can go on with the upload.
///
/// # Errors
/// Why it could not be sealed; inside that, why it could not be sent and whether it may have arrived.
pub fn send(
    letterbox: &Letterbox,
    sealing: &mut dyn Parts,
    (token, uploading): (&[u8; TOKEN], Uploading),
    world: &mut World<'_>,
) -> Result<Result<(), (LetterboxError, Arrival)>, Error> {
    let mut course = Course {
        letterbox,
        authorization: Zeroizing::new(upload::authorization(token)),
        uploading,
        connection: None,
        pauses: Pauses::new(world),
    };
    match course.run(sealing, world) {
        Ok(()) => Ok(Ok(())),
        Err(Stopped::Sealing(error)) => Err(error),
        Err(Stopped::Sending(error)) => Ok(Err((error, course.arrival()))),
    }
}

/// One upload on its way.
struct Course<'l, 'w> {
    letterbox: &'l Letterbox,
    authorization: Zeroizing<String>,
    uploading: Uploading,
    connection: Option<Connection<'w>>,
    pauses: Pauses,
}

impl<'w> Course<'_, 'w> {
    fn run(&mut self, sealing: &mut dyn Parts, world: &mut World<'w>) -> Result<(), Stopped> {
        loop {
            match self.uploading.next() {
                Next::Done => return Ok(()),
                Next::Seal => self.seal(sealing)?,
                Next::Ask(_) => self.ask(sealing, world)?,
            }
        }
    }

    fn arrival(&self) -> Arrival {
        match self.uploading.next() {
            Next::Ask(Request::Commit(_)) | Next::Done => Arrival::Unknown,
            Next::Ask(_) | Next::Seal => Arrival::Not,
        }
    }

    fn seal(&mut self, sealing: &mut dyn Parts) -> Result<(), Stopped> {
        let sealed = sealing.next_part().map_err(Stopped::Sealing)?;
        Ok(self.uploading.sealed(sealed)?)
    }

    /// Asks what the upload needs next, and waits as the answer, or its absence, demands.
    fn ask(&mut self, sealing: &mut dyn Parts, world: &mut World<'w>) -> Result<(), Stopped> {
        let was_kept = self.connection.is_some();
        match self.exchange(sealing, world)? {
            Ok(answer) => self.answered(&answer, world),
            Err(failed) if self.passes(&failed) => {
                let pace = self.uploading.broke();
                // A letterbox may end a connection between two requests: the first time that is no failure yet.
                if was_kept && self.pauses.failures() == 0 {
                    self.pauses.count();
                    return Ok(());
                }
                self.wait(pace, failed, world)
            }
            Err(failed) => Err(failed.into()),
        }
    }

    fn answered(&mut self, answer: &Answer, world: &mut World<'w>) -> Result<(), Stopped> {
        let before = self.uploading.acknowledged();
        let pace = self.uploading.answered(answer)?;
        if self.uploading.acknowledged() > before {
            self.pauses = Pauses::new(world);
            let all = self.uploading.declared().sealed_len();
            world.progress(Doing::Sending, self.uploading.acknowledged_bytes(), all);
        }
        match answer {
            Answer::Say(say) if pace != Pace::Now => self.wait(pace, LetterboxError::Refused(*say), world),
            _ => Ok(()),
        }
    }

    fn wait(&mut self, pace: Pace, failed: LetterboxError, world: &mut World<'w>) -> Result<(), Stopped> {
        let is_bound_by_time = self.uploading.acknowledged() > 0 || pace == Pace::Later;
        let bound = if is_bound_by_time { Bound::Stall } else { Bound::Attempts };
        let after = self.pauses.after((pace, bound), self.letterbox.patience(), world);
        let Some(wait) = after.map_err(LetterboxError::from)? else { return Err(failed.into()) };
        let seconds = wait.as_secs();
        let detail = match pace {
            Pace::Later => format!(
                "The letterbox is full now. What is sealed is kept here, and it is tried again by itself in {seconds} s. \
                 Ctrl-C ends it; nothing counts as sent then."
            ),
            _ => format!(
                "Not all of it has arrived: {failed}. It goes on in {seconds} s with what is missing; what has arrived is \
                 not sent again."
            ),
        };
        world.explain("seal-retry", &[("seconds", &seconds.to_string())], &detail);
        (world.pause)(wait);
        Ok(())
    }

    /// One request and its answer; seals on while the letterbox makes a part durable. The outer error is the sealing's.
    fn exchange(
        &mut self,
        sealing: &mut dyn Parts,
        world: &World<'w>,
    ) -> Result<Result<Answer, LetterboxError>, Stopped> {
        let mut connection = match self.connected(world) {
            Ok(connection) => connection,
            Err(failed) => return Ok(Err(failed)),
        };
        world.interrupt.underway(match self.arrival() {
            Arrival::Unknown => Underway::Unknown,
            Arrival::Not => Underway::Half,
        });
        let (head, body) = self.message();
        let sent = connection.send(&head, &body, |_| {});
        let is_part = matches!(self.uploading.next(), Next::Ask(Request::Part { .. }));
        if sent.is_ok() && is_part && self.uploading.has_room() {
            self.seal(sealing)?;
        }
        let answer = connection.answer(sent, LONGEST_ANSWER).map_err(LetterboxError::from);
        Ok(answer.and_then(|response| {
            let answer = read(&response)?;
            self.connection = response.stays_open.then_some(connection);
            Ok(answer)
        }))
    }

    fn connected(&mut self, world: &World<'w>) -> Result<Connection<'w>, LetterboxError> {
        let Some(mut connection) = self.connection.take() else { return self.letterbox.connect(world) };
        connection.extend(self.letterbox.patience().exchange);
        Ok(connection)
    }

    /// Head and body of the request that the upload needs next.
    fn message(&self) -> (Vec<u8>, Cow<'_, [u8]>) {
        match self.uploading.next() {
            Next::Ask(Request::Begin) => {
                self.call("POST", UPLOADS, None, Some(owned(self.uploading.declared().body())))
            }
            Next::Ask(Request::Part { number, part }) => {
                let digest = upload::content_digest(&part.digest);
                let path = format!("{PARTS}{number}");
                self.call("PUT", &path, Some(&digest), Some(Cow::Borrowed(&part.bytes)))
            }
            Next::Ask(Request::Commit(id)) => {
                self.call("POST", COMMIT, None, Some(owned(upload::commit_body(&id))))
            }
            Next::Ask(Request::Look) | Next::Seal | Next::Done => self.call("GET", UPLOADS, None, None),
        }
    }

    fn call<'b>(
        &self,
        method: &'static str,
        path: &str,
        digest: Option<&str>,
        body: Option<Cow<'b, [u8]>>,
    ) -> (Vec<u8>, Cow<'b, [u8]>) {
        let mut fields = vec![("Authorization", self.authorization.as_str())];
        fields.extend(digest.map(|digest| ("Content-Digest", digest)));
        let call = Call { method, path, fields: &fields, length: body.as_ref().map(|body| body.len()) };
        (call.head(self.letterbox.host()), body.unwrap_or_default())
    }

    /// Whether it is worth trying again. A proxy that is gone for a while counts, once giving up would lose something.
    fn passes(&self, failed: &LetterboxError) -> bool {
        failed.passes() || self.uploading.acknowledged() > 0 && matches!(failed, LetterboxError::NoProxy(..))
    }
}

fn owned(body: String) -> Cow<'static, [u8]> {
    Cow::Owned(body.into_bytes())
}

fn read(response: &Response) -> Result<Answer, LetterboxError> {
    if let Some(held) = Held::parse(&response.body).filter(|_| response.status == Say::Held.status()) {
        return Ok(Answer::Held(held));
    }
    match Say::parse(&response.body) {
        Some(say) if say.status() == response.status => Ok(Answer::Say(say)),
        _ => Err(LetterboxError::Status(response.status)),
    }
}
