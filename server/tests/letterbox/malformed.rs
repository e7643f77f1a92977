//! What is no tip, and what is no HTTP: refused with a clear code, nothing kept, nobody hurt.

use tipline_wire::size::{Padded, prefix_len};

use crate::stage::*;

#[test]
fn what_is_no_tip_of_this_week_is_refused_and_not_kept() {
    let stage = Stage::new();
    let server = stage.open();
    let good = small_tip(1);
    let len = good.len();
    let edit = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let three = tip(2, Padded::SMALLEST, 3);
    let table: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("plaintext", vec![b'a'; len], 400, "not-a-tip"),
        ("zeros", vec![0; len], 400, "not-a-tip"),
        ("an older age", edit(20, b'0'), 400, "not-a-tip"),
        ("another kind of stanza", edit(25, b'X'), 400, "wrong-keys"),
        ("base64 that is not canonical", edit(prefix_len(RECIPIENTS) - 16 - 2, b'/'), 400, "not-a-tip"),
        ("a stanza too many", three.clone(), 400, "wrong-length"),
        ("a stanza too many, cut to length", three[..len].to_vec(), 400, "wrong-keys"),
        ("a stanza missing", [tip(3, Padded::SMALLEST, 1), vec![0; 1_557]].concat(), 400, "wrong-keys"),
        ("a byte short", good[..len - 1].to_vec(), 400, "wrong-length"),
        ("a byte long", [good.clone(), vec![0]].concat(), 400, "wrong-length"),
        ("nothing", vec![], 400, "wrong-length"),
        ("larger than one request", tip(4, Padded::ALL[8], RECIPIENTS), 413, "too-long"),
    ];
    for (what, body, status, says) in table {
        let answer = server.post(&body);
        assert_eq!((answer.status, answer.says().as_str()), (status, says), "{what}");
    }
    for epoch in ["2020-01-06", "2026-11-24", "9999-12-27"] {
        let head = format!("POST /tips/{epoch} HTTP/1.1\r\nHost: x\r\nContent-Length: {len}\r\n\r\n");
        assert_eq!(server.send(&[head.as_bytes(), &good].concat()).unwrap().says(), "epoch-closed");
    }
    assert!(stage.held().is_empty());
}

