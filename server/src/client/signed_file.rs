//! A signed document on the disk: the file, and its signature beside it as FILE.sig.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use tipline_wire::signed;
use tipline_wire::sshsig::LONGEST_ARMOR;

use crate::error::Error;

/// Reads a document of at most `longest` bytes and its signature: the body to hand in.
///
/// # Errors
/// One of both can't be read, or is longer than any sound one.
pub(super) fn read(file: &Path, longest: usize) -> Result<Vec<u8>, Error> {
    let mut signature = file.as_os_str().to_owned();
    signature.push(".sig");
    let signature = PathBuf::from(signature);
    let document = bounded(file, "read the document", longest)?;
    let armor = bounded(&signature, "read the signature", LONGEST_ARMOR)?;
    let armor = String::from_utf8(armor).map_err(|_| Error::File {
        what: "read the signature",
        path: signature,
        fault: std::io::ErrorKind::InvalidData.into(),
    })?;
    Ok(signed::join(&document, &armor))
}

fn bounded(path: &Path, what: &'static str, longest: usize) -> Result<Vec<u8>, Error> {
    let fails = |fault| Error::File { what, path: path.to_owned(), fault };
    let most = u64::try_from(longest).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(fails)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(fails)?;
    if bytes.len() > longest { Err(fails(std::io::ErrorKind::FileTooLarge.into())) } else { Ok(bytes) }
}
