//! What may be published: each document only by who may sign it, and shown at once exactly as it was signed.

use std::fs;
use std::path::Path;
use std::process::Output;

use tipline_wire::{hex, signed, sshsig};

use crate::papers::*;
use crate::stage::*;

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    text
}

fn body_of(file: &Path) -> Vec<u8> {
    let signature = fs::read_to_string(
        file.with_file_name(format!("{}.sig", file.file_name().unwrap().to_str().unwrap())),
    );
    signed::join(&fs::read(file).unwrap(), &signature.unwrap())
}

fn page(server: &Server) -> String {
    String::from_utf8(server.send(&get("/")).unwrap().body).unwrap()
}

#[test]
fn site_document_and_board_are_shown_at_once_as_they_were_signed_and_stay() {
    let stage = Stage::new();
    let server = stage.open();
    let (folder, desk) = (&stage.folder.0, Root::desk());
    assert!(page(&server).contains("{\"site\":null,\"site_signature\":null,\"intake\":\"tipline-intake"));
    assert_eq!(server.send(&get("/board")).unwrap().says(), "not-found");

    let site = write_site(folder, "site.json", &desk, &site(&stage.root, 1));
    let board = write_board(folder, "board", &desk, &board(&folder.join("intake-1"), 1, 16));
    // Given in the wrong order, they are installed in the right one.
    let output = stage.command("publish").args([&board, &site]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "the site document 1 is published\nthe board 1 is published\n");
    server.wait_for_journal("board 1 published");

    let escaped = serde_json::to_string(&fs::read_to_string(&site).unwrap()).unwrap();
    let shown = page(&server);
    assert!(shown.contains(&format!("{{\"site\":{},", escaped.replace('<', "\\u003c"))), "{shown}");
    assert!(shown.contains("\"site_signature\":\"-----BEGIN SSH SIGNATURE"));
    let answer = server.send(&get("/board")).unwrap();
    assert!(answer.status == 200 && answer.body == body_of(&board));

    assert!(stage.publish(&site).status.success(), "the same again is no fault");
    server.stop();
    let again = stage.start();
    assert!(page(&again) == shown && again.send(&get("/board")).unwrap().body == answer.body);
}

#[test]
fn a_document_that_nobody_may_sign_so_is_refused_with_a_reason_and_changes_nothing() {
    let stage = Stage::new();
    let (folder, desk, root) = (&stage.folder.0, Root::desk(), &stage.root);
    let server = stage.start();
    let good = write_site(folder, "site", &desk, &site(root, 5));
    let early = complaint(&stage.publish(&good));
    assert!(early.contains("site: no desk is known yet: publish the intake document first"), "{early}");
    let intake = root.sign(folder, 1);
    assert!(stage.publish(&intake).status.success());
    let good_board = write_board(folder, "board", &desk, &board(&intake, 5, 16));
    assert!(stage.publish(&good).status.success() && stage.publish(&good_board).status.success());
    let (shown, answers) = (page(&server), server.send(&get("/board")).unwrap());

    let refused = |file: &Path, why: &str| {
        let said = complaint(&stage.publish(file));
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(&format!("{name}: ")) && said.contains(why), "{said}");
    };
    let no_desk = "no desk of the intake document 1 in force: sign it at one of its desks (desk)";
    refused(&write_site(folder, "by-root", root, &site(root, 6)), no_desk);
    refused(&write_site(folder, "by-nobody", &Root::new(9), &site(root, 6)), no_desk);
    refused(&write_board(folder, "board-by-root", root, &board(&intake, 6, 16)), no_desk);
    refused(&write_site(folder, "older", &desk, &site(root, 4)), "serial 4 is not above");
    let mut same = site(root, 5);
    same.rhythm_days = 14;
    refused(&write_site(folder, "same-serial", &desk, &same), "serial 5 is not above");
    refused(&write_board(folder, "older-board", &desk, &board(&intake, 4, 16)), "serial 4 is not above");
    refused(&write_site(folder, "other-root", &desk, &site(&Root::new(9), 6)), "belongs to the root SHA256:");
    let mut other_org = site(root, 6);
    other_org.org = "Another".into();
    refused(&write_site(folder, "other-org", &desk, &other_org), "\"Example <Relief>\"");
    let mut other_page = site(root, 6);
    other_page.pages = vec!["ab".repeat(32)];
    let template = hex::encode(&digest(PAGE.as_bytes()));
    refused(&write_site(folder, "other-page", &desk, &other_page), &template);
    let other_intake = root.sign(folder, 2);
    refused(&write_board(folder, "beside-another", &desk, &board(&other_intake, 6, 16)), "another intake");
    refused(&write_board(folder, "larger", &desk, &board(&intake, 6, 32)), "32 slots, but the intake");
    let text = site(root, 6).to_text().unwrap();
    refused(&desk.write(folder, "for-a-board", sshsig::BOARD, text.as_bytes()), "made for another purpose");
    fs::write(folder.join("changed"), text.replace("\"rhythm_days\":7", "\"rhythm_days\":8")).unwrap();
    write_site(folder, "changed-was", &desk, &site(root, 6));
    fs::rename(folder.join("changed-was.sig"), folder.join("changed.sig")).unwrap();
    refused(&folder.join("changed"), "does not belong to this document");
    refused(&desk.write(folder, "shape", sshsig::SITE, b"{}\n"), "not of the shape tipline-site/1");
    let mut cut = board(&intake, 6, 16);
    cut.pop();
    refused(&write_board(folder, "cut", &desk, &cut), "another length");
    refused(&desk.write(folder, "letter", sshsig::SITE, b"Dear Sir\n"), "no intake document, site document");
    refused(
        &write_ack(folder, "ack", &desk, &ack(1, ids([]), ids([]))),
        "hand it in with `pickup --acknowledge`",
    );

    assert!(page(&server) == shown && server.send(&get("/board")).unwrap() == answers);
}