#[test]
fn what_is_no_sound_request_is_refused_without_hyper_ever_seeing_it() {
    let stage = Stage::new();
    let server = stage.open();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\na: {}\r\n\r\n", "x".repeat(17 << 10));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(40));
    let table: Vec<(&str, u16, &str)> = vec![
        ("GET / HTTP/1.1\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/1.0\r\nHost: x\r\n\r\n", 400, "bad-request"),
        ("GET /\r\n\r\n", 400, "bad-request"),
        ("\r\n\r\n", 400, "bad-request"),
        ("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/1.1\r\nHost: x\r\n a: folded\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "bad-request"),
        (
            "POST /tips/2026-11-23 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            400,
            "bad-request",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "bad-request",
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "no-length"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "bad-request"),
        ("GET /?x HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        ("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 405, ""),
        ("DELETE /intake HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
        ("POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404, "not-found"),
        ("GET /pickup/0 HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        (&long, 400, "bad-request"),
        (&many, 400, "bad-request"),
    ];
    for (request, status, says) in table {
        let mut stream = server.connect();
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let shown = &request[..request.len().min(80)];
        if request.starts_with("HEAD") {
            let mut head = [0; 12];
            std::io::Read::read_exact(&mut stream, &mut head).unwrap();
            assert_eq!(&head, b"HTTP/1.1 405");
            continue;
        }
        let answer = read_answer(&mut stream).unwrap_or_else(|| panic!("no answer to {shown:?}"));
        assert_eq!((answer.status, answer.says().as_str()), (status, says), "{shown:?}");
    }
    let week = this_week();
    let no_length = format!("POST /tips/{week} HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(server.send(no_length.as_bytes()).unwrap().status, 411);
    assert_eq!(server.post(&small_tip(1)).status, 201, "it still serves");
}

#[test]
fn a_length_that_lies_is_noticed_before_a_byte_is_read() {
    let stage = Stage::new();
    let server = stage.open();
    let head =
        format!("POST /tips/{} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n", this_week());
    // No body follows: the answer does not wait for one.
    assert_eq!(server.send(head.as_bytes()).unwrap().says(), "too-long");
}

#[test]
fn a_request_hidden_in_a_body_is_not_answered() {
    let stage = Stage::new();
    let server = stage.open();
    let hidden = get("/intake");
    let head =
        format!("POST /tips/2020-01-06 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", hidden.len());
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, &[head.as_bytes(), &hidden].concat()).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().says(), "epoch-closed");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_answer(&mut stream), None);
}

#[test]
fn an_early_answer_does_not_cut_off_a_client_that_is_still_sending() {
    let stage = Stage::new();
    let server = stage.open();
    let body = tip(1, Padded::ONE_REQUEST_MAX, RECIPIENTS);
    let mut stream = server.connect();
    // Refused at the head; a browser goes on sending, and shows the answer only if that works.
    for piece in post(this_week().plus_days(-70), &body).chunks(50_000) {
        std::io::Write::write_all(&mut stream, piece).expect("the server still reads");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(read_answer(&mut stream).unwrap().says(), "epoch-closed");
}

#[test]
fn no_route_that_takes_a_body_lets_a_second_request_be_smuggled_in_it() {
    let stage = Stage::new();
    let server = stage.open();
    let week = this_week();
    let token = crate::parts::Sender::new(1, 2_048).authorization();
    let routes = [
        format!("POST /tips/{week}"),
        format!("POST /form/{week}"),
        "POST /uploads".into(),
        "PUT /uploads/parts/0".into(),
        "POST /uploads/commit".into(),
    ];
    let framings = [
        ("Transfer-Encoding: chunked\r\n", 411),
        ("Transfer-Encoding: gzip, chunked\r\n", 411),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("Transfer-Encoding:\r\n chunked\r\n", 400),
        ("Content-Length: 3\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: 3\r\ncontent-length: 4\r\n", 400),
        ("Content-Length: 3, 3\r\n", 400),
        ("Content-Length : 3\r\n", 400),
        ("Content-Length: 3\nX: y\r\n", 400),
        ("Content-Length: 3\r\n folded\r\n", 400),
        ("Content-Length: +3\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 0x3\r\n", 400),
        ("Content-Length: 3 3\r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 400),
    ];
    for route in &routes {
        for (framing, status) in framings {
            let hidden = "0\r\n\r\nGET /intake HTTP/1.1\r\nHost: x\r\n\r\n";
            let request = format!("{route} HTTP/1.1\r\nHost: x\r\n{token}{framing}\r\n{hidden}");
            let mut stream = server.connect();
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            let answer = read_answer(&mut stream).unwrap_or_else(|| panic!("no answer: {route} {framing:?}"));
            assert_eq!(answer.status, status, "{route} {framing:?}");
            assert_eq!(
                read_answer(&mut stream),
                None,
                "{route} {framing:?}: the hidden request was answered"
            );
        }
        for target in ["http://x", "//x", "/..", ""] {
            let (method, path) = route.split_once(' ').unwrap();
            let head =
                format!("{method} {target}{path} HTTP/1.1\r\nHost: x\r\n{token}Content-Length: 0\r\n\r\n");
            let status = server.send(head.as_bytes()).unwrap().status;
            assert!(matches!(status, 400 | 404), "{head:?}: {status}");
        }
    }
    assert_eq!(server.post(&small_tip(1)).status, 201, "it still serves");
}

#[test]
fn methods_that_have_another_meaning_for_a_connection_have_none_here() {
    let stage = Stage::new();
    let server = stage.open();
    for line in ["CONNECT /", "TRACE /", "OPTIONS /", "PUT /", "PATCH /uploads", "DELETE /uploads/parts/0"] {
        for fields in
            ["", "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Connection: Upgrade, HTTP2-Settings\r\n"]
        {
            let head = format!("{line} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: 0\r\n\r\n");
            let mut stream = server.connect();
            std::io::Write::write_all(&mut stream, &[head.as_bytes(), &get("/intake")].concat()).unwrap();
            assert_eq!(read_answer(&mut stream).unwrap().says(), "method-not-allowed", "{head:?}");
            let next = read_answer(&mut stream).map(|answer| answer.status);
            assert!(
                matches!(next, None | Some(200)),
                "the next request is a request, or the connection is over"
            );
        }
    }
}

#[test]
fn a_part_is_waited_for_only_when_its_head_was_sound() {
    let stage = Stage::new();
    let server = stage.open();
    let sender = crate::parts::Sender::new(1, 2_048);
    assert_eq!(server.send(&sender.begin()).unwrap().says(), "begun");
    let expecting = |request: Vec<u8>| {
        let text = String::from_utf8_lossy(&request);
        let end = text.find("\r\n\r\n").unwrap();
        [&request[..end], b"\r\nExpect: 100-continue\r\n\r\n"].concat()
    };
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, &expecting(sender.put(1))).unwrap();
    let mut go_on = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    std::io::Write::write_all(&mut stream, sender.part(1)).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().says(), "part-kept");
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, &expecting(sender.put_bytes(0, b"short"))).unwrap();
    let mut refused = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut refused).unwrap();
    assert_eq!(&refused, b"HTTP/1.1 400", "refused without waiting for the body");
}
