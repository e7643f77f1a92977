//! The source's side as a command: the page's own core, for people who have a computer and no browser to trust.
//!
//! It seals exactly as the page does and speaks to a letterbox exactly as Tor Browser does (T-03, T-05). The map:
//! [`flags`] the command line · [`command`] one run · [`statement`] the report · [`evidence`] the files · [`keys`] and
//! [`page`] whose letterbox it is · [`saved`] a sealed file on the disk · [`address`], [`letterbox`], [`http`] and [`socks`]
//! the way there · [`answer`] and [`error`] what a person is told · [`world`] what only `main` may touch.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "a test may fail loudly")
)]

pub mod address;
pub mod answer;
pub mod command;
pub mod error;
pub mod evidence;
pub mod flags;
pub mod http;
pub mod keys;
pub mod letterbox;
pub mod page;
pub mod saved;
pub mod socks;
pub mod statement;
pub mod world;
