//! The JSON Schema in `schema/` is made from the form and the codebook; this test makes it and compares.
//!
//! After a change: `UPDATE=1 cargo test -p tipline-report --test schema`, then read the difference.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Map, Value, json};
use tipline_report::bounds as b;
use tipline_report::codebook::{self as c, List};
use tipline_report::{Answer, FileEntry, Relative, Tip, When, Where};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/tip-report-1.schema.json");

fn list_def(list: &List) -> Value {
    let codes: Vec<&str> = list.entries.iter().map(|e| e.code).collect();
    json!({ "anyOf": [{ "enum": codes }, { "type": "string" }] })
}

fn one(list: &str) -> Value {
    json!({ "anyOf": [{ "$ref": format!("#/$defs/{list}") }, { "type": "null" }] })
}

fn many(list: &str) -> Value {
    json!({ "type": "array", "items": { "$ref": format!("#/$defs/{list}") } })
}

fn maybe(what: &str) -> Value {
    json!({ "type": [what, "null"] })
}

fn or_null(def: Value) -> Value {
    json!({ "anyOf": [def, { "type": "null" }] })
}

fn hex(len: usize) -> Value {
    json!({ "type": "string", "pattern": format!("^[0-9a-f]{{{len}}}$") })
}

fn number(min: u16, max: u16) -> Value {
    json!({ "type": ["integer", "null"], "minimum": min, "maximum": max })
}

fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": true })
}

fn report() -> Value {
    let year = |max| number(*b::YEARS.start(), max);
    let relative = object(json!({
        "kind": one("relative_kind"),
        "region": or_null(json!({ "anyOf": [{ "$ref": "#/$defs/region_cn" }, { "$ref": "#/$defs/country" }] })),
        "incident": many("incident"),
    }));
    let place = object(json!({
        "country": one("country"),
        "region": or_null(json!({ "anyOf": [{ "$ref": "#/$defs/region_cn" }, { "$ref": "#/$defs/region_jp" }] })),
        "city": json!({ "type": ["string", "null"], "maxLength": b::MAX_CITY }),
    }));
    let when = object(json!({
        "precision": one("when_precision"), "year": year(*b::YEARS.end()), "quarter": number(1, 4),
        "month": number(1, 12), "day": number(1, 31),
    }));
    let mut properties = Map::new();
    for list in ["teller", "frequency", "urgency"] {
        properties.insert(list.into(), one(list));
    }
    for list in [
        "incident",
        "channel",
        "actor",
        "actor_basis",
        "demand",
        "effect",
        "community",
        "role",
        "reported",
        "response",
        "consent",
        "request",
    ] {
        properties.insert(list.into(), many(list));
    }
    for (key, schema) in [
        ("lang", maybe("string")),
        ("answer_lang", maybe("string")),
        (
            "actor_handles",
            json!({ "type": "array", "maxItems": b::MAX_HANDLES,
            "items": { "type": "string", "maxLength": b::MAX_HANDLE } }),
        ),
        ("when", or_null(when)),
        ("where", or_null(place)),
        ("relatives", json!({ "type": "array", "maxItems": b::MAX_RELATIVES, "items": relative })),
        ("only_after", year(*b::YEARS.end())),
        ("story", json!({ "type": "string", "description": "at most 48 000 bytes once escaped as JSON" })),
    ] {
        properties.insert(key.into(), schema);
    }
    object(Value::Object(properties))
}

fn schema() -> Value {
    let defs: Map<String, Value> =
        c::LISTS.iter().copied().chain([&c::COUNTRY]).map(|l| (l.name.into(), list_def(l))).collect();
    let file = object(json!({
        "type": { "type": "string", "maxLength": b::MAX_MEDIA_TYPE },
        "size": { "type": "integer", "minimum": 0 },
        "form": { "anyOf": [{ "enum": [FileEntry::CLEANED, FileEntry::ORIGINAL] }, { "type": "string" }] },
        "name": { "type": ["string", "null"], "maxLength": b::MAX_NAME },
    }));
    let answer = object(json!({
        "recipient": { "type": "string", "minLength": 1_959, "maxLength": 1_959, "pattern": "^age1pq1[02-9ac-hj-np-z]+$" },
        "tag_key": hex(64),
    }));
    let mut schema = object(json!({
        "schema": { "const": "tip-report/1" },
        "epoch": { "type": "string", "format": "date" },
        "report": report(),
        "files": { "type": "array", "maxItems": b::MAX_FILES, "items": file },
        "answer": or_null(answer),
        "continues": or_null(hex(32)),
        "canary": or_null(hex(32)),
    }));
    let top = schema.as_object_mut().unwrap();
    top.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    top.insert("$id".into(), json!("urn:tipline:tip-report:1"));
    top.insert("title".into(), json!("tip-report/1"));
    top.insert(
        "description".into(),
        json!("What stands in a tip.json. Makers write all keys, in the form's order, and only codes of the lists. The \
            lists are open for readers: a later codebook may bring new codes, and a desk keeps and shows codes and keys \
            that it does not know. Codes are never renamed or given another meaning."),
    );
    top.insert("$defs".into(), Value::Object(defs));
    schema
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        committed == text,
        "schema/tip-report-1.schema.json is not what the form says; see this file's head"
    );
}

#[test]
fn the_schema_has_exactly_the_keys_of_the_form() {
    let mut tip = Tip::default();
    tip.report.when = Some(When::default());
    tip.report.place = Some(Where::default());
    tip.report.relatives = vec![Relative::default()];
    tip.files = vec![FileEntry::default()];
    tip.answer = Some(Answer::default());
    compare("", &serde_json::to_value(&tip).unwrap(), &schema());
}

fn compare(path: &str, value: &Value, schema: &Value) {
    let schema = schema.get("anyOf").map_or(schema, |any| &any[0]);
    match value {
        Value::Object(fields) => {
            let keys: Vec<&String> = fields.keys().collect();
            let properties =
                schema["properties"].as_object().unwrap_or_else(|| panic!("{path} has no properties"));
            assert_eq!(keys, properties.keys().collect::<Vec<_>>(), "{path}");
            assert_eq!(keys.len(), schema["required"].as_array().unwrap().len(), "{path}");
            for (key, value) in fields {
                compare(&format!("{path}.{key}"), value, &schema["properties"][key]);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| compare(path, item, &schema["items"])),
        _ => {}
    }
}

#[test]
fn the_schema_lists_exactly_the_codes() {
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap();
    for line in include_str!("data/codes.txt").lines() {
        let (list, code) = line.split_once('.').unwrap();
        let codes = committed["$defs"][list]["anyOf"][0]["enum"].as_array().unwrap();
        assert!(codes.iter().any(|c| c == code), "{line}");
    }
    let listed: usize = committed["$defs"]
        .as_object()
        .unwrap()
        .values()
        .map(|def| def["anyOf"][0]["enum"].as_array().unwrap().len())
        .sum();
    assert_eq!(listed, include_str!("data/codes.txt").lines().count());
}
