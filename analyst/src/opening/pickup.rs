//! Going through a pickup: manifest, tips, `SHA256SUMS`. Each claim is compared with what is there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};
use tipline_wire::date::Date;
use tipline_wire::pickup;
use tipline_wire::tip_id::TipId;
use tipline_wire::ustar::Header;

use super::Opening;
use super::batch::{self, Before, Origin, Outcome, SMALL, Small};
use super::claims::{Manifests, Sums};
use super::fate::{Account, Fate, Refused};
use super::verdict::{State, Verdict};
use crate::archive::{Archive, Item};
use crate::error::Error;
use crate::sealed::NotOpened;

/// Small tips are opened together when they reach this many bytes …
const BATCH_BYTES: u64 = 16 << 20;
/// … or this many tips.
const BATCH_TIPS: usize = 256;
/// More entries than any line ever gets between two pickups; what is behind them is not read.
pub(super) const MOST_ENTRIES: usize = 1_000_000;

/// What was seen so far.
#[derive(Default)]
struct Seen {
    /// Tips by the id in their entry's name.
    tips: HashMap<TipId, Tip>,
    bytes: u64,
    manifest: Manifests,
    sums: Option<Sums>,
    waiting: Vec<Small>,
    waiting_bytes: u64,
}

/// What is known of a tip by its best copy.
#[derive(Clone, Copy)]
struct Tip {
    fate: Fate,
    /// SHA-256 of the entry, where it is known.
    digest: Option<[u8; 32]>,
}

