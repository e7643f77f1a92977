//! A tip's whole way through a real browser: the page is used as a person would, the letterbox keeps it, the desk opens it,
//! and what comes out is compared with what went in, to the byte.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tipline_tests::{Stand, exists, node_folder, program, quick, root, skipped, target};

use crate::papers::publish_board;
use crate::relay::{Cut, Relay};

/// What the browser script writes into the page; with characters that need care on the way.
pub(crate) const STORY: &str = "They said: \"think of your parents\".\nئۇلار يەنە تېلېفون قىلدى · 他们又打电话来了 · 電話 · བོད་ · \u{1f622}\u{202e}\\end";

/// Firefox as Tor Browser's level "Safer" has it: no WebAssembly, and nothing of a page is compiled.
pub(crate) const SAFER: &str = "firefox-esr+safer";

pub(crate) struct Browser {
    script: Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
    /// What the script complains of; read beside the test, so that it stands in the test's own message.
    complaint: Option<std::thread::JoinHandle<String>>,
}

impl Browser {
    /// Starts the script; it prints a line at each point where the test has something to do, and waits for one back.
    pub(crate) fn start(journey: &str, browser: &str, address: &str, files: &[&Path]) -> Self {
        Self::run(&mut Command::new("node"), journey, browser, address, files)
    }

    /// The same in Firefox, which sees the network through Tor's proxy only.
    pub(crate) fn through_tor(socks: &str, journey: &str, address: &str, files: &[&Path]) -> Self {
        Self::run(Command::new("node").env("TIPLINE_SOCKS", socks), journey, "firefox-esr", address, files)
    }

