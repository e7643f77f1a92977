//! The codebook: every code a tip can carry, with its labels. Codes are permanent; labels may change.
//!
//! The tables are made from `codebook.json` and `countries.json` when the crate is built. Labels other than English
//! are drafts. The notes in `codebook.json` say how each list is meant.

use core::fmt;

/// One code with its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What stands in a tip; never renamed, never given another meaning.
    pub code: &'static str,
    /// The English label.
    pub en: &'static str,
    /// The label in simplified Chinese, a draft.
    pub zh_hans: &'static str,
    /// The label in traditional Chinese, a draft.
    pub zh_hant: &'static str,
    /// The Japanese label, a draft.
    pub ja: &'static str,
    /// Whether it stands in the short form.
    pub core: bool,
    /// 0 harmless, 1 narrows who it can be, 2 can identify the person to whoever did it, 3 identifies directly.
    pub danger: u8,
    /// The code of the same list that this one is a part of.
    pub parent: Option<&'static str>,
    /// What other organisations' lists call it: (list, name).
    pub map: &'static [(&'static str, &'static str)],
}

impl Entry {
    /// The label in a language of the page (`en`, `ja`, `zh-Hans`, `zh-Hant`); `None` where people have yet to write it.
    #[must_use]
    pub fn label(&self, lang: &str) -> Option<&'static str> {
        match lang {
            "en" => Some(self.en),
            "ja" => Some(self.ja),
            "zh-Hans" => Some(self.zh_hans),
            "zh-Hant" => Some(self.zh_hant),
            _ => None,
        }
    }
}

/// A code that was given up before the first release. It is never used again with another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The code that is no longer used.
    pub code: &'static str,
    /// What is ticked instead.
    pub now: &'static [&'static str],
}

/// A list of codes in the order shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct List {
    /// The list's name in the codebook.
    pub name: &'static str,
    /// Its codes.
    pub entries: &'static [Entry],
    /// Its retired codes.
    pub retired: &'static [Retired],
}

impl List {
    /// The entry of `code`.
    #[must_use]
    pub fn entry(&self, code: &str) -> Option<&'static Entry> {
        self.entries.iter().find(|e| e.code == code)
    }

    /// Whether a maker may write `code`.
    #[must_use]
    pub fn knows(&self, code: &str) -> bool {
        self.entry(code).is_some()
    }

    /// The entries without a parent: Japan's regions without their prefectures.
    pub fn top(&self) -> impl Iterator<Item = &'static Entry> {
        self.entries.iter().filter(|e| e.parent.is_none())
    }

    /// The entries that are part of `parent`.
    pub fn parts_of(&self, parent: &str) -> impl Iterator<Item = &'static Entry> {
        self.entries.iter().filter(move |e| e.parent == Some(parent))
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({}, {} codes)", self.name, self.entries.len())
    }
}

/// The list named `name`: one of [`LISTS`], or `country`.
#[must_use]
pub fn list(name: &str) -> Option<&'static List> {
    LISTS.iter().copied().chain([&COUNTRY]).find(|l| l.name == name)
}

/// The regions that are asked for in `country`: China's and Japan's only.
#[must_use]
pub fn regions(country: &str) -> Option<&'static List> {
    match country {
        "CN" => Some(&REGION_CN),
        "JP" => Some(&REGION_JP),
        _ => None,
    }
}

/// What can be said to have happened to relatives: a part of [`INCIDENT`].
pub fn relative_incidents() -> impl Iterator<Item = &'static Entry> {
    INCIDENT.entries.iter().filter(|e| {
        e.code.starts_with("relative_")
            || matches!(e.code, "contact_cut" | "forced_biometrics" | "money_blocked_to_family")
    })
}

include!(concat!(env!("OUT_DIR"), "/codebook.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stand_in_the_order_of_the_file() {
        let names: Vec<&str> = LISTS.iter().map(|l| l.name).collect();
        assert_eq!(names.first(), Some(&"teller"));
        assert_eq!(names.get(1), Some(&"incident"));
        assert_eq!(names.last(), Some(&"region_jp"));
        assert_eq!(names.len(), 19);
    }

    #[test]
    fn every_code_stands_once_in_its_list_and_every_parent_exists() {
        for list in LISTS.iter().copied().chain([&COUNTRY]) {
            for (at, e) in list.entries.iter().enumerate() {
                assert!(
                    list.entries.iter().skip(at + 1).all(|o| o.code != e.code),
                    "{}.{}",
                    list.name,
                    e.code
                );
                assert!(
                    !e.en.is_empty() && !e.ja.is_empty() && !e.zh_hans.is_empty() && !e.zh_hant.is_empty()
                );
                assert!(e.danger <= 3);
                assert!(e.parent.is_none_or(|p| list.knows(p)));
            }
        }
    }

    #[test]
    fn hong_kong_macao_and_taiwan_are_places_of_their_own() {
        for (code, en) in
            [("HK", "Hong Kong"), ("MO", "Macao"), ("TW", "Taiwan"), ("CN", "China"), ("JP", "Japan")]
        {
            assert_eq!(COUNTRY.entry(code).map(|e| e.en), Some(en));
        }
        assert_eq!(COUNTRY.entries.len(), 250);
        let long = |t: &str| t.contains("SAR") || t.contains("特別行政") || t.contains("特别行政");
        assert!(
            COUNTRY
                .entries
                .iter()
                .all(|e| !long(e.en) && !long(e.zh_hans) && !long(e.zh_hant) && !long(e.ja))
        );
    }

    #[test]
    fn relatives_have_their_own_incidents() {
        let codes: Vec<&str> = relative_incidents().map(|e| e.code).collect();
        assert!(codes.contains(&"relative_visit") && codes.contains(&"contact_cut"));
        assert!(!codes.contains(&"assault"));
        assert_eq!(codes.len(), 11);
    }

    #[test]
    fn prefectures_are_parts_of_their_region() {
        assert_eq!(REGION_JP.top().count(), 8);
        assert_eq!(REGION_JP.parts_of("shikoku").count(), 4);
        assert_eq!(REGION_JP.entries.len(), 8 + 47);
    }
}
