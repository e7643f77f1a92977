//! A tip in parts: begun, sent in pieces that survive broken connections, committed once; and everything that is refused.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tipline_server::limits::Limits;
use tipline_server::store::Letterbox as _;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{self, Held, UploadKey};

use crate::here::Here;
use crate::parts::Sender;
use crate::stage::*;

fn here() -> Here {
    Here::new(Limits::default())
}

fn says(here: &Here, request: &[u8]) -> (u16, String) {
    let answer = here.send(request);
    assert_eq!(answer.body.len() % 256, 0);
    (answer.status, answer.says())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_tip_in_parts_is_sent_in_any_order_and_is_one_tip() {
    let here = here();
    let sender = Sender::new(1, 4_096);
    assert_eq!(says(&here, &sender.begin()), is(201, "begun"));
    let mut held = [false; 4];
    for number in [3, 0, 2, 1] {
        assert_eq!(says(&here, &sender.put(number)), is(200, "part-kept"));
        held[number as usize] = true;
        let looked = here.send(&sender.look());
        assert_eq!((looked.status, Held::parse(&looked.body)), (200, Some(Held::new(held.to_vec()))));
    }
    assert!(here.held().is_empty(), "it is no tip before the commit");
    assert_eq!(says(&here, &sender.commit()), is(201, "kept"));
    assert_eq!(here.held(), std::slice::from_ref(&sender.tip));
    assert_eq!(says(&here, &sender.commit()), is(201, "kept"), "the answer may have been lost");
    assert_eq!(says(&here, &sender.look()), is(404, "no-upload"));
    // The same tip once more, by another token: it is one tip.
    let again = Sender { token: [9; 32], ..Sender::new(1, 4_096) };
    for request in again.whole() {
        assert!(here.send(&request).status < 300);
    }
    assert_eq!(here.held(), [sender.tip]);
}

#[test]
fn what_was_sent_before_is_sent_again_without_harm_and_never_replaced() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    for _ in 0..2 {
        assert_eq!(says(&here, &sender.begin()), is(201, "begun"));
        assert_eq!(says(&here, &sender.put(1)), is(200, "part-kept"));
    }
    let other = vec![7; sender.part(1).len()];
    assert_eq!(says(&here, &sender.put_bytes(1, &other)), is(409, "other-bytes"));
    let mut larger = Sender::new(1, 3_072);
    assert_eq!(says(&here, &larger.begin()), is(409, "other-bytes"), "the same token, another size");
    larger.token = [5; 32];
    assert_eq!(says(&here, &larger.begin()), is(201, "begun"));
    assert_eq!(says(&here, &sender.put(0)), is(200, "part-kept"));
    assert_eq!(says(&here, &sender.commit()), is(201, "kept"));
    assert_eq!(here.held(), [sender.tip]);
}

#[test]
fn a_commit_takes_all_parts_and_these_parts_only() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    assert_eq!(says(&here, &sender.commit()), is(404, "no-upload"));
    here.send(&sender.begin());
    assert_eq!(says(&here, &sender.commit()), is(409, "missing-part"));
    here.send(&sender.put(0));
    assert_eq!(says(&here, &sender.commit()), is(409, "missing-part"));
    here.send(&sender.put(1));
    let wrong = upload::commit_body(&TipId::of_one_request(b"another"));
    let wrong = sender.request("POST /uploads/commit", "", wrong.as_bytes());
    assert_eq!(says(&here, &wrong), is(409, "other-bytes"));
    assert!(here.held().is_empty());
    assert_eq!(says(&here, &sender.commit()), is(201, "kept"));
}

