//! A pin: the SHA-256 of a certificate's DER, as `SHA256:` and unpadded base64. It is all that an enrolled courier is.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64Unpadded, Encoding as _};
use sha2::{Digest as _, Sha256};

const PREFIX: &str = "SHA256:";

/// A certificate's fingerprint, 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

/// The text is no pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a certificate's fingerprint was expected: SHA256: and 43 characters")]
pub struct NotAPin;

impl Pin {
    /// Of a certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", Base64Unpadded::encode_string(&self.0))
    }
}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let mut bytes = [0; 32];
        let base64 = text.strip_prefix(PREFIX).ok_or(NotAPin)?;
        let decoded = Base64Unpadded::decode(base64, &mut bytes).map_err(|_| NotAPin)?;
        if decoded.len() == 32 { Ok(Self(bytes)) } else { Err(NotAPin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_comes_back_and_nothing_else_is_one() {
        let pin = Pin::of(b"certificate");
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(pin.to_string().len(), 7 + 43);
        let longer = format!("{pin}A");
        for text in ["", "SHA256:", "sha256:AAAA", "SHA256:AAAA", longer.as_str(), &pin.to_string()[7..]] {
            assert_eq!(text.parse::<Pin>(), Err(NotAPin), "{text}");
        }
    }
}
