//! A receipt: 128 random bits on a source's paper, the only thing that opens an answer and writes on in the same thread.
//!
//! [`Receipt::draw`] makes one that shows no frightening word · [`Receipt::numbers`] and [`Receipt::words`] are what a
//! person writes down · [`Receipt::read`] takes what a person types, and a [`Slip`] explains what is wrong with it ·
//! [`Receipt::reply`] derives the keys under an organisation's root. 128 bits need no stretching.
//!
//! The twelve numbers are `index + 2048 · c`: the index is that of BIP-39's word (its 4-bit checksum included), the twelve
//! c are two bits each of SHA-256("tipline receipt check" ‖ e). So 28 bits check what was typed, where BIP-39's four let
//! one slip in sixteen pass, and the source would be told "nothing new" for ever.

mod frightening;
mod slip;
mod typed;
pub mod words;

use alloc::string::String;

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use tipline_wire::hex;
use tipline_wire::sshsig::Fingerprint;
use zeroize::Zeroizing;

use crate::error::SealError;
use crate::fresh::looks_random;
use crate::identity::Identity;
pub use slip::Slip;
use words::List;

/// How many numbers, or words, a receipt has.
pub const COUNT: usize = 12;
/// One more than the highest number: four times BIP-39's 2 048 words.
pub const NUMBERS: u16 = 4 * WORDS;
/// Random bytes from which a receipt is drawn: 128 times 16. One draw in 3.5 shows no frightening word (that costs 1.8 of
/// the 128 bits); that all of 128 do happens once in 10^18.
pub const RANDOM: usize = 128 * ENTROPY;

const WORDS: u16 = 2_048;
const ENTROPY: usize = 16;
const CHECK: &[u8] = b"tipline receipt check";
const REPLY: &[u8] = b"tipline receipt v1 reply identity";
const TAG: &[u8] = b"tipline receipt v1 board tag";

/// Where each index stands in the 128 bits: how far from the right, and which bits there. The last has seven; the
/// checksum's four follow them.
const PLACES: [(u32, u16); COUNT] = [
    (117, 0x7ff),
    (106, 0x7ff),
    (95, 0x7ff),
    (84, 0x7ff),
    (73, 0x7ff),
    (62, 0x7ff),
    (51, 0x7ff),
    (40, 0x7ff),
    (29, 0x7ff),
    (18, 0x7ff),
    (7, 0x7ff),
    (0, 0x7f),
];
const _: () = assert!(11 * (COUNT - 1) + 7 == 8 * ENTROPY);

/// Twelve numbers, each below [`NUMBERS`].
pub type Numbers = Zeroizing<[u16; COUNT]>;

/// A receipt. It has no `Debug` and no `Clone`, and is wiped on drop.
pub struct Receipt(Zeroizing<u128>);

/// What a receipt opens answers with, under one root.
pub struct Reply {
    /// Answers are sealed to its recipient.
    pub identity: Identity,
    /// Finds the answer's slot on a board.
    pub tag_key: TagKey,
}

/// The key of the tags on the boards. Wiped on drop.
pub struct TagKey(Zeroizing<[u8; 32]>);

impl Receipt {
    /// The first receipt of [`RANDOM`] bytes from the system's generator that shows no frightening word, in whatever list.
    ///
    /// # Errors
    /// [`SealError::Randomness`] for another length, for sixteen zero bytes in a row, and when all of them frighten.
    pub fn draw(random: &[u8]) -> Result<Self, SealError> {
        if random.len() != RANDOM || !looks_random(random) {
            return Err(SealError::Randomness);
        }
        let (draws, _) = random.as_chunks::<ENTROPY>();
        let mut calm = draws.iter().map(Self::from_entropy).filter(|one| !frightening::shows(&one.numbers()));
        calm.next().ok_or(SealError::Randomness)
    }

    /// The receipt of these bits, whatever it shows.
    #[must_use]
    pub fn from_entropy(entropy: &[u8; ENTROPY]) -> Self {
        Self::of(u128::from_be_bytes(*entropy))
    }

    fn of(bits: u128) -> Self {
        Self(Zeroizing::new(bits))
    }

