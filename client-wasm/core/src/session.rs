//! What the page's module keeps between two calls: the line, the files being cleaned, the tip being sealed.
//!
//! Every method answers one of the numbers below; what is longer than a number lies in [`Session::output`], text as
//! JSON. `abi` only translates pointers.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use tipline_envelope::receipt::Receipt;
use tipline_envelope::{Fresh, SealError, tip};
use tipline_wire::date::Date;
use tipline_wire::upload::{self, Declared};
use zeroize::Zeroizing;

use crate::clean::{self, Content, Planner};
use crate::documents::{Documents, Line, Reason};
use crate::finished::Finished;
use crate::notice::Reading;
use crate::parts::{self, PartSealing};
use crate::said::{Failed, Found, Opened, Upload, Whole, answerable};
use crate::seal::TipSealing;

/// Finished; the output says how it went.
pub const DONE: u32 = 0;
/// The page must read a piece of a file: see [`Session::want`].
pub const READ: u32 = 1;
/// The output holds sealed bytes.
pub const SEALED: u32 = 2;
/// It did not work; the output names the reason.
pub const FAILED: u32 = 3;
/// A part of an upload is complete; the output is its `Content-Digest`.
pub const PART: u32 = 4;

/// The most files that are looked at before the page is loaded again: several times what one tip holds.
const MOST_FILES: usize = 1_000;

/// One page's use of the core, from loading to Leave.
#[derive(Default)]
pub struct Session {
    output: Zeroizing<Vec<u8>>,
    want: Want,
    line: Option<Line>,
    board: Option<Reading>,
    files: Vec<File>,
    tip_json: Zeroizing<Vec<u8>>,
    chosen: Vec<Content>,
    sealing: Option<PartSealing>,
    finished: Option<Finished>,
}

/// A piece of an original file, which the page shall read.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Want {
    /// Which file, from 0 (while sealing: in the order in which they were added).
    pub file: u32,
    /// Where.
    pub at: u32,
    /// How many bytes, at most 64 KiB.
    pub len: u32,
}

enum File {
    Looking(Planner),
    Planned(Rc<clean::Plan>),
    Refused,
}

impl Session {
    /// What the last call gave.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// The read that the last call asked for.
    #[must_use]
    pub fn want(&self) -> Want {
        self.want
    }

    /// Checks the page's documents. `input` = host, a zero byte, fragment, a zero byte, the JSON block; `today` in days
    /// since 1970. Output: the line or the reason, with `"ok"`.
    pub fn check(&mut self, input: &[u8], today: u32) -> u32 {
        let line = read_check(input, today);
        match line {
            Ok((line, linked)) => {
                self.say(&Opened { ok: true, line: &line, linked });
                self.line = Some(line);
                DONE
            }
            Err(reason) => {
                self.line = None;
                self.say(&reason);
                FAILED
            }
        }
    }

    /// Begins to read the board, a body of `len` bytes of which `tail` is the end. Output of [`FAILED`]: the reason.
    pub fn board_start(&mut self, tail: &[u8], len: u32) -> u32 {
        self.board = usize::try_from(len).ok().and_then(|len| Reading::new(tail, len));
        match self.board {
            Some(_) => DONE,
            None => self.fail("strange"),
        }
    }

    /// Takes the next bytes of the body, from its start.
    pub fn board_feed(&mut self, bytes: &[u8]) -> u32 {
        match &mut self.board {
            Some(board) => {
                board.feed(bytes);
                DONE
            }
            None => self.fail("out-of-turn"),
        }
    }

    /// The whole body was fed; `today` in days since 1970. Output: what the board says, or the reason.
    pub fn board_end(&mut self, today: u32) -> u32 {
        let (Some(line), Some(board)) = (&self.line, self.board.take()) else {
            return self.fail("out-of-turn");
        };
        let Some(today) = i32::try_from(today).ok().and_then(Date::from_days) else {
            return self.fail("out-of-turn");
        };
        match board.finish(line, today) {
            Ok(notice) => {
                self.say(&notice);
                DONE
            }
            Err(reason) => {
                self.say(&reason);
                FAILED
            }
        }
    }

