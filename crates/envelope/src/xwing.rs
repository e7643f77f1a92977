//! X-Wing, the hybrid KEM 0x647a: ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) under one SHA3-256.
//!
//! A share that leads to the all-zero X25519 secret is refused, as CFRG's draft and age require. ML-KEM's implicit
//! rejection is left as it is: a wrong ciphertext gives a secret that opens nothing.

use alloc::boxed::Box;

use ml_kem::{Decapsulate, FromSeed, Key, KeyExport, MlKem768, ml_kem_768};
use sha3::{Digest, Sha3_256};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use tipline_wire::outer::ENC;
use tipline_wire::recipient::RECIPIENT;
use x25519_dalek::{PublicKey as X25519Public, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

const ML_KEM_CIPHERTEXT: usize = 1_088;
const ML_KEM_KEY: usize = 1_184;
const X25519: usize = 32;
const LABEL: &[u8; 6] = br"\.//^\";
const _: () = assert!(ML_KEM_CIPHERTEXT + X25519 == ENC && ML_KEM_KEY + X25519 == RECIPIENT);

/// 32 bytes that both sides know, and nobody else.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The public half, checked: the ML-KEM key passes FIPS 203's modulus check, the X25519 key is contributory.
#[derive(Clone)]
pub(crate) struct PublicHalf {
    ml_kem: Box<ml_kem_768::EncapsulationKey>,
    x25519: X25519Public,
}

impl PublicHalf {
    pub(crate) fn from_bytes(bytes: &[u8; RECIPIENT]) -> Option<Self> {
        let (ml_kem, x25519) = bytes.split_first_chunk::<ML_KEM_KEY>()?;
        let ml_kem =
            ml_kem_768::EncapsulationKey::new(&Key::<ml_kem_768::EncapsulationKey>::from(*ml_kem)).ok()?;
        let x25519 = X25519Public::from(<[u8; X25519]>::try_from(x25519).ok()?);
        // Clamped scalars are multiples of the cofactor: any one of them takes every low-order point to zero.
        let contributory = StaticSecret::from([9; X25519]).diffie_hellman(&x25519).was_contributory();
        contributory.then(|| Self { ml_kem: Box::new(ml_kem), x25519 })
    }

    /// The encapsulated key, 1 120 bytes, and the secret; `m` and `x` are fresh random bytes.
    pub(crate) fn encapsulate(&self, m: &[u8; 32], x: &[u8; 32]) -> ([u8; ENC], Secret) {
        let (ct_m, ss_m) = self.ml_kem.encapsulate_deterministic(m.into());
        let ss_m = Zeroizing::new(<[u8; 32]>::from(ss_m));
        let ephemeral = StaticSecret::from(*x);
        let ct_x = X25519Public::from(&ephemeral);
        let secret = combine(&ss_m, &ephemeral.diffie_hellman(&self.x25519), &ct_x, &self.x25519);
        (joined(&ct_m, ct_x.as_bytes()), secret)
    }
}

/// The secret half, expanded from its 32-byte seed once.
pub(crate) struct SecretHalf {
    ml_kem: Box<ml_kem_768::DecapsulationKey>,
    x25519: StaticSecret,
    public: X25519Public,
}

impl SecretHalf {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let mut shake = Shake256::default();
        shake.update(seed);
        let mut expanded = shake.finalize_xof();
        let mut ml_kem = Zeroizing::new([0; 64]);
        let mut x25519 = Zeroizing::new([0; X25519]);
        expanded.read(ml_kem.as_mut());
        expanded.read(x25519.as_mut());
        let (ml_kem, _) = MlKem768::from_seed((&*ml_kem).into());
        let x25519 = StaticSecret::from(*x25519);
        Self { ml_kem: Box::new(ml_kem), public: X25519Public::from(&x25519), x25519 }
    }

    pub(crate) fn public_bytes(&self) -> [u8; RECIPIENT] {
        joined(&self.ml_kem.encapsulation_key().to_bytes(), self.public.as_bytes())
    }

    /// `None` for a share that contributes nothing.
    pub(crate) fn decapsulate(&self, enc: &[u8; ENC]) -> Option<Secret> {
        let (ct_m, ct_x) = enc.split_first_chunk::<ML_KEM_CIPHERTEXT>()?;
        let ct_x = X25519Public::from(<[u8; X25519]>::try_from(ct_x).ok()?);
        let ss_x = self.x25519.diffie_hellman(&ct_x);
        if !ss_x.was_contributory() {
            return None;
        }
        let ss_m = Zeroizing::new(<[u8; 32]>::from(self.ml_kem.decapsulate(&(*ct_m).into())));
        Some(combine(&ss_m, &ss_x, &ct_x, &self.public))
    }
}

/// SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ label).
fn combine(ss_m: &[u8; 32], ss_x: &SharedSecret, ct_x: &X25519Public, pk_x: &X25519Public) -> Secret {
    let parts = [ss_m, ss_x.as_bytes(), ct_x.as_bytes(), pk_x.as_bytes(), LABEL.as_slice()];
    let hash = parts.iter().fold(Sha3_256::new(), |hash, part| hash.chain_update(part));
    Zeroizing::new(hash.finalize().into())
}

/// The ML-KEM part, then the X25519 part.
fn joined<const N: usize>(ml_kem: &[u8], x25519: &[u8; X25519]) -> [u8; N] {
    let mut out = [0; N];
    for (place, byte) in out.iter_mut().zip(ml_kem.iter().chain(x25519)) {
        *place = *byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use x_wing::{DecapsulationKeyRejectNonContrib, Decapsulator as _, TryDecapsulate as _};

    /// Every encoding of a point of low order that fits 32 bytes (RFC 7748, section 6.1; the list of curve25519's site).
    fn low_order() -> [[u8; 32]; 7] {
        let p = |low: u8| {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, 0x7f);
            bytes
        };
        let small = |low: u8| {
            let mut bytes = [0; 32];
            bytes[0] = low;
            bytes
        };
        let hex = |text: &str| -> [u8; 32] {
            core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        };
        [
            small(0),
            small(1),
            hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
            p(0xec),
            p(0xed),
            p(0xee),
        ]
    }

    fn seed(n: u8, role: &str) -> [u8; 32] {
        let mut out = [0; 32];
        let mut shake = Shake256::default();
        shake.update(role.as_bytes());
        shake.update(&[n]);
        shake.finalize_xof().read(&mut out);
        out
    }

    #[test]
    fn it_agrees_with_the_independent_crate_over_200_seeds() {
        for n in 0..200 {
            let ours = SecretHalf::from_seed(&seed(n, "key"));
            let theirs = DecapsulationKeyRejectNonContrib::from(seed(n, "key"));
            let their_public = theirs.encapsulation_key();
            assert_eq!(ours.public_bytes()[..], x_wing::KeyExport::to_bytes(their_public)[..]);

            let (m, x) = (seed(n, "m"), seed(n, "x"));
            let (enc, secret) = PublicHalf::from_bytes(&ours.public_bytes()).unwrap().encapsulate(&m, &x);
            let (ct, shared) = their_public
                .encapsulate_deterministic(&<[u8; 64]>::try_from([m, x].concat()).unwrap().into());
            assert_eq!((&enc[..], &secret[..]), (&ct[..], &shared[..]));
            assert_eq!(ours.decapsulate(&enc).unwrap(), secret);

            let mut wrong = enc;
            wrong[usize::from(n) * 5] ^= 1 << (n % 8);
            let implicit = ours.decapsulate(&wrong).unwrap();
            assert_eq!(implicit[..], theirs.try_decapsulate(&wrong.into()).unwrap()[..]);
            assert_ne!(implicit, secret);

            let mut low = enc;
            low[ML_KEM_CIPHERTEXT..].copy_from_slice(&low_order()[usize::from(n) % 7]);
            assert!(ours.decapsulate(&low).is_none() && theirs.try_decapsulate(&low.into()).is_err());
        }
    }

    #[test]
    fn the_hash_states_are_wiped() {
        // Keccak runs backwards as well as forwards: a state left in memory is the seed left in memory (T-07).
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&Sha3_256::new());
        wiped(&Shake256::default());
    }

    #[test]
    fn a_public_key_of_low_order_is_refused() {
        let sound = SecretHalf::from_seed(&[1; 32]).public_bytes();
        assert!(PublicHalf::from_bytes(&sound).is_some());
        for point in low_order() {
            for top in [0, 0x80] {
                let mut bytes = sound;
                bytes[ML_KEM_KEY..].copy_from_slice(&point);
                bytes[RECIPIENT - 1] |= top;
                assert!(PublicHalf::from_bytes(&bytes).is_none());
            }
        }
    }

    #[test]
    fn a_public_key_that_is_not_reduced_is_refused() {
        let mut bytes = SecretHalf::from_seed(&[1; 32]).public_bytes();
        bytes[0] = 0x01; // 0xd01 = 3329 = q, the smallest value that is not reduced
        bytes[1] = (bytes[1] & 0xf0) | 0x0d;
        assert!(PublicHalf::from_bytes(&bytes).is_none());
        bytes[0] = 0x00;
        assert!(PublicHalf::from_bytes(&bytes).is_some());
    }
}
