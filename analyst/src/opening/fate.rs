//! What the desk can say of a tip to the letterbox. Only what is *held* may ever be erased there, so every doubt is none.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};

use super::batch::Desk;
use super::{UNOPENED, Unopened};
use crate::sealed::{self, NotOpened};
use crate::workroom::{make_folder, sync_folder};

/// What is known of a tip that a pickup names. Of several copies the highest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Its bytes are not those that its id names: it was changed on the way.
    Damaged,
    /// Whole and not opened, or not to be judged. The letterbox must keep it and nothing is wrong with its copy.
    LeftOut,
    /// Opened to its authentic end, in a complete folder; or kept sealed, whole.
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
    pub(super) remark: Option<String>,
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
    /// Tips that lie open in complete folders, or sealed in [`Unopened`]'s, durably.
    pub holds: BTreeSet<TipId>,
    /// Tips whose bytes are not those that their ids name.
    pub damaged: BTreeSet<TipId>,
}

const CHANGED: &str = "its bytes are not those of this id, so they were changed on the way; the letterbox keeps its copy, so ask the courier for it again";
const STRANGE: &str = "it stays in the letterbox: this ring has no key of that week at all, so is it the right one, and all of it?";
const WHOLE: &str = "it is as the letterbox has it, and stays there: only opened tips are acknowledged, or with --keep-unopened those that are kept sealed";

impl Refused {
    /// A tip that no pickup named: nothing is said of it to the letterbox.
    pub(super) fn unnamed(reason: NotOpened) -> Self {
        Self { reason, fate: Fate::LeftOut, remark: None }
    }

    /// A tip of `len` bytes that should have this id. `again` gives its bytes anew, from the first.
    pub(super) fn named<R: Read>(
        reason: NotOpened,
        named: (Date, TipId),
        len: u64,
        desk: Desk<'_>,
        again: impl FnOnce() -> io::Result<R>,
    ) -> Self {
        // Neither the stick's fault nor the disk's says anything of the tip.
        if matches!(reason, NotOpened::Medium(_) | NotOpened::Output(_)) {
            return Self::unnamed(reason);
        }
        // With a ring that has no key of that week at all, nothing can be said of the tip.
        let is_strange = matches!(reason, NotOpened::NoKey)
            && desk.ring.weeks().iter().all(|week| week.epoch.start != named.0);
        let unopened = if is_strange { Unopened::Left } else { desk.unopened };
        let whole = if is_strange { STRANGE } else { WHOLE };
        let judged = again().and_then(|bytes| match unopened {
            Unopened::Left => Ok((id_of(bytes, len, &mut io::sink())? == Some(named.1))
                .then_some((Fate::LeftOut, whole.into()))),
            Unopened::Kept => keep(bytes, len, named, desk),
        });
        let (fate, remark) = match judged {
            Ok(Some((fate, remark))) => (fate, Some(remark)),
            Ok(None) => (Fate::Damaged, Some(CHANGED.into())),
            Err(_) if unopened == Unopened::Left => (Fate::LeftOut, None),
            Err(e) => (
                Fate::LeftOut,
                Some(format!("it could not be kept sealed ({e}); make room and run it again")),
            ),
        };
        Self { reason, fate, remark }
    }

    /// A tip whose end is missing in the pickup.
    pub(super) fn cut() -> Self {
        Self { reason: NotOpened::Cut, fate: Fate::Damaged, remark: Some(CHANGED.into()) }
    }
}

/// Keeps a tip sealed, durably; `None` when its bytes are not those of its id.
fn keep(
    bytes: impl Read,
    len: u64,
    (week, id): (Date, TipId),
    desk: Desk<'_>,
) -> io::Result<Option<(Fate, String)>> {
    const DRAFT: &str = "tip.age";
    let (draft, name) = (desk.room.draft()?, format!("{week}-{id}.age"));
    let mut file = draft.file(DRAFT)?;
    if id_of(bytes, len, &mut file)? != Some(id) {
        return Ok(None);
    }
    file.sync_all()?;
    let folder = desk.out.join(UNOPENED);
    make_folder(&folder)?;
    sync_folder(desk.out)?;
    draft.release(DRAFT, &folder.join(&name))?;
    sync_folder(&folder)?;
    Ok(Some((
        Fate::Held,
        format!("it is kept sealed as {UNOPENED}/{name}, and the letterbox may erase its copy"),
    )))
}

/// The id of a sealed tip of `len` bytes; `None` when they have not the form of one. What was read is copied.
fn id_of(mut input: impl Read, len: u64, copy: &mut impl Write) -> io::Result<Option<TipId>> {
    let head = match sealed::read_head(&mut input) {
        Ok(head) => head,
        Err(NotOpened::Medium(e)) => return Err(e),
        Err(_) => return Ok(None),
    };
    let recipients = sealed::recipients(&head);
    let Some(padded) = Padded::from_sealed_len(recipients, len) else { return Ok(None) };
    let mut hasher = TipHasher::new(recipients, padded);
    hasher.update(&head);
    copy.write_all(&head)?;
    let mut left = len.saturating_sub(u64::try_from(head.len()).unwrap_or(u64::MAX));
    let mut piece = Vec::new();
    while left > 0 {
        piece.clear();
        let read = input.by_ref().take(left.min(PIECE)).read_to_end(&mut piece)?;
        if read == 0 {
            return Ok(None);
        }
        hasher.update(&piece);
        copy.write_all(&piece)?;
        left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok(Some(hasher.finish()))
}

/// So much is read at once, in bytes.
const PIECE: u64 = 1 << 20;