#[test]
fn who_has_no_token_or_another_has_no_upload() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    here.send(&sender.begin());
    let with = |line: &str, authorization: &str| {
        let head = format!("{line} HTTP/1.1\r\nHost: x\r\n{authorization}Content-Length: 0\r\n\r\n");
        says(&here, head.as_bytes())
    };
    let good = sender.authorization();
    let twice = good.repeat(2);
    let wrong = [
        "",
        "Authorization: Tip\r\n",
        "Authorization: Tip AAAA\r\n",
        "Authorization: Basic eDp5\r\n",
        &twice,
    ];
    for line in ["POST /uploads", "GET /uploads", "PUT /uploads/parts/0", "POST /uploads/commit"] {
        for authorization in wrong {
            assert_eq!(with(line, authorization), is(400, "no-token"), "{line} {authorization:?}");
        }
    }
    let stranger = Sender { token: [3; 32], ..Sender::new(1, 2_048) };
    for request in [stranger.look(), stranger.put(0), stranger.commit()] {
        assert_eq!(says(&here, &request), is(404, "no-upload"));
    }
    let owner = Sender::new(1, 2_048);
    owner.whole().iter().for_each(|request| assert!(here.send(request).status < 300));
    assert_eq!(says(&here, &owner.commit()), is(201, "kept"));
    for asked in [0, 1] {
        assert_eq!(
            says(&here, &stranger.commit()),
            is(404, "no-upload"),
            "who knows a tip's id learns nothing: {asked}"
        );
    }
}

#[test]
fn what_is_no_sound_beginning_is_refused() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    let begin = |body: &str| says(&here, &sender.request("POST /uploads", "", body.as_bytes()));
    let body = sender.declared.body();
    for (bad, said) in [
        (body.replace("2097152", "1048576"), is(400, "bad-request")),
        (body.replace("2097152", "2097153"), is(400, "bad-request")),
        (body.replace("2097152", "99999999999999999999"), is(400, "bad-request")),
        (body.replace('}', ",\"more\":1}"), is(400, "bad-request")),
        (body.replace(":2,", ":9,"), is(400, "bad-request")),
        (body.replace(":2,", ":3,"), is(400, "wrong-keys")),
        (body.replace(&this_week().to_string(), "2020-01-06"), is(409, "epoch-closed")),
        (format!("{body}{}", " ".repeat(300)), is(413, "too-long")),
        (String::new(), is(400, "bad-request")),
    ] {
        assert_eq!(begin(&bad), said, "{bad}");
    }
    assert!(here.store().uploads().is_empty());
}

#[test]
fn a_part_that_is_not_what_was_declared_is_refused_before_it_is_read() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    here.send(&sender.begin());
    let digest = format!("Content-Digest: {}\r\n", upload::content_digest(&[0; 32]));
    let len = sender.part(1).len();
    // No body follows: the answers do not wait for one.
    let head = |number: u32, fields: &str, length: &str| {
        let authorization = sender.authorization();
        let head =
            format!("PUT /uploads/parts/{number} HTTP/1.1\r\nHost: x\r\n{authorization}{fields}{length}\r\n");
        says(&here, head.as_bytes())
    };
    let length = |len: usize| format!("Content-Length: {len}\r\n");
    assert_eq!(head(1, &digest, &length(len - 1)), is(400, "wrong-length"));
    assert_eq!(head(1, &digest, &length(len + 1)), is(400, "wrong-length"));
    assert_eq!(head(1, &digest, &length(999_999_999_999)), is(400, "wrong-length"));
    assert_eq!(head(1, &digest, ""), is(411, "no-length"));
    assert_eq!(head(2, &digest, &length(len)), is(404, "not-found"), "it has two parts");
    assert_eq!(head(1024, &digest, &length(len)), is(404, "not-found"));
    assert_eq!(head(1, "", &length(len)), is(400, "bad-request"));
    assert_eq!(head(1, &digest.repeat(2), &length(len)), is(400, "bad-request"));
    assert_eq!(head(1, "Content-Digest: sha-512=:AA==:\r\n", &length(len)), is(400, "bad-request"));
}

#[test]
fn a_part_whose_bytes_are_wrong_is_refused_and_not_kept() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    here.send(&sender.begin());
    let mut flipped = sender.put(1);
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(says(&here, &flipped), is(400, "wrong-digest"));
    let len = sender.part(0).len();
    assert_eq!(says(&here, &sender.put_bytes(0, &vec![b'a'; len])), is(400, "not-a-tip"));
    let other_keys = tip(2, sender.declared.padded, 3);
    assert_eq!(says(&here, &sender.put_bytes(0, &other_keys[..len])), is(400, "wrong-keys"));
    let looked = here.send(&sender.look());
    assert_eq!(Held::parse(&looked.body), Some(Held::new(vec![false; 2])));
}

