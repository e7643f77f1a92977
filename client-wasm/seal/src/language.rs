//! What is said, in the person's language: the page's own sentences and the codebook's labels, compiled in.
//!
//! A draft's sentence about safety is followed by the original, as on the page.

use tipline_report::codebook::{self, Entry, List};

/// A language that this build carries.
pub struct Language {
    /// BCP 47.
    pub tag: &'static str,
    /// Whether nobody has checked it yet.
    pub is_draft: bool,
    messages: &'static [Message],
}

struct Message {
    key: &'static str,
    is_safety: bool,
    parts: &'static [Part],
}

enum Part {
    Text(&'static str),
    Value(&'static str),
}

/// All of them, the original first.
pub static LANGUAGES: &[Language] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// Every language of the page by its own name, drafts that this build does not carry too.
static NAMES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/names.rs"));

/// What a language is called in itself.
#[must_use]
pub fn name(tag: &str) -> Option<&'static str> {
    NAMES.iter().find(|(one, _)| one.eq_ignore_ascii_case(tag)).map(|(_, name)| *name)
}

/// What fills a message's placeables.
pub type Values<'a> = &'a [(&'a str, &'a str)];

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag)
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Eq for Language {}

impl Language {
    /// The language with this tag, in whatever case.
    #[must_use]
    pub fn of(tag: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.tag.eq_ignore_ascii_case(tag))
    }

    /// A message. A draft's sentence about safety is followed by the original in brackets.
    #[must_use]
    pub fn say(&self, key: &str, values: Values<'_>) -> String {
        let own = self.message(key).map_or_else(|| key.to_owned(), |message| message.filled(values));
        let is_safety = self.message(key).is_some_and(|message| message.is_safety);
        let original = LANGUAGES.first().filter(|original| original.tag != self.tag);
        match original.and_then(|original| original.message(key)) {
            Some(original) if is_safety && self.is_draft => format!("{own}\n  [{}]", original.filled(values)),
            _ => own,
        }
    }

    /// The label of a code; in English where people have yet to write it. What is consented to is about safety.
    #[must_use]
    pub fn label(&self, list: &List, entry: &Entry) -> String {
        match entry.label(self.tag) {
            Some(own) if self.is_draft && list.name == codebook::CONSENT.name => {
                format!("{own} [{}]", entry.en)
            }
            Some(own) => own.to_owned(),
            None => entry.en.to_owned(),
        }
    }

    fn message(&self, key: &str) -> Option<&'static Message> {
        let at = self.messages.binary_search_by(|message| message.key.cmp(key)).ok()?;
        self.messages.get(at)
    }
}

impl Message {
    fn filled(&self, values: Values<'_>) -> String {
        let value = |name: &str| values.iter().find(|(one, _)| *one == name).map_or("", |(_, value)| value);
        let part = |part: &Part| match part {
            Part::Text(text) => *text,
            Part::Value(name) => value(name),
        };
        self.parts.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every message that the sources name.
    fn named() -> impl Iterator<Item = &'static str> {
        const SOURCES: [&str; 11] = [
            include_str!("ask/mod.rs"),
            include_str!("ask/asking.rs"),
            include_str!("ask/fault.rs"),
            include_str!("ask/fields.rs"),
            include_str!("ask/files.rs"),
            include_str!("ask/notes.rs"),
            include_str!("ask/receipt.rs"),
            include_str!("ask/story.rs"),
            include_str!("talk.rs"),
            include_str!("interrupt.rs"),
            include_str!("world.rs"),
        ];
        const FAMILIES: [&str; 24] = [
            "seal-",
            "static-",
            "field-",
            "warn-",
            "note-",
            "file-",
            "files-",
            "consent-",
            "story-",
            "sent-",
            "stop-",
            "button-",
            "line-",
            "fail-",
            "receipt-",
            "board-",
            "problem-",
            "group-",
            "quarter-",
            "saved-",
            "already-",
            "form-",
            "languages-",
            "together-",
        ];
        let words = SOURCES.iter().flat_map(|source| source.split('"'));
        words.filter(|word| {
            FAMILIES.iter().any(|family| word.starts_with(family)) && !word.contains(['{', ' '])
        })
    }

    #[test]
    fn every_message_that_is_named_is_there_in_every_language() {
        assert!(named().count() > 60);
        for language in LANGUAGES {
            for key in named().filter(|key| !key.ends_with('-')) {
                assert!(language.message(key).is_some(), "{} {key}", language.tag);
            }
        }
    }

    #[test]
    fn a_draft_says_what_is_about_safety_in_the_original_too() {
        let (english, tibetan) = (Language::of("en").unwrap(), Language::of("BO").unwrap());
        assert!(tibetan.is_draft && !english.is_draft);
        let warning = tibetan.say("warn-relatives", &[]);
        assert!(warning.contains("\n  [No names and no addresses of relatives.]"), "{warning}");
        assert!(!english.say("warn-relatives", &[]).contains('['));
        assert!(!tibetan.say("field-incident", &[]).contains('['), "what is plain stands alone");
        let filled = tibetan.say("line-owner", &[("org", "Example Relief")]);
        assert_eq!(filled.matches("Example Relief").count(), 2, "{filled}");
    }
}
