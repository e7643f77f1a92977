//! BIP-39's word lists in five languages, as data. A program that uses none of them carries none.

use super::WORDS;

/// One list of 2 048 words, one a line, composed (NFC).
pub struct List {
    /// The language, as the page names it.
    pub tag: &'static str,
    text: &'static str,
}

/// All lists. The Chinese two have the same word at the same place.
pub static LISTS: [List; 5] = [
    List { tag: "en", text: include_str!("../../words/en.txt") },
    List { tag: "ja", text: include_str!("../../words/ja.txt") },
    List { tag: "ko", text: include_str!("../../words/ko.txt") },
    List { tag: "zh-Hans", text: include_str!("../../words/zh-Hans.txt") },
    List { tag: "zh-Hant", text: include_str!("../../words/zh-Hant.txt") },
];

impl List {
    /// The list of a language, where there is one.
    #[must_use]
    pub fn of(tag: &str) -> Option<&'static Self> {
        LISTS.iter().find(|list| list.tag == tag)
    }

    /// The word at a place below 2 048.
    #[must_use]
    pub fn word(&self, index: u16) -> Option<&'static str> {
        self.text.lines().nth(index.into())
    }

    /// The place of a word.
    #[must_use]
    pub fn index(&self, word: &str) -> Option<u16> {
        (0..WORDS).zip(self.text.lines()).find(|(_, one)| *one == word).map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bip39::Language;
    use unicode_normalization::UnicodeNormalization;

    /// The independent crate has the lists decomposed (NFKD), as BIP-39 says; a person is shown letters in one piece.
    #[test]
    fn every_word_of_every_list_is_the_independent_crate_s() {
        let theirs = [
            Language::English,
            Language::Japanese,
            Language::Korean,
            Language::SimplifiedChinese,
            Language::TraditionalChinese,
        ];
        for (list, language) in LISTS.iter().zip(theirs) {
            assert_eq!(list.text.lines().count(), usize::from(WORDS));
            for (index, (ours, word)) in (0..).zip(list.text.lines().zip(language.word_list())) {
                assert!(ours.nfkd().eq(word.nfkd()) && ours.nfc().eq(ours.chars()), "{} {ours}", list.tag);
                assert_eq!((list.word(index), list.index(ours)), (Some(ours), Some(index)));
            }
            assert_eq!(list.word(WORDS), None);
        }
    }

    #[test]
    fn a_word_in_two_lists_has_one_place() {
        let mut places = std::collections::HashMap::new();
        for (index, word) in LISTS.iter().flat_map(|list| (0..WORDS).zip(list.text.lines())) {
            assert_eq!(*places.entry(word).or_insert(index), index, "{word}");
        }
        assert!(
            places.len() < LISTS.len() * usize::from(WORDS),
            "Chinese characters that are not simplified"
        );
    }
}
