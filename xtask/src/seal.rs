//! `cargo xtask seal`: the source's command as it is handed out, one file for each kind of computer that needs nothing of it.
//!
//! Each file is looked at (no interpreter, no library but the system's own, no path of this machine) and started, where this
//! machine can start it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::page::{self, Edition};
use crate::run::{self, Result};

/// One kind of computer.
pub(crate) struct Kind {
    triple: &'static str,
    file: &'static str,
    /// Rust's own linker, or the program that must be there.
    linker: &'static str,
    /// What starts it here, if it is not this machine's kind.
    runner: Option<&'static str>,
}

/// Those that are built. The first is what the tests run.
pub(crate) const KINDS: [Kind; 3] = [
    Kind {
        triple: "x86_64-unknown-linux-musl",
        file: "tipline-seal-linux-x86_64",
        linker: "rust-lld",
        runner: None,
    },
    Kind {
        triple: "aarch64-unknown-linux-musl",
        file: "tipline-seal-linux-aarch64",
        linker: "rust-lld",
        runner: Some("qemu-aarch64-static"),
    },
    Kind {
        triple: "x86_64-pc-windows-gnu",
        file: "tipline-seal-windows-x86_64.exe",
        linker: "x86_64-w64-mingw32-gcc",
        runner: Some("wine"),
    },
];

/// Libraries that every Windows has.
const OF_WINDOWS: [&str; 10] = [
    "advapi32.dll",
    "api-ms-win-",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ucrtbase.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// `cargo xtask seal`.
pub(crate) fn command(edition: Edition) -> Result<ExitCode> {
    let mut all = true;
    for kind in &KINDS {
        match build(kind, edition) {
            Ok(said) => println!("{said}"),
            Err(error) => {
                all = false;
                eprintln!("{}: not built or not sound: {error}", kind.file);
            }
        }
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the tests start: this machine's kind, and with `long` every kind; with all languages.
pub(crate) fn for_tests(long: bool) -> Result<()> {
    let kinds = if long { KINDS.len() } else { 1 };
    KINDS.iter().take(kinds).try_for_each(|kind| build(kind, Edition::Drafts).map(drop))
}

/// Builds one, looks at it, starts it; answers its name, size, digest and what came of starting it.
pub(crate) fn build(kind: &Kind, edition: Edition) -> Result<String> {
    if kind.linker != "rust-lld" && !run::exists(kind.linker) {
        return Err(
            format!("the linker {} is missing; see `DEBIAN` in xtask/src/setup.rs", kind.linker).into()
        );
    }
    run::run(run::command("rustup").args(["--quiet", "target", "add", kind.triple]))?;
    let begun = Instant::now();
    let mut cargo =
        run::cargo(&["build", "--quiet", "--locked", "-p", "tipline-seal", "--profile", "static"]);
    let mut flags = vec![format!("-Clinker={}", kind.linker)];
    flags.extend(page::remaps(&run::root()));
    cargo.args(["--target", kind.triple]).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    cargo.env_remove("TIPLINE_DRAFTS").env_remove("RUSTFLAGS");
    if edition == Edition::Drafts {
        cargo.env("TIPLINE_DRAFTS", "1");
    }
    run::run(&mut cargo)?;
    let took = begun.elapsed().as_secs();
    let built = run::target().join(kind.triple).join("static").join(match kind.triple.contains("windows") {
        true => "tipline-seal.exe",
        false => "tipline-seal",
    });
    let bytes = std::fs::read(&built)?;
    needs_nothing(kind, &built, &bytes)?;
    let file = place(edition).join(kind.file);
    std::fs::create_dir_all(place(edition))?;
    std::fs::copy(&built, &file)?;
    let ran = start(kind, &file)?;
    Ok(format!(
        "{}\n  {} bytes, SHA-256 {}, built in {took} s; {ran}",
        file.display(),
        bytes.len(),
        page::hex(&bytes)
    ))
}

/// Where an edition is put.
pub(crate) fn place(edition: Edition) -> PathBuf {
    run::target().join(match edition {
        Edition::Release => "seal",
        Edition::Drafts => "seal-drafts",
    })
}

fn needs_nothing(kind: &Kind, file: &Path, bytes: &[u8]) -> Result<()> {
    let root = run::root().display().to_string();
    if bytes.windows(root.len()).any(|window| window == root.as_bytes()) {
        return Err(format!("it holds the path {root}").into());
    }
    if !kind.triple.contains("windows") {
        return match interpreter(bytes) {
            Some(false) => Ok(()),
            Some(true) => Err("it asks for an interpreter, so it is not static".into()),
            None => Err("it is no ELF file of 64 bits".into()),
        };
    }
    let listed = run::output(run::command("x86_64-w64-mingw32-objdump").arg("-p").arg(file))?;
    let libraries = listed.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    match libraries.map(str::to_lowercase).find(|name| !OF_WINDOWS.iter().any(|own| name.starts_with(own))) {
        Some(name) => Err(format!("it needs {name}, which not every Windows has").into()),
        None => Ok(()),
    }
}

/// Whether an ELF file names an interpreter (a program header of type 3); `None` for anything else.
fn interpreter(bytes: &[u8]) -> Option<bool> {
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    };
    bytes.starts_with(b"\x7fELF\x02\x01").then_some(())?;
    let (at, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut kinds = (0..count).map(|header| number(usize::try_from(at + header * size).ok()?, 4));
    Some(kinds.any(|kind| kind == Some(3)))
}

/// Starts it where that is possible; what it says must be its version.
fn start(kind: &Kind, file: &Path) -> Result<String> {
    let mut command = match kind.runner {
        None => Command::new(file),
        Some(runner) if run::exists(runner) => {
            let mut command = Command::new(runner);
            if runner == "wine" {
                command.env("WINEDEBUG", "-all").env("WINEPREFIX", run::target().join("wine"));
                command.env("WINEPATH", format!("Z:{}", wine_library()?.display()).replace('/', "\\"));
            }
            command.arg(file);
            command
        }
        Some(runner) => return Ok(format!("not started: {runner} is missing")),
    };
    let said = run::output(command.arg("--version"))?;
    match said.trim().starts_with("tipline-seal ") {
        true => Ok(format!("it says {}", said.trim())),
        false => Err(format!("it says {said:?} for its version").into()),
    }
}

/// The folder of a library that Windows has and Debian's Wine lacks.
fn wine_library() -> Result<PathBuf> {
    let folder = run::target().join("wine-library");
    std::fs::create_dir_all(&folder)?;
    let mut gcc = run::command("x86_64-w64-mingw32-gcc");
    gcc.args(["-shared", "-O1", "-o"]).arg(folder.join("bcryptprimitives.dll"));
    run::run(gcc.arg("xtask/wine/bcryptprimitives.c").arg("-ladvapi32"))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_needs_an_interpreter_is_told_from_one_that_does_not() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(interpreter(&own), Some(true), "tests are linked to the system's libraries");
        assert_eq!(interpreter(b"MZ"), None);
        let mut bare = vec![0; 120];
        bare[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bare[32], bare[54], bare[56], bare[64]) = (64, 56, 1, 1);
        assert_eq!(interpreter(&bare), Some(false));
        bare[64] = 3;
        assert_eq!(interpreter(&bare), Some(true));
        bare.truncate(60);
        assert_eq!(interpreter(&bare[..50]), None);
    }
}
