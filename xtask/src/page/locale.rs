//! A language of the page: Fluent when it is written, plain JSON when it is read.
//!
//! A message is a string, or an array of strings, `["name"]` for a placeable and `["name", {"one": …, "other": …}]` for
//! a choice by number. References to other messages are resolved here.
//!
//! The classes are the original's, whatever a translation says. A language whose safety messages lack [reviews](super::review)
//! is a draft.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{
    Comment, Entry, Expression, InlineExpression, Message, Pattern, PatternElement, VariantKey,
};
use serde_json::{Map, Value, json};

use super::review::{self, Reviews};
use crate::run::Result;

/// The language that the others are compared with, and the first in the page.
pub(crate) const ORIGINAL: &str = "en";
/// Messages that are written into the page when it is built.
const STATIC: &str = "static-";
/// Messages that only `tipline-seal` says: its build script reads these files too.
const COMMAND: &str = "seal-";
/// Messages that the letterbox says to whoever sends a form without scripts.
const LETTERBOX: &str = "form-answer-";
const DIRECTIONS: [&str; 2] = ["ltr", "rtl"];

/// How much harm a mistake in a message can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It can put a person in danger: two reviewers before a release.
    Safety,
    /// Anything else.
    Plain,
}

/// Which languages a page carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// For people: the original, and what two reviewers have read.
    Release,
    /// For the demonstration and the tests: drafts too, marked as such.
    Drafts,
}

