//! A sequence of everything that changes a store, done in a process of its own that may fail or end at any moment; and what
//! must be true of the store afterwards.
//!
//! Seed 0 is one sequence that has everything in it; every other seed draws one.

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
/// Which sequence it does.
const SEED: &str = "TIPLINE_WORKLOAD_SEED";

/// One change. A number names a tip, and with it all its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Keep(u8),
    Begin(u8),
    Put(u8, u32),
    Commit(u8),
    GiveUp(u8),
    Remove(Vec<u8>),
    Publish(u8),
    Restart,
}

use Step::{Begin, Commit, GiveUp, Keep, Publish, Put, Remove, Restart};

/// With volumes of 1 MiB: each part fills one, so that sealing, beginning and erasing fall among all of it.
fn usual() -> Vec<Step> {
    vec![
        Keep(1),
        Keep(2),
        Publish(1),
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
        Publish(2),
        Remove(vec![1, 2, 100]),
        Keep(6),
        Begin(102),
        Put(102, 0),
        Put(102, 1),
        GiveUp(102),
        Keep(7),
        Remove(vec![3]),
        Begin(103),
        Put(103, 0),
        Put(103, 1),
        Put(103, 2),
        Commit(103),
        Keep(8),
    ]
}

/// Numbers that follow from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// One below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % end
    }
}

/// How many steps are drawn.
const DRAWN: usize = 36;

/// Uploads go on where they are, or do something out of turn; tips come twice, also after they were removed.
fn drawn(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let (mut tips, mut steps, mut next) = (Vec::new(), Vec::new(), [0_u32; 3]);
    for _ in 0..DRAWN {
        let large = random.below(3);
        let n = 100 + large as u8;
        steps.push(match random.below(20) {
            0..6 => Keep(10 + random.below(16) as u8),
            6..14 => {
                let at = next[large];
                next[large] = (at + 1) % (declared().parts() + 2);
                match at {
                    0 => Begin(n),
                    at if at <= declared().parts() => Put(n, at - 1),
                    _ => Commit(n),
                }
            }
            14 => Put(n, random.below(declared().parts() as usize) as u32),
            15 => GiveUp(n),
            16 => Publish(random.below(9) as u8),
            17 => {
                let one_in = 1 + random.below(3);
                Remove(tips.iter().copied().filter(|_| random.below(one_in) == 0).collect())
            }
            _ => Restart,
        });
        if let Some(Keep(n) | Commit(n)) = steps.last() {
            tips.push(*n);
        }
    }
    steps
}

fn steps(seed: u64) -> Vec<Step> {
    if seed == 0 { usual() } else { drawn(seed) }
}

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

/// Does a step; `true` when everything that was removed since the store was opened is gone for good.
fn take(store: &SledStore, step: &Step) -> Result<bool, StoreError> {
    match step {
        Keep(n) => run(store.keep(tip(*n)))?,
        Begin(n) => store.begin(upload(*n), declared())?,
        Put(n, number) => run(store.put_part(upload(*n), part(*n, *number)))?,
        Commit(n) => run(store.commit(upload(*n), id(*n)))?,
        GiveUp(n) => store.give_up(&upload(*n)),
        Remove(tips) => return Ok(run(store.remove(ids(tips)))?.waiting == 0),
        Publish(n) => store.publish(&Document::Board, &[*n])?,
        Restart => {}
    }
    Ok(false)
}

/// The process: says each step before it tries it, and as soon as it was acknowledged.
#[test]
fn the_workload_runs_where_it_is_asked_for() {
    let Ok(path) = std::env::var(STORE) else { return };
    let seed = std::env::var(SEED).unwrap().parse().unwrap();
    let mut out = std::io::stdout();
    let Ok((mut home, mut store)) = open(Path::new(&path)) else { return };
    for (number, step) in steps(seed).iter().enumerate() {
        writeln!(out, "\ntried {number}").unwrap();
        if *step == Restart {
            drop((store, home));
            let Ok(again) = open(Path::new(&path)) else { return };
            (home, store) = again;
        }
        match take(&store, step) {
            Ok(gone) => {
                let all = if gone { format!("gone {number}\n") } else { String::new() };
                writeln!(out, "{all}acknowledged {number}").unwrap();
            }
            // After a fault nothing is done any more until it is opened anew; what can't be done changes nothing.
            Err(
                StoreError::Closing | StoreError::NoUpload | StoreError::MissingPart | StoreError::OtherBytes,
            ) => writeln!(out, "refused {number}").unwrap(),
            Err(_) => {}
        }
        out.flush().unwrap();
    }
    store.close();
    writeln!(out, "ended {seed}").unwrap();
}

