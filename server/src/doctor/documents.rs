//! Checks of what is published: keys that reach far enough, a site document that names the page, a board that moves, a
//! clock that fits them.

use tipline_wire::date::Date;

use super::status::{Found, SiteFacts, Status};
use super::verdict::Verdict;
use crate::freshness::{DAYS_AHEAD, Stale, not_ahead};

/// The intake document: published, and with keys for three more weeks.
pub fn intake(status: &Status, today: Date) -> Verdict {
    let Some(keys) = status.intake else {
        return Verdict::mend(
            "no intake document is published, so nobody can send: `tipline-server publish intake.txt`",
        );
    };
    match keys.check(today) {
        Ok(()) => Verdict::sound(format!("keys until {}", keys.ends)),
        Err(Stale::Ahead(_)) => Verdict::skipped("its day is after today: see clock"),
        Err(_) => Verdict::mend(format!(
            "the intake document has keys until {} only, less than {DAYS_AHEAD} days: make new keys and publish them, see \
             \"The keys end\" in runbooks/gone.md",
            keys.ends
        )),
    }
}

/// The site document: published, and signed by a desk.
pub fn site(status: &Status) -> Verdict {
    match &status.site {
        Found::Sound(site) => {
            Verdict::sound(format!("signed on {}, read every {} days", site.issued, site.rhythm))
        }
        Found::Absent => Verdict::mend(
            "no site document is published, so the page does not say who reads and how often: make one with \
             `tipline-analyst site` and publish it",
        ),
        Found::Unsound(why) => {
            Verdict::mend(format!("the site document cannot be used ({why}): publish a new one"))
        }
    }
}

/// The page's template is one that the site document names.
pub fn page(status: &Status) -> Verdict {
    let Found::Sound(SiteFacts { pages, .. }) = &status.site else {
        return Verdict::skipped("there is no site document that names the page");
    };
    if pages.contains(&status.template) {
        return Verdict::sound(format!("SHA-256 {}", status.template));
    }
    Verdict::mend(format!(
        "the page that is served (SHA-256 {}) is none that the site document names: install the released page and restart the \
         server, or publish a site document that names it",
        status.template
    ))
}

/// The board: published, signed by a desk, of this intake document, and moving.
pub fn board(status: &Status, today: Date) -> Verdict {
    let board = match &status.board {
        Found::Sound(board) => board,
        Found::Absent => {
            return Verdict::note(
                "no board was published yet, so nobody can read an answer or see that you read",
            );
        }
        Found::Unsound(why) => {
            return Verdict::mend(format!("the board cannot be used ({why}): publish a new one"));
        }
    };
    let (Found::Sound(site), Some(keys)) = (&status.site, &status.intake) else {
        return Verdict::skipped(
            "it is compared with the intake and the site document, and one of them is missing",
        );
    };
    match board.check(keys, site.rhythm, today) {
        Ok(()) => Verdict::sound(format!("opened through {}, next on {}", board.opened_through, board.next)),
        Err(Stale::Ahead(_)) => Verdict::skipped("its day is after today: see clock"),
        Err(Stale::Unread(_)) => Verdict::mend(format!(
            "the board says that nothing which came since {} has been opened: fetch the tips, open them, publish a board",
            board.opened_through
        )),
        Err(stale) => {
            Verdict::mend(format!("the board {stale}: open what came, make a new board and publish it"))
        }
    }
}

/// The machine's day is not before that of any document.
pub fn clock(status: &Status, today: Date) -> Verdict {
    if status.today != today {
        return Verdict::mend(format!(
            "the server says that it is {}, this command {today}: restart the server, then set the clock",
            status.today
        ));
    }
    let issued = [
        status.intake.map(|keys| keys.issued),
        sound(&status.site).and_then(|site| Date::parse(&site.issued)),
        sound(&status.board).map(|board| board.issued),
    ];
    match issued.into_iter().flatten().find_map(|issued| not_ahead(issued, today).err()) {
        Some(Stale::Ahead(issued)) => Verdict::mend(format!(
            "the clock says {today}, but a document was signed on {issued}: `timedatectl set-ntp true`, or set the date"
        )),
        _ => Verdict::sound(today.to_string()),
    }
}

