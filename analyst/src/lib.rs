//! The offline desk: makes keys, opens tips, shows them. No network, no clock and no randomness of its own.
//!
//! The map: [`cli`] the command line and [`help`] its pages · [`desk`] carries a command out · [`airgap`] refuses on a
//! machine that is online · [`home`] where the keys lie · [`ceremony`] makes them · [`ring`] the weekly keys · [`desk_key`]
//! this desk's own · [`openssh`] and [`passphrase`] forms of keys · [`opening`] goes through a pickup · [`archive`] the
//! pickup's tar · [`sealed`] one tip, decrypted on all cores · [`contents`] and [`tip_folder`] its plaintext on the way to a
//! folder · [`workroom`] where things are made before they are shown · [`file_kind`] what a file claims to be · [`about`] our
//! own record beside a tip · [`acknowledgement`] what the letterbox is told of a pickup · [`lasting`] whether
//! a folder outlasts the next start · [`outgoing`] the folder for the courier · [`site`] what the page says of the
//! organisation · [`show`] opened tips for reading · `teller` says what became of each · [`json_text`] JSON made harmless ·
//! [`randomness`], [`error`].
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
pub mod acknowledgement;
pub mod airgap;
pub mod archive;
pub mod ceremony;
pub mod cli;
pub mod contents;
pub mod desk;
pub mod desk_key;
pub mod error;
pub mod file_kind;
pub mod help;
pub mod home;
pub mod json_text;
pub mod lasting;
pub mod opening;
pub mod openssh;
pub mod outgoing;
pub mod passphrase;
pub mod randomness;
pub mod ring;
pub mod sealed;
pub mod show;
pub mod site;
mod teller;
pub mod tip_folder;
pub mod workroom;

#[cfg(test)]
mod scratch;
