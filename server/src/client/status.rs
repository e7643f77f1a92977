//! What `doctor` asks the running server: its status, and to read its whole store.

use std::path::Path;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Method, Response, StatusCode};

use super::reach::Reach;
use super::session::{self, Session};
use crate::doctor::scan::DAMAGED;
use crate::doctor::status::Status;
use crate::doctor::storage::Scanned;
use crate::error::Error;
use crate::terminal::{Progress, Unit};

/// The server's word about itself.
///
/// # Errors
/// It cannot be reached, or answers something else.
pub async fn status(socket: &Path) -> Result<Status, Error> {
    let response = ask(socket, "/status").await?;
    if response.status() != StatusCode::OK {
        return Err(session::refusal(response).await);
    }
    serde_json::from_slice(&session::short(response).await?).map_err(|fault| Error::Answer(fault.to_string()))
}

/// Has every tip read again, with progress.
///
/// # Errors
/// The server cannot be reached, or its store failed as a whole.
pub async fn scan(socket: &Path) -> Result<Scanned, Error> {
    let response = ask(socket, "/scan").await?;
    if response.status() != StatusCode::OK {
        return Err(session::refusal(response).await);
    }
    let mut marks = response.into_body();
    let mut progress = Progress::of(Unit::Tips, marks.size_hint().exact().unwrap_or(0), 0);
    let mut scanned = Scanned { tips: 0, damaged: 0 };
    while let Some(frame) = marks.frame().await {
        let frame = frame.map_err(|fault| Error::Answer(fault.to_string()))?;
        let Ok(read) = frame.into_data() else { continue };
        let damaged = read.iter().filter(|mark| **mark == DAMAGED).count();
        let tips = u64::try_from(read.len()).unwrap_or(0);
        scanned.tips = scanned.tips.saturating_add(tips);
        scanned.damaged = scanned.damaged.saturating_add(u64::try_from(damaged).unwrap_or(0));
        progress.add(tips);
    }
    Ok(scanned)
}

async fn ask(socket: &Path, path: &str) -> Result<Response<Incoming>, Error> {
    let mut session = Session::open(&Reach::Operator(socket.to_owned())).await?;
    session.request(Method::GET, path, None, Bytes::new()).await
}
