//! What the organisation says of itself in its site document, in the person's language or the nearest that it has: the same
//! choice as on the page (`site.js`).

use tipline_core::documents::Line;
use tipline_wire::site::{Site, Texts};

use crate::language::{self, Language};

/// Who reads one Chinese script reads the other before English.
const NEAREST: [(&str, &str); 2] = [("zh-Hans", "zh-Hant"), ("zh-Hant", "zh-Hans")];
const ORIGINAL: &str = "en";

/// Whose letterbox it is, as far as they have said it.
#[derive(Debug, Clone, Default)]
pub struct Organisation(Option<Site>);

impl Organisation {
    /// Of a line whose documents were checked.
    #[must_use]
    pub fn of(line: &Line) -> Self {
        Self(line.site.as_deref().and_then(|text| Site::parse(text).ok()))
    }

    /// The languages that they read, each by its own name where that is known; empty where they don't say.
    #[must_use]
    pub fn languages(&self) -> String {
        let tags = self.0.iter().flat_map(|site| &site.languages);
        let name = |tag: &String| {
            language::name(tag).map_or_else(|| tipline_report::visible::line(tag), str::to_owned)
        };
        tags.map(name).collect::<Vec<_>>().join(", ")
    }

    /// Days between two readings, where they say it.
    #[must_use]
    pub fn rhythm(&self) -> Option<u16> {
        self.0.as_ref().map(|site| site.rhythm_days)
    }

    /// One of their texts as a harmless line; `None` where they wrote none.
    #[must_use]
    pub fn words(&self, language: &Language, text: impl Fn(&Texts) -> Option<&String>) -> Option<String> {
        let texts = &self.0.as_ref()?.texts;
        let written = |tag: &str| texts.get(tag).and_then(&text).filter(|text| !text.is_empty());
        let near = NEAREST.iter().find(|(tag, _)| *tag == language.tag).map(|(_, near)| *near);
        let wanted = [Some(language.tag), near, Some(ORIGINAL)].into_iter().flatten();
        let any = texts.keys().map(String::as_str);
        wanted.chain(any).find_map(written).map(|text| tipline_report::visible::line(text))
    }
}
