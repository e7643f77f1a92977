//! The public door: the page, the intake document, and tips. Every answer has the same shape, and tells nothing of anybody.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT_ENCODING, CONTENT_LENGTH};
use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::intake::EpochKeys;
use tipline_wire::outer::{Header, OuterError};
use tipline_wire::route::{Route, RouteError};
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::answer::{self, Answer};
use crate::http::body;
use crate::http::door::Handler;
use crate::limits::Limits;
use crate::office::{Office, Shown};
use crate::page::coding_for;
use crate::store::{Letterbox, SealedTip, Share, StoreError};

/// Bodies up to this many bytes never wait for memory: a tip of words only is shorter.
const SMALL: usize = 128 << 10;
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
        match Route::parse(request.method().as_str(), target) {
            Ok(Route::Page) => {
                self.office.shown().page.answer(coding_for(request.headers().get(ACCEPT_ENCODING)))
            }
            Ok(Route::Intake) => match &self.office.shown().intake {
                Some(intake) => answer::document(intake.clone()),
                None => answer::say(Say::NotOpenYet),
            },
            Ok(Route::Tip(epoch)) => answer::say(self.take(epoch, request).await.err().unwrap_or(Say::Kept)),
            Ok(
                Route::Board
                | Route::Leave
                | Route::Form(_)
                | Route::Begin
                | Route::Held
                | Route::Part(_)
                | Route::Commit,
            )
            | Err(RouteError::NotFound) => answer::say(Say::NotFound),
            Err(RouteError::MethodNotAllowed) => answer::say(Say::MethodNotAllowed),
        }
    }
}

impl<S: Letterbox> Public<S> {
    /// The door of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        Self { office, memory: Semaphore::new(limits.large_bodies), limits }
    }

    /// Takes a tip; `Ok` only once it is durable. Each check comes before the next costs anything.
    async fn take(&self, epoch: Date, request: Request<Incoming>) -> Result<(), Say> {
        let shown = self.office.shown();
        let keys = self.open_epoch(&shown, epoch)?;
        let len = accepted_length(&request, keys.count())?;
        // That there is no room is said only after the body: a tip that is held already was kept, also when the answer
        // that said so was lost.
        let room = self.office.store.reserve(Share::Small, u64::try_from(len).unwrap_or(u64::MAX));
        let _memory = self.memory_for(len).await?;
        let bytes = body::read(request.into_body(), len, &self.limits).await?;
        Header::parse(&bytes, keys.count()).map_err(not_a_tip)?;
        let tip = SealedTip { id: TipId::of_one_request(&bytes), epoch, bytes };
        if self.office.store.has(&tip.id) {
            return Ok(());
        }
        let room = room.map_err(refused)?;
        let kept = self.office.store.keep(tip).await.map_err(refused);
        drop(room);
        kept
    }

    fn open_epoch<'a>(&self, shown: &'a Shown, epoch: Date) -> Result<&'a EpochKeys, Say> {
        let published = shown.published.as_ref().ok_or(Say::NotOpenYet)?;
        published.intake().takes(epoch, self.office.world.today()).ok_or(Say::EpochClosed)
    }

    /// Waits until a large body may be in memory, but not for ever; a small one never waits.
    async fn memory_for(&self, len: usize) -> Result<Option<SemaphorePermit<'_>>, Say> {
        if len <= SMALL {
            return Ok(None);
        }
        let permits = u32::try_from(len.min(self.limits.large_bodies)).map_err(|_| Say::TooLong)?;
        let room = tokio::time::timeout(PATIENCE, self.memory.acquire_many(permits)).await;
        room.map_err(|_| Say::Full)?.map(Some).map_err(|_| Say::Broken)
    }
}

/// The body's length, if it is exactly that of a sealed tip that fits one request.
fn accepted_length(request: &Request<Incoming>, recipients: u8) -> Result<usize, Say> {
    if !request.headers().contains_key(CONTENT_LENGTH) {
        return Err(Say::NoLength);
    }
    let len = request.body().size_hint().exact().ok_or(Say::NoLength)?;
    if len > Padded::ONE_REQUEST_MAX.sealed_len(MAX_RECIPIENTS) {
        return Err(Say::TooLong);
    }
    match Padded::from_sealed_len(recipients, len) {
        Some(padded) if padded <= Padded::ONE_REQUEST_MAX => usize::try_from(len).map_err(|_| Say::TooLong),
        _ => Err(Say::WrongLength),
    }
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
