//! A private Tor network on loopback: one authority, three relays, a client. Real tor, nothing leaves this machine.
//!
//! [`Net`] the network and its client · [`Service`] onion services from `deploy/torrc` · [`Node`] one process ·
//! [`Control`] tor's control protocol · [`socks`] a stream through the client.

mod control;
mod node;
mod service;
pub mod socks;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

pub use control::Control;
pub use node::Node;
pub use service::{Service, production_torrc};

use crate::{must, until};

const RELAYS: usize = 3;

/// What all processes of this network say: paths of few relays, addresses of this machine.
const EVERYBODY: &str =
    "PathsNeededToBuildCircuits 0.25\nClientRejectInternalAddresses 0\nShutdownWaitLength 0\n";

const RELAY: &str = "Address 127.0.0.1\nORPort 127.0.0.1:auto\nAssumeReachable 1\nExitRelay 0\nExitPolicy reject *:*\n\
    SocksPort 0\nContactInfo none\n";

/// A consensus after a few seconds, then every ten; every relay gets every flag.
const AUTHORITY: &str = "AuthoritativeDirectory 1\nV3AuthoritativeDirectory 1\n\
    TestingV3AuthInitialVotingInterval 5\nTestingV3AuthInitialVoteDelay 2\nTestingV3AuthInitialDistDelay 2\n\
    V3AuthVotingInterval 10\nV3AuthVoteDelay 2\nV3AuthDistDelay 2\nV3AuthNIntervalsValid 20\n\
    TestingDirAuthVoteGuard *\nTestingDirAuthVoteHSDir *\nTestingDirAuthVoteExit *\nTestingMinExitFlagThreshold 0\n\
    TestingAuthDirTimeToLearnReachability 0\n";

/// How often a client is begun anew.
const CLIENTS: usize = 4;

/// The running network.
pub struct Net {
    folder: PathBuf,
    network: String,
    client: Node,
    relays: Vec<Node>,
}

impl Net {
    /// Whether tor is there. Debian's package has both programs.
    pub fn possible() -> bool {
        crate::exists("tor") && crate::exists("tor-gencert")
    }

    /// Starts it in this folder; ready when the client has built a circuit.
    pub fn start(folder: &Path) -> Self {
        let authority = Authority::make(&folder.join("authority"));
        let network = format!("{EVERYBODY}{}\n", authority.line);
        let mut relays = vec![Node::start(&authority.folder, &network, &authority.torrc())];
        for number in 1..=RELAYS {
            let torrc = format!("Nickname relay{number}\n{RELAY}");
            relays.push(Node::start(&folder.join(format!("relay{number}")), &network, &torrc));
        }
        // A client that starts before there is a consensus waits for up to a minute before it asks again.
        let consensus = authority.folder.join("cached-microdesc-consensus");
        until("a consensus with every relay", || {
            relays.iter_mut().for_each(Node::must_run);
            let text = fs::read_to_string(&consensus).ok()?;
            (text.matches("\nr ").count() > RELAYS).then_some(())
        });
        let client = client(folder, &network);
        Self { folder: folder.to_owned(), network, client, relays }
    }

    /// `IP:PORT` of the client's SOCKS proxy.
    pub fn socks(&mut self) -> String {
        let said = self.client.control().ask("GETINFO net/listeners/socks").unwrap();
        said[0].split('"').nth(1).expect("a quoted address").to_owned()
    }

    /// The client.
    pub fn client(&mut self) -> &mut Node {
        &mut self.client
    }

    /// What another process needs to be in this network.
    fn network(&self) -> &str {
        &self.network
    }

    /// Gives the client the private half of a client authorization, as a courier does: a file, and a reload.
    pub fn authorize(&mut self, auth_private: &Path) {
        fs::copy(auth_private, self.client.folder().join("keys-for-onions/courier.auth_private")).unwrap();
        self.client.control().ask("SIGNAL RELOAD").unwrap();
    }

    /// Waits until the client reaches this onion's port; what is there must take a connection.
    pub fn reaches(&mut self, onion: &str, port: u16) {
        let proxy = self.socks();
        until("the onion", || {
            self.relays.iter_mut().for_each(Node::must_run);
            socks::connect(&proxy, onion, port, "first").ok()
        });
    }

    /// Bytes that the client has sent into the network since it started.
    pub fn sent(&mut self) -> u64 {
        let said = self.client.control().ask("GETINFO traffic/written").unwrap();
        said[0].trim_start_matches("traffic/written=").parse().unwrap()
    }

