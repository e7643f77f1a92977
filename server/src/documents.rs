//! Published documents: verified before they are installed, kept as files, handed to every visitor as they were signed.

use hyper::body::Bytes;
use tipline_wire::intake::{self, Intake, IntakeError};
use tipline_wire::signed;
use tipline_wire::sshsig::{Fingerprint, SigError};

use crate::store::{Document, Letterbox, StoreError};

/// The longest body of a publication: the document and an armored signature.
pub const LONGEST: usize = intake::LONGEST + 2_048;

/// Why a document is not installed. The one before it stays.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Document and signature don't follow each other.
    #[error("a signed document was expected: the document, then the signature that ssh-keygen -Y sign made")]
    NotSigned,
    /// Malformed, or its signature is.
    #[error("{0}")]
    Intake(#[from] IntakeError),
    /// Another root.
    #[error("it was signed by the key {0}, not by this letterbox's root: check `root` in the configuration")]
    AnotherRoot(Fingerprint),
    /// Not newer than the installed one.
    #[error(
        "its serial {found} is not above that of the installed document, {installed}: sign it with a higher one"
    )]
    Stale {
        /// In the new document.
        found: u64,
        /// In the installed one.
        installed: u64,
    },
    /// It could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A verified intake document and its exact bytes.
#[derive(Debug, Clone)]
pub struct Published {
    intake: Intake,
    document: String,
    signature: String,
}

impl Published {
    /// Verifies a body: document, then signature, signed by `root`.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn verify(body: &str, root: &Fingerprint) -> Result<Self, DocumentError> {
        let (document, signature) = signed::split(body.as_bytes()).ok_or(DocumentError::NotSigned)?;
        let document = std::str::from_utf8(document).map_err(|_| DocumentError::NotSigned)?;
        let untrusted = intake::read(document, signature)?;
        let signer = untrusted.signer().fingerprint();
        let intake = untrusted.verify(root).map_err(|fault| match fault {
            SigError::AnotherSigner => DocumentError::AnotherRoot(signer),
            other => DocumentError::Intake(other.into()),
        })?;
        Ok(Self { intake, document: document.into(), signature: signature.into() })
    }

    /// Reads what was published before, if anything was.
    ///
    /// # Errors
    /// The file can't be read, or is not what `root` signed.
    pub fn load(store: &impl Letterbox, root: &Fingerprint) -> Result<Option<Self>, DocumentError> {
        let Some(body) = store.document(&Document::Intake)? else { return Ok(None) };
        let body = String::from_utf8(body).map_err(|_| DocumentError::NotSigned)?;
        Self::verify(&body, root).map(Some)
    }

    /// Whether it may replace `installed`: a higher serial, or the same bytes again.
    ///
    /// # Errors
    /// [`DocumentError::Stale`].
    pub fn may_replace(&self, installed: Option<&Self>) -> Result<(), DocumentError> {
        match installed {
            Some(old) if old.document != self.document && old.intake.serial >= self.intake.serial => {
                Err(DocumentError::Stale { found: self.intake.serial, installed: old.intake.serial })
            }
            _ => Ok(()),
        }
    }

    /// Keeps document and signature together, so that both change at once, durably.
    ///
    /// # Errors
    /// The store refused.
    pub fn save(&self, store: &impl Letterbox) -> Result<(), DocumentError> {
        Ok(store.publish(&Document::Intake, &self.body())?)
    }

    /// What it says.
    #[must_use]
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The signed text.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The armored signature.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Document, then signature, as `GET /intake` answers them.
    #[must_use]
    pub fn body(&self) -> Bytes {
        signed::join(self.document.as_bytes(), &self.signature).into()
    }
}
