//! `watch` against the real server: what is as it should be is sound, and each fault is named in one line.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;

use tipline_server::freshness::Stale;
use tipline_server::watch::judge::{Expected, Fault, judge, same};
use tipline_server::watch::visit::{Answered, Seen};
use tipline_wire::date::Date;
use tipline_wire::intake::Site;

use crate::forger::{Forger, Tor, http};
use crate::organisation::{Organisation, Signed};
use crate::stage::*;

/// A letterbox that is open, with all three documents.
pub struct Watched {
    pub stage: Stage,
    pub organisation: Organisation,
    intake: Signed,
    site: Signed,
    board: Signed,
}

impl Watched {
    pub fn new() -> Self {
        let organisation = Organisation::new();
        Self::of(organisation)
    }

    fn of(organisation: Organisation) -> Self {
        let intake = organisation.intake(1, today(), 9);
        let (site, board) = (organisation.site(PAGE, 7), organisation.fresh_board(&intake));
        Self { stage: Stage::new(), organisation, intake, site, board }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.stage.folder.0.join(name)
    }

    /// Starts the server with these documents in its store, as they lie there once they were published: also ones that
    /// were fresh when they were.
    pub fn open(&self) -> Server {
        let documents = self.stage.store.join("documents");
        fs::create_dir_all(&documents).unwrap();
        for (name, document) in [("intake", &self.intake), ("site", &self.site), ("board", &self.board)] {
            fs::write(documents.join(name), document.body()).unwrap();
        }
        self.stage.start()
    }

    pub fn command(&self) -> Command {
        let mut watch = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
        watch.env_clear().current_dir(&self.stage.folder.0).arg("watch");
        watch.args(["--root", &self.organisation.root.fingerprint()]);
        watch
    }

    fn watch(&self, server: &Server, flags: &[&str]) -> Output {
        self.command().arg(&server.address).args(flags).output().unwrap()
    }

    /// What a visitor sees, without a server between.
    pub fn seen(&self) -> Seen {
        let text =
            |signed: &Signed| serde_json::to_string(&String::from_utf8_lossy(&signed.document)).unwrap();
        let armor = |signed: &Signed| serde_json::to_string(&signed.signature).unwrap();
        let block = format!(
            "{{\"site\":{},\"site_signature\":{},\"intake\":{},\"intake_signature\":{}}}",
            text(&self.site),
            armor(&self.site),
            text(&self.intake),
            armor(&self.intake)
        );
        let page = PAGE.replace("{}", &block.replace('<', "\\u003c"));
        let answered = |body: Vec<u8>| Answered { status: 200, head: b"head".to_vec(), body };
        Seen { page: answered(page.into_bytes()), board: answered(self.board.body()) }
    }

    fn expected(&self) -> Expected {
        let root = self.organisation.root.public().fingerprint();
        Expected { root, host: "127.0.0.1:1".into(), template: None }
    }

    fn judge(&self, seen: &Seen) -> Result<(), Fault> {
        judge(seen, &self.expected(), today()).map(|_| ())
    }
}

