//! What a visitor without scripts is told: short pages in every language of the page at once, all of one length, that link to
//! this line only. Nobody asks which language a person reads, so nobody can learn it.

use hyper::body::Bytes;
use tipline_wire::answer::Say;
use tipline_wire::sentences::{Language, Says, Sentence};

use crate::http::answer::{self, Answer};

/// Bytes of such a page are a multiple of this.
const PADDING: usize = 2_048;

/// The answers to a form, made once.
#[derive(Debug)]
pub(super) struct Told {
    pages: Vec<(Say, Bytes)>,
}

impl Told {
    /// Writes all of them in these languages.
    pub(super) fn new(languages: &[Language]) -> Self {
        let pages = Say::ALL.map(|say| (say, html("Welcome", &all_languages(say, languages))));
        let longest = pages.iter().map(|(_, page)| page.len()).max().unwrap_or(0).next_multiple_of(PADDING);
        let pages = pages.map(|(say, page)| (say, padded(page, longest)));
        Self { pages: pages.into() }
    }

    /// What became of the file.
    pub(super) fn answer(&self, say: Say) -> Answer {
        let page = self.pages.iter().find(|(other, _)| *other == say).map(|(_, page)| page.clone());
        answer::told(say, page.unwrap_or_default())
    }
}

/// An empty screen; the browser is asked to forget this line. It leads nowhere: another site would be told of the visit. It
/// is in one language only: the others would tell over somebody's shoulder what this was.
pub(super) fn left() -> Answer {
    answer::left(padded(html("", "<p>You can close this window now.</p>"), PADDING))
}

fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title>{body}"
    )
}

fn padded(html: String, length: usize) -> Bytes {
    let mut html = html.into_bytes();
    html.resize(length.max(html.len()), b' ');
    html.into()
}

/// The original first; where there are others, their names lead to them.
fn all_languages(say: Say, languages: &[Language]) -> String {
    let names: String = languages.iter().map(name).collect();
    let names = if languages.len() > 1 { format!("<nav><p>{names}</p></nav>") } else { String::new() };
    let blocks: String = languages.iter().map(|language| block(say, language)).collect();
    format!("{names}<main>{blocks}</main>")
}

fn name(language: &Language) -> String {
    let (tag, dir, name) = (language.lang.as_str(), language.dir.as_str(), escaped(&language.name));
    format!("<a href=\"#{tag}\" lang=\"{tag}\" dir=\"{dir}\">{name}</a> &nbsp; ")
}

fn block(say: Say, language: &Language) -> String {
    let (tag, dir) = (language.lang.as_str(), language.dir.as_str());
    let (title, sentences) = words(say, &language.says);
    let draft = language.draft.as_ref().map_or(String::new(), |draft| format!("<p>({})</p>", escaped(draft)));
    let text: Vec<String> = sentences.into_iter().map(escaped).collect();
    format!(
        "<div id=\"{tag}\" lang=\"{tag}\" dir=\"{dir}\"><h1>{}</h1>{draft}<p>{}</p><p><a href=\"/\">{}</a></p></div>",
        escaped(title),
        text.join(" "),
        escaped(&language.says.back),
    )
}

/// As text of HTML.
fn escaped(sentence: &Sentence) -> String {
    sentence.as_str().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A title, and what is said beneath it.
fn words(say: Say, says: &Says) -> (&Sentence, Vec<&Sentence>) {
    match say {
        Say::Kept => (&says.kept, vec![&says.earlier_week, &says.close]),
        Say::NotOpenYet => (&says.not_open, vec![&says.not_kept, &says.later]),
        Say::EpochClosed => (&says.old_keys, vec![&says.not_kept, &says.anew]),
        Say::WrongKeys => (&says.other_keys, vec![&says.not_kept, &says.anew]),
        Say::TooLong => (&says.too_large, vec![&says.not_kept, &says.other_way]),
        Say::Full => (&says.full, vec![&says.not_kept, &says.again]),
        Say::TooSlow => (&says.slow, vec![&says.not_kept, &says.again]),
        Say::Broken => (&says.failed, vec![&says.unknown]),
        _ => (&says.no_tip, vec![&says.not_kept, &says.lock_first]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipline_wire::sentences;

    const SENTENCES: &str = include_str!("../../tests/data/form-answers.html");

    fn pages(block: &str) -> Vec<(Say, String)> {
        let told = Told::new(&sentences::read(block).unwrap());
        told.pages.iter().map(|(say, page)| (*say, String::from_utf8(page.to_vec()).unwrap())).collect()
    }

    #[test]
    fn every_page_has_the_same_length_every_language_and_nothing_that_loads() {
        let pages = pages(SENTENCES);
        assert_eq!(pages.len(), Say::ALL.len());
        let length = pages[0].1.len();
        for (say, page) in pages {
            assert_eq!((page.len(), page.len() % PADDING), (length, 0));
            assert!(!page.contains("src=") && !page.contains("http"), "{page}");
            assert!(page.contains("<div id=\"en\" lang=\"en\" dir=\"ltr\"><h1>"), "{page}");
            assert!(page.contains("<div id=\"ug\" lang=\"ug\" dir=\"rtl\"><h1>"), "{page}");
            assert_eq!(page.matches("(قارالما)").count(), 1, "a draft is marked: {page}");
            assert_eq!(page.contains("<h1>It arrived and is kept</h1>"), say == Say::Kept);
            assert_eq!(page.contains("<h1>يېتىپ باردى ۋە ساقلاندى</h1>"), say == Say::Kept);
            let lost = page.contains("It was not kept.");
            assert_eq!(lost, ![Say::Kept, Say::Broken].contains(&say), "{say:?}");
        }
    }

    #[test]
    fn whatever_a_sentence_holds_it_is_text() {
        let hostile = SENTENCES.replace("It arrived", "\\u003cimg src=x>&amp;\\u003c/main> arrived");
        let (_, page) = pages(&hostile).into_iter().find(|(say, _)| *say == Say::Kept).unwrap();
        assert!(
            page.contains("<h1>&lt;img src=x&gt;&amp;amp;&lt;/main&gt; arrived and is kept</h1>"),
            "{page}"
        );
    }
}
