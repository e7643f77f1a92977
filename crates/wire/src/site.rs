//! The site document: what the page says about the organisation. JSON, signed by a desk.
//!
//! `{"schema":"tipline-site/1","serial":1,"issued":"2026-11-24","org":"…","root":"SHA256:…","languages":["zh-Hans","en"],
//! "rhythm_days":7,"texts":{"en":{"emergency":"…","responsible":"…","purpose":"…","kept":"…","rights":"…","other_way":"…",
//! "support":null}},"pages":["<64 hex>"]}`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::hex;
use crate::intake::{self, MAX_SERIAL};
use crate::signed::Untrusted;
use crate::sshsig::{self, Fingerprint, SigError};

/// The schema's name.
pub const SCHEMA: &str = "tipline-site/1";
/// The longest document that is read, in bytes: it stands in every page.
pub const LONGEST: usize = 98_304;
/// Most languages, and most languages with texts.
pub const MAX_LANGUAGES: usize = 24;
/// Most page templates that are accepted at once.
pub const MAX_PAGES: usize = 16;
/// The longest text, in characters.
pub const LONGEST_TEXT: usize = 2_000;
/// The longest rhythm, in days.
pub const LONGEST_RHYTHM: u16 = 92;
/// The block of a page template that a letterbox fills with its documents: it stands there exactly once. A template's hash
/// ([`Site::pages`]) is the SHA-256 of the file with this in it.
pub const PLACEHOLDER: &str = r#"<script type="application/json" id="documents">{}</script>"#;
/// The longest page template, in bytes: both cores and every language's draft fit.
pub const LONGEST_TEMPLATE: usize = 1_500_000;
/// The longest page: a template, and two documents of the greatest length, escaped: at worst twice as long.
pub const LONGEST_PAGE: usize = LONGEST_TEMPLATE + 4 * intake::LONGEST;
/// What stands in a page's source where its build fills something in, and never in a built page.
pub const UNFILLED: &str = "{{";
/// Of a parser's complaint so many characters are kept: it can quote the document.
const LONGEST_COMPLAINT: usize = 200;

/// Why a site document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// No JSON of this shape.
    #[error("the site document is not of the shape {SCHEMA}: {0}")]
    Shape(String),
    /// A field breaks its rule.
    #[error("the site document's {0} is not as it must be")]
    Field(&'static str),
    /// Longer than any sound document.
    #[error("the site document is too long: at most {LONGEST} bytes")]
    TooLong,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SigError),
}

/// What the page says in one language. Every text is plain, 1 to 2 000 characters (see [`is_text`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Where to turn when somebody may be hurt in the next days.
    pub emergency: String,
    /// Who is responsible.
    pub responsible: String,
    /// What the messages are used for.
    pub purpose: String,
    /// How long they are kept.
    pub kept: String,
    /// Which rights people have over them.
    pub rights: String,
    /// Another way to reach the organisation.
    pub other_way: String,
    /// Who listens to people in distress, if anybody.
    pub support: Option<String>,
}

/// The document's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Strictly increasing, at most 2^53.
    pub serial: u64,
    /// The day it was made, `YYYY-MM-DD`.
    pub issued: String,
    /// The organisation's name, as in its intake document.
    pub org: String,
    /// The root's fingerprint, `SHA256:…`.
    pub root: String,
    /// What the organisation reads: language tags, 1 to 24, none twice.
    pub languages: Vec<String>,
    /// Days between two readings, 1 to 92.
    pub rhythm_days: u16,
    /// By language tag, 1 to 24, none twice.
    #[serde(deserialize_with = "texts_once")]
    pub texts: BTreeMap<String, Texts>,
    /// SHA-256 of the page templates that may stand there, 64 hex digits each, 1 to 16, none twice.
    pub pages: Vec<String>,
}

/// Reads a document and checks its signature; *whose* it is remains to be verified against the desks in force.
///
/// # Errors
/// Malformed document or signature.
pub fn read(document: &str, signature: &str) -> Result<Untrusted<Site>, SiteError> {
    let site = Site::parse(document)?;
    Ok(Untrusted::new(site, document, signature, sshsig::SITE)?)
}