/// One language.
#[derive(Debug)]
pub(crate) struct Locale {
    /// BCP 47, the file's name.
    pub(crate) tag: String,
    messages: BTreeMap<String, Text>,
    /// Safety messages, each with the digest that its reviews must name, that have too few of them.
    pub(crate) unreviewed: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Text {
    class: Class,
    value: Value,
}

/// Reads every `*.ftl` of the folder, the original first, and compares the others with it.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Locale>> {
    let mut tags = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "ftl") {
            tags.extend(file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    let read = |tag: &str, ending: &str| {
        let file = folder.join(format!("{tag}.{ending}"));
        std::fs::read_to_string(&file).map_err(|e| format!("reading {}: {e}", file.display()))
    };
    let mut locales = vec![Locale::parse(ORIGINAL, &read(ORIGINAL, "ftl")?)?];
    for tag in tags.iter().filter(|tag| *tag != ORIGINAL) {
        let original = locales.first().ok_or("no original")?;
        let reviews = Reviews::parse(tag, &read(tag, "review")?)?;
        locales.push(Locale::translation(tag, &read(tag, "ftl")?, original, &reviews)?);
    }
    Ok(locales)
}

/// The languages of an edition.
pub(crate) fn carried(mut locales: Vec<Locale>, edition: Edition) -> Vec<Locale> {
    locales.retain(|locale| edition == Edition::Drafts || !locale.is_draft());
    locales
}

impl Locale {
    /// Reads the original and holds it to the rules: every message has a class, no markup, nothing that the page can't say.
    pub(crate) fn parse(tag: &str, source: &str) -> Result<Self> {
        Self::read(tag, source, None)
    }

    /// Reads another language: the same rules, the same keys and placeables as the original, whose classes count.
    pub(crate) fn translation(tag: &str, source: &str, original: &Self, reviews: &Reviews) -> Result<Self> {
        let mut locale = Self::read(tag, source, Some(original))?;
        locale.compare(original)?;
        reviews.check(|key| original.says(key))?;
        for (key, text) in locale.messages.iter().filter(|(_, text)| text.class == Class::Safety) {
            let theirs = original.messages.get(key).map_or(&Value::Null, |text| &text.value);
            let digest = review::digest(theirs, &text.value);
            if reviews.reviewers(key, &digest) < review::ENOUGH {
                locale.unreviewed.push((key.clone(), digest));
            }
        }
        Ok(locale)
    }

    fn read(tag: &str, source: &str, original: Option<&Self>) -> Result<Self> {
        let at = |key: &str, what: &str| format!("{tag}.ftl: {key}: {what}");
        let resource = fluent_syntax::parser::parse(source).map_err(|(_, errors)| {
            format!("{tag}.ftl: {}", errors.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let mut patterns = BTreeMap::new();
        let mut group = None;
        for entry in &resource.body {
            match entry {
                Entry::GroupComment(comment) => group = class(comment),
                Entry::Message(message) => {
                    let key = message.id.name;
                    let class = match original {
                        None => message.comment.as_ref().and_then(class).or(group),
                        Some(original) => original.class(key),
                    };
                    let missing = match original {
                        None => "is neither `safety` nor `plain`",
                        Some(_) => "stands in this language only",
                    };
                    let class = class.ok_or_else(|| at(key, missing))?;
                    let pattern = value(message).ok_or_else(|| at(key, "has no text, or attributes"))?;
                    if patterns.insert(key, (class, pattern)).is_some() {
                        return Err(at(key, "stands there twice").into());
                    }
                }
                Entry::Comment(_) | Entry::ResourceComment(_) => {}
                Entry::Term(_) | Entry::Junk { .. } => {
                    return Err(format!("{tag}.ftl: only messages and comments").into());
                }
            }
        }
        let mut messages = BTreeMap::new();
        for (key, (class, pattern)) in &patterns {
            let value = compile(pattern, &patterns, 0).map_err(|what| at(key, &what))?;
            messages.insert((*key).to_owned(), Text { class: *class, value });
        }
        let locale = Self { tag: tag.to_owned(), messages, unreviewed: Vec::new() };
        match DIRECTIONS.contains(&locale.dir()) {
            true => Ok(locale),
            false => Err(at("language-direction", "is neither ltr nor rtl").into()),
        }
    }

    /// Text without placeables.
    pub(crate) fn fixed(&self, key: &str) -> Option<&str> {
        self.messages.get(key)?.value.as_str()
    }

    /// Whether it is shown only as a draft.
    pub(crate) fn is_draft(&self) -> bool {
        !self.unreviewed.is_empty()
    }

    /// The class of a message.
    pub(crate) fn class(&self, key: &str) -> Option<Class> {
        self.messages.get(key).map(|text| text.class)
    }

    /// The safety messages that the script says.
    pub(crate) fn safety(&self) -> Vec<&str> {
        let wanted = self.said_by_the_script().filter(|(.., class)| *class == Class::Safety);
        wanted.map(|(key, ..)| key).collect()
    }

    /// `ltr` or `rtl`.
    pub(crate) fn dir(&self) -> &str {
        self.fixed("language-direction").unwrap_or_default()
    }

    /// What the letterbox needs, without the prefix.
    pub(crate) fn said_by_the_letterbox(&self) -> Value {
        let wanted =
            self.everything().filter_map(|(key, value, _)| Some((key.strip_prefix(LETTERBOX)?, value)));
        wanted.map(|(key, value)| (key.to_owned(), value.clone())).collect::<Map<_, _>>().into()
    }

    /// What the script needs: all but the static text, the command's and the letterbox's.
    pub(crate) fn at_run_time(&self) -> Value {
        let wanted = self.said_by_the_script();
        wanted.map(|(key, value, _)| (key.to_owned(), value.clone())).collect::<Map<_, _>>().into()
    }

    /// Every message with its class, by key.
    pub(crate) fn everything(&self) -> impl Iterator<Item = (&str, &Value, Class)> {
        self.messages.iter().map(|(key, text)| (key.as_str(), &text.value, text.class))
    }

    fn said_by_the_script(&self) -> impl Iterator<Item = (&str, &Value, Class)> {
        self.everything()
            .filter(|(key, ..)| ![STATIC, COMMAND, LETTERBOX].iter().any(|of| key.starts_with(of)))
    }

    /// Whether there is such a message.
    pub(crate) fn says(&self, key: &str) -> bool {
        self.messages.contains_key(key)
    }

    /// How many messages are of a class.
    pub(crate) fn count(&self, class: Class) -> usize {
        self.messages.values().filter(|text| text.class == class).count()
    }

    fn compare(&self, original: &Self) -> Result<()> {
        let keys = |locale: &Self| locale.messages.keys().cloned().collect::<BTreeSet<_>>();
        if let Some(key) = keys(original).symmetric_difference(&keys(self)).next() {
            return Err(format!(
                "{}.ftl and {}.ftl: {key} stands in one of them only",
                original.tag, self.tag
            )
            .into());
        }
        for (key, text) in &self.messages {
            let theirs = original.messages.get(key).map(|text| placeables(&text.value));
            if theirs.as_ref() != Some(&placeables(&text.value)) {
                return Err(format!(
                    "{}.ftl: {key}: other placeables than in {}.ftl",
                    self.tag, original.tag
                )
                .into());
            }
        }
        Ok(())
    }
}

/// The class that a comment begins with.
fn class(comment: &Comment<&str>) -> Option<Class> {
    let first = comment.content.first()?.trim_start();
    match first.split([' ', ':', '·']).next()? {
        "safety" => Some(Class::Safety),
        "plain" => Some(Class::Plain),
        _ => None,
    }
}

fn value<'a, 'b>(message: &'a Message<&'b str>) -> Option<&'a Pattern<&'b str>> {
    message.value.as_ref().filter(|_| message.attributes.is_empty())
}

type Patterns<'a> = BTreeMap<&'a str, (Class, &'a Pattern<&'a str>)>;

fn compile(pattern: &Pattern<&str>, all: &Patterns<'_>, depth: u8) -> std::result::Result<Value, String> {
    let mut parts: Vec<Value> = Vec::new();
    for element in &pattern.elements {
        let part = match element {
            PatternElement::TextElement { value } => text(value)?,
            PatternElement::Placeable { expression } => placeable(expression, all, depth)?,
        };
        match (parts.last_mut(), part) {
            (Some(Value::String(before)), Value::String(after)) => *before += &after,
            (_, part) => parts.push(part),
        }
    }
    Ok(match parts.as_slice() {
        [] => json!(""),
        [Value::String(_)] => parts.remove(0),
        _ => parts.into(),
    })
}

fn text(value: &str) -> std::result::Result<Value, String> {
    match value.contains(['<', '>']) || value.contains("&") && value.contains(';') {
        true => Err(format!("holds markup: {value}")),
        false => Ok(json!(value)),
    }
}

fn placeable(
    expression: &Expression<&str>,
    all: &Patterns<'_>,
    depth: u8,
) -> std::result::Result<Value, String> {
    match expression {
        Expression::Inline(InlineExpression::VariableReference { id }) => Ok(json!([id.name])),
        Expression::Inline(InlineExpression::StringLiteral { value }) => text(value),
        Expression::Inline(InlineExpression::MessageReference { id, attribute: None }) if depth < 3 => {
            let (_, pattern) = all.get(id.name).ok_or_else(|| format!("refers to {}, which is missing", id.name))?;
            match compile(pattern, all, depth + 1)? {
                Value::String(fixed) => Ok(json!(fixed)),
                _ => Err(format!("refers to {}, which has placeables", id.name)),
            }
        }
        Expression::Select { selector: InlineExpression::VariableReference { id }, variants } => {
            let mut cases = Map::new();
            for variant in variants {
                let (VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name }) = &variant.key;
                let name = if variant.default { "other" } else { name };
                cases.insert(name.to_owned(), compile(&variant.value, all, depth + 1)?);
            }
            Ok(json!([id.name, cases]))
        }
        _ => Err("holds something that the page cannot say: only { $name }, a choice by number and { other-message }".into()),
    }
}

fn placeables(value: &Value) -> BTreeSet<String> {
    let parts = value.as_array().into_iter().flatten().filter_map(Value::as_array);
    let mut names = BTreeSet::new();
    for part in parts {
        names.extend(part.first().and_then(Value::as_str).map(str::to_owned));
        let cases = part.get(1).and_then(Value::as_object).into_iter().flat_map(Map::values);
        cases.for_each(|case| names.extend(placeables(case)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "## plain\nlanguage-direction = ltr\n";

    fn parse(more: &str) -> Result<Locale> {
        Locale::parse("en", &[HEAD, more].concat())
    }

    #[test]
    fn messages_become_plain_parts() {
        let locale = parse("a = Room: { $n } left\nb = “{ c }”, { c }\nc = Go\nd = { $n ->\n  [one] one file\n *[other] { $n } files\n }\n").unwrap();
        let at = |key: &str| locale.messages[key].value.clone();
        assert_eq!(at("a"), json!(["Room: ", ["n"], " left"]));
        assert_eq!(at("b"), json!("“Go”, Go"));
        assert_eq!(at("d"), json!([["n", {"one": "one file", "other": [["n"], " files"]}]]));
    }

    #[test]
    fn a_message_without_a_class_or_with_markup_is_refused() {
        assert!(Locale::parse("en", "language-direction = ltr\n").is_err());
        assert!(parse("a = <b>no</b>\n").is_err());
        assert!(parse("a = no&nbsp;\n").is_err());
        assert!(parse("a = { missing }\n").is_err());
        assert!(parse("a = one\na = two\n").is_err());
        assert!(parse("a = { NUMBER($n) }\n").is_err());
        let classes = parse("# safety: for the translator\na = one\nb = two\n").unwrap();
        assert_eq!(classes.messages["a"].class, Class::Safety);
        assert_eq!(classes.messages["b"].class, Class::Plain);
    }

    #[test]
    fn a_language_must_have_every_key_with_the_same_placeables() {
        let original = parse("a = { $n } left\n").unwrap();
        let translated = |more: &str| {
            Locale::translation("ug", &[HEAD, more].concat(), &original, &Reviews::parse("ug", "").unwrap())
        };
        assert!(translated("a = left: { $n }\n").is_ok());
        let refused = |more: &str, why: &str| {
            let said = translated(more).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        };
        refused("", "stands in one of them only");
        refused("a = left\n", "other placeables");
        refused("a = { $n } left\nb = more\n", "stands in this language only");
        refused("a = <i>{ $n }</i>\n", "markup");
    }

    #[test]
    fn a_translation_cannot_make_a_warning_harmless() {
        let original = parse("## safety\na = Do not\n").unwrap();
        let source = [HEAD, "# plain\na = Do\n"].concat();
        let locale =
            Locale::translation("ja", &source, &original, &Reviews::parse("ja", "").unwrap()).unwrap();
        assert_eq!(locale.class("a"), Some(Class::Safety));
    }

    #[test]
    fn a_release_carries_a_language_when_two_people_have_read_every_safety_message_as_it_is() {
        let original = parse("## safety\na = Do not\n").unwrap();
        let read = |text: &str, reviews: &str| {
            let source = [HEAD, "a = ", text, "\n"].concat();
            Locale::translation("ja", &source, &original, &Reviews::parse("ja", reviews).unwrap()).unwrap()
        };
        let digest = read("いいえ", "").unreviewed[0].1.clone();
        let one = format!("hana a {digest}\n");
        let two = format!("{one}kaede a {digest}\n");
        let carried = |locale: Locale, edition| carried(vec![locale], edition).len();
        assert_eq!(carried(read("いいえ", &two), Edition::Release), 1);
        assert_eq!(carried(read("いいえ", &one), Edition::Release), 0);
        assert_eq!(
            carried(read("いいえ", &[one.as_str(), &one].concat()), Edition::Release),
            0,
            "one person twice"
        );
        assert_eq!(carried(read("はい", &two), Edition::Release), 0, "changed since");
        assert_eq!(carried(read("いいえ", ""), Edition::Drafts), 1);
    }

    #[test]
    fn every_language_of_the_page_is_there_with_every_message() {
        let locales = read_all(&crate::run::root().join("client-wasm/page/locales")).unwrap();
        let tags: Vec<&str> = locales.iter().map(|locale| locale.tag.as_str()).collect();
        assert_eq!(tags, ["en", "bo", "ja", "mn-Cyrl", "ug", "zh-Hans", "zh-Hant"]);
        for locale in &locales {
            assert_eq!(locale.messages.len(), locales[0].messages.len(), "{}", locale.tag);
            assert!(locale.messages.values().all(|text| text.value != json!("")), "{}", locale.tag);
            assert_eq!(locale.dir() == "rtl", locale.tag == "ug");
        }
    }
}
