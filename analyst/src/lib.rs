//! The offline desk: makes keys, opens tips, shows them. No network, no clock and no randomness of its own.
//!
//! The map: [`cli`] the command line and [`help`] its pages · [`desk`] carries a command out · [`airgap`] refuses on a
//! machine that is online · [`home`] where the keys lie · [`ceremony`] makes them · [`ring`] the weekly keys ·
//! [`openssh`] and [`passphrase`] forms of keys · [`opening`] goes through a pickup · [`archive`] the pickup's tar ·
//! [`sealed`] one tip, decrypted on all cores · [`contents`] and [`tip_folder`] its plaintext on the way to a folder ·
//! [`workroom`] where things are made before they are shown · [`file_kind`] what a file claims to be · [`about`] our
//! own record beside a tip · [`show`] opened tips for reading · [`json_text`] JSON made harmless · [`randomness`], [`error`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::string_slice,
        reason = "a test may fail loudly"
    )
)]

pub mod about;
pub mod airgap;
pub mod archive;
pub mod ceremony;
pub mod cli;
pub mod contents;
pub mod desk;
pub mod error;
pub mod file_kind;
pub mod help;
pub mod home;
pub mod json_text;
pub mod opening;
pub mod openssh;
pub mod passphrase;
pub mod randomness;
pub mod ring;
pub mod sealed;
pub mod show;
pub mod tip_folder;
pub mod workroom;

#[cfg(test)]
mod scratch;
