//! What went wrong, in the person's language; the technical detail follows in English in brackets.

use tipline_wire::answer::Say;

use super::asking::Asking;
use super::files::refusal;
use crate::error::{Arrival, Error, shown};
use crate::letterbox::LetterboxError;
use crate::saved::SaveError;

impl Asking<'_, '_> {
    /// Says what is known of it.
    pub fn fault(&mut self, error: &Error) {
        let (key, at) = message(error);
        let today = self.world.today.to_string();
        self.say(key, &[("at", &at), ("name", &at), ("path", &at), ("today", &today)]);
        match error {
            Error::Send { arrival: Arrival::Unknown, .. } => self.say("seal-arrival-unknown", &[]),
            Error::Send { arrival: Arrival::Not, .. } => self.say("seal-ended-half", &[]),
            _ => {}
        }
        self.world.say(&format!("  [{error}.]"));
    }

    /// The letterbox was not reached, or did not take it.
    pub fn unreached(&mut self, error: &LetterboxError) {
        let (key, at) = unreached(error);
        self.say(key, &[("at", &at)]);
        self.world.say(&format!("  [{error}.]"));
    }
}

/// The message, and the place or the name that it holds.
fn message(error: &Error) -> (&'static str, String) {
    match error {
        Error::NoPage(error) | Error::Send { error, .. } => unreached(error),
        Error::NotAPage(_) => ("seal-fault-strange", String::new()),
        Error::File { path, error } => (refusal(error), shown(path)),
        Error::TooLarge => ("together-over", String::new()),
        Error::Save { path, error } => (unsaved(error), shown(path)),
        _ => ("seal-fault-other", String::new()),
    }
}

fn unreached(error: &LetterboxError) -> (&'static str, String) {
    match error {
        LetterboxError::NoProxy(at, _) => ("seal-fault-proxy", at.to_string()),
        LetterboxError::NoLetterbox(..) | LetterboxError::Proxy(..) => ("seal-fault-way", String::new()),
        LetterboxError::Http(_) => ("seal-fault-broken", String::new()),
        LetterboxError::Status(_) => ("seal-fault-strange", String::new()),
        LetterboxError::Refused(say) => (refused(*say), String::new()),
        LetterboxError::Upload(_) => ("seal-fault-refused", String::new()),
        LetterboxError::Random(_) => ("seal-fault-other", String::new()),
    }
}

fn refused(say: Say) -> &'static str {
    match say {
        Say::Full => "seal-fault-full",
        Say::TooSlow => "seal-fault-broken",
        Say::Broken => "seal-fault-failed",
        Say::EpochClosed => "seal-fault-week",
        Say::NotOpenYet => "fail-not-open",
        _ => "seal-fault-refused",
    }
}

fn unsaved(error: &SaveError) -> &'static str {
    match error {
        SaveError::Exists | SaveError::Unfinished(_) => "seal-fault-taken",
        SaveError::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => "seal-fault-disk-full",
        SaveError::Name | SaveError::Disk(_) => "seal-fault-disk",
    }
}
