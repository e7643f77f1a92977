//! Ctrl-C, a closed terminal, the end of what is typed: somebody may be coming through the door. Whatever the command is
//! doing, the screen is emptied, one sentence says what was sent, and it ends.
//!
//! While somebody is asked, the waiting for an answer ends at once and everything that was typed is dropped, and so wiped. In
//! the middle of anything else the command has a moment to end by itself; then it is ended.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use crate::language::{LANGUAGES, Language};

/// What a terminal sends for Ctrl-C, by number.
pub const CTRL_C: u8 = 2;
/// Programs that a signal ended are known by this number and the signal's.
const ENDED: u8 = 128;

/// How far a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Underway {
    /// Nothing of it has left.
    Nothing,
    /// Some of its parts are there, and useless without the others.
    Half,
    /// All of it may be there.
    Unknown,
}

/// What is known at every moment to whoever has to end the command. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// 0 as long as nothing came.
    signal: AtomicU8,
    /// One more than the language's place; 0 as long as nobody is talked with.
    language: AtomicUsize,
    half: AtomicBool,
    unknown: AtomicBool,
    kept: AtomicBool,
}

impl Interrupt {
    /// From now on somebody is talked with in this language, and the screen shows what they tell.
    pub fn talking(&self, language: &Language) {
        let place = LANGUAGES.iter().position(|one| one == language).unwrap_or_default();
        self.0.language.store(place.saturating_add(1), Ordering::SeqCst);
    }

    /// The language in which somebody is talked with.
    #[must_use]
    pub fn language(&self) -> Option<&'static Language> {
        LANGUAGES.get(self.0.language.load(Ordering::SeqCst).checked_sub(1)?)
    }

    /// Says how far the present message is.
    pub fn underway(&self, underway: Underway) {
        self.0.half.store(underway == Underway::Half, Ordering::SeqCst);
        self.0.unknown.store(underway == Underway::Unknown, Ordering::SeqCst);
    }

    /// The present message is kept; another one may follow.
    pub fn kept(&self) {
        self.0.kept.store(true, Ordering::SeqCst);
        self.underway(Underway::Nothing);
    }

    /// The command shall end, because of this signal.
    pub fn come(&self, signal: u8) {
        // The first one says why.
        let _ = self.0.signal.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether the command shall end.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.0.signal.load(Ordering::SeqCst) != 0
    }

    /// The exit code of a command that ended because of it.
    #[must_use]
    pub fn exit_code(&self) -> Option<u8> {
        self.has_come().then(|| ENDED.saturating_add(self.0.signal.load(Ordering::SeqCst)))
    }

    /// The messages that say what was sent.
    #[must_use]
    pub fn sentences(&self) -> Vec<&'static str> {
        let kept = self.0.kept.load(Ordering::SeqCst);
        let present = if self.0.unknown.load(Ordering::SeqCst) {
            Some("fail-stopped")
        } else if self.0.half.load(Ordering::SeqCst) {
            Some("seal-ended-half")
        } else {
            (!kept).then_some("stop-nothing-sent")
        };
        kept.then_some("seal-ended-kept").into_iter().chain(present).collect()
    }
}

/// Takes everything that was shown off the screen, and out of what can be scrolled back to.
pub fn clear(screen: &mut dyn Write) {
    control(screen, "\x1b[H\x1b[2J\x1b[3J");
}

/// A terminal's control sequence. Windows's older consoles know none of them, but can be emptied whole.
pub fn control(screen: &mut dyn Write, sequence: &str) {
    if cfg!(windows) {
        let _ = std::process::Command::new("cmd").args(["/c", "cls"]).status();
    } else {
        let _ = write!(screen, "{sequence}");
        let _ = screen.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_says_what_was_sent_at_every_moment() {
        let interrupt = Interrupt::default();
        assert_eq!((interrupt.exit_code(), interrupt.language()), (None, None));
        assert_eq!(interrupt.sentences(), ["stop-nothing-sent"]);
        interrupt.underway(Underway::Half);
        assert_eq!(interrupt.sentences(), ["seal-ended-half"]);
        interrupt.underway(Underway::Unknown);
        assert_eq!(interrupt.sentences(), ["fail-stopped"]);
        interrupt.kept();
        assert_eq!(interrupt.sentences(), ["seal-ended-kept"]);
        interrupt.underway(Underway::Unknown);
        assert_eq!(interrupt.sentences(), ["seal-ended-kept", "fail-stopped"]);
        interrupt.come(CTRL_C);
        interrupt.come(15);
        assert_eq!(interrupt.exit_code(), Some(130));
    }
}
