//! Every test, in stages; ends with `N passed, N failed, N skipped`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::run::{self, Result};
use crate::{page, seal, setup};

const FUZZ_SECONDS: u32 = 12;
const FUZZ_SECONDS_LONG: u32 = 1_800;
const DENY: &str = "0.20.2";

/// Runs all stages; `quick` leaves out browsers, kills and fuzzing, `long` adds what takes hours.
pub(crate) fn test(quick: bool, long: bool) -> Result<ExitCode> {
    setup::rust_target()?;
    setup::node_packages()?;
    let missing = setup::debian_packages()?;
    let mut suite = Suite::new()?;
    for (package, program, needed_for) in
        setup::DEBIAN.iter().filter(|(package, ..)| missing.contains(package))
    {
        suite.skip(&format!("{needed_for}: {program} is missing (Debian package {package})"));
    }
    suite.stage("formatting", |_| run_all(&mut [run::cargo(&["fmt", "--all", "--check"])]));
    suite.stage("clippy for the host and for WASM", |_| run_all(&mut clippy()));
    suite.stage("the page, the same bytes from two folders", |_| page::check().map(|()| Count::one()));
    // Built before the tests: some of them start the programs of another crate.
    suite.stage("building the programs", |_| run_all(&mut [run::cargo(&["build", "--workspace"])]));
    if !quick {
        suite.stage("the source's command as it is handed out", |_| {
            seal::for_tests(long).map(|()| Count::one())
        });
    }
    suite.stage("unit tests and promises", |log| unit_tests(log, quick, long));
    if !quick {
        suite.stage("fuzzing", |_| fuzz(if long { FUZZ_SECONDS_LONG } else { FUZZ_SECONDS }));
    }
    if long {
        suite.stage("cargo deny", |_| deny());
    }
    suite.end()
}

fn clippy() -> [Command; 2] {
    let host = run::cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    let wasm =
        ["clippy", "--quiet", "-p", "tipline-core", "--target", "wasm32v1-none", "--", "-D", "warnings"];
    [host, run::cargo(&wasm)]
}

/// All of `cargo test`, the browser journeys and the kills among them; counted from the lines that it prints.
fn unit_tests(log: &PathBuf, quick: bool, long: bool) -> Result<Count> {
    let mut tests =
        run::cargo(&["test", "--workspace", "--no-fail-fast", "--color", "never", "--", "--show-output"]);
    tests.env(
        "TIPLINE_KILL_ROUNDS",
        if long {
            "1000"
        } else if quick {
            "3"
        } else {
            "100"
        },
    );
    if quick {
        tests.env("TIPLINE_QUICK", "1").env("TIPLINE_FAULTS", "3").env("TIPLINE_SEEDS", "1");
    }
    if long {
        tests.env("TIPLINE_POWER_CUTS", "200").env("TIPLINE_FAULTS", "all").env("TIPLINE_SEEDS", "200");
        tests.env("TIPLINE_SOAK_SECONDS", "3600");
    }
    let file = std::fs::File::create(log)?;
    let ended = tests.stdout(file.try_clone()?).stderr(file).status()?;
    let said = std::fs::read_to_string(log)?;
    let mut count = Count::default();
    for line in said.lines() {
        count.add(&Count::of_cargo(line));
        if line.starts_with("SKIPPED: ") {
            println!("   {line}");
            count.skipped += 1;
        }
    }
    if !ended.success() {
        reasons(&said).for_each(|line| println!("   {line}"));
        println!("   all of it: {}", log.display());
        if count.failed == 0 {
            return Err(format!("the tests did not run to the end\n{}", tail(&said)).into());
        }
        println!("{}", tail(&said));
    }
    Ok(count)
}

