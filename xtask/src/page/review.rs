//! Who has read a language: `locales/XX.review`, a line for each person and message, `PSEUDONYM KEY DIGEST`.
//!
//! The digest is of the original and of the translation: when either changes, what was said about it counts no more.
//! `cargo xtask page review XX` prints what is still to read, with the digests.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::run::Result;

/// So many people must have read a safety message before a release carries its language.
pub(crate) const ENOUGH: usize = 2;
/// Bytes of SHA-256 in a digest: it tells a changed text, it keeps nobody from lying in his own file.
const DIGEST: usize = 8;

/// All reviews of one language.
#[derive(Debug)]
pub(crate) struct Reviews {
    tag: String,
    lines: BTreeSet<(String, String, String)>,
}

impl Reviews {
    /// Reads the file. Empty lines and those that begin with `#` say nothing.
    pub(crate) fn parse(tag: &str, text: &str) -> Result<Self> {
        let mut lines = BTreeSet::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let [person, key, digest] = words.as_slice() else {
                return Err(format!("{tag}.review: not PSEUDONYM KEY DIGEST: {line}").into());
            };
            let pseudonym = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if person.is_empty() || !person.chars().all(pseudonym) {
                return Err(format!(
                    "{tag}.review: a pseudonym is small letters, digits and hyphens: {person}"
                )
                .into());
            }
            lines.insert(((*person).to_owned(), (*key).to_owned(), (*digest).to_owned()));
        }
        Ok(Self { tag: tag.to_owned(), lines })
    }

    /// Refuses a review of a message that does not exist.
    pub(crate) fn check(&self, exists: impl Fn(&str) -> bool) -> Result<()> {
        match self.lines.iter().find(|(_, key, _)| !exists(key)) {
            Some((person, key, _)) => {
                Err(format!("{}.review: {person} read {key}, which does not exist", self.tag).into())
            }
            None => Ok(()),
        }
    }

    /// How many people have read the message as it is now.
    pub(crate) fn reviewers(&self, key: &str, digest: &str) -> usize {
        let of_it = self.lines.iter().filter(|(_, about, as_it_was)| about == key && as_it_was == digest);
        of_it.map(|(person, ..)| person).collect::<BTreeSet<_>>().len()
    }
}

/// What a review names: the first bytes of SHA-256 of both texts, in hex.
pub(crate) fn digest(original: &Value, translation: &Value) -> String {
    let hash = Sha256::digest(format!("{original}\0{translation}"));
    hash.iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_known_messages_count() {
        let reviews =
            Reviews::parse("ug", "# who, what, as it was\n\nhana a 00\nkaede a 00\nkaede a 01\n").unwrap();
        assert_eq!(
            (reviews.reviewers("a", "00"), reviews.reviewers("a", "01"), reviews.reviewers("b", "00")),
            (2, 1, 0)
        );
        assert!(reviews.check(|key| key == "a").is_ok() && reviews.check(|_| false).is_err());
        assert!(Reviews::parse("ug", "hana a\n").is_err());
        assert!(Reviews::parse("ug", "Hana Real-Name a 00\n").is_err());
        assert!(Reviews::parse("ug", "HANA a 00\n").is_err());
    }
}
