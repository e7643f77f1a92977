//! The age header: wraps the file key for each recipient, and yields the payload key only after its MAC was verified.

use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tipline_wire::outer::{Header, MAC_START, STANZA_START, Stanza, VERSION};
use tipline_wire::size::{NONCE, prefix_len};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::fresh::{FILE_KEY, Fresh};
use crate::identity::Identity;
use crate::recipient::PublicKey;
use crate::stream::PayloadKey;

/// Writes header and nonce, 86 + 1557 N bytes, one recipient at a time: each costs a browser that compiles nothing a
/// good part of a second, and it has to answer in between.
pub(crate) struct HeaderSealer {
    to: Vec<PublicKey>,
    /// Wiped as soon as all was written.
    fresh: Option<Fresh>,
    out: Vec<u8>,
    wrapped: usize,
}

impl HeaderSealer {
    /// Begins; gives the key of the payload that follows, too.
    pub(crate) fn new(to: &[PublicKey], fresh: Fresh) -> Result<(Self, PayloadKey), SealError> {
        if to.is_empty() || to.len() != usize::from(fresh.recipients()) {
            return Err(SealError::Recipients);
        }
        let (file_key, nonce) = fresh.file_key().zip(fresh.nonce()).ok_or(SealError::Randomness)?;
        let key = PayloadKey::derive(file_key, nonce).ok_or(SealError::Randomness)?;
        let mut out = Vec::with_capacity(prefix_len(fresh.recipients()));
        out.extend_from_slice(VERSION);
        Ok((Self { to: to.to_vec(), fresh: Some(fresh), out, wrapped: 0 }, key))
    }

    /// Whether all was written.
    pub(crate) fn is_done(&self) -> bool {
        self.wrapped == self.to.len()
    }

    /// Writes on; gives what was added.
    pub(crate) fn next(&mut self) -> Result<&[u8], SealError> {
        let before = if self.wrapped == 0 { 0 } else { self.out.len() };
        self.write().ok_or(SealError::Randomness)?;
        Ok(self.out.get(before..).unwrap_or_default())
    }

    fn write(&mut self) -> Option<()> {
        let fresh = self.fresh.as_ref()?;
        let file_key = fresh.file_key()?;
        let (recipient, random) = self.to.iter().zip(fresh.each()).nth(self.wrapped)?;
        write_stanza(&mut self.out, &recipient.wrap(file_key, random)?);
        self.wrapped = self.wrapped.saturating_add(1);
        if self.is_done() {
            finish_header(&mut self.out, file_key)?;
            self.out.extend_from_slice(fresh.nonce()?);
            self.fresh = None;
        }
        Some(())
    }
}

/// Header and nonce at once, and the key of the payload that follows.
pub(crate) fn seal_header(to: &[PublicKey], fresh: Fresh) -> Result<(Vec<u8>, PayloadKey), SealError> {
    let (mut sealer, key) = HeaderSealer::new(to, fresh)?;
    while !sealer.is_done() {
        sealer.next()?;
    }
    Ok((sealer.out, key))
}

/// Opens the header at the start of `bytes` with whichever identity fits; gives the payload key and the length of header
/// and nonce, 86 + 1557 N: there the first chunk begins.
///
/// # Errors
/// [`OpenError::Form`] when it is no tip at all; [`OpenError::Refused`] when no identity fits, the header was changed, or
/// the nonce is cut off.
pub fn open_header(bytes: &[u8], identities: &[Identity]) -> Result<(PayloadKey, usize), OpenError> {
    let header = Header::parse_any(bytes)?;
    let file_key = file_key(&header, identities).ok_or(OpenError::Refused)?;
    let used = header.len().saturating_add(NONCE);
    let nonce = bytes.get(..used).and_then(<[u8]>::last_chunk).ok_or(OpenError::Refused)?;
    let key = PayloadKey::derive(&file_key, nonce).ok_or(OpenError::Refused)?;
    Ok((key, used))
}

/// The file key, only if the MAC over the whole header is right.
fn file_key(header: &Header<'_>, identities: &[Identity]) -> Option<Zeroizing<[u8; FILE_KEY]>> {
    let fits = |stanza: Stanza| identities.iter().find_map(|identity| identity.unwrap(&stanza));
    let file_key = header.stanzas().find_map(fits)?;
    verify_mac(&file_key, header.mac_input(), header.mac())?;
    Some(file_key)
}

