//! A passphrase over a key file at rest: age's scrypt stanza, so that stock `age -d` opens it too (C2SP age, "scrypt").
//!
//! Never for tips: what crosses the network is hybrid only.

use alloc::format;
use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use scrypt::{Params, scrypt};
use tipline_wire::outer::{MAC_START, VERSION};
use tipline_wire::size::{MAC_LINE, TAG};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::fresh::{FILE_KEY, looks_random};
use crate::header::{finish_header, verify_mac, write_base64};
use crate::stream::{PayloadKey, Sealer};
use crate::whole::{open_payload, seal_payload};

/// Random bytes that sealing takes: file key 16, payload nonce 16, salt 16.
pub const FRESH_LEN: usize = 48;
/// The work factor that stock age uses: 2^18 steps, 256 MiB, about a second.
pub const USUAL_WORK: u8 = 18;

const STANZA_START: &[u8] = b"-> scrypt ";
const SALT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
const SALT: usize = 16;
const SALT_TEXT: usize = 22;
const BODY: usize = FILE_KEY + TAG;
const BODY_TEXT: usize = 43;
const NONCE: usize = 16;

/// Seals `plain` under `passphrase` with 2^`log2n` steps of work, 1 KiB · 2^`log2n` of memory. `fresh` comes from the
/// system's generator and is used once.
///
/// # Errors
/// [`SealError::Randomness`] when `fresh` is visibly not random; [`SealError::Work`] when `log2n` is 0 or over 30.
pub fn seal(
    plain: &[u8],
    passphrase: &str,
    log2n: u8,
    fresh: Zeroizing<[u8; FRESH_LEN]>,
) -> Result<Vec<u8>, SealError> {
    if !looks_random(fresh.as_slice()) {
        return Err(SealError::Randomness);
    }
    let (file_key, rest) = fresh.split_first_chunk::<FILE_KEY>().ok_or(SealError::Randomness)?;
    let (nonce, salt) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Randomness)?;
    let salt = salt.first_chunk().ok_or(SealError::Randomness)?;
    let body = wrap(passphrase, salt, log2n, file_key).ok_or(SealError::Work)?;
    let mut out = VERSION.to_vec();
    out.extend_from_slice(STANZA_START);
    write_base64(&mut out, salt);
    out.extend_from_slice(format!(" {log2n}\n").as_bytes());
    write_base64(&mut out, &body);
    out.push(b'\n');
    finish_header(&mut out, file_key).ok_or(SealError::Randomness)?;
    out.extend_from_slice(nonce);
    let key = PayloadKey::derive(file_key, nonce).ok_or(SealError::Randomness)?;
    let plain_len = u64::try_from(plain.len()).map_err(|_| SealError::TooLarge)?;
    seal_payload(Sealer::with_key(key, plain_len), plain, &mut out)?;
    Ok(out)
}

/// Opens a file that [`seal`] or stock age sealed, if it asks for at most 2^`most` steps of work: whoever wrote the file
/// chose that number, and its memory.
///
/// # Errors
/// [`OpenError::NotPassphrase`], [`OpenError::Work`]; [`OpenError::Refused`] for a wrong passphrase or a damaged file.
pub fn open(file: &[u8], passphrase: &str, most: u8) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let header = Header::parse(file).ok_or(OpenError::NotPassphrase)?;
    if header.log2n > most {
        return Err(OpenError::Work { asked: header.log2n, allowed: most });
    }
    let file_key = unwrap(passphrase, &header).ok_or(OpenError::Refused)?;
    verify_mac(&file_key, header.covered, &header.mac).ok_or(OpenError::Refused)?;
    let (nonce, payload) = header.rest.split_first_chunk::<NONCE>().ok_or(OpenError::Refused)?;
    let key = PayloadKey::derive(&file_key, nonce).ok_or(OpenError::Refused)?;
    open_payload(&key, payload)
}

/// A header with one scrypt stanza and nothing else, not yet authenticated.
struct Header<'a> {
    salt: [u8; SALT],
    log2n: u8,
    body: [u8; BODY],
    covered: &'a [u8],
    mac: [u8; 32],
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(file: &'a [u8]) -> Option<Self> {
        let stanza = file.strip_prefix(VERSION)?.strip_prefix(STANZA_START)?;
        let (salt, after) = stanza.split_at_checked(SALT_TEXT)?;
        let after = after.strip_prefix(b" ")?;
        let (work, after) = after.split_at_checked(after.iter().position(|b| *b == b'\n')?)?;
        let (body, after) = after.strip_prefix(b"\n")?.split_at_checked(BODY_TEXT)?;
        let (mac, rest) = after.strip_prefix(b"\n")?.split_at_checked(MAC_LINE)?;
        let covered =
            file.len().checked_sub(rest.len())?.checked_sub(MAC_LINE)?.checked_add(MAC_START.len())?;
        let mac = mac.strip_prefix(MAC_START)?.strip_prefix(b" ")?.strip_suffix(b"\n")?;
        Some(Self {
            salt: base64(salt)?,
            log2n: work_factor(work)?,
            body: base64(body)?,
            covered: file.get(..covered)?,
            mac: base64(mac)?,
            rest,
        })
    }
}

