//! Why a file can't be cleaned. The person then chooses: another file, a screenshot, or as it is.

/// Why a file is refused. [`Why::code`] is stable; the sentence is English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The file has no bytes.
    #[error("this file is empty; choose another one")]
    Empty,
    /// It ends before it should.
    #[error("this file ends too early, a part of it is missing; copy it again, or take a screenshot of it")]
    Truncated,
    /// It breaks the rules of its format.
    #[error("this file is damaged: {0}; copy it again, or take a screenshot of it")]
    Damaged(&'static str),
    /// A rare form that this crate doesn't know how to clean.
    #[error("this file has a rare form that can't be cleaned: {0}; take a screenshot of it")]
    Unsupported(&'static str),
    /// Beside picture and sound runs a track of data, words or times.
    #[error(
        "this film carries a hidden track beside picture and sound, in which cameras write positions and times; record it \
         again from a screen, or take a screenshot of it"
    )]
    Track,
    /// More parts than any camera writes.
    #[error("this file has too many parts to be cleaned; take a screenshot of it")]
    TooComplex,
    /// Other bytes came than were asked for.
    #[error("this file changed while it was read; wait until it is stored, then choose it again")]
    Changed,
    /// The plan was asked for before it was done.
    #[error("this file was not yet read to its end")]
    Unfinished,
}

impl Why {
    /// A short name for the page's own words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Damaged(_) => "damaged",
            Self::Unsupported(_) => "unsupported",
            Self::Track => "track",
            Self::TooComplex => "too_complex",
            Self::Changed => "changed",
            Self::Unfinished => "unfinished",
        }
    }
}
