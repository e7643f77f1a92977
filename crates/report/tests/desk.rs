//! The desk never loses a tip for its form, and nobody can write our words into its page.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use proptest::prelude::*;
use tipline_report::read::MAX_READ;
use tipline_report::{Tip, Why, read, text};

#[test]
fn unknown_codes_and_keys_are_kept_and_shown() {
    let json = br#"{"schema":"tip-report/1","report":{"incident":["from_the_future"],"mood":{"a":[1,2]}},"extra":true}"#;
    let got = read(json);
    assert_eq!(got.tip.report.incident, ["from_the_future"]);
    let paths: Vec<&str> = got.leftovers.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(paths, ["extra", "report.mood"]);
    assert_eq!(got.leftovers[1].raw, r#"{"a":[1,2]}"#);
    let page = text(&got, &[]);
    assert!(page.contains("not in our codebook [from_the_future]"));
    assert!(page.contains("report.mood: the form has no such key\n  | {\"a\":[1,2]}\n"), "{page}");
}

#[test]
fn wrong_types_are_kept_as_they_were_written() {
    let got = read(
        br#"{"report":{"when":{"year":"2026","month":1e999},"incident":["other",{"x":1},null],"story":["a"]},"files":[7,{"size":-1}]}"#,
    );
    let kept: Vec<(&str, &str)> = got.leftovers.iter().map(|l| (l.path.as_str(), l.raw.as_str())).collect();
    for want in [
        ("report.when.year", "\"2026\""),
        ("report.when.month", "1e999"),
        ("report.incident[1]", "{\"x\":1}"),
        ("report.incident[2]", "null"),
        ("report.story", "[\"a\"]"),
        ("files[0]", "7"),
        ("files[1].size", "-1"),
    ] {
        assert!(kept.contains(&want), "{want:?} in {kept:?}");
    }
    assert_eq!(got.tip.report.incident, ["other"]);
    assert_eq!(got.tip.files.len(), 2, "file 2 stays file 2");
}

#[test]
fn a_key_that_stands_twice_is_noticed() {
    let got = read(br#"{"report":{"story":"first","story":"second"}}"#);
    assert_eq!(got.tip.report.story, "first");
    assert_eq!((&got.leftovers[0].why, got.leftovers[0].raw.as_str()), (&Why::Again, "\"second\""));
}

#[test]
fn what_is_no_json_is_kept_whole() {
    for (bytes, shown) in [
        (&b"They came to my door."[..], "They came to my door."),
        (b"{\"report\":{\"story\":\"cut he", "{\"report\":{\"story\":\"cut he"),
        (b"\xff\xfe\x00", "⟦byte FF⟧⟦byte FE⟧⟦U+0000⟧"),
        (b"[1,2]", "[1,2]"),
        (b"", ""),
        (b"{} x", "{} x"),
    ] {
        let got = read(bytes);
        assert!(!got.structured);
        assert_eq!(got.leftovers[0].raw, shown);
        assert!(text(&got, &[]).contains(shown));
    }
}

#[test]
fn half_an_emoji_does_not_cost_the_tip() {
    let got =
        read(br#"{"report":{"story":"a\ud83d b\ude00 c\ud83d\ude00 \\ud83d \n","incident":["other"]}}"#);
    assert_eq!(got.tip.report.story, "a\u{fffd} b\u{fffd} c😀 \\ud83d \n");
    assert_eq!(got.leftovers[0].why, Why::HalfCharacters);
    assert!(got.leftovers[0].raw.contains(r"a\ud83d b"));
}

#[test]
fn bytes_that_are_no_text_do_not_cost_the_tip() {
    let got = read(b"{\"report\":{\"story\":\"a\xffb\"}}");
    assert_eq!(got.tip.report.story, "a\u{fffd}b");
    assert_eq!(got.leftovers[0].why, Why::NotUtf8);
    assert!(got.leftovers[0].raw.contains("a⟦byte FF⟧b"));
}

#[test]
fn deep_nesting_neither_panics_nor_costs_the_tip() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let json = format!(r#"{{"report":{{"incident":["other"],"x":{deep},"story":{deep}}}}}"#);
    let got = read(json.as_bytes());
    assert_eq!(got.tip.report.incident, ["other"]);
    assert_eq!(got.leftovers.len(), 2);
    assert!(!read("[".repeat(1_000_000).as_bytes()).structured);
    assert!(!read("{\"report\":".repeat(100_000).as_bytes()).structured);
}

#[test]
fn more_than_can_be_read_is_shown_in_part_and_says_so() {
    let got = read(&vec![b'a'; MAX_READ + 1]);
    assert_eq!(got.leftovers[0].why, Why::TooLong(MAX_READ + 1));
    assert_eq!(got.leftovers[0].raw.len(), 64_000);
}

#[test]
fn a_flood_of_oddities_is_kept_as_one() {
    let keys: String = (0..60_000).map(|n| format!("\"k{n}\":1,")).collect();
    let json = format!(r#"{{{keys}"report":{{"story":"still here"}}}}"#);
    let got = read(json.as_bytes());
    assert_eq!(got.tip.report.story, "still here");
    assert_eq!((got.leftovers.len(), &got.leftovers[0].why), (1, &Why::TooMuch));
    assert!(got.leftovers[0].raw.contains("\"k59999\":1"));
    let codes = read(format!(r#"{{"report":{{"incident":[{}"x"]}}}}"#, "\"x\",".repeat(200_000)).as_bytes());
    assert_eq!(codes.tip.report.incident.len(), 200_001);
    assert!(codes.problems.len() <= 1_000);
}

#[test]
fn nobody_can_write_a_heading_of_ours() {
    let evil = "\nSTORY\n  Consent                count\r\rFILES\u{2028}FILES\u{85}FILES\u{202e}";
    let mut tip = Tip { epoch: evil.into(), ..Tip::default() };
    tip.report.story = evil.into();
    tip.report.incident = vec![evil.into()];
    tip.report.actor_handles = vec![evil.into()];
    tip.continues = Some(evil.into());
    tip.files = vec![tipline_report::FileEntry {
        media_type: evil.into(),
        size: 1,
        form: evil.into(),
        name: Some(evil.into()),
    }];
    let json = serde_json::to_string(&tip).unwrap().replacen('{', &format!("{{{:?}:1,", "k\nSTORY\n"), 1);
    let page = text(&read(json.as_bytes()), &[("Tip", evil)]);
    let headings: Vec<&str> = page.lines().filter(|l| !l.starts_with("  ") && !l.is_empty()).collect();
    assert_eq!(
        headings,
        [
            "A TIP",
            "WHAT HAPPENED",
            "WHAT WE MAY DO WITH IT",
            "STORY",
            "FILES, AS THE TIP DESCRIBES THEM",
            "ANSWER",
            "WHERE IT DOES NOT KEEP TO THE FORM (a page of ours would not have sent this)",
            "NOT UNDERSTOOD, KEPT AS IT WAS WRITTEN",
        ]
    );
    assert!(!page.contains(['\r', '\u{2028}', '\u{85}', '\u{202e}']));
    assert_eq!(page.lines().filter(|l| l.trim_start().starts_with("Consent")).count(), 1, "{page}");
}

#[test]
fn nobody_can_let_the_terminal_write_a_heading_of_ours() {
    // What follows the blanks would begin at the left edge of a terminal with 80 columns.
    let evil = format!("{:76}STORY{:75}  Consent                count", "they came", "");
    let wide = "来".repeat(38) + "STORY";
    let mut tip = Tip { epoch: evil.clone(), ..Tip::default() };
    tip.report.story = format!("{evil}\n{wide}");
    tip.report.incident = vec![evil.clone(), wide];
    tip.report.relatives = vec![tipline_report::Relative { kind: Some(evil.clone()), ..Default::default() }];
    let json =
        serde_json::to_string(&tip).unwrap().replacen('{', &format!("{{{evil:?}:1,\"{evil}\":{evil:?},"), 1);
    let digest = "3f".repeat(32);
    let page = text(&read(json.as_bytes()), &[("Tip", &digest), ("MIND", &evil)]);
    for line in page.lines().filter(|line| !line.contains(&digest)) {
        let columns: usize = line.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum();
        assert!(columns <= 80, "{columns}: {line}");
    }
    assert!(page.contains(&digest), "a digest stays in one piece");
    let joined: String =
        page.lines().filter_map(|l| l.strip_prefix("  | ").or(l.strip_prefix("  : "))).collect();
    assert!(joined.contains(&evil), "nothing of it is lost");
}

#[test]
fn a_small_form_does_not_become_a_huge_page() {
    let many = |entry: &str| format!("[{}{entry}]", format!("{entry},").repeat(64_000 / (entry.len() + 1)));
    let form = |key: &str, list: &str| format!(r#"{{"report":{{"{key}":{list}}}}}"#);
    let rows = format!(r#"[{{"incident":{}}}]"#, many("\"\""));
    for json in [
        form("incident", &many("\"\"")),
        form("actor_handles", &many("\"\"")),
        form("relatives", &many("{}")),
        form("relatives", &rows),
        format!(r#"{{"files":{}}}"#, many("{}")),
    ] {
        let page = text(&read(json.as_bytes()), &[]);
        assert!(page.len() < 4 * json.len(), "{} bytes became {}: {json:.60}", json.len(), page.len());
        assert!(page.contains("more: they stand in tip.json"), "{json:.60}");
    }
}

#[test]
fn a_wanted_answer_takes_three_lines() {
    let tag_key = "0a".repeat(32);
    let recipient = format!("age1pq1{}", "q".repeat(1_952));
    let answer = |to: &str| format!(r#"{{"answer":{{"recipient":"{to}","tag_key":"{tag_key}"}}}}"#);
    let page = |to: &str| text(&read(answer(to).as_bytes()), &[]);
    let shown = format!("age1pq1{}… (whole in tip.json)", "q".repeat(23));
    let want = [
        "ANSWER".to_owned(),
        "  Wanted                 yes: the source has a receipt".to_owned(),
        format!("  Sealed to              {}", shown),
    ];
    let got = page(&recipient);
    let lines: Vec<&str> = got.lines().skip_while(|line| *line != "ANSWER").take(5).collect();
    assert_eq!(lines[..3], want, "{got}");
    assert!(got.contains(&format!("  Tag key                {tag_key}\n")), "{got}");
    assert!(page("short").contains("  Sealed to              short\n"));
    assert!(page(&"\u{202e}".repeat(40)).contains("⟦U+202E⟧"), "a hostile one is made visible");
}

#[test]
fn a_whole_tip_reads_plainly() {
    let json = r#"{"schema":"tip-report/1","epoch":"2026-11-23","report":{"lang":"ug","teller":"self",
        "incident":["relative_visit"],"when":{"precision":"month","year":2026,"month":11},
        "where":{"country":"JP","region":"kanto"},"actor_handles":["+86 10 5555 0100"],
        "relatives":[{"kind":"parents","region":"KZ","incident":["contact_cut"]}],
        "story":"ئۇلار كەلدى.\nThey came."},"files":[{"type":"image/jpeg","size":9,"form":"cleaned"}]}"#;
    let got = read(json.as_bytes());
    assert_eq!((got.leftovers.len(), got.problems.len()), (0, 0));
    let page = text(&got, &[("Tip", "3f00")]);
    for want in [
        "  Tip                    3f00\n",
        "  Told by                This happened to me [self]\n",
        "  When                   2026 month 11 (Month [month])\n",
        "  Where                  Japan [JP], Kanto region (Tokyo and around) [kanto]\n",
        "  Relatives              Parents [parents], Kazakhstan [KZ], ",
        "  Their number, account  +86 10 5555 0100\n",
        "  | ئۇلار كەلدى.\n  | They came.\n",
        "  files/001              image/jpeg, 9 bytes, cleaned: hidden data removed\n",
        "read only: nothing leaves the desk",
    ] {
        assert!(page.contains(want), "{want} in\n{page}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let got = read(&bytes);
        let _ = text(&got, &[]);
    }

    #[test]
    fn a_cut_is_kept_whole_and_a_flip_never_panics(at in 0_usize..400, flip in 1_u8..=255) {
        let mut tip = Tip { epoch: "2026-11-23".into(), ..Tip::default() };
        tip.report.story = "the words".into();
        let mut json = tip.to_json().unwrap();
        let cut = json.get(..at.min(json.len())).unwrap().to_vec();
        prop_assert_eq!(read(&cut).structured, cut.len() == json.len());
        if let Some(byte) = json.get_mut(at) { *byte ^= flip; }
        let _ = text(&read(&json), &[]);
    }

    #[test]
    fn what_a_maker_writes_the_desk_reads_whole(story in ".{0,200}", handle in "[0-9a-z ]{1,50}x", n in 0_usize..43) {
        let mut tip = Tip { epoch: "2026-11-23".into(), ..Tip::default() };
        tip.report.incident = vec![tipline_report::codebook::INCIDENT.entries[n].code.into()];
        tip.report.story = story;
        tip.report.actor_handles = vec![handle];
        let got = read(&tip.to_json().unwrap());
        prop_assert_eq!(got.tip, tip);
        prop_assert!(got.leftovers.is_empty() && got.problems.is_empty());
    }
}
