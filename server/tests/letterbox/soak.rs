//! A long mixed load: tips, uploads and readers of the page, a desk that picks up and acknowledges, and restarts in the
//! middle of it, every second one a kill. Everything acknowledged reaches the desk once, and memory and disk stay as they were.
//!
//! `TIPLINE_SOAK_SECONDS` says how long, 20 otherwise; `cargo xtask test --long` asks for an hour.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tipline_wire::tip_id::TipId;

use crate::load::ids;
use crate::papers::{ack, write_ack};
use crate::parts::Sender;
use crate::stage::*;

/// Starts of the server; between two of them the desk comes [`PICKUPS`] times.
const STARTS: u32 = 4;
const PICKUPS: u32 = 6;
const VISITORS: u64 = 4;
/// What a visitor waits between two requests: about 5 MB a second from all of them.
const PAUSE: Duration = Duration::from_millis(60);
/// KiB of memory that a server may have at any moment, and by which what it holds between two volumes may grow once the desk
/// came as often as this.
const MEMORY: u64 = 192 << 10;
const GROWS: u64 = 32 << 10;
const WARM: u32 = 3;
/// How often and how far apart one looks for what it holds: a volume that is being closed or read takes its size for a while.
const LOOKS: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(100);
/// KiB that may be on the disk besides what came while the desk was there: the open volume, and those that uploads hold which a
/// restart broke off.
const LEFT: u64 = 96 << 10;

/// The line to the server, which is another one after each start.
#[derive(Default)]
struct Line {
    address: Mutex<String>,
    kept: Mutex<BTreeSet<TipId>>,
    pages: AtomicU64,
    /// KiB that were sent.
    sent: AtomicU64,
    over: AtomicBool,
}

/// Ends the load, also when the test fails.
struct End<'a>(&'a Line);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

impl Line {
    /// Asks one after the other; the last answer's status if all were answered.
    fn ask(&self, requests: &[Vec<u8>]) -> Option<u16> {
        let address = self.address.lock().unwrap().clone();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut status = None;
        for request in requests {
            stream.write_all(request).ok()?;
            self.sent.fetch_add(request.len() as u64 >> 10, Ordering::Relaxed);
            status = Some(read_answer(&mut stream)?.status);
        }
        status
    }

    fn visit(&self, first: u64) {
        for n in first.. {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(PAUSE);
            let (id, requests) = match n % 16 {
                1 | 9 => {
                    self.pages.fetch_add(u64::from(self.ask(&[get("/")]) == Some(200)), Ordering::Relaxed);
                    continue;
                }
                5 if n % 64 == 5 => {
                    let sender = Sender::new(n, 1_536);
                    (sender.id(), sender.whole())
                }
                // Begun and left alone.
                7 => {
                    self.ask(&Sender::new(n, 1_536).whole()[..1]);
                    continue;
                }
                _ => {
                    let body = small_tip(n);
                    (TipId::of_one_request(&body), vec![post(this_week(), &body)])
                }
            };
            if self.ask(&requests) == Some(201) {
                self.kept.lock().unwrap().insert(id);
            }
        }
    }
}

/// The desk: picks up what is new, and acknowledges all of it.
#[derive(Default)]
struct DeskSide {
    has: BTreeSet<TipId>,
    pickups: u8,
}

