//! A sequence of everything that changes a store, done in a process of its own that may fail or end at any moment; and what
//! must be true of the store afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};
use tipline_server::store::{
    Document, Home, Letterbox, Options, Part, SealedTip, SledStore, StoreError, TipRecord,
};
use tipline_server::world::World;
use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, UploadKey};

/// Where the process finds the store. Without it the test that is the process does nothing.
pub const STORE: &str = "TIPLINE_WORKLOAD";

/// One change. A number names a tip, and with it all its bytes.
#[derive(Debug, Clone, Copy)]
enum Step {
    Keep(u8),
    Begin(u8),
    Put(u8, u32),
    Commit(u8),
    GiveUp(u8),
    Remove(&'static [u8]),
    Publish(&'static str),
}

use Step::{Begin, Commit, GiveUp, Keep, Publish, Put, Remove};

/// With volumes of 1 MiB: each part fills one, so that sealing, beginning and erasing fall among all of it.
const STEPS: [Step; 28] = [
    Keep(1),
    Keep(2),
    Publish("one"),
    Begin(100),
    Put(100, 0),
    Keep(3),
    Put(100, 2),
    Put(100, 1),
    Keep(4),
    Commit(100),
    Begin(101),
    Put(101, 1),
    Keep(5),
    Publish("two"),
    Remove(&[1, 2, 100]),
    Keep(6),
    Begin(102),
    Put(102, 0),
    Put(102, 1),
    GiveUp(102),
    Keep(7),
    Remove(&[3]),
    Begin(103),
    Put(103, 0),
    Put(103, 1),
    Put(103, 2),
    Commit(103),
    Keep(8),
];

/// A tip that comes after all of it.
const ANOTHER: u8 = 9;

fn epoch() -> Date {
    Date::parse("2026-11-23").unwrap()
}

fn world() -> World {
    let fill = |bytes: &mut [u8]| {
        std::fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
        Ok(())
    };
    World::new(|| Date::parse("2026-11-26").unwrap(), || std::time::Duration::ZERO, fill)
}

fn options() -> Options {
    let shares = Options { small_stop_percent: 100, small_reserve_percent: 0, ..Options::default() };
    Options { ballast_mib: 0, volume_mib: 1, ..shares }
}

/// Opens the store; the error is what it says to the operator.
pub fn open(store: &Path) -> Result<(Home, SledStore), String> {
    open_with(store, options())
}

pub fn open_with(store: &Path, options: Options) -> Result<(Home, SledStore), String> {
    let home = Home::open(store).map_err(|fault| fault.to_string())?;
    let opened = SledStore::open(&home, options, world()).map_err(|fault| fault.to_string())?;
    Ok((home, opened))
}

pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn is_large(tip: u8) -> bool {
    tip >= 100
}

fn declared() -> Declared {
    Declared { epoch: epoch(), recipients: 3, padded: Padded::holding(3 << 20).unwrap() }
}

fn upload(tip: u8) -> UploadKey {
    UploadKey::of_token(&[tip; 32])
}

/// All bytes of a tip: no two chunks are alike.
fn bytes(tip: u8) -> Vec<u8> {
    let len = if is_large(tip) { declared().sealed_len() } else { 70_309 };
    (0..len).map(|at| (at % 251) as u8 ^ (at / 7_919) as u8 ^ tip).collect()
}

fn part(tip: u8, number: u32) -> Part {
    let (begin, len) = declared().part(number).unwrap();
    let bytes = bytes(tip)[begin as usize..(begin + len) as usize].to_vec();
    Part { number, digest: Sha256::digest(&bytes).into(), bytes }
}

fn id(tip: u8) -> TipId {
    if is_large(tip) {
        let count = declared().parts();
        return TipId::of_parts(count, (0..count).map(|number| part(tip, number).digest));
    }
    TipId::of_one_request(&bytes(tip))
}

fn tip(tip: u8) -> SealedTip {
    SealedTip { id: id(tip), epoch: epoch(), bytes: bytes(tip) }
}

fn ids(tips: &[u8]) -> BTreeSet<TipId> {
    tips.iter().map(|tip| id(*tip)).collect()
}

fn take(store: &SledStore, step: Step) -> Result<(), StoreError> {
    match step {
        Keep(n) => run(store.keep(tip(n))),
        Begin(n) => store.begin(upload(n), declared()),
        Put(n, number) => run(store.put_part(upload(n), part(n, number))),
        Commit(n) => run(store.commit(upload(n), id(n))),
        GiveUp(n) => {
            store.give_up(&upload(n));
            Ok(())
        }
        Remove(tips) => run(store.remove(ids(tips))).map(|_| ()),
        Publish(text) => store.publish(&Document::Board, text.as_bytes()),
    }
}

/// The process: says each step before it tries it, and as soon as it was acknowledged.
#[test]
fn the_workload_runs_where_it_is_asked_for() {
    let Ok(path) = std::env::var(STORE) else { return };
    let mut out = std::io::stdout();
    let Ok((_home, store)) = open(Path::new(&path)) else { return };
    for (number, step) in STEPS.into_iter().enumerate() {
        writeln!(out, "\ntried {number}").unwrap();
        match take(&store, step) {
            Ok(()) => writeln!(out, "acknowledged {number}").unwrap(),
            // After a fault nothing is done any more.
            Err(StoreError::Closing) => writeln!(out, "refused {number}").unwrap(),
            Err(_) => {}
        }
        out.flush().unwrap();
    }
    store.close();
}

/// The command that runs the workload on a store.
pub fn command(store: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "workload::the_workload_runs_where_it_is_asked_for", "--nocapture"]);
    command.env(STORE, store).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What the process said before it ended or stopped.
#[derive(Debug)]
pub struct Ledger {
    acknowledged: BTreeSet<usize>,
    /// Tried, and not refused: it may have been done.
    tried: BTreeSet<usize>,
}

impl Ledger {
    pub fn of(said: &[u8]) -> Self {
        let said = String::from_utf8_lossy(said);
        let numbers = |what: &str| -> BTreeSet<usize> {
            said.lines().filter_map(|line| line.strip_prefix(what)?.parse().ok()).collect()
        };
        let refused = numbers("refused ");
        Self {
            acknowledged: numbers("acknowledged "),
            tried: numbers("tried ").difference(&refused).copied().collect(),
        }
    }

