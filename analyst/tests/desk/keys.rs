//! `keys init`, looked at with stock OpenSSH and age.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tipline_analyst::home::Home;
use tipline_wire::intake;
use zeroize::Zeroizing;

use crate::common::{PASSPHRASE, Scratch, read, stock_verifies};

const INIT: &str = "keys init --home {}/home --org Relief --site any --yes --passphrase-file {}/pass";

#[test]
fn everything_is_there_private_and_signed_by_the_root_whose_fingerprint_is_shown() {
    let scratch = Scratch::new();
    let told = scratch.run(INIT).unwrap();
    for name in ["root.age", "desk.age", "openers/1.age", "ring.age", "intake.txt", "intake.txt.sig"] {
        let mode = fs::metadata(scratch.path("home").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(scratch.path("home")).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(fs::metadata(scratch.path("home/openers")).unwrap().permissions().mode() & 0o7777, 0o700);

    let (document, signature) =
        (read(&scratch.path("home/intake.txt")), read(&scratch.path("home/intake.txt.sig")));
    let (intake, root) = intake::read(&document, &signature).unwrap().on_first_use();
    assert!(told.contains(&root.to_string()) && told.contains(&root.groups()), "{told}");
    assert!(
        ["publish", "paper", "site --template"].iter().all(|w| told.contains(w))
            && told.contains("root.age off this machine"),
        "{told}"
    );
    assert_eq!((intake.serial, intake.slots, intake.issued.to_string().as_str()), (1, 128, "2026-11-25"));
    assert_eq!(intake.epochs.len(), 13);
    assert_eq!(intake.epochs[0].epoch.start.to_string(), "2026-11-23");
    let mut recipients: Vec<String> =
        intake.epochs.iter().flat_map(|e| &e.recipients).map(ToString::to_string).collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!(recipients.len(), 39, "every key is drawn by itself");
}

#[test]
fn the_ring_holds_the_key_of_the_first_place_of_each_week_and_no_other() {
    let scratch = Scratch::with_keys();
    let passphrase = Zeroizing::new(PASSPHRASE.to_owned());
    let ring = Home::at(&scratch.path("home")).unwrap().ring(&passphrase).unwrap();
    let intake = scratch.intake();
    assert_eq!(ring.weeks().len(), 13);
    for (held, listed) in ring.weeks().iter().zip(&intake.epochs) {
        assert_eq!(held.epoch, listed.epoch);
        assert!(held.identity.recipient() == listed.recipients[0]);
    }
}

#[test]
fn stock_ssh_keygen_verifies_the_intake_document() {
    let scratch = Scratch::with_keys();
    let (document, signature) =
        (read(&scratch.path("home/intake.txt")), read(&scratch.path("home/intake.txt.sig")));
    let root = intake::read(&document, &signature).unwrap().signer();
    let file = scratch.path("home/intake.txt");
    let verify = |document: &str| stock_verifies(&scratch, &root, "tipline-intake", &file, document);
    assert!(verify(&document));
    assert!(!verify(&document.replace("org Relief", "org Belief")));
}

/// Answers what stock age prints for a file under the passphrase, typed on a terminal of its own.
fn age(file: &Path, out: &Path) -> bool {
    let quote = |path: &Path| format!("'{}'", path.display());
    let line = format!("age -d -o {} {}", quote(out), quote(file));
    let mut script = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let typed = format!("{PASSPHRASE}\n");
    std::io::Write::write_all(script.stdin.as_mut().unwrap(), typed.as_bytes()).unwrap();
    script.wait().unwrap().success() && out.exists()
}

#[test]
fn stock_age_opens_the_key_files_and_stock_ssh_keygen_takes_what_is_inside() {
    let missing = |tool: &str| Command::new(tool).arg("--version").output().is_err();
    if missing("age") || missing("script") {
        println!("SKIPPED: needs the Debian packages age and bsdutils");
        return;
    }
    let scratch = Scratch::with_keys();
    for (name, public) in [("root", None), ("desk", Some(scratch.intake().desks[0].key))] {
        let key = scratch.path(name);
        assert!(age(&scratch.path(&format!("home/{name}.age")), &key), "{name}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let out = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&key).output().unwrap();
        let shown = String::from_utf8(out.stdout).unwrap();
        assert!(
            out.status.success() && public.is_none_or(|public| shown.starts_with(&public.to_string())),
            "{shown}"
        );
    }
    let opener = scratch.path("opener");
    assert!(age(&scratch.path("home/openers/1.age"), &opener));
    assert!(read(&opener).lines().last().unwrap().starts_with("AGE-SECRET-KEY-PQ-1"));
}

#[test]
fn an_existing_home_is_refused_and_stays_as_it_is() {
    let scratch = Scratch::with_keys();
    let before = fs::read(scratch.path("home/ring.age")).unwrap();
    let refusal = scratch.run(INIT).unwrap_err().to_string();
    assert!(refusal.contains("something is there already"), "{refusal}");
    assert_eq!(fs::read(scratch.path("home/ring.age")).unwrap(), before);
    fs::create_dir(scratch.path("other")).unwrap();
    scratch.write("other/letter.txt", b"mine");
    assert!(scratch.run(&INIT.replace("/home", "/other")).is_err());
    assert_eq!(fs::read_dir(scratch.path("other")).unwrap().count(), 1);
}

#[test]
fn what_an_interruption_left_is_cleared_and_nothing_half_is_ever_a_home() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path(".making-home/0")).unwrap();
    scratch.write(".making-home/0/root.age", b"half");
    scratch.run(INIT).unwrap();
    assert!(!scratch.path(".making-home").exists() && scratch.path("home/ring.age").exists());
}

#[test]
fn a_wrong_passphrase_is_one_clear_error_without_a_secret() {
    let scratch = Scratch::with_keys();
    scratch.write("pass", b"another passphrase altogether");
    scratch.write("tip.age", b"age-encryption.org/v1\n");
    let (result, out) = scratch.open("tip.age");
    let line = result.unwrap_err().to_string();
    assert!(
        line.contains("passphrase is wrong") && !line.contains("altogether") && !line.contains('\n'),
        "{line}"
    );
    assert!(out.is_empty() && scratch.folders().is_empty());
}

#[test]
fn damaged_key_files_are_named() {
    let scratch = Scratch::with_keys();
    scratch.write("tip.age", b"age-encryption.org/v1\n");
    let mut ring = fs::read(scratch.path("home/ring.age")).unwrap();
    *ring.last_mut().unwrap() ^= 1;
    scratch.write("home/ring.age", &ring);
    let line = scratch.open("tip.age").0.unwrap_err().to_string();
    assert!(line.contains("ring.age") && line.contains("damaged"), "{line}");
    fs::remove_file(scratch.path("home/ring.age")).unwrap();
    let line = scratch.open("tip.age").0.unwrap_err().to_string();
    assert!(line.contains("there is no ring.age") && line.contains("keys init"), "{line}");
}

#[test]
fn without_a_yes_nothing_is_made() {
    let scratch = Scratch::new();
    let (result, asked) = scratch.run_always(&INIT.replace(" --yes", ""));
    assert!(asked.contains("Relief") && result.unwrap_err().to_string().contains("nothing was made"));
    assert!(!scratch.path("home").exists());
}
