//! The operator's requests. Answers are JSON; a refusal says in one sentence what was wrong and what to do.

use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header::RANGE;
use hyper::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tipline_wire::answer::Say;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::frozen::Frozen;
use super::tar;
use crate::doctor;
use crate::documents::{self, Published};
use crate::http::answer::{self, Answer};
use crate::http::body;
use crate::http::door::Handler;
use crate::journal::{self, Entry};
use crate::limits::Limits;
use crate::office::{Office, OfficeError};
use crate::store::Letterbox;

/// Pieces of a pickup between the disk and the socket, 16 KiB each.
const PIPE: usize = 8;

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
    /// Tips of the store that are damaged and so not in it.
    pub damaged: u64,
}

/// Answers the operator.
#[derive(Debug)]
pub struct Operator<S> {
    office: Arc<Office<S>>,
    limits: Limits,
}

impl<S: Letterbox> Handler for Operator<S> {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        match (request.method(), path.as_str()) {
            (&Method::POST, "/publish") => self.publish(request).await,
            (&Method::POST, "/pickup") => self.freeze().await,
            (&Method::GET, "/status") => doctor::status::answer(&self.office).await,
            (&Method::GET, "/scan") => doctor::scan::answer(&self.office).await,
            (&Method::GET, path) => match path.strip_prefix("/pickup/") {
                Some(id) => self.fetch(id, &request),
                None => answer::say(Say::NotFound),
            },
            _ => answer::say(Say::NotFound),
        }
    }
}

impl<S: Letterbox> Operator<S> {
    /// The door of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        Self { office, limits }
    }

    async fn publish(&self, request: Request<Incoming>) -> Answer {
        let len = request.body().size_hint().exact().and_then(|len| usize::try_from(len).ok());
        let Some(len) = len.filter(|len| *len <= documents::LONGEST) else {
            return answer::say(Say::TooLong);
        };
        let bytes = match body::read(request.into_body(), len, &self.limits).await {
            Ok(bytes) => bytes,
            Err(say) => return answer::say(say),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return said(StatusCode::BAD_REQUEST, "the document is not text".into());
        };
        let office = Arc::clone(&self.office);
        match spawn_blocking(move || office.publish(&text)).await {
            Ok(Ok(serial)) => said(StatusCode::OK, format!("the intake document {serial} is published")),
            Ok(Err(OfficeError::Document(fault))) => said(StatusCode::BAD_REQUEST, fault.to_string()),
            Ok(Err(fault)) => said(StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()),
            Err(_) => answer::say(Say::Broken),
        }
    }

    async fn freeze(&self) -> Answer {
        let office = Arc::clone(&self.office);
        let frozen = spawn_blocking(move || {
            let site = office.shown().published.as_ref().map(Published::intake).map(|i| i.site.to_string());
            Frozen::new(&office.store, &site.unwrap_or_default(), &office.world)
        });
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
            damaged: frozen.damaged(),
        };
        self.office.remember(Arc::new(frozen));
        answer::json(StatusCode::OK, serde_json::to_vec(&started).unwrap_or_default())
    }

    fn fetch(&self, id: &str, request: &Request<Incoming>) -> Answer {
        let Some(pickup) = self.office.pickup(id) else {
            return answer::say(Say::NotFound);
        };
        let total = pickup.total();
        let from = match request.headers().get(RANGE).map(|range| range.to_str().ok().and_then(first_byte)) {
            None => 0,
            Some(Some(from)) if from < total => from,
            Some(_) => return said(StatusCode::RANGE_NOT_SATISFIABLE, "there is no such range".into()),
        };
        let (sender, pieces) = mpsc::channel(PIPE);
        let office = Arc::clone(&self.office);
        spawn_blocking(move || tar::send(&office.store, &pickup, from, sender));
        answer::archive(pieces, from, total)
    }
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
