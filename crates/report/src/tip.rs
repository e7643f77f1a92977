//! The form `tip-report/1`: what stands in a `tip.json`, key by key, in this order.
//!
//! All keys are always written; nothing told is `null`, `[]` or `""`. A maker's JSON may leave keys out, and an
//! unknown key is an error that names it. Codes are plain strings, so that a desk can hold what it doesn't know;
//! [`Tip::check`] holds makers to the codebook.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize};

/// The name of this form.
pub const SCHEMA: &str = "tip-report/1";

/// A whole `tip.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tip {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The Monday of the week whose keys seal it, `YYYY-MM-DD`; whoever seals fills it in.
    pub epoch: String,
    /// What was told.
    #[serde(deserialize_with = "or_default")]
    pub report: Report,
    /// The files in the order of the tar: the first is `files/001`.
    #[serde(deserialize_with = "or_default")]
    pub files: Vec<FileEntry>,
    /// Where an answer can go; `None` means that none is wanted.
    pub answer: Option<Answer>,
    /// 32 hex drawn per visit: tips of one visit carry the same. A hint, no proof.
    pub continues: Option<String>,
    /// 32 hex of a test tip that the desk sent itself.
    pub canary: Option<String>,
}

impl Default for Tip {
    fn default() -> Self {
        Self {
            schema: SCHEMA.into(),
            epoch: String::new(),
            report: Report::default(),
            files: Vec::new(),
            answer: None,
            continues: None,
            canary: None,
        }
    }
}

/// What was told. The names are those of the codebook's lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// The language it was written in (BCP 47).
    pub lang: Option<String>,
    /// The language wished for an answer (BCP 47).
    pub answer_lang: Option<String>,
    /// Who tells.
    pub teller: Option<String>,
    /// What happened.
    #[serde(deserialize_with = "or_default")]
    pub incident: Vec<String>,
    /// How it reached the person.
    #[serde(deserialize_with = "or_default")]
    pub channel: Vec<String>,
    /// Who did it.
    #[serde(deserialize_with = "or_default")]
    pub actor: Vec<String>,
    /// How the person knows who did it.
    #[serde(deserialize_with = "or_default")]
    pub actor_basis: Vec<String>,
    /// Numbers and accounts that *they* used.
    #[serde(deserialize_with = "or_default")]
    pub actor_handles: Vec<String>,
    /// How often.
    pub frequency: Option<String>,
    /// What was demanded.
    #[serde(deserialize_with = "or_default")]
    pub demand: Vec<String>,
    /// What it did to the person.
    #[serde(deserialize_with = "or_default")]
    pub effect: Vec<String>,
    /// How soon it must be read.
    pub urgency: Option<String>,
    /// When it happened.
    pub when: Option<When>,
    /// Where it happened; the key is `where`.
    #[serde(rename = "where")]
    pub place: Option<Where>,
    /// Where the person belongs.
    #[serde(deserialize_with = "or_default")]
    pub community: Vec<String>,
    /// What the person does.
    #[serde(deserialize_with = "or_default")]
    pub role: Vec<String>,
    /// What happened to relatives.
    #[serde(deserialize_with = "or_default")]
    pub relatives: Vec<Relative>,
    /// Where it was reported.
    #[serde(deserialize_with = "or_default")]
    pub reported: Vec<String>,
    /// What the answer was.
    #[serde(deserialize_with = "or_default")]
    pub response: Vec<String>,
    /// What may be done with it. Nothing ticked: read only.
    #[serde(deserialize_with = "or_default")]
    pub consent: Vec<String>,
    /// The year before which nothing may be shared; goes with the consent `only_after`.
    pub only_after: Option<u16>,
    /// What is asked in a follow-up.
    #[serde(deserialize_with = "or_default")]
    pub request: Vec<String>,
    /// The person's own words.
    #[serde(deserialize_with = "or_default")]
    pub story: String,
}

/// When it happened, as exactly as the person chose and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// A code of `when_precision`; finer keys than it says are null.
    pub precision: Option<String>,
    /// The year.
    pub year: Option<u16>,
    /// 1..=4.
    pub quarter: Option<u8>,
    /// 1..=12.
    pub month: Option<u8>,
    /// 1..=31.
    pub day: Option<u8>,
}

/// Where it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Where {
    /// A code of [`crate::codebook::COUNTRY`].
    pub country: Option<String>,
    /// A code of `region_cn` or `region_jp`.
    pub region: Option<String>,
    /// Free text.
    pub city: Option<String>,
}

/// What happened to relatives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relative {
    /// A code of `relative_kind`.
    pub kind: Option<String>,
    /// A code of `region_cn`; elsewhere a country.
    pub region: Option<String>,
    /// Codes of [`crate::codebook::relative_incidents`].
    #[serde(deserialize_with = "or_default")]
    pub incident: Vec<String>,
}

/// What is said of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileEntry {
    /// The media type, as `image/jpeg`; the key is `type`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Bytes as sealed.
    pub size: u64,
    /// [`FileEntry::CLEANED`] or [`FileEntry::ORIGINAL`].
    pub form: String,
    /// The file's own name, only where the person wished to send it.
    pub name: Option<String>,
}

impl FileEntry {
    /// Hidden data was removed.
    pub const CLEANED: &'static str = "cleaned";
    /// It is sent as it was: evidence, or a format that can't be cleaned.
    pub const ORIGINAL: &'static str = "original";
}

/// Where an answer can go. The person's receipt opens it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// `age1pq1…`, 1 959 characters.
    pub recipient: String,
    /// 64 hex.
    pub tag_key: String,
}

/// A maker's JSON could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}; keys may be left out, but every key must be one of {SCHEMA}'s and of its type")]
pub struct NotOurs {
    /// What the JSON reader said, with line and column.
    pub what: String,
}

impl Tip {
    /// Reads a maker's JSON: absent keys and `null` are empty, an unknown key or a wrong type is an error.
    ///
    /// # Errors
    /// [`NotOurs`] names the key and the place.
    pub fn from_json(json: &[u8]) -> Result<Self, NotOurs> {
        use alloc::string::ToString as _;
        serde_json::from_slice(json).map_err(|e| NotOurs { what: e.to_string() })
    }
}

/// `null` is as good as leaving the key out.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_keys_are_empty_and_null_is_absent() {
        let tip =
            Tip::from_json(br#"{"report":{"incident":["other"],"channel":null,"story":null},"files":null}"#);
        let mut want = Tip::default();
        want.report.incident = vec!["other".into()];
        assert_eq!(tip.unwrap(), want);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let e = Tip::from_json(br#"{"report":{"nmae":"x"}}"#).unwrap_err();
        assert!(e.to_string().contains("`nmae`"), "{e}");
        let e = Tip::from_json(br#"{"report":{"story":"a","story":"b"}}"#).unwrap_err();
        assert!(e.to_string().contains("duplicate field `story`"), "{e}");
    }
}
