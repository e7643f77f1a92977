//! What crosses a boundary: sizes, routes, the outer form of an age file, signed documents, the pickup.
//!
//! Nothing here holds a secret or does I/O, so the letterbox, the page and the desk all share it. The map:
//! [`size`] the 28 padded sizes · [`date`] days and weeks · [`recipient`] public keys as text · [`outer`] the age
//! header's form · [`tip_id`] the name of a sealed tip · [`sshsig`] signatures · [`signed`] what is not yet verified ·
//! [`intake`] the root's list of desks and epochs · [`site`] what the page says of the organisation · [`board`] the
//! answers · [`ack`] a desk's word that it has tips · [`route`] and [`answer`] HTTP ·
//! [`browser`] and [`response`] the client's side of it · [`ustar`] and [`pickup`] files that
//! cross the gap · [`upload`] a tip in parts · [`form`] a page without scripts, [`sentences`] what its sender is told ·
//! [`hex`] digests as text.
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

pub mod ack;
pub mod answer;
pub mod board;
pub mod browser;
pub mod date;
pub mod form;
pub mod hex;
pub mod intake;
mod lines;
pub mod outer;
pub mod pickup;
pub mod recipient;
pub mod response;
pub mod route;
pub mod sentences;
pub mod signed;
pub mod site;
pub mod size;
pub mod sshsig;
pub mod tip_id;
pub mod upload;
pub mod ustar;
