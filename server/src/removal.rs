//! Acknowledgements as they arrive, and the sweep that removes what they release: at the start, each day, after each one.
//!
//! Which tips may go is decided in [`crate::acknowledgements`]; here the words are verified, kept and counted, and the
//! store is told. A word counts only while a desk of the intake document in force signed it, so each sweep verifies anew.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;
use tipline_wire::ack::{self, Ack};
use tipline_wire::hex;
use tipline_wire::signed;
use tipline_wire::tip_id::TipId;
use tokio::task::spawn_blocking;

use crate::acknowledgements::{Rule, Tally, Verdict};
use crate::calendar::{Calendar, Seen};
use crate::documents::published::{of_desk, text};
use crate::documents::{DocumentError, Kind, Published};
use crate::journal::{self, Entry};
use crate::office::Office;
use crate::store::{Document, Letterbox, StoreError};
use crate::world::World;

/// What an office keeps for removals.
#[derive(Debug)]
pub struct Removal {
    rule: Rule,
    calendar: Mutex<Calendar>,
    /// Held while an acknowledgement is compared with the one it replaces.
    arriving: Mutex<()>,
    /// Held while a sweep goes on.
    sweeping: tokio::sync::Mutex<Begun>,
}

/// Whether this process has removed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    No,
    Yes,
}

/// An acknowledgement that was kept.
#[derive(Debug)]
pub struct Heard {
    desk: String,
    ack: Ack,
}

impl Removal {
    /// With the calendar as it was kept, if there is one. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    pub fn open(store: &impl Letterbox, rule: Rule, world: &World) -> Result<Self, StoreError> {
        let kept = store.document(&Document::Calendar)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let kept = kept.and_then(|text| Calendar::parse(&text, world.elapsed()));
        let calendar = kept.unwrap_or_else(|| Calendar::new(world.today(), world.elapsed()));
        let mut days = 0;
        for document in acks(store)? {
            let bytes = store.document(&document)?.unwrap_or_default();
            days = days.max(arrival(&bytes).map_or(0, |(day, _)| day));
        }
        let calendar = Mutex::new(calendar.at_least(days));
        Ok(Self { rule, calendar, arriving: Mutex::default(), sweeping: tokio::sync::Mutex::new(Begun::No) })
    }

    fn days(&self) -> u32 {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner).days()
    }
}

impl<S: Letterbox> Office<S> {
    /// Verifies an acknowledgement, document then signature, and keeps it with the day of running. Blocks.
    ///
    /// # Errors
    /// No desk in force signed it, it is for another letterbox, or it could not be kept.
    pub fn acknowledge(&self, body: &Bytes) -> Result<Heard, DocumentError> {
        let shown = self.shown();
        let intake = shown.in_force.desks()?;
        let (ack, desk) = verify(body, intake)?;
        let _one_at_a_time = self.removal.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Document::Acknowledgement { pickup: ack.pickup, desk: desk.clone() };
        let before = self.store.document(&place)?;
        let before = before.as_deref().and_then(arrival).map(|(_, body)| body);
        // The document counts: its signature's lines could be broken anew, to look like a word that came later.
        let document = |body: &[u8]| signed::split(body).map(|(document, _)| document.to_vec());
        if before.and_then(document).is_none_or(|before| Some(before) != document(body)) {
            if let Some((before, _)) = before.and_then(|before| verify(before, intake).ok()) {
                // Whoever brings another word for the same pickup can't make whole what the desk called damaged.
                match before.damaged.difference(&ack.damaged).count() {
                    0 => {}
                    damaged => return Err(DocumentError::SaidDamaged(damaged)),
                }
            }
            let arrived = format!("day {}\n", self.removal.days());
            self.store.publish(&place, &[arrived.as_bytes(), body].concat())?;
        }
        Ok(Heard { desk, ack })
    }

    /// What may go and what waits, by all acknowledgements in force. Blocks.
    ///
    /// # Errors
    /// The disk failed.
    pub fn verdict(&self) -> Result<Verdict, StoreError> {
        let shown = self.shown();
        let Some(intake) = shown.in_force.intake.as_deref() else { return Ok(Verdict::default()) };
        let mut tally = Tally::new(&intake.intake().desks);
        for document in acks(&self.store)? {
            let bytes = self.store.document(&document)?.unwrap_or_default();
            let Some((day, body)) = arrival(&bytes) else { continue };
            if let Ok((ack, desk)) = verify(body, intake) {
                tally.add(&desk, day, &ack);
            }
        }
        let mut verdict = tally.judge(self.removal.days(), self.removal.rule);
        verdict.go.retain(|id| self.store.has(id));
        verdict.wait.retain(|id| self.store.has(id));
        Ok(verdict)
    }

