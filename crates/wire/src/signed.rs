//! A document whose signature nobody has checked: its content can't be had without the check.

use alloc::string::String;

use crate::sshsig::{self, Fingerprint, PublicKey, SigError};

/// Something parsed and claimed by `signer`, whose signature over `document` holds, but who may be anybody.
///
/// The signature itself is checked when the value is made; *who* may sign is what [`Untrusted::verify`] decides.
#[derive(Debug, Clone)]
pub struct Untrusted<T> {
    value: T,
    signer: PublicKey,
}

impl<T> Untrusted<T> {
    /// Checks the armored signature over `document` in `namespace`, then keeps `value`.
    ///
    /// # Errors
    /// The signature's form or value is wrong.
    pub fn new(value: T, document: &str, signature: &str, namespace: &str) -> Result<Self, SigError> {
        let signer = sshsig::verify(signature, namespace, document.as_bytes())?;
        Ok(Self { value, signer })
    }

    /// The key that signed; trust it only after comparing it.
    #[must_use]
    pub fn signer(&self) -> PublicKey {
        self.signer
    }

    /// The content, if the key with this fingerprint signed.
    ///
    /// # Errors
    /// Somebody else signed.
    pub fn verify(self, by: &Fingerprint) -> Result<T, SigError> {
        if self.signer.fingerprint() == *by { Ok(self.value) } else { Err(SigError::AnotherSigner) }
    }

    /// The content and whoever signed it, for a reader who takes the signer on first use and shows its fingerprint.
    #[must_use]
    pub fn on_first_use(self) -> (T, Fingerprint) {
        let fingerprint = self.signer.fingerprint();
        (self.value, fingerprint)
    }
}

/// A document and its armored signature as they travel over HTTP: the document's text, then the signature, in one body.
#[must_use]
pub fn split(body: &str) -> Option<(&str, &str)> {
    let at = body.find(sshsig::BEGIN)?;
    let (document, signature) = body.split_at_checked(at)?;
    (!document.is_empty()).then_some((document, signature))
}

/// The body that [`split`] takes apart.
#[must_use]
pub fn join(document: &str, signature: &str) -> String {
    [document, signature].concat()
}
