//! Going through a pickup: manifest, tips, `SHA256SUMS`. Each claim is compared with what is there.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use tipline_wire::date::Date;
use tipline_wire::pickup::{self, Manifest};
use tipline_wire::tip_id::TipId;
use tipline_wire::ustar::Header;

use super::Opening;
use super::batch::{self, Origin, Outcome, SMALL, Small};
use super::verdict::{State, Verdict};
use crate::archive::{Archive, Item};
use crate::error::Error;

/// Small tips are opened together when they reach this many bytes …
const BATCH_BYTES: u64 = 16 << 20;
/// … or this many tips.
const BATCH_TIPS: usize = 256;
/// More entries than any line ever gets between two pickups; what is behind them is not read.
const MOST_ENTRIES: usize = 1_000_000;
/// A line of `SHA256SUMS` is shorter than this, in bytes.
const LONGEST_LINE: u64 = 512;

/// What was seen so far.
#[derive(Default)]
struct Seen {
    /// Entries by the id in their name, with their digest where it is known. All go through `Opening::settle`.
    tips: HashMap<TipId, Option<[u8; 32]>>,
    bytes: u64,
    manifest: Option<Manifest>,
    sums: Option<Sums>,
    waiting: Vec<Small>,
    waiting_bytes: u64,
}

#[derive(Default)]
struct Sums {
    listed: HashMap<TipId, [u8; 32]>,
    malformed: u64,
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
            return Ok(());
        }
        self.flush(&mut seen)?;
        seen.compare().into_iter().try_for_each(|wrong| self.say(Verdict::fault(path, wrong)))
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
            pickup::MANIFEST => seen.manifest = read_manifest(content, header.size),
            pickup::SUMS => seen.sums = Some(read_sums(content, header.size)),
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
            if batch::opened_before(self.out, week, &id).is_some() {
                return self.say(Verdict::not_opened(
                    &origin,
                    &"the pickup holds it twice; this is the second, and was passed over",
                ));
            }
        }
        seen.tips.insert(id, None);
        if let Some(folder) = batch::opened_before(self.out, week, &id) {
            self.listener.progress(size);
            return self.say(Verdict::in_folder(
                State::Before,
                id.to_string(),
                week.to_string(),
                folder,
                Vec::new(),
            ));
        }
        let left = content.stream_position().map(|at| len.saturating_sub(at)).unwrap_or(0);
        if size > SMALL {
            self.flush(seen)?;
            let outcome = batch::open_one(self.desk(), content, size, Some(named), self.cores);
            self.listener.progress(size);
            return self.settle_and_note(vec![(origin, outcome)], seen);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(left)).unwrap_or(0));
        // A short or failed read shows as a tip that is cut off.
        let _ = content.take(size).read_to_end(&mut bytes);
        if u64::try_from(bytes.len()).is_ok_and(|read| read < size) {
            self.flush(seen)?;
            return self.say(Verdict::not_opened(
                &origin,
                &"it is cut off: its end is missing. Nothing of it was kept",
            ));
        }
        seen.waiting.push(Small { named, bytes });
        seen.waiting_bytes = seen.waiting_bytes.saturating_add(size);
        if seen.waiting_bytes >= BATCH_BYTES || seen.waiting.len() >= BATCH_TIPS {
            self.flush(seen)
        } else {
            Ok(())
        }
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
        for (origin, outcome) in &outcomes {
            if let (Origin::Pickup { id, .. }, Ok(opened)) = (origin, outcome) {
                seen.tips.insert(*id, opened.digest);
            }
        }
        self.settle(outcomes)
    }
}

impl Seen {
    /// Not one entry of a pickup.
    fn is_nothing(&self) -> bool {
        self.tips.is_empty() && self.manifest.is_none() && self.sums.is_none()
    }

    /// What the pickup claims and what it holds, where they differ.
    fn compare(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let count = u64::try_from(self.tips.len()).unwrap_or(u64::MAX);
        match &self.manifest {
            None => wrong.push("its manifest is missing or damaged; its tips were opened all the same".into()),
            Some(m) if (m.count, m.bytes) != (count, self.bytes) => wrong.push(format!(
                "its manifest speaks of {} tips with {} bytes, but it holds {count} with {}; ask the courier for it again",
                m.count, m.bytes, self.bytes
            )),
            Some(_) => {}
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
        let missing = sums.listed.keys().filter(|id| !self.tips.contains_key(id));
        wrong.extend(missing.map(|id| {
            format!("its SHA256SUMS lists {id}, which is not in it; ask the courier for it again")
        }));
        for (id, digest) in &self.tips {
            match (sums.listed.get(id), digest) {
                (None, _) => wrong.push(format!("its SHA256SUMS does not list {id}")),
                (Some(listed), Some(found)) if listed != found => {
                    wrong.push(format!("its SHA256SUMS has another digest for {id}"))
                }
                _ => {}
            }
        }
        wrong.sort();
        wrong
    }
}

fn read_manifest(content: &mut File, size: u64) -> Option<Manifest> {
    let mut bytes = Vec::new();
    content.take(size.min(pickup::LONGEST_MANIFEST)).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok().filter(|manifest: &Manifest| manifest.schema == pickup::SCHEMA)
}

fn read_sums(content: &mut File, size: u64) -> Sums {
    let mut sums = Sums::default();
    let mut input = BufReader::new(content.take(size));
    let mut line = String::new();
    while sums.listed.len() < MOST_ENTRIES {
        line.clear();
        match input.by_ref().take(LONGEST_LINE).read_line(&mut line) {
            Ok(0) => break,
            Ok(_) => {}
            // Not text, or not readable: say so once and stop.
            Err(_) => {
                sums.malformed = sums.malformed.saturating_add(1);
                break;
            }
        }
        match pickup::parse_sums_line(line.trim_end_matches('\n')) {
            Some((_, pickup::MANIFEST)) => {}
            Some((digest, name)) if let Some((_, id)) = pickup::parse_tip_name(name) => {
                sums.listed.insert(id, digest);
            }
            _ => sums.malformed = sums.malformed.saturating_add(1),
        }
    }
    sums
}
