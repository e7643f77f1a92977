//! The sizes of a tip: 28 padded lengths, so that an observer learns at most 4.8 bits of how much was sent (T-05).
//!
//! P is 64 KiB, or 2^k or 3·2^(k-1) KiB from 128 KiB to 1 GiB. A sealed tip for N recipients is
//! 86 + 1557·N + (P / 65 536)·65 552 bytes long.

/// Plaintext bytes of one chunk of age's STREAM (C2SP age, "Payload").
pub const CHUNK: usize = 65_536;
/// Bytes of a Poly1305 tag.
pub const TAG: usize = 16;
/// Bytes of one sealed chunk.
pub const SEALED_CHUNK: usize = CHUNK + TAG;
/// Bytes of the payload nonce that follows the header.
pub const NONCE: usize = 16;
/// Bytes of the version line, of the stanza `-> mlkem768x25519 …` with its body, and of the MAC line.
pub const VERSION_LINE: usize = 22;
/// Bytes of one stanza: `-> mlkem768x25519 ` 18, 1 494 of base64, LF, 43 of base64, LF.
pub const STANZA: usize = 1_557;
/// Bytes of `--- `, 43 of base64 and LF.
pub const MAC_LINE: usize = 48;
/// The most recipients an epoch can have.
pub const MAX_RECIPIENTS: u8 = 8;
/// The longest tar that can be sealed: 1 GiB.
pub const MAX_TAR: u64 = 1 << 30;

const KIB: u64 = 1_024;

/// Bytes of an age header with `recipients` stanzas, without the nonce: 70 + 1557 N.
#[must_use]
#[allow(clippy::arithmetic_side_effects, reason = "at most 70 + 1557·255")]
pub const fn header_len(recipients: u8) -> usize {
    VERSION_LINE + MAC_LINE + STANZA * widen(recipients)
}

/// Bytes before the first sealed chunk: header and nonce, 86 + 1557 N.
#[must_use]
#[allow(clippy::arithmetic_side_effects, reason = "at most 86 + 1557·255")]
pub const fn prefix_len(recipients: u8) -> usize {
    header_len(recipients) + NONCE
}

/// `usize::from` cannot be called in a `const fn`.
#[allow(clippy::as_conversions, reason = "u8 to usize loses nothing")]
const fn widen(n: u8) -> usize {
    n as usize
}

/// A padded length P, one of the 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Padded(u64);

impl Padded {
    /// Every padded length, ascending.
    pub const ALL: [Self; 28] = table();
    /// 64 KiB: every tip without files has this length.
    pub const SMALLEST: Self = Self(64 * KIB);
    /// 1 MiB: the largest tip that is sent in one request; anything larger goes in parts.
    pub const ONE_REQUEST_MAX: Self = Self(KIB * KIB);
    /// 1 GiB.
    pub const LARGEST: Self = Self(MAX_TAR);

    /// The smallest padded length that holds `len` bytes of tar; `None` over 1 GiB.
    #[must_use]
    pub fn holding(len: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|padded| padded.0 >= len)
    }

    /// The padded length whose sealed form for `recipients` has exactly `len` bytes.
    #[must_use]
    pub fn from_sealed_len(recipients: u8, len: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|padded| padded.sealed_len(recipients) == len)
    }

    /// Recipients and padded length of a sealed tip of exactly `len` bytes: no two kinds of tip are equally long.
    #[must_use]
    pub fn of_sealed(len: u64) -> Option<(u8, Self)> {
        (1..=MAX_RECIPIENTS).find_map(|count| Some((count, Self::from_sealed_len(count, len)?)))
    }

    /// Plaintext bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Chunks of 64 KiB.
    #[must_use]
    pub const fn chunks(self) -> u64 {
        self.0 / CHUNK_U64
    }

    /// Bytes of the sealed tip: 86 + 1557 N + chunks · 65 552.
    #[must_use]
    #[allow(clippy::arithmetic_side_effects, reason = "at most 86 + 1557·255 + 2^30 + 2^18, asserted below")]
    pub fn sealed_len(self, recipients: u8) -> u64 {
        PREFIX_U64 + STANZA_U64 * u64::from(recipients) + self.chunks() * SEALED_CHUNK_U64
    }
}

const CHUNK_U64: u64 = 65_536;
const SEALED_CHUNK_U64: u64 = 65_552;
const PREFIX_U64: u64 = 86;
const STANZA_U64: u64 = 1_557;

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs in the compiler only: a fault stops the build"
)]
const fn table() -> [Padded; 28] {
    let mut all = [Padded(64 * KIB); 28];
    let (mut at, mut power) = (1, 128 * KIB);
    while power < MAX_TAR {
        all[at] = Padded(power);
        all[at + 1] = Padded(power / 2 * 3);
        at += 2;
        power *= 2;
    }
    all[at] = Padded(power);
    all
}

// The arithmetic of ENVELOPE's formulas, held by the compiler.
#[allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs in the compiler only"
)]
const _: () = {
    assert!("age-encryption.org/v1\n".len() == VERSION_LINE);
    assert!(
        "-> mlkem768x25519 ".len() + (1_120_usize * 8).div_ceil(6) + 1 + (32_usize * 8).div_ceil(6) + 1
            == STANZA
    );
    assert!("--- ".len() + (32_usize * 8).div_ceil(6) + 1 == MAC_LINE);
    assert!(header_len(0) == 70 && prefix_len(0) == 86 && prefix_len(3) == 86 + 3 * 1_557);
    assert!(CHUNK as u64 == CHUNK_U64 && SEALED_CHUNK as u64 == SEALED_CHUNK_U64);
    assert!(prefix_len(0) as u64 == PREFIX_U64 && STANZA as u64 == STANZA_U64);
    let all = Padded::ALL;
    assert!(all[0].0 == 64 * KIB && all[27].0 == MAX_TAR);
    let mut at = 0;
    while at < 28 {
        assert!(all[at].0.is_multiple_of(CHUNK_U64));
        assert!(at == 0 || all[at].0 > all[at - 1].0);
        at += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_that_was_specified() {
        let kib: Vec<u64> = Padded::ALL.iter().map(|p| p.bytes() / KIB).collect();
        assert_eq!(&kib[..8], &[64, 128, 192, 256, 384, 512, 768, 1024]);
        assert_eq!(&kib[25..], &[524_288, 786_432, 1_048_576]);
    }

    #[test]
    fn the_smallest_that_holds_is_chosen() {
        assert_eq!(Padded::holding(0), Some(Padded::SMALLEST));
        assert_eq!(Padded::holding(65_536), Some(Padded::SMALLEST));
        assert_eq!(Padded::holding(65_537).map(Padded::bytes), Some(131_072));
        assert_eq!(Padded::holding(MAX_TAR).map(Padded::bytes), Some(MAX_TAR));
        assert_eq!(Padded::holding(MAX_TAR + 1), None);
    }

    #[test]
    fn a_sealed_length_names_one_padded_length() {
        for recipients in 1..=MAX_RECIPIENTS {
            for padded in Padded::ALL {
                let len = padded.sealed_len(recipients);
                assert_eq!(Padded::from_sealed_len(recipients, len), Some(padded));
                assert_eq!(Padded::of_sealed(len), Some((recipients, padded)));
                assert_eq!(Padded::from_sealed_len(recipients, len + 1), None);
            }
        }
        assert_eq!(Padded::SMALLEST.sealed_len(3), 86 + 3 * 1_557 + 65_552);
    }
}
