//! `pickup --acknowledge FILE`: hands a desk's signed word that it has the tips to the running server.

use std::path::PathBuf;

use super::reach::Reach;
use super::session::Session;
use super::signed_file;
use crate::documents::LONGEST_ACK;
use crate::error::Error;
use crate::operator::ACKNOWLEDGE;

/// Hands in acknowledgements; `told` hears what the server said of each.
///
/// # Errors
/// A file can't be read, or the server refused one: those after it were not handed in.
pub async fn acknowledge(reach: &Reach, files: &[PathBuf], mut told: impl FnMut(&str)) -> Result<(), Error> {
    for file in files {
        let body = signed_file::read(file, LONGEST_ACK)?;
        told(&Session::open(reach).await?.hand_in(ACKNOWLEDGE, file, body).await?);
    }
    Ok(())
}
