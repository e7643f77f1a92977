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
    let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
    let body = private_part(key, comment, check);
    // Built in one allocation each: a growing buffer would leave unwiped copies of the key behind.
    let mut blob = Zeroizing::new(Vec::with_capacity(body.len().saturating_add(256)));
    blob.extend(MAGIC);
    put(&mut blob, b"none"); // cipher
    put(&mut blob, b"none"); // key derivation
    put(&mut blob, b"");
    blob.extend(1_u32.to_be_bytes()); // keys
    put(&mut blob, &public.blob());
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
}
