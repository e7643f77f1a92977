//! What can go wrong at the desk, each as one line: what was being done, what was wrong, what to do.

use std::fmt::Display;

/// Why a command ended without having done all it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line makes no sense; nothing was begun. Exit code 2.
    #[error("{wrong}; see `tipline-analyst {page}`")]
    Usage {
        /// What is wrong with it.
        wrong: String,
        /// The arguments that print the right help page.
        page: &'static str,
    },
    /// The command failed. Exit code 1.
    #[error("{doing}: {wrong}; {advice}")]
    Failed {
        /// What was being done, without a secret.
        doing: String,
        /// What was wrong.
        wrong: String,
        /// What to do now.
        advice: String,
    },
    /// The command did what it could and has said what it could not. Exit code 1.
    #[error("{0}")]
    Incomplete(String),
}

impl Error {
    /// A failure in one line.
    pub fn failed(doing: impl Display, wrong: impl Display, advice: impl Display) -> Self {
        Self::Failed { doing: doing.to_string(), wrong: wrong.to_string(), advice: advice.to_string() }
    }

    /// The process's exit code: 2 for wrong usage, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Failed { .. } | Self::Incomplete(_) => 1,
        }
    }
}
