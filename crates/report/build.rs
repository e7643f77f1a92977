//! Turns `codebook.json` and `countries.json` into tables of constants, so that no program parses them when it runs.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a build script stops the build"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

fn main() {
    let mut code = String::new();
    let book = read("codebook.json");
    let places = read("countries.json");
    let retired = book.get("retired").and_then(Value::as_object).expect("retired codes");
    let lists = book.get("lists").and_then(Value::as_object).expect("lists");
    let countries = places.get("lists").and_then(Value::as_object).expect("lists");
    for (name, entries) in lists.iter().chain(countries) {
        list(&mut code, name, entries, retired);
    }
    let names: Vec<String> =
        order("codebook.json", lists).iter().map(|n| format!("&{}", n.to_uppercase())).collect();
    writeln!(
        code,
        "/// The codebook's lists, in its order; the places of [`COUNTRY`] come from CLDR and stand apart."
    )
    .unwrap();
    writeln!(code, "pub static LISTS: [&List; {}] = [{}];", names.len(), names.join(", ")).unwrap();
    let version = book.get("codebook").and_then(Value::as_u64).expect("the codebook's number");
    writeln!(code, "/// The number of this edition of the codebook.\npub const EDITION: u32 = {version};")
        .unwrap();
    let out = env::var_os("OUT_DIR").expect("cargo names a folder for what is generated");
    fs::write(Path::new(&out).join("codebook.rs"), code).expect("the generated table can be written");
}

fn read(name: &str) -> Value {
    println!("cargo::rerun-if-changed={name}");
    let text = fs::read_to_string(name).unwrap_or_else(|e| panic!("reading {name}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name} is no JSON: {e}"))
}

/// The names of the lists as they follow each other in the file: serde_json's map is sorted.
fn order(file: &str, lists: &Map<String, Value>) -> Vec<String> {
    let text = fs::read_to_string(file).expect("it was read before");
    let start = text.find("\"lists\":").expect("lists");
    let mut names: Vec<(Option<usize>, String)> = lists
        .keys()
        .map(|name| (text.get(start..).and_then(|rest| rest.find(&format!("\"{name}\": ["))), name.clone()))
        .collect();
    names.sort();
    assert!(names.iter().all(|(at, _)| at.is_some()), "a list was not found in {file}");
    names.into_iter().map(|(_, name)| name).collect()
}

fn list(code: &mut String, name: &str, entries: &Value, retired: &Map<String, Value>) {
    writeln!(code, "/// The codes of `{name}`, in the order shown.").unwrap();
    writeln!(code, "pub static {}: List = List {{ name: {name:?}, entries: &[", name.to_uppercase()).unwrap();
    for e in entries.as_array().expect("a list of codes") {
        entry(code, e);
    }
    code.push_str("], retired: &[");
    if let Some(Value::Object(old)) = retired.get(name) {
        for (was, now) in old {
            let now: Vec<&str> = now.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            write!(code, "Retired {{ code: {was:?}, now: &{now:?} }}, ").unwrap();
        }
    }
    code.push_str("] };\n");
}

fn entry(code: &mut String, e: &Value) {
    let text = |key: &str| e.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{e} has no {key}"));
    let map: Vec<(&str, &str)> = e
        .get("map")
        .and_then(Value::as_object)
        .map(|m| m.iter().map(|(k, v)| (k.as_str(), v.as_str().expect("a name"))).collect())
        .unwrap_or_default();
    writeln!(
        code,
        "Entry {{ code: {:?}, en: {:?}, zh_hans: {:?}, zh_hant: {:?}, ja: {:?}, core: {}, danger: {}, parent: {:?}, map: &{map:?} }},",
        text("code"),
        text("en"),
        text("zh_Hans"),
        text("zh_Hant"),
        text("ja"),
        e.get("core").and_then(Value::as_bool).unwrap_or(false),
        e.get("danger").and_then(Value::as_u64).unwrap_or(0),
        e.get("parent").and_then(Value::as_str),
    )
    .unwrap();
}
