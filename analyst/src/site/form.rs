//! The form that people fill in for the site document: JSON with what only they know. Every mistake is named with its field.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tipline_report::visible;
use tipline_wire::site::{
    self, LONGEST_RHYTHM, LONGEST_TEXT, MAX_LANGUAGES, Site, Texts, is_tag, is_text, texts_once,
};

use crate::error::Error;
use crate::home::read;

/// Each text and what it says.
pub const FIELDS: [(&str, &str); 7] = [
    ("emergency", "where to turn when somebody may be hurt in the next days"),
    ("responsible", "who is responsible for what is sent: name and address of the organisation"),
    ("purpose", "what the messages are used for"),
    ("kept", "how long they are kept"),
    ("rights", "which rights people have over what they sent, and how to use them"),
    ("other_way", "another way to reach you"),
    ("support", "who listens to people in distress; null if there is nobody"),
];
/// The languages in which the page can be shown.
pub(super) const PAGE_LANGUAGES: [&str; 8] =
    ["en", "ja", "zh-Hans", "zh-Hant", "ug", "bo", "mn-Cyrl", "mn-Mong"];
/// The longest form that is read, in bytes: a document whose every character is written as an escape.
const LONGEST: usize = 6 * site::LONGEST;
/// So many mistakes are named at once.
const NAMED: usize = 8;

/// What people decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// What they read, as language tags.
    pub languages: Vec<String>,
    /// Days between two readings.
    pub rhythm_days: u16,
    /// What the page says, by language tag.
    #[serde(deserialize_with = "texts_once")]
    pub texts: BTreeMap<String, Texts>,
}

impl Form {
    /// An empty one, or what was signed last, to be changed.
    #[must_use]
    pub fn template(last: Option<Site>) -> Self {
        last.map_or_else(Self::empty, |Site { languages, rhythm_days, texts, .. }| Self {
            languages,
            rhythm_days,
            texts,
        })
    }

    fn empty() -> Self {
        let empty = String::new;
        let texts = Texts {
            emergency: empty(),
            responsible: empty(),
            purpose: empty(),
            kept: empty(),
            rights: empty(),
            other_way: empty(),
            support: None,
        };
        Self { languages: vec!["en".into()], rhythm_days: 7, texts: BTreeMap::from([("en".into(), texts)]) }
    }

    /// The form's text, a line a field.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Strings, numbers and maps of them always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a form that was filled in.
    ///
    /// # Errors
    /// Where it is no form, or which fields are wrong and what to do.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let doing = format!("reading the form {}", path.display());
        let bytes = read(path, LONGEST.saturating_add(1))
            .map_err(|e| Error::failed(&doing, e, "name the form that you filled in"))?;
        if bytes.len() > LONGEST {
            return Err(Error::failed(doing, "it is too long for one", "name the form that you filled in"));
        }
        let form = Self::parse(&bytes).map_err(|wrong| {
            let advice = "begin with `tipline-analyst site --template`; the organisation, its key, serial, date and pages are filled in by this command";
            Error::failed(&doing, wrong, advice)
        })?;
        let faults = form.faults();
        if faults.is_empty() {
            return Ok(form);
        }
        let more = faults.len().saturating_sub(NAMED);
        let mut wrong = faults.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
        if more > 0 {
            wrong.push_str(&format!("; and {more} more"));
        }
        Err(Error::failed(doing, wrong, "mend it and run this again; nothing was signed"))
    }

    /// The complaint on one line: it can quote the form.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        // Some editors begin every text with this mark.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        serde_json::from_slice(bytes)
            .map_err(|wrong| visible::line(&wrong.to_string()).chars().take(200).collect())
    }

    /// Every rule that it breaks. A document that is made of a form without faults keeps the rules of its fields.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let counts = [("languages", self.languages.len()), ("texts", self.texts.len())];
        for (field, _) in counts.iter().filter(|(_, count)| !(1..=MAX_LANGUAGES).contains(count)) {
            faults.push(format!("{field} needs 1 to {MAX_LANGUAGES} languages, English if you can"));
        }
        let all = self
            .languages
            .iter()
            .map(|tag| ("languages", tag))
            .chain(self.texts.keys().map(|tag| ("texts", tag)));
        faults.extend(all.filter_map(|(field, tag)| tag_fault(field, tag)));
        for (at, language) in self.languages.iter().enumerate() {
            if self.languages.iter().take(at).any(|before| before == language) {
                faults.push(format!("languages names {} twice: delete one", visible::line(language)));
            }
        }
        if !(1..=LONGEST_RHYTHM).contains(&self.rhythm_days) {
            faults.push(format!(
                "rhythm_days is {}: give the days between two readings, 1 to {LONGEST_RHYTHM}",
                self.rhythm_days
            ));
        }
        for (language, texts) in &self.texts {
            let of_it = texts.fields().into_iter().zip(FIELDS);
            faults.extend(of_it.filter_map(|((field, text), (_, says))| {
                text_fault(text?, says)
                    .map(|wrong| format!("texts.{}.{field} {wrong}", visible::line(language)))
            }));
        }
        faults
    }
}