    /// Draws a receipt from [`tipline_envelope::receipt::RANDOM`] bytes of the system's generator. Output: its numbers, and what goes into a
    /// tip as its `answer`: `{"numbers","recipient","tag_key"}`. It is not kept here: the next output overwrites it.
    pub fn receipt(&mut self, random: &[u8]) -> u32 {
        let Some(line) = &self.line else { return self.fail("no-line") };
        let drawn = Receipt::draw(random).and_then(|receipt| answerable(&receipt, line));
        match drawn {
            Ok(answerable) => {
                self.output = answerable.to_json();
                DONE
            }
            Err(error) => self.fail(code(error)),
        }
    }

    /// Begins to look for hidden data in a file of `len` bytes; answers its number, or [`u32::MAX`].
    pub fn clean_start(&mut self, len: u32) -> u32 {
        match u32::try_from(self.files.len()) {
            Ok(number) if self.files.len() < MOST_FILES => {
                self.files.push(File::Looking(Planner::new(len.into())));
                number
            }
            _ => u32::MAX,
        }
    }

    /// Goes on looking: [`READ`], or [`DONE`] with what was found, or [`FAILED`] with why it can't be cleaned.
    pub fn clean_step(&mut self, number: u32) -> u32 {
        let Some(file) = usize::try_from(number).ok().and_then(|at| self.files.get_mut(at)) else {
            return self.fail("out-of-turn");
        };
        let File::Looking(planner) = file else { return self.fail("out-of-turn") };
        match planner.step() {
            clean::Step::Read { at, len } => self.ask(number, at, len),
            clean::Step::Done => self.planned(number),
            clean::Step::Refused(why) => {
                *file = File::Refused;
                self.fail(why.code())
            }
        }
    }

    /// Takes the bytes that were asked for; fewer mean that the file shrank.
    pub fn clean_feed(&mut self, number: u32, bytes: &[u8]) -> u32 {
        let whole = usize::try_from(self.want.len).is_ok_and(|len| len == bytes.len());
        match usize::try_from(number).ok().and_then(|at| self.files.get_mut(at)) {
            Some(File::Looking(planner)) if whole => {
                planner.feed(bytes);
                DONE
            }
            Some(File::Looking(_)) => self.fail("file-changed"),
            _ => self.fail("out-of-turn"),
        }
    }

    fn planned(&mut self, number: u32) -> u32 {
        let file = usize::try_from(number).ok().and_then(|at| self.files.get_mut(at));
        let Some(File::Looking(planner)) = file.map(|file| core::mem::replace(file, File::Refused)) else {
            return self.fail("out-of-turn");
        };
        let plan = match planner.into_plan() {
            Ok(plan) if plan.is_cleaned() => plan,
            Ok(plan) => return self.fail(plan.format().code()),
            Err(why) => return self.fail(why.code()),
        };
        let found = plan.findings().iter().map(|found| (found.kind.code(), found.value.as_deref())).collect();
        self.say(&Found { media_type: plan.format().media_type(), len: plan.new_len(), found });
        if let Some(file) = usize::try_from(number).ok().and_then(|at| self.files.get_mut(at)) {
            *file = File::Planned(Rc::new(plan));
        }
        DONE
    }

    /// Begins a tip of these bytes of `tip.json`; what was chosen before is dropped.
    pub fn tip(&mut self, tip_json: Zeroizing<Vec<u8>>) {
        self.tip_json = tip_json;
        self.chosen.clear();
        self.sealing = None;
        self.finished = None;
    }

