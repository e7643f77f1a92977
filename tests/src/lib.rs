//! The stand on which promises are tried: the real programs with throw-away keys, on loopback, in a folder of their own.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails loudly, and its messages are for developers"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub mod onion;
pub mod tornet;

pub const PASSPHRASE: &str = "a passphrase for tests only";
pub const OFFLINE: &str = "--i-know-this-machine-is-online";

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Cargo's target folder of this build.
pub fn target() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(3).unwrap().to_owned()
}

/// A program of the workspace, built in this test's profile.
pub fn program(name: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let path = exe.ancestors().nth(2).unwrap().join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo xtask test`, or `cargo build --workspace` first",
        path.display()
    );
    path
}

/// The page as `cargo xtask page --drafts` built it: the one with all languages.
pub fn page() -> PathBuf {
    let page = target().join("page-drafts/page.html");
    assert!(
        page.exists(),
        "{} is not built: run `cargo xtask test`, or `cargo xtask page --drafts` first",
        page.display()
    );
    page
}

/// Where the node scripts and their packages are.
pub fn node_folder() -> PathBuf {
    let folder = root().join("tests/node");
    assert!(
        folder.join("node_modules").exists(),
        "tests/node/node_modules is missing: run `cargo xtask test`, which installs it"
    );
    folder
}

/// Whether the long-running tests are left out.
pub fn quick() -> bool {
    std::env::var_os("TIPLINE_QUICK").is_some()
}

/// Says in the test's output that something was not tried, and why; the summary counts these lines.
pub fn skipped(why: &str) {
    println!("SKIPPED: {why}");
}

/// Whether a program is on the PATH.
pub fn exists(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file())
}

/// A folder that is removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        Self::below(&std::env::temp_dir(), name)
    }

    /// Where the build is: the system's folder for such things may lie in memory, which is no place to hold tips.
    pub fn on_disk(name: &str) -> Self {
        Self::below(&target(), name)
    }

    fn below(parent: &Path, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique =
            format!("tipline-{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = parent.join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs to the end; panics with everything it printed unless it succeeded.
pub fn must(command: &mut Command) -> Output {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        out.status.success(),
        "{command:?}\n{}\n{}\n{}",
        out.status,
        text(&out.stdout),
        text(&out.stderr)
    );
    out
}

/// A program at work beside the test; it does not outlive the test.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(Some(command.stdin(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"))))
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// Waits for its end; what it said on pipes.
    pub fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asks every 100 ms until there is an answer; panics after ten minutes: only a fault comes to the end of them.
pub fn until<T>(what: &str, answer: impl FnMut() -> Option<T>) -> T {
    within(Duration::from_secs(600), answer).unwrap_or_else(|| panic!("waited ten minutes for {what}"))
}

/// Asks every 100 ms until there is an answer, for at most so long.
pub fn within<T>(limit: Duration, mut answer: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let found = answer();
        if found.is_some() || Instant::now() > end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Keys, a running letterbox with the page and the published intake document.
pub struct Stand {
    pub scratch: Scratch,
    pub address: String,
    pub fingerprint: String,
    serve: Vec<String>,
    server: Child,
}

impl Stand {
    /// Makes keys and starts the letterbox on a free loopback port.
    pub fn new(name: &str) -> Self {
        Self::configured(name, "")
    }

    /// The same, with this configuration; flags win over it.
    pub fn configured(name: &str, configuration: &str) -> Self {
        Self::for_site(name, "any", configuration)
    }

    /// The same, with keys for the address under which clients see it.
    pub fn for_site(name: &str, site: &str, configuration: &str) -> Self {
        let scratch = Scratch::new(name);
        let fingerprint = make_keys(&scratch, site);
        let (store, page, config) = (scratch.at("store"), page(), scratch.at("tipline.toml"));
        // Uploads whatever disk the tests run on.
        let limits =
            if configuration.contains("[limits]") { "" } else { "\n[limits]\nlarge_stop_percent = 100\n" };
        std::fs::write(&config, [configuration, limits].concat()).unwrap();
        let text = |path: &Path| path.display().to_string();
        let mut flags = vec!["--listen".into(), "127.0.0.1:0".into(), "--root".into(), fingerprint.clone()];
        flags.extend(["--operator".into(), operator(&scratch)]);
        flags.extend(["--store".into(), text(&store), "--page".into(), text(&page)]);
        flags.extend(["--config".into(), text(&config)]);
        let mut stand = Self::open(scratch, fingerprint, flags);
        // Started again, it is found where it was.
        stand.serve[1] = stand.address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        stand
    }

    /// Starts the letterbox with these flags and publishes the intake document.
    fn open(scratch: Scratch, fingerprint: String, flags: Vec<String>) -> Self {
        let (server, address) = serve(&flags);
        let stand = Self { scratch, address, fingerprint, serve: flags, server };
        must(stand.server_command("publish").arg(stand.scratch.at("home/intake.txt")));
        stand
    }

    /// A command to the running letterbox through the operator's socket.
    pub fn server_command(&self, command: &str) -> Command {
        let mut server = Command::new(program("tipline-server"));
        server.arg(command).arg("--operator").arg(operator(&self.scratch));
        server
    }

    /// A command of the desk.
    pub fn analyst(&self, command: &str) -> Command {
        let mut analyst = Command::new(program("tipline-analyst"));
        analyst.args([command, OFFLINE]);
        if command != "show" {
            analyst
                .arg("--home")
                .arg(self.scratch.at("home"))
                .arg("--passphrase-file")
                .arg(self.scratch.at("passphrase"));
        }
        analyst
    }

    /// Fetches all tips and opens them; answers the folders of the opened tips.
    pub fn fetch_and_open(&self) -> Vec<PathBuf> {
        let (pickup, opened) = (self.scratch.at("pickup.tar"), self.scratch.at("opened"));
        let _ = std::fs::remove_file(&pickup);
        must(self.server_command("pickup").arg("--out").arg(&pickup));
        must(self.analyst("open").arg("--out").arg(&opened).arg(&pickup));
        let mut tips: Vec<PathBuf> =
            std::fs::read_dir(&opened).unwrap().map(|entry| entry.unwrap().path()).collect();
        tips.sort();
        tips
    }

    /// Ends the letterbox in order and starts it again on the same port and store.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Starts the letterbox again on the same port and store.
    pub fn start_again(&mut self) {
        (self.server, _) = serve(&self.serve);
    }

    /// Ends the letterbox as a power cut does for a process: at once.
    pub fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Asks the letterbox to end and waits for it.
    pub fn stop(&mut self) {
        must(Command::new("kill").args(["-TERM", &self.server.id().to_string()]));
        assert!(self.server.wait().unwrap().success(), "the letterbox did not end in order");
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn operator(scratch: &Scratch) -> String {
    format!("unix:{}", scratch.at("operator.sock").display())
}

/// Makes the organisation's keys for this site; answers the root's fingerprint.
fn make_keys(scratch: &Scratch, site: &str) -> String {
    std::fs::write(scratch.at("passphrase"), PASSPHRASE).unwrap();
    let mut init = Command::new(program("tipline-analyst"));
    init.args(["keys", "init", "--org", "Test Relief", "--site", site, "--yes", OFFLINE]);
    init.arg("--home").arg(scratch.at("home")).arg("--passphrase-file").arg(scratch.at("passphrase"));
    let said = String::from_utf8(must(&mut init).stdout).unwrap();
    said.split_whitespace().find(|w| w.starts_with("SHA256:")).unwrap().to_owned()
}

fn serve(flags: &[String]) -> (Child, String) {
    let mut command = Command::new(program("tipline-server"));
    command.arg("serve").args(flags);
    let mut server = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line =
        lines.find(|line| line.starts_with("listening on ")).expect("the letterbox ended before it listened");
    std::thread::spawn(move || lines.for_each(drop));
    (server, line["listening on ".len()..].to_owned())
}