impl Opening<'_> {
    pub(super) fn open_pickup(&mut self, path: &Path, file: File, len: u64) -> Result<(), Error> {
        let mut archive = Archive::new(file);
        let mut seen = Seen::default();
        loop {
            let wrong = match archive.item() {
                Ok(Item::Entry(header)) if seen.tips.len() < MOST_ENTRIES => {
                    self.entry(path, &header, &mut archive, len, &mut seen)?;
                    continue;
                }
                Ok(Item::Entry(_)) => format!("it has over {MOST_ENTRIES} entries; the rest was not read"),
                Ok(Item::Damage(bytes)) => {
                    self.flush(&mut seen)?;
                    self.say(Verdict::fault(path, format!("{bytes} bytes in it are no entry of a pickup and were passed over")))?;
                    continue;
                }
                Ok(Item::Cut) if seen.is_nothing() => "it is neither a pickup nor a sealed tip, or cut off at its beginning; look whether it is the right file, or ask the courier for it again".into(),
                Ok(Item::Cut) => "it is cut off or was never finished: what is whole was opened; ask the courier for it again".into(),
                Ok(Item::End) => break,
                Err(e) => format!("it can't be read to its end ({e}); copy it again"),
            };
            self.flush(&mut seen)?;
            self.say(Verdict::fault(path, wrong))?;
            self.done.accounts.extend(seen.account(path));
            return Ok(());
        }
        self.flush(&mut seen)?;
        seen.compare().into_iter().try_for_each(|wrong| self.say(Verdict::fault(path, wrong)))?;
        self.done.accounts.extend(seen.account(path));
        Ok(())
    }

    fn entry(
        &mut self,
        path: &Path,
        header: &Header,
        archive: &mut Archive<File>,
        len: u64,
        seen: &mut Seen,
    ) -> Result<(), Error> {
        let content = archive.content();
        if let Some((week, id)) = pickup::parse_tip_name(&header.name) {
            return self.tip((week, id), header.size, content, len, seen);
        }
        match header.name.as_str() {
            pickup::MANIFEST => seen.manifest = std::mem::take(&mut seen.manifest).and(content, header.size),
            pickup::SUMS => seen.sums = Some(Sums::read(content, header.size)),
            name => {
                self.say(Verdict::fault(
                    path,
                    format!("it holds \"{name}\", which belongs in no pickup and was passed over"),
                ))?;
            }
        }
        Ok(())
    }

    fn tip(
        &mut self,
        named: (Date, TipId),
        size: u64,
        content: &mut File,
        len: u64,
        seen: &mut Seen,
    ) -> Result<(), Error> {
        let (week, id) = named;
        let origin = Origin::Pickup { week, id };
        seen.bytes = seen.bytes.saturating_add(size);
        if seen.tips.contains_key(&id) {
            // The first may still wait. Where it did not open, the second may be whole.
            self.flush(seen)?;
            if Before::find(self.out, week, &id).is_some() {
                let twice = "the pickup holds it twice; this is the second, and was passed over";
                return self.say(Verdict::not_opened(&origin, vec![twice.into()]));
            }
        }
        if let Some(before) = Before::find(self.out, week, &id) {
            // Its digest is compared again, so that a pickup is acknowledged alike however often it is opened.
            let digest = if size > SMALL { None } else { digest_of(content.take(size)) };
            seen.note(id, before.fate, digest);
            self.listener.progress(size);
            let (id, week) = (id.to_string(), week.to_string());
            return self.say(Verdict::in_folder(State::Before, id, week, before.folder, before.remarks));
        }
        seen.note(id, Fate::Damaged, None);
        if size > SMALL {
            self.flush(seen)?;
            let outcome = self.open_large(named, size, content);
            self.listener.progress(size);
            return self.settle_and_note(vec![(origin, outcome)], seen);
        }
        let left = content.stream_position().map(|at| len.saturating_sub(at)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(left)).unwrap_or(0));
        // A short or failed read shows as a tip that is cut off.
        let _ = content.take(size).read_to_end(&mut bytes);
        if u64::try_from(bytes.len()).is_ok_and(|read| read < size) {
            self.flush(seen)?;
            return self.settle_and_note(vec![(origin, Err(Refused::cut()))], seen);
        }
        seen.waiting.push(Small { named, bytes });
        seen.waiting_bytes = seen.waiting_bytes.saturating_add(size);
        if seen.waiting_bytes >= BATCH_BYTES || seen.waiting.len() >= BATCH_TIPS {
            self.flush(seen)
        } else {
            Ok(())
        }
    }

    fn open_large(
        &self,
        named: (Date, TipId),
        size: u64,
        content: &mut File,
    ) -> Result<batch::Opened, Refused> {
        let start = content.stream_position().map_err(|e| Refused::unnamed(NotOpened::Medium(e)))?;
        batch::open_one(self.desk(), &mut *content, size, Some(named), self.cores).map_err(|reason| {
            Refused::named(reason, named, size, self.desk(), || {
                content.seek(SeekFrom::Start(start))?;
                Ok(content.take(size))
            })
        })
    }

    /// Opens the small tips that wait.
    fn flush(&mut self, seen: &mut Seen) -> Result<(), Error> {
        if seen.waiting.is_empty() {
            return Ok(());
        }
        let outcomes = batch::open_small(self.desk(), std::mem::take(&mut seen.waiting), self.cores);
        self.listener.progress(std::mem::take(&mut seen.waiting_bytes));
        self.settle_and_note(outcomes, seen)
    }

    fn settle_and_note(&mut self, outcomes: Vec<Outcome>, seen: &mut Seen) -> Result<(), Error> {
        let digest = |outcome: &Result<batch::Opened, Refused>| outcome.as_ref().ok().and_then(|o| o.digest);
        let known: Vec<_> =
            outcomes.iter().map(|(origin, outcome)| (origin.clone(), digest(outcome))).collect();
        let fates = self.settle(outcomes)?;
        for ((origin, digest), fate) in known.into_iter().zip(fates) {
            if let Origin::Pickup { id, .. } = origin {
                seen.note(id, fate, digest);
            }
        }
        Ok(())
    }
}

impl Seen {
    /// Not one entry of a pickup.
    fn is_nothing(&self) -> bool {
        self.tips.is_empty() && matches!(self.manifest, Manifests::None) && self.sums.is_none()
    }

