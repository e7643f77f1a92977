//! Backup and restore, rehearsed with the real program: what was sealed comes back byte for byte, and nothing else does.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Output;

use tipline_server::backup::half::check;
use tipline_server::backup::writer::Writer;
use tipline_server::backup::{Half, Manifest};
use tipline_wire::size::Padded;

use crate::stage::*;

/// A letterbox with small volumes, so that many are sealed.
fn stage() -> Stage {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[store]\nvolume_mib = 1\nballast_mib = 1\n").unwrap();
    stage.config = Some(config);
    stage
}

fn take_in(server: &Server, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let body =
            if seed % 10 == 7 { tip(seed, Padded::ONE_REQUEST_MAX, RECIPIENTS) } else { small_tip(seed) };
        assert_eq!(server.post(&body).status, 201);
    }
}

/// The two files of a backup.
struct Backup {
    volumes: PathBuf,
    keys: PathBuf,
}

fn back_up(stage: &Stage, folder: &str) -> Backup {
    let out = stage.folder.0.join(folder);
    let output = stage.command("backup").args(["--json", "--out"]).arg(&out).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "quiet in a pipe");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "two files and nothing unfinished: {names:?}");
    let path = |key: &str| PathBuf::from(said[key].as_str().unwrap());
    let generation = said["generation"].as_str().unwrap();
    let (volumes, keys) = (path("volumes_file"), path("keys_file"));
    for (path, half) in [(&volumes, "volumes"), (&keys, "keys")] {
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("{half}-{generation}.tar"));
    }
    Backup { volumes, keys }
}

fn restore(stage: &Stage, volumes: &Path, keys: &Path, store: &Path) -> Output {
    let mut restore = std::process::Command::new(env!("CARGO_BIN_EXE_tipline-server"));
    restore.env_clear().arg("restore").arg("--volumes").arg(volumes).arg("--keys").arg(keys);
    restore.current_dir(&stage.folder.0).arg("--store").arg(store).output().unwrap()
}

#[track_caller]
fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn after_the_disk_is_lost_every_sealed_tip_comes_back_byte_for_byte() {
    let stage = stage();
    let server = stage.open();
    take_in(&server, 0..60);
    let before = stage.held();
    let backup = back_up(&stage, "backups");
    assert_eq!(stage.held(), before, "the letterbox goes on");
    let volumes = fs::read_dir(stage.store.join("volumes")).unwrap().count();
    server.stop();
    let open = fs::read(stage.store.join(format!("volumes/{volumes}/db"))).unwrap();
    fs::remove_dir_all(&stage.store).unwrap();

    let output = restore(&stage, &backup.volumes, &backup.keys, &stage.store);
    assert!(output.status.success(), "{output:?}");
    let server = stage.start();
    assert!(!server.journal().contains("no intake document yet"), "the intake document is there again");
    let after = stage.held();
    assert!(after.iter().all(|tip| before.contains(tip)));
    let missing: Vec<_> = before.iter().filter(|tip| !after.contains(tip)).collect();
    // Only what was in the open volume is missing, and that is small.
    assert!(missing.len() < 17 && !open.is_empty(), "{} missing", missing.len());
    take_in(&server, 0..70);
    assert_eq!(stage.held().len(), 70, "what is sent again is kept once");
    server.stop();
    let again = stage.start();
    assert_eq!(stage.held().len(), 70);
    drop(again);
}

#[test]
fn stock_tools_unpack_and_check_a_backup_and_the_keys_are_in_one_file_only() {
    let stage = stage();
    let server = stage.open();
    take_in(&server, 0..40);
    let backup = back_up(&stage, "backups");
    for file in [&backup.volumes, &backup.keys] {
        let there = stage.folder.0.join(file.file_stem().unwrap());
        fs::create_dir(&there).unwrap();
        for command in
            [&["tar", "xf", file.to_str().unwrap()][..], &["sha256sum", "--strict", "--check", "SHA256SUMS"]]
        {
            let mut run = std::process::Command::new(command[0]);
            assert!(run.args(&command[1..]).current_dir(&there).output().unwrap().status.success());
        }
    }
    let volumes = fs::read(&backup.volumes).unwrap();
    for entry in fs::read_dir(stage.store.join("keys")).unwrap() {
        let key = fs::read(entry.unwrap().path()).unwrap();
        // `tipline-volume-key 1`, a line feed, then 32 bytes.
        let secret = &key[21..53];
        assert!(!volumes.windows(32).any(|window| window == secret));
    }
    drop(server);
}

