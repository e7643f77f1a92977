//! A tip's way through the letterbox: posted, kept over a restart, picked up; and the page that visitors see.

use std::io::{Read as _, Write as _};

use tipline_wire::size::Padded;

use crate::stage::*;

#[test]
fn a_tip_is_posted_survives_a_restart_and_is_picked_up() {
    let stage = Stage::new();
    let server = stage.open();
    let sizes = [Padded::ALL[0], Padded::ALL[3], Padded::ONE_REQUEST_MAX];
    let mut sent: Vec<_> = (1..).zip(sizes).map(|(seed, padded)| tip(seed, padded, RECIPIENTS)).collect();
    for body in &sent {
        assert_eq!((server.post(body).status, server.post(body).says().as_str()), (201, "kept"));
    }
    sent.sort_unstable();
    assert_eq!(stage.held(), sent, "the same tip twice is one tip");
    assert_eq!(server.stop().0, Some(0));
    let _again = stage.start();
    assert_eq!(stage.held(), sent);
}

#[test]
fn weeks_gone_by_and_to_come_are_taken_as_the_document_says() {
    let stage = Stage::new();
    let server = stage.open();
    for (weeks, status) in [(-3, 409), (-2, 409), (-1, 201), (0, 201), (4, 201), (5, 409)] {
        let epoch = this_week().plus_days(7 * weeks);
        let answer = server.send(&post(epoch, &small_tip(weeks.unsigned_abs().into()))).unwrap();
        assert_eq!(answer.status, status, "{weeks} weeks from now: {}", answer.says());
    }
    let days: Vec<String> = stage.pickup().into_iter().map(|(name, _)| name[..10].to_owned()).collect();
    assert!(days.contains(&this_week().plus_days(28).to_string()));
}

#[test]
fn before_anything_is_published_the_line_is_not_open() {
    let stage = Stage::new();
    let server = stage.start();
    assert_eq!(server.post(&small_tip(1)).says(), "not-open-yet");
    assert_eq!(server.send(&get("/intake")).unwrap().says(), "not-open-yet");
    let page = String::from_utf8(server.send(&get("/")).unwrap().body).unwrap();
    assert!(page.contains(r#"{"site":null,"site_signature":null,"intake":null,"intake_signature":null}"#));
    assert!(server.journal().contains("no intake document yet"));
}

#[test]
fn the_page_carries_the_documents_and_is_the_same_for_everybody() {
    let stage = Stage::new();
    let server = stage.open();
    let plain = server.send(&get("/")).unwrap();
    let text = String::from_utf8(plain.body.clone()).unwrap();
    assert!(
        text.contains("org Example \\u003cRelief>") && text.contains("\"intake_signature\":\"-----BEGIN SSH")
    );
    let ask =
        |fields: &str| server.send(format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n").as_bytes()).unwrap();
    for fields in [
        "User-Agent: a\r\n",
        "Cookie: a=b\r\nAccept-Language: ug\r\n",
        "If-None-Match: x\r\nRange: bytes=1-\r\n",
    ] {
        assert_eq!(ask(fields), plain);
    }
    let gzip = ask("Accept-Encoding: gzip, br\r\n");
    assert_eq!(gzip, ask("Accept-Encoding: br, gzip;q=0.1\r\nUser-Agent: b\r\n"));
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, text);
    assert!(plain.head.contains("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"));
}

#[test]
fn the_intake_document_is_answered_as_it_was_signed() {
    let stage = Stage::new();
    let server = stage.open();
    let body = server.send(&get("/intake")).unwrap().body;
    let (document, signature) = tipline_wire::signed::split(&body).unwrap();
    let read = tipline_wire::intake::read(std::str::from_utf8(document).unwrap(), signature).unwrap();
    assert!(read.verify(&stage.root.public().fingerprint()).is_ok());
}

#[test]
fn every_answer_has_the_same_fields_in_the_same_order() {
    let stage = Stage::new();
    let server = stage.open();
    let expected = [
        "content-type",
        "content-length",
        "cache-control",
        "referrer-policy",
        "x-content-type-options",
        "cross-origin-opener-policy",
        "cross-origin-embedder-policy",
        "cross-origin-resource-policy",
        "content-security-policy",
    ];
    let kept = server.post(&small_tip(1));
    let answers = [
        server.send(&get("/")).unwrap(),
        server.send(&get("/intake")).unwrap(),
        server.send(&get("/nothing")).unwrap(),
        kept.clone(),
        server.send(b"GET / HTTP/1.1\r\n\r\n").unwrap(),
        server.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap(),
    ];
    for answer in &answers {
        let fields: Vec<_> =
            answer.fields().into_iter().filter(|f| !f.is_empty() && *f != "connection").collect();
        assert_eq!(fields, expected, "{}", answer.head);
    }
    assert_eq!(kept.body.len(), 256);
}

#[test]
fn one_connection_can_carry_page_document_and_tip() {
    let stage = Stage::new();
    let server = stage.open();
    let mut stream = server.connect();
    for request in [get("/"), get("/intake"), post(this_week(), &small_tip(1)), get("/")] {
        stream.write_all(&request).unwrap();
        assert!(matches!(read_answer(&mut stream).unwrap().status, 200 | 201));
    }
    // All at once, as a careless client might.
    stream.write_all(&[get("/"), post(this_week(), &small_tip(2)), get("/none")].concat()).unwrap();
    let statuses: Vec<_> = (0..3).map(|_| read_answer(&mut stream).unwrap().status).collect();
    assert_eq!(statuses, [200, 201, 404]);
}

#[test]
fn a_client_that_expects_to_be_told_to_continue_is() {
    let stage = Stage::new();
    let server = stage.open();
    let body = small_tip(1);
    let mut stream = server.connect();
    let head = format!(
        "POST /tips/{} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        this_week(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = [0; 25];
    stream.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
}

#[test]
fn a_client_that_closes_its_side_after_sending_still_reads_the_answer() {
    let stage = Stage::new();
    let server = stage.open();
    let mut stream = server.connect();
    stream.write_all(&post(this_week(), &small_tip(1))).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 201);
}
