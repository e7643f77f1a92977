//! `pickup --out FILE`: fetches the sealed tips into FILE.part, goes on where an earlier try stopped, verifies, renames.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::RANGE;
use hyper::{Method, Response, StatusCode};
use tipline_wire::pickup::Manifest;

use super::{connection, verify};
use crate::error::Error;
use crate::operator::Started;
use crate::terminal::Progress;

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// What the pickup says of itself.
    pub manifest: Manifest,
    /// Tips of the store that are damaged and so not in it; unknown when an earlier try was finished.
    pub damaged: u64,
}

/// Fetches, verifies and puts in place.
///
/// # Errors
/// The server refused or went away, the disk did, or the pickup is not sound. FILE.part stays, so that the next try goes
/// on from there.
pub async fn pickup(socket: &Path, out: &Path) -> Result<Fetched, Error> {
    if fs::symlink_metadata(out).is_ok() {
        return Err(Error::PickupThere(out.to_owned()));
    }
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let damaged = if resume(socket, &part).await? { 0 } else { begin(socket, &part).await? };
    let manifest = check(&part)?;
    put_in_place(&part, out)?;
    Ok(Fetched { manifest, damaged })
}

/// Goes on with an earlier try; `false` when there is none that the server still knows.
async fn resume(socket: &Path, part: &Path) -> Result<bool, Error> {
    let Ok(mut there) = File::open(part) else { return Ok(false) };
    let Ok((manifest, _)) = verify::manifest(&mut there) else { return Ok(false) };
    let len = there.metadata().map_err(file("read", part))?.len();
    let range = Some((RANGE, format!("bytes={len}-")));
    let path = format!("/pickup/{}", manifest.id);
    let response = connection::request(socket, Method::GET, &path, range, Bytes::new()).await?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            let to = OpenOptions::new().append(true).open(part).map_err(file("write", part))?;
            receive(response, to, part, len).await?;
            Ok(true)
        }
        // All of it may be there already.
        StatusCode::RANGE_NOT_SATISFIABLE => Ok(check(part).is_ok()),
        _ => Ok(false),
    }
}

/// Has a new list frozen and fetches it; answers how many tips are damaged.
async fn begin(socket: &Path, part: &Path) -> Result<u64, Error> {
    let response = connection::request(socket, Method::POST, "/pickup", None, Bytes::new()).await?;
    if !response.status().is_success() {
        return Err(connection::refusal(response).await);
    }
    let started: Started = serde_json::from_slice(&connection::short(response).await?)
        .map_err(|fault| Error::Answer(fault.to_string()))?;
    let path = format!("/pickup/{}", started.id);
    let response = connection::request(socket, Method::GET, &path, None, Bytes::new()).await?;
    if response.status() != StatusCode::OK {
        return Err(connection::refusal(response).await);
    }
    receive(response, File::create(part).map_err(file("write", part))?, part, 0).await?;
    Ok(started.damaged)
}

async fn receive(response: Response<Incoming>, mut to: File, part: &Path, there: u64) -> Result<(), Error> {
    use hyper::body::Body as _;
    let mut body = response.into_body();
    let all = body.size_hint().exact().unwrap_or(0).saturating_add(there);
    let mut progress = Progress::new(all, there);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|fault| Error::Answer(fault.to_string()))?;
        if let Ok(bytes) = frame.into_data() {
            to.write_all(&bytes).map_err(file("write", part))?;
            progress.add(u64::try_from(bytes.len()).unwrap_or(0));
        }
    }
    to.sync_all().map_err(file("write", part))
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
