//! What the desk tells the letterbox: nothing is said to be held that does not lie here, open and whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tipline_analyst::lasting::{MOUNTS, is_in_memory};
use tipline_envelope::{Identity, PublicKey};
use tipline_wire::ack::{self, Ack};
use tipline_wire::pickup;
use tipline_wire::tip_id::TipId;

use crate::common::{JSON, PASSPHRASE, PICKUP, Pickup, Scratch, id, read, seal, stock_verifies, tar_entry};
use crate::pickups::three;

impl Scratch {
    /// Opens this as a pickup; answers what was printed.
    fn carry(&self, bytes: &[u8]) -> String {
        self.write("pickup.tar", bytes);
        self.open("pickup.tar").1
    }

    /// The acknowledgement in the folder for the courier, found signed by this desk.
    fn acknowledged(&self) -> Option<Ack> {
        let file = self.path(&format!("home/for-the-courier/acknowledgement-desk-1-{PICKUP}.txt"));
        let (text, signature) = (fs::read_to_string(&file).ok()?, read(&file.with_extension("txt.sig")));
        let (ack, desk) = ack::read(&text, &signature)
            .unwrap()
            .verify_desk(&self.intake().desks)
            .expect("signed by the desk");
        assert_eq!((desk.as_str(), ack.site.to_string().as_str()), ("desk-1", "any"));
        Some(ack)
    }

    /// What is acknowledged as held and as damaged; nothing when there is no acknowledgement.
    fn said(&self) -> (BTreeSet<TipId>, BTreeSet<TipId>) {
        self.acknowledged().map(|ack| (ack.holds, ack.damaged)).unwrap_or_default()
    }
}

fn ids(tips: &[Vec<u8>]) -> BTreeSet<TipId> {
    tips.iter().map(|tip| id(tip)).collect()
}

fn set(ids: &[TipId]) -> BTreeSet<TipId> {
    ids.iter().copied().collect()
}

/// Sealed for nobody here.
fn foreign() -> Vec<u8> {
    let strangers: Vec<PublicKey> =
        (1..4).map(|n| PublicKey::try_from(&Identity::from_seed([n; 32]).recipient()).unwrap()).collect();
    seal(&strangers, JSON, &[])
}

#[test]
fn every_opened_tip_of_a_pickup_is_acknowledged_in_a_document_that_stock_ssh_keygen_verifies() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let out = scratch.carry(&Pickup::of(&tips).bytes());
    let name = format!("acknowledgement-desk-1-{PICKUP}.txt");
    assert_eq!(scratch.outgoing(), [name.clone(), format!("{name}.sig")], "and nothing else may go out");
    let file = scratch.path("home/for-the-courier").join(&name);
    let text = read(&file);
    let expected: String = ids(&tips).iter().map(|id| format!("holds {id}\n")).collect();
    assert_eq!(text, format!("tipline-ack 1\nsite any\npickup {PICKUP}\n{expected}"));
    let key = scratch.intake().desks[0].key;
    let verifies = |text: &str| stock_verifies(&scratch, &key, "tipline-ack", &file, text);
    assert!(verifies(&text) && !verifies(&text.replace("holds", "damaged")));
    let last = out.lines().last().unwrap();
    let command = format!("tipline-server pickup --acknowledge {name}");
    assert!(last.starts_with("Carry back") && last.ends_with(&command), "{out}");
    assert!(last.contains(scratch.path("home/for-the-courier").to_str().unwrap()), "{out}");
}

#[test]
fn the_passphrase_is_asked_once_for_opening_and_acknowledging() {
    if std::process::Command::new("script").arg("--version").output().is_err() {
        println!("SKIPPED: needs the Debian package bsdutils");
        return;
    }
    let scratch = Scratch::with_keys();
    scratch.write("pickup.tar", &Pickup::of(&three(&scratch)).bytes());
    let shell = format!(
        "{} open {} --out {} --home {} --i-know-this-machine-is-online",
        env!("CARGO_BIN_EXE_tipline-analyst"),
        scratch.path("pickup.tar").display(),
        scratch.path("out").display(),
        scratch.path("home").display()
    );
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &shell, "/dev/null"]);
    script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = script.spawn().unwrap();
    let typed = format!("{PASSPHRASE}\n");
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), typed.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && shown.matches("Passphrase:").count() == 1, "{shown}");
    assert!(scratch.acknowledged().is_some(), "{shown}");
}

