//! A recipient: a public key that was found sound, ready to wrap file keys.

use tipline_wire::outer::Stanza;
use tipline_wire::recipient::Recipient;

use crate::error::KeyError;
use crate::fresh::FILE_KEY;
use crate::hpke;
use crate::xwing::PublicHalf;

/// A sound public key: FIPS 203's modulus check passed, the X25519 half has not a low order.
#[derive(Clone)]
pub struct PublicKey(PublicHalf);

impl PublicKey {
    /// One stanza: the file key wrapped for this recipient with fresh random bytes.
    pub(crate) fn wrap(&self, file_key: &[u8; FILE_KEY], random: (&[u8; 32], &[u8; 32])) -> Option<Stanza> {
        let (enc, body) = hpke::seal(&self.0, random, file_key)?;
        Some(Stanza { enc, body })
    }
}

impl TryFrom<&Recipient> for PublicKey {
    type Error = KeyError;

    fn try_from(recipient: &Recipient) -> Result<Self, KeyError> {
        PublicHalf::from_bytes(recipient.as_bytes()).map(Self).ok_or(KeyError::Unsound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipline_wire::recipient::RECIPIENT;

    #[test]
    fn an_unsound_key_is_refused() {
        for bytes in [[0; RECIPIENT], [0xff; RECIPIENT]] {
            assert_eq!(PublicKey::try_from(&Recipient::from_bytes(bytes)).err(), Some(KeyError::Unsound));
        }
    }
}
