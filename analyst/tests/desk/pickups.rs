//! Pickups as a careful, a careless and a hostile courier bring them.

use std::fs;

use tipline_envelope::{Identity, PublicKey};
use tipline_wire::pickup;
use tipline_wire::tip_id::TipId;

use crate::common::{JSON, PASSPHRASE, PICKUP, Pickup, Scratch, id, seal, tamper, tar_entry};

/// Two small tips and one of several parts.
pub(crate) fn three(scratch: &Scratch) -> Vec<Vec<u8>> {
    let photo: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let keys = scratch.keys();
    vec![seal(&keys, JSON, &[]), seal(&keys, JSON, &[&photo]), seal(&keys, JSON, &[b"\x89PNG\r\n\x1a\n"])]
}

#[test]
fn a_sound_pickup_is_opened_whole_and_only_once() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    scratch.write("pickup.tar", &Pickup::of(&tips).bytes());
    let (result, out) = scratch.open("pickup.tar");
    assert!(result.is_ok() && out.contains("3 opened, 0 opened before, 0 not"), "{out}");
    assert_eq!(scratch.folders().len(), 3);
    let marker = scratch.path("out").join(&scratch.folders()[0]).join("note-of-the-analyst");
    fs::write(&marker, b"mine").unwrap();
    let (result, out) = scratch.open("pickup.tar");
    assert!(result.is_ok() && out.contains("0 opened, 3 opened before"), "{out}");
    assert!(marker.exists() && scratch.folders().len() == 3);
    // The same tip as a bare file is the same tip.
    scratch.write("bare.age", &tips[0]);
    assert!(scratch.open("bare.age").1.contains("1 opened before"));
}

