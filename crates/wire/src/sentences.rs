//! The sentences in which the letterbox answers a page without scripts, in every language that the page carries.
//!
//! They come with the page's template: written by the page's build out of its locales, read by the letterbox when it starts.
//! So what nobody has reviewed is in no release, and the letterbox need not learn which language a person reads.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::site::{MAX_LANGUAGES, UNFILLED, is_tag, is_text};

/// What stands before the block in a template, and what ends it. It stands there exactly once.
pub const BLOCK: (&str, &str) = (r#"<script type="application/json" id="form-answers">"#, "</script>");
/// The longest block, in bytes: 24 languages of 2 KiB and more.
pub const LONGEST: usize = 65_536;
/// The longest sentence, in characters.
pub const LONGEST_SENTENCE: usize = 400;

/// Why a template's sentences can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SentencesError {
    /// The block is missing, there twice, or without an end.
    #[error("its block form-answers must stand there exactly once")]
    Block,
    /// Longer than any sound block.
    #[error("its block form-answers is too long: at most {LONGEST} bytes")]
    TooLong,
    /// No JSON of this shape, or a value breaks its rule.
    #[error("its block form-answers is not as it must be")]
    Shape,
}

/// One language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// BCP 47, as a [tag](is_tag).
    pub lang: Tag,
    /// Where its lines begin.
    pub dir: Direction,
    /// Its own name.
    pub name: Sentence,
    /// "Draft", where too few people have read it.
    pub draft: Option<Sentence>,
    /// What it says.
    pub says: Says,
}

/// Every sentence there is. An answer is a title and some of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Says {
    /// Title: it is kept.
    pub kept: Sentence,
    /// Perhaps the week of its keys was over.
    pub earlier_week: Sentence,
    /// The browser is to be closed.
    pub close: Sentence,
    /// It was not kept.
    pub not_kept: Sentence,
    /// Title: the line takes nothing yet.
    pub not_open: Sentence,
    /// Another day.
    pub later: Sentence,
    /// Title: the week of its keys is over.
    pub old_keys: Sentence,
    /// Title: other keys than this week's.
    pub other_keys: Sentence,
    /// To be locked anew.
    pub anew: Sentence,
    /// Title: too large for a form.
    pub too_large: Sentence,
    /// How a larger one is sent.
    pub other_way: Sentence,
    /// Title: no room.
    pub full: Sentence,
    /// Title: it came too slowly.
    pub slow: Sentence,
    /// The same file, some minutes later.
    pub again: Sentence,
    /// Title: the letterbox failed.
    pub failed: Sentence,
    /// Nobody knows whether it was kept.
    pub unknown: Sentence,
    /// Title: this is no locked file.
    pub no_tip: Sentence,
    /// It came without a lock.
    pub lock_first: Sentence,
    /// The way back to the page.
    pub back: Sentence,
}

/// Where a language's lines begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

/// A language's tag: letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// Plain text on one line, 1 to 400 characters (see [`is_text`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sentence(String);

impl TryFrom<String> for Tag {
    type Error = SentencesError;

    fn try_from(tag: String) -> Result<Self, SentencesError> {
        if is_tag(&tag) { Ok(Self(tag)) } else { Err(SentencesError::Shape) }
    }
}

impl TryFrom<String> for Sentence {
    type Error = SentencesError;

