//! A file on its way into a tip: cleaned by a plan, or as it is. Both are read from the original file, in pieces.

use alloc::rc::Rc;

pub use tipline_scrub::{Finding, Format, Piece, Plan, Planner, Step, Why};

/// What of a file goes into the tip.
#[derive(Clone)]
pub enum Content {
    /// Hidden data removed, as the plan says. Shared, because a person may seal the same choice twice.
    Cleaned(Rc<Plan>),
    /// The bytes as they are: evidence, or a format that can't be cleaned.
    Original {
        /// Bytes of the file.
        len: u64,
    },
}

impl Content {
    /// Bytes as sealed.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Cleaned(plan) => plan.new_len(),
            Self::Original { len } => *len,
        }
    }

    /// Whether nothing is left to seal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What stands at `at` of the sealed form, at most `max` bytes of it; `None` at its end.
    #[must_use]
    pub fn piece(&self, at: u64, max: usize) -> Option<Piece<'_>> {
        match self {
            Self::Cleaned(plan) => plan.piece(at, max),
            Self::Original { len } => {
                let left = usize::try_from(len.checked_sub(at)?).unwrap_or(usize::MAX);
                (left > 0).then_some(Piece::Source { at, len: left.min(max) })
            }
        }
    }
}
