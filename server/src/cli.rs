//! The command line, read once into a checked command. The help texts are in `server/help/`.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::config::Flags;
use crate::doctor;
use crate::error::Error;
use crate::operator::Wanted;
use crate::watch;

/// What a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the letterbox.
    Serve(Flags),
    /// Install signed documents.
    Publish {
        /// Which configuration and socket.
        flags: Flags,
        /// Each with its signature beside it.
        files: Vec<PathBuf>,
    },
    /// Fetch the sealed tips.
    Pickup {
        /// Which configuration and socket.
        flags: Flags,
        /// What to hand in and what to fetch.
        errand: Errand,
    },
    /// Examine a live installation.
    Doctor(Box<doctor::flags::Order>),
    /// Look at a letterbox from elsewhere.
    Watch(Box<watch::flags::Order>),
    /// Print this text.
    Print(&'static str),
}

/// What a courier comes for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errand {
    /// Acknowledgements to hand in first.
    pub acknowledge: Vec<PathBuf>,
    /// Where to write the sealed tips, if they are wanted.
    pub out: Option<PathBuf>,
    /// Which tips.
    pub wanted: Wanted,
    /// How the result is printed.
    pub print: Print,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Print {
    /// As sentences.
    #[default]
    Text,
    /// As one JSON object a line.
    Json,
}

const VERSION: &str = concat!("tipline-server ", env!("CARGO_PKG_VERSION"), "\n");
const HELP: &str = include_str!("../help/tipline-server.txt");
const SERVE: &str = include_str!("../help/serve.txt");
const PUBLISH: &str = include_str!("../help/publish.txt");
const PICKUP: &str = include_str!("../help/pickup.txt");

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
            Some("publish") => publish(parser),
            Some("pickup") => pickup(parser),
            Some("doctor") => doctor::flags::parse(parser),
            Some("watch") => watch::flags::parse(parser),
            Some("help") => Ok(Command::Print(HELP)),
            _ => Err(Error::Usage(format!("there is no command `{}`", name.to_string_lossy()))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Command::Print(HELP)),
        Some(Arg::Long("version") | Arg::Short('V')) => Ok(Command::Print(VERSION)),
        Some(other) => Err(usage(other.unexpected())),
        None => Err(Error::Usage("a command is missing: serve, publish, pickup, doctor or watch".into())),
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

fn publish(mut parser: Parser) -> Result<Command, Error> {
    let (mut flags, mut files) = (Flags::default(), Vec::new());
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("config") => flags.config = Some(path(&mut parser)?),
            Arg::Long("operator") => flags.operator = Some(text(&mut parser)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(PUBLISH)),
            Arg::Value(file) => files.push(file.into()),
            other => return Err(usage(other.unexpected())),
        }
    }
    if files.is_empty() {
        return Err(Error::Usage("publish needs at least one FILE, with FILE.sig beside it".into()));
    }
    Ok(Command::Publish { flags, files })
}

fn pickup(mut parser: Parser) -> Result<Command, Error> {
    let (mut flags, mut errand) = (Flags::default(), Errand::default());
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("config") => flags.config = Some(path(&mut parser)?),
            Arg::Long("operator") => flags.operator = Some(text(&mut parser)?),
            Arg::Long("out") | Arg::Short('o') => errand.out = Some(path(&mut parser)?),
            Arg::Long("acknowledge") => errand.acknowledge.push(path(&mut parser)?),
            Arg::Long("again") => errand.wanted = Wanted::Everything,
            Arg::Long("json") => errand.print = Print::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(PICKUP)),
            other => return Err(usage(other.unexpected())),
        }
    }
    if errand.out.is_none() && errand.acknowledge.is_empty() {
        return Err(Error::Usage("pickup needs --out FILE or --acknowledge FILE".into()));
    }
    Ok(Command::Pickup { flags, errand })
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
        let flags = Flags { operator: Some("unix:/s".into()), ..Flags::default() };
        let publish = Command::Publish { flags: flags.clone(), files: vec!["a".into(), "b".into()] };
        assert_eq!(args("publish a b --operator unix:/s").unwrap(), publish);
        assert_eq!(
            args("pickup --operator=unix:/s --out x").unwrap(),
            Command::Pickup { flags, errand: Errand { out: Some("x".into()), ..Errand::default() } }
        );
        assert!(matches!(args("serve --listen 127.0.0.1:0 --root SHA256:x"), Ok(Command::Serve(_))));
        for (line, text) in
            [("--help", HELP), ("serve -h", SERVE), ("publish --help", PUBLISH), ("-V", VERSION)]
        {
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
