//! The outer form of a sealed tip: what the letterbox checks without any key (C2SP age, "Header"; hybrid stanzas only).
//!
//! The grammar is exact: the version line, N stanzas `mlkem768x25519` of one size, the MAC line. Nothing else is an age
//! file here, so a header's length follows from N alone.

use base64ct::{Base64Unpadded, Encoding};

use crate::size::{MAC_LINE, MAX_RECIPIENTS, STANZA, header_len};

/// The first line of every age file.
pub const VERSION: &[u8] = b"age-encryption.org/v1\n";
/// What a stanza's line begins with.
pub const STANZA_START: &[u8] = b"-> mlkem768x25519 ";
/// What the MAC's line begins with.
pub const MAC_START: &[u8] = b"---";
/// Bytes of a stanza's argument: an ML-KEM-768 ciphertext, 1 088, then an X25519 share, 32.
pub const ENC: usize = 1_120;
/// Bytes of a stanza's body: the sealed file key, 16, and its tag, 16.
pub const BODY: usize = 32;
/// Bytes of the header's MAC.
pub const MAC: usize = 32;

const ENC_TEXT: usize = 1_494;
const BODY_TEXT: usize = 43;

/// Why bytes are no sealed tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OuterError {
    /// The first line is not that of an age file.
    #[error("this is not an age file")]
    NotAge,
    /// The bytes end before the header does.
    #[error("the age header is cut off")]
    Cut,
    /// A stanza is of another kind, of another length, or not canonical base64.
    #[error("a recipient stanza is not of the kind mlkem768x25519, or damaged")]
    Stanza,
    /// There are more or fewer stanzas than the epoch has recipients.
    #[error("the number of recipient stanzas is not that of this week's keys")]
    Count,
    /// The MAC line is malformed.
    #[error("the header's last line is damaged")]
    Mac,
}

/// One recipient stanza: the encapsulated key and the sealed file key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stanza {
    /// ML-KEM ciphertext, then X25519 share.
    pub enc: [u8; ENC],
    /// The file key sealed for this recipient.
    pub body: [u8; BODY],
}

/// A header of the right form. Its MAC is not verified: that takes the file key.
#[derive(Debug)]
pub struct Header<'a> {
    text: &'a [u8],
    recipients: u8,
    mac: [u8; MAC],
}

impl<'a> Header<'a> {
    /// Reads the header of a tip for exactly `recipients` recipients from the start of `bytes`.
    ///
    /// # Errors
    /// See [`OuterError`]; [`OuterError::Count`] when the stanzas are sound but not that many.
    pub fn parse(bytes: &'a [u8], recipients: u8) -> Result<Self, OuterError> {
        let header = Self::parse_any(bytes)?;
        if header.recipients == recipients { Ok(header) } else { Err(OuterError::Count) }
    }

    /// Reads a header with one to eight stanzas.
    ///
    /// # Errors
    /// See [`OuterError`].
    pub fn parse_any(bytes: &'a [u8]) -> Result<Self, OuterError> {
        let mut rest = match bytes.split_at_checked(VERSION.len()) {
            Some((VERSION, rest)) => rest,
            Some(_) => return Err(OuterError::NotAge),
            None if VERSION.starts_with(bytes) => return Err(OuterError::Cut),
            None => return Err(OuterError::NotAge),
        };
        let mut recipients = 0_u8;
        while !rest.starts_with(MAC_START) {
            let (stanza, after) = rest.split_at_checked(STANZA).ok_or(OuterError::Cut)?;
            read_stanza(stanza).ok_or(OuterError::Stanza)?;
            recipients = recipients.saturating_add(1);
            if recipients > MAX_RECIPIENTS {
                return Err(OuterError::Count);
            }
            rest = after;
        }
        if recipients == 0 {
            return Err(OuterError::Count);
        }
        let mac_line = rest.get(..MAC_LINE).ok_or(OuterError::Cut)?;
        let mac = read_mac(mac_line).ok_or(OuterError::Mac)?;
        let text = bytes.get(..header_len(recipients)).ok_or(OuterError::Cut)?;
        Ok(Self { text, recipients, mac })
    }

    /// How many stanzas it has.
    #[must_use]
    pub fn recipients(&self) -> u8 {
        self.recipients
    }

