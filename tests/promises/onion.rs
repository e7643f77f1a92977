//! Behind Tor: the letterbox with the production torrc and configuration, reached over a real private Tor network.
//!
//! One network serves all journeys, one after another: starting it takes half a minute.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tipline_tests::onion::OnionStand;
use tipline_tests::tornet::{Net, socks};
use tipline_tests::{Running, exists, must, program, quick, root, skipped, until};
use tipline_wire::size::Padded;

use crate::journey::{Browser, STORY, cleaned, file, sound_tip};

/// Streams on one circuit, as the torrc says.
const STREAMS: usize = 16;
/// Bytes of a large tip's file.
const LARGE: u32 = 50 << 20;

#[test]
fn what_is_promised_behind_tor_holds_over_a_real_tor_network() {
    if quick() || !Net::possible() || !exists("openssl") {
        return skipped(
            "journeys over a real Tor network: not tried (quick run, or tor or openssl is missing)",
        );
    }
    let mut behind = Behind { stand: OnionStand::new("onion"), seen: BTreeSet::new() };
    behind.stand.service.uses_every_line();
    behind.the_addresses_come_back_from_a_copy_of_tor_s_folders();
    behind.the_descriptor_carries_the_puzzle();
    behind.a_tip_travels_from_the_command_unchanged();
    behind.a_tip_travels_from_firefox_unchanged();
    behind.too_many_streams_close_their_circuit_and_no_other();
    behind.a_large_tip_from_the_command_survives_that_its_circuit_is_cut();
    behind.a_large_tip_from_firefox_survives_that_its_circuit_is_cut();
    behind.the_courier_fetches_through_the_courier_s_onion_and_nobody_else_finds_it();
}

/// The stand, and the tips that were looked at already.
struct Behind {
    stand: OnionStand,
    seen: BTreeSet<PathBuf>,
}

impl Behind {
    fn the_addresses_come_back_from_a_copy_of_tor_s_folders(&mut self) {
        let service = &self.stand.service;
        assert_eq!(service.restored_elsewhere(), (service.public.clone(), service.courier.clone()));
    }

    /// The client says so itself when it has read the descriptor.
    fn the_descriptor_carries_the_puzzle(&mut self) {
        let log = self.stand.net.client().folder().join("rend.log");
        let said = std::fs::read_to_string(log).unwrap();
        assert!(said.contains("PoW params present in descriptor"), "{said}");
    }

    fn a_tip_travels_from_the_command_unchanged(&mut self) {
        let (photo, report) = (photo(), root().join("xtask/sample/report.json"));
        let mut seal = self.seal();
        seal.arg("--report").arg(&report).arg("--file").arg(&photo).arg("--original").arg(&photo);
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
        assert_eq!(found["requests"], json!([format!("GET {address}"), format!("GET {address}board"), post]));
        assert_eq!(found["secure"], true, "an onion is a secure place");
        assert_eq!((&found["problems"], &found["stored"]), (&json!([]), &json!([])));
    }

