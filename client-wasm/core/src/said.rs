//! What the session tells the page, as JSON.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use serde::ser::SerializeStruct;
use tipline_envelope::receipt::{Numbers, Receipt};
use tipline_envelope::{SealError, fresh_len};
use tipline_wire::date::Epoch;
use tipline_wire::intake::GRACE_DAYS;
use zeroize::Zeroizing;

use crate::documents::Line;

/// Room for what goes into a tip for an answer, with its receipt: a recipient has 1 959 letters.
const LONGEST_ANSWERABLE: usize = 4_096;

#[derive(Serialize)]
pub(crate) struct Failed {
    pub(crate) ok: bool,
    pub(crate) reason: &'static str,
}

pub(crate) struct Answerable {
    pub(crate) numbers: Numbers,
    pub(crate) recipient: String,
    pub(crate) tag_key: Zeroizing<String>,
}

impl Answerable {
    /// As JSON, in one piece of memory from the beginning: a buffer that grows leaves what it held behind.
    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let mut json = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWERABLE));
        json.extend_from_slice(b"{\"numbers\":[");
        for (at, number) in self.numbers.iter().enumerate() {
            json.extend_from_slice(if at == 0 { b"" } else { b"," });
            push_decimal(&mut json, *number);
        }
        for piece in
            ["],\"recipient\":\"", &self.recipient, "\",\"tag_key\":\"", self.tag_key.as_str(), "\"}"]
        {
            json.extend_from_slice(piece.as_bytes());
        }
        json
    }
}

/// In decimal digits, which are laid nowhere else on the way.
fn push_decimal(to: &mut Vec<u8>, number: u16) {
    for place in [10_000_u16, 1_000, 100, 10, 1] {
        let digit = number.checked_div(place).unwrap_or_default().rem_euclid(10);
        if number >= place || place == 1 {
            to.extend(char::from_digit(digit.into(), 10).and_then(|digit| u8::try_from(digit).ok()));
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Whole {
    pub(crate) whole: bool,
}

#[derive(Serialize)]
pub(crate) struct Found<'a> {
    #[serde(rename = "type")]
    pub(crate) media_type: &'static str,
    pub(crate) len: u64,
    pub(crate) found: Vec<(&'static str, Option<&'a str>)>,
}

#[derive(Serialize)]
pub(crate) struct Upload {
    pub(crate) begin: String,
    pub(crate) authorization: String,
    pub(crate) parts: u32,
    pub(crate) total: u64,
}

pub(crate) struct Opened<'a> {
    pub(crate) ok: bool,
    pub(crate) line: &'a Line,
    pub(crate) linked: bool,
}

/// A week as the page shows it: its first day, and the day from which nothing sealed for it is taken.
fn week(epoch: &Epoch) -> (String, String) {
    (epoch.start.to_string(), epoch.end.plus_days(GRACE_DAYS).to_string())
}

impl Serialize for Opened<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let taken: Vec<_> = self.line.taken.iter().map(|(epoch, _)| week(epoch)).collect();
        let mut said = to.serialize_struct("opened", 10)?;
        said.serialize_field("ok", &self.ok)?;
        said.serialize_field("org", &self.line.org)?;
        said.serialize_field("root", &self.line.root.to_string())?;
        said.serialize_field("groups", &self.line.root.groups())?;
        said.serialize_field("linked", &self.linked)?;
        said.serialize_field("epoch", &self.line.epoch.start.to_string())?;
        said.serialize_field("fresh", &self.line.keys().map_or(0, fresh_len))?;
        said.serialize_field("site", &self.line.site)?;
        said.serialize_field("since", &self.line.since.to_string())?;
        said.serialize_field("taken", &taken)?;
        said.end()
    }
}

/// A new receipt goes with the root that signs today.
pub(crate) fn answerable(receipt: &Receipt, line: &Line) -> Result<Answerable, SealError> {
    let reply = receipt.reply(&line.root).ok_or(SealError::Randomness)?;
    Ok(Answerable {
        numbers: receipt.numbers(),
        recipient: reply.identity.recipient().to_string(),
        tag_key: reply.tag_key.to_hex(),
    })
}
