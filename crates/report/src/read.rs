//! The desk's lenient reader: whatever arrives as `tip.json`, nothing of it is lost.
//!
//! Codes stay as they came, known or not. What doesn't fit the form (an unknown key, a wrong type, a key that stands
//! twice) is kept as it was written, with the reason; a `tip.json` that is no JSON is kept whole. The form is four
//! levels deep and no deeper is ever descended, so nesting can't exhaust the stack; work is linear in the length.

mod json;

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use serde_json::value::RawValue;

use crate::check::Problem;
use crate::tip::{Answer, FileEntry, Relative, Report, Tip, When, Where};
use crate::visible;
use json::{Object, Reader};

/// The longest `tip.json` that is read as a form; ours have at most 64 000 bytes.
pub const MAX_READ: usize = 1 << 20;
/// How much of a longer one is shown.
const SHOWN_OF_TOO_LONG: usize = 64_000;
/// With more leftovers than this the whole text is kept instead of each one.
const MAX_LEFTOVERS: usize = 1_000;

/// A tip as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What was understood. Codes may be unknown to this codebook.
    pub tip: Tip,
    /// Whether it was a JSON object at all; if not, the text stands in [`Read::leftovers`].
    pub structured: bool,
    /// What was not understood.
    pub leftovers: Vec<Leftover>,
    /// The maker's rules that it breaks, unknown codes among them.
    pub problems: Vec<Problem>,
}

/// Something that didn't fit, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it stood, as `report.when.year`; hidden characters are shown by number.
    pub path: String,
    /// Why it is here.
    pub why: Why,
    /// The text as it was written; hidden characters are shown by number ([`visible`]).
    pub raw: String,
}

/// Why something was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// It can't be read as JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// It is JSON, but no object.
    #[error("it is no JSON object")]
    NotAnObject,
    /// It is longer than [`MAX_READ`].
    #[error("it has {0} bytes, more than can be read as a form; only its beginning is shown here")]
    TooLong(usize),
    /// So much didn't fit that the whole text is kept.
    #[error("so many parts of it do not fit the form that it is kept whole")]
    TooMuch,
    /// Some bytes are no UTF-8.
    #[error("some of its bytes are no text; they were read as U+FFFD")]
    NotUtf8,
    /// Half a character, written as an escape.
    #[error("it holds halves of characters; they were read as U+FFFD")]
    HalfCharacters,
    /// A key that the form doesn't have.
    #[error("the form has no such key")]
    UnknownKey,
    /// A key that stands there again; the first one counts.
    #[error("the key stands there again; the first one was read")]
    Again,
    /// Another type than the form has.
    #[error("it is not {0}")]
    WrongType(&'static str),
}