    /// Of several copies the best counts, and of its equals the last.
    fn note(&mut self, id: TipId, fate: Fate, digest: Option<[u8; 32]>) {
        match self.tips.entry(id) {
            Entry::Occupied(known) if known.get().fate > fate => {}
            Entry::Occupied(mut known) => drop(known.insert(Tip { fate, digest })),
            Entry::Vacant(new) => drop(new.insert(Tip { fate, digest })),
        }
    }

    /// What may be said of it to the letterbox; `None` when it can't be told which pickup it is.
    fn account(&self, path: &Path) -> Option<Account> {
        let Manifests::One(manifest, digest) = &self.manifest else { return None };
        let sums = self.sums.as_ref();
        sums.is_none_or(|sums| sums.manifest == Some(*digest)).then_some(())?;
        let with = |fate| self.tips.iter().filter(move |(_, tip)| tip.fate == fate);
        let as_listed = |id: &TipId, tip: &Tip| sums.is_none_or(|sums| !sums.contradicts(id, tip.digest));
        Some(Account {
            file: path.to_owned(),
            id: manifest.id.clone(),
            site: manifest.site.clone(),
            holds: with(Fate::Held).filter(|(id, tip)| as_listed(id, tip)).map(|(id, _)| *id).collect(),
            damaged: with(Fate::Damaged).map(|(id, _)| *id).collect(),
        })
    }

    /// What the pickup claims and what it holds, where they differ.
    fn compare(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let count = u64::try_from(self.tips.len()).unwrap_or(u64::MAX);
        match &self.manifest {
            Manifests::None | Manifests::Bad => wrong.push(
                "its manifest is missing or damaged, or there twice; its tips were opened all the same, but can't be acknowledged".into(),
            ),
            Manifests::One(m, _) if (m.count, m.bytes) != (count, self.bytes) => wrong.push(format!(
                "its manifest speaks of {} tips with {} bytes, but it holds {count} with {}; ask the courier for it again",
                m.count, m.bytes, self.bytes
            )),
            Manifests::One(..) => {}
        }
        if matches!(&self.manifest, Manifests::One(m, _) if m.complete_through.is_none()) {
            wrong.push(
                "tips may be missing in it: a part of the letterbox's store is damaged; ask whoever runs it what is lost".into(),
            );
        }
        match &self.sums {
            None => wrong.push("its SHA256SUMS is missing; its tips were opened all the same".into()),
            Some(sums) => wrong.extend(self.compare_sums(sums)),
        }
        wrong
    }

    /// The digest of a tip of several parts isn't taken: its id, which is, covers the same bytes.
    fn compare_sums(&self, sums: &Sums) -> Vec<String> {
        let mut wrong = Vec::new();
        if sums.malformed > 0 {
            wrong.push(format!("{} lines of its SHA256SUMS are malformed", sums.malformed));
        }
        if let Manifests::One(_, digest) = &self.manifest
            && sums.manifest != Some(*digest)
        {
            wrong.push(
                "its SHA256SUMS has another digest for its manifest, so its tips can't be acknowledged; ask the courier for it again".into(),
            );
        }
        let missing = sums.listed.keys().filter(|id| !self.tips.contains_key(id));
        wrong.extend(missing.map(|id| {
            format!("its SHA256SUMS lists {id}, which is not in it; ask the courier for it again")
        }));
        for (id, tip) in &self.tips {
            if !sums.listed.contains_key(id) {
                wrong.push(format!("its SHA256SUMS does not list {id}"));
            } else if sums.contradicts(id, tip.digest) {
                wrong.push(format!("its SHA256SUMS has another digest for {id}; it is not acknowledged"));
            }
        }
        wrong.sort();
        wrong
    }
}

/// SHA-256 of all that can be read.
fn digest_of(content: impl Read) -> Option<[u8; 32]> {
    let mut bytes = Vec::new();
    content.take(SMALL).read_to_end(&mut bytes).ok()?;
    Some(Sha256::digest(&bytes).into())
}
