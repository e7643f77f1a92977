//! Measures, as ratios of one run: sealing and opening, the core in WASM, the page, the letterbox, sizes. Never a timed test.
//!
//! [`load`] sends tips to the letterbox over many connections, [`large`] large ones and many gigabytes, [`tor`] both
//! through a private Tor network.

mod large;
mod load;
mod tor;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::run::{self, Result};
use crate::stage::{DOOR, OFFLINE, Stage};
use crate::{page, setup};

const MIB: u64 = 1 << 20;
/// What the benchmark `held` takes in.
const HELD_GIB: u64 = 5;

/// Runs the named benchmarks, or all.
pub(crate) fn bench(names: &[&str]) -> Result<ExitCode> {
    const ALL: [&str; 8] = ["seal", "wasm", "page", "server", "upload", "held", "tor", "sizes"];
    if let Some(unknown) = names.iter().find(|name| !ALL.contains(name)) {
        eprintln!("xtask: there is no benchmark {unknown}; there are {}", ALL.join(", "));
        return Ok(ExitCode::from(2));
    }
    setup::rust_target()?;
    setup::release_programs()?;
    let page = page::build(page::Edition::Release)?;
    for name in ALL.into_iter().filter(|name| names.is_empty() || names.contains(name)) {
        println!("\n── {name}");
        match name {
            "seal" => {
                let stage = Stage::in_memory("bench")?;
                stage.make_keys()?;
                let measured = seal(&stage);
                std::fs::remove_dir_all(stage.at(""))?;
                measured?;
            }
            "wasm" => wasm()?,
            "page" => {
                let stage = Stage::new("bench")?;
                let root = stage.make_keys()?;
                in_browsers(&stage, &page.file, &root)?;
                std::fs::remove_dir_all(stage.at(""))?;
            }
            "server" | "upload" | "held" | "tor" => {
                let stage = Stage::new("bench")?;
                let root = stage.make_keys()?;
                match name {
                    "server" => server(&stage, &page.file, &root)?,
                    "tor" => tor::bench(&stage, &page.file, &root)?,
                    "upload" => large::upload(&stage, &page.file, &root)?,
                    _ => large::held(&stage, &page.file, &root, HELD_GIB)?,
                }
                std::fs::remove_dir_all(stage.at(""))?;
            }
            _ => sizes(&page)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whole programs on the same plaintext, ours and Debian's `age` in turn; the median of three pairs. In memory: ours wait
/// for the disk (fsync) before they say that a file is there, `age` does not.
fn seal(stage: &Stage) -> Result<()> {
    if !run::exists("age") {
        return Err("Debian's age is missing: apt-get install age".into());
    }
    let key = run::output(
        Command::new("age-keygen").arg("-o").arg(fresh(&stage.at("age.key"))?).stderr(Stdio::null()),
    )
    .and_then(|_| run::output(Command::new("age-keygen").arg("-y").arg(stage.at("age.key"))))?;
    println!(
        "{:>8}  {:>14} {:>14} {:>7}   {:>14} {:>14} {:>7}",
        "MiB", "tipline-seal", "age", "ratio", "analyst open", "age -d", "ratio"
    );
    println!("(opening: without the {:.2} s that the passphrase costs on purpose)", passphrase_cost(stage)?);
    // Sixteen of the small ones at once: the passphrase's cost alone would drown one.
    for (mib, copies) in [(64, 16), (1_000, 1)] {
        let plain = stage.at("plain.bin");
        random_file(&plain, mib * MIB)?;
        let names: Vec<String> = (0..copies).map(|copy| format!("tip-{copy}.age")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sealed = stage.at("plain.age");
        let mut times: [Vec<f64>; 4] = Default::default();
        for _ in 0..3 {
            times[0].push(each(&names, |name| our_seal(stage, &plain, name))?);
            times[1].push(each(&names, |_| {
                let mut age = Command::new("age");
                age.args(["-r", key.trim(), "-o"]).arg(fresh(&sealed)?).arg(&plain);
                Ok(age)
            })?);
            let passphrase = passphrase_cost(stage)?;
            times[2].push(timed(&mut our_open(stage, &names))? - passphrase);
            times[3].push(each(&names, |_| {
                let mut age = Command::new("age");
                age.args(["-d", "-i"]).arg(stage.at("age.key")).arg("-o").arg(fresh(&stage.at("plain.out"))?);
                age.arg(&sealed);
                Ok(age)
            })?);
        }
        let [s, a, o, d] = times.map(|all| (mib * copies) as f64 / median(all));
        println!(
            "{mib:>8}  {s:>9.0} MB/s {a:>9.0} MB/s {:>6.2}x   {o:>9.0} MB/s {d:>9.0} MB/s {:>6.2}x",
            s / a,
            o / d
        );
    }
    Ok(())
}

/// One command for each name; the seconds that all of them took.
fn each(names: &[&str], command: impl Fn(&str) -> Result<Command>) -> Result<f64> {
    names.iter().map(|name| timed(&mut command(name)?)).sum()
}

/// Opening a tip of the smallest size: all of it is the passphrase's work factor.
fn passphrase_cost(stage: &Stage) -> Result<f64> {
    let mut seal = Command::new(run::program("release", "tipline-seal"));
    seal.arg("--report").arg(run::root().join("xtask/sample/report.json"));
    seal.arg("--intake").arg(stage.at("home/intake.txt")).arg("--out").arg(fresh(&stage.at("small.age"))?);
    run::run(seal.stderr(Stdio::null()))?;
    let times: Result<Vec<f64>> = (0..3).map(|_| timed(&mut our_open(stage, &["small.age"]))).collect();
    Ok(median(times?))
}

fn our_open(stage: &Stage, tips: &[&str]) -> Command {
    // A tip that was opened before would only be named.
    let _ = std::fs::remove_dir_all(stage.at("opened"));
    let mut open = stage.analyst(&["open", OFFLINE], &[("--home", "home"), ("--out", "opened")], tips);
    open.stdout(Stdio::null()).stderr(Stdio::null());
    open
}

fn our_seal(stage: &Stage, plain: &Path, name: &str) -> Result<Command> {
    let mut seal = Command::new(run::program("release", "tipline-seal"));
    seal.arg("--intake").arg(stage.at("home/intake.txt")).arg("--original").arg(plain);
    seal.arg("--out").arg(fresh(&stage.at(name))?).stderr(Stdio::null());
    Ok(seal)
}

/// The core in WASM beside npm `age-encryption`, in one node process; and how it cleans a film of 500 MB, where ffmpeg can make one.
fn wasm() -> Result<()> {
    setup::node_packages()?;
    let mut node = Command::new("node");
    node.arg("bench-wasm.mjs")
        .arg(run::target().join("page/tipline_core.wasm"))
        .current_dir(run::root().join("tests/node"));
    if !run::exists("ffmpeg") {
        println!("(no film is cleaned: ffmpeg is missing)");
        return run::run(&mut node);
    }
    let films =
        [("film-5.mp4", "5M"), ("film-500.mp4", "500M")].map(|(name, len)| (run::target().join(name), len));
    for (film, len) in &films {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080,noise=alls=100:allf=t"]);
        ffmpeg.args(["-c:v", "mjpeg", "-q:v", "1", "-metadata", "title=Somebody", "-fs", len]);
        run::run(ffmpeg.arg(fresh(film)?))?;
        node.arg(film);
    }
    let measured = run::run(&mut node);
    films.iter().try_for_each(|(film, _)| std::fs::remove_file(film))?;
    measured
}

/// The page in Firefox and Chromium, as at Tor Browser's levels "Standard" and "Safer", against the letterbox.
fn in_browsers(stage: &Stage, page: &Path, root: &str) -> Result<()> {
    const BROWSERS: [&str; 4] = ["firefox-esr", "firefox-esr+safer", "chromium", "chromium+safer"];
    setup::node_packages()?;
    let mut letterbox = stage.serve(page, root)?;
    run::run(&mut stage.server(&["publish"], &[&stage.at("home/intake.txt")]))?;
    let mut node = Command::new("node");
    node.arg("bench-page.mjs").arg(&letterbox.address).args(BROWSERS);
    run::run(node.current_dir(run::root().join("tests/node")).stdin(Stdio::null()))?;
    letterbox.stop()
}

/// Durable tips a second beside an append + fdatasync loop of the same bytes in the same groups on the same disk, in turn;
/// of each kind the median of three.
fn server(stage: &Stage, page: &Path, root: &str) -> Result<()> {
    let mut letterbox = stage.serve_on_a_socket(page, root)?;
    run::run(&mut stage.server(&["publish"], &[&stage.at("home/intake.txt")]))?;
    let at_rest = load::memory_kib(letterbox.id())?;
    println!(
        "{:>12} {:>10} {:>9} {:>9} {:>14} {:>7} {:>12}",
        "connections", "tips/s", "p50 ms", "p99 ms", "append loop/s", "ratio", "CPU ms/tip"
    );
    for (connections, tips) in [(1, 300), (64, 4_000), (256, 6_000), (1_024, 8_000)] {
        let mut columns: [Vec<f64>; 6] = Default::default();
        for _ in 0..3 {
            let before = load::cpu_ms(letterbox.id())?;
            let ours = load::send(&stage.at(DOOR), connections, tips)?;
            let cpu = (load::cpu_ms(letterbox.id())? - before) / tips as f64;
            let theirs = load::append_loop(&stage.at("append.bin"), connections, tips)?;
            let row = [ours.rate, ours.p50_ms, ours.p99_ms, theirs, ours.rate / theirs, cpu];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let [rate, p50, p99, theirs, ratio, cpu] = columns.map(median);
        println!(
            "{connections:>12} {rate:>10.0} {p50:>9.1} {p99:>9.1} {theirs:>14.0} {ratio:>6.2}x {cpu:>12.2}"
        );
    }
    println!("the page: {:.0} requests/s over 16 connections", load::pages(&stage.at(DOOR), 8_000)?);
    println!(
        "memory at rest {:.1} MiB, after the load {:.1} MiB",
        at_rest as f64 / 1024.0,
        load::memory_kib(letterbox.id())? as f64 / 1024.0
    );
    letterbox.stop()
}

fn sizes(page: &page::Built) -> Result<()> {
    println!("page {} bytes, {} compressed; core {} bytes", page.raw, page.packed, page.wasm);
    for crate_folder in [
        "crates/wire",
        "crates/envelope",
        "crates/report",
        "crates/scrub",
        "client-wasm/core",
        "client-wasm/seal",
        "client-wasm/page",
        "server",
        "analyst",
        "tests",
        "xtask",
    ] {
        let files = run::output(run::command("git").args(["ls-files", "--", crate_folder]))?;
        let counted = |f: &&str| {
            f.ends_with(".rs")
                || f.ends_with(".js")
                || f.ends_with(".mjs")
                || f.ends_with(".css")
                || f.ends_with(".html")
        };
        let lines: usize = files
            .lines()
            .filter(counted)
            .filter_map(|f| std::fs::read_to_string(run::root().join(f)).ok())
            .map(|t| t.lines().count())
            .sum();
        println!("{crate_folder:<18} {lines:>6} lines");
    }
    for packages in [&["tipline-server", "tipline-analyst"][..], &["tipline-seal"]] {
        let mut tree =
            run::cargo(&["tree", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}"]);
        packages.iter().for_each(|package| {
            tree.args(["-p", package]);
        });
        let tree = run::output(&mut tree)?;
        let all: std::collections::BTreeSet<&str> =
            tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|l| !l.is_empty()).collect();
        println!("{:<36} {:>4} packages", packages.join(" + "), all.len());
    }
    Ok(())
}

fn timed(command: &mut Command) -> Result<f64> {
    let began = Instant::now();
    run::run(command)?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The path, with nothing there.
fn fresh(path: &Path) -> Result<std::path::PathBuf> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(path.to_owned()),
    }
}

fn random_file(path: &Path, len: u64) -> Result<()> {
    let mut file = std::fs::File::create(path)?;
    std::io::copy(&mut std::io::Read::take(std::fs::File::open("/dev/urandom")?, len), &mut file)?;
    Ok(file.flush()?)
}
