//! Each rule of the document, and what the clock decides.

use super::*;
use crate::recipient::RECIPIENT;
use proptest::prelude::*;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn intake(epochs: i32) -> Intake {
    let first = date("2026-11-23");
    let week = |n: i32| EpochKeys {
        epoch: Epoch::starting(first.plus_days(7 * n)).unwrap(),
        recipients: vec![Recipient::from_bytes([n as u8; RECIPIENT]); 3],
    };
    Intake {
        org: "Example Relief · 例".into(),
        site: Site::Any,
        serial: 7,
        issued: first,
        slots: 128,
        desks: vec![Desk { name: "tokyo-1".into(), key: PublicKey::from_bytes([4; 32]) }],
        replaces: None,
        epochs: (0..epochs).map(week).collect(),
    }
}

#[test]
fn the_text_comes_back_as_the_same_document() {
    for epochs in [1, 13, 64] {
        let document = intake(epochs);
        assert_eq!(Intake::parse(&document.to_text().unwrap()), Ok(document));
    }
    let replaced = Intake { replaces: Some(PublicKey::from_bytes([1; 32]).fingerprint()), ..intake(1) };
    assert_eq!(Intake::parse(&replaced.to_text().unwrap()), Ok(replaced));
}

#[test]
fn each_rule_is_kept_and_names_its_line() {
    let text = intake(2).to_text().unwrap();
    let edits: &[(&str, &str, usize)] = &[
        ("tipline-intake 1", "tipline-intake 2", 1),
        ("org Example", "org \u{202e}Example", 2),
        ("org Example", "org Exam\u{200b}ple", 2),
        ("org Example", "org Example\u{e0041}", 2),
        ("site any", "site example.com", 3),
        ("serial 7", "serial 07", 4),
        ("serial 7", "serial 9007199254740993", 4),
        ("issued 2026-11-23", "issued 2026-11-31", 5),
        ("slots 128", "slots 100", 6),
        ("desk tokyo-1", "desk Tokyo", 7),
        ("epoch 2026-11-23 2026-11-30", "epoch 2026-11-24 2026-12-01", 8),
        ("epoch 2026-11-30 2026-12-07", "epoch 2026-12-07 2026-12-14", 12),
        ("recipient age1pq1", "recipient age1pq2", 9),
    ];
    for (from, to, line) in edits {
        let bad = text.replacen(from, to, 1);
        assert_ne!(bad, text, "{from}");
        assert!(
            matches!(Intake::parse(&bad), Err(IntakeError::Line { line: l, .. }) if l == *line),
            "{to}: {:?}",
            Intake::parse(&bad)
        );
    }
    for bad in
        [text.replace('\n', "\r\n"), text.clone() + "more\n", text.trim_end().to_string(), String::new()]
    {
        assert!(Intake::parse(&bad).is_err());
    }
    assert_eq!(Intake::parse(&"x".repeat(LONGEST + 1)), Err(IntakeError::TooLong));
}

#[test]
fn too_many_of_anything_is_refused() {
    assert!(intake(65).to_text().is_err());
    let mut many = intake(1);
    many.epochs[0].recipients = vec![Recipient::from_bytes([0; RECIPIENT]); 9];
    assert!(many.to_text().is_err());
    many = intake(1);
    many.desks =
        (0..5).map(|n| Desk { name: format!("d{n}"), key: PublicKey::from_bytes([n; 32]) }).collect();
    assert!(many.to_text().is_err());
    many.desks = vec![many.desks[0].clone(); 2];
    assert!(many.to_text().is_err(), "the same desk twice");
    many = Intake { org: "a\nserial 9".into(), ..intake(1) };
    assert!(many.to_text().is_err(), "a line break in a name");
}

#[test]
fn the_clock_chooses_the_week_or_says_why_not() {
    let document = intake(2);
    assert_eq!(document.choose(date("2026-11-29")).unwrap().epoch.start, date("2026-11-23"));
    assert_eq!(document.choose(date("2026-11-30")).unwrap().epoch.start, date("2026-11-30"));
    assert_eq!(document.choose(date("2026-11-22")), Err(NoEpoch::NotOpenYet { from: date("2026-11-23") }));
    assert_eq!(document.choose(date("2026-11-20")), Err(NoEpoch::ClockWrong { issued: date("2026-11-23") }));
    assert_eq!(document.choose(date("2026-12-07")), Err(NoEpoch::Closed { since: date("2026-12-07") }));
    assert_eq!(document.choose(date("2028-01-01")), Err(NoEpoch::ClockWrong { issued: date("2026-11-23") }));
}

#[test]
fn the_letterbox_takes_a_week_seven_days_longer_and_future_ones_too() {
    let document = intake(2);
    let takes = |start, today| document.takes(date(start), date(today)).is_some();
    assert!(takes("2026-11-23", "2026-12-06") && takes("2026-11-30", "2026-11-23"));
    assert!(!takes("2026-11-23", "2026-12-07") && !takes("2026-12-07", "2026-11-23"));
}

#[test]
fn any_fits_this_machine_only() {
    let any = intake(1);
    for host in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]", "[::1]:80", "127.8.9.1"] {
        assert!(any.fits_host(host), "{host}");
    }
    for host in [
        "",
        "example.com",
        "127.0.0.1.example.com",
        "localhost.example:80",
        "10.0.0.1",
        "::1:80",
        "127.0.0.1:",
    ] {
        assert!(!any.fits_host(host), "{host}");
    }
    let onion = format!("{}.onion", "a".repeat(56));
    let bound = Intake { site: Site::parse(&onion).unwrap(), ..intake(1) };
    assert!(bound.fits_host(&onion) && !bound.fits_host("127.0.0.1"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,400}", cut in 0_usize..3_000) {
        let _ = Intake::parse(&text);
        let sound = intake(1).to_text().unwrap();
        let cut = sound.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last().unwrap_or(0);
        let mixed = [&sound[..cut], &text].concat();
        prop_assert!(Intake::parse(&mixed).is_err() || text.is_empty());
    }
}
