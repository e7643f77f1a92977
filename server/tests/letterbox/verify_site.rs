//! `verify-site` against the real server, and against somebody who poses as one.

use std::fs;
use std::process::{Command, Output};

use tipline_server::page::Template;
use tipline_server::watch::judge::{Fault, judge_page};

use crate::forger::{Forger, http};
use crate::stage::*;
use crate::watch::{Watched, line, sound};

fn verify(watched: &Watched, address: &str, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
    command.env_clear().current_dir(&watched.stage.folder.0).args(["verify-site", address]).args(flags);
    command.output().unwrap()
}

#[test]
fn verify_site_needs_no_word_of_the_organisation_and_finds_a_page_that_is_not_the_released_one() {
    let watched = Watched::new();
    fs::write(watched.at("released.html"), PAGE).unwrap();
    let released = ["--page", "released.html"];
    let server = watched.stage.start();
    assert!(sound(&verify(&watched, &server.address, &released)).ends_with("; it is not open yet\n"));
    server.stop();

    let server = watched.open();
    let said = sound(&verify(&watched, &server.address, &released));
    assert!(said.starts_with("the released page on 3 circuits, SHA-256 "), "{said}");
    assert!(said.contains(&watched.organisation.root.fingerprint()), "{said}");
    let json =
        sound(&verify(&watched, &server.address, &["--page", "released.html", "--json", "--circuits", "1"]));
    assert!(json.contains("\"verdict\":\"sound\"") && json.contains("on 1 circuits"), "{json}");
    let other = PAGE.replace("<p>page</p>", "<p>another</p>");
    fs::write(watched.at("other.html"), other).unwrap();
    let said = line(&verify(&watched, &server.address, &["--page", "other.html"]), 1);
    assert!(said.starts_with("the page is not the released one"), "{said}");
    server.stop();

    // The released page, but not from a letterbox.
    let seen = watched.seen();
    let posing = Forger::new(move |request| {
        http(200, if request.starts_with("GET / ") { &seen.page.body } else { &seen.board.body })
    });
    let said = line(&verify(&watched, &posing.at.to_string(), &released), 1);
    assert!(said.contains("other header fields"), "{said}");
    for (flags, word) in [
        (&[][..], "--page FILE"),
        (&["--page", "absent"], "absent cannot be read"),
        (&["--page", "released.html", "--circuits", "0"], "1 to 20"),
        (&["--page", "released.html", "--socks", "127.0.0.1:9"], "--socks is for an onion"),
    ] {
        assert!(line(&verify(&watched, "127.0.0.1:9", flags), 2).contains(word), "{word}");
    }
    for no_page in ["<p>".to_owned(), PAGE.replace("<p>page</p>", "{{script}}")] {
        fs::write(watched.at("no-page.html"), no_page).unwrap();
        let flags = ["--page", "no-page.html"];
        assert!(line(&verify(&watched, "127.0.0.1:9", &flags), 2).contains("is no released page"));
        let output = watched.command().arg("127.0.0.1:9").args(flags).output().unwrap();
        assert!(line(&output, 2).contains("is no released page"));
    }
}

#[test]
fn every_field_before_the_page_counts_with_its_place_and_value() {
    let watched = Watched::new();
    let released = Template::parse(PAGE).unwrap();
    let judged = |head: Vec<String>| {
        let mut seen = watched.seen();
        seen.page.head = head.join("\r\n").into_bytes();
        judge_page(&seen, &released, "127.0.0.1:1")
    };
    let head = released.head();
    let root = watched.organisation.root.public().fingerprint();
    assert!(matches!(judged(head.clone()), Ok(claims) if claims.root == Some(root)));
    for at in 0..head.len() {
        let (mut less, mut more, mut other) = (head.clone(), head.clone(), head.clone());
        less.remove(at);
        more.insert(at, "set-cookie: a=b".into());
        other[at].push('x');
        for changed in [less, more, other] {
            let is_length = changed.len() == head.len() && head[at].starts_with("content-length");
            assert_eq!(matches!(judged(changed.clone()), Err(Fault::OtherHead)), !is_length, "{changed:?}");
        }
    }
    let mut swapped = head.clone();
    swapped.swap(2, 4);
    assert!(matches!(judged(swapped), Err(Fault::OtherHead)));
    let mut seen = watched.seen();
    seen.page.head = head.join("\r\n").into_bytes();
    let elsewhere = judge_page(&seen, &released, &format!("{}.onion", "b".repeat(56)));
    assert!(matches!(elsewhere, Err(Fault::Foreign(_))), "another letterbox's documents");
    seen.page.body =
        String::from_utf8(seen.page.body).unwrap().replace("BEGIN SSH", "BEGIN  SSH").into_bytes();
    assert!(matches!(judge_page(&seen, &released, "127.0.0.1:1"), Err(Fault::Malformed(_))));
}
