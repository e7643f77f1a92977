//! What is inside a tip: a tar with `tip.json` first, then `files/001`, `files/002`, …, zeros to one of 28 sizes.
//!
//! [`TipSealer`] writes exactly that. [`TipReader`] reads what a stranger sent: bounded, and without losing a byte.

mod name;
mod reader;
mod sealer;

pub use name::EntryName;
pub use reader::{Event, MAX_ENTRIES, Summary, TarFault, TipReader};
pub use sealer::{Step, TipSealer, tar_len};

/// The most files in one tip.
pub const MAX_FILES: usize = 99;
/// The most bytes of `tip.json`: with its header and the end blocks it fills 64 KiB, so a tip of text has one size.
pub const MAX_TIP_JSON: usize = 64_000;
const _: () = assert!(MAX_TIP_JSON == 65_536 - 512 - 1_024);
