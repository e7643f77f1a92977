//! The desk as a whole: keys made and checked with stock tools, pickups of every kind opened, the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

mod acknowledgements;
mod binary;
mod common;
mod contents;
mod keys;
mod pickups;
mod site;
