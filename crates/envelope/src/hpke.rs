//! HPKE in base mode, one message (RFC 9180): KEM 0x647a, KDF HKDF-SHA-256, AEAD ChaCha20-Poly1305.
//!
//! One context seals one file key, so the sequence number is always 0 and the nonce is the base nonce.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use tipline_wire::outer::{BODY, ENC};
use zeroize::Zeroizing;

use crate::fresh::FILE_KEY;
use crate::xwing::{PublicHalf, Secret, SecretHalf};

const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const MODE_BASE: &[u8] = &[0];
const KEY: usize = 32;
const NONCE: usize = 12;

/// `SealBase`: the encapsulated key and the sealed file key.
pub(crate) fn seal(
    to: &PublicHalf,
    (m, x): (&[u8; 32], &[u8; 32]),
    file_key: &[u8; FILE_KEY],
) -> Option<([u8; ENC], [u8; BODY])> {
    let (enc, shared) = to.encapsulate(m, x);
    let (aead, nonce) = key_schedule(&shared)?;
    let mut body = [0; BODY];
    let (text, tag) = body.split_at_mut_checked(FILE_KEY)?;
    text.copy_from_slice(file_key);
    tag.copy_from_slice(&aead.encrypt_inout_detached(&nonce, &[], text.into()).ok()?);
    Some((enc, body))
}

/// `OpenBase`: the file key, or `None` whatever was wrong.
pub(crate) fn open(
    with: &SecretHalf,
    enc: &[u8; ENC],
    body: &[u8; BODY],
) -> Option<Zeroizing<[u8; FILE_KEY]>> {
    let (aead, nonce) = key_schedule(&*with.decapsulate(enc)?)?;
    let (text, tag) = body.split_first_chunk::<FILE_KEY>()?;
    let mut file_key = Zeroizing::new(*text);
    let tag = Tag::try_from(tag).ok()?;
    aead.decrypt_inout_detached(&nonce, &[], file_key.as_mut_slice().into(), &tag).ok()?;
    Some(file_key)
}

/// `KeySchedule` with an empty pre-shared key (section 5.1).
fn key_schedule(shared: &[u8; 32]) -> Option<(ChaCha20Poly1305, Nonce)> {
    let (psk_id_hash, _) = extract(&[], b"psk_id_hash", &[]);
    let (info_hash, _) = extract(&[], b"info_hash", INFO);
    let context: [&[u8]; 3] = [MODE_BASE, psk_id_hash.as_slice(), info_hash.as_slice()];
    let (_, secret) = extract(shared, b"secret", &[]);
    let key: Secret = expand::<KEY>(&secret, b"key", context)?;
    let nonce = expand::<NONCE>(&secret, b"base_nonce", context)?;
    Some((ChaCha20Poly1305::new((&*key).into()), (*nonce).into()))
}

/// `LabeledExtract` (section 4): the key both as bytes and ready to expand.
fn extract(salt: &[u8], label: &[u8], ikm: &[u8]) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let mut hkdf = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [VERSION, SUITE, label, ikm] {
        hkdf.input_ikm(part);
    }
    let (bytes, ready) = hkdf.finalize();
    (Zeroizing::new(bytes.into()), ready)
}

/// `LabeledExpand` to `N` bytes.
fn expand<const N: usize>(
    prk: &Hkdf<Sha256>,
    label: &[u8],
    [mode, psk, info]: [&[u8]; 3],
) -> Option<Zeroizing<[u8; N]>> {
    let mut out = Zeroizing::new([0; N]);
    let length = u16::try_from(N).ok()?.to_be_bytes();
    prk.expand_multi_info(&[&length, VERSION, SUITE, label, mode, psk, info], out.as_mut()).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let (desk, thief) = (SecretHalf::from_seed(&[1; 32]), SecretHalf::from_seed(&[2; 32]));
        let to = PublicHalf::from_bytes(&desk.public_bytes()).unwrap();
        let (enc, body) = seal(&to, (&[3; 32], &[4; 32]), &[5; 16]).unwrap();
        assert_eq!(*open(&desk, &enc, &body).unwrap(), [5; 16]);
        assert!(open(&thief, &enc, &body).is_none());
        for bit in 0..BODY * 8 {
            let mut bad = body;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&desk, &enc, &bad).is_none());
        }
    }
}
