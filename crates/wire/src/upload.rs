//! An upload: a tip over 1 MiB on its way in parts, each of which survives a broken circuit (RFC 9530 for the digests).
//!
//! Part 0 is header, nonce and the first 16 sealed chunks, part i the sealed chunks 16 i … 16 i + 15, the last one
//! shorter: every length follows from the number of recipients and the padded length. Who knows the token owns the upload.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::answer::{PADDING, Say};
use crate::date::Date;
use crate::hex;
use crate::size::{MAX_RECIPIENTS, Padded, prefix_len};
use crate::tip_id::{CHUNKS_PER_PART, PART, TipId};

/// Random bytes of a token.
pub const TOKEN: usize = 32;
/// Most parts of an upload: 1 GiB.
pub const MAX_PARTS: u32 = 1_024;
/// The longest part: number 0 for eight recipients.
pub const LONGEST_PART: u64 = 1_061_374;
/// The longest body of `POST /uploads` and `POST /uploads/commit`, in bytes.
pub const LONGEST_REQUEST: usize = 256;

const SCHEME: &str = "Tip ";

const _: () = assert!(MAX_PARTS == 1_024 && Padded::LARGEST.chunks() / CHUNKS_PER_PART == 1_024);

/// What a letterbox keeps of a token: SHA-256("tipline upload" ‖ token), 32 bytes. It opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadKey([u8; 32]);

impl UploadKey {
    /// The key of a token.
    #[must_use]
    pub fn of_token(token: &[u8; TOKEN]) -> Self {
        Self(Sha256::new_with_prefix(b"tipline upload").chain_update(token).finalize().into())
    }

    /// The key of the token in an `Authorization` field, `Tip <base64url, 43 characters>`; `None` for anything else.
    #[must_use]
    pub fn of_authorization(field: &str) -> Option<Self> {
        let mut token = [0; TOKEN];
        let decoded = Base64UrlUnpadded::decode(field.strip_prefix(SCHEME)?, &mut token).ok()?;
        (decoded.len() == TOKEN).then(|| Self::of_token(&token))
    }

    /// Takes 32 bytes that are a key already.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The `Authorization` field of a token.
#[must_use]
pub fn authorization(token: &[u8; TOKEN]) -> String {
    format!("{SCHEME}{}", Base64UrlUnpadded::encode_string(token))
}

/// The `Content-Digest` field (RFC 9530) of a SHA-256 digest.
#[must_use]
pub fn content_digest(digest: &[u8; 32]) -> String {
    format!("sha-256=:{}:", Base64::encode_string(digest))
}

/// The digest in a `Content-Digest` field that holds this one algorithm.
#[must_use]
pub fn parse_content_digest(field: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let base64 = field.strip_prefix("sha-256=:")?.strip_suffix(':')?;
    let decoded = Base64::decode(base64, &mut digest).ok()?;
    (decoded.len() == 32).then_some(digest)
}

/// What an upload will be, said when it begins: the letterbox then knows every part's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// The Monday its epoch begins.
    pub epoch: Date,
    /// Stanzas, 1 to 8.
    pub recipients: u8,
    /// Over 1 MiB.
    pub padded: Padded,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredJson {
    epoch: String,
    recipients: u8,
    padded: u64,
}

impl Declared {
    /// The body of `POST /uploads`.
    #[must_use]
    pub fn body(&self) -> String {
        format!(
            "{{\"epoch\":\"{}\",\"recipients\":{},\"padded\":{}}}",
            self.epoch,
            self.recipients,
            self.padded.bytes()
        )
    }

    /// Reads the body of `POST /uploads`; `None` for anything but one of the sizes over 1 MiB.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let json: DeclaredJson = serde_json::from_slice(body).ok()?;
        let padded = Padded::ALL.into_iter().find(|padded| padded.bytes() == json.padded)?;
        let epoch = Date::parse(&json.epoch)?;
        let sound = (1..=MAX_RECIPIENTS).contains(&json.recipients) && padded > Padded::ONE_REQUEST_MAX;
        sound.then_some(Self { epoch, recipients: json.recipients, padded })
    }

