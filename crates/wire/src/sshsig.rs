//! Detached signatures as `ssh-keygen -Y` makes and checks them (OpenSSH PROTOCOL.sshsig): Ed25519, sha512, one signature.
//!
//! Stricter than OpenSSH: the namespace must be the expected one, `reserved` empty, no byte may follow, and Ed25519 is
//! verified strictly, so that one document has one meaning.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use base64ct::{Base64, Base64Unpadded, Encoding};
use sha2::{Digest, Sha256, Sha512};

/// Namespace of the root's intake document.
pub const INTAKE: &str = "tipline-intake";
/// Namespace of a desk's site document.
pub const SITE: &str = "tipline-site";
/// Namespace of a desk's board.
pub const BOARD: &str = "tipline-board";
/// Namespace of a desk's acknowledgement.
pub const ACK: &str = "tipline-ack";

/// The first line of an armored signature.
pub const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
const MAGIC: &[u8] = b"SSHSIG";
const KEY_TYPE: &[u8] = b"ssh-ed25519";
const HASH: &[u8] = b"sha512";
/// An armored signature of ours has under 400 bytes; nothing over this is read.
pub const LONGEST_ARMOR: usize = 2_048;
/// OpenSSH breaks the armor's lines here.
const LINE: usize = 70;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigError {
    /// Not one armored Ed25519 SSHSIG with sha512.
    #[error("the signature is not in the form that ssh-keygen -Y sign writes for an Ed25519 key")]
    Form,
    /// It was made for another purpose.
    #[error("the signature was made for another purpose")]
    Namespace,
    /// The document or the signature was changed.
    #[error("the signature does not belong to this document")]
    Wrong,
    /// The signature holds, but somebody else made it.
    #[error("somebody else signed this document")]
    AnotherSigner,
}

/// An Ed25519 public key, 32 bytes; text form `ssh-ed25519 AAAA…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes the 32 bytes as they are; a key that is no point never verifies anything.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The SSH public-key blob, 51 bytes.
    #[must_use]
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        put(&mut blob, KEY_TYPE);
        put(&mut blob, &self.0);
        blob
    }

    /// SHA-256 of the blob, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.blob()).into())
    }

    fn from_blob(blob: &[u8]) -> Option<Self> {
        let mut reader = Reader(blob);
        (reader.string()? == KEY_TYPE).then_some(())?;
        let key = Self(reader.string()?.try_into().ok()?);
        reader.finish(key)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ssh-ed25519 {}", Base64::encode_string(&self.blob()))
    }
}

impl FromStr for PublicKey {
    type Err = SigError;

    fn from_str(text: &str) -> Result<Self, SigError> {
        let base64 = text.strip_prefix("ssh-ed25519 ").ok_or(SigError::Form)?;
        let blob = Base64::decode_vec(base64).map_err(|_| SigError::Form)?;
        Self::from_blob(&blob).ok_or(SigError::Form)
    }
}

/// SHA-256 of an SSH public-key blob: how a person recognises the root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Six groups of four letters and digits, the base32 (RFC 4648) of the first 15 bytes: for paper and for the voice.
    #[must_use]
    pub fn groups(&self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut out = String::new();
        let (fives, _) = self.0.as_chunks::<5>();
        for five in fives.iter().take(3) {
            let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            for (place, shift) in (0..40).step_by(5).rev().enumerate() {
                if place % 4 == 0 && !out.is_empty() {
                    out.push(' ');
                }
                let letter = usize::try_from((bits >> shift) & 31).ok().and_then(|i| ALPHABET.get(i));
                out.extend(letter.map(|l| char::from(*l)));
            }
        }
        out
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", Base64Unpadded::encode_string(&self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = SigError;

    fn from_str(text: &str) -> Result<Self, SigError> {
        let base64 = text.strip_prefix("SHA256:").ok_or(SigError::Form)?;
        let bytes = Base64Unpadded::decode_vec(base64).map_err(|_| SigError::Form)?;
        bytes.try_into().map(Self).map_err(|_| SigError::Form)
    }
}

/// Checks an armored signature over `message`; answers whose key made it. *Whether* that key may is the caller's question.
///
/// # Errors
/// [`SigError::Form`], [`SigError::Namespace`] or [`SigError::Wrong`].
pub fn verify(armored: &str, namespace: &str, message: &[u8]) -> Result<PublicKey, SigError> {
    let mut hashed = Hashed::default();
    hashed.feed(message);
    verify_hashed(armored, namespace, &hashed)
}

/// The same over a message that was fed piece by piece.
///
/// # Errors
/// As [`verify`].
pub fn verify_hashed(armored: &str, namespace: &str, message: &Hashed) -> Result<PublicKey, SigError> {
    let blob = unarmor(armored).ok_or(SigError::Form)?;
    let parts = parse(&blob).ok_or(SigError::Form)?;
    if parts.namespace != namespace.as_bytes() {
        return Err(SigError::Namespace);
    }
    let key = ed25519_dalek::VerifyingKey::from_bytes(&parts.key.0).map_err(|_| SigError::Wrong)?;
    let signature = ed25519_dalek::Signature::from_bytes(&parts.signature);
    key.verify_strict(&message.signed_data(namespace), &signature).map_err(|_| SigError::Wrong)?;
    Ok(parts.key)
}

/// The bytes that Ed25519 signs: the magic, the namespace, an empty field, `sha512` and the digest of `message`.
#[must_use]
pub fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut hashed = Hashed::default();
    hashed.feed(message);
    hashed.signed_data(namespace)
}

/// A message being hashed piece by piece, so that a slow device can answer its person in between.
#[derive(Clone, Default)]
pub struct Hashed(Sha512);

