//! Compiles the page's languages into the command, by the page's own rules: what may be said, and who has read it.
//!
//! A release build carries the original and what two reviewers have read; other builds carry drafts too, marked.
//! `TIPLINE_DRAFTS=1` puts them into a release build as well: for demonstrations and tests, never for people.
#![allow(
    missing_docs,
    dead_code,
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a build script stops the build; the two modules are shared with the page's build, which uses all of them"
)]

#[path = "../../xtask/src/page/locale.rs"]
mod locale;
#[path = "../../xtask/src/page/review.rs"]
mod review;

/// What the shared modules expect of the page's build.
mod run {
    pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
}

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use locale::{Class, Edition, Locale};
use serde_json::Value;

fn main() {
    let locales = Path::new("../page/locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    println!("cargo::rerun-if-env-changed=TIPLINE_DRAFTS");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let with_drafts = !is_release || env::var_os("TIPLINE_DRAFTS").is_some();
    let edition = if with_drafts { Edition::Drafts } else { Edition::Release };
    let read = locale::read_all(locales).unwrap_or_else(|e| panic!("{e}"));
    let name = |locale: &Locale| {
        format!("({:?}, {:?}), ", locale.tag, locale.fixed("language-name").unwrap_or_default())
    };
    let names: String = read.iter().map(name).collect();
    let mut code = String::from("&[\n");
    locale::carried(read, edition).iter().for_each(|locale| language(&mut code, locale));
    code.push(']');
    let out = env::var_os("OUT_DIR").expect("cargo names a folder for what is generated");
    fs::write(Path::new(&out).join("names.rs"), format!("&[{names}]")).expect("the names can be written");
    fs::write(Path::new(&out).join("languages.rs"), code).expect("the generated table can be written");
}

fn language(code: &mut String, locale: &Locale) {
    let (tag, draft) = (&locale.tag, locale.is_draft());
    writeln!(code, "Language {{ tag: {tag:?}, is_draft: {draft}, messages: &[").unwrap();
    for (key, value, class) in locale.everything() {
        let safety = class == Class::Safety;
        writeln!(code, "Message {{ key: {key:?}, is_safety: {safety}, parts: &{:?} }},", Parts(key, value))
            .unwrap();
    }
    code.push_str("] },\n");
}

/// A compiled message as Rust writes it.
struct Parts<'a>(&'a str, &'a Value);

impl std::fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(key, value) = self;
        let parts = value.as_array().map_or(std::slice::from_ref(*value), Vec::as_slice);
        f.write_str("[")?;
        for part in parts {
            match part {
                Value::String(text) => write!(f, "Part::Text({text:?}), ")?,
                Value::Array(name) if name.len() == 1 => write!(f, "Part::Value({}), ", name[0])?,
                _ => panic!("{key}: the command knows no choice by number"),
            }
        }
        f.write_str("]")
    }
}
