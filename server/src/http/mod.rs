//! HTTP as this server speaks it: strict about what comes in, always the same in what goes out. RFC 9112 by way of hyper.
//!
//! [`proxy_line`] what tor says first · [`head`] which request heads are refused · [`guard`] holds a connection to it ·
//! [`body`] reads a body that may not be slow · [`answer`] the only maker of answers · [`door`] accepts and serves ·
//! [`crowd`] who leaves when it gets crowded.

pub mod answer;
pub mod body;
pub mod crowd;
pub mod door;
pub mod guard;
pub mod head;
pub mod proxy_line;