#[test]
fn a_folder_for_the_courier_can_be_named() {
    let scratch = Scratch::with_keys();
    scratch.write("pickup.tar", &Pickup::of(&three(&scratch)).bytes());
    let line = "open {}/pickup.tar --out {}/out --ack {}/stick --home {}/home --passphrase-file {}/pass";
    let out = scratch.run(line).unwrap();
    assert!(scratch.outgoing().is_empty());
    assert!(scratch.path(&format!("stick/acknowledgement-desk-1-{PICKUP}.txt.sig")).exists(), "{out}");
    assert!(out.contains("stick"), "{out}");
}

#[test]
fn a_tip_that_is_not_opened_is_never_held_and_damaged_only_if_its_bytes_are_others() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let (small, large) = (&tips[0], &tips[1]);
    let flipped = |tip: &[u8], at: usize| {
        let mut tip = tip.to_vec();
        tip[at] ^= 1;
        tip
    };
    let last = large.len() - 1;
    let other = TipId::from_bytes([0xbd; 32]);
    let foreign = foreign();
    for (case, bad, named, is_damaged) in [
        ("another desk's", foreign.clone(), id(&foreign), false),
        ("another desk's under an id that is not its own", foreign, other, true),
        ("small, changed on the way", flipped(small, 9_000), id(small), true),
        ("large, changed on the way", flipped(large, 1_500_000), id(large), true),
        ("small, header changed on the way", flipped(small, 100), id(small), true),
        ("large, header changed on the way", flipped(large, 100), id(large), true),
        ("small, sealed wrongly by its source", flipped(small, 9_000), id(&flipped(small, 9_000)), false),
        ("large, sealed wrongly by its source", flipped(large, last), id(&flipped(large, last)), false),
        ("its end missing", large[..last].to_vec(), id(large), true),
        ("only a header", small[..4_757].to_vec(), id(small), true),
        ("nothing", Vec::new(), id(small), true),
        ("no age file", vec![b'x'; 70_000], id(small), true),
        ("a sound tip under another id", small.clone(), other, true),
    ] {
        let mut pickup = Pickup::of(std::slice::from_ref(&tips[2]));
        let week = tipline_wire::date::Date::parse("2026-11-23").unwrap();
        pickup.tips.insert(0, (pickup::tip_name(week, &named), bad));
        pickup.claim("\"count\":1", "\"count\":2");
        let out = scratch.carry(&pickup.bytes());
        let damaged = if is_damaged { set(&[named]) } else { set(&[]) };
        assert_eq!(scratch.said(), (set(&[id(&tips[2])]), damaged), "{case}: {out}");
        let word = if is_damaged { "changed on the way" } else { "only opened tips are acknowledged" };
        assert!(out.contains(word) || out.contains("by its bytes it is another"), "{case}: {out}");
        fs::remove_dir_all(scratch.path("out")).unwrap();
        fs::remove_dir_all(scratch.path("home/for-the-courier")).unwrap();
    }
}