impl Site {
    /// Reads the document's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SiteError> {
        if text.len() > LONGEST {
            return Err(SiteError::TooLong);
        }
        let site: Self = serde_json::from_str(text).map_err(|fault| shape(&fault))?;
        site.check().map_or(Ok(site), |field| Err(SiteError::Field(field)))
    }

    /// The first field that breaks its rule.
    #[must_use]
    pub fn check(&self) -> Option<&'static str> {
        let rules = [
            ("schema", self.schema == SCHEMA),
            ("serial", (1..=MAX_SERIAL).contains(&self.serial)),
            ("issued", self.issued().is_some()),
            ("org", intake::is_org(&self.org)),
            ("root", self.root().is_some()),
            (
                "languages",
                within(self.languages.len(), MAX_LANGUAGES)
                    && self.languages.iter().all(|l| is_tag(l))
                    && none_twice(&self.languages),
            ),
            ("rhythm_days", (1..=LONGEST_RHYTHM).contains(&self.rhythm_days)),
            (
                "texts",
                within(self.texts.len(), MAX_LANGUAGES)
                    && self.texts.iter().all(|(l, t)| is_tag(l) && t.is_sound()),
            ),
            (
                "pages",
                within(self.pages.len(), MAX_PAGES)
                    && self.pages.iter().all(|p| hex::decode::<32>(p).is_some())
                    && none_twice(&self.pages),
            ),
        ];
        rules.into_iter().find(|(_, sound)| !sound).map(|(field, _)| field)
    }

    /// The day it was made.
    #[must_use]
    pub fn issued(&self) -> Option<Date> {
        Date::parse(&self.issued)
    }

    /// The root that it belongs to.
    #[must_use]
    pub fn root(&self) -> Option<Fingerprint> {
        self.root.parse().ok()
    }

    /// Whether a page template with this digest may stand there.
    #[must_use]
    pub fn accepts_page(&self, digest: &[u8; 32]) -> bool {
        let digest = hex::encode(digest);
        self.pages.contains(&digest)
    }

    /// The text to sign: one line of JSON and a line feed.
    ///
    /// # Errors
    /// What a reader would refuse.
    pub fn to_text(&self) -> Result<String, SiteError> {
        let mut text = serde_json::to_string(self).map_err(|fault| shape(&fault))?;
        text.push('\n');
        Self::parse(&text).map(|_| text)
    }
}

impl Texts {
    /// Every text with its key, as they stand in the document.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("emergency", Some(&self.emergency)),
            ("responsible", Some(&self.responsible)),
            ("purpose", Some(&self.purpose)),
            ("kept", Some(&self.kept)),
            ("rights", Some(&self.rights)),
            ("other_way", Some(&self.other_way)),
            ("support", self.support.as_deref()),
        ]
    }

    fn is_sound(&self) -> bool {
        self.fields().into_iter().filter_map(|(_, text)| text).all(is_text)
    }
}

/// Reads texts by language; refuses a language that is there twice, of which readers could take one or the other.
///
/// # Errors
/// What the format says, or the language.
pub fn texts_once<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Texts>, D::Error> {
    struct Once;
    impl<'de> Visitor<'de> for Once {
        type Value = BTreeMap<String, Texts>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("texts by language")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut texts = BTreeMap::new();
            while let Some((language, of_it)) = map.next_entry::<String, Texts>()? {
                if texts.contains_key(&language) {
                    return Err(A::Error::custom(format_args!("the language `{language}` is there twice")));
                }
                texts.insert(language, of_it);
            }
            Ok(texts)
        }
    }
    from.deserialize_map(Once)
}

/// The parser's complaint on one line: it can quote the document, which may be anybody's.
fn shape(fault: &serde_json::Error) -> SiteError {
    SiteError::Shape(fault.to_string().escape_debug().take(LONGEST_COMPLAINT).collect())
}

fn within(count: usize, most: usize) -> bool {
    (1..=most).contains(&count)
}

fn none_twice(list: &[String]) -> bool {
    list.iter().collect::<BTreeSet<_>>().len() == list.len()
}

