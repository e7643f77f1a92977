//! Starting and stopping: what is under way is finished, and nobody else may use the same store or socket.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::parts::Sender;
use crate::stage::*;

#[test]
fn a_graceful_stop_under_load_loses_nothing_that_was_acknowledged() {
    let stage = Stage::new();
    let server = stage.open();
    let (acknowledged, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let address = server.address.clone();
    let threads: Vec<_> = (0..8_u64)
        .map(|thread| {
            let (acknowledged, over, address) =
                (Arc::clone(&acknowledged), Arc::clone(&over), address.clone());
            std::thread::spawn(move || {
                for n in 0.. {
                    let body = small_tip(thread * 1_000_000 + n);
                    let Ok(mut stream) = std::net::TcpStream::connect(&address) else { break };
                    let _ = stream.write_all(&post(this_week(), &body));
                    match read_answer(&mut stream) {
                        Some(answer) if answer.status == 201 => acknowledged.lock().unwrap().push(body),
                        _ => break,
                    }
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(700));
    let began = Instant::now();
    let (code, journal) = server.stop();
    assert!(began.elapsed() < Duration::from_secs(15));
    over.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(code, Some(0));
    assert!(journal.ends_with("stopping\nstopped\n"), "{journal}");
    let mut acknowledged = Arc::try_unwrap(acknowledged).unwrap().into_inner().unwrap();
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    let _again = stage.start();
    let held = stage.held();
    acknowledged.sort_unstable();
    assert!(acknowledged.iter().all(|tip| held.binary_search(tip).is_ok()));
}

#[test]
fn a_tip_that_is_being_sent_when_the_stop_comes_is_still_kept() {
    let stage = Stage::new();
    let server = stage.open();
    let request = post(this_week(), &small_tip(1));
    let mut stream = server.connect();
    stream.write_all(&request[..30_000]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.terminate();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(&request[30_000..]).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn a_part_or_a_commit_that_is_being_sent_when_the_stop_comes_is_still_made_durable() {
    let stage = Stage::new();
    let sender = Sender::new(1, 2_048);
    let requests = sender.whole();
    // Each request is on its way when the server is told to stop; the next goes to a server that was started anew.
    for (number, request) in requests.iter().enumerate() {
        let server = if number == 0 { stage.open() } else { stage.start() };
        if number == 1 {
            // What was only begun is in memory.
            assert_eq!(server.send(&requests[0]).unwrap().says(), "begun");
        }
        let mut stream = server.connect();
        let cut = request.len() - 20;
        stream.write_all(&request[..cut]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        server.terminate();
        server.wait_for_journal("stopping");
        stream.write_all(&request[cut..]).unwrap();
        let answer = read_answer(&mut stream).expect("an answer");
        assert!(answer.status < 300, "{}", answer.says());
        assert_eq!(server.wait().0, Some(0));
    }
    let _again = stage.start();
    assert_eq!(stage.held(), [sender.tip]);
}

#[test]
fn a_second_server_on_the_same_store_is_refused_with_a_clear_line() {
    let stage = Stage::new();
    let server = stage.open();
    let second = stage.serve_command().stderr(Stdio::piped()).output().unwrap();
    let line = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(line.contains("another tipline-server is using the store"), "{line}");
    assert_eq!(server.post(&small_tip(1)).status, 201, "the first is not disturbed");
}

#[test]
fn a_living_socket_is_not_taken_over_and_a_dead_one_is() {
    let stage = Stage::new();
    let mut server = stage.open();
    let other = Stage { store: stage.folder.0.join("other"), ..Stage::new() };
    let mut command = other.serve_command();
    command.arg("--operator").arg(format!("unix:{}", stage.operator().display()));
    let output = command.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("another process listens there"), "{output:?}");
    server.kill();
    let again = stage.start();
    assert!(stage.held().is_empty());
    drop(again);
}

#[test]
fn wrong_settings_are_one_clear_line() {
    let stage = Stage::new();
    let line = |args: &[&str], code: i32| {
        let output = stage.serve_command().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(line(&["--listen", "0.0.0.0:0"], 1).contains("only this machine's own addresses"));
    assert!(line(&["--root", "SHA256:abc"], 1).contains("a fingerprint SHA256:"));
    assert!(line(&["--root", ""], 1).contains("the root's fingerprint is missing"));
    assert!(line(&["--page", "/nonexistent"], 1).contains("cannot read the page /nonexistent"));
    assert!(line(&["--today", "2026-01-01"], 2).contains("--help"));
    std::fs::write(stage.folder.0.join("bad.toml"), "[limits]\nconections = 3\n").unwrap();
    let unknown = line(&["--config", "bad.toml"], 1);
    assert!(unknown.contains("line 2") && unknown.contains("`conections`"), "{unknown}");
    std::fs::write(stage.folder.0.join("page.html"), "<p>").unwrap();
    assert!(line(&[], 1).contains("exactly once"));
}
