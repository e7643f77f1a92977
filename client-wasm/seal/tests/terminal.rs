//! On a real terminal, as `script` makes one: asked by itself, cleared at every end, whatever ends it.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may fail loudly, listen, read the clock and draw random numbers"
)]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use support::{CLEARED, Folder, Letterbox, Reply, http, open, sound_page};
use tipline_wire::date::Date;

fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Date::from_unix(since.as_secs()).unwrap()
}

/// The command there; `None` where `script` is not installed.
fn on_a_terminal(args: &str, pid: Option<&str>) -> Option<Child> {
    if Command::new("script").arg("--version").output().is_err() {
        println!("SKIPPED: script is not installed");
        return None;
    }
    let known = pid.map(|file| format!("echo $$ > {file}; ")).unwrap_or_default();
    let command = format!("{known}exec {} {args}", env!("CARGO_BIN_EXE_tipline-seal"));
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-c", &command, "/dev/null"]).env("TERM", "xterm");
    Some(script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Types, waits until that was said, and goes on; then gives what was said to the end.
fn type_until(child: &mut Child, steps: &[(&str, &str)]) -> String {
    let mut typing = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (mut said, mut from, mut byte) = (Vec::new(), 0, [0]);
    for (wait, keys) in steps {
        while !String::from_utf8_lossy(&said[from..]).contains(wait) {
            match screen.read(&mut byte) {
                Ok(1) => said.push(byte[0]),
                _ => panic!("{wait}: {}", String::from_utf8_lossy(&said)),
            }
        }
        from = said.len();
        typing.write_all(keys.as_bytes()).unwrap();
    }
    let _ = screen.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Asked without a flag, and cleared at the end.
#[test]
fn on_a_real_terminal_it_asks_by_itself_and_clears_the_screen() {
    let folder = Folder::new("terminal");
    let (page, out) = (folder.write("page.html", &sound_page("any", today())), folder.path("tip.age"));
    let Some(mut child) = on_a_terminal(&format!("--lang en --intake {page} --out {out}"), None) else {
        return;
    };
    let said = type_until(
        &mut child,
        &[("Are these six groups", "1\n1\n\n\n\n1\n"), ("This is enough", "3\n1\n1\n")],
    );
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("It is saved, locked, as ") && said.contains(CLEARED), "{said}");
    assert_eq!(open(&fs::read(out).unwrap()).len(), 1);
}

/// Ctrl-C wherever somebody may press it: the screen is empty, no receipt stays on the other one, one sentence says what was
/// sent, and the exit code is an interrupt's.
#[test]
fn ctrl_c_at_any_moment_empties_the_screen_and_says_what_was_sent() {
    const FORM: &str = "1\n1\n\n\n\n1\n";
    let today = today();
    let letterbox = Letterbox::sound("any", today);
    let page = sound_page("any", today);
    let silent = Letterbox::new(move |_, request| {
        let never = Reply::Drip(vec![b'H'; 1_000_000]);
        if request.head.starts_with("GET") { Reply::Keep(http("200 OK", &page)) } else { never }
    });
    let nothing = "Nothing was sent.";
    let enough = ("This is enough", "2\nmy own words\n");
    let story = ("single dot ends it", ".\n\n");
    /// The letterbox, what is typed after what was said, and the sentence at the end.
    type Case<'a> = (&'a Letterbox, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 6] = [
        (&letterbox, &[("Are these six groups", "\x03")], nothing),
        (&letterbox, &[("Are these six groups", FORM), enough, ("single dot ends it", "\x03")], nothing),
        (
            &letterbox,
            &[
                ("Are these six groups", FORM),
                enough,
                story,
                ("read an answer?", "2\n"),
                ("press Enter", "\x03\x03"),
            ],
            nothing,
        ),
        (
            &letterbox,
            &[
                ("Are these six groups", FORM),
                enough,
                story,
                ("read an answer?", "2\n"),
                ("press Enter", "\n"),
                ("Type number", "\x03"),
            ],
            nothing,
        ),
        (
            &letterbox,
            &[
                ("Are these six groups", FORM),
                enough,
                story,
                ("read an answer?", "1\n"),
                ("Lock and send", "1\n"),
                ("Add photographs", "\x03"),
            ],
            "What you sent before is kept.",
        ),
        (
            &silent,
            &[
                ("Are these six groups", FORM),
                enough,
                story,
                ("read an answer?", "1\n"),
                ("Lock and send", "1\n"),
                ("Sending: 100 %", "\x03"),
            ],
            "You stopped it. It may or may not have arrived.",
        ),
    ];
    for (letterbox, steps, sentence) in cases {
        let args = format!("--ask --lang en --to-site {}", letterbox.at);
        let Some(mut child) = on_a_terminal(&args, None) else { return };
        let said = type_until(&mut child, steps);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        let (_, after) = said.rsplit_once(CLEARED).unwrap_or_else(|| panic!("{said}"));
        assert!(after.contains(sentence) && after.lines().count() <= 3, "{after}");
        assert!(!after.contains("my own words") && !after.contains("tipline-seal:"), "{after}");
        assert!(
            said.rfind("\u{1b}[?1049h") <= said.rfind("\u{1b}[?1049l"),
            "the other screen is left: {said}"
        );
    }
}

/// A terminal that is closed, and a computer that is shut down.
#[test]
fn a_closed_terminal_ends_it_like_ctrl_c() {
    let folder = Folder::new("closed");
    let today = today();
    let page = folder.write("page.html", &sound_page("any", today));
    for (signal, code) in [("HUP", 129), ("TERM", 143), ("QUIT", 131)] {
        let (pid, out) = (folder.path("pid"), folder.path("tip.age"));
        let args = format!("--ask --lang en --intake {page} --out {out}");
        let Some(mut child) = on_a_terminal(&args, Some(&pid)) else { return };
        let ender = std::thread::spawn({
            let pid = pid.clone();
            move || {
                let known = || fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n'));
                while !known() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                std::thread::sleep(Duration::from_millis(700));
                let pid = fs::read_to_string(&pid).unwrap();
                Command::new("kill").args(["-s", signal, pid.trim()]).status().unwrap()
            }
        });
        let said = type_until(&mut child, &[("Are these six groups", "1\n1\n")]);
        assert!(ender.join().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{said}");
        let (_, after) = said.rsplit_once(CLEARED).unwrap_or_else(|| panic!("{said}"));
        assert!(after.contains("Nothing was sent."), "{after}");
        fs::remove_file(pid).unwrap();
    }
}
