//! One tor process of the private network: its folder, its configuration, its log. It ends with this process.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::control::Control;

/// A running tor.
pub struct Node {
    folder: PathBuf,
    process: Child,
}

impl Node {
    /// Starts tor with these options before `torrc`: a network of its own, a log, a control socket, an end when we end.
    pub fn start(folder: &Path, network: &str, torrc: &str) -> Self {
        private_folder(folder);
        let here = folder.display();
        let own = format!(
            "TestingTorNetwork 1\nDataDirectory {here}\nLog notice file {here}/notice.log\nControlSocket {here}/control\n\
             __OwningControllerProcess {}\n",
            std::process::id()
        );
        let path = folder.join("torrc");
        fs::write(&path, format!("{own}{network}{torrc}")).unwrap();
        let mut tor = command();
        let process = tor.arg("--quiet").arg("-f").arg(path).stdin(Stdio::null()).spawn().unwrap();
        Self { folder: folder.to_owned(), process }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connection to its control socket, as soon as it listens there.
    pub fn control(&mut self) -> Control {
        let socket = self.folder.join("control");
        crate::until("tor's control socket", || {
            self.must_run();
            Control::open(&socket).ok()
        })
    }

    /// Whether it can build circuits within two minutes.
    pub fn bootstraps(&mut self) -> bool {
        let mut control = self.control();
        crate::within(Duration::from_secs(120), || {
            self.must_run();
            let phase = control.ask("GETINFO status/bootstrap-phase").ok()?;
            phase.iter().any(|line| line.contains("TAG=done")).then_some(())
        })
        .is_some()
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("notice.log")).unwrap_or_default()
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Panics with the log when tor has ended.
    pub fn must_run(&mut self) {
        if let Some(status) = self.process.try_wait().unwrap() {
            panic!("tor in {} ended with {status}\n{}", self.folder.display(), self.log());
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// tor without the machine's own configuration.
pub(super) fn command() -> Command {
    let mut tor = Command::new("tor");
    tor.args(["--defaults-torrc", "/nonexistent", "--ignore-missing-torrc"]);
    tor
}

/// tor refuses folders that others may look into.
pub(super) fn private_folder(folder: &Path) {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
}
