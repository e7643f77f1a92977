//! The codebook as the page needs it: the codes once, the labels once a language.

use serde_json::{Map, Value, json};
use tipline_envelope::receipt::words::List;
use tipline_report::{bounds, codebook};

/// Lists that are shown label by label in the form.
fn lists() -> impl Iterator<Item = &'static codebook::List> {
    codebook::LISTS.iter().copied().chain([&codebook::COUNTRY])
}

/// Each list's codes: `[code, core, danger, parent]`.
pub(crate) fn codes() -> Value {
    let of = |list: &codebook::List| -> Value {
        list.entries
            .iter()
            .map(|e| json!([e.code, u8::from(e.core), e.danger, e.parent.unwrap_or("")]))
            .collect()
    };
    lists().map(|list| (list.name.to_owned(), of(list))).collect::<Map<_, _>>().into()
}

/// Each list's labels in the order of its codes. A language that has none yet shows the original's.
pub(crate) fn labels(lang: &str) -> Value {
    let of = |list: &codebook::List| list.entries.iter().map(|e| e.label(lang)).collect::<Option<Vec<_>>>();
    let labels = lists().filter_map(|list| Some((list.name.to_owned(), json!(of(list)?))));
    labels.collect::<Map<_, _>>().into()
}

/// The 2 048 words in which a receipt can be shown, where the language has a list: before each the number of letters that it begins with as
/// the one before does, then the rest. Chinese words are one character each, and stand as they are.
pub(crate) fn words(lang: &str) -> Value {
    List::of(lang).map(|list| packed((0..=u16::MAX).map_while(|at| list.word(at)))).into()
}

fn packed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let (mut out, mut before) = (String::new(), "");
    for word in words {
        let shared = word.chars().zip(before.chars()).take_while(|(a, b)| a == b).count().min(9);
        if word.chars().nth(1).is_some() {
            out += &shared.to_string();
        }
        out.extend(word.chars().skip(shared));
        before = word;
    }
    out
}

/// What can be said to have happened to relatives.
pub(crate) fn relative_incidents() -> Value {
    codebook::relative_incidents().map(|e| e.code).collect()
}

/// How long each field may be.
pub(crate) fn limits() -> Value {
    json!({
        "tipJson": bounds::MAX_TIP_JSON, "story": bounds::MAX_STORY_ESCAPED, "handles": bounds::MAX_HANDLES,
        "handle": bounds::MAX_HANDLE, "city": bounds::MAX_CITY, "relatives": bounds::MAX_RELATIVES,
        "files": bounds::MAX_FILES, "mediaType": bounds::MAX_MEDIA_TYPE,
        "oneRequest": tipline_wire::size::Padded::ONE_REQUEST_MAX.bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_by_what_they_begin_with() {
        assert_eq!(packed(["abandon", "ability", "able", "zoo"].into_iter()), "0abandon2ility2le0zoo");
        assert_eq!(packed(["的", "一"].into_iter()), "的一");
        assert!(
            words("ug").is_null()
                && words("en").as_str().is_some_and(|list| list.ends_with("0zebra2ro1one2o"))
        );
    }
}
