//! A stage for the demonstration and the benchmarks: the real programs, throw-away keys, one folder, loopback only.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{self, Result};

/// A letterbox started here ends by itself after this long.
const AT_MOST: Duration = Duration::from_secs(2 * 60 * 60);
/// The demonstration runs on a machine that is online, and says so.
pub(crate) const OFFLINE: &str = "--i-know-this-machine-is-online";
/// Uploads whatever disk this runs on, and as much as a benchmark sends.
const LIMITS: &str = "[limits]\nconnections = 2048\nlarge_stop_percent = 100\nlarge_gib_per_day = 65536\n";

/// The public door's socket.
pub(crate) const DOOR: &str = "onion.sock";

/// A folder with throw-away keys and the programs that use it.
pub(crate) struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// Makes the folder anew under `target/`.
    pub(crate) fn new(name: &str) -> Result<Self> {
        Self::at_path(run::target().join(name))
    }

    /// Makes the folder anew in memory, where programs can be compared without the disk.
    pub(crate) fn in_memory(name: &str) -> Result<Self> {
        Self::at_path(Path::new("/dev/shm").join(format!("tipline-{name}-{}", std::process::id())))
    }

    fn at_path(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// A path in the folder.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes keys under a throw-away passphrase for any loopback address; answers the root's fingerprint.
    pub(crate) fn make_keys(&self) -> Result<String> {
        self.make_keys_for("any")
    }

    /// The same for an onion.
    pub(crate) fn make_keys_for(&self, site: &str) -> Result<String> {
        std::fs::write(self.at("passphrase"), "a throw-away passphrase for the demonstration\n")?;
        let flags = [("--home", "home"), ("--passphrase-file", "passphrase")];
        let mut init = self.analyst(
            &["keys", "init", "--org", "Example Relief (demonstration)", "--site", site, "--yes", OFFLINE],
            &flags,
            &[],
        );
        let said = run::output(&mut init)?;
        print!("{said}");
        let fingerprint = said.split_whitespace().find(|word| word.starts_with("SHA256:"));
        Ok(fingerprint.ok_or("the desk printed no fingerprint")?.to_owned())
    }

    /// Starts the letterbox on a free loopback port.
    pub(crate) fn serve(&self, page: &Path, root: &str) -> Result<Letterbox> {
        self.serve_on("127.0.0.1:0", page, root)
    }

    /// Starts the letterbox on [`DOOR`] in the folder, a unix socket as tor would reach it.
    pub(crate) fn serve_on_a_socket(&self, page: &Path, root: &str) -> Result<Letterbox> {
        self.serve_on(&format!("unix:{}", self.at(DOOR).display()), page, root)
    }

    fn serve_on(&self, address: &str, page: &Path, root: &str) -> Result<Letterbox> {
        let config = self.at("tipline.toml");
        std::fs::write(&config, LIMITS)?;
        let mut serve = self.server(&["serve", "--listen", address, "--root", root], &[]);
        serve.arg("--config").arg(config);
        serve.arg("--page").arg(page).arg("--store").arg(self.at("store"));
        // As deploy/tipline-server.service starts it.
        serve.envs([
            ("MALLOC_ARENA_MAX", "1"),
            ("MALLOC_TRIM_THRESHOLD_", "1048576"),
            ("MALLOC_TOP_PAD_", "262144"),
        ]);
        Letterbox::start(&mut serve)
    }

    /// Starts the letterbox behind tor's PROXY lines, on `onion.sock` in the folder.
    pub(crate) fn serve_behind_tor(&self, page: &Path, root: &str) -> Result<Letterbox> {
        let config = self.at("tipline.toml");
        let socket = self.at(DOOR);
        std::fs::write(
            &config,
            format!("{LIMITS}[listen]\nproxy_line = true\npublic = \"unix:{}\"\n", socket.display()),
        )?;
        let mut serve = self.server(&["serve", "--root", root], &[]);
        serve.arg("--config").arg(config).arg("--page").arg(page).arg("--store").arg(self.at("store"));
        Letterbox::start(&mut serve)
    }

    /// Seals the sample tip and sends it, as a source would; to an onion through tor's `IP:PORT`.
    pub(crate) fn send(&self, address: &str, socks: Option<&str>) -> Result<()> {
        let sample = run::root().join("xtask/sample");
        let mut seal = Command::new(run::program("release", "tipline-seal"));
        seal.arg("--report").arg(sample.join("report.json"));
        seal.arg("--file")
            .arg(run::root().join("crates/scrub/tests/data/photo.jpg"))
            .args(["--to-site", address]);
        run::run(seal.args(socks.iter().flat_map(|at| ["--socks", at])))
    }

    /// A command of the letterbox through the operator's socket.
    pub(crate) fn server(&self, args: &[&str], paths: &[&Path]) -> Command {
        let mut command = Command::new(run::program("release", "tipline-server"));
        command
            .args(args)
            .args(paths)
            .arg("--operator")
            .arg(format!("unix:{}", self.at("operator.sock").display()));
        command
    }

    /// A command of the desk; `paths` and `last` are names in the folder.
    pub(crate) fn analyst(&self, args: &[&str], paths: &[(&str, &str)], last: &[&str]) -> Command {
        let mut command = Command::new(run::program("release", "tipline-analyst"));
        command.args(args);
        for (flag, name) in paths {
            command.arg(flag).arg(self.at(name));
        }
        if args.first() == Some(&"open") {
            command.arg("--passphrase-file").arg(self.at("passphrase"));
        }
        command.args(last.iter().map(|name| self.at(name)));
        command
    }

    /// The two commands with which a newcomer fetches and opens what they wrote in the page.
    pub(crate) fn again(&self) -> String {
        let (here, bin) = (self.folder.display(), run::target().join("release"));
        let bin = bin.display();
        format!(
            "{bin}/tipline-server pickup --operator unix:{here}/operator.sock --out {here}/mine-1.tar\n  \
             {bin}/tipline-analyst open {here}/mine-1.tar --home {here}/home --passphrase-file {here}/passphrase --out {here}/opened {OFFLINE}\n  \
             {bin}/tipline-analyst show {here}/opened {OFFLINE}"
        )
    }
}

/// The running letterbox; ends with this process.
pub(crate) struct Letterbox {
    child: Child,
    /// Where the page is.
    pub(crate) address: String,
    began: Instant,
}

impl Letterbox {
    fn start(serve: &mut Command) -> Result<Self> {
        let mut child = serve.stderr(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no journal")?).lines();
        let address = loop {
            let line = lines.next().ok_or("the letterbox ended before it listened")??;
            println!("{line}");
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.to_owned();
            }
        };
        std::thread::spawn(move || {
            lines.map_while(std::result::Result::ok).for_each(|line| println!("{line}"))
        });
        Ok(Self { child, address, began: Instant::now() })
    }

    /// Ends it in order.
    pub(crate) fn stop(&mut self) -> Result<()> {
        run::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the letterbox ended with {status}").into()) }
    }

    /// The process, for its figures.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends, or ends it after two hours.
    pub(crate) fn wait(&mut self) -> Result<()> {
        while self.began.elapsed() < AT_MOST {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        self.stop()
    }
}

impl Drop for Letterbox {
    fn drop(&mut self) {
        // Only a failure comes here with the letterbox still running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