    /// Closes every circuit on which the client talks to this onion; answers how many there were.
    pub fn cut(&mut self, onion: &str) -> usize {
        let name = onion.trim_end_matches(".onion");
        let ids = self.rendezvous(&format!("REND_QUERY={name}"));
        let mut control = self.client.control();
        ids.iter().filter(|id| control.ask(&format!("CLOSECIRCUIT {id}")).is_ok()).count()
    }

    /// The circuits to onions that were asked for under this user name.
    pub fn circuits_of(&mut self, user: &str) -> Vec<String> {
        self.rendezvous(&format!("SOCKS_USERNAME=\"{user}\""))
    }

    fn rendezvous(&mut self, mark: &str) -> Vec<String> {
        let said = self.client.control().ask("GETINFO circuit-status").unwrap();
        let mut lines = said.iter().map(|line| line.trim_start_matches("circuit-status="));
        let ours =
            lines.by_ref().filter(|line| line.contains("PURPOSE=HS_CLIENT_REND") && line.contains(mark));
        ours.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    }
}

/// A client that has built a circuit. One that chose its second hops out of a young consensus, in which relays lack flags,
/// keeps them for hours and builds none: it is then begun anew.
fn client(folder: &Path, network: &str) -> Node {
    let at = folder.join("client");
    let mut log = String::new();
    for _ in 0..CLIENTS {
        let mut client = Node::start(&at, network, &client_torrc(folder));
        if client.bootstraps() {
            return client;
        }
        log = client.log();
        drop(client);
        fs::remove_dir_all(&at).unwrap();
    }
    panic!("no client of {CLIENTS} had a circuit within two minutes\n{log}")
}

fn client_torrc(folder: &Path) -> String {
    let here = folder.join("client");
    node::private_folder(&here.join("keys-for-onions"));
    let here = here.display();
    format!(
        "SocksPort 127.0.0.1:auto ExtendedErrors\nClientOnionAuthDir {here}/keys-for-onions\nLog [rend]debug file {here}/rend.log\n"
    )
}

/// The directory authority's keys, and the line by which everybody knows it.
struct Authority {
    folder: PathBuf,
    or_port: u16,
    dir_port: u16,
    line: String,
}

impl Authority {
    fn make(folder: &Path) -> Self {
        let keys = folder.join("keys");
        node::private_folder(&keys);
        let (or_port, dir_port) = (free_port(), free_port());
        make_certificate(&keys, dir_port);
        let certificate = fs::read_to_string(keys.join("authority_certificate")).unwrap();
        let v3 =
            certificate.lines().find_map(|line| line.strip_prefix("fingerprint ")).expect("a fingerprint");
        let mut list = node::command();
        list.args(["-f", "/nonexistent", "--list-fingerprint", "--quiet", "--SocksPort", "0"]);
        list.args(["--Nickname", "authority", "--Address", "127.0.0.1", "--ORPort", &or_port.to_string()]);
        let said = String::from_utf8(must(list.arg("--DataDirectory").arg(folder)).stdout).unwrap();
        let relay: String = said.split_whitespace().skip(1).collect();
        let line = format!(
            "DirAuthority authority orport={or_port} no-v2 v3ident={v3} 127.0.0.1:{dir_port} {relay}"
        );
        Self { folder: folder.to_owned(), or_port, dir_port, line }
    }

    fn torrc(&self) -> String {
        let relay = RELAY.replace(":auto", &format!(":{}", self.or_port));
        format!("Nickname authority\n{relay}{AUTHORITY}DirPort 127.0.0.1:{}\n", self.dir_port)
    }
}

fn make_certificate(keys: &Path, dir_port: u16) {
    let mut gencert = Command::new("tor-gencert");
    gencert.args(["--create-identity-key", "--passphrase-fd", "0", "-m", "12"]);
    gencert.arg("-a").arg(format!("127.0.0.1:{dir_port}"));
    gencert.arg("-i").arg(keys.join("authority_identity_key"));
    gencert.arg("-s").arg(keys.join("authority_signing_key"));
    gencert.arg("-c").arg(keys.join("authority_certificate"));
    let mut running =
        gencert.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(b"for tests\n").unwrap();
    assert!(running.wait().unwrap().success(), "tor-gencert");
}

/// A port that nobody listens on, below those that the system gives to connections.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 10_000 + (std::process::id() % 20_000) as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..2_000).map(|_| start + NEXT.fetch_add(1, Ordering::Relaxed)).find(free).expect("a free port")
}
