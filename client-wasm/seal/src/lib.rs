//! The source's side as a command: the page's own core, for people who have a computer and no browser to trust.
//!
//! It seals exactly as the page does and speaks to a letterbox exactly as Tor Browser does (T-03, T-05). The map:
//! [`flags`] the command line, [`order`] what it asks for · [`command`] one run · [`statement`] the report · [`talk`] a person who is asked for it, [`ask`] what, and
//! [`language`] in which words · [`evidence`] the files · [`keys`] and
//! [`page`] whose letterbox it is · [`board`] how far it has read · [`sealing`] the tip while it is sealed · [`saved`] a sealed
//! file on the disk · [`sealed_file`] one that is sent later, [`deliver`] how · [`address`],
//! [`letterbox`], [`connection`], [`http`] and [`socks`] the way there · [`uploading`] the course of a large tip and
//! [`upload`] its way · [`patience`] how often is tried · [`single`] one file for one recipient · [`answer`] and [`error`]
//! what a person is told · [`interrupt`] what ends it at any moment, [`terminal`] where that comes in · [`world`] what only `main` may touch.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "a test may fail loudly")
)]

pub mod address;
pub mod answer;
pub mod ask;
pub mod board;
pub mod command;
pub mod connection;
pub mod deliver;
pub mod error;
pub mod evidence;
pub mod flags;
pub mod http;
pub mod interrupt;
pub mod keys;
pub mod language;
pub mod letterbox;
pub mod order;
pub mod page;
pub mod patience;
pub mod saved;
pub mod sealed_file;
pub mod sealing;
pub mod single;
pub mod socks;
pub mod statement;
pub mod talk;
pub mod terminal;
pub mod upload;
pub mod uploading;
pub mod world;
