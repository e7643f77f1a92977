//! Quiet notes about what could point to a person, in a line that was just written. Nothing is blocked, nothing is sent.

/// Where digits of other scripts begin: full-width, Arabic, Persian, Tibetan, Mongolian.
const ZEROS: [char; 5] = ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{f20}', '\u{1810}'];
/// How many digits in a row are a long number.
const LONG: usize = 7;

/// A kind of telling detail: its message, and where one that begins here ends.
type Check = (&'static str, fn(&[char], usize) -> Option<usize>);

/// In this order: what one check has explained, the next ones no longer see.
const CHECKS: [Check; 5] = [
    ("note-email", email),
    ("note-link", link),
    ("note-id", id),
    ("note-date", date),
    ("note-digits", digits),
];

/// The messages for a line.
#[must_use]
pub fn notes(line: &str) -> Vec<&'static str> {
    let mut rest: Vec<char> = plain(line).chars().collect();
    let mut found = Vec::new();
    for (key, check) in CHECKS {
        let (left, is_there) = without(&rest, check);
        rest = left;
        if is_there {
            found.push(key);
        }
    }
    found
}

/// Digits of every script as digits, full-width letters as letters.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(plain_char).collect()
}

fn plain_char(c: char) -> char {
    let digit = |zero: char| {
        let value = u32::from(c).checked_sub(u32::from(zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    };
    let full_width = || {
        let ascii = u32::from(c).checked_sub(0xff01).filter(|at| *at < 0x5e)?.checked_add(0x21)?;
        char::from_u32(ascii)
    };
    ZEROS.into_iter().find_map(digit).or_else(full_width).unwrap_or(if c == '\u{3000}' { ' ' } else { c })
}

fn without(text: &[char], check: fn(&[char], usize) -> Option<usize>) -> (Vec<char>, bool) {
    let (mut left, mut at, mut found) = (Vec::new(), 0, false);
    while let Some(c) = text.get(at) {
        match check(text, at).filter(|end| *end > at) {
            Some(end) => {
                left.extend([' ', '…', ' ']);
                (at, found) = (end, true);
            }
            None => {
                left.push(*c);
                at = at.saturating_add(1);
            }
        }
    }
    (left, found)
}

fn at(text: &[char], place: usize) -> char {
    text.get(place).copied().unwrap_or(' ')
}

fn before(text: &[char], place: usize) -> char {
    place.checked_sub(1).map_or(' ', |place| at(text, place))
}

/// The end of the run of characters from here that fit, at most `most` of them.
fn run(text: &[char], from: usize, most: usize, fits: impl Fn(char) -> bool) -> usize {
    let fitting = text.iter().skip(from).take(most).take_while(|c| fits(**c)).count();
    from.saturating_add(fitting)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The end of a number of so many digits.
fn number(text: &[char], from: usize, lengths: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let end = run(text, from, lengths.end().saturating_add(1), is_digit);
    lengths.contains(&end.saturating_sub(from)).then_some(end)
}

fn one_of(text: &[char], place: usize, these: &str) -> Option<usize> {
    these.contains(at(text, place)).then(|| place.saturating_add(1)).filter(|_| place < text.len())
}

fn spaces(text: &[char], from: usize) -> usize {
    run(text, from, 2, |c| c == ' ')
}

fn email(text: &[char], from: usize) -> Option<usize> {
    if !before(text, from).is_whitespace() {
        return None;
    }
    let end = run(text, from, 300, |c| !c.is_whitespace());
    let word: String = text.get(from..end)?.iter().collect();
    let (name, host) = word.split_once('@')?;
    let (_, last) = host.rsplit_once('.')?;
    (!name.is_empty() && last.chars().count() >= 2).then_some(end)
}

fn link(text: &[char], from: usize) -> Option<usize> {
    let end = run(text, from, 2_000, |c| !c.is_whitespace());
    let word: String = text.get(from..end)?.iter().take(9).collect::<String>().to_ascii_lowercase();
    let begins = ["http://", "https://"].iter().any(|start| word.starts_with(start));
    (begins || word.starts_with("www.") && !before(text, from).is_alphanumeric()).then_some(end)
}

/// Eighteen digits, the last perhaps an X; or one or two letters and seven or eight digits.
fn id(text: &[char], from: usize) -> Option<usize> {
    if before(text, from).is_ascii_alphanumeric() {
        return None;
    }
    let letters = run(text, from, 3, |c| c.is_ascii_alphabetic());
    let end = match letters.saturating_sub(from) {
        0 => {
            let end = run(text, from, 19, is_digit);
            let has_x = end.saturating_sub(from) == 17 && "xX".contains(at(text, end));
            let end = if has_x { end.saturating_add(1) } else { end };
            (end.saturating_sub(from) == 18).then_some(end)?
        }
        1 | 2 => number(text, letters, 7..=8)?,
        _ => return None,
    };
    (!at(text, end).is_ascii_alphanumeric()).then_some(end)
}

fn date(text: &[char], from: usize) -> Option<usize> {
    if is_digit(before(text, from)) {
        return None;
    }
    year_first(text, from).or_else(|| year_last(text, from)).or_else(|| month_and_day(text, from))
}

fn year_first(text: &[char], from: usize) -> Option<usize> {
    let year = one_of(text, number(text, from, 4..=4)?, "-./年")?;
    let month = one_of(text, number(text, spaces(text, year), 1..=2)?, "-./月")?;
    number(text, spaces(text, month), 1..=2)
}

fn year_last(text: &[char], from: usize) -> Option<usize> {
    let day = one_of(text, number(text, from, 1..=2)?, "-./")?;
    let month = one_of(text, number(text, day, 1..=2)?, "-./")?;
    number(text, month, 4..=4).or_else(|| number(text, month, 2..=2))
}

fn month_and_day(text: &[char], from: usize) -> Option<usize> {
    let month = one_of(text, spaces(text, number(text, from, 1..=2)?), "月")?;
    let day = number(text, spaces(text, month), 1..=2)?;
    one_of(text, spaces(text, day), "日号號")
}

/// Digits with at most one separator between them.
fn digits(text: &[char], from: usize) -> Option<usize> {
    let (mut end, mut place, mut count) = (from, from, 0_usize);
    while is_digit(at(text, place)) {
        count = count.saturating_add(1);
        end = place.saturating_add(1);
        let gap = usize::from(" ().-".contains(at(text, end)) && end < text.len());
        place = end.saturating_add(gap);
    }
    (count >= LONG).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_point_to_a_person_is_noticed_and_named_once() {
        for (line, expected) in [
            ("they called from +86 139 1234 5678 again", &["note-digits"][..]),
            ("༡༣༩༡༢༣༤༥༦༧༨", &["note-digits"]),
            ("write to a.b@example.org please", &["note-email"]),
            ("it was on https://example.org/a/b?c", &["note-link"]),
            ("see www.example.org", &["note-link"]),
            ("my card is 11010519491231002X", &["note-id"]),
            ("passport E12345678", &["note-id"]),
            ("on 2026-11-03 at noon", &["note-date"]),
            ("2026年11月3日に", &["note-date"]),
            ("11月3日", &["note-date"]),
            ("on 3.11.2026", &["note-date"]),
            ("１１月３日", &["note-date"]),
            ("2026-11-03 and 0301234567", &["note-date", "note-digits"]),
            ("they came to my parents twice in 2026", &[]),
            ("E1234567890123", &["note-digits"]),
            ("", &[]),
            ("@ . 月日", &[]),
        ] {
            assert_eq!(notes(line), expected, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_breaks_it(line in ".{0,200}") {
            let _ = notes(&line);
        }
    }
}