fn tag_fault(field: &str, tag: &str) -> Option<String> {
    let shown = visible::line(tag);
    if !is_tag(tag) {
        return Some(format!(
            "{field} has \"{shown}\", which is no language tag: write it as en, zh-Hans or mn-Cyrl"
        ));
    }
    let meant = PAGE_LANGUAGES.iter().find(|known| known.eq_ignore_ascii_case(tag) && **known != tag)?;
    Some(format!("{field} has \"{shown}\": write {meant}, as the page does"))
}

/// What is wrong with a text, and what to do.
fn text_fault(text: &str, says: &str) -> Option<String> {
    if is_text(text) {
        return None;
    }
    let length = text.chars().count();
    Some(if text.trim().is_empty() {
        format!("is empty: say {says}")
    } else if length > LONGEST_TEXT {
        format!("has {length} characters: shorten it to {LONGEST_TEXT}")
    } else {
        let bad = text.chars().zip(1_u32..).find(|(c, _)| !is_text(&format!("x{c}x")));
        let (bad, at) = bad.map_or_else(Default::default, |(c, at)| (visible::line(&c.to_string()), at));
        format!("has {bad} at character {at}, which no page can show: delete it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Form {
        let mut form = Form::empty();
        let texts = form.texts.get_mut("en").unwrap();
        let fields = [
            &mut texts.emergency,
            &mut texts.responsible,
            &mut texts.purpose,
            &mut texts.kept,
            &mut texts.rights,
            &mut texts.other_way,
        ];
        fields.into_iter().for_each(|field| *field = "Something.".into());
        form
    }

    #[test]
    fn a_filled_form_is_read_back() {
        let form = sound();
        assert_eq!(Form::parse(form.to_text().as_bytes()), Ok(form.clone()));
        assert_eq!(Form::parse(format!("\u{feff}{}", form.to_text()).as_bytes()), Ok(form.clone()));
        assert!(form.faults().is_empty());
        let names: Vec<&str> = form.texts["en"].fields().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, FIELDS.map(|(name, _)| name), "each is explained");
    }

    #[test]
    fn an_empty_form_says_what_each_field_is_for() {
        let faults = Form::empty().faults();
        assert_eq!(faults.len(), 6, "{faults:?}");
        for ((field, says), fault) in FIELDS.iter().zip(&faults) {
            assert_eq!(*fault, format!("texts.en.{field} is empty: say {says}"));
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_field_and_what_to_do() {
        type Change<'a> = &'a dyn Fn(&mut Form);
        let cases: &[(Change<'_>, &str)] = &[
            (&|f| f.languages.clear(), "languages needs 1 to 24"),
            (&|f| f.languages.push("English, please".into()), "languages has \"English, please\""),
            (&|f| f.languages.push("e\u{202e}n".into()), "e⟦U+202E⟧n"),
            (&|f| f.languages.push("zh-hans".into()), "write zh-Hans"),
            (&|f| f.languages.push("en".into()), "names en twice"),
            (&|f| f.rhythm_days = 0, "rhythm_days is 0"),
            (&|f| f.rhythm_days = 93, "rhythm_days is 93"),
            (&|f| f.texts.clear(), "texts needs 1 to 24"),
            (&|f| drop(f.texts.insert("EN".into(), f.texts["en"].clone())), "texts has \"EN\": write en"),
            (&|f| f.texts.get_mut("en").unwrap().kept = "\n ".into(), "texts.en.kept is empty: say how long"),
            (&|f| f.texts.get_mut("en").unwrap().support = Some(String::new()), "texts.en.support is empty"),
            (
                &|f| f.texts.get_mut("en").unwrap().rights = "x".repeat(2_001),
                "texts.en.rights has 2001 characters",
            ),
            (
                &|f| f.texts.get_mut("en").unwrap().purpose = "a\r\nb".into(),
                "texts.en.purpose has ⟦U+000D⟧ at character 2",
            ),
            (
                &|f| f.texts.get_mut("en").unwrap().other_way = "\u{202e}110".into(),
                "has ⟦U+202E⟧ at character 1",
            ),
        ];
        for (change, word) in cases {
            let mut form = sound();
            change(&mut form);
            let faults = form.faults();
            assert!(faults.len() == 1 && faults[0].contains(word), "{word}: {faults:?}");
        }
    }

    #[test]
    fn what_is_no_form_is_said_on_one_line() {
        for (text, word) in [
            ("", "EOF"),
            ("{}", "missing field `languages`"),
            (r#"{"languages":["en"],"rhythm_days":7,"texts":{},"org":"x"}"#, "unknown field `org`"),
            (r#"{"languages":["en"],"rhythm_days":7,"texts":{},"a\u001b[2J\nb":1}"#, "⟦U+001B⟧"),
            (r#"{"languages":["en"],"rhythm_days":7.5,"texts":{}}"#, "line 1"),
            (r#"{"languages":["en"],"rhythm_days":-1,"texts":{}}"#, "line 1"),
            (&"[".repeat(5_000), "line 1"),
        ] {
            let wrong = Form::parse(text.as_bytes()).unwrap_err();
            assert!(wrong.contains(word) && !wrong.contains(char::is_control), "{wrong}");
        }
        assert!(Form::parse(b"\xff\xfe{").is_err());
    }
}
