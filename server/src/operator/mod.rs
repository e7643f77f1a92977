//! The operator's door, a unix socket for this user and root: publish a document, pick up the sealed tips.
//!
//! `POST /publish` document ‖ signature · `POST /pickup` freezes a list: `{"id","bytes","count","damaged"}` ·
//! `GET /pickup/{id}` the tar, with `Range: bytes=N-` to go on · `GET /status` and `GET /scan` for `doctor`.

pub mod frozen;
mod routes;
mod tar;

pub use routes::{Operator, Said, Started};
