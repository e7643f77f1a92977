//! The command line, once, as a checked value. There is no flag for text: what is told never stands in a command.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};

use lexopt::prelude::*;
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::recipient::Recipient;
use tipline_wire::sshsig::Fingerprint;

use crate::address::{self, Address};
use crate::language::{LANGUAGES, Language};
use crate::order::{Command, Delivery, Form, Given, Order, Output, Single, Source, Wanted, Way};

/// The text of `--help`.
pub const HELP: &str = include_str!("help.txt");
/// Tor's own SOCKS port.
const TOR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9_050);
/// Letters and digits of a fingerprint's six groups.
const GROUPED: usize = 24;

/// What is wrong with the command itself.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An unknown flag, or one without its value.
    #[error("{0}. See tipline-seal --help")]
    Flag(#[from] lexopt::Error),
    /// A bare word: perhaps somebody's words.
    #[error(
        "only options are taken, and what you want to tell goes into a report, never into the command. See tipline-seal \
         --help"
    )]
    Word,
    /// The address of the letterbox.
    #[error("reading --to-site: {0}")]
    Address(#[from] address::AddressError),
    /// The address of the proxy.
    #[error(
        "reading --socks: a number address of this machine or its own network is needed, with its port, as 127.0.0.1:9050"
    )]
    Proxy,
    /// The fingerprint.
    #[error(
        "reading --fingerprint: it is SHA256: and 43 letters and digits, or six groups of four in quotation marks, exactly as \
         on paper"
    )]
    Fingerprint,
    /// The recipient.
    #[error("reading --to: {0}")]
    Recipient(&'static str),
    /// The canary.
    #[error(
        "reading --canary: it is 32 of the digits 0 to 9 and a to f, as `openssl rand -hex 16` makes them"
    )]
    Canary,
    /// The language.
    #[error("reading --lang: this build speaks {0}")]
    Language(String),
    /// The receipt.
    #[error(
        "reading --receipt: it is `new`, or `typed` for one that you have on paper; its numbers never stand in a command"
    )]
    Receipt,
    /// The week.
    #[error(
        "reading --week: it is the Monday on which the week of the message's keys begins, as 2026-11-23; --send needs it, and \
         it was said when the message was saved"
    )]
    Week,
    /// Flags that don't go together, or that are missing.
    #[error("{0}. See tipline-seal --help")]
    Together(&'static str),
}

/// Reads the command line, without the program's name.
///
/// # Errors
/// See [`UsageError`].
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut raw = Raw::default();
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Long("template") => return Ok(Command::Template),
            Long("codes") => raw.codes = true,
            Long("json") => raw.json = true,
            Long("report") => once(&mut raw.report, parser.value()?)?,
            Long("file") => raw.files.push(given(parser.value()?, Form::Cleaned)),
            Long("original") => raw.files.push(given(parser.value()?, Form::Original)),
            Long("to-site") => once(&mut raw.site, parser.value()?.string()?)?,
            Long("socks") => once(&mut raw.socks, parser.value()?.string()?)?,
            Long("intake") => once(&mut raw.intake, parser.value()?)?,
            Long("out") => once(&mut raw.out, parser.value()?)?,
            Long("fingerprint") => once(&mut raw.fingerprint, parser.value()?.string()?)?,
            Long("canary") => once(&mut raw.canary, parser.value()?.string()?)?,
            Long("ask") => raw.ask = true,
            Long("lang") => once(&mut raw.lang, language(&parser.value()?.string()?)?)?,
            Long("receipt") => once(&mut raw.receipt, wanted(&parser.value()?.string()?)?)?,
            Long("send") => once(&mut raw.send, parser.value()?)?,
            Long("week") => once(&mut raw.week, parser.value()?.string()?)?,
            Long("to") => once(&mut raw.to, parser.value()?.string()?)?,
            // Without --to a bare word may be somebody's words.
            Value(file) => raw.words.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    raw.command()
}

/// The flags as they were given.
#[derive(Default)]
struct Raw {
    report: Option<OsString>,
    files: Vec<Given>,
    site: Option<String>,
    socks: Option<String>,
    intake: Option<OsString>,
    out: Option<OsString>,
    fingerprint: Option<String>,
    canary: Option<String>,
    to: Option<String>,
    send: Option<OsString>,
    week: Option<String>,
    lang: Option<&'static Language>,
    receipt: Option<Wanted>,
    words: Vec<OsString>,
    ask: bool,
    codes: bool,
    json: bool,
}

