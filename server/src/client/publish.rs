//! `publish FILE…`: hands signed documents to the running server, which verifies and installs them.

use std::path::PathBuf;

use super::reach::Reach;
use super::session::Session;
use super::signed_file;
use crate::documents::{Kind, LONGEST};
use crate::error::Error;
use crate::operator::PUBLISH;

/// Publishes documents, in the order in which each can count: a board names the intake document that it was made beside.
/// `told` hears what the server said of each.
///
/// # Errors
/// A file can't be read, or the server refused one: those after it were not handed in.
pub async fn publish(reach: &Reach, files: &[PathBuf], mut told: impl FnMut(&str)) -> Result<(), Error> {
    let read = |file: &PathBuf| signed_file::read(file, LONGEST).map(|body| (file.clone(), body));
    let mut bodies = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    bodies.sort_by_key(|(_, body)| rank(body));
    for (file, body) in bodies {
        // Each over a connection of its own: an early refusal ends one.
        told(&Session::open(reach).await?.hand_in(PUBLISH, &file, body).await?);
    }
    Ok(())
}

fn rank(body: &[u8]) -> u8 {
    match Kind::of(body) {
        Some(Kind::Intake) => 0,
        Some(Kind::Site) => 1,
        Some(Kind::Board | Kind::Ack) | None => 2,
    }
}
