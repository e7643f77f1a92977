//! The real binary: on a machine that is online, killed at any moment, with a large tip in little memory.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::common::{JSON, Scratch, seal, seal_streaming};

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tipline-analyst"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = binary().args(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

pub(crate) fn opening(scratch: &Scratch, file: &str) -> Command {
    let mut command = binary();
    command
        .arg("open")
        .arg(scratch.path(file))
        .arg("--out")
        .arg(scratch.path("out"))
        .arg("--home")
        .arg(scratch.path("home"));
    command.arg("--passphrase-file").arg(scratch.path("pass")).arg("--i-know-this-machine-is-online");
    command
}

#[test]
fn help_and_version_are_printed_and_wrong_usage_is_two() {
    let (code, out, _) = run(&["--version"]);
    assert!(code == 0 && out.starts_with("tipline-analyst "), "{out}");
    for page in [
        &["--help"][..],
        &["keys", "--help"],
        &["keys", "init", "--help"],
        &["open", "-h"],
        &["show", "--help"],
        &["site", "--help"],
    ] {
        let (code, out, err) = run(page);
        assert!(code == 0 && out.contains("Usage:") && err.is_empty(), "{page:?}");
        assert!(out.lines().all(|line| line.chars().count() <= 120), "{page:?}");
    }
    let (code, out, err) = run(&["burn"]);
    assert!(code == 2 && out.is_empty() && err.lines().count() == 1, "{err}");
}

#[test]
fn every_command_that_works_refuses_on_a_machine_that_is_online() {
    let online = tipline_analyst::airgap::check(Path::new(tipline_analyst::airgap::INTERFACES)).is_err();
    if !online {
        println!("SKIPPED: this machine is offline, as a desk should be");
        return;
    }
    for line in [
        "keys init --org x --site any --home /nowhere/h",
        "open a --out /nowhere/o",
        "show /nowhere",
        "site /nowhere",
    ] {
        let (code, out, err) = run(&line.split(' ').collect::<Vec<_>>());
        assert!(code == 1 && out.is_empty() && err.lines().count() == 1, "{line}: {err}");
        assert!(err.contains("network") && err.contains("--i-know-this-machine-is-online"), "{err}");
    }
}

/// The most memory the process used, in KiB, looked at while it runs.
pub(crate) fn peak(child: &mut Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let now = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = now.unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}

#[test]
fn a_tip_of_300_megabytes_opens_in_little_memory() {
    const SIZE: u64 = 300_000_000;
    let scratch = Scratch::with_keys();
    let mut file = File::create(scratch.path("tip.age")).unwrap();
    let byte = |at: usize| (at >> 16) as u8 ^ at as u8;
    let read = |_, at: usize, len: usize| (at..(at + len).min(SIZE as usize)).map(byte).collect();
    seal_streaming(&scratch.keys(), JSON, &[SIZE], read, |bytes| file.write_all(bytes).unwrap());
    let mut child = opening(&scratch, "tip.age").spawn().unwrap();
    let peak = peak(&mut child);
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!((1_000..64 * 1_024).contains(&peak), "{peak} KiB");
    let opened = fs::read(scratch.only().join("files/001.bin")).unwrap();
    assert_eq!(opened.len() as u64, SIZE);
    assert!(opened.iter().enumerate().all(|(at, found)| *found == byte(at)));
}

#[test]
fn a_kill_at_any_time_leaves_no_half_tip() {
    let scratch = Scratch::with_keys();
    let photo: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 253) as u8).collect();
    scratch.write("tip.age", &seal(&scratch.keys(), JSON, &[&photo, b"\xff\xd8\xff"]));
    let mut killed = 0;
    for round in 0..40_u64 {
        let mut child = opening(&scratch, "tip.age").spawn().unwrap();
        std::thread::sleep(Duration::from_micros(round * 1_500));
        killed += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        for name in scratch.folders().iter().filter(|name| !name.starts_with('.')) {
            let folder = scratch.path("out").join(name);
            assert!(fs::read(folder.join("files/001.bin")).unwrap() == photo, "round {round}");
            assert!(
                folder.join("files/002.jpg").exists()
                    && folder.join("tip.txt").exists()
                    && folder.join("about.json").exists()
            );
            fs::remove_dir_all(folder).unwrap();
        }
    }
    assert!(killed > 0, "no round was quick enough to kill anything");
    let out = opening(&scratch, "tip.age").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    scratch.only(); // and what the killed ones left is gone
}

#[test]
fn two_at_once_in_one_folder_do_not_disturb_each_other() {
    let scratch = Scratch::with_keys();
    let photo = vec![5; 60_000_000];
    scratch.write("tip.age", &seal(&scratch.keys(), JSON, &[&photo]));
    let mut children: Vec<Child> = (0..3).map(|_| opening(&scratch, "tip.age").spawn().unwrap()).collect();
    let codes: Vec<i32> = children.iter_mut().map(|c| c.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0), "{codes:?}");
    assert_eq!(fs::read(scratch.only().join("files/001.bin")).unwrap(), photo);
}

#[test]
fn on_a_terminal_the_passphrase_is_asked_twice_without_echo_and_costs_as_much_as_with_stock_age() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("SKIPPED: needs the Debian package bsdutils");
        return;
    }
    let scratch = Scratch::new();
    let home = scratch.path("home");
    let line = format!(
        "{} keys init --home {} --org Relief --site any --i-know-this-machine-is-online",
        env!("CARGO_BIN_EXE_tipline-analyst"),
        home.display()
    );
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut shown = String::new();
    let mut screen = child.stdout.take().unwrap();
    for (prompt, typed) in [
        ("Type yes", "yes\n"),
        ("New passphrase", "typed on a keyboard\n"),
        ("once more", "typed on a keyboard\n"),
    ] {
        wait_for(&mut screen, prompt, &mut shown);
        keyboard.write_all(typed.as_bytes()).unwrap();
    }
    screen.read_to_string(&mut shown).unwrap();
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains("keyboard") && shown.contains("SHA256:"), "{shown}");
    for name in ["root.age", "desk.age", "openers/1.age"] {
        let file = fs::read(home.join(name)).unwrap();
        let second_line = String::from_utf8_lossy(file.split(|b| *b == b'\n').nth(1).unwrap()).into_owned();
        assert!(second_line.starts_with("-> scrypt ") && second_line.ends_with(" 18"), "{second_line}");
    }
}

fn wait_for(screen: &mut impl Read, prompt: &str, shown: &mut String) {
    while !shown.contains(prompt) {
        let mut byte = [0];
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "{shown}");
        shown.push(char::from(byte[0]));
    }
}
