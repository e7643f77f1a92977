//! How a file loses its metadata: a *plan* of what to keep, made by looking at the file in small steps. No I/O.
//!
//! Each format has a list of what may stay; everything else goes. So a name in a place nobody thought of goes too.
//! What can be seen stays: no pixel is touched. The caller reads the bytes a [`Planner`] asks for, and then streams
//! the file through the finished [`Plan`]; neither holds more than 64 KiB of it. The map:
//! [`Planner`] asks, [`Plan`] answers · [`Finding`] what was found and taken out · [`Why`] why a file is refused ·
//! `jpeg`, `png`, `gif`, `webp`, `wav`, `mp3`, `ogg` and `bmff` (HEIC, AVIF, MP4, MOV, M4A, 3GP) the formats · `exif`,
//! `iptc`, `xmp`, `id3` what hides in them, to tell the person.
//!
//! A new format is one file with a `Scan`, and one line in [`Format`].
//!
//! What stays all the same: everything that can be seen or heard; what an encoder writes *into* the coded pictures or
//! sound (notes of x264 or of a camera in SEI, LAME's letters in the padding of frames, Opus padding, bytes behind the
//! end of an LZW, VP8 or AV1 stream); which encoder it was, as far as its choices tell; the size of what went, where
//! nothing may move (`free` boxes); the traces that a sensor leaves in every picture.
//!
//! ```
//! use tipline_scrub::{Planner, Step};
//! let file: &[u8] = include_bytes!("../tests/data/photo.jpg");
//! let mut planner = Planner::new(file.len() as u64);
//! while let Step::Read { at, len } = planner.step() {
//!     planner.feed(&file[at as usize..][..len]);
//! }
//! let plan = planner.into_plan()?;
//! assert_eq!(plan.format().code(), "jpeg");
//! assert!(plan.findings().iter().any(|f| f.kind.code() == "position"));
//! # Ok::<(), tipline_scrub::Why>(())
//! ```
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

mod bmff;
mod bytes;
mod crc;
mod degrees;
mod exif;
mod finding;
mod format;
mod gif;
mod id3;
mod iptc;
mod jpeg;
mod mp3;
mod ogg;
mod order;
mod plan;
mod planner;
mod png;
mod riff;
mod wav;
mod webp;
mod why;
mod xmp;

pub use finding::{Finding, Kind, MAX_FINDINGS, MAX_VALUE};
pub use format::Format;
pub use plan::{Edit, Piece, Plan};
pub use planner::{MAX_READ, Planner, Step};
pub use why::Why;
