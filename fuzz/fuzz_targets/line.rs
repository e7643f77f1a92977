//! What the source's side believes of a line before anybody writes: the page's block, and the board. No bytes panic, whoever
//! signed them; it does not matter how a board is cut; and a board counts only as it was signed.
#![no_main]
#[path = "../changed.rs"]
mod changed;
#[path = "../organisation.rs"]
mod organisation;

use std::sync::LazyLock;

use changed::changed;
use organisation::{BOARD_DESK, ROOT, date, document, sign, signed};
use tipline_core::documents::{Documents, Line};
use tipline_core::notice::{NoNotice, Notice, Reading};
use tipline_wire::board::{Board, HEAD, SLOT};
use tipline_wire::sshsig::{BOARD, INTAKE, LONGEST_ARMOR};

static DOCUMENT: LazyLock<String> = LazyLock::new(document);
static BLOCK: LazyLock<String> = LazyLock::new(|| block(&DOCUMENT));
static LINE: LazyLock<Line> = LazyLock::new(|| {
    let documents = Documents::parse(BLOCK.as_bytes()).expect("a sound block");
    documents.check("127.0.0.1:1", "", date("2026-11-25")).ok().expect("a sound line")
});
static HEAD_TEXT: LazyLock<String> = LazyLock::new(|| {
    let intake: String = LINE.intake.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "tipline-board 1\nserial 3\nissued 2026-11-24\nnext 2026-12-01\nopened-through 2026-11-23\nburnt-through \
         2026-10-19\nslots 16\nid {:064}\nintake {intake}\nnotice en We read every week.\n",
        0
    )
});

/// As the letterbox fills it in.
fn block(document: &str) -> String {
    let signature = sign(ROOT, INTAKE, document.as_bytes());
    serde_json::json!({ "intake": document, "intake_signature": signature }).to_string()
}

fn read(body: &[u8], cut: usize, today: &str) -> Option<Result<Notice, NoNotice>> {
    let tail = &body[body.len().saturating_sub(LONGEST_ARMOR)..];
    let mut reading = Reading::new(tail, body.len())?;
    body.chunks(cut.max(1)).for_each(|piece| reading.feed(piece));
    Some(reading.finish(&LINE, date(today)))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(([which, cut], data)) = data.split_first_chunk() else { return };
    let (cut, today) = (usize::from(*cut) * 401, if which & 8 == 0 { "2026-11-25" } else { "2027-03-01" });
    // One a run: each costs a signature or its verification.
    match which % 4 {
        0 => {
            assert!(read(data, cut, today).is_none_or(|read| read.is_err()), "nobody here signed it");
            let found =
                Documents::parse(data).and_then(|documents| documents.check("127.0.0.1:1", "", date(today)));
            assert!(found.is_err(), "nobody here signed it");
        }
        1 => {
            if let Ok(documents) = Documents::parse(&changed(&BLOCK, data)) {
                let _ = documents
                    .check("127.0.0.1:1", "", date(today))
                    .map(|line| assert_eq!(line.root, LINE.root));
            }
        }
        2 => {
            // The root signs whatever it is given: past its signature nothing panics either.
            let document = String::from_utf8_lossy(&changed(&DOCUMENT, data)).into_owned();
            let documents = Documents::parse(block(&document).as_bytes()).expect("the block is sound");
            let _ = documents.check("127.0.0.1:1", "", date(today));
        }
        _ => signed_board(cut, data),
    }
});

/// A desk signs whatever board it is given: it is read the same in one piece or in many, and says what its head says.
fn signed_board(cut: usize, data: &[u8]) {
    let mut board = changed(&HEAD_TEXT, data);
    board.resize(HEAD, b'\n');
    board.resize(HEAD + 16 * SLOT, 0);
    let mut body = signed(BOARD_DESK, BOARD, &board);
    let said = read(&body, usize::MAX, "2026-11-25").expect("the signature is sound");
    assert_eq!(read(&body, cut, "2026-11-25").as_ref(), Some(&said));
    let head = Board::parse(&board);
    match (&said, &head) {
        (Ok(notice), Ok(head)) => {
            assert_eq!((notice.issued, notice.opened), (head.issued, head.opened_through));
            assert_eq!(notice.notices, head.notices);
            assert!(notice.old || head.intake == LINE.intake, "fresh, and of other keys");
        }
        (Err(NoNotice::AnotherIntake), Ok(head)) => assert_ne!(head.intake, LINE.intake),
        (Err(NoNotice::Strange), Err(_)) => {}
        _ => panic!("{said:?} of {head:?}"),
    }
    let at = cut * 7 % board.len();
    body[at] ^= 1;
    assert!(read(&body, cut, "2026-11-25").is_some_and(|read| read.is_err()), "changed after it was signed");
}