impl Raw {
    fn command(mut self) -> Result<Command, UsageError> {
        if self.codes && self.words.is_empty() {
            return Ok(Command::Codes(self.output(), self.lang));
        }
        if let Some(file) = self.send.take() {
            return self.delivery(file).map(|delivery| Command::Deliver(Box::new(delivery)));
        }
        if self.week.is_some() {
            return Err(UsageError::Together("--week goes with --send only"));
        }
        match self.to.take() {
            Some(to) => self.single(&to).map(|single| Command::Single(Box::new(single))),
            None if !self.words.is_empty() => Err(UsageError::Word),
            None => self.order().map(|order| Command::Seal(Box::new(order))),
        }
    }

    fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Words }
    }

    fn delivery(self, file: OsString) -> Result<Delivery, UsageError> {
        let output = self.output();
        let of_a_new_tip = self.report.is_some()
            || !self.files.is_empty()
            || self.intake.is_some()
            || self.out.is_some()
            || self.canary.is_some()
            || self.receipt.is_some()
            || self.lang.is_some()
            || self.ask
            || self.to.is_some();
        let alone = UsageError::Together(
            "--send takes a sealed file as it is: --to-site, --socks, --fingerprint and --week go with it, nothing else",
        );
        if of_a_new_tip {
            return Err(alone);
        }
        if !self.words.is_empty() {
            return Err(UsageError::Word);
        }
        let week = |text: &str| Date::parse(text).filter(|date| date.is_monday()).ok_or(UsageError::Week);
        let week = week(self.week.as_deref().unwrap_or_default())?;
        let fingerprint = self.fingerprint.as_deref().map(fingerprint).transpose()?.unwrap_or_default();
        match way(self.site, self.socks, None, false)? {
            Way::Site { address, proxy } => {
                Ok(Delivery { file: file.into(), week, address, proxy, fingerprint, output })
            }
            Way::Document(_) => Err(alone),
        }
    }

    fn single(self, to: &str) -> Result<Single, UsageError> {
        let of_a_tip = self.report.is_some()
            || !self.files.is_empty()
            || self.site.is_some()
            || self.socks.is_some()
            || self.intake.is_some()
            || self.fingerprint.is_some()
            || self.canary.is_some()
            || self.receipt.is_some()
            || self.lang.is_some()
            || self.ask
            || self.json;
        let [file] = self.words.as_slice() else {
            return Err(UsageError::Together("--to RECIPIENT seals exactly one file: name it behind"));
        };
        if of_a_tip {
            return Err(UsageError::Together("--to seals a file for one recipient: only --out goes with it"));
        }
        let out = self.out.unwrap_or_else(|| [file.as_os_str(), ".age".as_ref()].into_iter().collect());
        Ok(Single { to: recipient(to)?, file: file.into(), out: out.into() })
    }

    fn order(self) -> Result<Order, UsageError> {
        let tells = self.report.is_some() || !self.files.is_empty() || self.canary.is_some();
        if tells && self.ask {
            return Err(UsageError::Together(
                "--ask asks for everything itself: leave out --report, --file and --canary",
            ));
        }
        if self.receipt.is_some() && !tells {
            return Err(UsageError::Together(
                "--receipt goes with --report or --file; who is asked is asked for it too",
            ));
        }
        if self.files.len() > tipline_report::bounds::MAX_FILES {
            return Err(UsageError::Together(
                "a message holds at most 99 files: send the rest in a second one",
            ));
        }
        let report = match self.report {
            Some(dash) if dash == "-" => Some(Source::Stdin),
            Some(file) => Some(Source::File(file.into())),
            None if tells => None,
            None if self.ask => Some(Source::Person),
            None => Some(Source::PersonIfThere),
        };
        if self.receipt == Some(Wanted::Typed) && report == Some(Source::Stdin) {
            return Err(UsageError::Together(
                "--receipt typed is read from standard input: give the report as a file",
            ));
        }
        let fingerprint = self.fingerprint.as_deref().map(fingerprint).transpose()?.unwrap_or_default();
        let way = way(self.site, self.socks, self.intake, self.out.is_some())?;
        let output = if self.json { Output::Json } else { Output::Words };
        if self.canary.as_deref().is_some_and(|token| hex::decode::<16>(token).is_none()) {
            return Err(UsageError::Canary);
        }
        let (canary, out) = (self.canary, self.out.map(Into::into));
        let (receipt, language) = (self.receipt, self.lang);
        Ok(Order { report, files: self.files, way, out, fingerprint, canary, receipt, language, output })
    }
}

