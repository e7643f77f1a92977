//! A document whose signature nobody has checked: its content can't be had without the check.

use alloc::string::String;
use alloc::vec::Vec;

use crate::intake::Desk;
use crate::sshsig::{self, Fingerprint, Hashed, PublicKey, SigError};

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
        Self::of_bytes(value, document.as_bytes(), signature, namespace)
    }

    /// The same for a document that is no text as a whole, like the board.
    ///
    /// # Errors
    /// The signature's form or value is wrong.
    pub fn of_bytes(value: T, document: &[u8], signature: &str, namespace: &str) -> Result<Self, SigError> {
        let mut hashed = Hashed::default();
        hashed.feed(document);
        Self::of_hashed(value, &hashed, signature, namespace)
    }

    /// The same for a document that was read piece by piece.
    ///
    /// # Errors
    /// The signature's form or value is wrong.
    pub fn of_hashed(
        value: T,
        document: &Hashed,
        signature: &str,
        namespace: &str,
    ) -> Result<Self, SigError> {
        let signer = sshsig::verify_hashed(signature, namespace, document)?;
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

    /// The content and the name of its signer, if that is one of these desks.
    ///
    /// # Errors
    /// Somebody else signed.
    pub fn verify_desk(self, desks: &[Desk]) -> Result<(T, String), SigError> {
        let desk = desks.iter().find(|desk| desk.key == self.signer).ok_or(SigError::AnotherSigner)?;
        Ok((self.value, desk.name.clone()))
    }

    /// The content and whoever signed it, for a reader who takes the signer on first use and shows its fingerprint.
    #[must_use]
    pub fn on_first_use(self) -> (T, Fingerprint) {
        let fingerprint = self.signer.fingerprint();
        (self.value, fingerprint)
    }
}

/// A document and its armored signature as they travel over HTTP: the document, then the signature, in one body. The last
/// signature counts: nothing may follow it.
#[must_use]
pub fn split(body: &[u8]) -> Option<(&[u8], &str)> {
    let begin = sshsig::BEGIN.as_bytes();
    let from = body.len().saturating_sub(sshsig::LONGEST_ARMOR);
    let at = body.get(from..)?.windows(begin.len()).rposition(|w| w == begin)?.checked_add(from)?;
    let (document, signature) = body.split_at_checked(at)?;
    let signature = core::str::from_utf8(signature).ok()?;
    (!document.is_empty()).then_some((document, signature))
}

/// The body that [`split`] takes apart.
#[must_use]
pub fn join(document: &[u8], signature: &str) -> Vec<u8> {
    [document, signature.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_and_signature_come_apart_again() {
        let signature = format!("{}AAAA\n", sshsig::BEGIN);
        let board = [0xff; 5_000];
        assert_eq!(split(&join(&board, &signature)), Some((&board[..], signature.as_str())));
        assert_eq!(split(signature.as_bytes()), None);
        assert_eq!(split(&join(&join(b"x", &signature), &"y".repeat(4_000))), None);
        assert_eq!(split(b"x"), None);
        assert_eq!(split(b""), None);
    }
}