/// Reads the bytes of a `tip.json`. It never fails and never panics, whatever they are.
///
/// ```
/// let read = tipline_report::read(br#"{"report":{"incident":["not_yet_invented"],"story":7}}"#);
/// assert_eq!(read.tip.report.incident, ["not_yet_invented"]);
/// assert_eq!((read.leftovers[0].path.as_str(), read.leftovers[0].raw.as_str()), ("report.story", "7"));
/// ```
#[must_use]
pub fn read(bytes: &[u8]) -> Read {
    if bytes.len() > MAX_READ {
        let beginning = bytes.get(..SHOWN_OF_TOO_LONG).unwrap_or_default();
        return unstructured(Why::TooLong(bytes.len()), visible::bytes(beginning));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mended = json::mend(&text);
    let object: &RawValue = match serde_json::from_str(mended.as_deref().unwrap_or(&text)) {
        Ok(value) => value,
        Err(e) => return unstructured(Why::NotJson(visible::line(&format!("{e}"))), visible::bytes(bytes)),
    };
    if !object.get().starts_with('{') {
        return unstructured(Why::NotAnObject, visible::bytes(bytes));
    }
    let mut reader = Reader::default();
    let tip = tip(&mut reader, object);
    let mut leftovers = reader.leftovers;
    let whole = |why| Leftover { path: "tip.json".into(), why, raw: visible::bytes(bytes) };
    if reader.count > MAX_LEFTOVERS {
        leftovers = vec![whole(Why::TooMuch)];
    }
    if core::str::from_utf8(bytes).is_err() {
        leftovers.push(whole(Why::NotUtf8));
    }
    if mended.is_some() {
        leftovers.push(whole(Why::HalfCharacters));
    }
    Read { problems: tip.check(), tip, structured: true, leftovers }
}

fn unstructured(why: Why, raw: String) -> Read {
    let leftovers = vec![Leftover { path: "tip.json".into(), why, raw }];
    let tip = Tip { schema: String::new(), ..Tip::default() };
    Read { tip, structured: false, leftovers, problems: Vec::new() }
}

fn tip(r: &mut Reader, raw: &RawValue) -> Tip {
    let mut o =
        Object::open(r, "", raw, &["schema", "epoch", "report", "files", "answer", "continues", "canary"]);
    Tip {
        schema: o.text(r, "schema").unwrap_or_default(),
        epoch: o.text(r, "epoch").unwrap_or_default(),
        report: o.object(r, "report", report).unwrap_or_default(),
        files: o.objects(r, "files", file),
        answer: o.object(r, "answer", answer),
        continues: o.text(r, "continues"),
        canary: o.text(r, "canary"),
    }
}

const REPORT: [&str; 23] = [
    "lang",
    "answer_lang",
    "teller",
    "incident",
    "channel",
    "actor",
    "actor_basis",
    "actor_handles",
    "frequency",
    "demand",
    "effect",
    "urgency",
    "when",
    "where",
    "community",
    "role",
    "relatives",
    "reported",
    "response",
    "consent",
    "only_after",
    "request",
    "story",
];

fn report(r: &mut Reader, path: &str, raw: &RawValue) -> Report {
    let mut o = Object::open(r, path, raw, &REPORT);
    Report {
        lang: o.text(r, "lang"),
        answer_lang: o.text(r, "answer_lang"),
        teller: o.text(r, "teller"),
        incident: o.texts(r, "incident"),
        channel: o.texts(r, "channel"),
        actor: o.texts(r, "actor"),
        actor_basis: o.texts(r, "actor_basis"),
        actor_handles: o.texts(r, "actor_handles"),
        frequency: o.text(r, "frequency"),
        demand: o.texts(r, "demand"),
        effect: o.texts(r, "effect"),
        urgency: o.text(r, "urgency"),
        when: o.object(r, "when", when),
        place: o.object(r, "where", place),
        community: o.texts(r, "community"),
        role: o.texts(r, "role"),
        relatives: o.objects(r, "relatives", relative),
        reported: o.texts(r, "reported"),
        response: o.texts(r, "response"),
        consent: o.texts(r, "consent"),
        only_after: o.number(r, "only_after", "a year"),
        request: o.texts(r, "request"),
        story: o.text(r, "story").unwrap_or_default(),
    }
}

fn when(r: &mut Reader, path: &str, raw: &RawValue) -> When {
    let mut o = Object::open(r, path, raw, &["precision", "year", "quarter", "month", "day"]);
    When {
        precision: o.text(r, "precision"),
        year: o.number(r, "year", "a year"),
        quarter: o.number(r, "quarter", "a small number"),
        month: o.number(r, "month", "a small number"),
        day: o.number(r, "day", "a small number"),
    }
}

fn place(r: &mut Reader, path: &str, raw: &RawValue) -> Where {
    let mut o = Object::open(r, path, raw, &["country", "region", "city"]);
    Where { country: o.text(r, "country"), region: o.text(r, "region"), city: o.text(r, "city") }
}

fn relative(r: &mut Reader, path: &str, raw: &RawValue) -> Relative {
    let mut o = Object::open(r, path, raw, &["kind", "region", "incident"]);
    Relative { kind: o.text(r, "kind"), region: o.text(r, "region"), incident: o.texts(r, "incident") }
}

fn file(r: &mut Reader, path: &str, raw: &RawValue) -> FileEntry {
    let mut o = Object::open(r, path, raw, &["type", "size", "form", "name"]);
    FileEntry {
        media_type: o.text(r, "type").unwrap_or_default(),
        size: o.number(r, "size", "a number of bytes").unwrap_or_default(),
        form: o.text(r, "form").unwrap_or_default(),
        name: o.text(r, "name"),
    }
}

fn answer(r: &mut Reader, path: &str, raw: &RawValue) -> Answer {
    let mut o = Object::open(r, path, raw, &["recipient", "tag_key"]);
    Answer {
        recipient: o.text(r, "recipient").unwrap_or_default(),
        tag_key: o.text(r, "tag_key").unwrap_or_default(),
    }
}