#[test]
fn json_says_the_same() {
    let scratch = Scratch::with_keys();
    let mut tips = three(&scratch);
    tips[2][20_000] ^= 1;
    scratch.write("pickup.tar", &Pickup::of(&tips).bytes());
    let line = "open {}/pickup.tar --json --out {}/out --home {}/home --passphrase-file {}/pass";
    let (result, out) = scratch.run_always(line);
    assert_eq!(result.unwrap_err().exit_code(), 1);
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let states: Vec<&str> = lines.iter().map(|l| l["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["opened", "opened", "not-opened", "acknowledged", "done"]);
    assert_eq!(lines[2]["id"], id(&tips[2]).to_string());
    assert_eq!(lines[3]["pickup"], PICKUP);
    assert_eq!((&lines[3]["holds"], &lines[3]["damaged"]), (&2.into(), &0.into()));
    let file = lines[3]["file"].as_str().unwrap();
    assert!(file.ends_with(&format!("home/for-the-courier/acknowledgement-desk-1-{PICKUP}.txt")), "{file}");
    assert_eq!(lines[4]["opened"], 2);
}

#[test]
fn what_cannot_be_opened_is_named_with_the_reason_and_stops_nothing() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let strangers: Vec<PublicKey> =
        (1..4).map(|n| PublicKey::try_from(&Identity::from_seed([n; 32]).recipient()).unwrap()).collect();
    let foreign = seal(&strangers, JSON, &[]);
    let flipped = |at: usize| {
        let mut tip = tips[1].clone();
        tip[at] ^= 1;
        tip
    };
    let last = tips[1].len() - 1;
    for (case, bad, word) in [
        ("another desk's", foreign, "no key in this ring"),
        ("a flipped header", flipped(100), "beginning"),
        ("a flipped MAC", flipped(4_700), "beginning"),
        ("a flipped first chunk", flipped(9_000), "damaged"),
        ("a flipped last byte", flipped(last), "damaged"),
        ("a missing last chunk", tips[1][..tips[1].len() - 65_552].to_vec(), "damaged"),
        ("a missing byte", tips[1][..last].to_vec(), "damaged"),
        (
            "two chunks changed places",
            {
                let (mut tip, first) = (tips[1].clone(), 86 + 3 * 1_557);
                tip[first..first + 2 * 65_552].rotate_left(65_552);
                tip
            },
            "damaged",
        ),
        ("only a header", tips[1][..4_757].to_vec(), "cut off"),
        ("nothing", Vec::new(), "no sealed tip"),
        ("no age file", vec![b'x'; 70_000], "no sealed tip"),
        (
            "a passphrase file",
            b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n".to_vec(),
            "no sealed tip",
        ),
    ] {
        let scratch_out = scratch.path("out");
        let mut pickup = Pickup::of(&[tips[0].clone(), tips[2].clone()]);
        let bad_id = TipId::from_bytes([0xbd; 32]);
        pickup
            .tips
            .insert(1, (pickup.tips[0].0.replace(&id(&tips[0]).to_string(), &bad_id.to_string()), bad));
        scratch.write("pickup.tar", &pickup.bytes());
        let (result, out) = scratch.open("pickup.tar");
        let line = out.lines().find(|l| l.contains("NOT OPENED") && l.contains("bdbdbd"));
        assert!(line.is_some() && out.contains(word), "{case}: {out}");
        assert_eq!(result.unwrap_err().exit_code(), 1, "{case}");
        assert!(out.contains("2 opened, 0 opened before"), "{case}: {out}");
        assert_eq!(scratch.folders().len(), 2, "{case}: no plaintext of the damaged one stays");
        fs::remove_dir_all(scratch_out).unwrap();
    }
}

#[test]
fn a_pickup_that_was_tampered_with_is_told_and_its_tips_are_opened() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let missing = TipId::from_bytes([0xee; 32]);
    let week = tipline_wire::date::Date::parse("2026-11-23").unwrap();
    type Change = Box<dyn Fn(&mut Pickup)>;
    let cases: Vec<(&str, Change, &str)> = vec![
        (
            "a tip under another id",
            Box::new(move |p| p.tips[0].0 = pickup::tip_name(week, &missing)),
            "by its bytes it is another",
        ),
        (
            "a tip under another week",
            Box::new(|p| p.tips[0].0 = p.tips[0].0.replace("11-23", "11-30")),
            "sealed for the week of 2026-11-23",
        ),
        ("a tip twice", Box::new(|p| p.tips.push(p.tips[0].clone())), "twice"),
        ("a tip left out", Box::new(|p| drop(p.tips.pop())), "is not in it"),
        ("a stranger's file", Box::new(|p| p.tips.push(("autorun.inf".into(), vec![1]))), "autorun.inf"),
        (
            "another digest",
            Box::new(|p| {
                let small = p.sums.find('\n').unwrap() + 1;
                p.sums.replace_range(small..small + 64, &"0".repeat(64));
            }),
            "another digest for",
        ),
        (
            "a digest of something absent",
            Box::new(move |p| p.sums += &pickup::sums_line(&[1; 32], &pickup::tip_name(week, &missing))),
            "lists eeee",
        ),
        ("malformed digests", Box::new(|p| p.sums += "hello\n\u{202e}\n"), "2 lines"),
        ("digests that never end", Box::new(|p| p.sums += &"x".repeat(1_000_000)), "malformed"),
        (
            "a manifest that lies",
            Box::new(|p| {
                p.manifest = String::from_utf8(p.manifest.clone())
                    .unwrap()
                    .replace("\"count\":3", "\"count\":9")
                    .into()
            }),
            "speaks of 9",
        ),
        (
            "a manifest that claims no completeness",
            Box::new(|p| p.claim("\"complete_through\":\"2026-11-23\"", "\"complete_through\":null")),
            "tips may be missing in it",
        ),
        ("no manifest", Box::new(|p| p.manifest = b"[]".to_vec()), "manifest is missing or damaged"),
        ("a deep manifest", Box::new(|p| p.manifest = vec![b'['; 60_000]), "manifest is missing or damaged"),
    ];
    for (case, change, word) in cases {
        let mut pickup = Pickup::of(&tips);
        change(&mut pickup);
        scratch.write("pickup.tar", &pickup.bytes());
        let (_, out) = scratch.open("pickup.tar");
        assert!(out.contains(word), "{case}: {out}");
        assert!(scratch.folders().len() >= 2, "{case}: {out}");
        fs::remove_dir_all(scratch.path("out")).unwrap();
    }
}

