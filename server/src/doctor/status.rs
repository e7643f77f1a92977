//! What a running server tells the operator of itself: documents, room, version. No word about a visitor or a tip.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use tipline_wire::board::Board;
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::site::Site;
use tokio::task::spawn_blocking;

use crate::documents::{DocumentError, Published};
use crate::freshness::{Answers, Keys, day};
use crate::http::answer::{self, Answer};
use crate::office::Office;
use crate::store::{Document, Letterbox};

/// The answer to `GET /status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// The server's process.
    pub process: u32,
    /// The day by the server's clock.
    #[serde(with = "day")]
    pub today: Date,
    /// How much of the disk is used, in percent; `None` when it cannot be asked.
    pub fullness: Option<u8>,
    /// SHA-256 of the page's template, 64 hex digits.
    pub template: String,
    /// The intake document in force.
    pub intake: Option<Keys>,
    /// The site document, its signature checked again.
    pub site: Found<SiteFacts>,
    /// The board, its signature checked again.
    pub board: Found<Answers>,
}

/// A document on the server's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Found<T> {
    /// None was published.
    Absent,
    /// It cannot be used, and why.
    Unsound(String),
    /// It is as a desk signed it.
    Sound(T),
}

/// What matters here of a site document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// The day it was made, `YYYY-MM-DD`.
    pub issued: String,
    /// Days between two readings.
    pub rhythm: u16,
    /// SHA-256 of the accepted page templates, 64 hex digits each.
    pub pages: Vec<String>,
}

/// Answers the operator.
pub async fn answer<S: Letterbox>(office: &Arc<Office<S>>) -> Answer {
    let office = Arc::clone(office);
    match spawn_blocking(move || Status::of(&office)).await {
        Ok(status) => answer::json(StatusCode::OK, serde_json::to_vec(&status).unwrap_or_default()),
        Err(_) => answer::say(tipline_wire::answer::Say::Broken),
    }
}

impl Status {
    /// Of a running office. Blocks.
    pub fn of<S: Letterbox>(office: &Office<S>) -> Self {
        let shown = office.shown();
        let intake = shown.published.as_deref();
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            process: std::process::id(),
            today: office.world.today(),
            fullness: office.store.fullness().ok(),
            template: hex::encode(&office.template_digest()),
            intake: intake.map(|published| Keys::of(published.intake(), published.text())),
            site: Found::look(office, intake, &Document::Site, |body, intake| {
                Published::<Site>::by_desk(body, intake).map(|site| SiteFacts::of(site.content()))
            }),
            board: Found::look(office, intake, &Document::Board, |body, intake| {
                Published::<Board>::by_desk(body, intake).map(|board| Answers::of(board.content()))
            }),
        }
    }
}

impl SiteFacts {
    fn of(site: &Site) -> Self {
        Self { issued: site.issued.clone(), rhythm: site.rhythm_days, pages: site.pages.clone() }
    }
}

impl<T> Found<T> {
    fn look<S: Letterbox>(
        office: &Office<S>,
        intake: Option<&Published>,
        document: &Document,
        verify: impl FnOnce(&Bytes, &Published) -> Result<T, DocumentError>,
    ) -> Self {
        let read = || {
            let Some(body) = office.store.document(document)? else { return Ok(None) };
            verify(&body.into(), intake.ok_or(DocumentError::NoIntake)?).map(Some)
        };
        match read() {
            Ok(found) => found.map_or(Self::Absent, Self::Sound),
            Err(fault) => Self::Unsound(fault.to_string()),
        }
    }
}