    fn run(node: &mut Command, journey: &str, browser: &str, address: &str, files: &[&Path]) -> Self {
        use std::io::{BufRead as _, Read as _};
        let screens = target().join("screens");
        std::fs::create_dir_all(&screens).unwrap();
        node.current_dir(node_folder())
            .arg(format!("{journey}.mjs"))
            .args([browser, address])
            .arg(screens)
            .arg(STORY)
            .args(files);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut script = node.spawn().unwrap();
        let lines = std::io::BufReader::new(script.stdout.take().unwrap()).lines();
        let mut stderr = script.stderr.take().unwrap();
        let complaint = std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = stderr.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        });
        Self { script, lines, complaint: Some(complaint) }
    }

    /// Waits until the script says this, and lets it go on.
    pub(crate) fn when(&mut self, says: &str, act: impl FnOnce()) {
        use std::io::Write as _;
        assert_eq!(self.next(), says);
        act();
        self.script.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    fn next(&mut self) -> String {
        match self.lines.next() {
            Some(line) => line.unwrap(),
            None => self.stuck(),
        }
    }

    /// What the script found out, and its end.
    pub(crate) fn found(mut self) -> Value {
        let line = self.next();
        let found = serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{line}: {fault}"));
        if !self.script.wait().unwrap().success() {
            self.stuck();
        }
        found
    }

    /// Waits for something that the script brings about, as long as that is patient.
    fn while_it_runs(&mut self, not_yet: impl Fn() -> bool) {
        while not_yet() {
            if self.script.try_wait().unwrap().is_some() {
                self.stuck();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    fn stuck(&mut self) -> ! {
        let ended = self.script.wait().unwrap();
        let complaint = self.complaint.take().unwrap().join().unwrap();
        panic!("the browser script ended with {ended}:\n{complaint}")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // At the end of its input the script ends its browser, which nobody else would.
        drop(self.script.stdin.take());
        for _ in 0..200 {
            if self.script.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

/// The program of a browser, of which the level may stand behind a `+`.
pub(crate) fn program_of(browser: &str) -> &str {
    browser.split('+').next().unwrap_or(browser)
}

fn journey(browser: &str) {
    if quick() || !exists(program_of(browser)) {
        return skipped(&format!("the journey in {browser}: not tried (quick run, or {browser} is missing)"));
    }
    let mut stand = Stand::new(browser);
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let evidence = stand.scratch.at("evidence.bin");
    std::fs::write(&evidence, (0..70_000_u32).map(|i| (i * 7 % 256) as u8).collect::<Vec<_>>()).unwrap();

    let address = stand.address.clone();
    let mut script = Browser::start("journey", browser, &address, &[&photo, &evidence]);
    // The network is cut in the middle: the letterbox is gone when "send" is pressed, and comes back.
    script.when("about to send", || stand.stop());
    script.when("sending failed", || stand.start_again());
    let found = script.found();

    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    let tip = sound_tip(&tips[0]);
    assert_eq!(tip["report"]["story"], STORY);
    assert_eq!(tip["report"]["incident"], serde_json::json!(found["incidents"]));
    assert_eq!(tip["report"]["where"]["country"], "JP");
    assert_eq!(tip["report"]["when"]["precision"], "month");
    assert_eq!(
        std::fs::read(file(&tips[0], "001")).unwrap(),
        cleaned(&photo),
        "the photograph is cleaned as natively"
    );
    assert_eq!(
        std::fs::read(file(&tips[0], "002")).unwrap(),
        std::fs::read(&evidence).unwrap(),
        "evidence stays as it is"
    );
    assert_eq!(tip["files"][0]["form"], "cleaned");
    assert_eq!(tip["files"][1]["form"], "original");
    assert_eq!(found["stored"], serde_json::json!([]), "the page stores nothing");
    let asked: Vec<&str> = found["requests"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let post = format!("POST {}tips/{}", with_slash(&address), tip["epoch"].as_str().unwrap());
    let get = format!("GET {}", with_slash(&address));
    let board = format!("{get}board");
    assert_eq!(
        asked,
        [get.as_str(), &board, &post, &post],
        "no request but the page, the board and the tip, twice because the first was cut"
    );
    assert_eq!(
        found["barriers"],
        serde_json::json!([]),
        "nothing that axe-core calls a barrier on any screen"
    );
    assert_eq!(found["problems"], serde_json::json!([]), "nothing in the browser's console");
}

/// A tip by tapping only: not one key is pressed.
fn taps(browser: &str) {
    if quick() || !exists(program_of(browser)) {
        return skipped(&format!(
            "the tip by tapping only in {browser}: not tried (quick run, or {browser} is missing)"
        ));
    }
    let stand = Stand::new(browser);
    let found = Browser::start("taps", browser, &stand.address, &[]).found();
    assert_eq!(found["keys"], 0);
    assert!(found["left"].as_str().unwrap().starts_with("about:blank"), "Leave leads nowhere else");
    let tips = stand.fetch_and_open();
    let tip = sound_tip(&tips[0]);
    assert_eq!(tip["report"]["incident"], serde_json::json!(found["incidents"]));
    assert_eq!(tip["report"]["story"], "");
}

#[test]
fn a_tip_travels_from_chromium_to_the_desk_unchanged() {
    journey("chromium");
}

#[test]
fn a_tip_travels_from_firefox_to_the_desk_unchanged() {
    journey("firefox-esr");
}

#[test]
fn a_tip_travels_from_firefox_at_the_level_safer_to_the_desk_unchanged() {
    journey(SAFER);
}

#[test]
fn a_tip_can_be_sent_by_tapping_only_in_chromium() {
    taps("chromium");
}

#[test]
fn a_tip_can_be_sent_by_tapping_only_in_firefox() {
    taps("firefox-esr");
}

#[test]
fn a_page_that_stayed_open_past_its_week_loses_nothing_and_takes_the_next_keys() {
    if quick() || !exists("chromium") {
        return skipped("the page that stayed open: not tried (quick run, or chromium is missing)");
    }
    let stand = Stand::new("late");
    publish_board(&stand, |_| {});
    let found = Browser::start("late", "chromium", &stand.address, &[]).found();
    assert_eq!(found["problems"], serde_json::json!([]));
    let posts: Vec<&str> = found["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .filter(|r| r.starts_with("POST"))
        .collect();
    assert_eq!(posts.len(), 2);
    assert_ne!(posts[0], posts[1], "the second goes to the next week");
    let worse = found["worse"].as_str().unwrap();
    assert!(worse.contains("The next notice was due on"), "what grew worse is said before it goes: {worse}");
    let tips = stand.fetch_and_open();
    assert_eq!(sound_tip(&tips[0])["report"]["story"], "written before the week was over");
}

/// Sends a file of so many bytes through a line that breaks in the middle of part `breaks`, where it breaks at all, and
/// before that in the answer to part 0; the letterbox is started anew before the line comes back.
fn large(browser: &str, len: u32, breaks: Option<u32>, way: &str) {
    if quick() || !exists(browser) {
        return skipped(&format!(
            "a tip of {len} bytes in {browser}: not tried (quick run, or {browser} is missing)"
        ));
    }
    let mut stand = Stand::new(browser);
    let evidence = stand.scratch.at("evidence.bin");
    std::fs::write(&evidence, (0..len).map(|i| (i / 251 + i % 251) as u8).collect::<Vec<_>>()).unwrap();
    let letterbox = stand.address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let part = |number| format!("PUT /uploads/parts/{number}");
    let mut cuts =
        breaks.map_or(vec![], |number| vec![(part(number), Cut::Gone(500_000)), (part(0), Cut::Tail(100))]);
    let relay = Relay::new(letterbox, move |line| match cuts.pop_if(|(part, _)| part == line) {
        Some((_, cut)) => cut,
        None => Cut::No,
    });

    let address = format!("http://{}/", relay.at);
    let mut script = Browser::start("upload", browser, &address, &[&evidence, Path::new(way)]);
    if breaks.is_some() {
        script.while_it_runs(|| relay.is_open());
        if way == "stop" {
            script.when("sending", || {});
            script.when("stopped", || {});
        }
        stand.kill();
        stand.start_again();
        relay.open();
    }
    let found = script.found();
    for nothing in ["problems", "barriers", "stored"] {
        assert_eq!(found[nothing], serde_json::json!([]), "{nothing}");
    }
    assert_eq!(relay.sent_again(), Vec::<String>::new(), "what was acknowledged is not sent again");
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    assert_eq!(sound_tip(&tips[0])["report"]["story"], STORY);
    let got = std::fs::read(file(&tips[0], "001")).unwrap();
    assert!(got == std::fs::read(&evidence).unwrap(), "{} bytes came out otherwise", got.len());
}

#[test]
fn a_large_tip_from_chromium_goes_on_after_it_was_stopped_and_the_letterbox_killed() {
    large("chromium", 5 << 20, Some(2), "stop");
}

#[test]
fn a_large_tip_from_firefox_goes_on_by_itself_after_the_letterbox_was_killed() {
    large("firefox-esr", 5 << 20, Some(2), "wait");
}

#[test]
fn a_tip_of_sixty_mebibytes_travels_from_chromium_to_the_desk_unchanged() {
    large("chromium", 60 << 20, None, "wait");
}

/// The letterbox is started anew with this much of the disk kept for small tips.
fn started_with_reserve(stand: &mut Stand, percent: u8) {
    let limits = format!("[limits]\nlarge_stop_percent = 100\nsmall_reserve_percent = {percent}\n");
    std::fs::write(stand.scratch.at("tipline.toml"), limits).unwrap();
    stand.start_again();
}

#[test]
fn a_large_tip_from_firefox_waits_while_the_letterbox_is_full_and_loses_no_part() {
    if quick() || !exists("firefox-esr") {
        return skipped("the full letterbox in Firefox: not tried (quick run, or firefox-esr is missing)");
    }
    let mut stand = Stand::new("full");
    let evidence = stand.scratch.at("evidence.bin");
    std::fs::write(&evidence, (0..5_u32 << 20).map(|i| (i / 251 + i % 251) as u8).collect::<Vec<_>>())
        .unwrap();
    let letterbox = stand.address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let mut first = true;
    let relay = Relay::new(letterbox, move |line| match line {
        "PUT /uploads/parts/3" if std::mem::take(&mut first) => Cut::Gone(500_000),
        _ => Cut::No,
    });
    let mut script = Browser::start("full", "firefox-esr", &format!("http://{}/", relay.at), &[&evidence]);
    script.when("sending", || {
        while relay.is_open() {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        stand.stop();
        started_with_reserve(&mut stand, 98);
        relay.open();
    });
    script.when("full", || {
        stand.stop();
        started_with_reserve(&mut stand, 10);
    });
    let found = script.found();
    for nothing in ["problems", "barriers"] {
        assert_eq!(found[nothing], serde_json::json!([]), "{nothing}");
    }
    let waits = found["waits"].as_array().unwrap();
    assert!(waits.len() >= 2, "{found}");
    for wait in waits {
        let seconds = wait["ms"].as_u64().unwrap() / 1_000;
        assert!((30..=300).contains(&seconds), "{wait}");
        assert!(wait["said"].as_str().unwrap().contains(&format!("in {seconds} seconds")), "{wait}");
    }
    let refused = relay.seen().iter().filter(|seen| seen.status == Some(503)).count();
    assert!(refused >= 2, "it was refused {refused} times");
    assert_eq!(relay.sent_again(), Vec::<String>::new(), "what was acknowledged is not sent again");
    let begun = relay.seen().iter().filter(|seen| seen.line == "POST /uploads").count();
    assert_eq!(begun, 1, "the same upload goes on");
    let tips = stand.fetch_and_open();
    assert_eq!(tips.len(), 1, "{tips:?}");
    assert_eq!(sound_tip(&tips[0])["report"]["story"], STORY);
    let got = std::fs::read(file(&tips[0], "001")).unwrap();
    assert!(got == std::fs::read(&evidence).unwrap(), "{} bytes came out otherwise", got.len());
}

/// The same way with the source's command instead of the page.
#[test]
fn a_tip_travels_from_the_command_to_the_desk_unchanged() {
    let stand = Stand::new("seal");
    let sample = root().join("xtask/sample");
    let photo = root().join("crates/scrub/tests/data/photo.jpg");
    let mut seal = Command::new(program("tipline-seal"));
    seal.arg("--report")
        .arg(sample.join("report.json"))
        .arg("--file")
        .arg(&photo)
        .arg("--original")
        .arg(&photo);
    tipline_tests::must(seal.args(["--to-site", &stand.address, "--fingerprint", &stand.fingerprint]));
    let tips = stand.fetch_and_open();
    assert_eq!(std::fs::read(file(&tips[0], "001")).unwrap(), cleaned(&photo));
    assert_eq!(std::fs::read(file(&tips[0], "002")).unwrap(), std::fs::read(&photo).unwrap());
    let sent: Value = serde_json::from_slice(&std::fs::read(sample.join("report.json")).unwrap()).unwrap();
    let got = sound_tip(&tips[0]);
    assert_eq!(got["report"]["story"], sent["report"]["story"]);
    // Nothing that was planted in the photograph is left, wherever it may stand.
    let clean = cleaned(&photo);
    for planted in ["anary", "photoshop", "ns.adobe.com", "ICC_PROFILE"] {
        assert!(!clean.windows(planted.len()).any(|w| w == planted.as_bytes()), "{planted}");
    }
    assert!(
        std::fs::read(&photo).unwrap().windows(6).any(|w| w == b"Canary"),
        "the sample has something to lose"
    );
}

/// The opened tip.json, which must keep every rule for makers and be written as the format says.
pub(crate) fn sound_tip(tip: &Path) -> Value {
    let json = std::fs::read(tip.join("tip.json")).unwrap();
    let strict = tipline_report::Tip::from_json(&json).unwrap();
    assert_eq!(strict.check(), []);
    assert_eq!(
        String::from_utf8(strict.to_json().unwrap()).unwrap(),
        String::from_utf8(json.clone()).unwrap()
    );
    serde_json::from_slice(&json).unwrap()
}

/// The opened file with this number, whatever ending the desk gave it.
pub(crate) fn file(tip: &Path, number: &str) -> PathBuf {
    let files = std::fs::read_dir(tip.join("files")).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == number);
    files.into_iter().find(named).unwrap_or_else(|| panic!("no file {number} in {}", tip.display()))
}

fn with_slash(address: &str) -> String {
    format!("{}/", address.trim_end_matches('/'))
}

/// The photograph as the native scrub cleans it.
pub(crate) fn cleaned(photo: &Path) -> Vec<u8> {
    use tipline_scrub::{Piece, Planner, Step};
    let bytes = std::fs::read(photo).unwrap();
    let mut planner = Planner::new(bytes.len() as u64);
    while let Step::Read { at, len } = planner.step() {
        planner.feed(&bytes[at as usize..at as usize + len]);
    }
    let plan = planner.into_plan().unwrap();
    let mut out = Vec::new();
    while let Some(piece) = plan.piece(out.len() as u64, 65_536) {
        match piece {
            Piece::Source { at, len } => out.extend_from_slice(&bytes[at as usize..at as usize + len]),
            Piece::Literal(literal) => out.extend_from_slice(literal),
            Piece::Zeros(len) => out.resize(out.len() + len, 0),
        }
    }
    out
}