#[test]
fn a_flood_of_tips_that_no_key_opens_can_be_held_sealed_and_nothing_else_is() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let (foreign, mut wrong, mut changed) = (foreign(), tips[1].clone(), tips[2].clone());
    // Sealed wrongly by its source, in several parts; and one that was changed on the way.
    *wrong.last_mut().unwrap() ^= 1;
    changed[9_000] ^= 1;
    let all = [tips[0].clone(), foreign.clone(), wrong.clone(), tips[2].clone()];
    let mut pickup = Pickup::of(&all);
    pickup.tips[3].1 = changed;
    scratch.write("pickup.tar", &pickup.bytes());
    let keep = || {
        let line = "open {}/pickup.tar --out {}/out --keep-unopened --home {}/home --passphrase-file {}/pass";
        let (done, said) = scratch.run_always(line);
        assert!(done.is_err(), "they were not opened");
        said
    };
    let said = keep();
    assert_eq!(scratch.said(), (ids(&all[..3]), set(&[id(&tips[2])])), "{said}");
    for tip in [&foreign, &wrong] {
        let name = format!("2026-11-23-{}.age", id(tip));
        assert!(fs::read(scratch.path("out/unopened").join(&name)).unwrap() == *tip, "as it was sealed");
        assert!(scratch.open(&format!("out/unopened/{name}")).1.contains("NOT OPENED"));
    }
    assert_eq!(fs::read_dir(scratch.path("out/unopened")).unwrap().count(), 2);
    // A second time, and after one was thrown away.
    fs::remove_file(scratch.path(&format!("out/unopened/2026-11-23-{}.age", id(&wrong)))).unwrap();
    keep();
    assert_eq!(scratch.said().0, ids(&all[..3]));
    assert_eq!(fs::read_dir(scratch.path("out/unopened")).unwrap().count(), 2);
    assert!(scratch.run("show {}/out").unwrap().contains("2026-11-23"));
}

#[test]
fn what_was_opened_before_is_acknowledged_again_unless_something_of_it_is_gone() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let pickup = Pickup::of(&tips).bytes();
    scratch.carry(&pickup);
    fs::remove_dir_all(scratch.path("home/for-the-courier")).unwrap();
    scratch.carry(&pickup);
    assert_eq!(scratch.said(), (ids(&tips), set(&[])));

    let folder = |tip: &Vec<u8>| scratch.path("out").join(format!("2026-11-23-{:.16}", id(tip)));
    fs::remove_file(folder(&tips[1]).join("files/001.bin")).unwrap();
    fs::write(folder(&tips[2]).join("tip.json"), "{}").unwrap();
    fs::remove_dir_all(folder(&tips[0])).unwrap();
    let out = scratch.carry(&pickup);
    assert_eq!(scratch.said(), (set(&[id(&tips[0])]), set(&[])), "only what was opened anew");
    for gone in ["files/001.bin is no longer", "tip.json is no longer"] {
        assert!(out.contains(gone), "{out}");
    }
    fs::remove_dir_all(folder(&tips[1])).unwrap();
    scratch.carry(&pickup);
    assert_eq!(scratch.said(), (set(&[id(&tips[0]), id(&tips[1])]), set(&[])));
}

#[test]
fn a_tip_whose_digest_is_listed_otherwise_is_left_out_however_often_it_is_opened() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let mut pickup = Pickup::of(&tips);
    let line = pickup.sums.find('\n').unwrap() + 1;
    pickup.sums.replace_range(line..line + 64, &"0".repeat(64));
    for _ in 0..2 {
        let out = scratch.carry(&pickup.bytes());
        assert!(out.contains("another digest for"), "{out}");
        assert_eq!(scratch.said(), (ids(&tips[1..]), set(&[])));
    }
    scratch.carry(&Pickup::of(&tips).bytes());
    assert_eq!(scratch.said(), (ids(&tips), set(&[])), "a sound copy is acknowledged whole");
}