    /// 50 MiB by the command; the circuit is closed after a third of it, and the rest goes over another.
    fn a_large_tip_from_the_command_survives_that_its_circuit_is_cut(&mut self) {
        let large = self.large_file();
        let before = self.stand.net.sent();
        let mut seal = self.seal();
        let mut running = Running::start(seal.arg("--original").arg(&large).stderr(Stdio::piped()));
        self.cut_after_a_third(before);
        let is_still_sending = !running.has_ended();
        let ended = running.output();
        assert!(is_still_sending && ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        self.nothing_was_begun_anew(before);
        let tip = self.the_new_tip();
        assert!(std::fs::read(file(&tip, "001")).unwrap() == std::fs::read(&large).unwrap());
    }

    /// The same in Firefox, where the page goes on by itself.
    fn a_large_tip_from_firefox_survives_that_its_circuit_is_cut(&mut self) {
        if !exists("firefox-esr") {
            return skipped("a large tip from Firefox through Tor: not tried (firefox-esr is missing)");
        }
        let (address, socks) = (format!("http://{}/", self.stand.stand.address), self.stand.net.socks());
        let large = self.large_file();
        let before = self.stand.net.sent();
        let browser = Browser::through_tor(&socks, "onion", &address, &[&large]);
        self.cut_after_a_third(before);
        let found = browser.found();
        self.nothing_was_begun_anew(before);
        let asked: Vec<&str> =
            found["requests"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let begun = asked.iter().filter(|asked| asked.ends_with(&format!("POST {address}uploads")));
        assert_eq!(begun.count(), 1, "{asked:?}");
        assert_eq!(asked.last(), Some(&format!("POST {address}uploads/commit").as_str()), "{asked:?}");
        let tip = self.the_new_tip();
        assert!(std::fs::read(file(&tip, "001")).unwrap() == std::fs::read(&large).unwrap());
    }

    fn cut_after_a_third(&mut self, before: u64) {
        until("a third of the tip on its way", || {
            (self.stand.net.sent() > before + u64::from(LARGE) / 3).then_some(())
        });
        let cut = self.stand.net.cut(&self.stand.stand.address);
        assert!(cut > 0, "there was no circuit to cut");
    }

    /// One part of it, about a megabyte, may have been sent twice; a third of it was not.
    fn nothing_was_begun_anew(&mut self, before: u64) {
        let sent = self.stand.net.sent() - before;
        // Tor's cells and TLS add a twentieth.
        let padded = Padded::holding(u64::from(LARGE) + 2_000).unwrap().bytes();
        assert!(sent > padded && sent < padded * 5 / 4, "{sent} bytes sent for {padded}");
    }

    fn large_file(&self) -> PathBuf {
        let large = self.stand.stand.scratch.at("large.bin");
        std::fs::write(&large, pattern(LARGE)).unwrap();
        large
    }

    /// The command, through the client's proxy to the onion.
    fn seal(&mut self) -> Command {
        let mut seal = Command::new(program("tipline-seal"));
        seal.args(["--to-site", &self.stand.stand.address, "--socks", &self.stand.net.socks()]);
        seal.args(["--fingerprint", &self.stand.stand.fingerprint]);
        seal
    }

    /// One visitor's circuit is torn down at the seventeenth stream; another visitor's stays.
    fn too_many_streams_close_their_circuit_and_no_other(&mut self) {
        let (onion, proxy) = (self.stand.stand.address.clone(), self.stand.net.socks());
        let open = |who: &str| socks::connect(&proxy, &onion, 80, who);
        let _other = open("other").unwrap();
        let others = self.stand.net.circuits_of("other");
        // All at once: the letterbox lets go of who says nothing for long.
        let sixteen = |who: &str| -> Vec<TcpStream> {
            let first = open(who).unwrap();
            std::thread::scope(|scope| {
                let rest: Vec<_> = (1..STREAMS).map(|_| scope.spawn(|| open(who).unwrap())).collect();
                rest.into_iter().map(|one| one.join().unwrap()).chain([first]).collect()
            })
        };
        let mut greedy = sixteen("greedy");
        assert!(greedy.iter_mut().any(page_arrives), "sixteen are allowed");
        assert_eq!(self.stand.net.circuits_of("greedy").len(), 1, "on one circuit");
        let _ = open("greedy");
        until("the end of the greedy circuit", || {
            self.stand.net.circuits_of("greedy").is_empty().then_some(())
        });
        assert_eq!(self.stand.net.circuits_of("other"), others);
        assert_eq!(others.len(), 1);
    }

    /// Tor's key opens the onion, the certificate the door behind it; then the tips come, the same as on the spot.
    fn the_courier_fetches_through_the_courier_s_onion_and_nobody_else_finds_it(&mut self) {
        let (courier, proxy) = (self.stand.service.courier.clone(), self.stand.net.socks());
        let without = until("an answer about the courier's onion", || {
            socks::refused(&socks::connect(&proxy, &courier, 443, "stranger").err()?)
                .filter(|code| *code != socks::NOT_FOUND)
        });
        assert_eq!(without, socks::KEY_MISSING);
        let out = self.stand.stand.scratch.at("courier.tar");
        let refused = self.stand.courier_command("pickup").arg("--out").arg(&out).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");

        self.stand.net.authorize(&self.stand.stand.scratch.at("courier/courier.auth_private"));
        self.stand.net.reaches(&courier, 443);
        let mut plain = socks::connect(&proxy, &courier, 443, "plain").unwrap();
        assert!(!page_arrives(&mut plain), "there is TLS behind it and nothing else");
        must(self.stand.courier_command("pickup").arg("--out").arg(&out));
        let on_the_spot = self.stand.stand.scratch.at("spot.tar");
        must(self.stand.stand.server_command("pickup").arg("--out").arg(&on_the_spot));
        assert_eq!(tips_in(&out), tips_in(&on_the_spot));
        assert_eq!(tips_in(&out).len(), self.seen.len());
        self.the_courier_hands_in_what_the_desk_acknowledged(&out);
    }

    fn the_courier_hands_in_what_the_desk_acknowledged(&mut self, pickup: &Path) {
        let (opened, acks) = (self.stand.stand.scratch.at("opened"), self.stand.stand.scratch.at("acks"));
        must(self.stand.stand.analyst("open").arg("--out").arg(opened).arg("--ack").arg(&acks).arg(pickup));
        let files = std::fs::read_dir(acks).unwrap().map(|entry| entry.unwrap().path());
        let ack = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "txt")).unwrap();
        let said = must(self.stand.courier_command("pickup").arg("--acknowledge").arg(ack)).stdout;
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(&format!("has {} tips", self.seen.len())), "{said}");
    }

    /// What was picked up and opened since the last time: exactly one tip.
    fn the_new_tip(&mut self) -> PathBuf {
        let tips = self.stand.stand.fetch_and_open();
        let new: Vec<PathBuf> = tips.into_iter().filter(|tip| self.seen.insert(tip.clone())).collect();
        assert_eq!(new.len(), 1, "{new:?}");
        new[0].clone()
    }
}

/// The digests of a pickup's tips, by their names.
fn tips_in(pickup: &Path) -> BTreeSet<String> {
    let sums = must(Command::new("tar").arg("-xOf").arg(pickup).arg("SHA256SUMS")).stdout;
    let sums = String::from_utf8(sums).unwrap();
    sums.lines().filter(|line| line.contains("tips/")).map(str::to_owned).collect()
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
