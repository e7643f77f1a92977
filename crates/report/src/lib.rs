//! What a tip says: the form `tip-report/1` and the codebook. No cryptography, no I/O.
//!
//! Two sides look at the same [`Tip`]. Who makes one is held to every rule ([`Tip::from_json`], [`Tip::check`],
//! [`Tip::to_json`]); who reads one loses nothing, whatever arrived ([`read()`], [`text()`]). The map:
//! [`codebook`] the permanent codes and places with their labels · [`bounds`] how long each part may be · [`tip`] the
//! form itself · [`check`] the maker's rules · [`read`](mod@read) the desk's lenient reader · [`visible`] what a
//! hostile text can't hide · [`text`](mod@text) a tip as a page of plain English.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::string_slice,
        reason = "a test may fail loudly"
    )
)]

extern crate alloc;

pub mod bounds;
pub mod check;
pub mod codebook;
pub mod read;
pub mod text;
pub mod tip;
pub mod visible;

pub use check::{Problem, Problems, Trouble};
pub use read::{Leftover, Read, Why, read};
pub use text::text;
pub use tip::{Answer, FileEntry, Relative, Report, SCHEMA, Tip, When, Where};
