//! Tips over 1 MiB from the source's command to the desk, through the real letterbox: to the byte, whatever breaks on the way.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tipline_tests::{Stand, must, program, quick, skipped};

use crate::interop::independent;
use crate::relay::{Cut, Relay};

const MIB: usize = 1 << 20;

fn evidence(stand: &Stand, len: usize) -> PathBuf {
    let file = stand.scratch.at("evidence.bin");
    let bytes: Vec<u8> = (0..len).map(|at| (at / 251 + at % 251) as u8).collect();
    std::fs::write(&file, bytes).unwrap();
    file
}

fn address(stand: &Stand) -> SocketAddr {
    stand.address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

fn send(stand: &Stand, to: &str, file: &Path) -> Command {
    let mut seal = Command::new(program("tipline-seal"));
    seal.args(["--to-site", to, "--fingerprint", &stand.fingerprint]).arg("--original").arg(file);
    seal.stdin(Stdio::null());
    seal
}

/// The only tip that the desk finds holds this file.
fn arrived(stand: &Stand, file: &Path) {
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    let got = std::fs::read(tips[0].join("files/001.bin")).unwrap();
    assert!(got == std::fs::read(file).unwrap(), "{} bytes came out otherwise", got.len());
}

#[test]
fn a_large_tip_travels_in_parts_from_the_command_to_the_desk_unchanged() {
    for len in [3 * MIB, 50 * MIB] {
        if quick() && len > 3 * MIB {
            skipped("a tip of 50 MiB from the command to the desk: quick run");
            continue;
        }
        let stand = Stand::new("large");
        let file = evidence(&stand, len);
        must(&mut send(&stand, &stand.address, &file));
        arrived(&stand, &file);
    }
}

/// Every part's first connection is cut, at another byte each time, half of them after the letterbox had all of it.
#[test]
fn a_line_that_breaks_in_every_part_loses_nothing_and_sends_nothing_acknowledged_again() {
    let stand = Stand::new("breaks");
    let file = evidence(&stand, 20 * MIB);
    let (mut last, mut at) = (String::new(), 0_u64);
    let relay = Relay::new(address(&stand), move |line| {
        if !line.starts_with("PUT ") || *line == *last {
            return Cut::No;
        }
        last = line.to_owned();
        at += 1;
        if at.is_multiple_of(2) { Cut::Answer(at * 37 % 256) } else { Cut::Request(at * 99_991 % 1_049_000) }
    });
    must(&mut send(&stand, &relay.at.to_string(), &file));
    arrived(&stand, &file);
    assert_eq!(relay.sent_again(), Vec::<String>::new());
    let cut =
        relay.seen().iter().filter(|seen| seen.line.starts_with("PUT ") && seen.status.is_none()).count();
    assert_eq!(cut, 24, "each of the 24 parts was cut once");
}

#[test]
fn an_upload_goes_on_after_the_letterbox_was_killed_in_the_middle() {
    let mut stand = Stand::new("killed");
    let file = evidence(&stand, 10 * MIB);
    let mut first = true;
    let relay = Relay::new(address(&stand), move |line| match line {
        "PUT /uploads/parts/4" if std::mem::take(&mut first) => Cut::Gone(700_000),
        _ => Cut::No,
    });
    let mut seal = send(&stand, &relay.at.to_string(), &file).spawn().unwrap();
    while relay.is_open() {
        assert!(seal.try_wait().unwrap().is_none(), "it ended before the line broke");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    stand.kill();
    stand.start_again();
    relay.open();
    assert!(seal.wait().unwrap().success());
    arrived(&stand, &file);
    assert_eq!(relay.sent_again(), Vec::<String>::new());
}

/// The most memory that a running process had in use so far, in KiB.
fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().trim_end_matches(" kB").parse().ok())
}

#[test]
fn sending_two_hundred_mebibytes_takes_the_memory_of_two_parts() {
    if quick() {
        return skipped("the memory that a tip of 200 MiB takes: quick run");
    }
    let stand = Stand::new("memory");
    let file = stand.scratch.at("evidence.bin");
    std::fs::File::create(&file).unwrap().set_len(200 << 20).unwrap();
    let mut seal = send(&stand, &stand.address, &file).spawn().unwrap();
    let mut most = 0;
    while seal.try_wait().unwrap().is_none() {
        most = peak(&seal).unwrap_or(0).max(most);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(seal.wait().unwrap().success());
    println!("sending 200 MiB: at most {most} KiB in memory");
    assert!((1..=20_000).contains(&most), "{most} KiB");
}

/// What the command seals for one recipient is a plain age file.
#[test]
fn the_independent_implementation_opens_a_file_that_was_sealed_for_one_recipient() {
    let scratch = tipline_tests::Scratch::new("single");
    let made = independent(&serde_json::json!([{ "do": "keygen" }])).remove(0);
    let (key, out) = (scratch.at("hs_ed25519_secret_key"), scratch.at("opened"));
    std::fs::write(&key, [7; 96]).unwrap();
    let mut seal = Command::new(program("tipline-seal"));
    must(seal.arg("--to").arg(made["recipient"].as_str().unwrap()).arg(&key));
    let sealed = scratch.at("hs_ed25519_secret_key.age");
    let job = serde_json::json!([{ "do": "decrypt", "identity": made["identity"], "in": sealed.to_str(), "out": out.to_str() }]);
    assert_eq!(independent(&job), [serde_json::Value::Null]);
    assert_eq!(std::fs::read(out).unwrap(), [7; 96]);
}
