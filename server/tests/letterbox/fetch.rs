//! `fetch`: through a real sshd on loopback, whose keys and configuration are the test's own; it ends with the test.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::papers::*;
use crate::stage::*;

const SSHD: &str = "/usr/sbin/sshd";

struct Ssh {
    folder: PathBuf,
    daemon: Child,
    port: u16,
    user: String,
}

impl Ssh {
    /// `None` says why it was not tried.
    fn start(stage: &Stage) -> Option<Self> {
        if !Path::new(SSHD).exists() || !there("ssh") || !there("ssh-keygen") {
            eprintln!("SKIPPED: fetching through ssh: openssh-server or openssh-client is missing");
            return None;
        }
        let folder = stage.folder.0.join("ssh");
        fs::create_dir(&folder).unwrap();
        for key in ["host", "courier"] {
            run(Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.join(key)));
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let public = |name: &str| fs::read_to_string(folder.join(format!("{name}.pub"))).unwrap();
        let (program, socket) = (env!("CARGO_BIN_EXE_tipline-server"), stage.operator());
        let forced = format!("{program} relay --operator unix:{}", socket.display());
        fs::write(folder.join("authorized"), format!("restrict,command=\"{forced}\" {}", public("courier")))
            .unwrap();
        fs::write(folder.join("known"), format!("[127.0.0.1]:{port} {}", public("host"))).unwrap();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin forced-commands-only\nPidFile none\nLogLevel ERROR\n",
            folder.display()
        );
        fs::write(folder.join("config"), config).unwrap();
        let daemon = daemon(&folder.join("config"));
        let user = run(Command::new("id").arg("-un")).trim().to_owned();
        let mut ssh = Self { folder, daemon, port, user };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if ssh.daemon.try_wait().unwrap().is_some() {
                eprintln!("SKIPPED: fetching through ssh: sshd does not start here");
                return None;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(ssh)
    }

    fn fetch(&self, stage: &Stage, flags: &[&str]) -> Output {
        let mut fetch = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
        fetch.current_dir(&stage.folder.0).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        fetch.arg("fetch").arg(format!("{}@127.0.0.1", self.user)).args(flags).args(["--", "-F", "none"]);
        fetch.args(["-p", &self.port.to_string(), "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]);
        fetch.arg("-i").arg(self.folder.join("courier"));
        fetch.arg("-o").arg(format!("UserKnownHostsFile={}", self.folder.join("known").display()));
        fetch.output().unwrap()
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// sshd in the foreground. Root's wants a folder in /run, so it gets a /run of its own: the machine's stays as it is.
fn daemon(config: &Path) -> Child {
    let mut daemon = if rustix::process::geteuid().is_root() {
        let mut private = Command::new("unshare");
        private.args(["--mount", "sh", "-c"]);
        private
            .arg(format!("mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec {SSHD} \"$@\""))
            .arg("sh");
        private
    } else {
        Command::new(SSHD)
    };
    daemon.args(["-D", "-e", "-f"]).arg(config).stdin(Stdio::null());
    daemon.spawn().unwrap()
}

fn there(program: &str) -> bool {
    ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).exists())
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tips_are_fetched_and_acknowledged_through_ssh_and_a_cut_fetch_goes_on() {
    let stage = Stage::new();
    let server = stage.open();
    let Some(ssh) = Ssh::start(&stage) else { return };
    (1..=10).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let output = ssh.fetch(&stage, &["--out", "a.tar"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("10 tips, 687520 bytes"), "{output:?}");
    let whole = fs::read(stage.folder.0.join("a.tar")).unwrap();
    assert_eq!(entries(&whole).len(), 12);

    assert_eq!(server.post(&small_tip(11)).status, 201);
    for cut in [2_000, whole.len() / 2, whole.len()] {
        fs::write(stage.folder.0.join("b.tar.part"), &whole[..cut]).unwrap();
        let output = ssh.fetch(&stage, &["--out", "b.tar"]);
        assert!(output.status.success(), "{output:?}");
        assert!(fs::read(stage.folder.0.join("b.tar")).unwrap() == whole, "cut at {cut}: the frozen list");
        fs::remove_file(stage.folder.0.join("b.tar")).unwrap();
    }

    write_ack(&stage.folder.0, "ack", &Root::desk(), &ack(1, ids(1..=10), ids([])));
    let output = ssh.fetch(&stage, &["--acknowledge", "ack"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("has 10 tips of pickup"), "{output:?}");
    let output = ssh.fetch(&stage, &[]);
    assert!(output.status.success(), "{output:?}");
    let named = stage.folder.0.join(format!("tips-{}.tar", today()));
    assert_eq!(
        entries(&fs::read(named).unwrap()).len(),
        3,
        "only what was not acknowledged, in a file of today"
    );
}

#[test]
fn a_fetch_that_reaches_no_letterbox_says_so_and_leaves_nothing() {
    let stage = Stage::new();
    let Some(ssh) = Ssh::start(&stage) else { return };
    // ssh works, but there is no server behind the relay.
    let output = ssh.fetch(&stage, &["--out", "a.tar"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("is it running"),
        "the relay's word: {output:?}"
    );
    // ssh itself does not come in.
    fs::write(ssh.folder.join("authorized"), "").unwrap();
    let output = ssh.fetch(&stage, &["--out", "a.tar"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("Permission denied"), "ssh's word: {output:?}");
    assert!(!stage.folder.0.join("a.tar.part").exists());
}