/// What failed and why: each telling line, and of a panic what follows it, so that a log elsewhere isn't needed.
fn reasons(said: &str) -> impl Iterator<Item = &str> {
    const TOLD: usize = 25;
    let mut left = 0;
    said.lines().filter(move |line| {
        let panicked = line.contains("panicked at");
        left = match panicked {
            true => TOLD,
            false if line.starts_with("test ") || line.starts_with("---- ") => 0,
            false => left.saturating_sub(1),
        };
        left > 0 || line.contains("FAILED") || line.starts_with("error")
    })
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// Each target for a while. Works on stable: the instrumentation is asked of LLVM directly.
fn fuzz(seconds: u32) -> Result<Count> {
    const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing -Cdebug-assertions";
    const HOST: &str = "x86_64-unknown-linux-gnu";
    let folder = run::root().join("fuzz");
    let built = run::target().join("fuzz");
    let mut build = run::cargo(&["build", "--quiet", "--release", "--target", HOST]);
    run::run(build.current_dir(&folder).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &built))?;
    let mut count = Count::default();
    let mut targets: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder.join("fuzz_targets"))? {
        targets.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    for target in targets {
        let corpus = built.join("corpus").join(&target);
        std::fs::create_dir_all(&corpus)?;
        let mut fuzzer = run::command(built.join(HOST).join("release").join(&target));
        fuzzer.arg(&corpus).args([
            format!("-max_total_time={seconds}"),
            "-max_len=131072".into(),
            "-timeout=10".into(),
        ]);
        fuzzer.args(["-rss_limit_mb=2048", "-print_final_stats=0", "-verbosity=0"]);
        fuzzer.arg(format!("-artifact_prefix={}/", corpus.display()));
        let log = built.join(format!("{target}.log"));
        let file = std::fs::File::create(&log)?;
        let sound = run::run(fuzzer.stdout(file.try_clone()?).stderr(file));
        println!("   {target}: {seconds} s {}", if sound.is_ok() { "ok" } else { "FAILED" });
        if sound.is_err() {
            println!("{}", tail(&String::from_utf8_lossy(&std::fs::read(&log)?)));
        }
        count.add(&if sound.is_ok() { Count::one() } else { Count { failed: 1, ..Count::default() } });
    }
    Ok(count)
}

/// Bans, licences, sources; advisories too where the database can be had.
fn deny() -> Result<Count> {
    let tools = run::target().join("tools");
    run::run(
        run::cargo(&["install", "--quiet", "--locked", "cargo-deny", "--version", DENY, "--root"])
            .arg(&tools),
    )?;
    let deny = |what: &[&str]| {
        let mut command = run::command(tools.join("bin/cargo-deny"));
        command.arg("check").args(what);
        command
    };
    run::run(&mut deny(&["bans", "licenses", "sources"]))?;
    let advisories = run::run(&mut deny(&["advisories"])).is_ok();
    if !advisories {
        println!("SKIPPED: advisories: the database cannot be had here, or names a fault; see above");
    }
    Ok(Count { passed: 1 + u32::from(advisories), failed: 0, skipped: u32::from(!advisories) })
}

fn run_all(commands: &mut [Command]) -> Result<Count> {
    for command in &mut *commands {
        run::run(command)?;
    }
    Ok(Count { passed: u32::try_from(commands.len())?, ..Count::default() })
}

#[derive(Default)]
struct Count {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl Count {
    fn one() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`; any other line counts nothing.
    fn of_cargo(line: &str) -> Self {
        let number = |what: &str| {
            let before = line.split(what).next().filter(|before| before.len() < line.len())?;
            before.rsplit(' ').next()?.parse().ok()
        };
        if !line.starts_with("test result: ") {
            return Self::default();
        }
        let count = |what: &str| number(what).unwrap_or(0);
        Self { passed: count(" passed"), failed: count(" failed"), skipped: count(" ignored") }
    }
}

struct Suite {
    logs: PathBuf,
    total: Count,
}

impl Suite {
    fn new() -> Result<Self> {
        let logs = run::target().join("test-logs");
        std::fs::create_dir_all(&logs)?;
        Ok(Self { logs, total: Count::default() })
    }

    fn stage(&mut self, name: &str, work: impl FnOnce(&PathBuf) -> Result<Count>) {
        let began = Instant::now();
        println!("── {name}");
        let log = self.logs.join(name.replace(' ', "-") + ".log");
        let count = work(&log).unwrap_or_else(|error| {
            println!("   FAILED: {error}");
            Count { failed: 1, ..Count::default() }
        });
        println!(
            "   {} passed, {} failed, {} skipped in {:.0} s",
            count.passed,
            count.failed,
            count.skipped,
            began.elapsed().as_secs_f64()
        );
        self.total.add(&count);
    }

    fn skip(&mut self, why: &str) {
        println!("SKIPPED: {why}");
        self.total.skipped += 1;
    }

    fn end(self) -> Result<ExitCode> {
        let Count { passed, failed, skipped } = self.total;
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_told_with_its_reason() {
        let said = "test a ... ok\n---- b stdout ----\nthread 'b' panicked at x.rs:1:1:\nno such file\n\n\
            ---- c stdout ----\nmuch\ntest b ... FAILED\nerror: one failed";
        let told: Vec<&str> = reasons(said).collect();
        assert_eq!(
            told,
            [
                "thread 'b' panicked at x.rs:1:1:",
                "no such file",
                "",
                "test b ... FAILED",
                "error: one failed"
            ]
        );
    }

    #[test]
    fn cargo_s_lines_are_counted() {
        let count = Count::of_cargo(
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!((count.passed, count.failed, count.skipped), (12, 3, 1));
        assert_eq!(Count::of_cargo("running 3 tests").passed, 0);
    }
}
