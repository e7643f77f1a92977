//! The letterbox: takes sealed tips, keeps them durable, hands them to the courier. It can read nothing.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::string_slice,
        reason = "a test may fail loudly"
    )
)]

pub mod acknowledgements;
pub mod address;
pub mod admission;
pub mod backup;
pub mod calendar;
pub mod cli;
pub mod client;
pub mod config;
pub mod courier;
pub mod doctor;
pub mod documents;
pub mod error;
pub mod freshness;
pub mod http;
pub mod journal;
pub mod limits;
pub mod office;
pub mod operator;
pub mod page;
pub mod public;
pub mod removal;
pub mod serve;
pub mod store;
pub mod tar_file;
pub mod terminal;
pub mod tls;
pub mod watch;
pub mod world;
