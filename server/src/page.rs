//! The page: a released template with one block of JSON that this server fills in, made ready once and the same for all.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tipline_wire::sentences::{self, Language, SentencesError};
pub use tipline_wire::site::PLACEHOLDER;
use tipline_wire::site::UNFILLED;

use crate::documents::InForce;
use crate::http::answer::{self, Answer, Coding};

const POLICY_START: &str = r#"<meta http-equiv="Content-Security-Policy" content=""#;
/// Has no effect in a meta element, so only the header says it.
const ONLY_IN_HEADER: &str = "frame-ancestors 'none'";

/// Why a template can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The block is missing, or there twice.
    #[error("the page must hold the line {PLACEHOLDER} exactly once: use the released page.html")]
    Block,
    /// It was never built.
    #[error(
        "the page still holds {UNFILLED}, so it is its source: use the released page.html, which \
         `cargo xtask page` builds"
    )]
    Unfilled,
    /// No policy, two, or one that can't be a header.
    #[error("the page must hold one Content-Security-Policy in a meta element: use the released page.html")]
    Policy,
    /// No sentences for a form's sender.
    #[error("the page says nothing to who sends a form ({0}): use the released page.html")]
    Sentences(#[from] SentencesError),
    /// Compressing failed.
    #[error("the page could not be compressed: {0}")]
    Gzip(io::ErrorKind),
}

/// A template that was checked.
#[derive(Debug, Clone)]
pub struct Template {
    before: String,
    after: String,
    policy: HeaderValue,
    sentences: Vec<Language>,
    digest: [u8; 32],
}

/// The filled page in both codings.
#[derive(Debug, Clone)]
pub struct Page {
    plain: Bytes,
    gzip: Bytes,
    policy: HeaderValue,
}

/// The block's content; all keys always there.
#[derive(Serialize)]
struct Documents<'a> {
    site: Option<&'a str>,
    site_signature: Option<&'a str>,
    intake: Option<&'a str>,
    intake_signature: Option<&'a str>,
}

impl Template {
    /// Checks a template.
    ///
    /// # Errors
    /// See [`PageError`].
    pub fn parse(html: &str) -> Result<Self, PageError> {
        if html.contains(UNFILLED) {
            return Err(PageError::Unfilled);
        }
        let (before, after) = only_split(html, PLACEHOLDER).ok_or(PageError::Block)?;
        let (_, rest) = only_split(html, POLICY_START).ok_or(PageError::Policy)?;
        let (policy, _) = rest.split_once('"').ok_or(PageError::Policy)?;
        let policy = format!("{}; {ONLY_IN_HEADER}", policy.trim_end_matches([';', ' ']));
        let policy = HeaderValue::try_from(policy).map_err(|_| PageError::Policy)?;
        let sentences = sentences::read(html)?;
        let digest = Sha256::digest(html.as_bytes()).into();
        Ok(Self { before: before.into(), after: after.into(), policy, sentences, digest })
    }

    /// SHA-256 of the template, the block as `{}`: the hash that is published with a release.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What a form's sender is told, in every language of the page.
    #[must_use]
    pub fn sentences(&self) -> &[Language] {
        &self.sentences
    }

    /// The template's text, the block as `{}`.
    #[must_use]
    pub fn text(&self) -> String {
        [self.before.as_str(), PLACEHOLDER, &self.after].concat()
    }

    /// The head with which a page of this template is answered, its length left empty.
    #[must_use]
    pub fn head(&self) -> Vec<String> {
        answer::head_of(&answer::page(Bytes::new(), Coding::Gzip, &self.policy))
    }

