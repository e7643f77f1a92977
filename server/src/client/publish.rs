//! `publish FILE…`: hands signed documents to the running server, which verifies and installs them.

use std::path::{Path, PathBuf};

use hyper::Method;
use tipline_wire::signed;

use super::connection;
use crate::documents::LONGEST;
use crate::error::Error;
use crate::operator::Said;

/// Publishes one document; answers what the server said.
///
/// # Errors
/// A file can't be read, or the server refused.
pub async fn publish(socket: &Path, file: &Path) -> Result<String, Error> {
    let mut signature = file.as_os_str().to_owned();
    signature.push(".sig");
    let body = signed::join(read(file)?.as_bytes(), &read(&PathBuf::from(signature))?);
    let response = connection::request(socket, Method::POST, "/publish", None, body.into()).await?;
    if !response.status().is_success() {
        return Err(connection::refusal(response).await);
    }
    let said: Said = serde_json::from_slice(&connection::short(response).await?)
        .map_err(|fault| Error::Answer(fault.to_string()))?;
    Ok(said.say)
}

fn read(path: &Path) -> Result<String, Error> {
    let fails = |fault| Error::File { what: "read the document", path: path.to_owned(), fault };
    let longest = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    if std::fs::metadata(path).map_err(fails)?.len() > longest {
        return Err(fails(std::io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read_to_string(path).map_err(fails)
}
