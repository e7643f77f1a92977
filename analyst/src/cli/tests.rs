//! What each command line becomes, and how each wrong one is named.

use super::*;

fn call(line: &str) -> Result<Call, Error> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn options_become_fields() {
    let init =
        call("keys init --home h --org Relief --site any --recipients 2 --yes --passphrase-file p").unwrap();
    assert_eq!(init.common.home, Some("h".into()));
    let Command::KeysInit(init) = init.command else { panic!() };
    let expected = KeysInit {
        org: "Relief".into(),
        site: Site::Any,
        desk: "desk-1".into(),
        slots: 128,
        recipients: 2,
        consent: Consent::Given,
    };
    assert_eq!(init, expected);
    let open = call("open a.tar --json b.tar --out=o --i-know-this-machine-is-online").unwrap();
    assert_eq!(open.common.air_gap, AirGap::Waived);
    let Command::Open(open) = open.command else { panic!() };
    assert_eq!(
        open,
        Open {
            pickups: vec!["a.tar".into(), "b.tar".into()],
            out: "o".into(),
            ack: None,
            unopened: Unopened::Left,
            form: Form::Json
        }
    );
}

#[test]
fn each_wrong_usage_names_what_is_wrong() {
    for (line, word) in [
        ("", "command is missing"),
        ("burn", "`burn`"),
        ("keys", "keys init"),
        ("keys init --org x --site example.com", "--site"),
        ("keys init --site any", "--org"),
        ("keys init --org \u{202e}x --site any", "--org"),
        ("keys init --org x --site any --desk Tokyo", "--desk"),
        ("keys init --org x --site any --slots 100", "--slots"),
        ("keys init --org x --site any --recipients 9", "--recipients"),
        ("keys init --org x --site any --recipients 300", "300"),
        ("keys init now --org x --site any", "`now`"),
        ("keys init --org x --site any --json", "--json"),
        ("open --out o", "pickup"),
        ("open a", "--out"),
        ("open a --out o --yes", "--yes"),
        ("show", "folder"),
        ("show a --out b", "--out"),
        ("show --colour", "--colour"),
        ("site", "FILE"),
        ("site a b", "FILE"),
        ("site --template a", "`a`"),
        ("site --template --page p", "--page"),
        ("site a --json", "--json"),
        ("open a --out o --page p", "--page"),
        ("open a --out o --template", "--template"),
        ("show a --keep-unopened", "--keep-unopened"),
    ] {
        let error = call(line).err().unwrap();
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(word), "{line}: {error}");
    }
}

#[test]
fn every_command_has_its_page() {
    for (line, page) in [
        ("--help", help::MAIN),
        ("keys -h", help::KEYS),
        ("keys init --help", help::KEYS_INIT),
        ("open --help", help::OPEN),
        ("--help show", help::SHOW),
        ("site --help", help::SITE),
    ] {
        assert!(matches!(call(line).unwrap().command, Command::Help(text) if text == page), "{line}");
    }
}

#[test]
fn the_site_document_has_a_form_and_a_signature() {
    assert!(matches!(call("site --template --home h").unwrap().command, Command::SiteForm));
    let signed = call("site form.json --page a.html --page=b.html --out o --yes").unwrap();
    let Command::SignSite(signed) = signed.command else { panic!() };
    let expected = SignSite {
        form: "form.json".into(),
        pages: vec!["a.html".into(), "b.html".into()],
        out: Some("o".into()),
        consent: Consent::Given,
    };
    assert_eq!(signed, expected);
}
