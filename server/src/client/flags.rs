//! The flags of `publish`, `pickup`, `fetch` and `relay`: what is wanted, and how the server is reached.

use std::net::SocketAddr;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use super::reach::{Courier, Reach, Target};
use crate::cli::{self, Command};
use crate::config::listen::KeyFiles;
use crate::config::{self, Flags};
use crate::error::Error;
use crate::operator::Wanted;
use crate::tls::Pin;
use crate::world::World;

const PUBLISH: &str = include_str!("../../help/publish.txt");
const PICKUP: &str = include_str!("../../help/pickup.txt");
const FETCH: &str = include_str!("../../help/fetch.txt");
const RELAY: &str = include_str!("../../help/relay.txt");

/// How the server is reached, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Through the operator's socket that flags or configuration name.
    Operator(Flags),
    /// Through the courier's door.
    Courier(Courier),
    /// Through `ssh`.
    Ssh {
        /// As `ssh` takes it.
        host: String,
        /// More arguments for `ssh`.
        options: Vec<String>,
    },
}

impl Way {
    /// With the configuration, and the world.
    ///
    /// # Errors
    /// The configuration can't be used.
    pub fn reach(self, world: World) -> Result<Reach, Error> {
        Ok(match self {
            Self::Operator(flags) => Reach::Operator(config::load(&flags)?.operator),
            Self::Courier(courier) => Reach::Courier(courier, world),
            Self::Ssh { host, options } => Reach::Ssh { host, options },
        })
    }
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

/// Reads the arguments after `publish`.
///
/// # Errors
/// [`Error::Usage`]
pub fn publish(mut parser: Parser) -> Result<Command, Error> {
    let (mut way, mut files) = (WayFlags::default(), Vec::new());
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(PUBLISH)),
            Arg::Value(file) => files.push(file.into()),
            Arg::Long(name) => {
                let name = name.to_owned();
                way.take(&name, &mut parser)?;
            }
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    if files.is_empty() {
        return Err(Error::Usage("publish needs at least one FILE, with FILE.sig beside it".into()));
    }
    Ok(Command::Publish { way: way.finish()?, files })
}

/// Reads the arguments after `pickup`.
///
/// # Errors
/// [`Error::Usage`]
pub fn pickup(mut parser: Parser) -> Result<Command, Error> {
    let (mut way, mut errand) = (WayFlags::default(), Errand::default());
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(PICKUP)),
            Arg::Short('o') => errand.out = Some(cli::path(&mut parser)?),
            Arg::Long(name) => {
                let name = name.to_owned();
                if !errand.take(&name, &mut parser)? {
                    way.take(&name, &mut parser)?;
                }
            }
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    if errand.is_empty() {
        return Err(Error::Usage("pickup needs --out FILE or --acknowledge FILE".into()));
    }
    Ok(Command::Pickup { way: way.finish()?, errand })
}

/// Reads the arguments after `fetch`; what stands behind the host goes to `ssh`.
///
/// # Errors
/// [`Error::Usage`]
pub fn fetch(mut parser: Parser) -> Result<Command, Error> {
    let (mut words, mut errand) = (Vec::new(), Errand::default());
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(FETCH)),
            Arg::Short('o') => errand.out = Some(cli::path(&mut parser)?),
            Arg::Value(word) => words.push(word),
            Arg::Long(name) => {
                let name = name.to_owned();
                if !errand.take(&name, &mut parser)? {
                    return Err(unknown(&name));
                }
            }
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    let words: Result<Vec<String>, _> = words.into_iter().map(std::ffi::OsString::into_string).collect();
    let mut words = words.map_err(|_| Error::Usage("an argument is not text".into()))?.into_iter();
    let host = words.next().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| Error::Usage("fetch needs the server: user@host".into()))?;
    Ok(Command::Fetch { way: Way::Ssh { host, options: words.collect() }, errand })
}

/// Reads the arguments after `relay`.
///
/// # Errors
/// [`Error::Usage`]
pub fn relay(mut parser: Parser) -> Result<Command, Error> {
    let mut flags = Flags::default();
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("config") => flags.config = Some(cli::path(&mut parser)?),
            Arg::Long("operator") => flags.operator = Some(cli::text(&mut parser)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(RELAY)),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    Ok(Command::Relay(flags))
}

