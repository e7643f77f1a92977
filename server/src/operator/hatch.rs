//! The requests behind the operator's and the courier's door. Answers are JSON; a refusal says in one sentence what was wrong and what to do.

use std::sync::Arc;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::RANGE;
use hyper::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tipline_wire::answer::Say;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::spawn_blocking;

use super::frozen::Wanted;
use super::tar;
use crate::documents::{self, DocumentError};
use crate::http::answer::{self, Answer};
use crate::http::body;
use crate::http::door::Handler;
use crate::journal::{self, Entry};
use crate::limits::Limits;
use crate::office::{Office, OfficeError};
use crate::store::Letterbox;

/// Where a document is published.
pub const PUBLISH: &str = "/publish";
/// Where an acknowledgement is handed in.
pub const ACKNOWLEDGE: &str = "/acknowledge";
/// Where a pickup of what not every desk has is frozen.
pub const PICKUP: &str = "/pickup";
/// Where a pickup of all that is still there is frozen.
pub const AGAIN: &str = "/pickup/again";

/// Pieces of a pickup between the disk and the socket, 16 KiB each.
const PIPE: usize = 8;
/// Pickups that are read at once over one door.
const READERS: usize = 2;

/// A sentence for the operator.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// Whether it was done.
    pub ok: bool,
    /// What was done, or what was wrong and what to do.
    pub say: String,
}

/// A pickup was frozen.
#[derive(Debug, Serialize, Deserialize)]
pub struct Started {
    /// 32 hex digits.
    pub id: String,
    /// Bytes of the tar.
    pub bytes: u64,
    /// Tips in it.
    pub count: u64,
    /// Tips that were left out because every desk has acknowledged them.
    pub left_out: u64,
    /// Tips of the store that are damaged and so not in it.
    pub damaged: u64,
}

/// Publishes, takes acknowledgements, hands out pickups.
#[derive(Debug)]
pub struct Hatch<S> {
    office: Arc<Office<S>>,
    limits: Limits,
    /// Bytes of documents that may still be in memory: an acknowledgement can be long.
    memory: Semaphore,
    /// Pickups that are read at once: each holds up to 32 MiB of tips.
    reading: Arc<Semaphore>,
}

impl<S: Letterbox> Handler for Hatch<S> {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        match (request.method(), path.as_str()) {
            (&Method::POST, PUBLISH) => self.publish(request).await,
            (&Method::POST, ACKNOWLEDGE) => self.acknowledge(request).await,
            (&Method::POST, PICKUP) => self.freeze(Wanted::Missing).await,
            (&Method::POST, AGAIN) => self.freeze(Wanted::Everything).await,
            (&Method::GET, path) => match path.strip_prefix("/pickup/") {
                Some(id) => self.fetch(id, &request).await,
                None => answer::say(Say::NotFound),
            },
            _ => answer::say(Say::NotFound),
        }
    }
}

impl<S: Letterbox> Hatch<S> {
    /// The hatch of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        Self {
            office,
            limits,
            memory: Semaphore::new(documents::LONGEST_ACK),
            reading: Arc::new(Semaphore::new(READERS)),
        }
    }

    async fn publish(&self, request: Request<Incoming>) -> Answer {
        let bytes = match self.read(request, documents::LONGEST).await {
            Ok((bytes, _memory)) => bytes,
            Err(say) => return answer::say(say),
        };
        let office = Arc::clone(&self.office);
        match spawn_blocking(move || office.publish(&bytes)).await {
            Ok(Ok(done)) => said(StatusCode::OK, done),
            Ok(Err(OfficeError::Document(fault))) => refused(&fault),
            Ok(Err(fault)) => said(StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()),
            Err(_) => answer::say(Say::Broken),
        }
    }

    async fn acknowledge(&self, request: Request<Incoming>) -> Answer {
        let (bytes, _memory) = match self.read(request, documents::LONGEST_ACK).await {
            Ok(read) => read,
            Err(say) => return answer::say(say),
        };
        let office = Arc::clone(&self.office);
        match spawn_blocking(move || office.acknowledge(&bytes)).await {
            Ok(Ok(heard)) => said(StatusCode::OK, heard.sentence(&self.office.sweep().await)),
            Ok(Err(fault)) => refused(&fault),
            Err(_) => answer::say(Say::Broken),
        }
    }

    /// Reads a body that may be so long, and holds a place in memory for it.
    async fn read(
        &self,
        request: Request<Incoming>,
        longest: usize,
    ) -> Result<(Bytes, SemaphorePermit<'_>), Say> {
        let len = request.body().size_hint().exact().and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|len| *len <= longest).ok_or(Say::TooLong)?;
        let permits = u32::try_from(len).map_err(|_| Say::TooLong)?;
        let memory = self.memory.acquire_many(permits).await.map_err(|_| Say::Broken)?;
        Ok((body::read(request.into_body(), len, &self.limits).await?.into(), memory))
    }

    async fn freeze(&self, wanted: Wanted) -> Answer {
        let office = Arc::clone(&self.office);
        let frozen = spawn_blocking(move || office.freeze(wanted));
        let frozen = match frozen.await {
            Ok(Ok(frozen)) => frozen,
            Ok(Err(fault)) => return said(StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()),
            Err(_) => return answer::say(Say::Broken),
        };
        if frozen.damaged() > 0 {
            journal::write(&Entry::DamagedTips(frozen.damaged()));
        }
        let started = Started {
            id: frozen.id().into(),
            bytes: frozen.total(),
            count: u64::try_from(frozen.count()).unwrap_or(u64::MAX),
            left_out: frozen.left_out(),
            damaged: frozen.damaged(),
        };
        self.office.remember(Arc::new(frozen));
        answer::json(StatusCode::OK, serde_json::to_vec(&started).unwrap_or_default())
    }

    async fn fetch(&self, id: &str, request: &Request<Incoming>) -> Answer {
        let Some(pickup) = self.office.pickup(id) else {
            return answer::say(Say::NotFound);
        };
        let total = pickup.total();
        let from = match request.headers().get(RANGE).map(|range| range.to_str().ok().and_then(first_byte)) {
            None => 0,
            Some(Some(from)) if from < total => from,
            Some(_) => return said(StatusCode::RANGE_NOT_SATISFIABLE, "there is no such range".into()),
        };
        // Whoever comes third waits for one of the others.
        let Ok(turn) = Arc::clone(&self.reading).acquire_owned().await else {
            return answer::say(Say::Broken);
        };
        let (sender, pieces) = mpsc::channel(PIPE);
        let office = Arc::clone(&self.office);
        spawn_blocking(move || {
            let _turn = turn;
            if tar::send(&office.store, &pickup, from, sender).is_err() {
                // Something of it is gone or damaged: who resumes it gets a new list.
                office.forget_pickup(pickup.id());
            }
        });
        answer::archive(pieces, from, total)
    }
}

fn refused(fault: &DocumentError) -> Answer {
    let status = match fault {
        DocumentError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    said(status, fault.to_string())
}

/// The N of `bytes=N-`, the only kind of range there is here.
fn first_byte(range: &str) -> Option<u64> {
    let digits = range.strip_prefix("bytes=")?.strip_suffix('-')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn said(status: StatusCode, say: String) -> Answer {
    let body = Said { ok: status.is_success(), say };
    answer::json(status, serde_json::to_vec(&body).unwrap_or_default())
}