/// One or two decimal digits without a leading zero.
fn work_factor(text: &[u8]) -> Option<u8> {
    let plain = matches!(text, [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    core::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

fn base64<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    let read = Base64Unpadded::decode(text, &mut out).ok()?.len();
    (read == N).then_some(out)
}

fn wrap(passphrase: &str, salt: &[u8; SALT], log2n: u8, file_key: &[u8; FILE_KEY]) -> Option<[u8; BODY]> {
    let aead = stretched(passphrase, salt, log2n)?;
    let mut body = [0; BODY];
    let (text, tag) = body.split_at_mut_checked(FILE_KEY)?;
    text.copy_from_slice(file_key);
    tag.copy_from_slice(&aead.encrypt_inout_detached(&Nonce::default(), &[], text.into()).ok()?);
    Some(body)
}

fn unwrap(passphrase: &str, header: &Header<'_>) -> Option<Zeroizing<[u8; FILE_KEY]>> {
    let aead = stretched(passphrase, &header.salt, header.log2n)?;
    let (text, tag) = header.body.split_first_chunk::<FILE_KEY>()?;
    let mut file_key = Zeroizing::new(*text);
    let tag = Tag::try_from(tag).ok()?;
    aead.decrypt_inout_detached(&Nonce::default(), &[], file_key.as_mut_slice().into(), &tag).ok()?;
    Some(file_key)
}

/// The wrapping key: scrypt with r = 8, p = 1 over a labelled salt (RFC 7914). It wraps one file key, so its nonce is
/// zero.
fn stretched(passphrase: &str, salt: &[u8; SALT], log2n: u8) -> Option<ChaCha20Poly1305> {
    let params = (1..=30).contains(&log2n).then(|| Params::new(log2n, 8, 1).ok()).flatten()?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt(passphrase.as_bytes(), &[SALT_LABEL, salt].concat(), &params, key.as_mut()).ok()?;
    Some(ChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: u8 = 4;

    fn sealed(plain: &[u8]) -> Vec<u8> {
        seal(plain, "correct horse", LIGHT, Zeroizing::new([7; FRESH_LEN])).unwrap()
    }

    #[test]
    fn the_right_passphrase_opens_and_no_other() {
        for plain in [vec![], b"AGE-SECRET-KEY-PQ-1".to_vec(), vec![8; 70_000]] {
            let file = sealed(&plain);
            assert_eq!(*open(&file, "correct horse", 20).unwrap(), plain);
            assert_eq!(open(&file, "correct horsE", 20).err(), Some(OpenError::Refused));
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let file = sealed(b"ring");
        for bit in 0..file.len() * 8 {
            let mut bad = file.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, "correct horse", 9).is_err(), "{bit}");
        }
        for len in 0..file.len() {
            assert!(open(&file[..len], "correct horse", 9).is_err(), "{len}");
        }
    }

    #[test]
    fn a_file_cannot_ask_for_more_work_than_allowed() {
        let text = |work: &str| {
            let file = sealed(b"ring");
            let at = VERSION.len() + STANZA_START.len() + SALT_TEXT + 1;
            [&file[..at], work.as_bytes(), &file[at + 1..]].concat()
        };
        let asked = open(&text("23"), "correct horse", 22).err();
        assert_eq!(asked, Some(OpenError::Work { asked: 23, allowed: 22 }));
        assert_eq!(open(&text("99"), "correct horse", 99).err(), Some(OpenError::Refused));
        for odd in ["0", "04", "100", "4 ", "+4", "", "4 4"] {
            assert_eq!(open(&text(odd), "correct horse", 22).err(), Some(OpenError::NotPassphrase), "{odd}");
        }
    }

    #[test]
    fn sealing_refuses_a_silent_generator_and_impossible_work() {
        assert_eq!(seal(b"", "x", 4, Zeroizing::new([0; FRESH_LEN])), Err(SealError::Randomness));
        for work in [0, 31, 64, 255] {
            assert_eq!(seal(b"", "x", work, Zeroizing::new([1; FRESH_LEN])), Err(SealError::Work));
        }
    }
}
