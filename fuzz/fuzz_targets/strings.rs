//! The core's small reader of JSON: what it reads, a general reader reads the same; what that one writes, it reads.
#![no_main]
use serde_json::{Map, Value};
use tipline_core::json::strings;

const NAMES: [&str; 3] = ["a", "root", "intake_signature"];
const SOUND: &str =
    r#"{"a":"\u003c\ud83d\ude22\n","x":[{"a":[1,-2.5e3,true]},null],"root":null,"intake_signature":"sig"}"#;
/// Deeper than this nothing is passed over.
const DEEPEST: usize = 60;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check(data);
    let mut changed = SOUND.as_bytes().to_vec();
    for change in data.chunks_exact(2) {
        let at = usize::from(change[0] & 0x7f) % changed.len();
        match change[0] >> 7 {
            0 => changed[at] = change[1],
            _ => changed.insert(at, change[1]),
        }
    }
    check(&changed);
});

fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let ours = strings(text, NAMES);
    let Ok(theirs) = serde_json::from_str::<Map<String, Value>>(text) else { return };
    let named = NAMES.map(|name| theirs.get(name).cloned().unwrap_or_default());
    let are_texts = named.iter().all(|value| value.is_string() || value.is_null());
    if let Some(ours) = ours {
        assert_eq!(ours.map(Value::from), named);
        assert!(are_texts);
    }
    let again = strings(&Value::from(theirs.clone()).to_string(), NAMES).map(|found| found.map(Value::from));
    if depth(&Value::from(theirs)) < DEEPEST {
        assert_eq!(again, are_texts.then_some(named));
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(list) => list.iter().map(depth).max(),
        Value::Object(object) => object.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}