impl DeskSide {
    fn comes(&mut self, stage: &Stage, line: &Line) {
        let before = line.kept.lock().unwrap().clone();
        let pickup = stage.fetch();
        let new = ids(&pickup);
        fs::remove_file(pickup).unwrap();
        let twice = new.iter().filter(|id| self.has.contains(*id)).count();
        assert_eq!(twice, 0, "what the desk has does not come again");
        let count = new.len();
        let new: BTreeSet<TipId> = new.into_iter().collect();
        assert_eq!(new.len(), count, "nothing comes twice in a pickup");
        self.has.extend(&new);
        let lost = before.difference(&self.has).count();
        assert_eq!(lost, 0, "of {} acknowledged", before.len());
        self.pickups += 1;
        let file = write_ack(
            &stage.folder.0,
            &format!("ack-{}", self.pickups),
            &Root::desk(),
            &ack(self.pickups, new, BTreeSet::new()),
        );
        let output = stage.command("pickup").arg("--acknowledge").arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A line of the server's memory, in KiB.
fn memory(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// What a server holds and the most that it ever had, in KiB of resident memory.
fn held_and_most(server: &Server) -> (u64, u64) {
    let looks = (0..LOOKS).map(|_| {
        std::thread::sleep(BETWEEN);
        memory(server, "VmRSS:")
    });
    (looks.min().unwrap(), memory(server, "VmHWM:"))
}

/// KiB below a folder; what goes away meanwhile counts nothing.
fn disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let kib = |entry: fs::DirEntry| match entry.metadata() {
        Ok(there) if there.is_dir() => disk(&entry.path()),
        Ok(there) => there.blocks() / 2,
        Err(_) => 0,
    };
    entries.flatten().map(kib).sum()
}

/// Waits until what the desk acknowledged is off the disk. What was sent since `before` it can't have had.
fn wait_until_removed(volumes: &Path, line: &Line, before: u64) -> u64 {
    for _ in 0..600 {
        let came = line.sent.load(Ordering::Relaxed) - before;
        let there = disk(volumes);
        if there < LEFT + came + came / 4 {
            return there;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{} KiB are left on the disk", disk(volumes))
}

#[test]
fn a_long_mixed_load_with_restarts_loses_nothing_and_memory_and_disk_stay_flat() {
    let seconds = std::env::var("TIPLINE_SOAK_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let spell = Duration::from_secs(seconds) / (STARTS * PICKUPS);
    let mut stage = Stage::new();
    stage.configure("[store]\nballast_mib = 1\nvolume_mib = 8\n[pickup]\ngrace_days = 0\n[limits]\nlarge_stop_percent = 100\nlarge_gib_per_day = 100\n");
    // As the unit sets it.
    let allocator =
        [("MALLOC_ARENA_MAX", "1"), ("MALLOC_TRIM_THRESHOLD_", "1048576"), ("MALLOC_TOP_PAD_", "262144")];
    stage.environment = allocator.map(|(name, value)| (name, value.into())).into();
    assert_eq!(stage.open().stop().0, Some(0));
    let (line, mut desk) = (Line::default(), DeskSide::default());
    std::thread::scope(|scope| {
        let _end = End(&line);
        for start in 0..STARTS {
            let mut server = stage.start();
            line.address.lock().unwrap().clone_from(&server.address);
            if start == 0 {
                (0..VISITORS).for_each(|visitor| {
                    let line = &line;
                    scope.spawn(move || line.visit(visitor << 40));
                });
            }
            let mut limit = MEMORY;
            for pickup in 1..=PICKUPS {
                std::thread::sleep(spell);
                let before = line.sent.load(Ordering::Relaxed);
                desk.comes(&stage, &line);
                let disk = wait_until_removed(&stage.store.join("volumes"), &line, before);
                let (held, most) = held_and_most(&server);
                eprintln!(
                    "start {start}: {} tips, {held} KiB of memory, {most} at most, {disk} on disk",
                    desk.has.len()
                );
                assert!(most < MEMORY, "memory reached {most} KiB");
                assert!(held < limit, "memory grew to {held} KiB");
                if pickup == WARM {
                    limit = limit.min(held + GROWS);
                }
            }
            if start % 2 == 0 {
                let (code, journal) = server.stop();
                assert_eq!(code, Some(0), "{journal}");
            } else {
                server.kill();
            }
        }
    });
    let server = stage.start();
    desk.comes(&stage, &line);
    let (kept, pages) = (line.kept.into_inner().unwrap(), line.pages.into_inner());
    eprintln!("{} tips acknowledged, {} at the desk, {pages} pages", kept.len(), desk.has.len());
    assert!(kept.len() as u64 > seconds as u64 && pages > 0, "the load was real");
    assert!(!server.journal().contains("damaged"), "{}", server.journal());
    assert_eq!(server.stop().0, Some(0));
}