    /// What a person writes down first.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        let mut numbers = Zeroizing::new([0; COUNT]);
        for ((number, index), class) in numbers.iter_mut().zip(indexes(*self.0)).zip(classes(*self.0)) {
            *number = index | (class << 11);
        }
        numbers
    }

    /// The second form: twelve words of one list.
    pub fn words(&self, list: &'static List) -> impl Iterator<Item = &'static str> {
        indexes(*self.0).filter_map(|index| list.word(index))
    }

    /// Reads what a person typed: twelve numbers, or twelve words of a list (both Chinese ones may be mixed).
    ///
    /// # Errors
    /// The [`Slip`].
    pub fn read(text: &str) -> Result<Self, Slip> {
        typed::read(text)
    }

    /// Checks twelve numbers.
    ///
    /// # Errors
    /// The [`Slip`].
    pub fn from_numbers(numbers: &[u16; COUNT]) -> Result<Self, Slip> {
        slip::check(numbers)
    }

    /// The keys under `root`. A new receipt goes with the root that signs today; who comes back is looked for under an
    /// earlier root as well, where the intake document names one.
    ///
    /// `None` never: HKDF refuses only what is longer than 8 160 bytes.
    #[must_use]
    pub fn reply(&self, root: &Fingerprint) -> Option<Reply> {
        let entropy = Zeroizing::new(self.0.to_be_bytes());
        let prk = Hkdf::<Sha256>::new(Some(root.as_bytes()), &*entropy);
        let (mut seed, mut tag_key) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        prk.expand(REPLY, seed.as_mut()).ok()?;
        prk.expand(TAG, tag_key.as_mut()).ok()?;
        Some(Reply { identity: Identity::from_seed(*seed), tag_key: TagKey(tag_key) })
    }
}

impl TagKey {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 digits, as in `tip.json`.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            text.push_str(&hex::encode(core::slice::from_ref(byte)));
        }
        text
    }
}

/// BIP-39's twelve word indexes.
fn indexes(bits: u128) -> impl Iterator<Item = u16> {
    let checksum = checksum(bits);
    PLACES.iter().map(move |(shift, mask)| match low(bits.wrapping_shr(*shift)) & mask {
        index if *shift == 0 => (index << 4) | checksum,
        index => index,
    })
}

/// The bits of twelve indexes, without the checksum at their end.
fn joined(indexes: &[u16; COUNT]) -> u128 {
    let place = |(index, (shift, _)): (&u16, &(u32, u16))| match *shift {
        0 => u128::from(index >> 4),
        shift => u128::from(*index).wrapping_shl(shift),
    };
    indexes.iter().zip(&PLACES).map(place).fold(0, |bits, part| bits | part)
}

/// BIP-39's checksum: the first four bits of SHA-256.
fn checksum(bits: u128) -> u16 {
    let hash: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(bits.to_be_bytes()).into());
    hash.first().map_or(0, |byte| u16::from(byte >> 4))
}

/// The twelve c: two bits each.
fn classes(bits: u128) -> impl Iterator<Item = u16> {
    let mut hash = Sha256::new();
    hash.update(CHECK);
    hash.update(bits.to_be_bytes());
    let hash: Zeroizing<[u8; 32]> = Zeroizing::new(hash.finalize().into());
    let [a, b, c, ..] = *hash;
    [a, b, c]
        .into_iter()
        .flat_map(|byte| [byte >> 6, byte >> 4, byte >> 2, byte].map(|two| u16::from(two & 3)))
}

/// The lowest sixteen bits.
fn low(bits: u128) -> u16 {
    let [.., high, low] = bits.to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_drawn_from_all_its_bytes_and_never_frightens() {
        let random = |seed: u8| -> Vec<u8> {
            (0..RANDOM / 32).flat_map(|at| Sha256::digest([seed, at as u8])).collect()
        };
        let mut later = 0;
        for seed in 0..40 {
            let random = random(seed);
            let drawn = Receipt::draw(&random).ok().unwrap();
            assert!(!frightening::shows(&drawn.numbers()));
            let first = Receipt::from_entropy(random.first_chunk().unwrap());
            later += usize::from(first.numbers() != drawn.numbers());
        }
        assert!((20..40).contains(&later), "{later} of 40 were drawn again");
    }

    #[test]
    fn a_failing_generator_or_one_that_only_frightens_stops() {
        let sound = vec![1; RANDOM];
        let refused = |bytes: &[u8]| Receipt::draw(bytes).err();
        assert_eq!(refused(&sound[1..]), Some(SealError::Randomness));
        assert_eq!(refused(&[sound.as_slice(), &[1]].concat()), Some(SealError::Randomness));
        let mut dead = sound.clone();
        dead[RANDOM - 16..].fill(0);
        assert_eq!(refused(&dead), Some(SealError::Randomness));
        // The word 8 is "absurd", the word 9 "abuse".
        let with = |index: u16| joined(&[index; COUNT]).to_be_bytes().repeat(RANDOM / ENTROPY);
        assert_eq!(refused(&with(8)), None);
        assert_eq!(refused(&with(9)), Some(SealError::Randomness));
    }
}
