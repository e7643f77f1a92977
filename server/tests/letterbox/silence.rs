//! Nothing of a request is remembered but the sealed tip: not in the store, not in the journal, not in the process.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::{hex, upload};

use crate::form::{form, post_form};
use crate::parts::Sender;
use crate::stage::*;

const MARKERS: [&str; 4] =
    ["MarkerAgent4711", "MarkerCookie4712", "marker-host-4713.example", "MarkerPath4714"];

fn contains(bytes: &[u8], marker: &str) -> bool {
    bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
}

fn every_file(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        found.push((path.display().to_string(), path.display().to_string().into_bytes()));
        if path.is_dir() {
            every_file(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn planted_markers_are_found_nowhere() {
    let stage = Stage::new();
    let server = stage.open();
    let started = server.journal();
    let [agent, cookie, host, path] = MARKERS;
    let body = small_tip(1);
    let fields = format!(
        "Host: {host}\r\nUser-Agent: {agent}\r\nCookie: {cookie}\r\nReferer: http://{host}/{path}\r\n"
    );
    let len = body.len();
    let week = this_week();
    for head in [
        format!("GET / HTTP/1.1\r\n{fields}\r\n"),
        format!("GET /{path} HTTP/1.1\r\n{fields}\r\n"),
        format!("GET / HTTP/1.1\r\n{fields}{path}\r\n\r\n"),
        format!("POST /tips/{week} HTTP/1.1\r\n{fields}Content-Length: {len}\r\n\r\n"),
    ] {
        server.send(&[head.as_bytes(), &body].concat()).unwrap();
    }
    // One that goes away in the middle.
    let mut gone = server.connect();
    gone.write_all(
        format!("POST /tips/{week} HTTP/1.1\r\n{fields}Content-Length: {len}\r\n\r\nabc").as_bytes(),
    )
    .unwrap();
    drop(gone);
    let process = format!("/proc/{}", server.id());
    let mut places = vec![("args".to_owned(), fs::read(format!("{process}/cmdline")).unwrap())];
    places.push(("environment".into(), fs::read(format!("{process}/environ")).unwrap()));
    let (_, journal) = server.stop();
    assert_eq!(journal, format!("{started}stopping\nstopped\n"), "no line about any request");
    places.push(("journal".into(), journal.into_bytes()));
    every_file(&stage.store, &mut places);
    for (place, bytes) in &places {
        for marker in MARKERS {
            assert!(!contains(bytes, marker), "{marker} was found in {place}");
        }
    }
    // The search itself works: the tip's name is there; its bytes are wrapped with the volume's key.
    let there = |bytes: &[u8]| places.iter().any(|(_, place)| place.windows(bytes.len()).any(|w| w == bytes));
    assert!(there(TipId::of_one_request(&body).as_bytes()));
    assert!(!there(&body[20_000..20_064]));
}

/// Everything that outlives the server's process, and what the system shows of the process itself.
fn everything(stage: &Stage, server: &Server) -> Vec<(String, Vec<u8>)> {
    let process = format!("/proc/{}", server.id());
    let shown = |name: &str| (name.to_owned(), fs::read(format!("{process}/{name}")).unwrap());
    let mut places = vec![shown("cmdline"), shown("environ"), shown("comm")];
    for task in fs::read_dir(format!("{process}/task")).unwrap() {
        let name = task.unwrap().path().join("comm");
        places.push((name.display().to_string(), fs::read(&name).unwrap_or_default()));
    }
    places.push(("journal".into(), server.journal().into_bytes()));
    every_file(&stage.store, &mut places);
    places
}

#[test]
fn neither_token_nor_file_name_of_an_upload_is_found_anywhere() {
    let mut stage = Stage::new();
    stage.configure("[store]\nballast_mib = 0\n");
    let server = stage.open();
    let started = server.journal();
    let sender = Sender::new(1, 2_048);
    let [by_form, by_large_form] = [Padded::SMALLEST, Padded::ALL[8]].map(|size| tip(2, size, RECIPIENTS));
    let given_up = Sender::new(3, 2_048);
    for request in [given_up.begin(), given_up.put(1)] {
        assert!(server.send(&request).unwrap().status < 300);
    }
    for request in sender.whole() {
        assert!(server.send(&request).unwrap().status < 300);
    }
    for file in [&by_form, &by_large_form] {
        let body = post_form(&form("MarkerName4715.age", file));
        assert_eq!(server.send(&body).unwrap().status, 201);
    }
    assert_eq!(server.send(&post_form(&form("MarkerName4715.jpg", b"MarkerPlain4716"))).unwrap().status, 400);
    let while_it_runs = everything(&stage, &server);
    let (_, journal) = server.stop();
    assert_eq!(journal, format!("{started}stopping\nstopped\n"), "no line about any request");
    let mut afterwards = Vec::new();
    every_file(&stage.store, &mut afterwards);
    let mut markers: Vec<Vec<u8>> = vec![b"MarkerName4715".to_vec(), b"MarkerPlain4716".to_vec()];
    for sender in [&sender, &given_up] {
        let field = upload::authorization(&sender.token);
        markers.extend([sender.token.to_vec(), field.into_bytes(), hex::encode(&sender.token).into_bytes()]);
        // The digest as it travelled, and the sealed bytes.
        let digest = upload::content_digest(&Sha256::digest(sender.part(1)).into());
        markers.extend([digest.into_bytes(), sender.part(1)[50_000..50_064].to_vec()]);
    }
    for (place, bytes) in while_it_runs.iter().chain(&afterwards) {
        for marker in &markers {
            let found = bytes.windows(marker.len()).any(|window| window == marker);
            assert!(!found, "{:?} was found in {place}", String::from_utf8_lossy(marker));
        }
    }
    // The search itself works.
    let there =
        |bytes: &[u8]| afterwards.iter().any(|(_, place)| place.windows(bytes.len()).any(|w| w == bytes));
    assert!(there(sender.id().as_bytes()) && there(TipId::of_one_request(&by_form).as_bytes()));
}
