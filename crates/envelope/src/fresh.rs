//! The random bytes of one sealing: handed in by whoever may ask the system's generator, used once, wiped (T-12).
//!
//! There is no generator below this: 32 + 64 N bytes are exactly what one file needs, in this order: file key 16,
//! payload nonce 16, then for each recipient ML-KEM's m 32 and the ephemeral X25519 secret 32.

use alloc::vec::Vec;

use tipline_wire::size::MAX_RECIPIENTS;
use zeroize::Zeroizing;

use crate::error::SealError;

/// Bytes of a file key (C2SP age).
pub(crate) const FILE_KEY: usize = 16;
const NONCE: usize = 16;
const COMMON: usize = FILE_KEY + NONCE;
const EACH: usize = 32 + 32;

/// Random bytes that sealing for `recipients` takes: 32 + 64 N.
#[must_use]
pub fn fresh_len(recipients: u8) -> usize {
    EACH.saturating_mul(recipients.into()).saturating_add(COMMON)
}

/// Random bytes for one sealing. No `Clone`: the same bytes seal one file.
pub struct Fresh {
    bytes: Zeroizing<Vec<u8>>,
    recipients: u8,
}

impl Fresh {
    /// Takes exactly [`fresh_len`] bytes from the system's generator.
    ///
    /// # Errors
    /// [`SealError::Recipients`] when `recipients` is not 1 to 8; [`SealError::Randomness`] for another length, and when
    /// sixteen bytes in a row are zero: a generator that failed in part is a generator that failed.
    pub fn new(bytes: Zeroizing<Vec<u8>>, recipients: u8) -> Result<Self, SealError> {
        if !(1..=MAX_RECIPIENTS).contains(&recipients) {
            return Err(SealError::Recipients);
        }
        if bytes.len() != fresh_len(recipients) || !looks_random(&bytes) {
            return Err(SealError::Randomness);
        }
        Ok(Self { bytes, recipients })
    }

    /// How many recipients these bytes are for.
    #[must_use]
    pub fn recipients(&self) -> u8 {
        self.recipients
    }

    pub(crate) fn file_key(&self) -> Option<&[u8; FILE_KEY]> {
        self.bytes.first_chunk()
    }

    pub(crate) fn nonce(&self) -> Option<&[u8; NONCE]> {
        self.bytes.get(FILE_KEY..)?.first_chunk()
    }

    /// For each recipient ML-KEM's m and the ephemeral X25519 secret.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&[u8; 32], &[u8; 32])> {
        let each = self.bytes.get(COMMON..).unwrap_or_default().chunks_exact(EACH);
        each.filter_map(|pair| Some((pair.first_chunk()?, pair.last_chunk()?)))
    }
}

/// False when a whole block of sixteen bytes is zero, which chance does once in 2^128.
pub(crate) fn looks_random(bytes: &[u8]) -> bool {
    bytes.chunks(16).all(|block| block.iter().any(|b| *b != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: Vec<u8>, recipients: u8) -> Result<(), SealError> {
        Fresh::new(Zeroizing::new(bytes), recipients).map(|_| ())
    }

    #[test]
    fn the_bytes_are_handed_out_in_the_specified_order() {
        let bytes: Vec<u8> = (1..=160).collect();
        let fresh = Fresh::new(Zeroizing::new(bytes.clone()), 2).unwrap();
        assert_eq!(fresh.file_key().unwrap(), &bytes[..16]);
        assert_eq!(fresh.nonce().unwrap(), &bytes[16..32]);
        let each: Vec<u8> = fresh.each().flat_map(|(m, x)| [*m, *x].concat()).collect();
        assert_eq!(each, &bytes[32..]);
    }

    #[test]
    fn a_wrong_length_or_a_silent_generator_stops() {
        assert_eq!(taken(vec![1; 96], 1), Ok(()));
        assert_eq!(taken(vec![1; 95], 1), Err(SealError::Randomness));
        assert_eq!(taken(vec![1; 97], 1), Err(SealError::Randomness));
        assert_eq!(taken(vec![0; 96], 1), Err(SealError::Randomness));
        let mut half = vec![1; 96];
        half[80..].fill(0);
        assert_eq!(taken(half, 1), Err(SealError::Randomness));
        assert_eq!(taken(vec![1; 32], 0), Err(SealError::Recipients));
        assert_eq!(taken(vec![1; 608], 9), Err(SealError::Recipients));
    }
}
