//! Tor before the letterbox of the demonstration: one onion with a throw-away address, and a proxy to reach it through.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{self, Result};
use crate::stage::{DOOR, Stage};

/// How long tor may take to find its network, and the network to find the onion.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Like `deploy/torrc`, without the courier's onion.
const ONION: &str = "HiddenServiceExportCircuitID haproxy\nHiddenServicePoWDefensesEnabled 1\n";

/// A running tor; ends with this process.
pub(crate) struct Onion {
    tor: Child,
    /// Host name.
    pub(crate) host: String,
    /// Where its proxy listens, `IP:PORT`.
    pub(crate) socks: String,
    log: std::path::PathBuf,
}

impl Onion {
    /// Starts tor with an onion that leads to [`DOOR`] in the stage's folder; ready when the network has been found.
    pub(crate) fn start(stage: &Stage) -> Result<Self> {
        if !run::exists("tor") {
            return Err("tor is missing: apt-get install tor, or leave --tor out".into());
        }
        let folder = stage.at("tor");
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let socks = free_port()?;
        let (torrc, log) = (folder.join("torrc"), folder.join("log"));
        std::fs::write(&torrc, torrc_lines(&folder, &stage.at(DOOR), &socks))?;
        let quiet = || Stdio::null();
        let tor = Command::new("tor")
            .arg("-f")
            .arg(&torrc)
            .args(["--Log", &format!("notice file {}", log.display())])
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet())
            .spawn()?;
        let mut onion = Self { tor, host: String::new(), socks, log };
        let name = folder.join("onion/hostname");
        onion.host = onion.wait_for("its address", || std::fs::read_to_string(&name).ok())?.trim().to_owned();
        let log = onion.log.clone();
        let found = || std::fs::read_to_string(&log).ok().filter(|said| said.contains("Bootstrapped 100%"));
        onion.wait_for("the Tor network", found)?;
        Ok(onion)
    }

    /// Waits until the network leads to the letterbox.
    pub(crate) fn reaches(&mut self) -> Result<()> {
        let (host, socks) = (self.host.clone(), self.socks.clone());
        self.wait_for("the onion to be reachable", || {
            tipline_tests::tornet::socks::connect(&socks, &host, 80, "demo").ok()
        })?;
        Ok(())
    }

    fn wait_for<T>(&mut self, what: &str, mut answer: impl FnMut() -> Option<T>) -> Result<T> {
        print!("waiting for {what} …");
        std::io::stdout().flush()?;
        let began = Instant::now();
        loop {
            if let Some(found) = answer() {
                println!(" {:.0} s", began.elapsed().as_secs_f64());
                return Ok(found);
            }
            let ended = self.tor.try_wait()?;
            if ended.is_some() || began.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(5).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                let why = if ended.is_some() { "tor ended" } else { "five minutes were not enough" };
                return Err(
                    format!("waiting for {what}: {why}; its journal ends with\n{}", last.join("\n")).into()
                );
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Onion {
    fn drop(&mut self) {
        let _ = self.tor.kill();
        let _ = self.tor.wait();
    }
}

fn torrc_lines(folder: &Path, door: &Path, socks: &str) -> String {
    let (folder, door) = (folder.display(), door.display());
    format!(
        "DataDirectory {folder}/data\nSocksPort {socks}\nHiddenServiceDir {folder}/onion\n\
         HiddenServicePort 80 unix:{door}\n{ONION}"
    )
}

/// A loopback port that nobody uses now.
fn free_port() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
