//! The public door: what a visitor can ask for. Every answer has the same shape, and tells nothing of anybody.
//!
//! [`page`] what everybody is shown · [`tip`] a tip in one request · [`upload`] a tip in parts.

mod page;
mod tip;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName};
use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::intake::EpochKeys;
use tipline_wire::outer::OuterError;
use tipline_wire::route::{Route, RouteError};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::answer::{self, Answer};
use crate::http::door::Handler;
use crate::limits::Limits;
use crate::office::{Office, Shown};
use crate::store::{Letterbox, StoreError};

/// Bodies up to this many bytes never wait for memory: a tip of words only is shorter.
const SMALL: u64 = 128 << 10;
/// So long a large body waits for others to leave memory before it is told to come again (T-08).
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers visitors.
#[derive(Debug)]
pub struct Public<S> {
    office: Arc<Office<S>>,
    limits: Limits,
    /// Bytes of large bodies that may still be in memory.
    memory: Semaphore,
}

impl<S: Letterbox> Handler for Public<S> {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let said = match Route::parse(request.method().as_str(), target) {
            Ok(Route::Page) => return self.page(&request),
            Ok(Route::Intake) => return self.intake(),
            Ok(Route::Tip(epoch)) => self.take(epoch, request).await.map(|()| Say::Kept),
            Ok(Route::Begin) => self.begin(request).await.map(|()| Say::Begun),
            Ok(Route::Held) => return self.held(&request),
            Ok(Route::Part(number)) => self.put(number, request).await.map(|()| Say::PartKept),
            Ok(Route::Commit) => self.commit(request).await.map(|()| Say::Kept),
            Ok(Route::Board) => return self.board(),
            Ok(Route::Leave | Route::Form(_)) | Err(RouteError::NotFound) => Err(Say::NotFound),
            Err(RouteError::MethodNotAllowed) => Err(Say::MethodNotAllowed),
        };
        answer::say(said.unwrap_or_else(|refusal| refusal))
    }
}

impl<S: Letterbox> Public<S> {
    /// The door of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        Self { office, memory: Semaphore::new(limits.large_bodies), limits }
    }

    /// The keys of an epoch that is open on `day`.
    fn open_epoch<'a>(&self, shown: &'a Shown, epoch: Date, day: Date) -> Result<&'a EpochKeys, Say> {
        let published = shown.published.as_ref().ok_or(Say::NotOpenYet)?;
        published.intake().takes(epoch, day).ok_or(Say::EpochClosed)
    }

    /// Waits until a large body may be in memory, but not for ever; a small one never waits.
    async fn memory_for(&self, len: u64) -> Result<Option<SemaphorePermit<'_>>, Say> {
        if len <= SMALL {
            return Ok(None);
        }
        let most = u64::try_from(self.limits.large_bodies).unwrap_or(u64::MAX);
        let permits = u32::try_from(len.min(most)).map_err(|_| Say::TooLong)?;
        let room = tokio::time::timeout(PATIENCE, self.memory.acquire_many(permits)).await;
        room.map_err(|_| Say::Full)?.map(Some).map_err(|_| Say::Broken)
    }
}

/// The body's length as the head gives it: known before a byte is read.
fn length(request: &Request<Incoming>) -> Result<u64, Say> {
    request.headers().contains_key(CONTENT_LENGTH).then_some(()).ok_or(Say::NoLength)?;
    request.body().size_hint().exact().ok_or(Say::NoLength)
}

/// The text of a field that stands once.
fn only_field(fields: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = fields.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn not_a_tip(fault: OuterError) -> Say {
    match fault {
        OuterError::Count | OuterError::Stanza => Say::WrongKeys,
        OuterError::NotAge | OuterError::Cut | OuterError::Mac => Say::NotATip,
    }
}

fn refused(fault: StoreError) -> Say {
    match fault {
        StoreError::Full => Say::Full,
        StoreError::NoUpload => Say::NoUpload,
        StoreError::OtherBytes => Say::OtherBytes,
        StoreError::MissingPart => Say::MissingPart,
        StoreError::Closing | StoreError::Broken(_) | StoreError::Damaged | StoreError::Unknown => {
            Say::Broken
        }
    }
}
