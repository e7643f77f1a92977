//! A receipt as a person types it: digits of several scripts, with or without leading zeros and gaps; or words.

use alloc::string::String;

use zeroize::Zeroizing;

use super::words::LISTS;
use super::{COUNT, Numbers, Receipt, Slip, checksum, joined};

/// The zeros of the scripts whose keyboards have digits of their own: ASCII, full width, Arabic, Persian, Tibetan,
/// Mongolian. The other nine follow each.
const ZEROS: [char; 6] = ['0', '０', '٠', '۰', '༠', '᠐'];
/// Digits of a number.
const DIGITS: usize = 4;

/// Takes numbers where there is a digit, words otherwise.
pub(super) fn read(text: &str) -> Result<Receipt, Slip> {
    let text = plain(text);
    let tokens = text.split(|letter: char| !letter.is_alphanumeric()).filter(|token| !token.is_empty());
    match text.bytes().any(|byte| byte.is_ascii_digit()) {
        true => Receipt::from_numbers(&*values(twelve(tokens.flat_map(fours))?, number, |place| {
            Slip::Number { place }
        })?),
        false => from_words(&*values(twelve(tokens)?, word, |place| Slip::Word { place })?),
    }
}

/// Digits of every script as ASCII, small letters, letters in one piece where a system gave them in two, and a gap after
/// each Chinese character: nobody writes one. The room is enough for all, so that no copy is left behind.
fn plain(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len().saturating_mul(2)));
    for letter in text.chars().map(|letter| digit(letter).unwrap_or(letter.to_ascii_lowercase())) {
        let together = out.chars().next_back().and_then(|last| compose(last, letter));
        if together.is_some() {
            out.pop();
        }
        out.push(together.unwrap_or(letter));
        if matches!(letter, '\u{3400}'..='\u{9fff}') {
            out.push(' ');
        }
    }
    out
}

fn digit(letter: char) -> Option<char> {
    let value = |zero: &char| u32::from(letter).checked_sub((*zero).into()).filter(|value| *value < 10);
    char::from_digit(ZEROS.iter().find_map(value)?, 10)
}

/// Kana with its mark, or Hangul with its vowel or its end, as one letter.
fn compose(last: char, mark: char) -> Option<char> {
    let (last, mark) = (u32::from(last), u32::from(mark));
    let one = match (last, mark) {
        (0x3041..=0x3096, 0x3099) => last.checked_add(1),
        (0x3041..=0x3096, 0x309a) => last.checked_add(2),
        (0x1100..=0x1112, 0x1161..=0x1175) => {
            let vowel = last.checked_sub(0x1100)?.checked_mul(21)?.checked_add(mark)?.checked_sub(0x1161)?;
            vowel.checked_mul(28)?.checked_add(0xac00)
        }
        (0xac00..=0xd7a3, 0x11a8..=0x11c2) => last.checked_add(mark)?.checked_sub(0x11a7),
        _ => None,
    };
    char::from_u32(one?)
}

/// Numbers written without gaps, in fours; everything else as it is.
fn fours(token: &str) -> impl Iterator<Item = &str> {
    let every = if token.len().is_multiple_of(DIGITS) { DIGITS } else { token.len() };
    let (pieces, whole) = match token.is_ascii() {
        true => (token.as_bytes().chunks(every), None),
        false => (b"".chunks(DIGITS), Some(token)),
    };
    pieces.filter_map(|piece| core::str::from_utf8(piece).ok()).chain(whole)
}

/// How many there are comes first: with one left out, every later place would be wrong.
fn twelve<'a>(tokens: impl Iterator<Item = &'a str>) -> Result<[&'a str; COUNT], Slip> {
    let (mut twelve, mut count) = ([""; COUNT], 0_usize);
    for token in tokens {
        if let Some(place) = twelve.get_mut(count) {
            *place = token;
        }
        count = count.saturating_add(1);
    }
    if count == COUNT { Ok(twelve) } else { Err(Slip::Count(count)) }
}

fn values(
    tokens: [&str; COUNT],
    value: fn(&str) -> Option<u16>,
    slip: fn(usize) -> Slip,
) -> Result<Numbers, Slip> {
    let mut values = Zeroizing::new([0; COUNT]);
    for (place, (token, number)) in (1..).zip(tokens.into_iter().zip(values.iter_mut())) {
        *number = value(token).ok_or_else(|| slip(place))?;
    }
    Ok(values)
}

fn number(token: &str) -> Option<u16> {
    let sound = token.len() <= DIGITS && token.bytes().all(|byte| byte.is_ascii_digit());
    token.parse().ok().filter(|_| sound)
}

fn word(token: &str) -> Option<u16> {
    LISTS.iter().find_map(|list| list.index(token))
}

fn from_words(indexes: &[u16; COUNT]) -> Result<Receipt, Slip> {
    let bits = joined(indexes);
    match indexes.last().map(|last| last & 0xf) == Some(checksum(bits)) {
        true => Ok(Receipt::of(bits)),
        false => Err(Slip::Wrong),
    }
}
