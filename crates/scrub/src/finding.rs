//! What was found in a file and taken out: told to the person, so that they know what their phone writes.

use alloc::string::String;
use core::fmt;

/// The most findings of one file; what is beyond is taken out all the same.
pub const MAX_FINDINGS: usize = 40;
/// The most characters of a value.
pub const MAX_VALUE: usize = 120;

/// What a finding tells about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Where it was taken.
    Position,
    /// With what: maker, model, program, serial number.
    Device,
    /// When.
    Date,
    /// Somebody's name.
    Names,
    /// A small picture, which may show what was cut away.
    Thumbnail,
    /// Words: a comment, a title, keywords.
    Text,
    /// Anything else that isn't the picture.
    Other,
}

impl Kind {
    /// A short, stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Device => "device",
            Self::Date => "date",
            Self::Names => "names",
            Self::Thumbnail => "thumbnail",
            Self::Text => "text",
            Self::Other => "other",
        }
    }
}

/// One thing that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it tells.
    pub kind: Kind,
    /// What it said, at most [`MAX_VALUE`] characters without controls and direction overrides, if it can be shown.
    pub value: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}: {value}", self.kind.code()),
            None => f.write_str(self.kind.code()),
        }
    }
}

impl Finding {
    /// A finding with a value made fit to show; nothing to show is `None`.
    pub(crate) fn new(kind: Kind, value: &str) -> Self {
        let value = value.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        let shown: String =
            value.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).take(MAX_VALUE).collect();
        Self { kind, value: (!shown.is_empty()).then_some(shown) }
    }
}

/// A character that has no shape of its own or reorders others.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_short_and_can_hide_nothing() {
        let finding = Finding::new(Kind::Text, &("a\u{202e}b\n".to_owned() + &"x".repeat(500)));
        let value = finding.value.unwrap();
        assert!(value.starts_with("a\u{fffd}b\u{fffd}x") && value.chars().count() == MAX_VALUE);
        assert_eq!(Finding::new(Kind::Text, " \0\0").value, None);
        assert_eq!(Finding::new(Kind::Device, "A\0").to_string(), "device: A");
    }
}