#[track_caller]
pub fn sound(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of a look that was not sound, without the program's name.
#[track_caller]
pub fn line(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_start_matches("tipline-server: ").trim_end().to_owned()
}

fn ago(days: i32) -> Date {
    today().plus_days(-days)
}

#[test]
fn a_letterbox_as_it_should_be_is_sound() {
    let watched = Watched::new();
    let server = watched.open();
    fs::write(watched.at("canary.age"), small_tip(7)).unwrap();
    let flags = ["--page", "page.html", "--canary-file", "canary.age", "--on-fail", "touch called"];
    let said = sound(&watched.watch(&server, &flags));
    assert!(
        said.starts_with("sound on 3 circuits: page (SHA-256 ") && said.ends_with("the canary was kept\n"),
        "{said}"
    );
    assert_eq!(watched.stage.held(), [small_tip(7)], "the canary comes out of the pickup as any tip");
    assert!(!watched.at("called").exists(), "nobody is called");
    let json = sound(&watched.watch(&server, &["--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["verdict"], "sound");
}

#[test]
fn what_is_late_is_a_fault_and_somebody_is_called() {
    let mut watched = Watched::new();
    watched.board = watched.organisation.board(&watched.intake, ago(15), ago(8), ago(16));
    let server = watched.open();
    let call = "printf '%s %s' \"$TIPLINE_VERDICT\" \"$TIPLINE_LINE\" > called";
    let said = line(&watched.watch(&server, &["--on-fail", call]), 1);
    assert!(said.starts_with("the board was made on ") && said.contains("longer ago than twice"), "{said}");
    assert_eq!(fs::read_to_string(watched.at("called")).unwrap(), format!("fault {said}"));
    let failing = watched.watch(&server, &["--on-fail", "exit 3"]);
    assert!(line(&failing, 1).contains("the command of --on-fail failed"), "{failing:?}");
    let json = watched.watch(&server, &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["verdict"], &json["say"]), (&"fault".into(), &said.into()));
}

#[test]
fn a_board_that_is_not_there_yet_is_no_fault_and_one_that_is_gone_or_older_is() {
    let mut watched = Watched::new();
    let (newest, memory) = (watched.board.clone(), ["--memory", "memory"]);
    let without = |watched: &Watched| {
        let server = watched.open();
        server.stop();
        fs::remove_file(watched.stage.store.join("documents/board")).unwrap();
        watched.stage.start()
    };
    let server = without(&watched);
    assert!(
        line(&watched.watch(&server, &[]), 1).contains("has no board"),
        "nobody knows whether there was one"
    );
    assert!(sound(&watched.watch(&server, &memory)).contains(", no board was published yet"));
    assert!(!watched.at("memory").exists());
    server.stop();

    let server = watched.open();
    assert!(sound(&watched.watch(&server, &memory)).contains(", opened through "));
    assert_eq!(fs::read_to_string(watched.at("memory")).unwrap(), format!("{}\n", today()));
    server.stop();

    let server = without(&watched);
    let call = ["--memory", "memory", "--on-fail", "touch called"];
    assert!(line(&watched.watch(&server, &call), 1).contains("the board that was there is gone"));
    assert!(watched.at("called").exists(), "somebody is called");
    server.stop();

    watched.board = watched.organisation.board(&watched.intake, ago(3), today().plus_days(4), ago(3));
    let server = watched.open();
    assert!(line(&watched.watch(&server, &memory), 1).contains("an older one"));
    server.stop();
    watched.board = newest;
    let server = watched.open();
    sound(&watched.watch(&server, &memory));
    fs::write(watched.at("memory"), "no day").unwrap();
    assert!(line(&watched.watch(&server, &memory), 2).contains("could not look: memory cannot be read"));
    server.stop();
}

#[test]
fn keys_that_run_out_are_a_fault() {
    let mut watched = Watched::new();
    watched.intake = watched.organisation.intake(1, today(), 3);
    watched.board = watched.organisation.fresh_board(&watched.intake);
    let server = watched.open();
    assert!(line(&watched.watch(&server, &[]), 1).contains("the intake document has keys until "));
}

#[test]
fn a_changed_page_is_a_fault() {
    let watched = Watched::new();
    let changed = PAGE.replace("<p>page</p>", "<p>page</p><script src=x></script>");
    fs::write(watched.at("page.html"), &changed).unwrap();
    let server = watched.open();
    fs::write(watched.at("released.html"), PAGE).unwrap();
    let said = line(&watched.watch(&server, &["--page", "released.html"]), 1);
    assert!(said.starts_with("the page is not the released one"), "{said}");
    let said = line(&watched.watch(&server, &[]), 1);
    assert!(said.contains("is none that the site document names"), "{said}");
}

#[test]
fn another_organisations_root_is_a_fault() {
    let watched = Watched::new();
    let server = watched.open();
    let mut watch = Command::new(env!("CARGO_BIN_EXE_tipline-server"));
    let root = Root::new(9).fingerprint();
    let output = watch.args(["watch", &server.address, "--root", &root]).output().unwrap();
    assert!(line(&output, 1).contains("intake document is not signed by the organisation"));
}

#[test]
fn a_letterbox_that_is_down_or_has_published_nothing_is_a_fault() {
    let watched = Watched::new();
    let server = watched.stage.start();
    assert!(line(&watched.watch(&server, &[]), 1).contains("has no intake document"));
    let address = server.address.clone();
    server.stop();
    let output = watched.command().arg(&address).output().unwrap();
    assert!(line(&output, 1).starts_with("the letterbox cannot be reached"), "{output:?}");
}

#[test]
fn a_canary_that_is_refused_is_a_fault_and_one_that_would_rightly_be_is_none() {
    let watched = Watched::new();
    let server = watched.open();
    fs::write(watched.at("canary.age"), tip(1, tipline_wire::size::Padded::SMALLEST, RECIPIENTS + 1))
        .unwrap();
    let other_keys = watched.watch(&server, &["--canary-file", "canary.age", "--on-fail", "touch called"]);
    assert!(line(&other_keys, 2).contains("seal a new one"));
    assert!(watched.at("called").exists(), "nobody looks any more: that too is said");
    assert!(line(&watched.watch(&server, &["--canary-file", "absent"]), 2).contains("absent cannot be read"));
    assert!(watched.stage.held().is_empty());

    // The same documents, from somebody who keeps no tip.
    let seen = watched.seen();
    let dropping = Forger::new(move |request| match request.split(' ').next() {
        Some("POST") => http(503, &tipline_wire::answer::Say::Full.body()),
        _ if request.starts_with("GET / ") => http(200, &seen.page.body),
        _ => http(200, &seen.board.body),
    });
    fs::write(watched.at("canary.age"), small_tip(1)).unwrap();
    let output =
        watched.command().args([&dropping.at.to_string(), "--canary-file", "canary.age"]).output().unwrap();
    assert_eq!(line(&output, 1), "the letterbox did not take the canary: it says full");
}

#[test]
fn a_page_that_differs_on_one_circuit_is_a_fault() {
    let watched = Watched::new();
    let seen = watched.seen();
    let visits = Mutex::new(0);
    let telling_apart = Forger::new(move |request| {
        if !request.starts_with("GET / ") {
            return http(200, &seen.board.body);
        }
        let mut visits = visits.lock().unwrap();
        *visits += 1;
        if *visits == 3 {
            http(200, &[&seen.page.body[..], b" "].concat())
        } else {
            http(200, &seen.page.body)
        }
    });
    let output = watched.command().arg(telling_apart.at.to_string()).output().unwrap();
    assert!(line(&output, 1).contains("shows different visitors a different page"), "{output:?}");
}

#[test]
fn through_tor_each_look_is_a_browsers_to_the_byte_on_a_circuit_of_its_own() {
    let host = format!("{}.onion", "b".repeat(56));
    let watched = Watched::of(Organisation { site: Site::Onion(host.clone()), ..Organisation::new() });
    let seen = watched.seen();
    let letterbox = Forger::new(move |request| match request.split(' ').next() {
        Some("POST") => http(201, &tipline_wire::answer::Say::Kept.body()),
        _ if request.starts_with("GET / ") => http(200, &seen.page.body),
        _ => http(200, &seen.board.body),
    });
    let tor = Tor::leading_to(letterbox.at);
    fs::write(watched.at("canary.age"), small_tip(1)).unwrap();
    let output = watched
        .command()
        .args([&host, "--socks", &tor.at.to_string(), "--canary-file", "canary.age"])
        .output()
        .unwrap();
    sound(&output);
    let users = tor.users.lock().unwrap().clone();
    let mut apart = users.clone();
    apart.sort();
    apart.dedup();
    assert_eq!((users.len(), apart.len()), (3, 3), "three circuits, each with a user of its own");
    let heads = letterbox.heads.lock().unwrap().clone();
    let get = String::from_utf8(tipline_wire::browser::get_page(&host)).unwrap();
    let call = |method, path, length| {
        let call = tipline_wire::browser::Call { method, path, fields: &[], length };
        String::from_utf8(call.head(&host)).unwrap()
    };
    let board = call("GET", "/board", None);
    let post = call("POST", &format!("/tips/{}", this_week()), Some(small_tip(1).len()));
    // The visit with the tip asks for what a source's page asks for, and no more: a server can't tell it by that.
    let expected = [&get, &board, &get, &board, &get, &board, &post];
    assert_eq!(heads.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn without_tor_nothing_is_known() {
    let watched = Watched::new();
    let host = format!("{}.onion", "b".repeat(56));
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
    let output =
        watched.command().args([&host, "--socks", &closed, "--on-fail", "touch called"]).output().unwrap();
    assert!(line(&output, 2).contains("is tor running here"), "{output:?}");
    assert!(watched.at("called").exists());
    let usage = watched.command().args([&host, "--on-fail", "touch usage"]).output().unwrap();
    assert!(line(&usage, 2).contains("--socks"));
    assert!(!watched.at("usage").exists(), "wrong usage calls nobody");
}

#[test]
fn each_document_is_judged_on_its_own() {
    let watched = Watched::new();
    watched.judge(&watched.seen()).unwrap();
    let stranger = Organisation { root: Root::new(1), desk: Root::new(8), site: Site::Any };
    let elsewhere =
        Organisation { site: Site::Onion(format!("{}.onion", "c".repeat(56))), ..Organisation::new() };
    let with = |change: &dyn Fn(&mut Watched)| {
        let mut watched = Watched::new();
        change(&mut watched);
        watched.judge(&watched.seen()).unwrap_err()
    };
    assert!(matches!(with(&|w| w.site = stranger.site(PAGE, 7)), Fault::Forged("site document")));
    assert!(matches!(with(&|w| w.board = stranger.fresh_board(&w.intake)), Fault::Forged("board")));
    assert!(matches!(
        with(&|w| w.intake = elsewhere.intake(1, today(), 9)),
        Fault::Foreign("intake document")
    ));
    assert!(matches!(with(&|w| w.board.signature = w.site.signature.clone()), Fault::Malformed("board")));
    let other = watched.organisation.intake(2, today(), 9);
    assert!(matches!(
        with(&|w| w.board = w.organisation.fresh_board(&other)),
        Fault::Stale("board", Stale::OtherIntake)
    ));
    let unread = |w: &mut Watched| w.board = w.organisation.board(&w.intake, today(), ago(-7), ago(16));
    assert!(matches!(with(&unread), Fault::Stale("board", Stale::Unread(_))));

    let mut seen = watched.seen();
    seen.board.status = 404;
    let line = judge(&seen, &watched.expected(), today()).unwrap();
    assert_eq!(line.answers, None, "whether there was one before is for the memory");
    seen.board.status = 503;
    assert!(matches!(watched.judge(&seen), Err(Fault::Status("board", 503))));
    seen.page.status = 500;
    assert!(matches!(watched.judge(&seen), Err(Fault::Status("page", 500))));
    for page in [&b"<html>"[..], b"\xff", PAGE.replace("{}", "{\"x\":1}").as_bytes()] {
        let mut seen = watched.seen();
        seen.page.body = page.to_vec();
        assert!(matches!(watched.judge(&seen), Err(Fault::NoPage)));
    }
    let mut twice = watched.seen();
    twice.page.body = [twice.page.body.as_slice(), PAGE.as_bytes()].concat();
    assert!(
        matches!(watched.judge(&twice), Err(Fault::NoPage)),
        "a second block could be the one that counts"
    );
    let mut tagged = watched.seen();
    tagged.board.head = b"head\r\nSet-Cookie: a=b".to_vec();
    assert!(matches!(same(&watched.seen(), &tagged), Err(Fault::Differs("board"))));
}
