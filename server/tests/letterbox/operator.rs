//! The operator's door: what may be published, and a pickup that is exactly what it says, even when it is cut off.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::stage::*;

const PICKUP: &[u8] = b"POST /pickup HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

fn complaint(output: &std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    text
}

#[test]
fn a_forged_stale_or_damaged_document_is_refused_and_changes_nothing() {
    let stage = Stage::new();
    let server = stage.open();
    let before = server.send(&get("/intake")).unwrap();
    let folder = &stage.folder.0;
    let new = stage.root.sign(folder, 5);
    assert!(stage.publish(&new).status.success());
    assert!(stage.publish(&new).status.success(), "the same document again is no fault");
    assert_ne!(server.send(&get("/intake")).unwrap(), before);
    let now = server.send(&get("/intake")).unwrap();

    assert!(complaint(&stage.publish(&folder.join("intake-1"))).contains("serial 1 is not above"));
    let other = folder.join("other");
    fs::create_dir(&other).unwrap();
    let forged = Root::new(9).sign(&other, 6);
    assert!(complaint(&stage.publish(&forged)).contains("not by this letterbox's root"));
    let changed = folder.join("changed");
    fs::write(&changed, fs::read_to_string(&new).unwrap().replace("Example", "Another")).unwrap();
    fs::copy(folder.join("intake-5.sig"), folder.join("changed.sig")).unwrap();
    assert!(complaint(&stage.publish(&changed)).contains("does not belong to this document"));
    fs::write(folder.join("noise"), "noise").unwrap();
    fs::write(folder.join("noise.sig"), "noise").unwrap();
    assert!(complaint(&stage.publish(&folder.join("noise"))).contains("a signed document was expected"));
    assert!(complaint(&stage.publish(&folder.join("absent"))).contains("absent"));

    assert_eq!(server.send(&get("/intake")).unwrap(), now);
    let (_, journal) = server.stop();
    assert!(journal.contains("intake document 5 published"));
    let again = stage.start();
    assert_eq!(again.send(&get("/intake")).unwrap(), now, "it is installed for good");
}

#[test]
fn a_pickup_is_a_plain_tar_that_stock_tools_check() {
    let stage = Stage::new();
    let server = stage.open();
    (1..=20).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let out = stage.folder.0.join("tips.tar");
    let output = stage.command("pickup").arg("--out").arg(&out).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("20 tips, 1375040 bytes"), "{output:?}");
    assert!(output.stderr.is_empty(), "quiet in a pipe");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600, "for its owner alone");
    let again = stage.command("pickup").arg("--out").arg(&out).output().unwrap();
    assert!(complaint(&again).contains("is there already"), "{again:?}");
    let there = stage.folder.0.join("unpacked");
    fs::create_dir(&there).unwrap();
    let run = |command: &mut Command| assert!(command.current_dir(&there).output().unwrap().status.success());
    run(Command::new("tar").arg("xf").arg(&out));
    run(Command::new("sha256sum").args(["--strict", "--check", "SHA256SUMS"]));
    let names: Vec<_> = entries(&fs::read(&out).unwrap()).into_iter().map(|(name, _)| name).collect();
    assert_eq!((names[0].as_str(), names[21].as_str(), names.len()), ("manifest.json", "SHA256SUMS", 22));
    let mut sorted = names[1..21].to_vec();
    sorted.sort_unstable();
    assert_ne!(names[1..21], sorted[..], "the order is drawn");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(there.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["schema"], &manifest["count"]), (&"tipline-pickup/1".into(), &20.into()));
    assert_eq!(manifest["complete_through"], today().plus_days(-8).monday().to_string());
    // A second pickup has everything again: nothing was acknowledged.
    assert_eq!(stage.held().len(), 20);
    assert!(
        complaint(&stage.command("pickup").arg("--out").arg(&out).output().unwrap()).contains("tips.tar")
    );
}

