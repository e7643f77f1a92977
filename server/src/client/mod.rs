//! The operator's commands: they speak to the running server through its socket, because the store has one owner.

mod connection;
pub mod pickup;
pub mod publish;
pub mod status;
pub mod verify;
