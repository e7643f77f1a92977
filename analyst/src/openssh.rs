//! Ed25519 private keys in OpenSSH's text form (OpenSSH PROTOCOL.key), so that stock `ssh-keygen` can use them.
//!
//! The text itself is not encrypted: it is only ever written inside an age file that a passphrase closes.

use base64ct::{Base64, Encoding};
use ed25519_dalek::SigningKey;
use tipline_wire::sshsig::PublicKey;
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"openssh-key-v1\0";
const KEY_TYPE: &[u8] = b"ssh-ed25519";
const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
const END: &str = "-----END OPENSSH PRIVATE KEY-----\n";
/// OpenSSH breaks its lines here.
const LINE: usize = 70;
/// The unencrypted form is padded to blocks of this size.
const BLOCK: usize = 8;

/// The key as `ssh-keygen` writes one without a passphrase. `check` is any number, `comment` names the key.
#[must_use]
pub fn private_key(key: &SigningKey, comment: &str, check: u32) -> Zeroizing<String> {
    let body = private_part(key, comment, check);
    // Built in one allocation each: a growing buffer would leave unwiped copies of the key behind.
    let mut blob = Zeroizing::new(Vec::with_capacity(body.len().saturating_add(256)));
    blob.extend(MAGIC);
    put(&mut blob, b"none"); // cipher
    put(&mut blob, b"none"); // key derivation
    put(&mut blob, b"");
    blob.extend(1_u32.to_be_bytes()); // keys
    put(&mut blob, &public_blob(key));
    put(&mut blob, &body);
    let base64 = Zeroizing::new(Base64::encode_string(&blob));
    let mut text = Zeroizing::new(String::with_capacity(base64.len().saturating_mul(2).saturating_add(128)));
    text.push_str(BEGIN);
    for line in base64.as_bytes().chunks(LINE) {
        text.extend(line.iter().map(|b| char::from(*b)));
        text.push('\n');
    }
    text.push_str(END);
    text
}

/// Check numbers, key type, public key, seed ‖ public key, comment, then 1, 2, 3 … up to a full block.
fn private_part(key: &SigningKey, comment: &str, check: u32) -> Zeroizing<Vec<u8>> {
    let public = key.verifying_key().to_bytes();
    let pair = Zeroizing::new(key.to_keypair_bytes());
    let mut body = Zeroizing::new(Vec::with_capacity(comment.len().saturating_add(256)));
    body.extend(check.to_be_bytes());
    body.extend(check.to_be_bytes());
    put(&mut body, KEY_TYPE);
    put(&mut body, &public);
    put(&mut body, pair.as_slice());
    put(&mut body, comment.as_bytes());
    let mut pad = 1;
    while !body.len().is_multiple_of(BLOCK) {
        body.push(pad);
        pad = pad.saturating_add(1);
    }
    body
}

/// Reads an Ed25519 key in the form that [`private_key`] writes, and `ssh-keygen` without a passphrase; `None` for any other.
#[must_use]
pub fn read_private_key(text: &str) -> Option<SigningKey> {
    let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.chars().filter(|c| *c != '\n'));
    let mut blob = Zeroizing::new(vec![0; base64.len()]);
    let mut outer = Reader(Base64::decode(base64.as_bytes(), &mut blob).ok()?.strip_prefix(MAGIC)?);
    for none in [b"none".as_slice(), b"none", b""] {
        outer.expect(none)?;
    }
    (outer.number()? == 1).then_some(())?;
    let public = outer.string()?;
    let mut inner = Reader(outer.string()?);
    let key = read_private_part(&mut inner)?;
    let whole = outer.0.is_empty() && is_pad(inner.0) && public_blob(&key) == public;
    whole.then_some(key)
}

/// Up to the padding.
fn read_private_part(inner: &mut Reader<'_>) -> Option<SigningKey> {
    (inner.number()? == inner.number()?).then_some(())?;
    inner.expect(KEY_TYPE)?;
    let public = inner.string()?;
    let key = SigningKey::from_keypair_bytes(inner.string()?.try_into().ok()?).ok()?;
    let _comment = inner.string()?;
    (key.verifying_key().as_bytes() == public).then_some(key)
}

/// 1, 2, 3 …, less than a block.
fn is_pad(rest: &[u8]) -> bool {
    rest.len() < BLOCK && rest.iter().zip(1..).all(|(byte, due)| *byte == due)
}

fn public_blob(key: &SigningKey) -> Vec<u8> {
    PublicKey::from_bytes(key.verifying_key().to_bytes()).blob()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(string)
    }

    fn expect(&mut self, string: &[u8]) -> Option<()> {
        (self.string()? == string).then_some(())
    }
}

/// An SSH string: its length in four bytes, then its bytes.
fn put(out: &mut Vec<u8>, field: &[u8]) {
    out.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(field);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::process::Command;

    #[test]
    fn stock_ssh_keygen_reads_the_key() {
        for comment in ["", "a", "tipline root", "Beispiel · 例"] {
            let scratch = Scratch::new("openssh");
            let key = SigningKey::from_bytes(&[7; 32]);
            let path = scratch.private_file("key", private_key(&key, comment, 0x0102_0304).as_bytes());
            let out = Command::new("ssh-keygen").arg("-y").arg("-f").arg(path).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let ours = PublicKey::from_bytes(key.verifying_key().to_bytes());
            assert_eq!(String::from_utf8(out.stdout).unwrap().trim(), format!("{ours} {comment}").trim());
        }
    }

    #[test]
    fn what_we_write_and_what_stock_ssh_keygen_writes_is_read() {
        for comment in ["", "a", "tipline desk", "Beispiel · 例"] {
            let key = SigningKey::from_bytes(&[7; 32]);
            assert_eq!(read_private_key(&private_key(&key, comment, 9)), Some(key));
        }
        let scratch = Scratch::new("stock");
        let path = scratch.path().join("key");
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-t", "ed25519", "-N", "", "-C", "stock", "-f"]).arg(&path);
        assert!(make.status().unwrap().success());
        let key = read_private_key(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
        assert!(public.starts_with(&PublicKey::from_bytes(key.verifying_key().to_bytes()).to_string()));
    }

    #[test]
    fn another_form_of_key_is_none() {
        let text = private_key(&SigningKey::from_bytes(&[7; 32]), "a comment", 9);
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let sound = Base64::decode_vec(&body).unwrap();
        let written = |blob: &[u8]| format!("{BEGIN}{}\n{END}", Base64::encode_string(blob));
        assert!(read_private_key(&written(&sound)).is_some());
        for at in 0..sound.len() {
            let mut flipped = sound.clone();
            flipped[at] ^= 1;
            let comment = sound.windows(9).position(|w| w == b"a comment").unwrap();
            let is_comment = (comment..comment + 9).contains(&at);
            assert_eq!(read_private_key(&written(&flipped)).is_some(), is_comment, "byte {at}");
        }
        for cut in 0..sound.len() {
            assert!(read_private_key(&written(&sound[..cut])).is_none(), "{cut} bytes");
        }
        assert!(read_private_key(&written(&[sound.as_slice(), &[1]].concat())).is_none());
        assert!(read_private_key("").is_none() && read_private_key(text.trim_end()).is_none());
    }
}