    /// Adds a file without its hidden data.
    pub fn add_cleaned(&mut self, number: u32) -> u32 {
        match usize::try_from(number).ok().and_then(|at| self.files.get(at)) {
            Some(File::Planned(plan)) => {
                self.chosen.push(Content::Cleaned(Rc::clone(plan)));
                DONE
            }
            _ => self.fail("out-of-turn"),
        }
    }

    /// Adds a file of `len` bytes as it is.
    pub fn add_original(&mut self, len: u32) -> u32 {
        self.chosen.push(Content::Original { len: len.into() });
        DONE
    }

    /// Bytes of the tar that would be sealed; [`u32::MAX`] when it is more than one tip can hold.
    #[must_use]
    pub fn tar_len(&self) -> u32 {
        let sizes: Vec<u64> = self.chosen.iter().map(Content::len).collect();
        let len = tip::tar_len(self.tip_json.len(), &sizes);
        len.and_then(|len| u32::try_from(len).ok()).unwrap_or(u32::MAX)
    }

    /// Seals what was chosen with `random` bytes from the system's generator, used once.
    pub fn seal_start(&mut self, random: Zeroizing<Vec<u8>>) -> u32 {
        let Some(line) = &self.line else { return self.fail("no-line") };
        let chosen = core::mem::take(&mut self.chosen);
        match start(line, &self.tip_json, chosen, random) {
            Ok(sealing) => {
                self.sealing = Some(sealing);
                DONE
            }
            Err(error) => self.fail(code(error)),
        }
    }

    /// What the requests of an upload say, for the tip whose sealing has just begun, or the
    /// finished file, and a `token` of 32 random bytes.
    /// Output: `{"begin","authorization","parts","total"}`, the total in bytes.
    pub fn upload(&mut self, token: &[u8]) -> u32 {
        let Ok(token) = <&[u8; upload::TOKEN]>::try_from(token) else { return self.fail("out-of-turn") };
        let Some(declared) = self.declared() else { return self.fail("out-of-turn") };
        self.say(&Upload {
            begin: declared.body(),
            authorization: upload::authorization(token),
            parts: declared.parts(),
            total: declared.sealed_len(),
        });
        DONE
    }

    /// Begins to send a file of `len` bytes that was sealed elsewhere for the `week`-th of the line's `taken` weeks; `head` is
    /// its start. Output: whether it is `"whole"`, that is, goes in one request; or the reason.
    pub fn finished(&mut self, head: &[u8], len: u32, week: u32) -> u32 {
        let week = usize::try_from(week).ok();
        let Some(week) = self.line.as_ref().and_then(|line| line.taken.get(week?).copied()) else {
            return self.fail("out-of-turn");
        };
        self.sealing = None;
        match Finished::new(head, len.into(), week) {
            Ok(finished) => {
                self.say(&Whole { whole: finished.is_one_request() });
                self.finished = Some(finished);
                DONE
            }
            Err(reason) => self.fail(reason),
        }
    }

    /// Goes on with the parts of that file: [`READ`], or [`DONE`] with what commits the upload in the output.
    pub fn finished_step(&mut self) -> u32 {
        let Some(finished) = &self.finished else { return self.fail("out-of-turn") };
        match finished.next() {
            Some((at, len)) => self.ask(0, at, usize::try_from(len).unwrap_or(usize::MAX)),
            None => {
                self.output = Zeroizing::new(upload::commit_body(&finished.id()).into_bytes());
                self.finished = None;
                DONE
            }
        }
    }

    /// Takes the part that was asked for: [`PART`] with its `Content-Digest` in the output.
    pub fn finished_feed(&mut self, part: &[u8]) -> u32 {
        match self.finished.as_mut().and_then(|finished| finished.feed(part)) {
            Some(digest) => {
                self.output = Zeroizing::new(upload::content_digest(&digest).into_bytes());
                PART
            }
            None => self.fail("out-of-turn"),
        }
    }

