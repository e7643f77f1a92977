//! A tip is a standard file: the independent npm `age-encryption` opens ours and ours opens its; stock `tar` unpacks a
//! tip; stock `age` opens a key file.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tipline_envelope::tip::{Step, TipSealer};
use tipline_envelope::{Fresh, Identity, PublicKey, fresh_len, open_all, passphrase, seal_all};
use tipline_tests::{Scratch, exists, must, node_folder, skipped};
use tipline_wire::recipient::Recipient;
use zeroize::Zeroizing;

/// Around every edge of a chunk, and one long one that is none.
const LENGTHS: [usize; 7] = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003];
const PASSPHRASE: &str = "sechs Wörter für den Ring";

/// Has the independent implementation do these jobs (see `age.mjs`).
pub(crate) fn independent(jobs: &Value) -> Vec<Value> {
    let mut node = Command::new("node");
    node.current_dir(node_folder()).arg("age.mjs").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().unwrap();
    node.stdin.take().unwrap().write_all(jobs.to_string().as_bytes()).unwrap();
    let out = node.wait_with_output().unwrap();
    assert!(out.status.success(), "age.mjs failed; its error stands above");
    serde_json::from_slice(&out.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn plain(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 253) as u8).collect()
}

fn desks(n: u8) -> Vec<Identity> {
    (1..=n).map(|i| Identity::from_seed([i; 32])).collect()
}

fn keys(desks: &[Identity]) -> Vec<PublicKey> {
    desks.iter().map(|desk| PublicKey::try_from(&desk.recipient()).unwrap()).collect()
}

fn fresh(n: u8) -> Fresh {
    Fresh::new(Zeroizing::new(vec![11; fresh_len(n)]), n).unwrap()
}

#[test]
fn the_independent_implementation_opens_ours() {
    let scratch = Scratch::new("ours");
    let mut jobs = Vec::new();
    for n in [1, 3] {
        let desks = desks(n);
        for len in LENGTHS {
            let (sealed, opened) = (scratch.at(&format!("{n}-{len}.age")), scratch.at(&format!("{n}-{len}")));
            std::fs::write(&sealed, seal_all(&plain(len), &keys(&desks), fresh(n)).unwrap()).unwrap();
            let identity = desks.last().unwrap().to_text();
            jobs.push(
                json!({ "do": "decrypt", "identity": *identity, "in": text(&sealed), "out": text(&opened) }),
            );
        }
    }
    assert_eq!(independent(&jobs.clone().into()), vec![Value::Null; 14]);
    for (job, len) in jobs.iter().zip(LENGTHS.into_iter().cycle()) {
        let opened = std::fs::read(job["out"].as_str().unwrap()).unwrap();
        assert!(opened == plain(len), "{len} bytes came out otherwise");
    }
}

#[test]
fn ours_opens_what_the_independent_implementation_sealed() {
    let scratch = Scratch::new("theirs");
    let made = independent(&json!([{ "do": "keygen" }])).remove(0);
    let theirs = Identity::parse(made["identity"].as_str().unwrap()).unwrap();
    let recipient: Recipient = made["recipient"].as_str().unwrap().parse().unwrap();
    assert!(theirs.recipient() == recipient, "the same identity has another recipient there");

    let ours = Identity::from_seed([1; 32]).recipient().to_string();
    let mut jobs = Vec::new();
    for len in LENGTHS {
        let (from, sealed) = (scratch.at(&len.to_string()), scratch.at(&format!("{len}.age")));
        std::fs::write(&from, plain(len)).unwrap();
        jobs.push(json!({ "do": "encrypt", "to": [recipient.to_string(), ours], "in": text(&from), "out": text(&sealed) }));
    }
    assert_eq!(independent(&jobs.into()), vec![Value::Null; 7]);
    for len in LENGTHS {
        let sealed = std::fs::read(scratch.at(&format!("{len}.age"))).unwrap();
        for identity in [&theirs, &Identity::from_seed([1; 32])] {
            let opened = open_all(&sealed, std::slice::from_ref(identity)).unwrap();
            assert!(*opened == plain(len), "{len} bytes came out otherwise");
        }
    }
}

/// A tip with two files, sealed by the real sealer.
fn sealed_tip(tip_json: &[u8], files: &[Vec<u8>]) -> Vec<u8> {
    let sizes: Vec<u64> = files.iter().map(|f| f.len() as u64).collect();
    let mut sealer = TipSealer::new(tip_json, &sizes, &keys(&desks(3)), fresh(3)).unwrap();
    let mut out = Vec::new();
    loop {
        let (file, at, len) = match sealer.step().unwrap() {
            Step::Read { file, at, len } => (file, at as usize, len),
            Step::Done => return out,
            Step::Sealed(bytes) => {
                out.extend_from_slice(bytes);
                continue;
            }
        };
        sealer.feed(&files[file][at..at + len]).unwrap();
    }
}

