//! The flags of `doctor`, read into a checked order.

use std::path::PathBuf;

use lexopt::{Arg, Parser};

use super::Check;
use super::verdict::{Finding, as_json, as_text};
use crate::cli::{self, Command};
use crate::config::Flags;
use crate::error::Error;

const HELP: &str = include_str!("../../help/doctor.txt");

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Output {
    /// For a person.
    #[default]
    Words,
    /// For a program.
    Json,
}

impl Output {
    /// The findings as this says.
    #[must_use]
    pub fn write(self, findings: &[Finding]) -> String {
        match self {
            Self::Words => as_text(findings),
            Self::Json => as_json(findings),
        }
    }
}

/// What to examine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which configuration and sockets.
    pub flags: Flags,
    /// tor's configuration.
    pub torrc: PathBuf,
    /// tor's group, by name or number.
    pub tor_group: String,
    /// Where the kernel tells of processes.
    pub proc: PathBuf,
    /// What is left out.
    pub skip: Vec<Check>,
    /// How to answer.
    pub output: Output,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            flags: Flags::default(),
            torrc: "/etc/tor/torrc".into(),
            tor_group: "debian-tor".into(),
            proc: "/proc".into(),
            skip: Vec::new(),
            output: Output::Words,
        }
    }
}

/// Reads the arguments after `doctor`.
///
/// # Errors
/// [`Error::Usage`]
pub fn parse(mut parser: Parser) -> Result<Command, Error> {
    let mut order = Order::default();
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("config") => order.flags.config = Some(cli::path(&mut parser)?),
            Arg::Long("listen") => order.flags.listen = Some(cli::text(&mut parser)?),
            Arg::Long("operator") => order.flags.operator = Some(cli::text(&mut parser)?),
            Arg::Long("store") => order.flags.store = Some(cli::path(&mut parser)?),
            Arg::Long("torrc") => order.torrc = cli::path(&mut parser)?,
            Arg::Long("tor-group") => order.tor_group = cli::text(&mut parser)?,
            Arg::Long("proc") => order.proc = cli::path(&mut parser)?,
            Arg::Long("skip") => order.skip.push(check(&mut parser)?),
            Arg::Long("json") => order.output = Output::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(HELP)),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    Ok(Command::Doctor(Box::new(order)))
}

fn check(parser: &mut Parser) -> Result<Check, Error> {
    let name = cli::text(parser)?;
    Check::of_name(&name).ok_or_else(|| {
        let names = Check::ALL.map(Check::name).join(", ");
        Error::Usage(format!("there is no check `{name}`; these are: {names}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, Error> {
        parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn what_is_left_out_must_be_a_check() {
        let Ok(Command::Doctor(order)) = read("--skip swap --skip tips --json") else { panic!() };
        assert_eq!((order.skip, order.output), (vec![Check::Swap, Check::Tips], Output::Json));
        assert_eq!(read("--skip everything").unwrap_err().exit_code(), 2);
        assert_eq!(read("swap").unwrap_err().exit_code(), 2);
        assert_eq!(read("-h").unwrap(), Command::Print(HELP));
    }

    #[test]
    fn the_help_names_every_flag_and_every_check() {
        for flag in ["config", "listen", "operator", "store", "torrc", "tor-group", "proc", "skip", "json"] {
            assert!(HELP.contains(&format!("--{flag}")), "{flag}");
        }
        assert!(Check::ALL.iter().all(|check| HELP.contains(check.name())));
    }
}