#[test]
fn an_intake_document_that_drops_a_desk_ends_what_that_desk_signed() {
    let stage = Stage::new();
    let server = stage.open();
    let (folder, root) = (&stage.folder.0, &stage.root);
    let (dropped, stays) = (Root::desk(), Root::new(5));
    let publish = |file: &Path| {
        let output = stage.publish(file);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let sign_intake = |serial: u64, desks: &[(&str, &Root)]| {
        let text = intake(serial, desks).to_text().unwrap();
        root.write(folder, &format!("intake-{serial}"), sshsig::INTAKE, text.as_bytes())
    };
    // A serial as high as there is must not outlive the desk that chose it.
    publish(&write_site(folder, "site", &dropped, &site(root, 1 << 53)));
    publish(&write_board(folder, "board", &dropped, &board(&folder.join("intake-1"), 1 << 53, 16)));

    let both = sign_intake(2, &[("desk", &dropped), ("two", &stays)]);
    let said = publish(&both);
    assert!(
        said.contains("The board 9007199254740992 is no longer shown") && !said.contains("site"),
        "{said}"
    );
    assert!(page(&server).contains("{\"site\":\"{"), "both desks are named: the site document stays");
    assert_eq!(server.send(&get("/board")).unwrap().says(), "not-found");

    let said = publish(&sign_intake(3, &[("two", &stays)]));
    assert!(said.contains("The site document 9007199254740992 is no longer shown"), "{said}");
    assert!(page(&server).contains("{\"site\":null,"));
    let of_dropped = complaint(&stage.publish(&write_site(folder, "late", &dropped, &site(root, 1))));
    assert!(of_dropped.contains("no desk of the intake document 3 in force"), "{of_dropped}");

    server.stop();
    let again = stage.start();
    assert!(page(&again).contains("{\"site\":null,"), "neither after a restart");
    assert!(again.journal().contains("the installed site document is not shown"), "{}", again.journal());
    publish(&write_site(folder, "site", &stays, &site(root, 1)));
    publish(&write_board(folder, "board", &stays, &board(&folder.join("intake-3"), 1, 16)));
    assert!(page(&again).contains("{\"site\":\"{"));
}

#[test]
fn a_letterbox_whose_root_was_replaced_starts_and_waits_for_the_new_roots_document() {
    let mut stage = Stage::new();
    stage.open().stop();
    stage.root = Root::new(2);
    let server = stage.start();
    assert!(server.journal().contains("the installed intake document is not shown"), "{}", server.journal());
    assert_eq!(server.post(&small_tip(1)).says(), "not-open-yet");
    assert!(stage.publish(&stage.root.sign(&stage.folder.0, 1)).status.success());
    assert_eq!(server.post(&small_tip(1)).says(), "kept");
}