    /// Counts the day, removes what may go, and withdraws acknowledgements of which nothing is left.
    ///
    /// A tip whose volume others still need is hidden, until the server starts anew; then it has to be said again that it
    /// may go. So an acknowledgement is withdrawn only when nothing it names is on the disk any more.
    ///
    /// # Errors
    /// The store failed; the next sweep tries again.
    pub async fn sweep(self: &Arc<Self>) -> Result<Verdict, StoreError> {
        let mut begun = self.removal.sweeping.lock().await;
        let office = Arc::clone(self);
        let judged = blocking(move || office.look_and_judge()).await?;
        let Some(verdict) = judged else { return Ok(Verdict::default()) };
        if *begun == Begun::No {
            // Nothing is hidden yet.
            self.withdraw(self.spent().await?).await?;
            *begun = Begun::Yes;
        }
        if !verdict.go.is_empty() {
            let removed = self.store.remove(verdict.go.clone()).await?;
            self.forget_pickups_of(&verdict.go);
            journal::write(&Entry::Removed { tips: removed.tips, waiting: removed.waiting });
        }
        let spent = self.spent().await?;
        if !spent.is_empty() && self.store.remove(BTreeSet::new()).await?.waiting == 0 {
            self.withdraw(spent).await?;
        }
        Ok(verdict)
    }

    /// `None` when nothing was acknowledged: then not even a day need be counted.
    fn look_and_judge(&self) -> Result<Option<Verdict>, StoreError> {
        if acks(&self.store)?.is_empty() {
            return Ok(None);
        }
        self.count_today()?;
        self.verdict().map(Some)
    }

    /// The day counts only once it is kept, so that no restart counts it again.
    fn count_today(&self) -> Result<(), StoreError> {
        let mut calendar = self.removal.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        let mut looked = *calendar;
        if let Seen::Jump { from, to } = looked.look(self.world.today(), self.world.elapsed()) {
            journal::write(&Entry::ClockJumped { from: from.to_string(), to: to.to_string() });
        }
        if looked.to_text() != calendar.to_text() {
            self.store.publish(&Document::Calendar, looked.to_text().as_bytes())?;
        }
        *calendar = looked;
        Ok(())
    }

    /// The acknowledgements that name no tip which is listed. A damaged one is none: it releases nothing, and somebody may
    /// want to look at it.
    async fn spent(self: &Arc<Self>) -> Result<Vec<Document>, StoreError> {
        let office = Arc::clone(self);
        let is_spent = move |document: &Document| -> Result<bool, StoreError> {
            let bytes = office.store.document(document)?.unwrap_or_default();
            let ack = arrival(&bytes).and_then(|(_, body)| read(body).ok());
            Ok(ack.is_some_and(|ack| !ack.holds.iter().chain(&ack.damaged).any(|id| office.store.has(id))))
        };
        let office = Arc::clone(self);
        blocking(move || {
            let mut spent = Vec::new();
            for document in acks(&office.store)? {
                if is_spent(&document)? {
                    spent.push(document);
                }
            }
            Ok(spent)
        })
        .await
    }

    async fn withdraw(self: &Arc<Self>, documents: Vec<Document>) -> Result<(), StoreError> {
        let office = Arc::clone(self);
        blocking(move || documents.iter().try_for_each(|document| office.store.withdraw(document))).await
    }
}

impl Heard {
    /// What was kept and what follows, for whoever handed it in.
    #[must_use]
    pub fn sentence(&self, swept: &Result<Verdict, StoreError>) -> String {
        let (desk, held, damaged) = (&self.desk, self.ack.holds.len(), self.ack.damaged.len());
        let pickup = hex::encode(&self.ack.pickup);
        let kept = format!("desk {desk} has {held} tips of pickup {pickup}; {damaged} came damaged and stay");
        match swept {
            Ok(verdict) => {
                let of = |ids: &BTreeSet<TipId>| self.ack.holds.intersection(ids).count();
                let (gone, waiting) = (of(&verdict.go), of(&verdict.wait));
                format!(
                    "{kept}. Of those it has, {gone} are removed now, {waiting} after their days of grace"
                )
            }
            Err(fault) => format!("{kept}. Removing failed ({fault}); it is tried again every day"),
        }
    }
}

/// The acknowledgements that are kept.
fn acks(store: &impl Letterbox) -> Result<Vec<Document>, StoreError> {
    let all = store.documents()?.into_iter();
    Ok(all.filter(|document| matches!(document, Document::Acknowledgement { .. })).collect())
}

/// The day of running on which it arrived, and the body; `None` when the file is damaged.
fn arrival(kept: &[u8]) -> Option<(u32, &[u8])> {
    let end = kept.iter().take(20).position(|byte| *byte == b'\n')?;
    let (line, body) = (kept.get(..end)?, kept.get(end.checked_add(1)?..)?);
    let day = std::str::from_utf8(line).ok()?.strip_prefix("day ")?.parse().ok()?;
    Some((day, body))
}

/// An acknowledgement of one of the desks to this letterbox, with the desk's name.
fn verify(body: &[u8], intake: &Published) -> Result<(Ack, String), DocumentError> {
    let (document, signature) = signed::split(body).ok_or(DocumentError::NotSigned)?;
    if Kind::of(document) != Some(Kind::Ack) {
        return Err(DocumentError::NotAnAck);
    }
    let (ack, desk) = of_desk(ack::read(text(document)?, signature)?, intake)?;
    let (found, here) = (&ack.site, &intake.intake().site);
    if found == here {
        Ok((ack, desk))
    } else {
        Err(DocumentError::OtherSite { found: found.to_string(), here: here.to_string() })
    }
}

/// What an acknowledgement says, whoever said it.
fn read(body: &[u8]) -> Result<Ack, DocumentError> {
    let (document, _) = signed::split(body).ok_or(DocumentError::NotSigned)?;
    Ok(Ack::parse(text(document)?)?)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(StoreError::Broken("a task failed".into())))
}
