//! The machine against a model of a letterbox that breaks, forgets and lies.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tipline_wire::date::Date;
use tipline_wire::size::Padded;

use super::*;

fn declared(kib: u64) -> Declared {
    let padded = Padded::holding(kib * 1_024).unwrap();
    Declared { epoch: Date::parse("2026-11-23").unwrap(), recipients: 3, padded }
}

/// A stand-in for sealing: part n is one byte, each is given once.
struct Seal {
    next: u32,
    parts: u32,
}

impl Seal {
    fn go(&mut self) -> Sealed {
        let number = self.next;
        self.next += 1;
        assert!(number <= self.parts, "nothing is sealed after the end");
        if number == self.parts {
            return Sealed::All(TipId::from_bytes([9; 32]));
        }
        Sealed::Part(SealedPart { bytes: vec![number as u8], digest: [number as u8; 32] })
    }
}

fn say(say: Say) -> Answer {
    Answer::Say(say)
}

/// An upload of two parts, of which `acknowledged` are there.
fn after(acknowledged: u32) -> (Uploading, Seal) {
    let mut upload = Uploading::new(declared(2_048));
    let mut seal = Seal { next: 0, parts: 2 };
    assert_eq!(upload.answered(&say(Say::Begun)), Ok(Pace::Now));
    upload.sealed(seal.go()).unwrap();
    for _ in 0..acknowledged {
        assert_eq!(upload.answered(&say(Say::PartKept)), Ok(Pace::Now));
        upload.sealed(seal.go()).unwrap();
    }
    (upload, seal)
}

fn asks_part(upload: &Uploading, wanted: u32) -> bool {
    matches!(upload.next(), Next::Ask(Request::Part { number, part }) if number == wanted && part.bytes == [number as u8])
}

#[test]
fn begin_parts_commit_in_this_order() {
    let mut upload = Uploading::new(declared(2_048));
    let mut seal = Seal { next: 0, parts: 2 };
    assert_eq!(upload.next(), Next::Ask(Request::Begin));
    assert_eq!(upload.answered(&say(Say::Begun)), Ok(Pace::Now));
    assert_eq!(upload.next(), Next::Seal);
    upload.sealed(seal.go()).unwrap();
    assert!(asks_part(&upload, 0) && upload.has_room());
    upload.sealed(seal.go()).unwrap();
    assert!(!upload.has_room(), "two parts are the most");
    assert_eq!(upload.sealed(seal.go()), Err(UploadError::Strange));
    assert_eq!((upload.acknowledged_bytes(), upload.answered(&say(Say::PartKept))), (0, Ok(Pace::Now)));
    assert!(asks_part(&upload, 1));
    assert_eq!(upload.acknowledged_bytes(), declared(2_048).part(0).unwrap().1);
    upload.sealed(Sealed::All(TipId::from_bytes([9; 32]))).unwrap();
    assert_eq!(upload.answered(&say(Say::PartKept)), Ok(Pace::Now));
    assert_eq!(upload.acknowledged_bytes(), declared(2_048).sealed_len());
    assert_eq!(upload.next(), Next::Ask(Request::Commit(TipId::from_bytes([9; 32]))));
    assert_eq!(upload.answered(&say(Say::Kept)), Ok(Pace::Now));
    assert_eq!(upload.next(), Next::Done);
    assert_eq!(upload.answered(&say(Say::Kept)), Err(UploadError::Strange));
}

#[test]
fn a_part_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() {
    for arrived in [false, true] {
        let (mut upload, _) = after(0);
        assert_eq!(upload.broke(), Pace::Soon);
        assert_eq!(upload.next(), Next::Ask(Request::Look));
        assert_eq!(upload.broke(), Pace::Soon);
        assert_eq!(upload.answered(&Answer::Held(Held::new(vec![arrived, false]))), Ok(Pace::Now));
        assert_eq!(upload.acknowledged(), u32::from(arrived));
        assert_eq!(asks_part(&upload, 0), !arrived);
    }
}

