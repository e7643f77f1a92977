//! Who makes a tip is held to every rule, and is told plainly which one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use tipline_report::bounds::{MAX_STORY_ESCAPED, MAX_TIP_JSON, escaped_len};
use tipline_report::codebook as c;
use tipline_report::{Answer, FileEntry, Relative, Tip, Trouble, When, Where, read};

fn four_taps() -> Tip {
    let mut tip = Tip { epoch: "2026-11-23".into(), ..Tip::default() };
    tip.report.incident = vec!["relative_visit".into()];
    tip
}

fn codes(list: &c::List) -> Vec<String> {
    list.entries.iter().map(|e| e.code.into()).collect()
}

/// Every list ticked whole and every text at its bound, without files.
fn as_long_as_can_be() -> Tip {
    let mut tip = four_taps();
    let r = &mut tip.report;
    r.lang = Some("x".repeat(20));
    r.answer_lang = r.lang.clone();
    r.teller = Some("recruited".into());
    r.incident = codes(&c::INCIDENT);
    r.channel = codes(&c::CHANNEL);
    r.actor = codes(&c::ACTOR);
    r.actor_basis = codes(&c::ACTOR_BASIS);
    r.actor_handles = vec!["\u{1}".repeat(120); 5];
    r.frequency = Some("unknown".into());
    r.demand = codes(&c::DEMAND);
    r.effect = codes(&c::EFFECT);
    r.urgency = Some("record".into());
    r.when = Some(When {
        precision: Some("day".into()),
        year: Some(2026),
        quarter: None,
        month: Some(11),
        day: Some(30),
    });
    r.place = Some(Where {
        country: Some("CN".into()),
        region: Some("xinjiang_east_turkistan".into()),
        city: Some("\u{2}".repeat(80)),
    });
    r.community = codes(&c::COMMUNITY);
    r.role = codes(&c::ROLE);
    let row = Relative {
        kind: Some("extended".into()),
        region: Some("xinjiang_east_turkistan".into()),
        incident: c::relative_incidents().map(|e| e.code.into()).collect(),
    };
    r.relatives = vec![row; 8];
    r.reported = codes(&c::REPORTED).into_iter().filter(|code| !code.starts_with("no_")).collect();
    r.response = codes(&c::RESPONSE);
    r.consent = codes(&c::CONSENT);
    r.only_after = Some(2030);
    r.request = codes(&c::REQUEST);
    r.story = "\"".repeat(MAX_STORY_ESCAPED / 2);
    let recipient = format!("age1pq1{}", "q".repeat(1_952));
    tip.answer = Some(Answer { recipient, tag_key: "0".repeat(64) });
    tip.continues = Some("a".repeat(32));
    tip.canary = Some("b".repeat(32));
    tip
}

fn troubles(change: impl FnOnce(&mut Tip)) -> Vec<String> {
    let mut tip = four_taps();
    change(&mut tip);
    tip.check().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn one(change: impl FnOnce(&mut Tip), begins: &str) {
    let found = troubles(change);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(begins), "{found:?}");
}

#[test]
fn the_written_form_is_the_documented_one() {
    let mut tip = four_taps();
    tip.report.lang = Some("ug".into());
    tip.report.when =
        Some(When { precision: Some("month".into()), year: Some(2026), month: Some(11), ..When::default() });
    tip.report.place =
        Some(Where { country: Some("JP".into()), region: Some("kanto".into()), ..Where::default() });
    tip.report.relatives = vec![Relative {
        kind: Some("parents".into()),
        region: Some("xinjiang_east_turkistan".into()),
        incident: vec![],
    }];
    tip.files = vec![FileEntry {
        media_type: "image/jpeg".into(),
        size: 12_345,
        form: FileEntry::CLEANED.into(),
        name: None,
    }];
    let want = concat!(
        r#"{"schema":"tip-report/1","epoch":"2026-11-23","report":{"lang":"ug","answer_lang":null,"teller":null,"#,
        r#""incident":["relative_visit"],"channel":[],"actor":[],"actor_basis":[],"actor_handles":[],"frequency":null,"#,
        r#""demand":[],"effect":[],"urgency":null,"when":{"precision":"month","year":2026,"quarter":null,"month":11,"#,
        r#""day":null},"where":{"country":"JP","region":"kanto","city":null},"community":[],"role":[],"relatives":"#,
        r#"[{"kind":"parents","region":"xinjiang_east_turkistan","incident":[]}],"reported":[],"response":[],"#,
        r#""consent":[],"only_after":null,"request":[],"story":""},"files":[{"type":"image/jpeg","size":12345,"#,
        r#""form":"cleaned","name":null}],"answer":null,"continues":null,"canary":null}"#
    );
    assert_eq!(String::from_utf8(tip.to_json().unwrap()).unwrap(), want);
    assert_eq!(Tip::from_json(want.as_bytes()).unwrap(), tip);
    assert_eq!(read(want.as_bytes()).tip, tip);
}