/// Whether this is a language tag as the page's locales have them: `zh-Hans`, `mn-Cyrl`. 2 to 16 letters, digits and dashes.
#[must_use]
pub fn is_tag(tag: &str) -> bool {
    (2..=16).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether this can be a text of the page: not blank, at most 2 000 characters; of control characters line feeds only, and
/// nothing that turns text around or hides it (a telephone number that reads backwards is another's).
#[must_use]
pub fn is_text(text: &str) -> bool {
    let plain = text.chars().all(|c| c == '\n' || !(c.is_control() || turns_or_hides(c)));
    plain && within(text.chars().count(), LONGEST_TEXT) && !text.trim().is_empty()
}

/// Embeddings and overrides, and tags without a shape. The marks and isolates that right-to-left scripts need stay.
fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn sample() -> Site {
        let text = |what: &str| format!("{what}.\nSecond line.");
        let texts = Texts {
            emergency: text("Call 110"),
            responsible: text("Example Relief"),
            purpose: text("To see the pattern"),
            kept: text("Two years"),
            rights: text("Ask us"),
            other_way: text("By post"),
            support: None,
        };
        Site {
            schema: SCHEMA.into(),
            serial: 1,
            issued: "2026-11-24".into(),
            org: "Example <Relief>".into(),
            root: "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
            languages: vec!["zh-Hans".into(), "ug".into()],
            rhythm_days: 7,
            texts: BTreeMap::from([("en".into(), texts)]),
            pages: vec!["ab".repeat(32)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = sample().to_text().unwrap();
        assert_eq!(Site::parse(&text), Ok(sample()));
        assert!(sample().accepts_page(&[0xab; 32]) && !sample().accepts_page(&[0; 32]));
    }

    #[test]
    fn a_field_that_breaks_its_rule_is_named() {
        let broken = |field: &'static str, break_it: &dyn Fn(&mut Site)| {
            let mut site = sample();
            break_it(&mut site);
            assert_eq!(site.to_text(), Err(SiteError::Field(field)));
        };
        broken("schema", &|s| s.schema.push('x'));
        broken("serial", &|s| s.serial = 0);
        broken("issued", &|s| s.issued = "2026-02-30".into());
        broken("org", &|s| s.org.clear());
        broken("root", &|s| s.root.clear());
        broken("languages", &|s| s.languages.clear());
        broken("languages", &|s| s.languages = vec!["e\"n".into()]);
        broken("languages", &|s| s.languages = vec!["ug".into(), "ug".into()]);
        broken("rhythm_days", &|s| s.rhythm_days = 93);
        broken("texts", &|s| s.texts.clear());
        broken("texts", &|s| s.texts.get_mut("en").unwrap().kept = "\u{7}".into());
        broken("texts", &|s| s.texts.get_mut("en").unwrap().kept = "x".repeat(2_001));
        broken("texts", &|s| s.texts.get_mut("en").unwrap().other_way = "call \u{202e}0123".into());
        broken("texts", &|s| s.texts.get_mut("en").unwrap().support = Some(" \n".into()));
        broken("pages", &|s| s.pages = vec!["AB".repeat(32)]);
        broken("pages", &|s| s.pages = vec!["ab".repeat(32), "ab".repeat(32)]);
    }

    #[test]
    fn scripts_from_right_to_left_keep_their_marks() {
        for text in ["\u{200f}110\u{200f} \u{2067}نومۇر\u{2069}", "a\u{200d}b", "ཀ\n\nཁ"] {
            assert!(is_text(text), "{text:?}");
        }
    }

    #[test]
    fn a_complaint_is_one_short_line_whatever_the_document_says() {
        let hostile = alloc::format!("{{\"\u{1b}[2J\n{}\":1}}", "x".repeat(5_000));
        let escaped = hostile.replace('\u{1b}', "\\u001b").replace('\n', "\\n");
        let complaint = Site::parse(&escaped).unwrap_err().to_string();
        assert!(complaint.contains("\\u{1b}") && !complaint.contains(char::is_control), "{complaint}");
        assert!(complaint.len() < 300, "{complaint}");
    }

    #[test]
    fn a_language_with_two_texts_is_refused() {
        let text = sample().to_text().unwrap();
        let of_it = &text[text.find("\"en\":").unwrap()..text.find("}},\"pages").unwrap() + 1];
        let twice = text.replacen("\"texts\":{", &format!("\"texts\":{{{of_it},"), 1);
        assert_eq!(twice.matches("\"en\":").count(), 2);
        let complaint = Site::parse(&twice).unwrap_err().to_string();
        assert!(complaint.contains("`en` is there twice"), "{complaint}");
    }

    #[test]
    fn an_unknown_key_and_a_missing_one_are_refused() {
        let text = sample().to_text().unwrap();
        for wrong in [text.replacen("{", "{\"x\":1,", 1), text.replace("\"serial\":1,", ""), "[]".into()] {
            assert!(matches!(Site::parse(&wrong), Err(SiteError::Shape(_))), "{wrong}");
        }
        assert_eq!(Site::parse(&" ".repeat(LONGEST + 1)), Err(SiteError::TooLong));
    }
}