#[test]
fn a_pickup_cut_in_half_gives_what_is_whole() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let whole = Pickup::of(&tips).bytes();
    let end_of_first = 2 * 512 + 512 + tips[0].len().next_multiple_of(512);
    for (cut, opened) in [
        (0, 0),
        (300, 0),
        (end_of_first - 600, 0),
        (end_of_first, 1),
        (end_of_first + 400_000, 1),
        (whole.len() - 1_024, 3),
    ] {
        scratch.write("pickup.tar", &whole[..cut]);
        let (result, out) = scratch.open("pickup.tar");
        assert_eq!(result.unwrap_err().exit_code(), 1, "{cut}: {out}");
        assert!(out.contains("cut off") && out.contains(&format!("{opened} opened, 0")), "{cut}: {out}");
        assert_eq!(scratch.folders().len(), opened, "{cut}");
        fs::remove_dir_all(scratch.path("out")).unwrap();
    }
}

#[test]
fn a_damaged_stretch_costs_no_other_tip() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let mut pickup = Pickup::of(&tips);
    pickup.tips.rotate_left(1);
    let mut bytes = pickup.bytes();
    bytes[1_024..1_600].fill(0xaa); // the header of the large tip
    let link = tamper(tar_entry("tips/x", b""), 156, b"2");
    scratch.write("pickup.tar", &[link, bytes].concat());
    let (result, out) = scratch.open("pickup.tar");
    assert!(result.is_err() && out.contains("passed over") && out.contains("2 opened"), "{out}");
}

#[test]
fn a_second_copy_is_opened_where_the_first_is_damaged() {
    let scratch = Scratch::with_keys();
    let tips = three(&scratch);
    let mut pickup = Pickup::of(&tips);
    let mut copy = pickup.tips[0].clone();
    copy.1[9_000] ^= 1;
    pickup.tips.insert(0, copy);
    scratch.write("pickup.tar", &pickup.bytes());
    let (result, out) = scratch.open("pickup.tar");
    assert!(result.is_err() && out.contains("damaged") && out.contains("3 opened"), "{out}");
    assert!(!out.contains("twice"), "{out}");
}

#[test]
fn what_is_no_pickup_at_all_is_called_so() {
    let scratch = Scratch::with_keys();
    for content in [&b"They came to my door."[..], &[b'x'; 5_000]] {
        scratch.write("letter.txt", content);
        let (result, out) = scratch.open("letter.txt");
        assert!(result.is_err() && out.contains("neither a pickup nor a sealed tip"), "{out}");
        assert!(!out.contains("what is whole was opened"), "{out}");
    }
    scratch.write("empty.tar", b"");
    assert!(scratch.open("empty.tar").1.contains("empty, 0 bytes"));
}

#[test]
fn a_pipe_on_the_stick_does_not_make_it_wait_for_ever() {
    let scratch = Scratch::with_keys();
    let made = std::process::Command::new("mkfifo").arg(scratch.path("pickup.tar")).status().unwrap();
    assert!(made.success());
    let (result, out) = scratch.open("pickup.tar");
    assert!(result.is_err() && out.contains("it is no file"), "{out}");
}

#[test]
fn a_stranger_with_the_short_name_does_not_hide_a_tip() {
    let scratch = Scratch::with_keys();
    let tip = seal(&scratch.keys(), JSON, &[]);
    scratch.write("tip.age", &tip);
    let short = format!("2026-11-23-{:.16}", id(&tip));
    fs::create_dir_all(scratch.path("out").join(&short)).unwrap();
    scratch.write(&format!("out/{short}/letter"), b"mine");
    scratch.open("tip.age").0.unwrap();
    let long = format!("2026-11-23-{}", id(&tip));
    assert_eq!(scratch.folders(), [short, long]);
    assert!(scratch.open("tip.age").1.contains("1 opened before"));
}

#[test]
fn what_is_no_file_is_told_and_the_next_is_opened() {
    let scratch = Scratch::with_keys();
    scratch.write("tip.age", &seal(&scratch.keys(), JSON, &[]));
    let (result, out) = scratch.open("absent.tar net tip.age");
    assert!(result.is_err() && out.matches("FAULT").count() == 2 && out.contains("1 opened"), "{out}");
    assert!(!out.contains(PASSPHRASE));
}
