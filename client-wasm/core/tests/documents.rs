//! The page's documents: the exact reason not to write, each by name.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

mod signed;

use signed::{MONDAY, block, date, intake, key, public, sign};
use tipline_core::documents::{Documents, Line, Reason};
use tipline_wire::intake::Site;
use tipline_wire::sshsig;

const HERE: &str = "127.0.0.1:8080";

fn check(block: &str, host: &str, fragment: &str, today: &str) -> Result<Line, Reason> {
    Documents::parse(block.as_bytes())?.check(host, fragment, date(today))
}

fn sound() -> String {
    block(&intake(Site::Any), &key(1))
}

#[test]
fn a_sound_letterbox_is_open_for_the_week_of_today() {
    let line = check(&sound(), HERE, "", "2026-12-01").unwrap();
    assert_eq!(
        (line.org.as_str(), line.epoch.start.to_string().as_str()),
        ("Friends of the Book", "2026-11-30")
    );
    assert_eq!((line.recipients.len(), line.root), (3, public(&key(1)).fingerprint()));
}

#[test]
fn an_empty_template_belongs_to_no_letterbox() {
    assert_eq!(check("{}", HERE, "", MONDAY).err(), Some(Reason::NoDocuments));
}

#[test]
fn malformed_documents_are_named() {
    for broken in
        ["", "\"x\"", "{\"intake\":1}", "{\"intake\":\"x\"}", &sound().replace("slots 128", "slots 127")]
    {
        assert_eq!(check(broken, HERE, "", MONDAY).err(), Some(Reason::Malformed), "{broken:.40}");
    }
}

#[test]
fn a_changed_document_has_a_wrong_signature() {
    let changed = sound().replace("Friends of", "Enemies of");
    assert_eq!(check(&changed, HERE, "", MONDAY).err(), Some(Reason::WrongSignature));
}

#[test]
fn a_signature_for_another_purpose_is_wrong() {
    let text = intake(Site::Any).to_text().unwrap();
    let signature = sign(&key(1), sshsig::BOARD, &text);
    let block = serde_json::json!({"intake": text, "intake_signature": signature}).to_string();
    assert_eq!(check(&block, HERE, "", MONDAY).err(), Some(Reason::WrongSignature));
}

#[test]
fn documents_of_another_address_are_refused() {
    assert_eq!(
        check(&sound(), "example.onion", "", MONDAY).err(),
        Some(Reason::AnotherSite { site: "any".into() })
    );
    let onion = format!("{}.onion", "a".repeat(56));
    let bound = block(&intake(Site::parse(&onion).unwrap()), &key(1));
    assert!(check(&bound, &onion, "", MONDAY).is_ok());
    assert_eq!(check(&bound, HERE, "", MONDAY).err(), Some(Reason::AnotherSite { site: onion }));
}

#[test]
fn a_link_must_name_the_same_root_or_none() {
    let root = public(&key(1)).fingerprint();
    let (whole, groups) = (format!("#{root}"), format!("#{}", root.groups()));
    for same in
        ["", "#", &whole, &groups, &groups.replace(' ', "-"), &groups.replace(' ', "%20").to_lowercase()]
    {
        assert!(check(&sound(), HERE, same, MONDAY).is_ok(), "{same}");
    }
    let other = format!("#{}", public(&key(9)).fingerprint());
    let cut = |text: &str| text.chars().take(text.chars().count() - 1).collect::<String>();
    for another in [&other, &cut(&whole), &cut(&groups), "#top"] {
        assert_eq!(check(&sound(), HERE, another, MONDAY).err(), Some(Reason::LinkDisagrees), "{another}");
    }
}

#[test]
fn the_clock_and_the_weeks_decide() {
    let reason = |today| check(&sound(), HERE, "", today).err();
    assert_eq!(reason("2026-11-01"), Some(Reason::ClockWrong { issued: MONDAY.into() }));
    assert_eq!(reason("2026-11-22"), Some(Reason::NotOpenYet { from: MONDAY.into() }));
    assert_eq!(reason("2026-12-07"), Some(Reason::Closed { since: "2026-12-07".into() }));
}

#[test]
fn a_site_document_must_be_a_desk_s() {
    let text = intake(Site::Any).to_text().unwrap();
    let signature = sign(&key(1), sshsig::INTAKE, &text);
    let site = serde_json::json!({"root": public(&key(1)).fingerprint().to_string()}).to_string();
    let with = |site: &str, site_signature: Option<String>| {
        let block = serde_json::json!({
            "intake": text, "intake_signature": signature, "site": site, "site_signature": site_signature,
        });
        check(&block.to_string(), HERE, "", MONDAY).map(|line| line.site)
    };
    assert_eq!(with(&site, Some(sign(&key(2), sshsig::SITE, &site))), Ok(Some(site.clone())));
    assert_eq!(with(&site, Some(sign(&key(3), sshsig::SITE, &site))), Err(Reason::WrongSignature));
    assert_eq!(with(&site, None), Err(Reason::Malformed));
    let other = site.replace("SHA256:", "SHA256:x");
    assert_eq!(with(&other, Some(sign(&key(2), sshsig::SITE, &other))), Err(Reason::WrongSignature));
}
