//! One test binary, a module a promise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails loudly"
)]

mod boundaries;
mod cleaning;
mod core_in_wasm;
mod desk;
mod documents;
mod flow;
mod handed_out;
mod interop;
mod journey;
mod languages;
mod looks;
mod onion;
mod papers;
mod receipts;
#[path = "../../client-wasm/seal/tests/support/relay.rs"]
mod relay;
mod removal;
mod runbooks;
mod upload;
mod vectors;
mod video;
mod webkit;
