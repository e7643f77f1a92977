//! What the desk can say of a tip to the letterbox. Only what is *held* may ever be erased there, so every doubt is none.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::PathBuf;

use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};

use crate::sealed::{self, NotOpened};

/// What is known of a tip that a pickup names. Of several copies the highest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Its bytes are not those that its id names: it was changed on the way.
    Damaged,
    /// Whole and not opened, or not to be judged. The letterbox must keep it and nothing is wrong with its copy.
    LeftOut,
    /// Opened to its authentic end, in a complete folder.
    Held,
}

/// A tip that was not opened.
#[derive(Debug)]
pub(super) struct Refused {
    /// Why.
    pub(super) reason: NotOpened,
    /// What that means for the letterbox.
    pub(super) fate: Fate,
    /// The same for a person.
    pub(super) remark: Option<&'static str>,
}

/// What one pickup brought, for its acknowledgement.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// The pickup's file.
    pub file: PathBuf,
    /// The id in its manifest, as it stands there.
    pub id: String,
    /// The site in its manifest, as it stands there.
    pub site: String,
    /// Tips that lie open in complete folders, durably.
    pub holds: BTreeSet<TipId>,
    /// Tips whose bytes are not those that their ids name.
    pub damaged: BTreeSet<TipId>,
}

const CHANGED: &str = "its bytes are not those of this id, so they were changed on the way; the letterbox keeps its copy, so ask the courier for it again";
const WHOLE: &str = "it is as the letterbox has it, and stays there: only opened tips are acknowledged";

impl Refused {
    /// A tip that no pickup named: nothing is said of it to the letterbox.
    pub(super) fn unnamed(reason: NotOpened) -> Self {
        Self { reason, fate: Fate::LeftOut, remark: None }
    }

    /// A tip of `len` bytes that should have this id. `again` gives its bytes anew, from the first.
    pub(super) fn named<R: Read>(
        reason: NotOpened,
        id: &TipId,
        len: u64,
        again: impl FnOnce() -> io::Result<R>,
    ) -> Self {
        // Neither the stick's fault nor the disk's says anything of the tip.
        if matches!(reason, NotOpened::Medium(_) | NotOpened::Output(_)) {
            return Self::unnamed(reason);
        }
        let (fate, remark) = match again().and_then(|bytes| id_of(bytes, len)) {
            Ok(found) if found.as_ref() == Some(id) => (Fate::LeftOut, Some(WHOLE)),
            Ok(_) => (Fate::Damaged, Some(CHANGED)),
            Err(_) => (Fate::LeftOut, None),
        };
        Self { reason, fate, remark }
    }

    /// A tip whose end is missing in the pickup.
    pub(super) fn cut() -> Self {
        Self { reason: NotOpened::Cut, fate: Fate::Damaged, remark: Some(CHANGED) }
    }
}

/// The id of a sealed tip of `len` bytes; `None` when they have not the form of one.
fn id_of(mut input: impl Read, len: u64) -> io::Result<Option<TipId>> {
    let head = match sealed::read_head(&mut input) {
        Ok(head) => head,
        Err(NotOpened::Medium(e)) => return Err(e),
        Err(_) => return Ok(None),
    };
    let recipients = sealed::recipients(&head);
    let Some(padded) = Padded::from_sealed_len(recipients, len) else { return Ok(None) };
    let mut hasher = TipHasher::new(recipients, padded);
    hasher.update(&head);
    let mut left = len.saturating_sub(u64::try_from(head.len()).unwrap_or(u64::MAX));
    let mut piece = Vec::new();
    while left > 0 {
        piece.clear();
        let read = input.by_ref().take(left.min(PIECE)).read_to_end(&mut piece)?;
        if read == 0 {
            return Ok(None);
        }
        hasher.update(&piece);
        left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok(Some(hasher.finish()))
}

/// So much is read at once, in bytes.
const PIECE: u64 = 1 << 20;