#[test]
fn a_tip_without_files_always_fits_the_smallest_size() {
    let tip = as_long_as_can_be();
    assert_eq!(tip.check(), vec![]);
    let json = tip.to_json().unwrap();
    assert!(json.len() <= MAX_TIP_JSON, "{}", json.len());
    let back = read(&json);
    assert_eq!((back.tip, back.leftovers.len(), back.problems.len()), (tip, 0, 0));
}

#[test]
fn the_whole_form_has_a_bound_of_its_own() {
    let mut tip = as_long_as_can_be();
    let name = Some("\u{6f22}".repeat(120));
    let file = FileEntry { media_type: "image/jpeg".into(), size: 1, form: "original".into(), name };
    tip.files = vec![file; 99];
    assert!(matches!(tip.check()[0].trouble, Trouble::TipTooLong { .. }));
    assert!(tip.to_json().is_err());
}

#[test]
fn an_empty_tip_is_refused_and_each_of_three_things_is_enough() {
    one(|t| t.report.incident.clear(), "report: the tip is empty;");
    one(|t| (t.report.incident.clear(), t.report.story = " \n".into()).1, "report: the tip is empty;");
    let canary = troubles(|t| (t.report.incident.clear(), t.canary = Some("b".repeat(32))).1);
    assert_eq!(canary, Vec::<String>::new(), "a test tip tells nothing else");
    let words = |t: &mut Tip| (t.report.incident.clear(), t.report.story = "x".into()).1;
    assert!(troubles(words).is_empty());
    let file = |t: &mut Tip| {
        t.report.incident.clear();
        t.files =
            vec![FileEntry { media_type: "image/png".into(), size: 1, form: "cleaned".into(), name: None }];
    };
    assert!(troubles(file).is_empty());
}

#[test]
fn every_broken_rule_names_its_field() {
    one(|t| t.schema = "tip-report/2".into(), "schema: is another form");
    one(|t| t.epoch = "2026-02-30".into(), "epoch: must be the Monday");
    one(|t| t.report.lang = Some("日本語".into()), "report.lang: must be a language tag");
    one(
        |t| t.report.teller = Some("nobody".into()),
        "report.teller: `nobody` is no code of the list `teller`",
    );
    one(
        |t| t.report.incident.push("legal_action".into()),
        "report.incident: `legal_action` is no longer used",
    );
    one(
        |t| t.report.incident.push("relative_visit".into()),
        "report.incident: `relative_visit` stands there twice",
    );
    one(
        |t| t.report.actor_handles = vec!["1".into(); 6],
        "report.actor_handles: has 6 entries; at most 5 fit",
    );
    one(|t| t.report.actor_handles = vec!["1".repeat(121)], "report.actor_handles[0]: has 121 characters");
    one(
        |t| t.report.actor_handles = vec![" ".into()],
        "report.actor_handles[0]: must be a number or account",
    );
    one(|t| t.report.story = "\n".repeat(24_001) + "x", "report.story: needs 48003 bytes; at most 48000 fit");
    one(|t| t.report.relatives = vec![Relative::default(); 9], "report.relatives: has 9 entries");
    one(
        |t| t.report.reported = vec!["no_afraid".into(), "police".into()],
        "report.reported: `no_afraid` can't",
    );
    one(|t| t.report.consent = vec!["only_after".into()], "report.only_after: is missing;");
    one(|t| t.report.only_after = Some(2030), "report.only_after: must be empty;");
    one(|t| t.continues = Some("A".repeat(32)), "continues: must be 32 lower-case hex digits");
    one(
        |t| t.answer = Some(Answer { recipient: "age1x".into(), tag_key: "0".repeat(64) }),
        "answer.recipient: ",
    );
    let file = |size, form: &str, name: Option<&str>| FileEntry {
        media_type: "image/png".into(),
        size,
        form: form.into(),
        name: name.map(String::from),
    };
    one(|t| t.files = vec![file(0, "cleaned", None)], "files[0].size: must be at least one byte");
    one(|t| t.files = vec![file(1, "washed", None)], "files[0].form: must be \"cleaned\" or");
    one(|t| t.files = vec![file(1, "cleaned", Some("../x"))], "files[0].name: must be a plain name");
    one(
        |t| t.files = vec![file(1, "cleaned", Some("a\u{202e}gpj.exe"))],
        "files[0].name: must be a plain name",
    );
    one(|t| t.files = vec![file(1, "cleaned", None); 100], "files: has 100 entries; at most 99 fit");
}

