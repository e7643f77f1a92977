//! Pickups: every sealed tip that is wanted, large ones too, each list as it was frozen, whoever fetches beside.

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tipline_server::client::verify;
use tipline_wire::pickup;
use tipline_wire::tip_id::TipId;
use tipline_wire::ustar::Header;

use crate::papers::digest;
use crate::parts::Sender;
use crate::stage::*;

fn upload(server: &Server, sender: &Sender) {
    for request in sender.whole() {
        assert!(server.send(&request).unwrap().status < 300);
    }
}

/// What the operator's door answers.
fn ask(stage: &Stage, request: &str) -> Answer {
    let mut stream = UnixStream::connect(stage.operator()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    read_answer(&mut stream).unwrap()
}

fn freeze(stage: &Stage) -> String {
    let answer = ask(stage, "POST /pickup HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let started: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    started["id"].as_str().unwrap().to_owned()
}

fn fetch(stage: &Stage, id: &str) -> Vec<u8> {
    ask(stage, &format!("GET /pickup/{id} HTTP/1.1\r\nHost: x\r\n\r\n")).body
}

fn fetch_into(stage: &Stage, out: &Path) {
    let output = stage.command("pickup").arg("--out").arg(out).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn large_tips_come_whole_and_a_cut_goes_on_at_any_byte_of_them() {
    let stage = Stage::new();
    let server = stage.open();
    let large = [Sender::new(1, 4_096), Sender::new(2, 1_536)];
    large.iter().for_each(|sender| upload(&server, sender));
    let mut sent: Vec<Vec<u8>> = large.iter().map(|sender| sender.tip.clone()).collect();
    for seed in 3..6 {
        assert_eq!(server.post(&small_tip(seed)).status, 201);
        sent.push(small_tip(seed));
    }
    sent.sort_unstable();
    assert!(stage.held() == sent);

    let (first, out) = (stage.folder.0.join("a.tar"), stage.folder.0.join("b.tar"));
    fetch_into(&stage, &first);
    let whole = fs::read(&first).unwrap();
    let begin = whole.windows(large[0].tip.len()).position(|w| w == large[0].tip).unwrap();
    let end = begin + large[0].tip.len();
    let chunk = 16_384;
    for cut in [
        begin - 512,
        begin - 1,
        begin,
        begin + 1,
        begin + chunk - 1,
        begin + chunk,
        begin + 7 * chunk + 5,
        end - chunk,
        end - 1,
        end,
        end + 1,
        whole.len() - 1,
    ] {
        fs::write(stage.folder.0.join("b.tar.part"), &whole[..cut.max(1_024)]).unwrap();
        fetch_into(&stage, &out);
        assert!(fs::read(&out).unwrap() == whole, "cut at {cut}, the tip lies at {begin}..{end}");
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn two_couriers_at_once_each_get_the_list_that_was_frozen_for_them() {
    let stage = Stage::new();
    let server = stage.open();
    (1..=20).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let one = freeze(&stage);
    (21..=25).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let two = freeze(&stage);
    assert_ne!(one, two);
    let fetched: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let fetches = [&one, &two, &one, &two].map(|id| scope.spawn(|| fetch(&stage, id)));
        fetches.into_iter().map(|fetch| fetch.join().unwrap()).collect()
    });
    for (tar, (id, count)) in fetched.iter().zip([(&one, 20), (&two, 25), (&one, 20), (&two, 25)]) {
        let manifest = verify::verify(&mut tar.as_slice()).unwrap();
        assert_eq!((&manifest.id, manifest.count), (id, count));
    }
    assert!(fetched[0] == fetched[2] && fetched[1] == fetched[3], "the same list is the same bytes");
}

#[test]
fn a_pickup_that_was_altered_by_one_byte_is_not_sound() {
    let stage = Stage::new();
    let server = stage.open();
    (1..=3).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let whole = fetch(&stage, &freeze(&stage));
    verify::verify(&mut whole.as_slice()).unwrap();
    // Every 997th byte: each entry's header, content and the lists are met.
    for at in (0..whole.len()).step_by(997).chain([600, 1_100, whole.len() - 1]) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        let is_padding = verify::verify(&mut altered.as_slice()).is_ok();
        assert!(!is_padding || whole[at] == 0, "byte {at}");
        if is_padding {
            assert_eq!(entries(&altered), entries(&whole), "byte {at} is padding and changes nothing");
        }
    }
    for cut in [0, 511, 512, 1_024, whole.len() / 2, whole.len() - 513, whole.len() - 1] {
        assert!(verify::verify(&mut &whole[..cut]).is_err(), "cut at {cut}");
    }
    assert!(verify::verify(&mut [whole.as_slice(), b"x"].concat().as_slice()).is_err(), "something follows");
}

/// A tar of these entries.
fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, content) in entries {
        let header = Header { name: (*name).into(), size: content.len() as u64 };
        tar.extend(header.to_block().unwrap());
        tar.extend(*content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1_024, 0);
    tar
}

#[test]
fn a_pickup_that_a_hostile_server_made_is_refused() {
    let tip = small_tip(1);
    let name = pickup::tip_name(this_week(), &TipId::of_one_request(&tip));
    let name_of_tuesday = pickup::tip_name(this_week().plus_days(1), &TipId::of_one_request(&tip));
    let manifest = |count: u64, bytes: usize| {
        format!(
            "{{\"schema\":\"tipline-pickup/1\",\"id\":\"{}\",\"site\":\"any\",\"weeks\":[],\
             \"complete_through\":\"2026-01-05\",\"count\":{count},\"bytes\":{bytes}}}",
            "00".repeat(16)
        )
    };
    let sums = |entries: &[(&str, &[u8])]| -> String {
        entries.iter().map(|(name, content)| pickup::sums_line(&digest(content), name)).collect()
    };
    let with = |entries: Vec<(&str, &[u8])>| {
        let sums = sums(&entries);
        tar(&[entries.as_slice(), &[("SHA256SUMS", sums.as_bytes())]].concat())
    };
    let good = manifest(1, tip.len());
    let good = ("manifest.json", good.as_bytes());
    verify::verify(&mut with(vec![good, (&name, &tip)]).as_slice()).unwrap();

    let (two, boastful) = (manifest(2, tip.len()), manifest(u64::MAX, tip.len()));
    let long_sums = "00".repeat(100_000);
    let newer = good_but(&manifest(1, tip.len()), "pickup/1", "pickup/2");
    for (what, hostile) in [
        ("fewer than it says", with(vec![("manifest.json", two.as_bytes()), (&name, &tip)])),
        ("a list that is as long as the count claims", {
            tar(&[
                ("manifest.json", boastful.as_bytes()),
                (&name, &tip),
                ("SHA256SUMS", long_sums.as_bytes()),
            ])
        }),
        ("a tip of no length that a tip has", with(vec![good, (&name, &tip[..tip.len() - 1])])),
        ("an empty tip", with(vec![good, (&name, b"")])),
        ("the same tip twice", with(vec![good, (&name, &tip), (&name, &tip)])),
        ("another file", with(vec![good, ("tips/readme.txt", &tip)])),
        ("a week that begins on no Monday", with(vec![good, (&name_of_tuesday, &tip)])),
        ("no manifest", with(vec![(&name, &tip)])),
        ("a manifest of a later version", with(vec![("manifest.json", newer.as_bytes()), (&name, &tip)])),
        ("no list", tar(&[good, (&name, &tip)])),
    ] {
        assert!(verify::verify(&mut hostile.as_slice()).is_err(), "{what}");
    }
}

fn good_but(manifest: &str, from: &str, to: &str) -> String {
    assert!(manifest.contains(from));
    manifest.replace(from, to)
}

#[test]
fn only_weeks_that_are_over_come_where_the_operator_wants_it_so() {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[pickup]\nweeks = \"closed\"\n").unwrap();
    stage.config = Some(config);
    let server = stage.open();
    for (seed, weeks) in [(1, -1), (2, 0), (3, 1)] {
        let epoch = this_week().plus_days(7 * weeks);
        assert_eq!(server.send(&post(epoch, &small_tip(seed))).unwrap().status, 201);
    }
    assert_eq!(stage.held(), [small_tip(1)]);
}

