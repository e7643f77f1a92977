//! What a visitor without scripts is told: short pages in plain English, all of one length, that link to this line only.

use tipline_wire::answer::Say;

use crate::http::answer::{self, Answer};

/// Bytes of such a page, whatever it says.
const LENGTH: usize = 2_048;

/// What became of the file.
pub(super) fn told(say: Say) -> Answer {
    let (title, text) = words(say);
    answer::told(
        say,
        html(title, &format!("<h1>{title}</h1><p>{text}</p><p><a href=\"/\">Back to the page</a></p>")),
    )
}

/// An empty screen; the browser is asked to forget this line. It leads nowhere: another site would be told of the visit.
pub(super) fn left() -> Answer {
    answer::left(html("", "<p>You can close this window now.</p>"))
}

fn html(title: &str, body: &str) -> Vec<u8> {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title>{body}"
    )
    .into_bytes();
    html.resize(LENGTH.max(html.len()), b' ');
    html
}

fn words(say: Say) -> (&'static str, &'static str) {
    match say {
        Say::Kept => (
            "It is kept",
            "Your sealed file has arrived and is kept. If it was sealed in an earlier week, perhaps nobody can open it: then \
             seal it anew and send the new file. Otherwise there is nothing more to do here. When you close Tor Browser, \
             it forgets this visit.",
        ),
        Say::NotOpenYet => {
            ("Not open yet", "This line does not take anything yet. Nothing was kept. Come back later.")
        }
        Say::EpochClosed => (
            "The keys have changed",
            "The file was sealed for a week that is over. Nothing was kept. Load the page again, seal the tip anew, and \
             send the new file.",
        ),
        Say::WrongKeys => (
            "Sealed for other keys",
            "The file was sealed for other keys than this week's. Nothing was kept. Load the page again, seal the tip \
             anew, and send the new file.",
        ),
        Say::TooLong => (
            "Too large for this way",
            "Here a file for up to 64 MiB can be sent. Nothing was kept. For a larger one, set Tor Browser's security \
             level to Safer and use the page, or send it with the program tipline-seal.",
        ),
        Say::Full => (
            "Please try again later",
            "There is no room at the moment, or too much is coming in. Nothing was kept. Wait some minutes, then send \
             the same file again.",
        ),
        Say::TooSlow => (
            "The connection was too slow",
            "The file did not come through, and nothing was kept. Send the same file again.",
        ),
        Say::Broken => (
            "Something went wrong here",
            "It is not known whether the file was kept. Send the same file again: it is kept only once.",
        ),
        _ => (
            "This is not a sealed tip",
            "Nothing was kept. Only a finished file tip.age can be sent here, as tipline-seal or a saved copy of the \
             page makes it. If you chose a photograph or a text instead, it came here without a seal. It was thrown \
             away here, but seal a file before you send it.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_the_same_length_and_nothing_that_loads() {
        for say in Say::ALL {
            let (title, text) = words(say);
            let page = String::from_utf8(html(title, text)).unwrap();
            assert_eq!(page.len(), LENGTH);
            assert!(!page.contains("src=") && !page.contains("http"), "{page}");
        }
        assert!(Say::ALL.iter().all(|say| (words(*say).1.contains("is kept.")) == (*say == Say::Kept)));
    }
}