    /// Goes on sealing: [`READ`], [`SEALED`], [`PART`], [`FAILED`], or [`DONE`] with what commits an upload in the output.
    /// Only a tip over 1 MiB has parts.
    pub fn seal_step(&mut self) -> u32 {
        let Some(sealing) = &mut self.sealing else { return self.fail("out-of-turn") };
        match sealing.step() {
            Ok(parts::Step::Read { file, at, len }) => {
                let file = u32::try_from(file).unwrap_or(u32::MAX);
                self.ask(file, at, len)
            }
            Ok(parts::Step::Sealed(bytes)) => {
                self.output.clear();
                self.output.extend_from_slice(bytes);
                SEALED
            }
            Ok(parts::Step::PartEnds(digest)) => {
                self.output = Zeroizing::new(upload::content_digest(&digest).into_bytes());
                PART
            }
            Ok(parts::Step::Done(id)) => {
                self.output = Zeroizing::new(upload::commit_body(&id).into_bytes());
                self.sealing = None;
                DONE
            }
            Err(error) => self.stop(code(error)),
        }
    }

    /// Takes the bytes that were asked for while sealing.
    pub fn seal_feed(&mut self, bytes: &[u8]) -> u32 {
        match self.sealing.as_mut().map(|sealing| sealing.feed(bytes)) {
            Some(Ok(())) => DONE,
            Some(Err(error)) => self.stop(code(error)),
            None => self.fail("out-of-turn"),
        }
    }

    /// The upload that is to begin; none where one request is enough.
    fn declared(&self) -> Option<Declared> {
        match (&self.line, &self.sealing, &self.finished) {
            (Some(line), Some(sealing), _) if !sealing.is_one_request() => {
                let recipients = line.keys()?;
                Some(Declared { epoch: line.epoch.start, recipients, padded: sealing.padded() })
            }
            (_, None, Some(finished)) if !finished.is_one_request() => Some(finished.declared()),
            _ => None,
        }
    }

    fn ask(&mut self, file: u32, at: u64, len: usize) -> u32 {
        match (u32::try_from(at), u32::try_from(len)) {
            (Ok(at), Ok(len)) => {
                self.want = Want { file, at, len };
                READ
            }
            _ => self.fail("too-large"),
        }
    }

    /// Ends the sealing: what was sealed of it is never gone on with.
    fn stop(&mut self, code: &'static str) -> u32 {
        self.sealing = None;
        self.fail(code)
    }

    fn fail(&mut self, reason: &'static str) -> u32 {
        self.say(&Failed { ok: false, reason });
        FAILED
    }

    fn say(&mut self, what: &impl Serialize) {
        self.output = Zeroizing::new(serde_json::to_vec(what).unwrap_or_default());
    }
}

fn read_check(input: &[u8], today: u32) -> Result<(Line, bool), Reason> {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let mut text = || parts.next().and_then(|part| core::str::from_utf8(part).ok()).ok_or(Reason::Malformed);
    let (host, fragment, documents) = (text()?, text()?, text()?);
    let today = i32::try_from(today).ok().and_then(Date::from_days);
    let documents = Documents::parse(documents.as_bytes())?;
    let line = documents.check(host, fragment, today.ok_or(Reason::ClockWrong { issued: String::new() })?)?;
    Ok((line, fragment.len() > 1))
}

fn start(
    line: &Line,
    tip_json: &[u8],
    chosen: Vec<Content>,
    random: Zeroizing<Vec<u8>>,
) -> Result<PartSealing, SealError> {
    let recipients = line.keys().ok_or(SealError::Recipients)?;
    let fresh = Fresh::new(random, recipients)?;
    Ok(PartSealing::new(TipSealing::new(tip_json, chosen, &line.recipients, fresh)?, recipients))
}

fn code(error: SealError) -> &'static str {
    match error {
        SealError::Randomness => "randomness",
        SealError::Recipients => "recipients",
        SealError::TooLarge => "too-large",
        SealError::FileChanged => "file-changed",
        SealError::OutOfTurn | SealError::Work => "out-of-turn",
    }
}
