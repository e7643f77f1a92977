//! A released page, by its digest: the file as it came, with the block for the documents still empty.

use std::path::Path;

use sha2::{Digest, Sha256};
use tipline_wire::hex;
use tipline_wire::site::{PLACEHOLDER, UNFILLED};

use crate::error::Error;
use crate::home::read;

/// The longest page that is read, in bytes: several times the largest that is released.
const LONGEST: usize = 4 << 20;
/// What a page has whose block a letterbox filled in.
const FILLED: &[u8] = br#"id="documents">{""#;

/// SHA-256 of a released page, as hex.
///
/// # Errors
/// It can't be read or is none.
pub(super) fn digest(path: &Path) -> Result<String, Error> {
    let failed = |wrong: &dyn std::fmt::Display| {
        let advice = "give the released page.html, as it came with the letterbox, with --page FILE";
        Error::failed(format!("reading the page {}", path.display()), wrong, advice)
    };
    let page = read(path, LONGEST.saturating_add(1)).map_err(|e| failed(&e))?;
    if page.len() > LONGEST {
        return Err(failed(&"it is longer than any page"));
    }
    match count(&page, PLACEHOLDER.as_bytes()) {
        _ if count(&page, UNFILLED.as_bytes()) > 0 => {
            Err(failed(&"it is the page's source, of which `cargo xtask page` makes the page"))
        }
        1 => Ok(hex::encode(&Sha256::digest(&page))),
        0 if count(&page, FILLED) > 0 => {
            Err(failed(&"a letterbox has filled its documents in: it was saved from a browser"))
        }
        found => {
            Err(failed(&format!("the place for the documents must be in it once, and is {found} times")))
        }
    }
}

fn count(page: &[u8], pattern: &[u8]) -> usize {
    page.windows(pattern.len()).filter(|window| *window == pattern).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn only_a_page_with_one_empty_block_has_a_digest() {
        let scratch = Scratch::new("page");
        let digest_of = |name: &str, content: &str| digest(&scratch.private_file(name, content.as_bytes()));
        let page = format!("<!doctype html>\r\n{PLACEHOLDER}\n");
        assert_eq!(digest_of("page", &page).unwrap(), hex::encode(&Sha256::digest(page.as_bytes())));
        let filled = page.replace("{}", r#"{"site":null}"#);
        for (name, content, word) in [
            ("none", "<p>", "0 times"),
            ("twice", &page.repeat(2), "2 times"),
            ("filled", &filled, "filled"),
            ("source", &format!("{page}{{{{script}}}}"), "source"),
            ("long", &"x".repeat(LONGEST + 1), "longer"),
        ] {
            let line = digest_of(name, content).unwrap_err().to_string();
            assert!(line.contains(word) && line.contains("--page") && line.contains(name), "{line}");
        }
        assert!(digest(&scratch.path().join("absent")).is_err());
    }
}
