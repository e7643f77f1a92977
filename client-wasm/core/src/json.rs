//! The strings of a JSON object (RFC 8259), and nothing more of JSON: all that the documents need.
//!
//! Written here because a general reader brings numbers and their errors: a sixth of the module that every page carries.

use alloc::string::String;

/// How deep what is passed over may be nested.
const DEEPEST: u8 = 64;

/// The strings of the object `json` that have these names; `null` and a name that is missing are `None`. Everything else in
/// it is passed over.
///
/// Answers `None` where it is no object, one of these is neither a string nor null, or stands there twice.
#[must_use]
pub fn strings<const N: usize>(json: &str, names: [&str; N]) -> Option<[Option<String>; N]> {
    let mut found: [Option<Option<String>>; N] = [const { None }; N];
    let mut reader = Reader { rest: json };
    reader.space();
    reader.object(&mut |reader, key| {
        let Some(place) = names.iter().position(|name| *name == key).and_then(|at| found.get_mut(at)) else {
            return reader.pass(1);
        };
        let value = if reader.word("null") { None } else { Some(reader.string()?) };
        place.replace(value).is_none().then_some(())
    })?;
    reader.rest.is_empty().then(|| found.map(Option::flatten))
}

type Each<'e> = &'e mut dyn FnMut(&mut Reader<'_>, &str) -> Option<()>;

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes this word, and the space after it, where it comes next.
    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        self.rest = rest;
        self.space();
        true
    }

    fn next(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let next = letters.next();
        self.rest = letters.as_str();
        next
    }

    fn object(&mut self, each: Each<'_>) -> Option<()> {
        self.word("{").then_some(())?;
        if self.word("}") {
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.word(":").then_some(())?;
            each(self, &key)?;
            if !self.word(",") {
                return self.word("}").then_some(());
            }
        }
    }

    /// Passes over one value of any kind, `depth` deep.
    fn pass(&mut self, depth: u8) -> Option<()> {
        let deeper = depth.checked_add(1).filter(|deeper| *deeper <= DEEPEST)?;
        match self.rest.bytes().next()? {
            b'{' => self.object(&mut |reader, _| reader.pass(deeper)),
            b'[' => self.list(deeper),
            b'"' => self.string().map(drop),
            _ => ["true", "false", "null"]
                .iter()
                .any(|word| self.word(word))
                .then_some(())
                .or_else(|| self.number()),
        }
    }

    fn list(&mut self, deeper: u8) -> Option<()> {
        self.word("[").then_some(())?;
        if self.word("]") {
            return Some(());
        }
        loop {
            self.pass(deeper)?;
            if !self.word(",") {
                return self.word("]").then_some(());
            }
        }
    }

    /// Nothing here has a use for a number, so that its form is not looked at.
    fn number(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.eE".contains(c));
        (rest.len() < self.rest.len()).then_some(())?;
        self.rest = rest;
        self.space();
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('"')?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => break,
                '\\' => text.push(self.escape()?),
                letter if letter < ' ' => return None,
                letter => text.push(letter),
            }
        }
        self.space();
        Some(text)
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.coded(),
            same @ ('"' | '\\' | '/') => same,
            _ => return None,
        })
    }

    /// One UTF-16 unit, or the two of a letter beyond the first plane.
    fn coded(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first.into());
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        char::decode_utf16([first, self.unit()?]).next()?.ok()
    }

    fn unit(&mut self) -> Option<u16> {
        (0..4).try_fold(0_u16, |unit, _| {
            let digit = u16::try_from(self.next()?.to_digit(16)?).ok()?;
            unit.checked_shl(4).map(|high| high | digit)
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::string::ToString;

    use super::*;

    fn read(json: &str) -> Option<(Option<String>, Option<String>)> {
        strings(json, ["a", "b"]).map(|[a, b]| (a, b))
    }

    #[test]
    fn strings_are_found_and_the_rest_is_passed_over() {
        let json = " {\"x\":[{\"a\":\"no\"},-1.5e3,true,[]] , \"a\" : \"\\u003c\\n\\ud83d\\ude22\\\"ئا\",\"b\":null,\"y\":{}}\n";
        assert_eq!(read(json), Some((Some("<\n\u{1f622}\"ئا".to_string()), None)));
        assert_eq!(read("{}"), Some((None, None)));
    }

    #[test]
    fn what_is_no_such_object_is_refused() {
        let deep = ["{\"x\":", &"[".repeat(70), &"]".repeat(70), "}"].concat();
        for json in [
            "",
            "[]",
            "{",
            "{}}",
            "{\"a\":1}",
            "{\"a\":\"1\",\"a\":\"1\"}",
            "{\"a\":null,\"a\":null}",
            "{\"a\" \"1\"}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":\"\\ud83d\\u0020\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\n\"}",
            "{\"x\":}",
            "{\"x\":[1,]}",
            "{\"a\":\"\"",
            "{\"a\":\"\",}",
            &deep,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    /// Whatever the general reader gives back is read the same.
    #[test]
    fn it_agrees_with_an_independent_reader_on_damaged_documents() {
        const NAMES: [&str; 3] = ["documents", "tip", "id"];
        let whole = include_str!("../tests/data/golden.json");
        let damage = ["", "\\", "\"", "{", "}", "\\u12", "null", ",", "9"];
        for at in (0..whole.len()).step_by(29).filter(|at| whole.is_char_boundary(*at)) {
            for put in damage {
                let json = [whole.get(..at).unwrap(), put, whole.get(at + 1..).unwrap_or_default()].concat();
                let Ok(theirs) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&json) else {
                    continue;
                };
                let theirs = NAMES.map(|name| theirs.get(name).cloned().unwrap_or_default());
                let texts = theirs.iter().all(|value| value.is_string() || value.is_null());
                let ours = strings(&json, NAMES).map(|found| found.map(serde_json::Value::from));
                assert_eq!(ours, texts.then_some(theirs), "{json}");
            }
        }
    }
}
