//! The public door: what a visitor can ask for. Every answer has the same shape, and tells nothing of anybody.
//!
//! [`page`] what everybody is shown · [`tip`] a tip in one request · [`upload`] a tip in parts · [`form`] a
//! sealed file from a page without scripts · [`told`] what its sender is told.

mod form;
mod page;
mod tip;
mod told;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName};
use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::intake::{EpochKeys, NoEpoch};
use tipline_wire::outer::OuterError;
use tipline_wire::route::{Route, RouteError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::admission::places::Place;
use crate::admission::{Admission, Begun};
use crate::http::answer::{self, Answer};
use crate::http::body::Reader;
use crate::http::door::Handler;
use crate::http::proxy_line::Circuit;
use crate::limits::Limits;
use crate::office::{Office, Shown};
use crate::store::{Letterbox, StoreError};
use told::Told;

/// Bodies up to this many bytes never wait for a place: a tip of words only is shorter.
const SMALL: u64 = 128 << 10;

/// Answers visitors.
#[derive(Debug)]
pub struct Public<S> {
    office: Arc<Office<S>>,
    limits: Limits,
    admission: Admission,
    told: Told,
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
            Ok(Route::Form(epoch)) => return self.form(epoch, request).await,
            Ok(Route::Leave) => return told::left(),
            Err(RouteError::NotFound) => Err(Say::NotFound),
            Err(RouteError::MethodNotAllowed) => Err(Say::MethodNotAllowed),
        };
        answer::say(said.unwrap_or_else(|refusal| refusal))
    }
}

impl<S: Letterbox> Public<S> {
    /// The door of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        let told = Told::new(office.sentences());
        let public = Self { office, limits, admission: Admission::new(limits.rules), told };
        let now = public.office.world.elapsed();
        for upload in public.office.store.uploads() {
            public.admission.found(upload, now);
        }
        public.look(now);
        public
    }

    /// Gives up uploads that rested too long, until `stop` turns true.
    pub async fn tend(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(self.limits.tending);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            let now = self.office.world.elapsed();
            if self.admission.must_look(now) {
                self.look(now);
            }
            self.admission.look_at_places(self.draw(), now);
            for upload in self.admission.rested_too_long(now) {
                self.office.store.give_up(&upload);
            }
        }
    }

    /// Looks at the disk. Without randomness the draws are the strictest; a disk that can't be asked is not judged anew.
    fn look(&self, now: Duration) {
        if let Ok(fullness) = self.office.store.fullness() {
            self.admission.look(fullness, [self.draw(), self.draw(), self.draw()], now);
        }
    }

    fn draw(&self) -> u32 {
        self.office.world.random().map_or(u32::MAX, u32::from_be_bytes)
    }

    /// Begins a tip or an upload, if its circuit has not begun enough of late.
    fn admit(&self, circuit: Option<Circuit>) -> Result<Begun<'_>, Say> {
        self.admission.begin(circuit, self.office.world.elapsed()).ok_or(Say::Full)
    }

    /// The keys of an epoch that is open on `day`.
    fn open_epoch<'a>(&self, shown: &'a Shown, epoch: Date, day: Date) -> Result<&'a EpochKeys, Say> {
        let published = shown.published.as_ref().ok_or(Say::NotOpenYet)?;
        published.intake().takes(epoch, day).ok_or(Say::EpochClosed)
    }

    /// The keys of the epoch that runs on `day`.
    fn running_epoch<'a>(&self, shown: &'a Shown, day: Date) -> Result<&'a EpochKeys, Say> {
        let published = shown.published.as_ref().ok_or(Say::NotOpenYet)?;
        published.intake().choose(day).map_err(|no| match no {
            NoEpoch::NotOpenYet { .. } | NoEpoch::ClockWrong { .. } => Say::NotOpenYet,
            NoEpoch::Closed { .. } => Say::EpochClosed,
        })
    }

    /// Waits for the place of a large body, but not for ever; a small one needs none.
    async fn place(&self, len: u64, circuit: Option<Circuit>) -> Result<Option<Place<'_>>, Say> {
        if len <= SMALL {
            return Ok(None);
        }
        let place = timeout(self.limits.patience, self.admission.places.take(circuit)).await;
        place.map(Some).map_err(|_| Say::Full)
    }

    /// A body of `len` bytes; a large one must come faster when places are short.
    fn reader(&self, body: Incoming, len: u64) -> Reader<Incoming, impl Fn() -> u32 + '_> {
        let haste = move || if len <= SMALL { 1 } else { self.admission.places.haste() };
        Reader::new(body, len, &self.limits, haste)
    }
}

/// The circuit over which a request came, where tor says it.
fn circuit(request: &Request<Incoming>) -> Option<Circuit> {
    request.extensions().get().copied()
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