fn way(
    site: Option<String>,
    socks: Option<String>,
    intake: Option<OsString>,
    saves: bool,
) -> Result<Way, UsageError> {
    match (site, intake) {
        (Some(_), Some(_)) => {
            Err(UsageError::Together("the keys come from --to-site or from --intake, not from both"))
        }
        (None, None) => {
            Err(UsageError::Together("where to? Give --to-site ADDRESS, or --intake FILE and --out FILE"))
        }
        (None, Some(_)) if socks.is_some() => Err(UsageError::Together("--socks goes with --to-site only")),
        (None, Some(_)) if !saves => {
            Err(UsageError::Together("with --intake nothing is sent: say with --out where to save"))
        }
        (None, Some(file)) => Ok(Way::Document(file.into())),
        (Some(site), None) => {
            let address = Address::parse(&site)?;
            if matches!(address, Address::Loopback { .. }) && socks.is_some() {
                return Err(UsageError::Together(
                    "this machine is reached without a proxy: leave out --socks",
                ));
            }
            let proxy = socks.map(|text| address::proxy(&text).ok_or(UsageError::Proxy)).transpose()?;
            Ok(Way::Site { address, proxy: proxy.unwrap_or(TOR) })
        }
    }
}

fn language(tag: &str) -> Result<&'static Language, UsageError> {
    let tags = || LANGUAGES.iter().map(|language| language.tag).collect::<Vec<_>>().join(", ");
    Language::of(tag).ok_or_else(|| UsageError::Language(tags()))
}

fn wanted(text: &str) -> Result<Wanted, UsageError> {
    match text {
        "new" => Ok(Wanted::New),
        "typed" => Ok(Wanted::Typed),
        _ => Err(UsageError::Receipt),
    }
}

/// A fingerprint in the form in which a page's link carries it.
fn fingerprint(text: &str) -> Result<String, UsageError> {
    let text = text.trim();
    let whole = text.parse::<Fingerprint>().is_ok();
    let groups = text.replace([' ', '-'], "");
    let grouped = groups.len() == GROUPED && groups.bytes().all(|b| b.is_ascii_alphanumeric());
    if whole || grouped { Ok(text.to_owned()) } else { Err(UsageError::Fingerprint) }
}

/// Hybrid only: what is sealed for another kind of key can be opened in some years by who records it today (T-04).
fn recipient(text: &str) -> Result<Recipient, UsageError> {
    let text = text.trim();
    if let Ok(recipient) = text.parse() {
        return Ok(recipient);
    }
    Err(UsageError::Recipient(match text {
        _ if text.starts_with("AGE-SECRET-KEY-") => {
            "this is a secret key, and now it stands in this shell's history. Make a new one, and give its recipient, age1pq1…"
        }
        _ if text.starts_with("age1pq1") => {
            "it is not whole: a recipient has 1959 characters. Copy it again, on one line"
        }
        _ if text.starts_with("age1") || text.starts_with("ssh-") => {
            "this kind of key does not withstand a quantum computer, and what is sealed may be kept until there is one. Make a \
             hybrid key with age-keygen -pq (age 1.3 or later), and give its recipient, age1pq1…"
        }
        _ => "a recipient of age is needed: age1pq1… with 1959 characters, from age-keygen -pq",
    }))
}

