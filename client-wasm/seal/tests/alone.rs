//! The command as a process: what other programs and the network can see of it.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may fail loudly, listen, read the clock and draw random numbers"
)]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use support::{Folder, Letterbox, Proxy, REPORT, Reply, Root, onion};
use tipline_wire::date::Date;

const COMMAND: &str = env!("CARGO_BIN_EXE_tipline-seal");

fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Date::from_unix(since.as_secs()).unwrap()
}

fn run(mut command: Command, stdin: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

/// Every system call of the network, and every file that is opened, while a tip is sent through the proxy.
#[test]
fn no_name_is_looked_up_and_nothing_but_the_proxy_is_contacted() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("not tested: strace is not installed");
        return;
    }
    let folder = Folder::new("strace");
    let letterbox = Letterbox::sound(&onion(), today());
    let proxy = Proxy::new(letterbox.at);
    let trace = folder.path("trace");
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-e",
        "trace=network,openat,open",
        "-o",
        &trace,
        COMMAND,
        "--report",
        "-",
        "--to-site",
        &onion(),
    ]);
    strace.args(["--socks", &proxy.at.to_string()]);
    strace.args(["--fingerprint", &Root::new(9).fingerprint().to_string()]);
    let output = run(strace, REPORT);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(letterbox.bodies().len(), 1);

    let trace = fs::read_to_string(trace).unwrap();
    let connects: Vec<_> = trace.lines().filter(|line| line.contains("connect(")).collect();
    let to_proxy = format!("sin_port=htons({}), sin_addr=inet_addr(\"127.0.0.1\")", proxy.at.port());
    assert_eq!(connects.len(), 2, "{connects:?}");
    assert!(connects.iter().all(|line| line.contains(&to_proxy)), "{connects:?}");
    let sockets = trace.lines().filter(|line| line.contains("socket("));
    assert!(sockets.clone().count() == 2 && sockets.clone().all(|s| s.contains("SOCK_STREAM")));
    for resolver in ["resolv.conf", "/etc/hosts", "nsswitch", "htons(53)", "nscd", "AF_UNIX", "SOCK_DGRAM"] {
        assert!(!trace.contains(resolver), "{resolver} was touched");
    }
}

#[test]
fn nothing_is_contacted_directly_but_this_machine() {
    for address in ["example.org", "93.184.216.34", "http://8.8.8.8:80/", "192.168.1.1:80"] {
        let mut command = Command::new(COMMAND);
        command.args(["--report", "-", "--to-site", address]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && err.contains("nothing was contacted"), "{address}: {err}");
    }
}

/// What every other program of this machine can read about a running command.
#[test]
fn nothing_that_is_told_stands_in_the_command_line() {
    let letterbox = Letterbox::new(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        Reply::HangUp
    });
    let mut child = Command::new(COMMAND)
        .args(["--report", "-", "--to-site", &letterbox.at.to_string()])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(REPORT).unwrap();
    while letterbox.heads().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    for public in ["cmdline", "environ", "comm"] {
        let seen = fs::read(format!("/proc/{}/{public}", child.id())).unwrap();
        assert!(!String::from_utf8_lossy(&seen).contains("parents"), "{public}");
    }
    child.wait().unwrap();
}

/// With 64 MiB of address space over what an empty run needs, a file of 96 MiB is sealed.
#[test]
fn sealing_a_large_file_takes_no_more_memory_than_a_small_one() {
    let folder = Folder::new("memory");
    let (intake, video) = (folder.intake(today()), folder.path("video.bin"));
    fs::File::create(&video).unwrap().set_len(96 << 20).unwrap();
    let mut limited = Command::new("sh");
    limited.args([
        "-c",
        "ulimit -v 65536 && exec \"$@\"",
        "sh",
        COMMAND,
        "--original",
        &video,
        "--intake",
        &intake,
    ]);
    limited.args(["--out", &folder.path("tip.age")]);
    let output = run(limited, b"");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sealed = fs::metadata(folder.path("tip.age")).unwrap().len();
    assert_eq!(sealed, tipline_wire::size::Padded::holding(97 << 20).unwrap().sealed_len(3));
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(COMMAND).arg("--codes").stdout(writer).output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn exit_codes_and_texts_are_as_the_help_says() {
    let ask = |args: &[&str]| Command::new(COMMAND).args(args).stdin(Stdio::null()).output().unwrap();
    let help = ask(&["--help"]);
    assert!(help.status.success() && help.stdout.starts_with(b"tipline-seal"));
    let template = ask(&["--template"]);
    assert!(
        serde_json::from_slice::<serde_json::Value>(&template.stdout).unwrap()["report"]["incident"]
            .is_array()
    );
    let codes = String::from_utf8(ask(&["--codes"]).stdout).unwrap();
    assert!(
        codes.contains("\nincident\n") && codes.contains("relative_visit") && codes.contains("country\n")
    );
    assert!(ask(&["--version"]).stdout.starts_with(b"tipline-seal 0."));
    let wrong = ask(&["they came to my parents"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&wrong.stderr).contains("parents"));
    let missing = ask(&["--report", "/nonexistent", "--intake", "i", "--out", "o"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&missing.stderr).lines().count(), 1);
}