/// The command that runs the workload on a store.
pub fn command(store: &Path, seed: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "workload::the_workload_runs_where_it_is_asked_for", "--nocapture"]);
    command
        .env(STORE, store)
        .env(SEED, seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// What the process said before it ended or stopped.
#[derive(Debug)]
pub struct Ledger {
    seed: u64,
    acknowledged: BTreeSet<usize>,
    /// Tried, and not refused: it may have been done.
    tried: BTreeSet<usize>,
    /// Removals after which all that was removed was gone.
    gone: BTreeSet<usize>,
    ended: bool,
}

/// What a store must have and may not have: the model that it is compared with.
#[derive(Debug)]
struct Expected {
    /// Acknowledged, and their removal was not even tried.
    kept: BTreeSet<u8>,
    /// Their removal was acknowledged.
    removed: BTreeSet<u8>,
    /// Their volumes are erased as well: a start does not bring them back.
    gone: BTreeSet<u8>,
    /// Acknowledged parts of uploads that did not end in any way.
    parts: BTreeSet<(u8, u32)>,
    /// What the document may say.
    board: Vec<Vec<u8>>,
}

impl Default for Expected {
    fn default() -> Self {
        let none = BTreeSet::new;
        Self { kept: none(), removed: none(), gone: none(), parts: BTreeSet::new(), board: vec![vec![]] }
    }
}

impl Expected {
    /// Takes account of a step that was tried.
    fn note(&mut self, step: Step, acknowledged: bool, gone: bool) {
        match step {
            Keep(n) | Commit(n) => {
                self.gone.remove(&n);
                self.removed.remove(&n);
                if acknowledged {
                    self.kept.insert(n);
                }
                self.parts.retain(|(of, _)| *of != n);
            }
            Put(n, number) if acknowledged => {
                self.parts.insert((n, number));
            }
            GiveUp(n) => self.parts.retain(|(of, _)| *of != n),
            Remove(tips) => {
                self.kept.retain(|n| !tips.contains(n));
                if acknowledged {
                    self.removed.extend(tips);
                }
                if gone {
                    self.gone.extend(&self.removed);
                }
            }
            Publish(n) => {
                if acknowledged {
                    self.board.clear();
                }
                self.board.push(vec![n]);
            }
            // What was removed and waits for its volume is listed again.
            Restart => self.removed = self.gone.clone(),
            Begin(_) | Put(..) => {}
        }
    }
}

impl Ledger {
    pub fn of(said: &[u8], seed: u64) -> Self {
        let said = String::from_utf8_lossy(said);
        let numbers = |what: &str| -> BTreeSet<usize> {
            said.lines().filter_map(|line| line.strip_prefix(what)?.parse().ok()).collect()
        };
        let refused = numbers("refused ");
        Self {
            seed,
            acknowledged: numbers("acknowledged "),
            tried: numbers("tried ").difference(&refused).copied().collect(),
            gone: numbers("gone "),
            ended: said.contains("\nended "),
        }
    }

    /// Whether it came to its end and nothing failed.
    pub fn is_whole(&self) -> bool {
        self.ended && self.acknowledged == self.tried && (self.seed != 0 || self.tried.len() == usual().len())
    }

    fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        for (number, step) in steps(self.seed).into_iter().enumerate() {
            if self.tried.contains(&number) {
                let (acknowledged, gone) = (self.acknowledged.contains(&number), self.gone.contains(&number));
                expected.note(step, acknowledged, gone);
            }
        }
        expected
    }

    /// Panics unless the store has all that was acknowledged, nothing twice, nothing damaged and nothing that is gone, and
    /// goes on.
    pub fn check(&self, store: &Path) {
        let (home, opened) = open(store).unwrap_or_else(|why| panic!("it does not start again: {why}"));
        let expected = self.expected();
        let listed = opened.tips().unwrap();
        let found: BTreeSet<TipId> = listed.iter().map(|record| record.id).collect();
        assert_eq!(found.len(), listed.len(), "nothing is there twice");
        let ours = self.ours();
        listed.iter().for_each(|record| sound(&opened, record, &ours));
        let lost: Vec<_> = expected.kept.iter().filter(|n| !found.contains(&id(**n))).collect();
        assert!(lost.is_empty(), "tips {lost:?} are lost");
        let back: Vec<_> = expected.gone.iter().filter(|n| found.contains(&id(**n))).collect();
        assert!(back.is_empty(), "tips {back:?} are back");
        for (n, number) in &expected.parts {
            let held = opened.upload(&upload(*n)).is_some_and(|(_, held)| held.has(*number));
            assert!(held, "part {number} of {n} is lost");
        }
        let board = opened.document(&Document::Board).unwrap().unwrap_or_default();
        assert!(expected.board.contains(&board), "{board:?} of {:?}", expected.board);
        let removed: Vec<u8> = expected.removed.into_iter().collect();
        goes_on(&opened, &ids(&removed));
        drop((opened, home));
        assert_eq!(
            names(&store.join("keys")),
            names(&store.join("volumes")),
            "a key for each volume, none set aside"
        );
    }

    /// Every tip that can be in the store.
    fn ours(&self) -> BTreeMap<TipId, u8> {
        let sent = steps(self.seed).into_iter().filter_map(|step| match step {
            Keep(n) | Commit(n) => Some(n),
            _ => None,
        });
        sent.chain([ANOTHER]).map(|n| (id(n), n)).collect()
    }
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
