//! A public key as text: `age1pq1…`, 1 959 characters of Bech32 (C2SP age, "mlkem768x25519").
//!
//! Only the form is checked here; whether the key is a sound one, the envelope decides. The letterbox never needs to know.

use alloc::string::String;
use core::{fmt, str::FromStr};

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{ByteIterExt, Checksum, Fe32IterExt, Hrp};

/// Bytes of a public key: ML-KEM-768 1 184, then X25519 32.
pub const RECIPIENT: usize = 1_216;
/// Characters of its text form.
pub const RECIPIENT_TEXT: usize = 1_959;

/// A public key of the right length; not yet known to be a sound one.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient([u8; RECIPIENT]);

/// The text is no recipient of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a recipient: an age1pq1… of 1959 characters was expected")]
pub struct NotARecipient;

/// Bech32 as age uses it: BIP-173's checksum without its limit of 90 characters.
pub enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = u32;
    type CorrectionField = <bech32::Bech32 as Checksum>::CorrectionField;
    const ROOT_GENERATOR: Self::CorrectionField = bech32::Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: core::ops::RangeInclusive<usize> = bech32::Bech32::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = 4_096;
    const CHECKSUM_LENGTH: usize = bech32::Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = bech32::Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = bech32::Bech32::TARGET_RESIDUE;
}

impl Recipient {
    /// The prefix of every recipient of this kind.
    pub const HRP: &'static str = "age1pq";

    /// Takes the 1 216 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; RECIPIENT]) -> Self {
        Self(bytes)
    }

    /// The 1 216 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; RECIPIENT] {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = NotARecipient;

    fn from_str(text: &str) -> Result<Self, NotARecipient> {
        if text.len() != RECIPIENT_TEXT || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NotARecipient);
        }
        let parsed = CheckedHrpstring::new::<LongBech32>(text).map_err(|_| NotARecipient)?;
        if parsed.hrp().as_str() != Self::HRP {
            return Err(NotARecipient);
        }
        parsed.validate_segwit_padding().map_err(|_| NotARecipient)?;
        let mut bytes = [0; RECIPIENT];
        let mut decoded = parsed.byte_iter();
        for byte in &mut bytes {
            *byte = decoded.next().ok_or(NotARecipient)?;
        }
        if decoded.next().is_some() { Err(NotARecipient) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self
            .0
            .iter()
            .copied()
            .bytes_to_fes()
            .with_checksum::<LongBech32>(&Hrp::parse_unchecked(Self::HRP))
            .chars()
            .collect();
        f.write_str(&text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self:.24}…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_comes_back_as_the_same_bytes() {
        let recipient = Recipient(core::array::from_fn(|i| (i * 7 % 256) as u8));
        let text = recipient.to_string();
        assert_eq!(text.len(), RECIPIENT_TEXT);
        assert!(text.starts_with("age1pq1"));
        assert_eq!(text.parse(), Ok(recipient));
    }

    #[test]
    fn a_changed_cut_or_shouted_text_is_refused() {
        let text = Recipient([7; RECIPIENT]).to_string();
        let mut wrong = text.clone().into_bytes();
        wrong[100] = if wrong[100] == b'q' { b'p' } else { b'q' };
        for bad in [
            String::from_utf8(wrong).unwrap(),
            text[..1958].into(),
            text.to_uppercase(),
            format!("{text}q"),
            String::new(),
            "é".repeat(979) + "a",
        ] {
            assert_eq!(bad.parse::<Recipient>(), Err(NotARecipient));
        }
    }
}
