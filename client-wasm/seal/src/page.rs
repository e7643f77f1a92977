//! The signed documents, out of the page itself: this command asks a letterbox for nothing that a browser doesn't (T-05).

use tipline_core::documents::Documents;

/// What stands around the block in every released page.
const BEGIN: &str = "<script type=\"application/json\" id=\"documents\">";
const END: &str = "</script>";

/// The page holds no such block, or more than one, or one that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "what it shows is not a letterbox's page. Check the address on paper; if it is right, tell the organisation"
)]
pub struct NotAPage;

/// The documents in a page's one JSON block. Nothing in them is trusted yet.
///
/// # Errors
/// [`NotAPage`].
pub fn documents(page: &[u8]) -> Result<Documents, NotAPage> {
    let text = std::str::from_utf8(page).map_err(|_| NotAPage)?;
    let (_, rest) = text.split_once(BEGIN).ok_or(NotAPage)?;
    // `<` is escaped inside the block, so the first end is its end.
    let (block, rest) = rest.split_once(END).ok_or(NotAPage)?;
    if rest.contains(BEGIN) {
        return Err(NotAPage);
    }
    Documents::parse(block.as_bytes()).map_err(|_| NotAPage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_found() {
        let page = format!("<!doctype html>{BEGIN}{{\"intake\":\"a\\u003cb\"}}{END}<script>1</script>");
        assert_eq!(documents(page.as_bytes()).unwrap().intake.as_deref(), Some("a<b"));
        let template = format!("{BEGIN}{{}}{END}");
        assert_eq!(documents(template.as_bytes()), Ok(Documents::default()));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for page in [
            "",
            "<html>Bad gateway</html>",
            BEGIN,
            &format!("{BEGIN}{{}}"),
            &format!("{BEGIN}[7]{END}"),
            &format!("{BEGIN}{{\"intake\":7}}{END}"),
            &format!("{BEGIN}{{}}{END}{BEGIN}{{}}{END}"),
        ] {
            assert_eq!(documents(page.as_bytes()), Err(NotAPage), "{page}");
        }
        assert_eq!(documents(&[0xff, 0xfe]), Err(NotAPage));
    }
}
