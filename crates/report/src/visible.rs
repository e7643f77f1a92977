//! What a hostile text can't hide: characters without a shape of their own, or that reorder others, shown by number.
//!
//! Such a character becomes `⟦U+202E⟧`. `⟦` itself is shown the same way, so that nobody can write our mark. Joiners
//! (U+200C, U+200D) and the Mongolian vowel separator stay: scripts of our sources need them.

use alloc::string::String;
use core::fmt::Write as _;

/// One line: line breaks, tabs and direction marks are shown by number too.
#[must_use]
pub fn line(text: &str) -> String {
    marked(text, |c| hides(c) || is_direction_mark(c))
}

/// Text of several lines: keeps `\n`, takes `\r\n` as one, keeps tabs, and the direction marks (U+200E, U+200F,
/// U+061C) that right-to-left keyboards put in.
#[must_use]
pub fn prose(text: &str) -> String {
    marked(&text.replace("\r\n", "\n"), |c| hides(c) && !matches!(c, '\n' | '\t'))
}

/// Bytes that may not be UTF-8: what isn't becomes `⟦byte FF⟧`, the rest is [`prose`].
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    for part in bytes.utf8_chunks() {
        out.push_str(&prose(part.valid()));
        for byte in part.invalid() {
            let _ = write!(out, "⟦byte {byte:02X}⟧");
        }
    }
    out
}

/// Columns that every terminal and every sheet of paper has.
pub const COLUMNS: usize = 80;

/// Cuts one visible line into pieces of at most `columns` columns, after a space or an East Asian character where one
/// stands in the second half. Joined they are the line again. A terminal would break a longer line by itself, and what it
/// puts at the left edge then could look like a line of ours.
pub fn folded(line: &str, columns: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    core::iter::from_fn(move || {
        let (piece, left) = first_piece(rest.take()?, columns);
        rest = (!left.is_empty()).then_some(left);
        Some(piece)
    })
}

fn first_piece(line: &str, columns: usize) -> (&str, &str) {
    let (mut used, mut space) = (0_usize, None);
    for (at, c) in line.char_indices() {
        used = used.saturating_add(width(c));
        if used > columns && at > 0 {
            return line.split_at_checked(space.unwrap_or(at)).unwrap_or((line, ""));
        }
        if used > columns / 2 && breaks_after(c) {
            space = at.checked_add(c.len_utf8());
        }
    }
    (line, "")
}

/// The most columns that a terminal gives a character. Hebrew to Tibetan is never wide; what else is not ASCII may be.
fn width(c: char) -> usize {
    match c {
        '\t' => 8,
        ' '..='~' | '\u{590}'..='\u{10ff}' => 1,
        _ => 2,
    }
}

/// Spaces, Tibetan syllable marks, and the scripts that are written without spaces.
fn breaks_after(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{f0b}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff65}')
}

fn marked(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            let _ = write!(out, "⟦U+{:04X}⟧", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '⟦'
            | '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers and soft hyphen
            | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' // of no width
            | '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' // embeddings, overrides, isolates
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' // tags
        )
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_and_controls_become_visible() {
        assert_eq!(line("photo\u{202e}gpj.exe"), "photo⟦U+202E⟧gpj.exe");
        assert_eq!(line("a\nb\u{7}\u{200f}"), "a⟦U+000A⟧b⟦U+0007⟧⟦U+200F⟧");
        assert_eq!(prose("a\r\nb\tc\u{2028}d\u{85}\r"), "a\nb\tc⟦U+2028⟧d⟦U+0085⟧⟦U+000D⟧");
        assert_eq!(bytes(b"ok \xff\xc3"), "ok ⟦byte FF⟧⟦byte C3⟧");
    }

    #[test]
    fn our_mark_cannot_be_written_by_others() {
        assert_eq!(line("⟦U+202E⟧"), "⟦U+27E6⟧U+202E⟧");
    }

    #[test]
    fn a_folded_line_loses_nothing_and_fits() {
        let words = "and then they called my mother again ".repeat(9);
        for line in [
            "",
            "short",
            &words,
            &"x".repeat(500),
            &"漢字".repeat(99),
            &"བོད་སྐད་".repeat(60),
            &"\t".repeat(40),
        ] {
            let pieces: Vec<&str> = folded(line, 20).collect();
            assert_eq!(pieces.concat(), line);
            assert!(pieces.iter().all(|piece| piece.chars().map(width).sum::<usize>() <= 20), "{pieces:?}");
        }
        assert!(folded(&words, 20).all(|piece| piece.ends_with(' ')), "whole words");
        assert_eq!(folded("漢", 1).collect::<Vec<_>>(), ["漢"], "it ends, however narrow");
    }

    #[test]
    fn scripts_of_our_sources_stay_as_they_are() {
        for text in
            ["ئۇيغۇرچە تېكىست", "བོད་སྐད།", "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠠ", "می\u{200c}خواهم", "👩\u{200d}🏫", "漢字かな"]
        {
            assert_eq!(line(text), text);
            assert_eq!(prose(text), text);
        }
    }
}