/// Verifies a header's MAC in constant time (C2SP age, "Header MAC").
pub(crate) fn verify_mac(file_key: &[u8; FILE_KEY], covered: &[u8], mac: &[u8]) -> Option<()> {
    header_mac(file_key, covered)?.verify_slice(mac).ok()
}

/// Appends the last line to a header that ends with its last stanza.
pub(crate) fn finish_header(out: &mut Vec<u8>, file_key: &[u8; FILE_KEY]) -> Option<()> {
    out.extend_from_slice(MAC_START);
    let mac: [u8; 32] = header_mac(file_key, out)?.finalize().into_bytes().into();
    out.push(b' ');
    write_base64(out, &mac);
    out.push(b'\n');
    Some(())
}

/// Appends unpadded base64.
pub(crate) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(Base64Unpadded::encode_string(bytes).as_bytes());
}

fn write_stanza(out: &mut Vec<u8>, stanza: &Stanza) {
    out.extend_from_slice(STANZA_START);
    write_base64(out, &stanza.enc);
    out.push(b'\n');
    write_base64(out, &stanza.body);
    out.push(b'\n');
}

fn header_mac(file_key: &[u8; FILE_KEY], covered: &[u8]) -> Option<Hmac<Sha256>> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, file_key).expand(b"header", key.as_mut()).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).ok()?;
    mac.update(covered);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fresh_len;
    use tipline_wire::outer::OuterError;

    fn sealed(desks: &[Identity]) -> Vec<u8> {
        let keys: Vec<_> = desks.iter().map(|d| PublicKey::try_from(&d.recipient()).unwrap()).collect();
        let n = u8::try_from(keys.len()).unwrap();
        let fresh = Fresh::new(Zeroizing::new(vec![3; fresh_len(n)]), n).unwrap();
        seal_header(&keys, fresh).unwrap().0
    }

    fn desks(n: u8) -> Vec<Identity> {
        (0..n).map(|i| Identity::from_seed([i + 1; 32])).collect()
    }

    #[test]
    fn every_recipient_opens_and_nobody_else() {
        let desks = desks(3);
        let bytes = sealed(&desks);
        assert_eq!(bytes.len(), prefix_len(3));
        for desk in desks {
            assert_eq!(open_header(&bytes, &[Identity::from_seed([99; 32]), desk]).unwrap().1, bytes.len());
        }
        let thief = open_header(&bytes, &[Identity::from_seed([99; 32])]);
        assert_eq!(thief.err(), Some(OpenError::Refused));
        assert_eq!(open_header(&bytes, &[]).err(), Some(OpenError::Refused));
    }

    #[test]
    fn a_stanza_put_in_by_another_hand_is_noticed() {
        let desks = desks(2);
        let bytes = sealed(&desks);
        let (stanzas, end) = (&bytes[22..22 + 2 * 1_557], &bytes[22 + 2 * 1_557..]);
        let swapped = [VERSION, &stanzas[1_557..], &stanzas[..1_557], end].concat();
        assert_eq!(open_header(&swapped, &desks).err(), Some(OpenError::Refused));
        let dropped = [VERSION, &stanzas[..1_557], end].concat();
        assert_eq!(open_header(&dropped, &desks).err(), Some(OpenError::Refused));
    }

    #[test]
    fn a_cut_header_and_a_cut_nonce_are_refused() {
        let desks = desks(1);
        let bytes = sealed(&desks);
        for len in 0..bytes.len() {
            let cut = open_header(&bytes[..len], &desks).err();
            let expected =
                if len < bytes.len() - NONCE { OuterError::Cut.into() } else { OpenError::Refused };
            assert_eq!(cut, Some(expected), "{len}");
        }
    }

    #[test]
    fn random_bytes_for_another_number_of_recipients_are_refused() {
        let keys = [PublicKey::try_from(&Identity::from_seed([1; 32]).recipient()).unwrap()];
        let fresh = Fresh::new(Zeroizing::new(vec![3; fresh_len(2)]), 2).unwrap();
        assert_eq!(seal_header(&keys, fresh).err(), Some(SealError::Recipients));
    }
}
