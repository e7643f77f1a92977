//! `pickup --out FILE`: fetches the sealed tips into FILE.part, goes on where an earlier try stopped, verifies, renames.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::RANGE;
use hyper::{Method, Response, StatusCode};
use tipline_wire::pickup::Manifest;
use tokio::time::timeout;

use super::reach::Reach;
use super::session::{self, Session};
use super::verify;
use crate::error::Error;
use crate::operator::{AGAIN, PICKUP, Started, Wanted};
use crate::terminal::Progress;

/// So long a connection may bring nothing before it is given up: a circuit can break without a word.
const SILENCE: Duration = Duration::from_secs(120);

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// What the pickup says of itself.
    pub manifest: Manifest,
    /// What the server said when it made it; unknown when an earlier try was finished.
    pub started: Option<Started>,
}

/// Fetches, verifies and puts in place. A connection that breaks is made anew, as long as each one brings something.
///
/// # Errors
/// The server refused or went away, the disk did, or the pickup is not sound. FILE.part stays, so that the next try goes
/// on from there.
pub async fn pickup(reach: &Reach, wanted: Wanted, out: &Path) -> Result<Fetched, Error> {
    if fs::symlink_metadata(out).is_ok() {
        return Err(Error::PickupThere(out.to_owned()));
    }
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut started = None;
    loop {
        let before = length(&part);
        let session = Session::open(reach).await;
        match fetch(session?, wanted, &part, &mut started).await {
            Ok(()) => break,
            Err(Error::Answer(_)) if length(&part) > before => {}
            Err(fault) => return Err(fault),
        }
    }
    let manifest = check(&part)?;
    put_in_place(&part, out)?;
    Ok(Fetched { manifest, started })
}

async fn fetch(
    mut session: Session,
    wanted: Wanted,
    part: &Path,
    started: &mut Option<Started>,
) -> Result<(), Error> {
    if !resume(&mut session, part).await? {
        begin(&mut session, wanted, part, started).await?;
    }
    Ok(())
}

fn length(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |there| there.len())
}

/// Goes on with an earlier try; `false` when there is none that the server still knows.
async fn resume(session: &mut Session, part: &Path) -> Result<bool, Error> {
    let Ok(mut there) = File::open(part) else { return Ok(false) };
    let Ok((manifest, _)) = verify::manifest(&mut there) else { return Ok(false) };
    let len = there.metadata().map_err(file("read", part))?.len();
    let range = Some((RANGE, format!("bytes={len}-")));
    let path = format!("/pickup/{}", manifest.id);
    let response = session.request(Method::GET, &path, range, Bytes::new()).await?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            let to = OpenOptions::new().append(true).open(part).map_err(file("write", part))?;
            receive(response, to, part, len).await?;
            Ok(true)
        }
        // All of it may be there already.
        StatusCode::RANGE_NOT_SATISFIABLE => {
            session::short(response).await?;
            Ok(check(part).is_ok())
        }
        _ => session::short(response).await.map(|_| false),
    }
}

/// Has a new list frozen and fetches it.
async fn begin(
    session: &mut Session,
    wanted: Wanted,
    part: &Path,
    started: &mut Option<Started>,
) -> Result<(), Error> {
    let path = match wanted {
        Wanted::Missing => PICKUP,
        Wanted::Everything => AGAIN,
    };
    let response = session.request(Method::POST, path, None, Bytes::new()).await?;
    if !response.status().is_success() {
        return Err(session::refusal(response).await);
    }
    let new: Started = serde_json::from_slice(&session::short(response).await?)
        .map_err(|fault| Error::Answer(fault.to_string()))?;
    let path = format!("/pickup/{}", new.id);
    *started = Some(new);
    let response = session.request(Method::GET, &path, None, Bytes::new()).await?;
    if response.status() != StatusCode::OK {
        return Err(session::refusal(response).await);
    }
    receive(response, File::create(part).map_err(file("write", part))?, part, 0).await
}

async fn receive(response: Response<Incoming>, mut to: File, part: &Path, there: u64) -> Result<(), Error> {
    use hyper::body::Body as _;
    let mut body = response.into_body();
    let all = body.size_hint().exact().unwrap_or(0).saturating_add(there);
    let mut progress = Progress::new(all, there);
    while let Some(frame) = timeout(SILENCE, body.frame()).await.map_err(|_| silent())? {
        let frame = frame.map_err(|fault| Error::Answer(fault.to_string()))?;
        if let Ok(bytes) = frame.into_data() {
            to.write_all(&bytes).map_err(file("write", part))?;
            progress.add(u64::try_from(bytes.len()).unwrap_or(0));
        }
    }
    to.sync_all().map_err(file("write", part))
}

fn silent() -> Error {
    Error::Answer(format!("nothing came for {} seconds", SILENCE.as_secs()))
}

/// A pickup that is whole but not sound is of no use: the next try begins anew.
fn check(part: &Path) -> Result<Manifest, Error> {
    let mut input = BufReader::new(File::open(part).map_err(file("read", part))?);
    verify::verify(&mut input).map_err(|fault| {
        let _ = fs::remove_file(part);
        Error::Pickup { path: part.to_owned(), fault }
    })
}

fn put_in_place(part: &Path, out: &Path) -> Result<(), Error> {
    fs::rename(part, out).map_err(file("write", out))?;
    let dir = out.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(file("write", dir))
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |fault| Error::File { what, path, fault }
}
