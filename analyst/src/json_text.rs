//! JSON that a terminal can't be controlled with.

use std::fmt::Write as _;

/// JSON text whose characters that control, turn or hide text are JSON escapes: they can stand in strings only, so the meaning stays.
#[must_use]
pub fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            // All of them lie in the basic plane, but for the tag characters: these need two escapes.
            let mut pair = [0; 2];
            for unit in c.encode_utf16(&mut pair) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Neither a control character nor one that turns, hides or breaks text.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        && !matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"story": "\u{202e}\u{9b}\u{e0041}\u{2028} بە"});
        let escaped = escape(&value.to_string());
        assert!(escaped.contains("\\u202e\\u009b\\udb40\\udc41\\u2028 بە"), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
