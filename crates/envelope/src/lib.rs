//! How a tip is closed and opened: all our encryption and nothing else. No I/O; randomness is an argument.
//!
//! A sealed tip is an age file with post-quantum hybrid stanzas only (C2SP age, RFC 9180, X-Wing): whatever is recorded
//! today must stay closed in fifteen years (T-01). The map:
//! [`fresh`] the random bytes of one sealing · [`recipient`] and [`identity`] the two halves of a key · `xwing` and
//! `hpke` how a file key is wrapped · [`header`] the age header and its MAC · [`stream`] the payload in 64 KiB chunks ·
//! [`whole`] small files at once · [`tip`] the tar inside, padded · [`passphrase`] key files at rest ·
//! [`receipt`] the twelve numbers that open an answer · [`error`].
//!
//! ```
//! use tipline_envelope::{Fresh, Identity, PublicKey, fresh_len, open_all, seal_all};
//! use zeroize::Zeroizing;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let desk = Identity::from_seed([7; 32]);
//! let key = PublicKey::try_from(&desk.recipient())?;
//! let random = Zeroizing::new(vec![9; fresh_len(1)]); // from the system's generator, never twice
//! let sealed = seal_all(b"they came to my parents", &[key], Fresh::new(random, 1)?)?;
//! assert_eq!(*open_all(&sealed, &[desk])?, b"they came to my parents");
//! # Ok(())
//! # }
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

pub mod error;
pub mod fresh;
pub mod header;
mod hpke;
pub mod identity;
pub mod passphrase;
pub mod receipt;
pub mod recipient;
pub mod stream;
pub mod tip;
pub mod whole;
mod xwing;

pub use error::{KeyError, OpenError, SealError};
pub use fresh::{Fresh, fresh_len};
pub use header::open_header;
pub use identity::Identity;
pub use receipt::Receipt;
pub use recipient::PublicKey;
pub use stream::{PayloadKey, Sealer};
pub use whole::{open_all, seal_all};
