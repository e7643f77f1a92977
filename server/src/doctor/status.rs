//! What a running server tells the operator of itself: documents, room, version. No word about a visitor or a tip.

use std::sync::Arc;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use tipline_wire::board::{self, Board, BoardError};
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::intake::{Desk, Intake};
use tipline_wire::signed::{self, Untrusted};
use tipline_wire::site::{self, Site, SiteError};
use tipline_wire::sshsig::{Fingerprint, SigError};
use tokio::task::spawn_blocking;

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
    /// The day it was made.
    #[serde(with = "day")]
    pub issued: Date,
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
        let published = shown.published.as_ref();
        let desks = published.map_or(&[][..], |published| &published.intake().desks);
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            process: std::process::id(),
            today: office.world.today(),
            fullness: office.store.fullness().ok(),
            template: hex::encode(&office.template_digest()),
            intake: published.map(|published| Keys::of(published.intake(), published.text())),
            site: Found::look(&office.store, &Document::Site, |body| {
                read_site(body, published.map(|published| published.intake()), office.root())
            }),
            board: Found::look(&office.store, &Document::Board, |body| read_board(body, desks)),
        }
    }
}

impl<T> Found<T> {
    fn look(
        store: &impl Letterbox,
        document: &Document,
        read: impl FnOnce(&[u8]) -> Result<T, Unusable>,
    ) -> Self {
        match store.document(document) {
            Ok(None) => Self::Absent,
            Ok(Some(body)) => read(&body).map_or_else(|fault| Self::Unsound(fault.to_string()), Self::Sound),
            Err(fault) => Self::Unsound(fault.to_string()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("no document and signature are in its file")]
    Form,
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error("no desk of the intake document in force signed it")]
    NoDesk,
    #[error("it names another organisation or another root")]
    Another,
}

fn by_a_desk<T>(document: Untrusted<T>, desks: &[Desk]) -> Result<T, Unusable> {
    document.verify_desk(desks).map(|(value, _)| value).map_err(|_: SigError| Unusable::NoDesk)
}

fn read_site(body: &[u8], intake: Option<&Intake>, root: &Fingerprint) -> Result<SiteFacts, Unusable> {
    let (document, signature) = signed::split(body).ok_or(Unusable::Form)?;
    let document = std::str::from_utf8(document).map_err(|_| Unusable::Form)?;
    let intake = intake.ok_or(Unusable::NoDesk)?;
    let site: Site = by_a_desk(site::read(document, signature)?, &intake.desks)?;
    if site.org != intake.org || site.root() != Some(*root) {
        return Err(Unusable::Another);
    }
    let issued = site.issued().ok_or(SiteError::Field("issued"))?;
    Ok(SiteFacts { issued, rhythm: site.rhythm_days, pages: site.pages })
}

fn read_board(body: &[u8], desks: &[Desk]) -> Result<Answers, Unusable> {
    let (document, signature) = signed::split(body).ok_or(Unusable::Form)?;
    let board: Board = by_a_desk(board::read(document, signature)?, desks)?;
    Ok(Answers::of(&board))
}