#[test]
fn a_connection_that_breaks_at_any_byte_costs_one_part_at_most() {
    let here = here();
    let sender = Sender::new(1, 3_072);
    let mut breaks = 0_usize;
    for request in sender.whole() {
        for cut in [1, 40, request.len() / 2, request.len() - 1] {
            let mut stream = here.connect();
            stream.write_all(&request[..cut]).unwrap();
            drop(stream);
            breaks += 1;
        }
        // Sent whole, but nobody waits for the answer; then once more.
        here.connect().write_all(&request).unwrap();
        assert!(here.send(&request).status < 300);
    }
    assert_eq!(breaks, 5 * 4);
    assert_eq!(here.held(), [sender.tip]);
}

#[test]
fn an_upload_begins_only_while_it_can_still_be_finished() {
    let days = Arc::new(AtomicI32::new(0));
    let later = Arc::clone(&days);
    let here = Here::on(Limits::default(), move || today().plus_days(later.load(Ordering::Relaxed)));
    // The epoch ends at the end of this week and is open for seven days more.
    let closes = this_week().plus_days(14).days() - today().days();
    let senders: Vec<_> = (1..4).map(|seed| Sender::new(seed, 2_048)).collect();
    days.store(closes - 4, Ordering::Relaxed);
    assert_eq!(says(&here, &senders[0].begin()), is(201, "begun"));
    days.store(closes - 3, Ordering::Relaxed);
    assert_eq!(says(&here, &senders[1].begin()), is(409, "epoch-closed"), "a tip in one request still may");
    assert_eq!(says(&here, &post(this_week(), &small_tip(9))), is(201, "kept"));
    assert_eq!(says(&here, &senders[0].begin()), is(201, "begun"), "what was begun in time goes on");
    days.store(closes - 1, Ordering::Relaxed);
    assert_eq!(says(&here, &senders[0].put(0)), is(200, "part-kept"));
    days.store(closes, Ordering::Relaxed);
    assert_eq!(says(&here, &senders[0].put(1)), is(409, "epoch-closed"), "the desk may burn its key");
    assert_eq!(says(&here, &senders[0].commit()), is(409, "epoch-closed"));
}

#[test]
fn only_the_token_s_hash_names_the_upload() {
    let here = here();
    let sender = Sender::new(1, 2_048);
    here.send(&sender.begin());
    assert_eq!(here.store().uploads(), [UploadKey::of_token(&sender.token)]);
}

#[test]
fn an_upload_goes_on_after_a_kill_and_is_picked_up_whole() {
    let stage = Stage::new();
    let mut server = stage.open();
    let sender = Sender::new(1, 6_144);
    assert_eq!(server.send(&sender.begin()).unwrap().says(), "begun");
    for number in [0, 2, 5] {
        assert_eq!(server.send(&sender.put(number)).unwrap().says(), "part-kept");
    }
    server.kill();
    let server = stage.start();
    let looked = server.send(&sender.look()).unwrap();
    let held = Held::new(vec![true, false, true, false, false, true]);
    assert_eq!(Held::parse(&looked.body), Some(held), "what was acknowledged is there");
    let other = vec![7; sender.part(2).len()];
    assert_eq!(server.send(&sender.put_bytes(2, &other)).unwrap().says(), "other-bytes");
    for number in [1, 2, 3, 4] {
        assert_eq!(server.send(&sender.put(number)).unwrap().says(), "part-kept");
    }
    assert_eq!(server.send(&sender.commit()).unwrap().says(), "kept");
    assert_eq!(stage.held(), std::slice::from_ref(&sender.tip));
    assert_eq!(server.stop().0, Some(0));
    let again = stage.start();
    assert_eq!(again.send(&sender.commit()).unwrap().says(), "kept", "its answer may have been lost");
    assert_eq!(again.send(&sender.look()).unwrap().says(), "no-upload");
    assert_eq!(stage.held(), [sender.tip]);
}
