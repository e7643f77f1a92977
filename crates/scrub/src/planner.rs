//! The planner: asks for bytes of the file, at most 64 KiB at a time, until the plan is made or the file refused.

use alloc::boxed::Box;
use core::fmt;

use crate::plan::{Draft, Plan};
use crate::{Format, Why};

/// The most bytes that are asked for at once.
pub const MAX_READ: usize = 65_536;
/// The first look: enough to tell the formats apart.
const FIRST: usize = 64;

/// What the planner wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes of the file; hand them to [`Planner::feed`].
    Read {
        /// Where they begin.
        at: u64,
        /// How many, 1 to [`MAX_READ`]; never past the end of the file.
        len: usize,
    },
    /// The plan is made.
    Done,
    /// The file can't be cleaned.
    Refused(Why),
}

/// Makes a [`Plan`] for a file of known length. Sans I/O: the caller reads.
pub struct Planner {
    len: u64,
    step: Step,
    format: Format,
    scan: Option<Box<dyn Scan + Send>>,
    draft: Draft,
}

/// One format's way through a file: it gets exactly the bytes it asked for, and asks for the next.
pub(crate) trait Scan {
    /// What to read first, after the format is known.
    fn begin(&mut self, file: File) -> Result<Step, Why>;
    /// Looks at `bytes`, which stand at `at`, and says what to read next.
    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why>;
}

/// The file as a scan sees it: a length, and rules for reading.
#[derive(Clone, Copy)]
pub(crate) struct File {
    pub(crate) len: u64,
}

impl File {
    /// Reads exactly `len` bytes (at most [`MAX_READ`], at least 1), which must be there.
    pub(crate) fn exactly(self, at: u64, len: u64) -> Result<Step, Why> {
        let end = at.checked_add(len).ok_or(Why::Truncated)?;
        if end > self.len { Err(Why::Truncated) } else { self.some(at, len) }
    }

    /// Reads up to `len` bytes, of which at least one must be there.
    pub(crate) fn some(self, at: u64, len: u64) -> Result<Step, Why> {
        let left = self.len.checked_sub(at).filter(|left| *left > 0).ok_or(Why::Truncated)?;
        let len = usize::try_from(len.min(left)).unwrap_or(MAX_READ).clamp(1, MAX_READ);
        Ok(Step::Read { at, len })
    }
}

impl Planner {
    /// Begins with a file of `len` bytes. An empty one is refused.
    #[must_use]
    pub fn new(len: u64) -> Self {
        let first = u64::try_from(FIRST).unwrap_or(u64::MAX);
        let step = File { len }.some(0, first).unwrap_or(Step::Refused(Why::Empty));
        Self { len, step, format: Format::Unknown, scan: None, draft: Draft::default() }
    }

    /// What is wanted now.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// Takes the bytes that [`Step::Read`] asked for. Fewer or more mean that the file changed: it is refused then.
    /// After the end it does nothing.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Step::Read { at, len } = self.step else { return };
        self.step = if bytes.len() == len { self.take(at, bytes) } else { Err(Why::Changed) }
            .unwrap_or_else(Step::Refused);
    }

    fn take(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Why> {
        let file = File { len: self.len };
        if let Some(scan) = &mut self.scan {
            return scan.take(file, at, bytes, &mut self.draft);
        }
        self.format = Format::of(bytes);
        self.scan = self.format.scan();
        match &mut self.scan {
            Some(scan) => scan.begin(file),
            None => self.draft.keep(0, self.len).map(|()| Step::Done),
        }
    }

    /// The finished plan.
    ///
    /// # Errors
    /// [`Why`] the file was refused, or [`Why::Unfinished`].
    pub fn into_plan(self) -> Result<Plan, Why> {
        match self.step {
            Step::Done => Ok(self.draft.finish(self.format)),
            Step::Refused(why) => Err(why),
            Step::Read { .. } => Err(Why::Unfinished),
        }
    }
}

impl fmt::Debug for Planner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Planner({} bytes, {}, {:?})", self.len, self.format.code(), self.step)
    }
}