fn given(path: OsString, form: Form) -> Given {
    Given { path: path.into(), form }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), UsageError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(UsageError::Together("an option was given twice")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn read(line: &str) -> Result<Command, UsageError> {
        parse(line.split(' ').filter(|w| !w.is_empty()).map(|w| OsString::from(w.replace('_', " "))))
    }

    #[test]
    fn an_order_is_read() {
        let onion = format!("{}.onion", "b".repeat(56));
        let line = format!(
            "--report - --file a.jpg --original b.pdf --to-site {onion} --fingerprint ABCD_EFGH_IJKL_MNOP_QRST_UVWX"
        );
        let Ok(Command::Seal(order)) = read(&line) else { panic!() };
        assert_eq!(order.report, Some(Source::Stdin));
        assert_eq!(
            order.files,
            [given("a.jpg".into(), Form::Cleaned), given("b.pdf".into(), Form::Original)]
        );
        assert_eq!(
            order.way,
            Way::Site { address: Address::Onion(onion), proxy: "127.0.0.1:9050".parse().unwrap() }
        );
        assert_eq!(order.fingerprint, "ABCD EFGH IJKL MNOP QRST UVWX");
    }

    #[test]
    fn words_in_the_command_are_refused_and_not_repeated() {
        let error = read("--report - they_came_to_my_parents").unwrap_err();
        assert!(matches!(error, UsageError::Word));
        assert!(!error.to_string().contains("parents"));
        for flag in ["--story", "--text", "--message", "--password"] {
            assert!(matches!(read(&format!("{flag} x")), Err(UsageError::Flag(_))), "{flag}");
        }
    }

    #[test]
    fn wrong_commands_say_what_is_wrong() {
        let onion = format!("{}.onion", "b".repeat(56));
        let many = format!("{} --intake i --out o", "--file a ".repeat(100));
        for line in [
            "",
            "--report",
            "--report r.json",
            "--ask --report r --to-site 127.0.0.1:80",
            "--ask --to-site 127.0.0.1:80 --lang tlh",
            "--receipt new --to-site 127.0.0.1:80",
            "--receipt 0001 --report r --intake i --out o",
            "--receipt typed --report - --intake i --out o",
            "--report r --to-site example.org",
            "--report r --to-site 8.8.8.8:80 --socks 127.0.0.1:9050",
            "--report r --to-site 127.0.0.1:80 --socks 127.0.0.1:9050",
            &format!("--report r --to-site {onion} --socks tor.example.org:9050"),
            &format!("--report r --to-site {onion} --socks 9.9.9.9:9050"),
            &format!("--report r --to-site {onion} --intake i"),
            "--report r --intake i",
            "--report r --intake i --out o --socks 127.0.0.1:9050",
            "--report r --report r --intake i --out o",
            "--report r --intake i --out o --fingerprint ABCD",
            "--report r --intake i --out o --fingerprint SHA256:abc",
            "--canary 00 --intake i --out o",
            "--report r --intake i --out o --week 2026-11-23",
            "--send s",
            "--send s --intake i",
            "--send s --to-site 127.0.0.1:80 --report r",
            "--send s --to-site 127.0.0.1:80 --out o",
            "--send s --to-site 127.0.0.1:80 --week 2026-11-24",
            &format!("--canary {} --intake i --out o", "G".repeat(32)),
            &format!("--canary {}", "0".repeat(32)),
            &many,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
        assert!(read("--report r --intake i --out o").is_ok());
        assert!(read(&format!("--canary {} --intake i --out o", "0".repeat(32))).is_ok());
    }

    #[test]
    fn one_file_for_one_hybrid_recipient_is_read() {
        let to = Recipient::from_bytes([7; 1_216]);
        let Ok(Command::Single(single)) = read(&format!("--to {to} keys.tar")) else { panic!() };
        assert_eq!((&single.to, &single.file), (&to, &"keys.tar".into()));
        assert_eq!(single.out, PathBuf::from("keys.tar.age"));
        let Ok(Command::Single(named)) = read(&format!("--to {to} keys.tar --out k.age")) else { panic!() };
        assert_eq!(named.out, PathBuf::from("k.age"));
        for wrong in ["", "a b", "a --report r", "a --file f", "a --intake i", "a --json"] {
            assert!(matches!(read(&format!("--to {to} {wrong}")), Err(UsageError::Together(_))), "{wrong}");
        }
    }

    #[test]
    fn a_recipient_that_is_not_hybrid_is_refused_with_its_reason() {
        for (to, says) in [
            ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudkfl4pq9gx0l7", "quantum"),
            ("ssh-ed25519", "quantum"),
            ("age1pq1cut", "1959"),
            ("AGE-SECRET-KEY-PQ-1X", "secret key"),
            ("somebody", "age-keygen -pq"),
        ] {
            let error = read(&format!("--to {to} keys.tar")).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn the_help_names_every_flag_and_fits_a_terminal() {
        for flag in [
            "report",
            "file",
            "original",
            "template",
            "codes",
            "to-site",
            "ask",
            "lang",
            "receipt",
            "send",
            "week",
            "socks",
            "intake",
            "out",
            "fingerprint",
            "canary",
            "to",
            "json",
            "help",
            "version",
        ] {
            assert!(HELP.contains(&format!("--{flag}")), "{flag}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
    }
}