impl Hashed {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn signed_data(&self, namespace: &str) -> Vec<u8> {
        let mut data = MAGIC.to_vec();
        put(&mut data, namespace.as_bytes());
        put(&mut data, b"");
        put(&mut data, HASH);
        put(&mut data, &self.0.clone().finalize());
        data
    }
}

/// The armored form of a finished signature, as OpenSSH writes it.
#[must_use]
pub fn armor(key: &PublicKey, signature: &[u8; 64], namespace: &str) -> String {
    let mut inner = Vec::new();
    put(&mut inner, KEY_TYPE);
    put(&mut inner, signature);
    let mut blob = MAGIC.to_vec();
    blob.extend(1_u32.to_be_bytes());
    for field in [&key.blob(), namespace.as_bytes(), b"", HASH, &inner] {
        put(&mut blob, field);
    }
    let mut out = BEGIN.to_string();
    for line in Base64::encode_string(&blob).as_bytes().chunks(LINE) {
        out.extend(line.iter().map(|b| char::from(*b)));
        out.push('\n');
    }
    out.push_str(END);
    out
}

struct Parts<'a> {
    key: PublicKey,
    namespace: &'a [u8],
    signature: [u8; 64],
}

fn unarmor(armored: &str) -> Option<Vec<u8>> {
    if armored.len() > LONGEST_ARMOR {
        return None;
    }
    let body = armored.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let base64: String = body.lines().collect();
    Base64::decode_vec(&base64).ok()
}

fn parse(blob: &[u8]) -> Option<Parts<'_>> {
    let mut reader = Reader(blob.strip_prefix(MAGIC)?.strip_prefix(&1_u32.to_be_bytes())?);
    let key = PublicKey::from_blob(reader.string()?)?;
    let namespace = reader.string()?;
    let reserved_and_hash = (reader.string()?, reader.string()?);
    let mut inner = Reader(reader.string()?);
    (reserved_and_hash == (b"".as_slice(), HASH) && inner.string()? == KEY_TYPE).then_some(())?;
    let signature = inner.string()?.try_into().ok()?;
    reader.finish(())?;
    inner.finish(Parts { key, namespace, signature })
}

/// Reads SSH strings: a big-endian length of four bytes, then that many bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn string(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk::<4>()?;
        let (string, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
        self.0 = rest;
        Some(string)
    }

    fn finish<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

fn put(out: &mut Vec<u8>, string: &[u8]) {
    // Every string here is shorter than 400 bytes: keys, digests, names of ours.
    let len = u32::try_from(string.len()).unwrap_or(u32::MAX);
    out.extend(len.to_be_bytes());
    out.extend(string);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const DOCUMENT: &[u8] = b"tipline-intake 1\n";

    fn signed(namespace: &str) -> (PublicKey, String) {
        let key = SigningKey::from_bytes(&[9; 32]);
        let public = PublicKey(key.verifying_key().to_bytes());
        let signature = key.sign(&signed_data(namespace, DOCUMENT)).to_bytes();
        (public, armor(&public, &signature, namespace))
    }

    #[test]
    fn a_signature_names_its_maker() {
        let (public, armored) = signed(INTAKE);
        assert_eq!(verify(&armored, INTAKE, DOCUMENT), Ok(public));
        assert_eq!(verify(&armored, BOARD, DOCUMENT), Err(SigError::Namespace));
        assert_eq!(verify(&armored, INTAKE, b"tipline-intake 2\n"), Err(SigError::Wrong));
    }

    #[test]
    fn another_form_is_refused() {
        let (_, armored) = signed(INTAKE);
        let twice = armored.repeat(2);
        let padded = armored.replace(END, "AAAA\n-----END SSH SIGNATURE-----\n");
        for bad in [
            "",
            BEGIN,
            &twice,
            &padded,
            &armored.replace('\n', "\r\n"),
            armored.trim_end(),
            &"A".repeat(3_000),
        ] {
            assert_eq!(verify(bad, INTAKE, DOCUMENT), Err(SigError::Form), "{bad}");
        }
    }

    #[test]
    fn keys_and_fingerprints_come_back_from_their_text() {
        let (public, _) = signed(INTAKE);
        assert_eq!(public.to_string().parse(), Ok(public));
        let fingerprint = public.fingerprint();
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert_eq!("SHA256:AAAA".parse::<Fingerprint>(), Err(SigError::Form));
    }

    #[test]
    fn the_groups_are_base32_of_fifteen_bytes() {
        let bytes: [u8; 32] = core::array::from_fn(|i| b"foobarfoobarfoobarfoobarfoobarfo"[i]);
        // RFC 4648: base32("foobarfoobarfoo") = MZXW6YTBOJTG633CMFZGM33P
        assert_eq!(Fingerprint(bytes).groups(), "MZXW 6YTB OJTG 633C MFZG M33P");
    }

    proptest! {
        #[test]
        fn one_changed_byte_is_noticed(at in 0_usize..290, flip in 1_u8..127) {
            let (public, armored) = signed(INTAKE);
            let mut bytes = armored.into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(text) = String::from_utf8(bytes) {
                // A line break may move; nothing else may change unnoticed.
                if text.lines().collect::<String>() != signed(INTAKE).1.lines().collect::<String>() {
                    prop_assert_ne!(verify(&text, INTAKE, DOCUMENT), Ok(public));
                }
            }
        }

        #[test]
        fn no_text_panics(text in "(-----BEGIN SSH SIGNATURE-----\n)?[A-Za-z0-9+/=\n]{0,300}(-----END SSH SIGNATURE-----\n)?") {
            prop_assert!(verify(&text, INTAKE, DOCUMENT).is_err());
        }
    }
}