#[test]
fn a_hostile_pickup_is_acknowledged_as_far_as_it_is_true_or_not_at_all() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let all = ids(&tips);
    type Change = Box<dyn Fn(&mut Pickup)>;
    let cases: Vec<(&str, Change, Option<BTreeSet<TipId>>)> = vec![
        ("the same tip twice", Box::new(|p| p.tips.push(p.tips[0].clone())), Some(all.clone())),
        (
            "a tip twice, the first copy damaged",
            Box::new(|p| {
                let mut copy = p.tips[0].clone();
                copy.1[9_000] ^= 1;
                p.tips.insert(0, copy);
            }),
            Some(all.clone()),
        ),
        (
            "a tip twice, the second copy damaged",
            Box::new(|p| {
                let mut copy = p.tips[1].clone();
                copy.1[9_000] ^= 1;
                p.tips.push(copy);
            }),
            Some(all.clone()),
        ),
        (
            "a tip that no key opens, and a damaged copy of it",
            Box::new(|p| {
                let whole = Pickup::of(&[foreign()]).tips.remove(0);
                let mut copy = whole.clone();
                copy.1[9_000] ^= 1;
                p.tips.extend([whole, copy]);
            }),
            Some(all.clone()),
        ),
        (
            "a count that lies",
            Box::new(|p| p.claim("\"count\":3", "\"count\":900000000000")),
            Some(all.clone()),
        ),
        ("a tip left out", Box::new(|p| drop(p.tips.remove(0))), Some(ids(&tips[1..]))),
        ("no list of digests", Box::new(|p| p.sums = String::new()), None),
        ("another site", Box::new(|p| p.claim("\"any\"", &format!("\"{}.onion\"", "a".repeat(56)))), None),
        ("a site that controls", Box::new(|p| p.claim("\"any\"", "\"\\u001b[2J\"")), None),
        ("an id that is no hex", Box::new(|p| p.claim(PICKUP, "../../../../home/ring.age")), None),
        ("an id in capitals", Box::new(|p| p.claim(PICKUP, &PICKUP.to_uppercase())), None),
        ("an endless id", Box::new(|p| p.claim(PICKUP, &"0".repeat(60_000))), None),
        (
            "a manifest that was changed on the way",
            Box::new(|p| {
                let sums = p.sums.clone();
                p.claim(PICKUP, &"f".repeat(32));
                p.sums = sums;
            }),
            None,
        ),
        (
            "two manifests",
            Box::new(|p| p.tips.insert(0, (pickup::MANIFEST.into(), p.manifest.clone()))),
            None,
        ),
        ("no manifest", Box::new(|p| p.manifest = b"[]".to_vec()), None),
    ];
    for (case, change, holds) in cases {
        let mut pickup = Pickup::of(&tips);
        change(&mut pickup);
        scratch.write("pickup.tar", &pickup.bytes());
        let (result, out) = scratch.open("pickup.tar");
        assert_eq!(result.unwrap_err().exit_code(), 1, "{case}: {out}");
        assert!(scratch.folders().len() >= 2, "{case}: its tips are opened all the same: {out}");
        assert!(!out.contains('\u{1b}') && out.len() < 20_000, "{case}: {out}");
        let said = scratch.acknowledged().map(|ack| (ack.holds, ack.damaged));
        assert_eq!(said, holds.map(|holds| (holds, set(&[]))), "{case}: {out}");
        assert!(scratch.outgoing().len() <= 2, "{case}: {:?}", scratch.outgoing());
        fs::remove_dir_all(scratch.path("out")).unwrap();
        let _ = fs::remove_dir_all(scratch.path("home/for-the-courier"));
    }
}

#[test]
fn of_a_pickup_that_is_cut_off_only_what_is_whole_is_held() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let whole = Pickup::of(&tips).bytes();
    let end_of_first = 2 * 512 + 512 + tips[0].len().next_multiple_of(512);
    for (cut, holds, damaged) in [
        (end_of_first - 600, set(&[]), set(&[id(&tips[0])])),
        (end_of_first, set(&[id(&tips[0])]), set(&[])),
        (end_of_first + 400_000, set(&[id(&tips[0])]), set(&[id(&tips[1])])),
        (whole.len() - 1_024, ids(&tips), set(&[])),
    ] {
        scratch.carry(&whole[..cut]);
        assert_eq!(scratch.said(), (holds, damaged), "{cut}");
        fs::remove_dir_all(scratch.path("out")).unwrap();
    }
    // The first half and then the whole, in one go: one acknowledgement of all.
    scratch.write("half.tar", &whole[..end_of_first]);
    scratch.write("whole.tar", &whole);
    assert!(scratch.open("half.tar whole.tar").0.is_err(), "one is cut off");
    assert_eq!(scratch.said(), (ids(&tips), set(&[])));
}

