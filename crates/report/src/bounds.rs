//! How long each part of a `tip.json` may be, so that a tip without files always has the smallest size (T-05).
//!
//! Characters are Unicode scalar values: a limit in bytes would give a Tibetan writer a third of an English one's room.

/// Bytes of the smallest padded tip.
const SMALLEST: usize = 65_536;
/// Bytes of the tar header before `tip.json`.
const TAR_HEADER: usize = 512;
/// Bytes of the two zero blocks that end a tar.
const TAR_END: usize = 1_024;

/// The most bytes a `tip.json` may have.
pub const MAX_TIP_JSON: usize = 64_000;
const _: () = assert!(MAX_TIP_JSON == SMALLEST - TAR_HEADER - TAR_END && MAX_TIP_JSON.is_multiple_of(512));

/// The most bytes a story may have once it is escaped as JSON (see [`escaped_len`]).
pub const MAX_STORY_ESCAPED: usize = 48_000;
/// The most handles of perpetrators.
pub const MAX_HANDLES: usize = 5;
/// The most characters of one handle.
pub const MAX_HANDLE: usize = 120;
/// The most characters of a city.
pub const MAX_CITY: usize = 80;
/// The most rows of relatives.
pub const MAX_RELATIVES: usize = 8;
/// The most files: `files/001` to `files/099`.
pub const MAX_FILES: usize = 99;
/// The most characters of a media type.
pub const MAX_MEDIA_TYPE: usize = 80;
/// The most characters of a file's name.
pub const MAX_NAME: usize = 120;
/// The most characters of a language tag.
pub const MAX_LANG: usize = 20;
/// The earliest and latest year that can be meant.
pub const YEARS: core::ops::RangeInclusive<u16> = 1_900..=2_100;

/// Bytes of `text` between the quotation marks of a JSON string, as this crate, `serde_json` and a browser's
/// `JSON.stringify` write it: two for `"`, `\` and the controls with a short form, six for other controls.
#[must_use]
pub fn escaped_len(text: &str) -> usize {
    text.bytes()
        .map(|b| match b {
            b'"' | b'\\' | 0x08 | 0x09 | 0x0a | 0x0c | 0x0d => 2,
            0x00..=0x1f => 6,
            _ => 1,
        })
        .fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escaped_length_is_what_serde_json_writes() {
        let every: String =
            (0..=0x10_ffff_u32).step_by(7).chain(0..0x300).filter_map(char::from_u32).collect();
        assert_eq!(escaped_len(&every) + 2, serde_json::to_string(&every).unwrap().len());
    }
}
