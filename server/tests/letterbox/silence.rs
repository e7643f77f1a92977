//! Nothing of a request is remembered but the sealed tip: not in the store, not in the journal, not in the process.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tipline_wire::tip_id::TipId;

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