#[test]
fn a_place_has_regions_where_they_are_asked_for() {
    let at = |country: &str, region: &str| {
        let place = Where { country: Some(country.into()), region: Some(region.into()), city: None };
        troubles(|t| t.report.place = Some(place))
    };
    assert!(at("JP", "pref_osaka").is_empty() && at("CN", "tibet").is_empty());
    assert!(at("JP", "tibet")[0].contains("no code of the list `region_jp`"));
    assert!(at("DE", "kanto")[0].contains("regions are asked for in China and Japan only"));
    assert!(at("XX", "kanto")[0].contains("no code of the list `country`"));
}

#[test]
fn relatives_elsewhere_have_a_country_and_incidents_of_their_own() {
    let row = |region: &str, incident: &str| Relative {
        kind: None,
        region: Some(region.into()),
        incident: vec![incident.into()],
    };
    assert!(troubles(|t| t.report.relatives = vec![row("KZ", "contact_cut")]).is_empty());
    assert!(troubles(|t| t.report.relatives = vec![row("gansu", "relative_visit")]).is_empty());
    one(
        |t| t.report.relatives = vec![row("gansu", "assault")],
        "report.relatives[0].incident: must be something",
    );
    one(
        |t| t.report.relatives = vec![row("kanto", "contact_cut")],
        "report.relatives[0].region: `kanto` is no code",
    );
}

#[test]
fn no_more_is_told_of_the_time_than_was_chosen() {
    let when = |precision: &str, year, quarter, month, day| {
        let when = When { precision: Some(precision.into()), year, quarter, month, day };
        troubles(|t| t.report.when = Some(when))
    };
    let y = Some(2024);
    for (fine, last) in [(29, true), (30, false)] {
        assert_eq!(when("day", y, None, Some(2), Some(fine)).is_empty(), last);
    }
    assert!(when("month", y, None, Some(2), None).is_empty());
    assert!(when("quarter", y, Some(4), None, None).is_empty());
    assert!(when("year", y, None, None, None).is_empty());
    assert!(when("unknown", None, None, None, None).is_empty());
    assert!(when("ongoing", None, None, None, None).is_empty());
    assert!(
        when("month", y, None, Some(2), Some(3))[0]
            .starts_with("report.when.day: must be empty; it tells more")
    );
    assert!(when("year", y, Some(1), None, None)[0].starts_with("report.when.quarter: must be empty"));
    assert!(when("unknown", y, None, None, None)[0].starts_with("report.when.year: must be empty"));
    assert!(when("month", y, None, None, None)[0].starts_with("report.when.month: is missing"));
    assert!(when("month", y, None, Some(13), None)[0].starts_with("report.when.month: must be 1 to 12"));
    assert!(when("year", Some(26), None, None, None)[0].starts_with("report.when.year: must be a year"));
}

#[test]
fn escapes_count_as_they_are_written() {
    let mut tip = four_taps();
    tip.report.story = "\u{1}".repeat(8_000);
    assert_eq!(escaped_len(&tip.report.story), 48_000);
    assert!(tip.check().is_empty());
    tip.report.story.push('x');
    assert_eq!(tip.check()[0].trouble, Trouble::StoryTooLong { got: 48_001 });
}