    /// Fills in what is in force; without an intake document every value is null, and the page says that nothing
    /// must be written here.
    ///
    /// # Errors
    /// Compressing failed.
    pub fn fill(&self, in_force: &InForce) -> Result<Page, PageError> {
        let (site, intake) = (in_force.site.as_deref(), in_force.intake.as_deref());
        let documents = Documents {
            site: site.map(|site| site.text()),
            site_signature: site.map(|site| site.signature()),
            intake: intake.map(|intake| intake.text()),
            intake_signature: intake.map(|intake| intake.signature()),
        };
        // A `<` could end the script element; as \u003c it can't, and JSON reads it the same.
        let json = serde_json::to_string(&documents).unwrap_or_default().replace('<', "\\u003c");
        let block = PLACEHOLDER.replace("{}", &json);
        let plain = [self.before.as_str(), &block, &self.after].concat().into_bytes();
        let gzip = compress(&plain).map_err(|fault| PageError::Gzip(fault.kind()))?;
        Ok(Page { plain: plain.into(), gzip: gzip.into(), policy: self.policy.clone() })
    }
}

impl Page {
    /// The answer: nothing but the coding depends on who asks.
    #[must_use]
    pub fn answer(&self, coding: Coding) -> Answer {
        let bytes = match coding {
            Coding::Gzip => &self.gzip,
            Coding::Identity => &self.plain,
        };
        answer::page(bytes.clone(), coding, &self.policy)
    }
}

/// gzip if the visitor takes it, whatever else they say (RFC 9110, 12.5.3).
#[must_use]
pub fn coding_for(accept_encoding: Option<&HeaderValue>) -> Coding {
    let accepted = accept_encoding.and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes_gzip = accepted.split(',').any(|item| {
        let mut words = item.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = words.any(|w| w.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
        named && !refused
    });
    if takes_gzip { Coding::Gzip } else { Coding::Identity }
}

fn only_split<'a>(text: &'a str, pattern: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(pattern).filter(|(_, after)| !after.contains(pattern))
}

/// Neither a name nor a time stands in the gzip header: the same page is the same bytes.
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = concat!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"><p>",
        "<script type=\"application/json\" id=\"documents\">{}</script></p>",
        include_str!("../tests/data/form-answers.html"),
    );

    #[test]
    fn without_documents_all_is_null() {
        let page = Template::parse(HTML).unwrap().fill(&InForce::default()).unwrap();
        let text = std::str::from_utf8(&page.plain).unwrap();
        assert!(text.contains(
            r#">{"site":null,"site_signature":null,"intake":null,"intake_signature":null}</script></p><script"#
        ));
        assert_eq!(page.policy, "default-src 'none'; frame-ancestors 'none'");
        let mut plain = Vec::new();
        io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&page.gzip[..]), &mut plain).unwrap();
        assert_eq!(plain, page.plain);
    }

    #[test]
    fn other_templates_are_refused() {
        let block = PLACEHOLDER;
        assert_eq!(Template::parse(&HTML.replace(block, "")).err(), Some(PageError::Block));
        assert_eq!(Template::parse(&HTML.replace(block, &block.repeat(2))).err(), Some(PageError::Block));
        assert_eq!(Template::parse(&HTML.replace("http-equiv", "name")).err(), Some(PageError::Policy));
        assert_eq!(Template::parse(&HTML.replace("'none'", "\u{7f}")).err(), Some(PageError::Policy));
        assert_eq!(Template::parse(&HTML.replace("<p>", "{{script}}")).err(), Some(PageError::Unfilled));
        for (with, why) in [("form\">", SentencesError::Block), ("form-answers\">,", SentencesError::Shape)] {
            let html = HTML.replace("form-answers\">", with);
            assert_eq!(Template::parse(&html).err(), Some(PageError::Sentences(why)));
        }
    }

    #[test]
    fn gzip_goes_to_whoever_takes_it() {
        for (value, coding) in [
            ("gzip, deflate, br", Coding::Gzip),
            ("deflate,GZIP;q=0.5", Coding::Gzip),
            ("gzip;q=0", Coding::Identity),
            ("br", Coding::Identity),
            ("", Coding::Identity),
        ] {
            assert_eq!(coding_for(Some(&HeaderValue::from_static(value))), coding, "{value}");
        }
        assert_eq!(coding_for(None), Coding::Identity);
    }
}
