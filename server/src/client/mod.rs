//! The operator's and courier's commands: they speak to the running server, because the store has one owner.

pub mod acknowledge;
pub mod backup;
pub mod errand;
pub mod flags;
pub mod pickup;
pub mod publish;
pub mod reach;
pub mod relay;
pub mod session;
mod signed_file;
pub mod socks;
pub mod status;
pub mod verify;