#[test]
fn what_is_changed_cut_off_or_not_of_one_backup_is_refused_and_nothing_is_put_in_place() {
    let stage = stage();
    let server = stage.open();
    take_in(&server, 0..20);
    let (one, two) = (back_up(&stage, "one"), back_up(&stage, "two"));
    drop(server);
    let fresh = stage.folder.0.join("fresh");
    let refused = |volumes: &Path, keys: &Path, part: &str| {
        let said = refusal(&restore(&stage, volumes, keys, &fresh));
        assert!(said.contains(part), "{part}: {said}");
        assert!(!fresh.exists(), "nothing is put in place");
    };
    refused(&one.volumes, &two.keys, "give the two files of one backup");
    refused(&one.keys, &one.volumes, "it holds the keys, and the volumes were expected");
    refused(&one.volumes, &one.volumes, "it holds the volumes, and the keys were expected");
    refused(&one.volumes, &stage.folder.0.join("absent"), "absent");
    let other = stage.folder.0.join("other.tar");
    fs::write(&other, "no backup").unwrap();
    refused(&other, &one.keys, "cut off or cannot be read");
    for (file, as_volumes) in [(&one.volumes, true), (&one.keys, false)] {
        let whole = fs::read(file).unwrap();
        let step = whole.len() / 23;
        for at in (300..whole.len() - 1_024).step_by(step) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&other, changed).unwrap();
            let (volumes, keys) = if as_volumes { (&other, &one.keys) } else { (&one.volumes, &other) };
            // A flipped bit in padding or in an unused part of a header changes nothing that is put in place.
            let output = restore(&stage, volumes, keys, &fresh);
            if output.status.success() {
                let (mut there, mut sound) = (BufReader::new(File::open(&other).unwrap()), file_of(file));
                let half = if as_volumes { Half::Volumes } else { Half::Keys };
                assert_eq!(check(&mut there, half).unwrap(), check(&mut sound, half).unwrap());
                fs::remove_dir_all(&fresh).unwrap();
            } else {
                refusal(&output);
                assert!(!fresh.exists());
            }
        }
        for cut in [0, 600, whole.len() / 2, whole.len() - 1_024] {
            fs::write(&other, &whole[..cut]).unwrap();
            let (volumes, keys) = if as_volumes { (&other, &one.keys) } else { (&one.volumes, &other) };
            refused(volumes, keys, "cannot be used");
        }
    }
}

fn file_of(path: &Path) -> BufReader<File> {
    BufReader::new(File::open(path).unwrap())
}

/// The same file of keys without the entry that `leave_out` names, with sums that fit.
fn rewritten(from: &Path, folder: &Path, change: impl Fn(&mut Manifest), leave_out: &str) -> PathBuf {
    let entries = entries(&fs::read(from).unwrap());
    let mut manifest: Manifest = serde_json::from_slice(&entries[0].1).unwrap();
    change(&mut manifest);
    fs::create_dir_all(folder).unwrap();
    let mut writer = Writer::begin(folder, &manifest).unwrap();
    for (name, content) in &entries[1..entries.len() - 1] {
        if name != leave_out {
            writer.whole(name, content).unwrap();
        }
    }
    writer.finish().unwrap();
    writer.put_in_place().unwrap()
}