#[test]
fn a_pickup_cut_in_half_goes_on_where_it_stopped() {
    let stage = Stage::new();
    let server = stage.open();
    (1..=10).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let (first, out) = (stage.folder.0.join("a.tar"), stage.folder.0.join("b.tar"));
    assert!(stage.command("pickup").arg("--out").arg(&first).output().unwrap().status.success());
    let whole = fs::read(&first).unwrap();
    assert_eq!(server.post(&small_tip(11)).status, 201);
    for cut in [1_500, 100_001, whole.len() / 2, whole.len() - 1, whole.len()] {
        fs::write(stage.folder.0.join("b.tar.part"), &whole[..cut]).unwrap();
        assert!(stage.command("pickup").arg("--out").arg(&out).output().unwrap().status.success());
        assert!(fs::read(&out).unwrap() == whole, "cut at {cut}: the frozen list, not the new tip");
        fs::remove_file(&out).unwrap();
    }
    let mut damaged = whole[..50_000].to_vec();
    damaged[20_000] ^= 1;
    fs::write(stage.folder.0.join("b.tar.part"), damaged).unwrap();
    assert!(
        complaint(&stage.command("pickup").arg("--out").arg(&out).output().unwrap()).contains("not sound")
    );
    // The list is forgotten with the server: a new one is made.
    fs::write(stage.folder.0.join("b.tar.part"), &whole[..50_000]).unwrap();
    server.stop();
    let _again = stage.start();
    assert!(stage.command("pickup").arg("--out").arg(&out).output().unwrap().status.success());
    assert_eq!(entries(&fs::read(&out).unwrap()).len(), 13);
}

#[test]
fn an_empty_letterbox_gives_an_empty_pickup() {
    let stage = Stage::new();
    let _server = stage.open();
    assert!(stage.pickup().is_empty());
}

#[test]
fn the_socket_is_for_this_user_only() {
    let stage = Stage::new();
    let server = stage.open();
    assert_eq!(fs::metadata(stage.operator()).unwrap().permissions().mode() & 0o777, 0o600);
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: trying as another user needs root");
        return;
    }
    // Even with open permissions the peer is checked.
    let path = stage.operator();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(ask_as_nobody(&path).is_empty(), "not a word");
    let mut own = UnixStream::connect(&path).unwrap();
    own.write_all(PICKUP).unwrap();
    assert_eq!(read_answer(&mut own).unwrap().status, 200);
    drop(server);
}

/// What the server answers to another user. Who that is, is a matter of the thread that asks: only its own identity
/// changes (credentials(7)).
fn ask_as_nobody(socket: &Path) -> Vec<u8> {
    const NOBODY: u32 = 65_534;
    // The way there may be closed to others; the folder itself is reached through what is open here.
    let folder = fs::File::open(socket.parent().unwrap()).unwrap();
    let name = socket.file_name().unwrap().to_str().unwrap();
    let by_folder = format!("/proc/self/fd/{}/{name}", folder.as_raw_fd());
    let ask = move || {
        set_thread_groups(&[]).unwrap();
        let nobody = Gid::from_raw(NOBODY);
        set_thread_res_gid(nobody, nobody, nobody).unwrap();
        let nobody = Uid::from_raw(NOBODY);
        set_thread_res_uid(nobody, nobody, nobody).unwrap();
        let mut stream = UnixStream::connect(by_folder).unwrap();
        let mut came = Vec::new();
        // It may be closed before everything was written.
        let _ = stream.write_all(PICKUP);
        let _ = stream.take(10).read_to_end(&mut came);
        came
    };
    std::thread::spawn(ask).join().unwrap()
}

#[test]
fn commands_without_a_server_say_so() {
    let stage = Stage::new();
    let file = stage.root.sign(&stage.folder.0, 1);
    assert!(complaint(&stage.publish(&file)).contains("is it running"));
    let pickup = stage.command("pickup").args(["--out", "x.tar"]).output().unwrap();
    assert!(complaint(&pickup).contains("is it running"));
}