    /// Bytes of the sealed tip.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.padded.sealed_len(self.recipients)
    }

    /// How many parts it has: 2 to 1 024.
    #[must_use]
    pub fn parts(&self) -> u32 {
        u32::try_from(self.padded.chunks().div_ceil(CHUNKS_PER_PART)).unwrap_or(MAX_PARTS)
    }

    /// Where part `number` begins in the sealed tip, and its length; `None` when there is no such part.
    #[must_use]
    pub fn part(&self, number: u32) -> Option<(u64, u64)> {
        let prefix = u64::try_from(prefix_len(self.recipients)).ok()?;
        let behind = u64::from(number.checked_add(1)?).checked_mul(PART)?.checked_add(prefix)?;
        let begin = if number == 0 { 0 } else { behind.checked_sub(PART)? };
        let end = behind.min(self.sealed_len());
        (number < self.parts()).then_some((begin, end.checked_sub(begin)?))
    }
}

/// Which parts a letterbox holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    held: Vec<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldJson {
    ok: bool,
    say: String,
    count: u32,
    held: String,
}

impl Held {
    /// From one truth a part, in order.
    #[must_use]
    pub fn new(held: Vec<bool>) -> Self {
        Self { held }
    }

    /// Whether part `number` is held.
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        usize::try_from(number).ok().and_then(|at| self.held.get(at)).copied().unwrap_or(false)
    }

    /// How many parts the upload has.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.held.len()).unwrap_or(u32::MAX)
    }

    /// The answer to `GET /uploads`: `{"ok":true,"say":"held","count":n,"held":"<hex>"}`, padded with spaces. Bit 7 of the
    /// first byte is part 0.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let bits = self.held.chunks(8).map(|eight| {
            (0..8).fold(0_u8, |byte, at| (byte << 1) | u8::from(eight.get(at).copied().unwrap_or(false)))
        });
        let bits = hex::encode(&bits.collect::<Vec<u8>>());
        let say = Say::Held.code();
        let text =
            format!("{{\"ok\":true,\"say\":\"{say}\",\"count\":{},\"held\":\"{bits}\"}}", self.held.len());
        let mut body = text.into_bytes();
        body.resize(body.len().next_multiple_of(PADDING), b' ');
        body
    }

    /// Reads what [`Held::body`] wrote.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let json: HeldJson = serde_json::from_slice(body).ok()?;
        let count = usize::try_from(json.count).ok().filter(|_| json.count <= MAX_PARTS)?;
        let digits = json.held.as_bytes();
        (json.ok && json.say == Say::Held.code() && digits.len() == count.div_ceil(8).checked_mul(2)?)
            .then_some(())?;
        let mut held = vec![];
        for digit in digits {
            let value = char::from(*digit).to_digit(16).filter(|_| !digit.is_ascii_uppercase())?;
            held.extend((0..4).rev().map(|bit| (value >> bit) & 1 == 1));
        }
        let beyond_is_empty = held.iter().skip(count).all(|bit| !bit);
        held.truncate(count);
        beyond_is_empty.then_some(Self { held })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitJson {
    id: String,
}

/// The body of `POST /uploads/commit`.
#[must_use]
pub fn commit_body(id: &TipId) -> String {
    format!("{{\"id\":\"{id}\"}}")
}

/// Reads the body of `POST /uploads/commit`.
#[must_use]
pub fn parse_commit(body: &[u8]) -> Option<TipId> {
    let json: CommitJson = serde_json::from_slice(body).ok()?;
    json.id.parse().ok()
}

