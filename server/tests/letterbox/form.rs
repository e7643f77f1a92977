//! Pages without scripts: a form with a sealed file, answered in words, and a way to leave.

use std::io::Write as _;

use tipline_server::limits::Limits;
use tipline_server::store::Letterbox as _;
use tipline_wire::size::Padded;

use crate::here::Here;
use crate::stage::*;

const BOUNDARY: &str = "----geckoformboundary4711";

fn here() -> Here {
    Here::new(Limits::default())
}

/// A form with this file as a browser sends it.
pub fn form(name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"tip\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

pub fn post_form(body: &[u8]) -> Vec<u8> {
    let (week, len) = (this_week(), body.len());
    let head = format!(
        "POST /form/{week} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
         Content-Length: {len}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn tells(here: &Here, request: &[u8]) -> (u16, String) {
    let answer = here.send(request);
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(text.len(), 2_048, "every such page has the same length");
    assert!(text.contains("<div id=\"ug\" lang=\"ug\" dir=\"rtl\">"), "in every language of the page");
    assert!(answer.head.contains("content-type: text/html; charset=utf-8\r\n"));
    assert!(answer.head.contains("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"));
    let title = text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next()).unwrap();
    (answer.status, title.to_owned())
}

fn is(status: u16, title: &str) -> (u16, String) {
    (status, title.to_owned())
}

/// The page is the same for every week: its form names none.
#[test]
fn a_form_that_names_no_week_is_filed_under_the_one_that_runs() {
    let here = here();
    let file = tip(1, Padded::ALL[0], RECIPIENTS);
    let named = String::from_utf8_lossy(&post_form(&[])).replace(&format!("/form/{}", this_week()), "/form");
    let body = form("tip.age", &file);
    let head = named.replace("Content-Length: 0", &format!("Content-Length: {}", body.len()));
    assert_eq!(tells(&here, &[head.as_bytes(), &body].concat()), is(201, "It arrived and is kept"));
    // The same tip: it lies where it would lie had the week been named.
    assert_eq!(tells(&here, &post_form(&body)), is(201, "It arrived and is kept"));
    assert_eq!(here.held(), [file]);
}

#[test]
fn a_sealed_file_of_any_size_is_kept_whatever_it_is_called() {
    let here = here();
    let mut sent = Vec::new();
    for (seed, padded) in
        (1..).zip([Padded::ALL[0], Padded::ONE_REQUEST_MAX, Padded::ALL[8], Padded::ALL[12]])
    {
        let file = tip(seed, padded, RECIPIENTS);
        let name = ["tip.age", "", "\u{62}\u{fc}\u{6587}.age", "a\\\"b; filename=c"][seed as usize - 1];
        assert_eq!(
            tells(&here, &post_form(&form(name, &file))),
            is(201, "It arrived and is kept"),
            "{padded:?}"
        );
        assert_eq!(
            tells(&here, &post_form(&form(name, &file))),
            is(201, "It arrived and is kept"),
            "once more"
        );
        sent.push(file);
    }
    sent.sort_unstable();
    assert_eq!(here.held(), sent);
    assert!(here.store().uploads().is_empty());
}

#[test]
fn a_file_that_is_no_sealed_tip_is_told_apart_and_not_kept() {
    let here = here();
    let sealed = small_tip(1);
    let large = tip(1, Padded::ALL[8], RECIPIENTS);
    let whole = form("tip.age", &sealed);
    let plain = vec![b'a'; sealed.len()];
    let no_tip = is(400, "This is not a locked file");
    let mut other_kind = large.clone();
    other_kind[0] = b'b';
    let table = [
        ("a photograph", form("photo.jpg", &vec![7; 3 << 20]), no_tip.clone()),
        ("plaintext of the right length", form("tip.age", &plain), no_tip.clone()),
        ("plaintext of a large tip's length", form("tip.age", &other_kind), no_tip.clone()),
        ("no file chosen", form("", b""), no_tip.clone()),
        (
            "a large file with a byte too many",
            form("tip.age", &[large.clone(), vec![0]].concat()),
            no_tip.clone(),
        ),
        ("two files", [&whole[..whole.len() - 4], b"\r\n\r\nmore\r\n"].concat(), no_tip.clone()),
        ("no form", sealed.clone(), no_tip.clone()),
        ("nothing", Vec::new(), no_tip.clone()),
        (
            "other keys",
            form("t", &[tip(1, Padded::SMALLEST, 1), vec![0; 1_557]].concat()),
            is(400, "It is locked with other keys than this week’s"),
        ),
    ];
    for (what, body, told) in table {
        assert_eq!(tells(&here, &post_form(&body)), told, "{what}");
    }
    let other_type = String::from_utf8_lossy(&post_form(b"x")).replace("multipart/form-data", "text/plain");
    assert_eq!(tells(&here, other_type.as_bytes()), no_tip);
    let old = String::from_utf8_lossy(&post_form(b"x")).replace(&this_week().to_string(), "2020-01-06");
    assert_eq!(tells(&here, old.as_bytes()), is(409, "The week of its keys is over"));
    let no_length = "POST /form/2026-11-23 HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(tells(&here, no_length.as_bytes()), is(411, "This is not a locked file"));
    let head = String::from_utf8_lossy(&post_form(b"")).replace("Length: 0", "Length: 99999999");
    assert_eq!(tells(&here, head.as_bytes()), is(413, "It is too large for this way"));
    assert!(here.held().is_empty() && here.store().uploads().is_empty());
}

#[test]
fn a_large_file_whose_sender_goes_away_leaves_nothing() {
    let here = here();
    let request = post_form(&form("tip.age", &tip(1, Padded::ALL[12], RECIPIENTS)));
    let mut stream = here.connect();
    stream.write_all(&request[..2_500_000]).unwrap();
    let began = std::time::Instant::now();
    while here.store().uploads().is_empty() {
        assert!(began.elapsed().as_secs() < 60, "parts are kept while the file comes");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(stream);
    while !here.store().uploads().is_empty() {
        assert!(began.elapsed().as_secs() < 120);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(here.held().is_empty());
}

#[test]
fn a_file_cut_anywhere_on_the_wire_arrives_the_same() {
    let here = here();
    let file = small_tip(3);
    let request = post_form(&form("tip.age", &file));
    let mut stream = here.connect();
    for piece in request.chunks(997) {
        stream.write_all(piece).unwrap();
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
    assert_eq!(here.held(), [file]);
}

#[test]
fn leaving_empties_the_screen_asks_the_browser_to_forget_and_leads_nowhere() {
    let here = here();
    let answer = here.send(&get("/leave"));
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("\r\nclear-site-data: \"*\"\r\n"), "{}", answer.head);
    assert!(!answer.head.contains("location") && !answer.head.contains("refresh"));
    let page = String::from_utf8(answer.body).unwrap();
    assert!(page.contains("<title></title>") && !page.contains("href"), "{page}");
}
