//! The source's side: documents checked, files cleaned, the tip sealed. No I/O; time and randomness are arguments.
//!
//! [`documents`] says whether and for which week a tip can be sealed, [`notice`] how far the organisation has read · [`json`]
//! reads the page's block · [`clean`] plans what a file loses · [`seal`] gives the sealed bytes while the caller serves reads of
//! the original files, [`parts`] cuts them for an upload, as [`finished`] does with what was sealed elsewhere · [`session`] is
//! the same for the page, told in `said`'s words; it speaks to it through `abi`: raw exports of a WebAssembly module that
//! imports nothing (T-03).
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "a test may fail loudly")
)]

extern crate alloc;

pub mod clean;
pub mod documents;
pub mod finished;
pub mod json;
pub mod notice;
pub mod parts;
mod said;
pub mod seal;
pub mod session;

#[cfg(target_arch = "wasm32")]
mod abi;
