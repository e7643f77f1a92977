//! The operator's door, a unix socket for this user and root: publish a document, pick up the sealed tips, look after it.
//!
//! The [`Hatch`], which the courier's door has too: //! `POST /publish` document ‖ signature · `POST /acknowledge` the same of a desk's acknowledgement · `POST /pickup` freezes a
//! list of what not every desk has, `POST /pickup/again` of everything: `{"id","bytes","count","left_out","damaged"}` ·
//! `GET /pickup/{id}` the tar, with `Range: bytes=N-` to go on.
//! The operator alone: `GET /status` and `GET /scan` for `doctor` · `GET /backup` the names of what is sealed,
//! `GET /backup/{name}` its bytes.

pub mod frozen;
mod hatch;
mod routes;
mod tar;

pub use frozen::Wanted;
pub use hatch::{ACKNOWLEDGE, AGAIN, Hatch, PICKUP, PUBLISH, Said, Started};
pub use routes::Operator;
