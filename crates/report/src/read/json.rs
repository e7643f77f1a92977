//! JSON one level at a time: each value stays raw text until somebody asks for it by type.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Leftover, MAX_LEFTOVERS, Why};
use crate::visible;

/// Collects what doesn't fit.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) leftovers: Vec<Leftover>,
    pub(super) count: usize,
}

impl Reader {
    fn keep(&mut self, path: &str, why: Why, raw: &RawValue) {
        self.count = self.count.saturating_add(1);
        if self.count <= MAX_LEFTOVERS {
            let raw = visible::prose(raw.get());
            self.leftovers.push(Leftover { path: visible::line(path), why, raw });
        }
    }

    fn typed<'a, T: Deserialize<'a>>(
        &mut self,
        path: &str,
        raw: &'a RawValue,
        what: &'static str,
    ) -> Option<T> {
        let value: Option<T> = serde_json::from_str(raw.get()).ok();
        if value.is_none() {
            self.keep(path, Why::WrongType(what), raw);
        }
        value
    }
}

/// A JSON object whose keys are known and stand once; the others were kept as leftovers.
pub(super) struct Object<'a> {
    path: String,
    fields: Vec<(&'static str, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Opens `raw`; what is no object, or no key of `keys`, is kept by the reader. `path` is empty for the whole.
    pub(super) fn open(r: &mut Reader, path: &str, raw: &'a RawValue, keys: &[&'static str]) -> Self {
        let mut object = Self { path: path.to_string(), fields: Vec::new() };
        let pairs = r.typed::<Pairs<'a>>(path, raw, "an object").map(|p| p.0).unwrap_or_default();
        for (key, value) in pairs {
            match keys.iter().find(|k| **k == key) {
                None => r.keep(&object.path_of(&key), Why::UnknownKey, value),
                Some(k) if object.fields.iter().any(|(seen, _)| seen == k) => {
                    r.keep(&object.path_of(k), Why::Again, value);
                }
                Some(k) => object.fields.push((k, value)),
            }
        }
        object
    }

    pub(super) fn text(&mut self, r: &mut Reader, key: &'static str) -> Option<String> {
        let raw = self.take(key)?;
        r.typed(&self.path_of(key), raw, "text")
    }

    pub(super) fn number<T: Deserialize<'a>>(
        &mut self,
        r: &mut Reader,
        key: &'static str,
        what: &'static str,
    ) -> Option<T> {
        let raw = self.take(key)?;
        r.typed(&self.path_of(key), raw, what)
    }

    pub(super) fn texts(&mut self, r: &mut Reader, key: &'static str) -> Vec<String> {
        self.items(r, key).into_iter().filter_map(|(path, raw)| r.typed(&path, raw, "text")).collect()
    }

    pub(super) fn object<T>(
        &mut self,
        r: &mut Reader,
        key: &'static str,
        read: fn(&mut Reader, &str, &RawValue) -> T,
    ) -> Option<T> {
        let raw = self.take(key)?;
        object_at(r, &self.path_of(key), raw, read)
    }

    /// What is no object leaves an empty one, so that the others keep their place: file 2 stays `files/002`.
    pub(super) fn objects<T: Default>(
        &mut self,
        r: &mut Reader,
        key: &'static str,
        read: fn(&mut Reader, &str, &RawValue) -> T,
    ) -> Vec<T> {
        let items = self.items(r, key).into_iter();
        items.map(|(path, raw)| object_at(r, &path, raw, read).unwrap_or_default()).collect()
    }

    fn items(&mut self, r: &mut Reader, key: &'static str) -> Vec<(String, &'a RawValue)> {
        let Some(raw) = self.take(key) else { return Vec::new() };
        let path = self.path_of(key);
        let items: Vec<&RawValue> = r.typed(&path, raw, "a list").unwrap_or_default();
        items.into_iter().enumerate().map(|(at, raw)| (format!("{path}[{at}]"), raw)).collect()
    }

    /// The value of `key`; `null` is as good as none.
    fn take(&mut self, key: &str) -> Option<&'a RawValue> {
        let (_, raw) = self.fields.iter().find(|(k, _)| *k == key)?;
        (raw.get() != "null").then_some(*raw)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }
}

fn object_at<T>(
    r: &mut Reader,
    path: &str,
    raw: &RawValue,
    read: fn(&mut Reader, &str, &RawValue) -> T,
) -> Option<T> {
    if raw.get().starts_with('{') {
        return Some(read(r, path, raw));
    }
    r.keep(path, Why::WrongType("an object"), raw);
    None
}

/// The pairs of an object in order, doubles included.
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Each)
    }
}

/// JSON text whose escaped halves of surrogate pairs are replaced by U+FFFD; `None` when there are none. A browser
/// writes such a half when an emoji was cut in two, and a whole tip would not parse for it.
pub(super) fn mend(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut mended = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let len = match unit(after) {
            Some(0xd800..=0xdbff) if is_low(after) => 11,
            Some(0xd800..=0xdfff) => 0,
            Some(_) => 5,
            None => after.chars().next().map_or(0, char::len_utf8),
        };
        let (escape, tail) = after.split_at_checked(if len == 0 { 5 } else { len }).unwrap_or((after, ""));
        out.push('\\');
        out.push_str(if len == 0 && !escape.is_empty() { "ufffd" } else { escape });
        mended |= len == 0 && !escape.is_empty();
        rest = tail;
    }
    out.push_str(rest);
    mended.then_some(out)
}

/// The UTF-16 unit of an escape that begins after its backslash: `u` and four hex digits.
fn unit(after: &str) -> Option<u32> {
    let digits = after.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn is_low(after: &str) -> bool {
    let next = after.get(5..).and_then(|tail| tail.strip_prefix('\\'));
    matches!(next.and_then(unit), Some(0xdc00..=0xdfff))
}
