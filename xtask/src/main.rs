//! The project's own commands: `cargo xtask demo`, `test`, `page`, `seal`, `bench`.
//!
//! [`demo`] runs one tip's whole way · [`suite`] runs every test · [`page`] builds the page · [`seal`] the source's command · [`bench`] measures ·
//! [`setup`] installs what those need · [`stage`] keys and a letterbox to work with, [`onion`] tor before it · [`run`] starts other programs.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a developer's tool: it prints, measures time, and reads nothing hostile"
)]

mod bench;
mod demo;
mod onion;
mod page;
mod run;
mod seal;
mod setup;
mod stage;
mod suite;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  demo [--once] [--tor]   One tip's whole way on this machine: builds everything, makes throw-away keys, serves the page
                          on a loopback port, seals and sends a sample tip, picks it up, opens it, shows it. Then leaves
                          the page running to try in a browser, until Ctrl-C or two hours have passed.
                          --once ends after the sample. --tor serves it as an onion instead, with a throw-away address
                          (Debian package tor, and a way to the Tor network): to try on a phone with Tor Browser.
  test [--quick] [--long] Every test. Installs the Rust target, the npm packages and, as root on Debian, the packages
                          it needs; otherwise names what is missing. --quick leaves out browsers, kills and fuzzing;
                          --long adds cargo deny, hours of fuzzing, hundreds of kills and power cuts.
  page [--drafts] [--check]
                          Builds the page into target/page/ and prints its hash and size: in English and the languages
                          that two people have reviewed. --drafts carries all of them, marked, and goes into
                          target/page-drafts/. --check builds both in two folders, compares the bytes, and checks
                          the locales.
  page review LANGUAGE    Prints the messages of a language that two people have yet to review.
  seal [--drafts]         Builds the source's command as one file that needs nothing else, for Linux (x86_64, aarch64) and
                          Windows, into target/seal/; prints sizes and digests, looks whether they are whole, and starts
                          those that this machine can start. --drafts carries all languages, marked: target/seal-drafts/.
  bench [NAME]            Measures; prints a table of ratios. Names: seal, wasm, page, server,
                          upload, held, tor, sizes.

Exit codes: 0 done, 1 something failed, 2 wrong usage.
";

fn main() -> ExitCode {
    match command() {
        Ok(done) => done,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> run::Result<ExitCode> {
    use lexopt::prelude::*;
    let mut args = lexopt::Parser::from_env();
    let (mut words, mut flags) = (Vec::new(), Vec::new());
    while let Some(arg) = args.next()? {
        match arg {
            Value(word) => words.push(word.string()?),
            Long(flag) => flags.push(flag.to_owned()),
            Short('h') => flags.push("help".into()),
            other @ Short(_) => return usage(&other.unexpected().to_string()),
        }
    }
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    if has("help") || words.is_empty() {
        print!("{HELP}");
        return Ok(if has("help") { ExitCode::SUCCESS } else { ExitCode::from(2) });
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let allowed = |known: &[&str]| flags.iter().find(|flag| !known.contains(&flag.as_str())).cloned();
    let (known, work): (&[&str], Box<dyn FnOnce() -> run::Result<ExitCode>>) = match words.as_slice() {
        ["demo"] => (&["once", "tor"], Box::new(|| demo::demo(has("once"), has("tor")))),
        ["test"] => (&["quick", "long"], Box::new(|| suite::test(has("quick"), has("long")))),
        ["page"] => (&["check", "drafts"], Box::new(|| page::command(edition(has("drafts")), has("check")))),
        ["page", "review", tag] => (&[], Box::new(|| page::to_review(tag))),
        ["seal"] => (&["drafts"], Box::new(|| seal::command(edition(has("drafts"))))),
        ["bench", names @ ..] => (&[], Box::new(|| bench::bench(names))),
        other => return usage(&format!("there is no command {}", other.join(" "))),
    };
    match allowed(known) {
        Some(flag) => usage(&format!("there is no flag --{flag} here")),
        None => work(),
    }
}

fn edition(drafts: bool) -> page::Edition {
    if drafts { page::Edition::Drafts } else { page::Edition::Release }
}

fn usage(problem: &str) -> run::Result<ExitCode> {
    eprintln!("xtask: {problem}; see `cargo xtask --help`");
    Ok(ExitCode::from(2))
}
