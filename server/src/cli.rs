//! The command line, read once into a checked command. The help texts are in `server/help/`.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::backup;
use crate::client::flags::{self, Errand, Way};
use crate::config::Flags;
use crate::courier;
use crate::doctor;
use crate::error::Error;
use crate::watch;

/// What a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the letterbox.
    Serve(Flags),
    /// Install signed documents.
    Publish {
        /// How the server is reached.
        way: Way,
        /// Each with its signature beside it.
        files: Vec<PathBuf>,
    },
    /// Fetch the sealed tips.
    Pickup {
        /// How the server is reached.
        way: Way,
        /// What to hand in and what to fetch.
        errand: Errand,
    },
    /// The same through `ssh`.
    Fetch {
        /// How the server is reached.
        way: Way,
        /// What to hand in and what to fetch.
        errand: Errand,
    },
    /// Carry standard input and output to the operator's socket.
    Relay(Flags),
    /// Make keys for the courier's door.
    Courier(courier::Order),
    /// Copy what is sealed.
    Backup(Box<backup::flags::BackupOrder>),
    /// Put a backup in place.
    Restore(Box<backup::flags::RestoreOrder>),
    /// Examine a live installation.
    Doctor(Box<doctor::flags::Order>),
    /// Look at a letterbox from elsewhere.
    Watch(Box<watch::flags::Order>),
    /// Compare a letterbox's page with the released one.
    VerifySite(Box<watch::verify_site::Order>),
    /// Print this text.
    Print(&'static str),
}

const VERSION: &str = concat!("tipline-server ", env!("CARGO_PKG_VERSION"), "\n");
const HELP: &str = include_str!("../help/tipline-server.txt");
const SERVE: &str = include_str!("../help/serve.txt");

/// Reads the arguments after the program's name.
///
/// # Errors
/// [`Error::Usage`]
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
    let mut parser = Parser::from_args(args);
    let first = parser.next().map_err(usage)?;
    match first {
        Some(Arg::Value(name)) => match name.to_str() {
            Some("serve") => serve(parser),
            Some("publish") => flags::publish(parser),
            Some("pickup") => flags::pickup(parser),
            Some("fetch") => flags::fetch(parser),
            Some("relay") => flags::relay(parser),
            Some("courier") => courier::flags::parse(parser),
            Some("backup") => backup::flags::backup(parser),
            Some("restore") => backup::flags::restore(parser),
            Some("doctor") => doctor::flags::parse(parser),
            Some("watch") => watch::flags::parse(parser),
            Some("verify-site") => watch::verify_site::parse(parser),
            Some("help") => Ok(Command::Print(HELP)),
            _ => Err(Error::Usage(format!("there is no command `{}`", name.to_string_lossy()))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Command::Print(HELP)),
        Some(Arg::Long("version") | Arg::Short('V')) => Ok(Command::Print(VERSION)),
        Some(other) => Err(usage(other.unexpected())),
        None => Err(Error::Usage(
            "a command is missing: serve, publish, pickup, fetch, courier, backup, restore, doctor, watch or verify-site"
                .into(),
        )),
    }
}

fn serve(mut parser: Parser) -> Result<Command, Error> {
    let mut flags = Flags::default();
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("config") => flags.config = Some(path(&mut parser)?),
            Arg::Long("listen") => flags.listen = Some(text(&mut parser)?),
            Arg::Long("operator") => flags.operator = Some(text(&mut parser)?),
            Arg::Long("store") => flags.store = Some(path(&mut parser)?),
            Arg::Long("page") => flags.page = Some(path(&mut parser)?),
            Arg::Long("root") => flags.root = Some(text(&mut parser)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(SERVE)),
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Serve(flags))
}

pub(crate) fn path(parser: &mut Parser) -> Result<PathBuf, Error> {
    parser.value().map(PathBuf::from).map_err(usage)
}

pub(crate) fn text(parser: &mut Parser) -> Result<String, Error> {
    parser.value().and_then(|value| value.string()).map_err(usage)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn usage(fault: lexopt::Error) -> Error {
    Error::Usage(fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Result<Command, Error> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn commands_are_read() {
        assert!(matches!(args("serve --listen 127.0.0.1:0 --root SHA256:x"), Ok(Command::Serve(_))));
        for (line, text) in [("--help", HELP), ("serve -h", SERVE), ("-V", VERSION)] {
            assert_eq!(args(line).unwrap(), Command::Print(text));
        }
    }

    #[test]
    fn wrong_usage_is_said_and_has_code_2() {
        for line in
            ["", "dance", "serve x", "serve --today 2026-11-23", "publish", "pickup", "pickup --out", "--x"]
        {
            assert_eq!(args(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