    /// Bytes of the header, without the nonce: 70 + 1557 N.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Never: a header has at least one stanza.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The stanzas, in order.
    pub fn stanzas(&self) -> impl Iterator<Item = Stanza> + '_ {
        let stanzas = self.text.get(VERSION.len()..).unwrap_or_default();
        stanzas.chunks_exact(STANZA).take(usize::from(self.recipients)).filter_map(read_stanza)
    }

    /// What the MAC covers: the header through `---`.
    #[must_use]
    pub fn mac_input(&self) -> &[u8] {
        let covered = header_len(self.recipients).saturating_sub(MAC_LINE).saturating_add(MAC_START.len());
        self.text.get(..covered).unwrap_or_default()
    }

    /// The claimed HMAC-SHA-256 of [`Header::mac_input`].
    #[must_use]
    pub fn mac(&self) -> &[u8; MAC] {
        &self.mac
    }
}

fn read_stanza(stanza: &[u8]) -> Option<Stanza> {
    let rest = stanza.strip_prefix(STANZA_START)?;
    let (enc, rest) = rest.split_at_checked(ENC_TEXT)?;
    let (body, end) = rest.strip_prefix(b"\n")?.split_at_checked(BODY_TEXT)?;
    (end == b"\n").then_some(())?;
    Some(Stanza { enc: read_base64(enc)?, body: read_base64(body)? })
}

fn read_mac(line: &[u8]) -> Option<[u8; MAC]> {
    read_base64(line.strip_prefix(MAC_START)?.strip_prefix(b" ")?.strip_suffix(b"\n")?)
}

/// Unpadded base64 of exactly `N` bytes. The decoder refuses what is not canonical.
fn read_base64<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    let read = Base64Unpadded::decode(text, &mut out).ok()?.len();
    (read == N).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(recipients: u8) -> Vec<u8> {
        let stanza = format!(
            "-> mlkem768x25519 {}\n{}\n",
            Base64Unpadded::encode_string(&[5; ENC]),
            Base64Unpadded::encode_string(&[6; BODY])
        );
        let mac = format!("--- {}\n", Base64Unpadded::encode_string(&[7; MAC]));
        [VERSION, stanza.repeat(recipients.into()).as_bytes(), mac.as_bytes()].concat()
    }

    #[test]
    fn a_header_gives_its_stanzas_and_what_the_mac_covers() {
        for recipients in 1..=8 {
            let bytes = header(recipients);
            assert_eq!(bytes.len(), header_len(recipients));
            let read = Header::parse(&bytes, recipients).unwrap();
            assert_eq!(
                read.stanzas().collect::<Vec<_>>(),
                vec![Stanza { enc: [5; ENC], body: [6; BODY] }; recipients.into()]
            );
            assert_eq!((read.mac(), read.len()), (&[7; MAC], bytes.len()));
            assert_eq!(read.mac_input(), &bytes[..bytes.len() - 45]);
        }
    }

    #[test]
    fn another_number_of_stanzas_is_refused() {
        for (there, asked) in [(1, 3), (3, 2), (8, 1)] {
            assert_eq!(Header::parse(&header(there), asked).unwrap_err(), OuterError::Count);
        }
        assert_eq!(Header::parse_any(&header(9)).unwrap_err(), OuterError::Count);
        assert_eq!(Header::parse_any(&header(0)).unwrap_err(), OuterError::Count);
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = header(2);
        for len in 0..bytes.len() {
            assert!(Header::parse(&bytes[..len], 2).is_err(), "{len}");
        }
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        let bytes = header(1);
        // The last character of each base64 text carries unused bits: set one.
        for at in [VERSION.len() + 18 + ENC_TEXT - 1, VERSION.len() + STANZA - 2, bytes.len() - 2] {
            let mut bad = bytes.clone();
            bad[at] += 1;
            assert!(Header::parse_any(&bad).is_err(), "{at}");
        }
        assert_eq!(
            Header::parse_any(b"dear friends, they came to my parents").unwrap_err(),
            OuterError::NotAge
        );
        let other = String::from_utf8(bytes).unwrap().replace("mlkem768x25519", "mlkem768x2551 ");
        assert_eq!(Header::parse_any(other.as_bytes()).unwrap_err(), OuterError::Stanza);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            let _ = Header::parse_any(&bytes);
        }

        #[test]
        fn one_changed_byte_never_gives_the_same_header(at in 0_usize..header_len(2), flip in 1_u8..) {
            let good = header(2);
            let mut bad = good.clone();
            bad[at] ^= flip;
            if let Ok(read) = Header::parse(&bad, 2) {
                let was = Header::parse(&good, 2).unwrap();
                prop_assert!(read.mac() != was.mac() || read.stanzas().ne(was.stanzas()));
            }
        }
    }
}