#[test]
fn a_full_letterbox_is_asked_later_with_the_same_bytes() {
    let mut upload = Uploading::new(declared(2_048));
    assert_eq!(upload.answered(&say(Say::Full)), Ok(Pace::Later));
    assert_eq!(upload.next(), Next::Ask(Request::Begin));
    let (mut upload, _) = after(1);
    assert_eq!(upload.answered(&say(Say::Full)), Ok(Pace::Later));
    assert!(asks_part(&upload, 1));
}

#[test]
fn what_was_forgotten_before_anything_was_acknowledged_begins_again() {
    let (mut upload, _) = after(0);
    assert_eq!(upload.answered(&say(Say::NoUpload)), Ok(Pace::Soon));
    assert_eq!(upload.next(), Next::Ask(Request::Begin));
    assert_eq!(upload.answered(&say(Say::Begun)), Ok(Pace::Now));
    assert!(asks_part(&upload, 0), "the part that was sealed is the one that is sent");
    let mut ends = Ok(Pace::Soon);
    for _ in 0..MOST_BEGINS {
        ends = upload.answered(&say(Say::NoUpload));
        let _ = upload.answered(&say(Say::Begun));
    }
    assert_eq!(ends, Err(UploadError::Lost(0)), "but not for ever");
}

#[test]
fn an_acknowledged_part_that_is_lost_ends_the_upload() {
    for forgets in [say(Say::NoUpload), Answer::Held(Held::new(vec![false, false]))] {
        let (mut upload, _) = after(1);
        if matches!(forgets, Answer::Held(_)) {
            let _ = upload.broke();
        }
        assert_eq!(upload.answered(&forgets), Err(UploadError::Lost(1)));
    }
    let (mut upload, _) = after(2);
    assert_eq!(upload.answered(&say(Say::MissingPart)), Err(UploadError::Lost(2)));
    let (mut upload, _) = after(2);
    assert_eq!(upload.answered(&say(Say::NoUpload)), Err(UploadError::Lost(2)));
}

#[test]
fn a_commit_whose_answer_was_lost_is_committed_again() {
    let (mut upload, _) = after(2);
    let commit = Next::Ask(Request::Commit(TipId::from_bytes([9; 32])));
    for failed in [None, Some(Say::Broken), Some(Say::TooSlow), Some(Say::Full)] {
        match failed {
            None => assert_eq!(upload.broke(), Pace::Soon),
            Some(failed) => assert_ne!(upload.answered(&say(failed)), Ok(Pace::Now)),
        }
        assert_eq!(upload.next(), commit);
    }
    assert_eq!(upload.answered(&say(Say::Kept)), Ok(Pace::Now));
    assert_eq!(upload.next(), Next::Done);
}

#[test]
fn no_answer_but_the_right_one_moves_an_upload_on() {
    let good = [Say::Begun, Say::PartKept, Say::Kept];
    for said in Say::ALL {
        let at = [Uploading::new(declared(2_048)), after(1).0, after(2).0];
        for (mut upload, good) in at.into_iter().zip(good) {
            let before = (upload.begun, upload.acknowledged, upload.done);
            let answer = upload.answered(&say(said));
            let moved = (upload.begun, upload.acknowledged, upload.done) != before;
            assert_eq!(moved, said == good, "{said:?}");
            assert_eq!(answer == Ok(Pace::Now), said == good, "{said:?}");
        }
    }
    for count in [0, 1, 3, 1_024] {
        let (mut upload, _) = after(0);
        let _ = upload.broke();
        assert_eq!(upload.answered(&Answer::Held(Held::new(vec![true; count]))), Err(UploadError::Strange));
    }
    let (mut upload, _) = after(0);
    let unasked = Answer::Held(Held::new(vec![true; 2]));
    assert_eq!(upload.answered(&unasked), Err(UploadError::Strange), "an answer to another question");
}

