//! A document whose signature was verified, with its exact bytes: what visitors are handed is what was signed.

use hyper::body::Bytes;
use tipline_wire::board::{self, Board};
use tipline_wire::intake::{self, Intake};
use tipline_wire::signed::{self, Untrusted};
use tipline_wire::site::{self, Site};
use tipline_wire::sshsig::{Fingerprint, PublicKey};

use super::refusal::DocumentError;

/// A verified document.
#[derive(Debug, Clone)]
pub struct Published<T = Intake> {
    content: T,
    signer: PublicKey,
    /// Document, then signature.
    body: Bytes,
    /// Bytes of the document in `body`.
    length: usize,
}

impl<T> Published<T> {
    /// Takes a body apart and reads it; `verify` decides who may have signed.
    fn new<E: Into<DocumentError>>(
        body: &Bytes,
        read: impl FnOnce(&[u8], &str) -> Result<Untrusted<T>, E>,
        verify: impl FnOnce(Untrusted<T>) -> Result<T, DocumentError>,
    ) -> Result<Self, DocumentError> {
        let (document, signature) = signed::split(body).ok_or(DocumentError::NotSigned)?;
        let untrusted = read(document, signature).map_err(Into::into)?;
        let signer = untrusted.signer();
        Ok(Self { content: verify(untrusted)?, signer, body: body.clone(), length: document.len() })
    }

    /// What it says.
    #[must_use]
    pub fn content(&self) -> &T {
        &self.content
    }

    /// Who signed.
    #[must_use]
    pub fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// The signed bytes.
    #[must_use]
    pub fn document(&self) -> &[u8] {
        self.body.get(..self.length).unwrap_or_default()
    }

    /// The signed bytes of a document that is text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.document()).unwrap_or_default()
    }

    /// The armored signature.
    #[must_use]
    pub fn signature(&self) -> &str {
        self.body.get(self.length..).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Document, then signature, as they are kept and as visitors get them.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.body.clone()
    }
}

impl Published {
    /// An intake document, signed by `root`.
    ///
    /// # Errors
    /// It is malformed, or somebody else signed.
    pub fn by_root(body: &Bytes, root: &Fingerprint) -> Result<Self, DocumentError> {
        let read = |document: &[u8], signature: &str| {
            intake::read(text(document)?, signature).map_err(DocumentError::from)
        };
        Self::new(body, read, |untrusted| {
            let signer = untrusted.signer().fingerprint();
            untrusted.verify(root).map_err(|_| DocumentError::AnotherRoot(signer))
        })
    }

    /// What it says.
    #[must_use]
    pub fn intake(&self) -> &Intake {
        &self.content
    }

    /// Whether this key is that of a desk it names.
    #[must_use]
    pub fn names(&self, key: &PublicKey) -> bool {
        self.content.desks.iter().any(|desk| desk.key == *key)
    }
}

impl Published<Site> {
    /// A site document, signed by a desk that `intake` names.
    ///
    /// # Errors
    /// It is malformed, or somebody else signed.
    pub fn by_desk(body: &Bytes, intake: &Published) -> Result<Self, DocumentError> {
        let read = |document: &[u8], signature: &str| {
            site::read(text(document)?, signature).map_err(DocumentError::from)
        };
        Self::new(body, read, |untrusted| of_desk(untrusted, intake).map(|(site, _)| site))
    }
}

impl Published<Board> {
    /// A board, signed by a desk that `intake` names.
    ///
    /// # Errors
    /// It is malformed, or somebody else signed.
    pub fn by_desk(body: &Bytes, intake: &Published) -> Result<Self, DocumentError> {
        Self::new(body, board::read, |untrusted| of_desk(untrusted, intake).map(|(board, _)| board))
    }
}

/// The content and the name of the desk that signed.
///
/// # Errors
/// No desk of `intake` did.
pub fn of_desk<T>(untrusted: Untrusted<T>, intake: &Published) -> Result<(T, String), DocumentError> {
    let signer = untrusted.signer().fingerprint();
    let desks = &intake.intake().desks;
    untrusted.verify_desk(desks).map_err(|_| DocumentError::NoDesk {
        signer,
        desks: desks.iter().map(|desk| desk.name.as_str()).collect::<Vec<_>>().join(", "),
        serial: intake.intake().serial,
    })
}

/// A document as text.
///
/// # Errors
/// It is none.
pub fn text(document: &[u8]) -> Result<&str, DocumentError> {
    std::str::from_utf8(document).map_err(|_| DocumentError::Unknown)
}