    pub fn is_whole(&self) -> bool {
        self.acknowledged.len() == STEPS.len()
    }

    /// The steps that may have been done, each with whether it was acknowledged.
    fn steps(&self) -> impl Iterator<Item = (Step, bool)> {
        let tried = STEPS.into_iter().enumerate().filter(|(number, _)| self.tried.contains(number));
        tried.map(|(number, step)| (step, self.acknowledged.contains(&number)))
    }

    /// Tips that were acknowledged and whose removal was not even tried.
    fn kept(&self) -> BTreeSet<TipId> {
        let mut kept = BTreeSet::new();
        for (step, acknowledged) in self.steps() {
            match step {
                Keep(n) | Commit(n) if acknowledged => {
                    kept.insert(id(n));
                }
                Remove(tips) => kept = kept.difference(&ids(tips)).copied().collect(),
                _ => {}
            }
        }
        kept
    }

    fn removed(&self) -> BTreeSet<TipId> {
        let removals = self.steps().filter_map(|(step, acknowledged)| match step {
            Remove(tips) if acknowledged => Some(ids(tips)),
            _ => None,
        });
        removals.flatten().collect()
    }

    /// Parts that were acknowledged, of uploads that did not end in any way.
    fn parts(&self) -> Vec<(u8, u32)> {
        let ends = |n: u8| move |step: &(Step, bool)| matches!(step.0, Commit(of) | GiveUp(of) if of == n);
        let acknowledged = self.steps().filter_map(|(step, acknowledged)| match step {
            Put(n, number) if acknowledged => Some((n, number)),
            _ => None,
        });
        acknowledged.filter(|(n, _)| !self.steps().any(|step| ends(*n)(&step))).collect()
    }

    fn documents(&self) -> Vec<&'static str> {
        let mut possible = vec![""];
        for (step, acknowledged) in self.steps() {
            if let Publish(text) = step {
                if acknowledged {
                    possible.clear();
                }
                possible.push(text);
            }
        }
        possible
    }

    /// Panics unless the store has all that was acknowledged, nothing twice and nothing damaged, and goes on.
    pub fn check(&self, store: &Path) {
        let (home, opened) = open(store).unwrap_or_else(|why| panic!("it does not start again: {why}"));
        let listed = opened.tips().unwrap();
        let found: BTreeSet<TipId> = listed.iter().map(|record| record.id).collect();
        assert_eq!(found.len(), listed.len(), "nothing is there twice");
        let ours = ours();
        listed.iter().for_each(|record| sound(&opened, record, &ours));
        let kept = self.kept();
        assert!(found.is_superset(&kept), "{} of {} are lost", kept.difference(&found).count(), kept.len());
        for (n, number) in self.parts() {
            let held = opened.upload(&upload(n)).is_some_and(|(_, held)| held.has(number));
            assert!(held, "part {number} of {n} is lost");
        }
        let board = opened.document(&Document::Board).unwrap().unwrap_or_default();
        let possible = self.documents();
        assert!(possible.iter().any(|text| text.as_bytes() == board), "{board:?} of {possible:?}");
        goes_on(&opened, &self.removed());
        drop((opened, home));
        assert_eq!(
            names(&store.join("keys")),
            names(&store.join("volumes")),
            "a key for each volume, none set aside"
        );
    }
}

/// Every tip that can be in the store.
fn ours() -> BTreeMap<TipId, u8> {
    let sent = STEPS.into_iter().filter_map(|step| match step {
        Keep(n) | Commit(n) => Some(n),
        _ => None,
    });
    sent.chain([ANOTHER]).map(|n| (id(n), n)).collect()
}

/// Every byte of a listed tip is what was sent.
fn sound(store: &SledStore, record: &TipRecord, ours: &BTreeMap<TipId, u8>) {
    let sent = ours.get(&record.id).expect("a tip of ours");
    let read = (0..record.chunks).flat_map(|chunk| store.read(&record.id, chunk).unwrap());
    assert!(read.eq(bytes(*sent)), "tip {sent} is damaged");
}

/// What was removed can be removed again, and another tip is kept.
fn goes_on(store: &SledStore, removed: &BTreeSet<TipId>) {
    run(store.remove(removed.clone())).unwrap();
    assert!(removed.iter().all(|tip| !store.has(tip)));
    run(store.keep(tip(ANOTHER))).unwrap();
    assert!(store.has(&id(ANOTHER)));
}

/// The names in a folder.
fn names(dir: &Path) -> BTreeSet<String> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The object that [`faults.c`] becomes; `None` without a C compiler.
pub fn shim(folder: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letterbox/faults.c");
    let object = folder.join("faults.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&object).arg(source).arg("-ldl");
    match compiler.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(object)
        }
        Err(_) => None,
    }
}
