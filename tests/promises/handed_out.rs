//! The source's command as it is handed out: one file, from nothing but which a tip comes to the desk.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tipline_tests::{Stand, exists, root, skipped, target};

use crate::journey::{cleaned, file, sound_tip};

/// What the person writes.
const STORY: &str = "ཁོང་ཚོ་ངའི་ཕ་མའི་སར་སླེབས་བྱུང་།";

/// A file that `cargo xtask seal --drafts` built, or none.
fn built(name: &str) -> Option<PathBuf> {
    let file = target().join("seal-drafts").join(name);
    if file.exists() {
        return Some(file);
    }
    skipped(&format!("{name} is not built: run `cargo xtask seal --drafts`"));
    None
}

/// Runs a command with this typed at it; nothing of the machine's surroundings can help it.
fn typed(command: &mut Command, lines: &[&str]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut typing = child.stdin.take().unwrap();
    typing.write_all(format!("{}\n", lines.join("\n")).as_bytes()).unwrap();
    drop(typing);
    child.wait_with_output().unwrap()
}

/// The answers of somebody who ticks one incident, writes a sentence, adds a photograph and wants no answer.
fn answers(photo: &str) -> [String; 14] {
    let lines = ["༣", "", "", "", "2", "2", STORY, ".", photo, "1", "", "1", "1", ""];
    lines.map(str::to_owned)
}

/// What the desk opened, compared with what was told.
fn is_what_was_told(tip: &Path, photo: &Path) {
    let report: Value = sound_tip(tip);
    assert_eq!(report["report"]["lang"], "bo");
    assert_eq!(report["report"]["incident"][0], "relative_visit");
    assert_eq!(report["report"]["story"], STORY);
    assert_eq!(std::fs::read(file(tip, "001")).unwrap(), cleaned(photo));
}

/// A reader of Tibetan whose browser runs no scripts: the command asks, seals, and sends; the desk reads it.
#[test]
fn the_command_that_is_handed_out_asks_in_tibetan_and_the_desk_opens_what_was_told() {
    let Some(command) = built("tipline-seal-linux-x86_64") else { return };
    let stand = Stand::new("handed-out");
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let answers = answers(photo.to_str().unwrap());
    let lines: Vec<&str> = answers.iter().map(String::as_str).collect();
    let mut seal = Command::new(&command);
    seal.env_clear().args([
        "--ask",
        "--lang",
        "bo",
        "--to-site",
        &stand.address,
        "--fingerprint",
        &stand.fingerprint,
    ]);
    let ran = typed(&mut seal, &lines);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && ran.stdout.is_empty(), "{said}");
    assert!(
        said.contains("ཟིན་བྲིས") && said.contains("[No names, addresses or numbers of you or your family.]"),
        "{said}"
    );
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1);
    is_what_was_told(&tips[0], &photo);
}

/// Sealed on a computer that is offline, of whatever kind, and sent from another one.
#[test]
fn what_each_kind_of_computer_seals_offline_is_sent_later_and_opened() {
    let kinds = [
        ("tipline-seal-linux-x86_64", None),
        ("tipline-seal-linux-aarch64", Some("qemu-aarch64-static")),
        ("tipline-seal-windows-x86_64.exe", Some("wine")),
    ];
    let stand = Stand::new("handed-out-offline");
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let mut sent = 0;
    for (name, runner) in kinds {
        let Some(command) = built(name) else { continue };
        if let Some(runner) = runner.filter(|runner| !exists(runner)) {
            skipped(&format!("{name}: {runner} is missing"));
            continue;
        }
        let out = stand.scratch.at(&format!("{name}.age"));
        let mut seal = runner.map_or_else(
            || Command::new(&command),
            |runner| {
                let mut with = Command::new(runner);
                with.arg(&command);
                with
            },
        );
        let library = format!("Z:{}", target().join("wine-library").display()).replace('/', "\\");
        seal.env("WINEDEBUG", "-all").env("WINEPREFIX", target().join("wine")).env("WINEPATH", library);
        seal.args(["--ask", "--lang", "bo", "--fingerprint", &stand.fingerprint]);
        seal.arg("--intake").arg(stand.scratch.at("home/intake.txt")).arg("--out").arg(&out);
        let answers = answers(photo.to_str().unwrap());
        let ran = typed(&mut seal, &answers.iter().map(String::as_str).collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("Send it before "), "{name}: {said}");
        let week = said.split("--week ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let mut send = Command::new(tipline_tests::program("tipline-seal"));
        send.arg("--send").arg(&out).args(["--week", &week, "--to-site", &stand.address]);
        tipline_tests::must(send.args(["--fingerprint", &stand.fingerprint]));
        sent += 1;
    }
    if sent > 0 {
        let tips = stand.fetch_and_open();
        assert_eq!(tips.len(), sent);
        tips.iter().for_each(|tip| is_what_was_told(tip, &photo));
    }
}
