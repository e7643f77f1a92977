//! The letterbox's promises, kept by the real program: each module is one of them, each test's name a sentence.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may fail loudly, and owns its clock"
)]

mod acknowledge;
mod admission;
mod backup;
mod courier;
mod deploy;
mod doctor;
mod erasure;
mod failing_disk;
mod faults;
mod fetch;
mod flood;
mod forger;
mod form;
mod full_disk;
mod here;
mod journey;
mod kill;
mod load;
mod malformed;
mod operator;
mod organisation;
mod papers;
mod parts;
mod pickup;
mod power_cut;
mod publish;
mod silence;
mod slow;
mod soak;
mod stage;
mod stop;
mod tor;
mod upload;
mod verify_site;
mod watch;
mod workload;
