//! Behind Tor: the letterbox with the production torrc and configuration, reached over a real private Tor network.
//!
//! One network serves all journeys, one after another: starting it takes half a minute.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tipline_tests::onion::OnionStand;
use tipline_tests::tornet::{Net, socks};
use tipline_tests::{exists, must, program, quick, root, skipped, until};

use crate::journey::{Browser, STORY, cleaned, file, sound_tip};

/// Streams on one circuit, as the torrc says.
const STREAMS: usize = 16;

#[test]
fn what_is_promised_behind_tor_holds_over_a_real_tor_network() {
    if quick() || !Net::possible() || !exists("openssl") {
        return skipped(
            "journeys over a real Tor network: not tried (quick run, or tor or openssl is missing)",
        );
    }
    let mut behind = Behind { stand: OnionStand::new("onion"), seen: BTreeSet::new() };
    behind.stand.service.uses_every_line();
    behind.the_descriptor_carries_the_puzzle();
    behind.a_tip_travels_from_the_command_unchanged();
    behind.a_tip_travels_from_firefox_unchanged();
    behind.too_many_streams_close_their_circuit_and_no_other();
    behind.only_the_courier_s_key_finds_the_courier_s_onion();
}

/// The stand, and the tips that were looked at already.
struct Behind {
    stand: OnionStand,
    seen: BTreeSet<PathBuf>,
}

impl Behind {
    /// The client says so itself when it has read the descriptor.
    fn the_descriptor_carries_the_puzzle(&mut self) {
        let log = self.stand.net.client().folder().join("rend.log");
        let said = std::fs::read_to_string(log).unwrap();
        assert!(said.contains("PoW params present in descriptor"), "{said}");
    }

    fn a_tip_travels_from_the_command_unchanged(&mut self) {
        let (photo, report) = (photo(), root().join("xtask/sample/report.json"));
        let mut seal = Command::new(program("tipline-seal"));
        seal.arg("--report").arg(&report).arg("--file").arg(&photo).arg("--original").arg(&photo);
        seal.args(["--to-site", &self.stand.stand.address]);
        seal.args(["--fingerprint", &self.stand.stand.fingerprint, "--socks", &self.stand.net.socks()]);
        must(&mut seal);
        let tip = self.the_new_tip();
        let sent: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        assert_eq!(sound_tip(&tip)["report"]["story"], sent["report"]["story"]);
        assert_eq!(std::fs::read(file(&tip, "001")).unwrap(), cleaned(&photo));
        assert_eq!(std::fs::read(file(&tip, "002")).unwrap(), std::fs::read(&photo).unwrap());
    }

    fn a_tip_travels_from_firefox_unchanged(&mut self) {
        if !exists("firefox-esr") {
            return skipped("Firefox through Tor: not tried (firefox-esr is missing)");
        }
        let (address, socks) = (format!("http://{}/", self.stand.stand.address), self.stand.net.socks());
        let evidence = self.stand.stand.scratch.at("evidence.bin");
        std::fs::write(&evidence, pattern(200_000)).unwrap();
        let found = Browser::through_tor(&socks, "onion", &address, &[&photo(), &evidence]).found();
        let tip = self.the_new_tip();
        let json = sound_tip(&tip);
        assert_eq!(json["report"]["story"], STORY);
        assert_eq!(std::fs::read(file(&tip, "001")).unwrap(), cleaned(&photo()));
        assert_eq!(std::fs::read(file(&tip, "002")).unwrap(), pattern(200_000));
        let post = format!("POST {address}tips/{}", json["epoch"].as_str().unwrap());
        assert_eq!(found["requests"], json!([format!("GET {address}"), post]));
        assert_eq!(found["secure"], true, "an onion is a secure place");
        assert_eq!((&found["problems"], &found["stored"]), (&json!([]), &json!([])));
    }

    /// One visitor's circuit is torn down at the seventeenth stream; another visitor's stays.
    fn too_many_streams_close_their_circuit_and_no_other(&mut self) {
        let (onion, proxy) = (self.stand.stand.address.clone(), self.stand.net.socks());
        let open = |who: &str| socks::connect(&proxy, &onion, 80, who);
        let mut other = open("other").unwrap();
        let mut greedy: Vec<TcpStream> = (0..STREAMS).map(|_| open("greedy").unwrap()).collect();
        assert!(page_arrives(&mut greedy[0]), "sixteen are allowed");
        let _ = open("greedy");
        assert!(greedy.iter_mut().skip(1).all(|stream| !page_arrives(stream)), "the circuit is gone");
        assert!(page_arrives(&mut other));
    }

    fn only_the_courier_s_key_finds_the_courier_s_onion(&mut self) {
        // Until the courier's own door stands behind it, something that takes a connection.
        let door = UnixListener::bind(self.stand.stand.scratch.at("courier.sock")).unwrap();
        let (courier, proxy) = (self.stand.service.courier.clone(), self.stand.net.socks());
        let without = until("an answer about the courier's onion", || {
            socks::refused(&socks::connect(&proxy, &courier, 443, "stranger").err()?)
                .filter(|code| *code != socks::NOT_FOUND)
        });
        assert_eq!(without, socks::KEY_MISSING);
        self.stand.net.authorize(&self.stand.stand.scratch.at("courier/courier.auth_private"));
        self.stand.net.reaches(&courier, 443);
        drop(door);
    }

    /// What was picked up and opened since the last time: exactly one tip.
    fn the_new_tip(&mut self) -> PathBuf {
        let tips = self.stand.stand.fetch_and_open();
        let new: Vec<PathBuf> = tips.into_iter().filter(|tip| self.seen.insert(tip.clone())).collect();
        assert_eq!(new.len(), 1, "{new:?}");
        new[0].clone()
    }
}

/// Whether the letterbox answers on this stream.
fn page_arrives(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut start = [0; 12];
    asked.is_ok() && stream.read_exact(&mut start).is_ok() && start == *b"HTTP/1.1 200"
}

fn photo() -> PathBuf {
    root().join("crates/scrub/tests/data/photo.jpg")
}

fn pattern(len: u32) -> Vec<u8> {
    (0..len).map(|i| (i * 7 % 256) as u8).collect()
}
