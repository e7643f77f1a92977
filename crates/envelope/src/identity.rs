//! An identity: the private key of one week and one desk, or of one receipt.

use alloc::string::String;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, ByteIterExt, Fe32IterExt, Hrp};
use tipline_wire::outer::Stanza;
use tipline_wire::recipient::Recipient;
use zeroize::{Zeroize, Zeroizing};

use crate::error::KeyError;
use crate::fresh::FILE_KEY;
use crate::hpke;
use crate::xwing::SecretHalf;

const HRP: &str = "AGE-SECRET-KEY-PQ-";
const SEED: usize = 32;

/// A private key. It has no `Debug` and no `Clone`, and is wiped on drop.
pub struct Identity {
    seed: Zeroizing<[u8; SEED]>,
    key: SecretHalf,
}

impl Identity {
    /// The key that belongs to a 32-byte seed of fresh random bytes (or of a receipt).
    #[must_use]
    pub fn from_seed(mut seed: [u8; SEED]) -> Self {
        let kept = Zeroizing::new(seed);
        seed.zeroize();
        Self { key: SecretHalf::from_seed(&kept), seed: kept }
    }

    /// Reads `AGE-SECRET-KEY-PQ-1…` (C2SP age): 77 characters, upper case.
    ///
    /// # Errors
    /// [`KeyError::Identity`]: another prefix, a wrong checksum or length, lower case.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let read = CheckedHrpstring::new::<Bech32>(text).map_err(|_| KeyError::Identity)?;
        if read.hrp() != hrp() || text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(KeyError::Identity);
        }
        read.validate_segwit_padding().map_err(|_| KeyError::Identity)?;
        let mut seed = Zeroizing::new([0; SEED]);
        let mut bytes = read.byte_iter();
        for place in seed.iter_mut() {
            *place = bytes.next().ok_or(KeyError::Identity)?;
        }
        if bytes.next().is_some() { Err(KeyError::Identity) } else { Ok(Self::from_seed(*seed)) }
    }

    /// `AGE-SECRET-KEY-PQ-1…`, for a key file that is itself sealed.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let chars = self.seed.iter().copied().bytes_to_fes();
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.extend(chars.with_checksum::<Bech32>(&hrp()).chars().map(|c| c.to_ascii_uppercase()));
        text
    }

    /// The public half, as it stands in an intake document.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient::from_bytes(self.key.public_bytes())
    }

    /// The file key, if this stanza was wrapped for this identity.
    pub(crate) fn unwrap(&self, stanza: &Stanza) -> Option<Zeroizing<[u8; FILE_KEY]>> {
        hpke::open(&self.key, &stanza.enc, &stanza.body)
    }
}

fn hrp() -> Hrp {
    Hrp::parse_unchecked(HRP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_comes_back_as_the_same_key() {
        let identity = Identity::from_seed([7; 32]);
        let text = identity.to_text();
        assert!(text.starts_with("AGE-SECRET-KEY-PQ-1"), "{}", *text);
        assert_eq!(text.len(), 77);
        assert!(Identity::parse(&text).unwrap().recipient() == identity.recipient());
    }

    #[test]
    fn another_text_is_refused() {
        let text = Identity::from_seed([7; 32]).to_text();
        let swapped = text.replacen('S', "T", 1);
        let cut = &text[..76];
        for bad in ["", "AGE-SECRET-KEY-1", &text.to_lowercase(), cut, &format!("{}Q", *text), &swapped] {
            assert_eq!(Identity::parse(bad).err(), Some(KeyError::Identity), "{bad}");
        }
    }
    #[test]
    fn a_second_spelling_of_the_same_key_is_refused() {
        let last = |fe: bech32::Fe32| bech32::Fe32::try_from(fe.to_u8() | 1).unwrap();
        let mut fes: Vec<_> = [7_u8; 32].into_iter().bytes_to_fes().collect();
        let spell = |fes: &[bech32::Fe32]| -> String {
            let chars = fes.iter().copied().with_checksum::<Bech32>(&hrp()).chars().collect::<String>();
            chars.to_uppercase()
        };
        assert!(Identity::parse(&spell(&fes)).is_ok());
        fes[51] = last(fes[51]);
        assert_eq!(Identity::parse(&spell(&fes)).err(), Some(KeyError::Identity));
    }
}