impl Errand {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_none() && self.acknowledge.is_empty()
    }

    /// Takes a flag if it says what is wanted.
    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Error> {
        match name {
            "out" => self.out = Some(cli::path(parser)?),
            "acknowledge" => self.acknowledge.push(cli::path(parser)?),
            "again" => self.wanted = Wanted::Everything,
            "json" => self.print = Print::Json,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The flags that say how the server is reached.
#[derive(Default)]
struct WayFlags {
    flags: Flags,
    ssh: Option<String>,
    courier: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    pin: Option<Pin>,
    socks: Option<SocketAddr>,
}

impl WayFlags {
    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<(), Error> {
        match name {
            "config" => self.flags.config = Some(cli::path(parser)?),
            "operator" => self.flags.operator = Some(cli::text(parser)?),
            "ssh" => self.ssh = Some(cli::text(parser)?),
            "courier" => self.courier = Some(cli::text(parser)?),
            "cert" => self.certificate = Some(cli::path(parser)?),
            "key" => self.key = Some(cli::path(parser)?),
            "pin" => self.pin = Some(parsed("--pin", parser)?),
            "socks" => self.socks = Some(parsed("--socks", parser)?),
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    fn finish(self) -> Result<Way, Error> {
        let usage = |why: &str| Err(Error::Usage(why.into()));
        let of_courier = self.certificate.is_some() || self.key.is_some() || self.pin.is_some();
        match (self.courier, self.ssh) {
            (None, None) if of_courier || self.socks.is_some() => {
                usage("--cert, --key, --pin and --socks go with --courier ADDRESS")
            }
            (None, None) => Ok(Way::Operator(self.flags)),
            (None, Some(host)) if !of_courier && self.socks.is_none() => {
                Ok(Way::Ssh { host, options: Vec::new() })
            }
            (None, Some(_)) | (Some(_), Some(_)) => usage("--ssh and --courier are two ways: choose one"),
            (Some(address), None) => {
                let (Some(certificate), Some(key), Some(pin)) = (self.certificate, self.key, self.pin) else {
                    return usage("--courier needs --cert FILE, --key FILE and --pin SHA256:…");
                };
                let target = Target::parse(&address, self.socks)
                    .map_err(|fault| Error::Usage(format!("`{address}`: {fault}")))?;
                Ok(Way::Courier(Courier { target, keys: KeyFiles { certificate, key }, pin }))
            }
        }
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(flag: &str, parser: &mut Parser) -> Result<T, Error> {
    let text = cli::text(parser)?;
    text.parse().map_err(|fault| Error::Usage(format!("{flag} {text}: {fault}")))
}

fn unknown(name: &str) -> Error {
    Error::Usage(format!("there is no flag --{name} here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Result<Command, Error> {
        cli::parse(line.split_whitespace().map(Into::into))
    }

    const PIN: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn commands_are_read() {
        let flags = Flags { operator: Some("unix:/s".into()), ..Flags::default() };
        let way = Way::Operator(flags);
        let publish = Command::Publish { way: way.clone(), files: vec!["a".into(), "b".into()] };
        assert_eq!(args("publish a b --operator unix:/s").unwrap(), publish);
        let errand = Errand { out: Some("x".into()), ..Errand::default() };
        let pickup = Command::Pickup { way, errand };
        assert_eq!(args("pickup --operator=unix:/s --out x").unwrap(), pickup);
        let fetched = args("fetch op@host -o x --again -- -p 22").unwrap();
        let Command::Fetch { way: Way::Ssh { host, options }, errand } = fetched else { panic!() };
        assert_eq!(
            (host.as_str(), options, errand.wanted),
            ("op@host", vec!["-p".into(), "22".into()], Wanted::Everything)
        );
        for (line, text) in [("pickup -h", PICKUP), ("publish --help", PUBLISH), ("fetch -h", FETCH)] {
            assert_eq!(args(line).unwrap(), Command::Print(text));
        }
    }

    #[test]
    fn a_courier_says_all_that_is_needed_and_no_name_is_looked_up_here() {
        let onion = format!("{}.onion", "a".repeat(56));
        let with = |address: &str, more: &str| {
            args(&format!("pickup -o x --courier {address} --cert c --key k --pin {PIN} {more}"))
        };
        for (address, more) in [
            ("unix:/run/c.sock", ""),
            ("192.0.2.1:443", ""),
            ("[::1]:9", ""),
            (onion.as_str(), "--socks 127.0.0.1:9050"),
            (&format!("{}:8443", onion.to_uppercase().replace("ONION", "onion")), "--socks 127.0.0.1:9050"),
        ] {
            assert!(
                matches!(with(address, more), Ok(Command::Pickup { way: Way::Courier(_), .. })),
                "{address}"
            );
        }
        for (address, more, why) in [
            (onion.as_str(), "", "--socks"),
            ("letterbox.example.org:443", "--socks 127.0.0.1:9050", "was expected"),
            ("192.0.2.1", "", "was expected"),
            ("192.0.2.1:443", "--socks 127.0.0.1:9050", "leave it out"),
            ("unix:relative", "", "was expected"),
            ("unix:/c", "--ssh op@host", "choose one"),
        ] {
            let fault = with(address, more).unwrap_err();
            assert!(fault.exit_code() == 2 && fault.to_string().contains(why), "{fault}");
        }
        for line in [
            "pickup -o x --courier unix:/c --cert c --key k",
            &format!("pickup -o x --pin {PIN}"),
            "pickup -o x --courier unix:/c --cert c --key k --pin SHA256:x",
            "pickup -o x --ssh op@host --cert c",
            "fetch",
            "fetch op@host --courier unix:/c",
            "pickup",
            "pickup --json",
        ] {
            assert_eq!(args(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