    fn try_from(text: String) -> Result<Self, SentencesError> {
        let sound = is_text(&text) && !text.contains('\n') && text.chars().count() <= LONGEST_SENTENCE;
        if sound { Ok(Self(text)) } else { Err(SentencesError::Shape) }
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

impl From<Sentence> for String {
    fn from(sentence: Sentence) -> Self {
        sentence.0
    }
}

impl Tag {
    /// The tag itself: safe in an attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sentence {
    /// The text, in which any character can stand that is no control character.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Direction {
    /// As HTML writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// Reads the sentences of a template: 1 to 24 languages, the original first, none twice.
///
/// # Errors
/// What is wrong with its block.
pub fn read(template: &str) -> Result<Vec<Language>, SentencesError> {
    let (_, rest) = template.split_once(BLOCK.0).ok_or(SentencesError::Block)?;
    let (block, after) = rest.split_once(BLOCK.1).ok_or(SentencesError::Block)?;
    if after.contains(BLOCK.0) {
        return Err(SentencesError::Block);
    }
    if block.len() > LONGEST {
        return Err(SentencesError::TooLong);
    }
    let languages: Vec<Language> = serde_json::from_str(block).map_err(|_| SentencesError::Shape)?;
    let count = (1..=MAX_LANGUAGES).contains(&languages.len());
    let once = |tag: &Tag| languages.iter().filter(|other| other.lang == *tag).count() == 1;
    let sound = count && languages.iter().all(|language| once(&language.lang));
    if sound { Ok(languages) } else { Err(SentencesError::Shape) }
}

/// The block with these languages, as [`read`] takes it.
///
/// # Errors
/// What a reader would refuse.
pub fn write(languages: &[Language]) -> Result<String, SentencesError> {
    // A `<` could end the element; as \u003c it can't, and JSON reads it the same.
    let json = serde_json::to_string(languages).map_err(|_| SentencesError::Shape)?.replace('<', "\\u003c");
    let block = [BLOCK.0, &json, BLOCK.1].concat();
    if block.contains(UNFILLED) {
        return Err(SentencesError::Shape);
    }
    read(&block).map(|_| block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::format;

    const KEYS: [&str; 19] = [
        "kept",
        "earlier-week",
        "close",
        "not-kept",
        "not-open",
        "later",
        "old-keys",
        "other-keys",
        "anew",
        "too-large",
        "other-way",
        "full",
        "slow",
        "again",
        "failed",
        "unknown",
        "no-tip",
        "lock-first",
        "back",
    ];

    fn json(lang: &str) -> String {
        let says: Vec<String> = KEYS.iter().map(|key| format!("\"{key}\":\"{key} </script> &\"")).collect();
        let says = says.join(",");
        format!(r#"{{"lang":"{lang}","dir":"ltr","name":"N","draft":null,"says":{{{says}}}}}"#)
    }

    fn page(languages: &str) -> String {
        let block = languages.replace('<', "\\u003c");
        ["<p>before", BLOCK.0, "[", &block, "]", BLOCK.1, "<script>after</script>"].concat()
    }

    #[test]
    fn what_is_written_is_read_and_ends_no_element() {
        let languages = read(&page(&[json("en"), json("ug")].join(","))).unwrap();
        assert_eq!(languages[1].lang.as_str(), "ug");
        assert_eq!(languages[0].says.lock_first.as_str(), "lock-first </script> &");
        let block = write(&languages).unwrap();
        assert_eq!(block.matches("</script>").count(), 1);
        assert_eq!(read(&block), Ok(languages));
    }

    #[test]
    fn a_block_that_is_not_as_it_must_be_is_refused() {
        let sound = page(&json("en"));
        assert!(read(&sound).is_ok());
        for missing in ["", BLOCK.0, &[sound.as_str(), &sound].concat()] {
            assert_eq!(read(missing), Err(SentencesError::Block), "{missing:.80}");
        }
        let many: Vec<String> = (10..35).map(|n| json(&format!("x{n}"))).collect();
        let long = sound.replace("\"N\"", &format!("\"{}\"", "n".repeat(401)));
        let wrong = [
            page(""),
            page(&[json("en"), json("en")].join(",")),
            page(&many.join(",")),
            long,
            sound.replace("\"en\"", "\"e\\\"n\""),
            sound.replace("\"ltr\"", "\"up\""),
            sound.replace("\"N\"", "\" \""),
            sound.replace("\"N\"", "\"a\\u202eb\""),
            sound.replace("\"N\"", "\"a\\nb\""),
            sound.replace("\"back\":", "\"forth\":"),
            sound.replace("\"back\":", "\"kept\":\"twice\",\"back\":"),
            sound.replace("\"draft\":null", "\"draft\":1"),
        ];
        for wrong in wrong {
            assert_eq!(read(&wrong), Err(SentencesError::Shape), "{wrong:.200}");
        }
        let endless = page(&" ".repeat(LONGEST + 1).to_owned());
        assert_eq!(read(&endless), Err(SentencesError::TooLong));
    }
}
