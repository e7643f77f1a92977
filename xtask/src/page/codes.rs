//! The codebook as the page needs it: the codes once, the labels once a language.

use serde_json::{Map, Value, json};
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
