//! Pickups: every sealed tip that is wanted, large ones too, each list as it was frozen, whoever fetches beside.

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tipline_server::client::verify;

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

fn pickup(stage: &Stage, out: &Path) {
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
    pickup(&stage, &first);
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
        pickup(&stage, &out);
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
    for at in (0..whole.len() - 1_024).step_by(997).chain([0, 600, 1_100]) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        let is_padding = verify::verify(&mut altered.as_slice()).is_ok();
        assert!(!is_padding || whole[at] == 0, "byte {at}");
        if is_padding {
            assert_eq!(entries(&altered), entries(&whole), "byte {at} is padding and changes nothing");
        }
    }
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
