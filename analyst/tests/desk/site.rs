//! The site document: filled in, checked, looked at, signed by the desk, and ready to publish.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tipline_wire::intake;
use tipline_wire::site::{self, PLACEHOLDER, Site};

use crate::common::{Scratch, read, stock_verifies};

const SIGN: &str = "site {}/form.json --page {}/page.html --home {}/home --passphrase-file {}/pass --yes";

fn texts() -> Value {
    json!({
        "emergency": "Call 110.\nIt is free.", "responsible": "Relief <relief@example.org>", "purpose": "To see the pattern.",
        "kept": "Two years.", "rights": "Ask us.", "other_way": "\"By post\" \u{2014} ئۇيغۇرچە", "support": null
    })
}

fn form() -> Value {
    json!({"languages": ["zh-Hans", "ug", "de"], "rhythm_days": 7, "texts": {"en": texts(), "ug": texts()}})
}

fn page() -> String {
    format!("<!doctype html><p>of one release</p>\n{PLACEHOLDER}\n")
}

/// A home, a form that was filled in and a released page.
fn stand() -> Scratch {
    let scratch = Scratch::with_keys();
    scratch.write("form.json", form().to_string().as_bytes());
    scratch.write("page.html", page().as_bytes());
    scratch
}

impl Scratch {
    /// The site document in the home, found the same in the folder for the courier and signed by this desk.
    fn site(&self) -> Site {
        let (text, signature) = (read(&self.path("home/site.json")), read(&self.path("home/site.json.sig")));
        assert_eq!(self.outgoing(), ["site.json", "site.json.sig"]);
        assert_eq!(read(&self.path("home/for-the-courier/site.json")), text);
        assert_eq!(read(&self.path("home/for-the-courier/site.json.sig")), signature);
        site::read(&text, &signature).unwrap().verify_desk(&self.intake().desks).unwrap().0
    }
}

#[test]
fn it_says_what_was_filled_in_and_what_only_the_desk_knows() {
    let scratch = stand();
    let told = scratch.run(SIGN).unwrap();
    let signed = scratch.site();
    let (document, signature) =
        (read(&scratch.path("home/intake.txt")), read(&scratch.path("home/intake.txt.sig")));
    let (intake, root) = intake::read(&document, &signature).unwrap().on_first_use();
    let expected = json!({
        "schema": "tipline-site/1", "serial": 1, "issued": "2026-11-25", "org": intake.org, "root": root.to_string(),
        "languages": ["zh-Hans", "ug", "de"], "rhythm_days": 7, "texts": {"en": texts(), "ug": texts()},
        "pages": [format!("{:x}", HexDigest(Sha256::digest(page().as_bytes()).into()))]
    });
    assert_eq!(serde_json::to_value(&signed).unwrap(), expected);
    for shown in [
        root.groups().as_str(),
        "zh-Hans, ug, de",
        "every 7 days",
        "Call 110.",
        "It is free.",
        "[ug]",
        "(none)",
    ] {
        assert!(told.contains(shown), "{shown}: {told}");
    }
    assert!(
        told.contains("tipline-server publish site.json") && told.contains("home/for-the-courier"),
        "{told}"
    );
    assert!(told.lines().all(|line| line.chars().count() <= 80 || line.contains("Carry")), "{told}");
}

struct HexDigest([u8; 32]);

impl std::fmt::LowerHex for HexDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[test]
fn stock_ssh_keygen_verifies_it() {
    let scratch = stand();
    scratch.run(SIGN).unwrap();
    let (file, key) = (scratch.path("home/for-the-courier/site.json"), scratch.intake().desks[0].key);
    let text = read(&file);
    assert!(stock_verifies(&scratch, &key, "tipline-site", &file, &text));
    assert!(!stock_verifies(&scratch, &key, "tipline-site", &file, &text.replace("110", "119")));
    assert!(!stock_verifies(&scratch, &key, "tipline-ack", &file, &text), "for no other purpose");
}

#[test]
fn the_serial_goes_on_from_the_last_and_so_do_the_pages() {
    let scratch = stand();
    scratch.run(SIGN).unwrap();
    let first = scratch.site();
    let told = scratch.run(&SIGN.replace(" --page {}/page.html", "")).unwrap();
    let second = scratch.site();
    assert_eq!((second.serial, &second.pages), (2, &first.pages));
    assert!(told.contains("no --page was given"), "{told}");
    scratch.write("new.html", page().replace("one", "another").as_bytes());
    scratch.run(&SIGN.replace("--yes", "--yes --page {}/new.html --page {}/page.html")).unwrap();
    let third = scratch.site();
    assert!(third.serial == 3 && third.pages.len() == 2 && third.pages.contains(&first.pages[0]));
    // A serial of another desk, brought home.
    let newer = read(&scratch.path("home/site.json")).replace("\"serial\":3", "\"serial\":41");
    scratch.write("home/site.json", newer.as_bytes());
    scratch.run(SIGN).unwrap();
    assert_eq!(scratch.site().serial, 42);
}