#[test]
fn a_volume_without_its_key_or_its_log_and_a_store_of_another_version_are_refused() {
    let stage = stage();
    let server = stage.open();
    take_in(&server, 0..40);
    let backup = back_up(&stage, "backups");
    drop(server);
    let (fresh, folder) = (stage.folder.0.join("fresh"), stage.folder.0.join("rewritten"));
    let refused = |volumes: &Path, keys: &Path, part: &str| {
        let said = refusal(&restore(&stage, volumes, keys, &fresh));
        assert!(said.contains(part) && !fresh.exists(), "{part}: {said}");
    };
    let keyless = rewritten(&backup.keys, &folder, |_| {}, "keys/2");
    refused(&backup.volumes, &keyless, "the key of volume 2 is missing");
    let halved = rewritten(&backup.volumes, &folder, |_| {}, "volumes/1/db");
    refused(&halved, &backup.keys, "volume 1 is not whole");
    let newer = |manifest: &mut Manifest| {
        manifest.store = "tipline-store 99".into();
        manifest.generation = "ab".repeat(16);
    };
    refused(
        &rewritten(&backup.volumes, &folder, newer, ""),
        &backup.keys,
        "in the format `tipline-store 99`",
    );
    let foreign = |manifest: &mut Manifest| manifest.generation = "cd".repeat(16);
    let foreign = rewritten(&backup.keys, &folder, foreign, "");
    refused(&backup.volumes, &foreign, "give the two files of one backup");
}

#[test]
fn a_backup_is_never_restored_over_a_store_and_an_interrupted_restore_is_no_store() {
    let stage = stage();
    let server = stage.open();
    take_in(&server, 0..40);
    let backup = back_up(&stage, "backups");
    let before = stage.held();
    let said = refusal(&restore(&stage, &backup.volumes, &backup.keys, &stage.store));
    assert!(said.contains("is not empty"), "{said}");
    assert_eq!(stage.held(), before);
    server.stop();

    let mut stage = stage;
    stage.store = stage.folder.0.join("fresh");
    fs::create_dir_all(stage.store.join("volumes/1")).unwrap();
    fs::write(stage.store.join("restoring"), "").unwrap();
    fs::write(stage.store.join("volumes/1/db"), "half").unwrap();
    let journal = stage.try_start().err().unwrap();
    assert!(journal.contains("a restore was interrupted"), "{journal}");
    assert!(restore(&stage, &backup.volumes, &backup.keys, &stage.store).status.success());
    let _server = stage.start();
    assert!(stage.held().len() > 20);
}

#[test]
fn keys_go_to_a_folder_of_their_own_where_the_configuration_has_one() {
    let mut stage = stage();
    let (config, keys) = (stage.folder.0.join("tipline.toml"), stage.folder.0.join("medium"));
    let text = format!("{}keys = {:?}\n", fs::read_to_string(&config).unwrap(), keys.display().to_string());
    fs::write(&config, text).unwrap();
    let server = stage.open();
    take_in(&server, 0..40);
    let backup = back_up(&stage, "backups");
    server.stop();
    fs::remove_dir_all(&keys).unwrap();
    stage.store = stage.folder.0.join("fresh");
    let mut restore = stage.command("restore");
    // `restore` speaks to no server.
    assert_eq!(restore.output().unwrap().status.code(), Some(2));
    let mut restore = std::process::Command::new(env!("CARGO_BIN_EXE_tipline-server"));
    restore.arg("restore").arg("--volumes").arg(&backup.volumes).arg("--keys").arg(&backup.keys);
    restore.arg("--store").arg(&stage.store).arg("--keys-folder").arg(&keys);
    assert!(restore.output().unwrap().status.success());
    let _server = stage.start();
    assert!(stage.held().len() > 20);
}

#[test]
fn without_a_server_there_is_no_backup_and_nothing_is_left_behind() {
    let stage = stage();
    let out = stage.folder.0.join("backups");
    let output = stage.command("backup").arg("--out").arg(&out).output().unwrap();
    assert!(refusal(&output).contains("is it running"));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    let server = stage.open();
    let output = stage.command("backup").arg("--out").arg(&out).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.starts_with("0 sealed volumes and the documents in ")
            && said.contains("not in it: the open volume"),
        "{said}"
    );
    drop(server);
}