#[test]
fn a_pickup_beside_a_damaged_volume_claims_no_completeness_and_says_why() {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[store]\nvolume_mib = 1\n").unwrap();
    stage.config = Some(config);
    let server = stage.open();
    (1..=40).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    server.stop();
    // The index is not written for the volume that is still open; without one, nobody knows what it held.
    let volume = stage.store.join("volumes/2");
    fs::write(volume.join("conf"), b"segment_size: 77\nuse_compression: x\n00000000").unwrap();
    let _ = fs::remove_file(volume.join("index"));
    let server = stage.start();
    let fetch = |name: &str, flags: &[&str]| {
        let output = stage.command("pickup").args(["--out", name]).args(flags).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let tar = fs::read(stage.folder.0.join(name)).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&entries(&tar)[0].1).unwrap();
        (output, manifest)
    };
    let (output, manifest) = fetch("one.tar", &[]);
    assert!(manifest["count"].as_u64().unwrap() < 40, "{manifest}");
    assert_eq!(manifest.get("complete_through"), Some(&serde_json::Value::Null), "{manifest}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("tips may be missing"), "{output:?}");
    let (output, _) = fetch("two.tar", &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.get("complete_through"), Some(&serde_json::Value::Null), "{report}");

    // Once it was taken away, as after a restored backup, the claim is made again.
    fs::rename(stage.store.join("volumes/2.quarantined"), stage.folder.0.join("kept")).unwrap();
    let (output, manifest) = fetch("three.tar", &[]);
    assert!(manifest["complete_through"].is_string() && output.stderr.is_empty(), "{manifest} {output:?}");
    drop(server);
}