fn sound<T>(found: &Found<T>) -> Option<&T> {
    match found {
        Found::Sound(value) => Some(value),
        Found::Absent | Found::Unsound(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::freshness::{Answers, Keys};

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn today() -> Date {
        day("2026-11-27")
    }

    fn healthy() -> Status {
        Status {
            version: "1".into(),
            process: 1,
            today: today(),
            fullness: Some(10),
            template: "ab".repeat(32),
            intake: Some(Keys { issued: day("2026-11-20"), ends: day("2027-02-01"), digest: [6; 32] }),
            site: Found::Sound(SiteFacts {
                issued: "2026-11-24".into(),
                rhythm: 7,
                pages: vec!["ab".repeat(32)],
            }),
            board: Found::Sound(Answers {
                issued: day("2026-11-26"),
                next: day("2026-12-03"),
                opened_through: day("2026-11-25"),
                intake: [6; 32],
            }),
        }
    }

    #[test]
    fn a_healthy_server_is_sound_in_all() {
        let status = healthy();
        let verdicts = [
            intake(&status, today()),
            site(&status),
            page(&status),
            board(&status, today()),
            clock(&status, today()),
        ];
        for verdict in verdicts {
            assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
        }
    }

    #[track_caller]
    fn mends(verdict: &Verdict, part: &str) {
        assert!(matches!(verdict, Verdict::Mend(line) if line.contains(part)), "{verdict:?}");
    }

    #[test]
    fn what_is_not_published_is_named() {
        let status = Status { intake: None, site: Found::Absent, board: Found::Absent, ..healthy() };
        mends(&intake(&status, today()), "publish intake.txt");
        mends(&site(&status), "tipline-analyst site");
        assert!(
            matches!(board(&status, today()), Verdict::Note(_)),
            "no board was made yet: nothing is broken"
        );
        assert!(matches!(page(&status), Verdict::Skipped(_)));
        assert!(matches!(clock(&status, today()), Verdict::Sound(_)));
    }

    #[test]
    fn what_no_desk_signed_is_named() {
        let status =
            Status { site: Found::Unsound("a".into()), board: Found::Unsound("b".into()), ..healthy() };
        mends(&site(&status), "cannot be used (a)");
        mends(&board(&status, today()), "cannot be used (b)");
    }

    #[test]
    fn what_runs_out_or_stands_still_is_named() {
        mends(&intake(&healthy(), day("2027-01-20")), "until 2027-02-01 only");
        mends(&board(&healthy(), day("2026-12-06")), "followed by a new one on 2026-12-03");
        mends(&board(&healthy(), day("2026-12-20")), "longer ago than twice");
        let Found::Sound(answers) = healthy().board else { panic!() };
        let unread = Answers { opened_through: day("2026-11-01"), ..answers };
        let status = Status { board: Found::Sound(unread), ..healthy() };
        mends(&board(&status, today()), "since 2026-11-01");
        let status = Status { board: Found::Sound(Answers { intake: [0; 32], ..answers }), ..healthy() };
        mends(&board(&status, today()), "another intake document");
    }

    #[test]
    fn another_page_than_the_named_one_is_shown() {
        mends(&page(&Status { template: "cd".repeat(32), ..healthy() }), &"cd".repeat(32));
    }

    #[test]
    fn a_clock_before_any_document_is_wrong() {
        let status = Status { today: day("2026-11-01"), ..healthy() };
        mends(&clock(&status, day("2026-11-01")), "signed on 2026-11-20");
        mends(&clock(&status, today()), "the server says");
        assert!(matches!(intake(&status, day("2026-11-01")), Verdict::Skipped(_)));
        assert!(matches!(board(&status, day("2026-11-01")), Verdict::Skipped(_)));
    }
}
