//! This desk's signing key, in use: signs what the desk says to the letterbox and to everybody.

use ed25519_dalek::{Signer, SigningKey};
use tipline_wire::intake::Intake;
use tipline_wire::sshsig::{self, PublicKey};

/// An opened signing key; wiped when dropped, shown to nobody.
pub struct DeskKey(SigningKey);

impl DeskKey {
    /// Takes an opened key.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self(key)
    }

    /// Its public half, which intake documents name.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// What the intake document calls the desk with this key; `None` when it names none.
    #[must_use]
    pub fn name<'a>(&self, intake: &'a Intake) -> Option<&'a str> {
        intake.desks.iter().find(|desk| desk.key == self.public()).map(|desk| desk.name.as_str())
    }

    /// The armored signature over a document, for one purpose: a namespace of [`sshsig`].
    #[must_use]
    pub fn sign(&self, namespace: &str, document: &[u8]) -> String {
        let signature = self.0.sign(&sshsig::signed_data(namespace, document));
        sshsig::armor(&self.public(), &signature.to_bytes(), namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_document_and_purpose_only() {
        let key = DeskKey::new(SigningKey::from_bytes(&[5; 32]));
        let signature = key.sign(sshsig::ACK, b"said");
        assert_eq!(sshsig::verify(&signature, sshsig::ACK, b"said"), Ok(key.public()));
        assert!(sshsig::verify(&signature, sshsig::SITE, b"said").is_err());
        assert!(sshsig::verify(&signature, sshsig::ACK, b"sad").is_err());
    }
}