#[test]
fn without_the_desks_own_key_tips_are_opened_and_nothing_is_signed() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    scratch.run("keys init --home {}/other --org Other --site any --yes --passphrase-file {}/pass").unwrap();
    let pickup = Pickup::of(&tips).bytes();
    for (file, from, word) in [
        ("desk.age", Some("other/desk.age"), "names no desk with this key"),
        ("desk.age", None, "desk.age"),
        ("intake.txt", Some("other/intake.txt"), "signature"),
        ("intake.txt", None, "intake.txt"),
        ("intake.txt.sig", None, "intake.txt"),
    ] {
        let path = scratch.path("home").join(file);
        let kept = fs::read(&path).unwrap();
        match from {
            Some(from) => drop(fs::copy(scratch.path(from), &path).unwrap()),
            None => fs::remove_file(&path).unwrap(),
        }
        scratch.write("pickup.tar", &pickup);
        let (result, out) = scratch.open("pickup.tar");
        assert_eq!(result.unwrap_err().exit_code(), 1, "{file}: {out}");
        assert!(out.contains("not acknowledged") && out.contains(word), "{file}: {out}");
        assert!(out.contains("3 opened") && !out.contains("Carry back"), "{file}: {out}");
        assert!(scratch.outgoing().is_empty(), "{file}");
        fs::write(&path, kept).unwrap();
        fs::remove_dir_all(scratch.path("out")).unwrap();
    }
}

#[test]
fn tips_that_lie_in_memory_only_are_not_acknowledged() {
    let scratch = Scratch::with_keys();
    let memory = Path::new("/dev/shm");
    if !is_in_memory(memory, Path::new(MOUNTS)).unwrap_or(false) {
        println!("SKIPPED: needs /dev/shm in memory");
        return;
    }
    scratch.write("pickup.tar", &Pickup::of(&three(&scratch)).bytes());
    let out_folder = memory.join(format!("tipline-test-{}", std::process::id()));
    let line = format!(
        "open {{}}/pickup.tar --out {} --home {{}}/home --passphrase-file {{}}/pass",
        out_folder.display()
    );
    let out = scratch.run(&line).unwrap();
    fs::remove_dir_all(&out_folder).unwrap();
    assert!(out.contains("3 opened") && out.contains("Nothing is acknowledged"), "{out}");
    assert!(scratch.outgoing().is_empty());
}

#[test]
fn a_bare_tip_is_nothing_to_acknowledge() {
    let scratch = Scratch::with_keys();
    scratch.write("tip.age", &three(&scratch)[0]);
    let (result, out) = scratch.open("tip.age");
    assert!(result.is_ok() && !out.contains("acknowledge") && !out.contains("Carry"), "{out}");
    assert!(!scratch.path("home/for-the-courier").exists());
}

#[test]
fn a_pickup_of_100_000_damaged_tips_is_acknowledged_in_little_memory() {
    const COUNT: u32 = 100_000;
    let scratch = Scratch::with_keys();
    let week = tipline_wire::date::Date::parse("2026-11-23").unwrap();
    let named = |n: u32| {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        TipId::from_bytes(bytes)
    };
    let mut bytes = tar_entry(pickup::MANIFEST, &Pickup::of(&[]).manifest);
    (0..COUNT).for_each(|n| bytes.extend(tar_entry(&pickup::tip_name(week, &named(n)), b"x")));
    bytes.resize(bytes.len() + 1_024, 0);
    scratch.write("pickup.tar", &bytes);
    let mut child = crate::binary::opening(&scratch, "pickup.tar").spawn().unwrap();
    let mut printed = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut printed, &mut std::io::sink()));
    let peak = crate::binary::peak(&mut child);
    reader.join().unwrap().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let (holds, damaged) = scratch.said();
    assert!(holds.is_empty() && damaged.len() == COUNT as usize);
    assert!((1_000..128 * 1_024).contains(&peak), "{peak} KiB");
}