#[test]
fn the_form_is_empty_at_first_and_then_what_was_signed() {
    let scratch = stand();
    let line = "site --template --home {}/home";
    let empty: Value = serde_json::from_str(&scratch.run(line).unwrap()).unwrap();
    assert_eq!(empty["texts"]["en"]["emergency"], "");
    scratch.write("form.json", empty.to_string().as_bytes());
    let refusal = scratch.run(SIGN).unwrap_err().to_string();
    assert!(refusal.contains("texts.en.emergency is empty: say where to turn"), "{refusal}");
    scratch.write("form.json", form().to_string().as_bytes());
    scratch.run(SIGN).unwrap();
    let again: Value = serde_json::from_str(&scratch.run(line).unwrap()).unwrap();
    assert_eq!(again, form());
    // The form alone needs no desk, and may be printed on a machine that is online.
    fs::remove_dir_all(scratch.path("net")).unwrap();
    assert_eq!(scratch.run("site --template --home {}/nowhere").unwrap().matches("emergency").count(), 1);
    let refusal = scratch.run(SIGN).unwrap_err().to_string();
    assert!(refusal.contains("--i-know-this-machine-is-online"), "{refusal}");
}

#[test]
fn it_is_signed_after_a_last_look_only() {
    let scratch = stand();
    let line = SIGN.replace(" --yes", "");
    for typed in ["", "no\n", "y\n"] {
        let (result, shown) = scratch.run_typing(&line, typed);
        let refusal = result.unwrap_err().to_string();
        assert!(refusal.contains("nothing was signed") && shown.contains("Type yes"), "{refusal}");
        assert!(shown.contains("Call 110.") && !scratch.path("home/site.json").exists(), "{shown}");
    }
    let (result, shown) = scratch.run_typing(&line, "yes\n");
    assert!(result.is_ok() && shown.contains("Signed"), "{shown}");
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_signed() {
    let scratch = stand();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut form = form();
        change(&mut form);
        form.to_string()
    };
    let long = "<".repeat(2_000);
    for (case, text, word) in [
        ("its own organisation", with(&|f| f["org"] = "Another".into()), "unknown field `org`"),
        ("its own root", with(&|f| f["root"] = "SHA256:x".into()), "unknown field `root`"),
        ("its own serial", with(&|f| f["serial"] = 9.into()), "unknown field `serial`"),
        ("no texts", with(&|f| f["texts"] = json!({})), "texts needs 1 to 24"),
        ("no languages", with(&|f| f["languages"] = json!([])), "languages needs 1 to 24"),
        (
            "a control character",
            with(&|f| f["texts"]["ug"]["kept"] = "a\u{7}".into()),
            "texts.ug.kept has ⟦U+0007⟧",
        ),
        (
            "too much in all",
            with(&|f| {
                for n in 10..34 {
                    let mut texts = texts();
                    for field in ["emergency", "responsible", "purpose", "kept", "rights", "other_way"] {
                        texts[field] = long.as_str().into();
                    }
                    f["texts"][format!("x{n}")] = texts;
                }
                f["texts"].as_object_mut().unwrap().retain(|language, _| language.starts_with('x'));
            }),
            "shorten the texts",
        ),
        ("no JSON", "They came to my door.".into(), "line 1 column 1"),
        ("endless", " ".repeat(1_000_000), "too long"),
    ] {
        scratch.write("form.json", text.as_bytes());
        let refusal = scratch.run(SIGN).unwrap_err().to_string();
        assert!(refusal.contains(word) && !refusal.contains('\n'), "{case}: {refusal}");
        assert!(!scratch.path("home/site.json").exists(), "{case}");
    }
    scratch.write("form.json", form().to_string().as_bytes());
    for (case, line, word) in [
        ("no page", SIGN.replace(" --page {}/page.html", ""), "--page"),
        ("a page that is none", SIGN.replace("page.html", "form.json"), "0 times"),
        ("no form", SIGN.replace("form.json", "absent.json"), "absent.json"),
        ("no home", SIGN.replace("/home", "/absent"), "there is no ring.age"),
    ] {
        let refusal = scratch.run(&line).unwrap_err().to_string();
        assert!(refusal.contains(word) && !refusal.contains('\n'), "{case}: {refusal}");
    }
    scratch.write("home/site.json", b"{");
    let refusal = scratch.run(SIGN).unwrap_err().to_string();
    assert!(
        refusal.contains("last site document") && refusal.contains("put the site.json back"),
        "{refusal}"
    );
    fs::remove_file(scratch.path("home/site.json")).unwrap();
    scratch.write("pass", b"another passphrase altogether");
    let refusal = scratch.run(SIGN).unwrap_err().to_string();
    assert!(refusal.contains("desk.age") && !refusal.contains("altogether"), "{refusal}");
    assert!(scratch.outgoing().is_empty());
}

#[test]
fn a_key_that_the_intake_document_does_not_name_signs_nothing() {
    let scratch = stand();
    scratch.run("keys init --home {}/other --org Other --site any --yes --passphrase-file {}/pass").unwrap();
    fs::copy(scratch.path("other/desk.age"), scratch.path("home/desk.age")).unwrap();
    let refusal = scratch.run(SIGN).unwrap_err().to_string();
    assert!(refusal.contains("names no desk with this key"), "{refusal}");
    assert!(scratch.outgoing().is_empty() && !scratch.path("home/site.json").exists());
}

#[test]
fn hostile_texts_do_not_reach_the_terminal_of_the_last_look() {
    let scratch = stand();
    let mut form = form();
    form["texts"]["en"]["purpose"] = "\u{2066}turned\u{2069} \u{200b}hidden".into();
    scratch.write("form.json", form.to_string().as_bytes());
    let (_, shown) = scratch.run_typing(&SIGN.replace(" --yes", ""), "");
    assert!(shown.contains("⟦U+2066⟧turned⟦U+2069⟧ ⟦U+200B⟧hidden"), "{shown}");
}