const _: () = assert!(LONGEST_PART == PART + 86 + 1_557 * 8);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tip_id::TipHasher;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_sound(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            text in "(Tip |sha-256=:)?[ -~]{0,60}:?",
            json in "[{]\"(epoch|id|ok|held|count|say)\":[ -~]{0,80}[}]",
        ) {
            for body in [bytes.as_slice(), json.as_bytes(), text.as_bytes()] {
                prop_assert!(Declared::parse(body).is_none_or(|said| said.parts() <= MAX_PARTS));
                prop_assert!(Held::parse(body).is_none_or(|held| held.count() <= MAX_PARTS));
                let _ = parse_commit(body);
            }
            prop_assert!(UploadKey::of_authorization(&text).is_none_or(|_| text.len() == 47));
            prop_assert!(parse_content_digest(&text).is_none_or(|_| text.len() == 54));
        }
    }

    fn declared(kib: u64, recipients: u8) -> Declared {
        let padded = Padded::holding(kib * 1_024).unwrap();
        Declared { epoch: Date::parse("2026-11-23").unwrap(), recipients, padded }
    }

    #[test]
    fn the_parts_are_the_whole_tip() {
        for (kib, recipients, count) in [(1_025, 1, 2), (2_048, 3, 2), (3_072, 8, 3), (1_048_576, 3, 1_024)] {
            let declared = declared(kib, recipients);
            assert_eq!(declared.parts(), count);
            let mut at = 0;
            for number in 0..count {
                let (begin, len) = declared.part(number).unwrap();
                assert_eq!(begin, at);
                assert!(len > 0 && len <= LONGEST_PART);
                at += len;
            }
            assert_eq!(at, declared.sealed_len());
            assert_eq!(declared.part(count), None);
            assert_eq!(declared.part(u32::MAX), None);
        }
    }

    #[test]
    fn the_name_of_a_tip_is_that_of_its_parts() {
        for (kib, recipients) in [(1_536, 1), (2_048, 3), (3_072, 8)] {
            let declared = declared(kib, recipients);
            let tip: Vec<u8> = (0..declared.sealed_len()).map(|at| (at % 251) as u8).collect();
            let mut hasher = TipHasher::new(recipients, declared.padded);
            hasher.update(&tip);
            let parts = (0..declared.parts()).filter_map(|number| declared.part(number));
            let parts = parts.map(|(begin, len)| &tip[begin as usize..(begin + len) as usize]);
            let digests = parts.map(|part| Sha256::digest(part).into());
            assert_eq!(hasher.finish(), TipId::of_parts(declared.parts(), digests));
        }
    }

    #[test]
    fn what_is_said_comes_back() {
        let said = declared(1_536, 3);
        assert_eq!(said.body(), "{\"epoch\":\"2026-11-23\",\"recipients\":3,\"padded\":1572864}");
        assert_eq!(Declared::parse(said.body().as_bytes()), Some(said));
        for bad in ["1048576", "1572865", "0", "-1"] {
            assert_eq!(Declared::parse(said.body().replace("1572864", bad).as_bytes()), None);
        }
        assert!(declared(1_048_576, 8).body().len() <= LONGEST_REQUEST);
        let id = TipId::of_one_request(b"x");
        assert!(commit_body(&id).len() <= LONGEST_REQUEST);
        assert_eq!(parse_commit(commit_body(&id).as_bytes()), Some(id));
        assert_eq!(parse_commit(b"{\"id\":\"00\"}"), None);
    }

    #[test]
    fn fields_come_back_and_nothing_else_is_read() {
        let key = UploadKey::of_token(&[7; 32]);
        let field = authorization(&[7; 32]);
        assert_eq!(UploadKey::of_authorization(&field), Some(key));
        for bad in ["", "Tip ", "Tip AAAA", "Bearer x", &field.replace("Tip", "tip"), &format!("{field}=")] {
            assert_eq!(UploadKey::of_authorization(bad), None, "{bad}");
        }
        let field = content_digest(&[9; 32]);
        assert_eq!(parse_content_digest(&field), Some([9; 32]));
        for bad in ["", "sha-256=::", "sha-512=:AAAA:", &field.replace(":C", ":D").repeat(2)] {
            assert_eq!(parse_content_digest(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_bitmap_comes_back() {
        for count in [2_usize, 7, 8, 9, 1_024] {
            let held = Held::new((0..count).map(|n| n % 3 == 0).collect());
            let body = held.body();
            assert_eq!(body.len() % PADDING, 0);
            assert_eq!(Held::parse(&body), Some(held.clone()));
            assert!(held.has(0) && !held.has(1) && !held.has(u32::MAX));
        }
        for bad in ["{}", "{\"ok\":true,\"say\":\"held\",\"count\":2,\"held\":\"ff\"}", "x"] {
            assert_eq!(Held::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
