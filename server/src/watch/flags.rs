//! The flags of `watch`, read into a checked order. Nothing but an onion, or this machine, is ever contacted.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use lexopt::{Arg, Parser};
use tipline_wire::intake::Site;
use tipline_wire::sshsig::Fingerprint;

use super::outcome::Outcome;
use super::visit::Way;
use crate::cli::{self, Command};
use crate::error::Error;

const HELP: &str = include_str!("../../help/watch.txt");

/// How the outcome is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Output {
    /// For a person.
    #[default]
    Words,
    /// For a program.
    Json,
}

impl Output {
    /// What goes to standard output: faults are words on standard error.
    #[must_use]
    pub fn write(self, outcome: &Outcome) -> String {
        match (self, outcome) {
            (Self::Json, outcome) => outcome.as_json(),
            (Self::Words, Outcome::Sound(line)) => format!("{line}\n"),
            (Self::Words, _) => String::new(),
        }
    }
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where it is.
    pub way: Way,
    /// Whose it is.
    pub root: Fingerprint,
    /// The released template.
    pub page: Option<PathBuf>,
    /// A sealed tip to send along.
    pub canary: Option<PathBuf>,
    /// What is remembered from one look to the next.
    pub memory: Option<PathBuf>,
    /// Who is called when something is wrong.
    pub on_fail: Option<String>,
    /// How to answer.
    pub output: Output,
}

#[derive(Default)]
struct Given {
    address: Option<String>,
    socks: Option<String>,
    root: Option<String>,
    page: Option<PathBuf>,
    canary: Option<PathBuf>,
    memory: Option<PathBuf>,
    on_fail: Option<String>,
    output: Output,
}

/// Reads the arguments after `watch`.
///
/// # Errors
/// [`Error::Usage`]
pub fn parse(mut parser: Parser) -> Result<Command, Error> {
    let mut given = Given::default();
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("socks") => given.socks = Some(cli::text(&mut parser)?),
            Arg::Long("root") => given.root = Some(cli::text(&mut parser)?),
            Arg::Long("page") => given.page = Some(cli::path(&mut parser)?),
            Arg::Long("canary-file") => given.canary = Some(cli::path(&mut parser)?),
            Arg::Long("memory") => given.memory = Some(cli::path(&mut parser)?),
            Arg::Long("on-fail") => given.on_fail = Some(cli::text(&mut parser)?),
            Arg::Long("json") => given.output = Output::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(HELP)),
            Arg::Value(address) if given.address.is_none() => {
                given.address = Some(address.to_string_lossy().into_owned());
            }
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    Ok(Command::Watch(Box::new(given.check()?)))
}

impl Given {
    fn check(self) -> Result<Order, Error> {
        let missing = |what: &str| Error::Usage(format!("watch needs {what}"));
        let address = self.address.ok_or_else(|| missing("the letterbox's ADDRESS"))?;
        let root =
            self.root.ok_or_else(|| missing("--root SHA256:…, the organisation's fingerprint on paper"))?;
        let root = root
            .parse()
            .map_err(|_| Error::Usage(format!("`{root}`: a fingerprint SHA256:… was expected")))?;
        let way = way(&address, self.socks.as_deref())?;
        let Self { page, canary, memory, on_fail, output, .. } = self;
        Ok(Order { way, root, page, canary, memory, on_fail, output })
    }
}

/// `NAME.onion` with a proxy, or a loopback address without one; `http://` before and `/` behind are allowed.
pub(super) fn way(address: &str, socks: Option<&str>) -> Result<Way, Error> {
    let lower = address.trim().to_ascii_lowercase();
    let host = lower.strip_prefix("http://").unwrap_or(&lower);
    let host = host.strip_suffix('/').unwrap_or(host);
    if let Some(Site::Onion(host)) = Site::parse(host.strip_suffix(":80").unwrap_or(host)) {
        let socks = socks.ok_or_else(|| {
            Error::Usage("an onion is reached through tor: give --socks 127.0.0.1:9050".into())
        })?;
        let proxy = proxy(socks).ok_or_else(|| {
            Error::Usage(format!(
                "`{socks}`: tor's SOCKS address on this machine was expected, 127.0.0.1:9050"
            ))
        })?;
        return Ok(Way::Onion { host, proxy });
    }
    let at = host.parse().ok().filter(|at: &SocketAddr| at.ip().is_loopback());
    match (at, socks) {
        (Some(at), None) => Ok(Way::Loopback { host: host.to_owned(), at }),
        (Some(_), Some(_)) => {
            Err(Error::Usage("--socks is for an onion; this machine is reached directly".into()))
        }
        (None, _) => Err(Error::Usage(format!(
            "`{}`: an onion address was expected, or 127.0.0.1:PORT for trials",
            address.escape_debug()
        ))),
    }
}

/// A literal address on this machine or in its private network: what goes to the proxy is not encrypted.
fn proxy(text: &str) -> Option<SocketAddr> {
    let at: SocketAddr = text.parse().ok()?;
    let near = match at.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    near.then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "--root SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn read(line: &str) -> Result<Command, Error> {
        parse(Parser::from_args(format!("{line} {ROOT}").split_whitespace()))
    }

    #[test]
    fn an_onion_needs_a_proxy_and_this_machine_none() {
        let host = format!("{}.onion", "b".repeat(56));
        for address in [host.clone(), format!("http://{host}/"), format!("{host}:80"), host.to_uppercase()] {
            let Ok(Command::Watch(order)) = read(&format!("{address} --socks 127.0.0.1:9050")) else {
                panic!("{address}")
            };
            assert_eq!(
                order.way,
                Way::Onion { host: host.clone(), proxy: "127.0.0.1:9050".parse().unwrap() }
            );
        }
        assert!(matches!(read("127.0.0.1:8080 --json"), Ok(Command::Watch(o)) if o.output == Output::Json));
        assert!(matches!(read("http://[::1]:8080/"), Ok(Command::Watch(_))));
    }

    #[test]
    fn nothing_else_is_ever_contacted() {
        let host = format!("{}.onion", "b".repeat(56));
        for line in [
            host.as_str(),
            &format!("{host} --socks tor.example.org:9050"),
            &format!("{host} --socks 9.9.9.9:9050"),
            &format!("https://{host} --socks 127.0.0.1:9050"),
            &format!("{host}/page --socks 127.0.0.1:9050"),
            "127.0.0.1:80 --socks 127.0.0.1:9050",
            "example.org --socks 127.0.0.1:9050",
            "192.168.1.1:80",
            "localhost:80",
            "",
            "127.0.0.1:80 127.0.0.1:81",
        ] {
            assert_eq!(read(line).unwrap_err().exit_code(), 2, "{line}");
        }
        for alone in [&["127.0.0.1:80"][..], &["127.0.0.1:80", "--root", "x"]] {
            assert_eq!(parse(Parser::from_args(alone)).unwrap_err().exit_code(), 2);
        }
    }

    #[test]
    fn the_help_names_every_flag() {
        for flag in ["socks", "root", "page", "canary-file", "memory", "on-fail", "json"] {
            assert!(HELP.contains(&format!("--{flag}")), "{flag}");
        }
        assert_eq!(read("-h").unwrap(), Command::Print(HELP));
    }
}