#[test]
fn stock_tools_alone_unpack_a_tip() {
    let scratch = Scratch::new("stock");
    let tip_json = br#"{"schema":"tip-report/1"}"#;
    let files = [plain(100_000), Vec::new(), plain(512)];
    let (sealed, tar, folder) = (scratch.at("tip.age"), scratch.at("tip.tar"), scratch.at("tip"));
    std::fs::write(&sealed, sealed_tip(tip_json, &files)).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let identity = Identity::from_seed([2; 32]).to_text();
    let job = json!([{ "do": "decrypt", "identity": *identity, "in": text(&sealed), "out": text(&tar) }]);
    assert_eq!(independent(&job), [Value::Null]);

    let listed = must(Command::new("tar").arg("--numeric-owner").arg("--utc").arg("-tvf").arg(&tar));
    assert!(listed.stderr.is_empty(), "tar has something to complain about");
    let listed = String::from_utf8(listed.stdout).unwrap();
    for line in listed.lines() {
        assert!(line.starts_with("-rw------- 0/0") && line.contains("1970-01-01 00:00"), "{line}");
    }
    must(Command::new("tar").arg("-C").arg(&folder).arg("--no-same-owner").arg("-xf").arg(&tar));
    assert_eq!(std::fs::read(folder.join("tip.json")).unwrap(), tip_json);
    for (bytes, name) in files.iter().zip(["files/001", "files/002", "files/003"]) {
        assert!(std::fs::read(folder.join(name)).unwrap() == *bytes, "{name}");
    }
    assert_eq!(listed.lines().count(), 4);
}

#[test]
fn a_passphrase_file_goes_both_ways() {
    let scratch = Scratch::new("passphrase");
    let key = Identity::from_seed([4; 32]).to_text();
    let (ours, theirs, opened) = (scratch.at("ours.age"), scratch.at("theirs.age"), scratch.at("opened"));
    std::fs::write(&ours, sealed_key(&key)).unwrap();
    std::fs::write(scratch.at("key"), key.as_bytes()).unwrap();
    let done = independent(&json!([
        { "do": "decrypt", "passphrase": PASSPHRASE, "in": text(&ours), "out": text(&opened) },
        { "do": "encrypt", "passphrase": PASSPHRASE, "work": 10, "in": text(&scratch.at("key")), "out": text(&theirs) },
        { "do": "decrypt", "passphrase": "another", "in": text(&ours), "out": text(&scratch.at("never")) },
    ]));
    assert_eq!(done[..2], [Value::Null, Value::Null]);
    assert!(done[2].is_string() && !scratch.at("never").exists());
    assert_eq!(std::fs::read(opened).unwrap(), key.as_bytes());
    let back = passphrase::open(&std::fs::read(theirs).unwrap(), PASSPHRASE, 18).unwrap();
    assert_eq!(*back, key.as_bytes());
}

#[test]
fn stock_age_opens_a_key_file() {
    if !exists("age") || !exists("script") {
        return skipped("a key file opened by stock age: age or script is missing");
    }
    let scratch = Scratch::new("stock-age");
    let key = Identity::from_seed([4; 32]).to_text();
    std::fs::write(scratch.at("ring.age"), sealed_key(&key)).unwrap();
    let opened = age_at_a_terminal(&scratch.at("ring.age"), &scratch.at("ring"), PASSPHRASE);
    assert_eq!(std::fs::read(scratch.at("ring")).unwrap_or_default(), key.as_bytes(), "{opened}");
    age_at_a_terminal(&scratch.at("ring.age"), &scratch.at("never"), "another");
    assert!(!scratch.at("never").exists());
}

fn sealed_key(key: &str) -> Vec<u8> {
    passphrase::seal(key.as_bytes(), PASSPHRASE, 12, Zeroizing::new([9; passphrase::FRESH_LEN])).unwrap()
}

/// `age` asks for a passphrase at a terminal only: `script` gives it one.
fn age_at_a_terminal(from: &Path, to: &Path, passphrase: &str) -> String {
    let command = format!("age -d -o '{}' '{}'", to.display(), from.display());
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-c", &command, "/dev/null"]);
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut terminal = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    // Typing before the question stands there would be thrown away with the terminal's echo.
    let mut said = String::new();
    let mut byte = [0];
    while !said.contains("assphrase") && std::io::Read::read(&mut screen, &mut byte).unwrap() == 1 {
        said.push(byte[0].into());
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    terminal.write_all(passphrase.as_bytes()).unwrap();
    terminal.write_all(b"\n").unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut screen, &mut rest).unwrap();
    drop(terminal);
    script.wait().unwrap();
    said + &String::from_utf8_lossy(&rest)
}