#[test]
fn a_letterbox_that_claims_more_than_was_sent_is_not_believed() {
    let (mut upload, mut seal) = after(0);
    upload.sealed(seal.go()).unwrap();
    let _ = upload.broke();
    assert_eq!(upload.answered(&Answer::Held(Held::new(vec![true, true]))), Ok(Pace::Now));
    assert!(asks_part(&upload, 1));
}

/// What happens to one request on its way.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Fine,
    LostBefore,
    LostAfter,
    Full,
    Broken,
    /// The letterbox is started anew: what was not durable is gone, and the connection with it.
    Restart,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        5 => Just(Fate::Fine),
        2 => Just(Fate::LostBefore),
        2 => Just(Fate::LostAfter),
        1 => Just(Fate::Full),
        1 => Just(Fate::Broken),
        1 => Just(Fate::Restart),
    ]
}

/// A letterbox as ENVELOPE describes it: parts are durable, an upload without a part is not.
#[derive(Default)]
struct Model {
    begun: bool,
    parts: BTreeMap<u32, Vec<u8>>,
    kept: bool,
}

impl Model {
    fn take(&mut self, request: &Request<'_>, count: u32) -> Answer {
        let known = self.begun || self.kept;
        say(match request {
            Request::Begin => {
                self.begun = true;
                Say::Begun
            }
            _ if !known => Say::NoUpload,
            Request::Look => {
                return Answer::Held(Held::new((0..count).map(|n| self.parts.contains_key(&n)).collect()));
            }
            Request::Part { number, part } => {
                let held = self.parts.entry(*number).or_insert_with(|| part.bytes.clone());
                if *held == part.bytes { Say::PartKept } else { Say::OtherBytes }
            }
            Request::Commit(_) if self.parts.len() < count as usize => Say::MissingPart,
            Request::Commit(_) => {
                self.kept = true;
                Say::Kept
            }
        })
    }

    fn restart(&mut self) {
        self.begun = !self.parts.is_empty();
    }
}

proptest! {
    /// Whatever breaks on the way, what arrives is every part once sealed, and nothing acknowledged is sent again.
    #[test]
    fn an_upload_survives_every_fault_that_loses_no_acknowledged_part(fates in prop::collection::vec(fate(), 0..60)) {
        let (mut upload, mut model) = (Uploading::new(declared(7_000)), Model::default());
        let mut seal = Seal { next: 0, parts: declared(7_000).parts() };
        let (count, mut fates, mut acknowledged) = (seal.parts, fates.into_iter(), Vec::new());
        loop {
            let fate = fates.next().unwrap_or(Fate::Fine);
            let ended = match upload.next() {
                Next::Done => break,
                Next::Seal => {
                    upload.sealed(seal.go()).unwrap();
                    continue;
                }
                Next::Ask(request) => {
                    if let Request::Part { number, .. } = request {
                        prop_assert!(!acknowledged.contains(&number), "{number} was acknowledged");
                    }
                    match fate {
                        Fate::LostBefore => None,
                        Fate::Full => Some(say(Say::Full)),
                        Fate::Broken => Some(say(Say::Broken)),
                        Fate::Restart => { model.restart(); None }
                        Fate::LostAfter => { let _ = model.take(&request, count); None }
                        Fate::Fine => {
                            let answer = model.take(&request, count);
                            if let (Request::Part { number, .. }, Answer::Say(Say::PartKept)) = (request, &answer) {
                                acknowledged.push(number);
                            }
                            Some(answer)
                        }
                    }
                }
            };
            match ended {
                None => { let _ = upload.broke(); }
                Some(answer) => match upload.answered(&answer) {
                    Err(UploadError::Lost(0)) => return Ok(()), // begun too often: a person is told
                    answered => { prop_assert!(answered.is_ok(), "{answered:?}"); }
                },
            }
            if upload.has_room() && upload.begun {
                upload.sealed(seal.go()).unwrap();
            }
        }
        prop_assert!(model.kept);
        for number in 0..count {
            prop_assert_eq!(&model.parts[&number], &vec![number as u8]);
        }
        prop_assert_eq!(seal.next, count + 1);
    }
}
