//! Whose letterbox it is and which keys seal today: documents from the page or from a file, checked as the page checks them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tipline_core::documents::{Documents, Reason};
use tipline_wire::intake::{Intake, LONGEST, Site};
use tipline_wire::signed;
use tipline_wire::site::LONGEST_PAGE;

use crate::page;

/// Documents and the host they must be for.
pub struct Offered {
    /// Not trusted yet.
    pub documents: Documents,
    /// The letterbox's host.
    pub host: String,
}

/// An intake document's file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: {error}. The document and its signature belong side by side, as intake.txt and intake.txt.sig; a saved page of the \
     letterbox holds both", path.display()
)]
pub struct NoDocument {
    path: PathBuf,
    error: io::Error,
}

/// Reads an intake document and the signature beside it, or both in one file as the letterbox shows them, or both out of a page
/// of it that was saved. Without a connection there is no host to compare: the document's own is taken, and the fingerprint
/// decides.
///
/// # Errors
/// One of the two files cannot be read.
pub fn from_file(path: &Path) -> Result<Offered, NoDocument> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    let document = read(path, LONGEST_PAGE)?;
    let intake_of = |intake: &str, signature: String| Documents {
        intake: Some(intake.to_owned()),
        intake_signature: Some(signature),
        ..Documents::default()
    };
    let documents = match (page::documents(document.as_bytes()), signed::split(document.as_bytes())) {
        (Ok(documents), _) => documents,
        (Err(_), Some((intake, signature))) => {
            intake_of(str::from_utf8(intake).unwrap_or_default(), signature.to_owned())
        }
        (Err(_), None) => intake_of(&document, read(Path::new(&beside), LONGEST)?),
    };
    let host = match Intake::parse(documents.intake.as_deref().unwrap_or_default()).map(|intake| intake.site)
    {
        Ok(Site::Onion(onion)) => onion,
        Ok(Site::Any) | Err(_) => "localhost".to_owned(),
    };
    Ok(Offered { documents, host })
}

fn read(path: &Path, most: usize) -> Result<String, NoDocument> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| NoDocument { path: path.to_owned(), error })
}

/// Why nothing may be sealed now, and what to do.
#[must_use]
pub fn sentence(reason: &Reason) -> String {
    let advice = match reason {
        Reason::NoDocuments => "It is an empty page: ask the organisation for its address",
        Reason::Malformed => "Load them again; if that does not help, tell the organisation by another way",
        Reason::WrongSignature | Reason::AnotherSite { .. } => {
            "Somebody may have put them there. Do not send anything; tell the organisation by another way"
        }
        Reason::LinkDisagrees => {
            return "the fingerprint that you gave is not the one of this letterbox. Check every letter of it on paper; if it is \
                    right, do not send anything here"
                .to_owned();
        }
        Reason::ClockWrong { .. } => "Set this computer's date, then try again",
        Reason::Closed { .. } => "That is the organisation's fault, not yours. Tell them by another way",
        Reason::NotOpenYet { .. } => "Try again then",
    };
    format!("{reason}. {advice}")
}
