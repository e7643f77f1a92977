//! Onion services by the project's own `deploy/torrc`: every line of it is in force, only the folders are others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::node::private_folder;
use super::{Control, Net, Node};
use crate::{must, until};

const PUBLIC: &str = "tipline";
const COURIER: &str = "tipline-courier";

/// A tor that publishes the letterbox's two onions.
pub struct Service {
    node: Option<Node>,
    folder: PathBuf,
    network: String,
    torrc: String,
    /// `….onion` for visitors.
    pub public: String,
    /// `….onion` for the courier.
    pub courier: String,
}

impl Service {
    /// Starts it. The letterbox's sockets are expected in `sockets`.
    ///
    /// The addresses are known at once, before the network knows them.
    pub fn start(net: &Net, sockets: &Path) -> Self {
        let folder = net.folder.join("service");
        let torrc = production_torrc(&folder, sockets);
        Self::with(net, folder, torrc)
    }

    /// The same, and a third onion with the options of the visitors' one: its folder and its socket are called `name`.
    /// Answers its address too.
    pub fn start_beside(net: &Net, sockets: &Path, other: &str) -> (Self, String) {
        let folder = net.folder.join("service");
        let torrc = production_torrc(&folder, sockets);
        let onions: Vec<&str> = torrc.split("HiddenServiceDir ").collect();
        let visitors = format!("HiddenServiceDir {}", onions[1]);
        let third = visitors
            .replace(&format!("/{PUBLIC}\n"), &format!("/{other}\n"))
            .replace("/onion.sock", &format!("/{other}.sock"));
        let mut service = Self::with(net, folder, format!("{torrc}{third}"));
        let address = name(service.node(), other);
        (service, address)
    }

    fn with(net: &Net, folder: PathBuf, torrc: String) -> Self {
        let mut node = Node::start(&folder, net.network(), &torrc);
        let (public, courier) = (name(&mut node, PUBLIC), name(&mut node, COURIER));
        Self { node: Some(node), folder, network: net.network().to_owned(), torrc, public, courier }
    }

    /// Lets a courier in: his public half, and tor started anew, since its sandbox reads no new file while it runs.
    pub fn authorize(&mut self, auth: &Path) {
        self.node = None;
        fs::copy(auth, self.folder.join(COURIER).join("authorized_clients/courier.auth")).unwrap();
        self.node = Some(Node::start(&self.folder, &self.network, &self.torrc));
    }

    /// The addresses that another tor has after the onions' folders went there through `tar`, as the runbook for backups
    /// says. It does not publish them: the same key on two machines at once would harm both.
    pub fn restored_elsewhere(&self) -> (String, String) {
        let elsewhere = self.folder.with_file_name("elsewhere");
        private_folder(&elsewhere);
        let tar = elsewhere.join("onion.tar");
        must(Command::new("tar").arg("-C").arg(&self.folder).arg("-cf").arg(&tar).args([PUBLIC, COURIER]));
        must(Command::new("tar").arg("-C").arg(&elsewhere).arg("-xf").arg(&tar));
        for onion in [PUBLIC, COURIER] {
            fs::remove_file(elsewhere.join(onion).join("hostname")).unwrap();
        }
        let torrc = production_torrc(&elsewhere, &elsewhere);
        // Without the network's authority tor takes no testing options.
        let network = format!("{}DisableNetwork 1\n", self.network);
        let mut node = Node::start(&elsewhere, &network, &torrc);
        (name(&mut node, PUBLIC), name(&mut node, COURIER))
    }

    /// The process.
    pub fn node(&mut self) -> &mut Node {
        self.node.as_mut().expect("a running tor")
    }

    /// Asks tor itself whether every line of the torrc is in force.
    pub fn uses_every_line(&mut self) {
        let mut control = self.node().control();
        let all = options(&self.torrc);
        let lines = self.torrc.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(all.len(), lines.count(), "every line was read");
        let (onions, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(key, _)| key.starts_with("HiddenService"));
        for (key, value) in others {
            assert_eq!(in_force(&mut control, &key), [(key, value)]);
        }
        assert_eq!(in_force(&mut control, "HiddenServiceOptions"), onions);
    }
}

/// The address, as soon as tor has made the onion's key.
fn name(node: &mut Node, onion: &str) -> String {
    let path = node.folder().join(onion).join("hostname");
    until("the onion's name", || {
        node.must_run();
        let text = fs::read_to_string(&path).ok()?;
        text.ends_with('\n').then(|| text.trim_end().to_owned())
    })
}

/// `deploy/torrc` with tor's folder and the sockets' folder replaced, and nothing else.
pub fn production_torrc(folder: &Path, sockets: &Path) -> String {
    let text = fs::read_to_string(crate::root().join("deploy/torrc")).unwrap();
    let own = text.replace("/var/lib/tor/", &format!("{}/", folder.display()));
    own.replace("/run/tipline/", &format!("{}/", sockets.display()))
}

fn in_force(control: &mut Control, key: &str) -> Vec<(String, String)> {
    let said = control.ask(&format!("GETCONF {key}")).unwrap();
    said.iter().filter_map(|line| line.split_once('=')).map(own).collect()
}

fn options(torrc: &str) -> Vec<(String, String)> {
    let lines = torrc.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter_map(|line| line.split_once(char::is_whitespace)).map(own).collect()
}

fn own((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.trim().to_owned())
}
