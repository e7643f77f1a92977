//! The command line, checked once: below this, options are fields.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};
use tipline_wire::intake::{self, Desk, Site};

use crate::airgap::OVERRIDE;
use crate::error::Error;
use crate::help;
use crate::opening::Unopened;

/// What a person asked for.
pub enum Command {
    /// Print this page.
    Help(&'static str),
    /// Print the version.
    Version,
    /// Make keys.
    KeysInit(KeysInit),
    /// Open pickups.
    Open(Open),
    /// Show opened tips.
    Show(Show),
    /// Print the form for the site document.
    SiteForm,
    /// Sign the site document.
    SignSite(SignSite),
}

/// Whether a live network interface stops the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AirGap {
    /// It does.
    Required,
    /// The person said that they know.
    Waived,
}

/// The options of every command.
#[derive(Debug, PartialEq, Eq)]
pub struct Common {
    /// `--home`
    pub home: Option<PathBuf>,
    /// `--passphrase-file`
    pub passphrase_file: Option<PathBuf>,
    /// `--i-know-this-machine-is-online`
    pub air_gap: AirGap,
}

/// A checked command line.
pub struct Call {
    /// What to do.
    pub command: Command,
    /// The options of every command.
    pub common: Common,
}

/// `keys init`
#[derive(Debug, PartialEq, Eq)]
pub struct KeysInit {
    /// `--org`
    pub org: String,
    /// `--site`
    pub site: Site,
    /// `--desk`
    pub desk: String,
    /// `--slots`
    pub slots: u16,
    /// `--recipients`
    pub recipients: u8,
    /// Whether to ask first.
    pub consent: Consent,
}

/// Whether a person still has to agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    /// `--yes`
    Given,
    /// Ask.
    Asked,
}

/// In which form results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For a person.
    Text,
    /// `--json`: for a program.
    Json,
}

/// `open`
#[derive(Debug, PartialEq, Eq)]
pub struct Open {
    /// Pickups and bare tips.
    pub pickups: Vec<PathBuf>,
    /// `--out`
    pub out: PathBuf,
    /// `--ack`
    pub ack: Option<PathBuf>,
    /// `--keep-unopened`
    pub unopened: Unopened,
    /// How to report.
    pub form: Form,
}

/// `show`
#[derive(Debug, PartialEq, Eq)]
pub struct Show {
    /// Folders of tips.
    pub folders: Vec<PathBuf>,
    /// How to print.
    pub form: Form,
}

/// `site FILE`
#[derive(Debug, PartialEq, Eq)]
pub struct SignSite {
    /// The form that was filled in.
    pub form: PathBuf,
    /// `--page`, each
    pub pages: Vec<PathBuf>,
    /// `--out`
    pub out: Option<PathBuf>,
    /// Whether to ask first.
    pub consent: Consent,
}

/// Every option there is, before it is known whether the command takes it.
#[derive(Default)]
struct Given {
    words: Vec<OsString>,
    home: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    out: Option<PathBuf>,
    ack: Option<PathBuf>,
    org: Option<String>,
    site: Option<String>,
    desk: Option<String>,
    slots: Option<u16>,
    recipients: Option<u8>,
    pages: Vec<PathBuf>,
    template: bool,
    keep_unopened: bool,
    online: bool,
    yes: bool,
    json: bool,
    help: bool,
    version: bool,
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// [`Error::Usage`], naming the argument.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Call, Error> {
    let given = read(arguments).map_err(|e| usage(e, "--help"))?;
    let air_gap = if given.online { AirGap::Waived } else { AirGap::Required };
    let common = Common { home: given.home.clone(), passphrase_file: given.passphrase_file.clone(), air_gap };
    if given.version {
        return Ok(Call { command: Command::Version, common });
    }
    let word = |at: usize| given.words.get(at).and_then(|w| w.to_str());
    let command = match (word(0), word(1)) {
        (Some("keys"), Some("init")) if given.help => Command::Help(help::KEYS_INIT),
        (Some("keys"), _) if given.help => Command::Help(help::KEYS),
        (Some("open"), _) if given.help => Command::Help(help::OPEN),
        (Some("show"), _) if given.help => Command::Help(help::SHOW),
        (Some("site"), _) if given.help => Command::Help(help::SITE),
        (None, _) if given.help => Command::Help(help::MAIN),
        (Some("keys"), Some("init")) => Command::KeysInit(given.keys_init()?),
        (Some("keys"), _) => {
            return Err(usage("`keys` needs a word after it, as `keys init`", "keys --help"));
        }
        (Some("open"), _) => Command::Open(given.open()?),
        (Some("show"), _) => Command::Show(given.show()?),
        (Some("site"), _) if given.template => given.site_form()?,
        (Some("site"), _) => Command::SignSite(given.sign_site()?),
        (Some(other), _) => return Err(usage(format!("there is no command `{other}`"), "--help")),
        (None, _) => return Err(usage("a command is missing", "--help")),
    };
    Ok(Call { command, common })
}

const SITE_PAGE: &str = "site --help";

fn usage(wrong: impl std::fmt::Display, page: &'static str) -> Error {
    Error::Usage { wrong: wrong.to_string(), page }
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Given, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut given = Given::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(word) => given.words.push(word),
            Arg::Short('h') | Arg::Long("help") => given.help = true,
            Arg::Short('V') | Arg::Long("version") => given.version = true,
            Arg::Long("home") => given.home = Some(parser.value()?.into()),
            Arg::Long("passphrase-file") => given.passphrase_file = Some(parser.value()?.into()),
            Arg::Long("out") => given.out = Some(parser.value()?.into()),
            Arg::Long("ack") => given.ack = Some(parser.value()?.into()),
            Arg::Long("org") => given.org = Some(parser.value()?.string()?),
            Arg::Long("site") => given.site = Some(parser.value()?.string()?),
            Arg::Long("desk") => given.desk = Some(parser.value()?.string()?),
            Arg::Long("slots") => given.slots = Some(parser.value()?.parse()?),
            Arg::Long("recipients") => given.recipients = Some(parser.value()?.parse()?),
            Arg::Long("page") => given.pages.push(parser.value()?.into()),
            Arg::Long("template") => given.template = true,
            Arg::Long("keep-unopened") => given.keep_unopened = true,
            Arg::Long("yes") => given.yes = true,
            Arg::Long("json") => given.json = true,
            Arg::Long(name) if OVERRIDE.strip_prefix("--") == Some(name) => given.online = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(given)
}

impl Given {
    fn keys_init(self) -> Result<KeysInit, Error> {
        const PAGE: &str = "keys init --help";
        self.only("keys init", PAGE, &["org", "site", "desk", "slots", "recipients", "yes"])?;
        if let Some(extra) = self.words.get(2) {
            return Err(usage(format!("`{}` is one word too many", extra.to_string_lossy()), PAGE));
        }
        let consent = self.consent();
        let org = self.org.ok_or_else(|| usage("--org NAME is missing", PAGE))?;
        if !intake::is_org(&org) {
            return Err(usage(
                "--org takes 1 to 64 characters, on one line, without a blank around them",
                PAGE,
            ));
        }
        let site = self.site.ok_or_else(|| usage("--site HOST is missing", PAGE))?;
        let site = Site::parse(&site).ok_or_else(|| {
            usage("--site takes an onion address (56 characters, then .onion) or `any`", PAGE)
        })?;
        let slots = self.slots.unwrap_or(128);
        if !slots.is_power_of_two() || !(16..=512).contains(&slots) {
            return Err(usage("--slots takes 16, 32, 64, 128, 256 or 512", PAGE));
        }
        let recipients = self.recipients.unwrap_or(3);
        if !(1..=8).contains(&recipients) {
            return Err(usage("--recipients takes 1 to 8", PAGE));
        }
        let desk = self.desk.unwrap_or_else(|| "desk-1".into());
        if !Desk::is_name(&desk) {
            return Err(usage("--desk takes 1 to 32 small letters, digits and dashes", PAGE));
        }
        Ok(KeysInit { org, site, desk, slots, recipients, consent })
    }

    fn open(self) -> Result<Open, Error> {
        const PAGE: &str = "open --help";
        self.only("open", PAGE, &["out", "ack", "keep-unopened", "json"])?;
        let (pickups, form) = (self.folders(), self.form());
        let unopened = if self.keep_unopened { Unopened::Kept } else { Unopened::Left };
        if pickups.is_empty() {
            return Err(usage("a pickup to open is missing", PAGE));
        }
        Ok(Open {
            pickups,
            form,
            unopened,
            ack: self.ack,
            out: self.out.ok_or_else(|| usage("--out DIR is missing", PAGE))?,
        })
    }

    fn show(self) -> Result<Show, Error> {
        const PAGE: &str = "show --help";
        self.only("show", PAGE, &["json"])?;
        let folders = self.folders();
        if folders.is_empty() {
            return Err(usage("a folder to show is missing", PAGE));
        }
        Ok(Show { folders, form: self.form() })
    }

    fn site_form(self) -> Result<Command, Error> {
        self.only("site --template", SITE_PAGE, &["template"])?;
        match self.words.get(1) {
            Some(extra) => {
                Err(usage(format!("`{}` is one word too many", extra.to_string_lossy()), SITE_PAGE))
            }
            None => Ok(Command::SiteForm),
        }
    }

    fn sign_site(self) -> Result<SignSite, Error> {
        self.only("site", SITE_PAGE, &["page", "out", "yes"])?;
        let (forms, consent) = (self.folders(), self.consent());
        let [form] = forms.as_slice() else {
            return Err(usage("the form that was filled in, one FILE, is missing", SITE_PAGE));
        };
        Ok(SignSite { form: form.clone(), pages: self.pages, out: self.out, consent })
    }

    fn consent(&self) -> Consent {
        if self.yes { Consent::Given } else { Consent::Asked }
    }

    /// The words after the command.
    fn folders(&self) -> Vec<PathBuf> {
        self.words.iter().skip(1).map(PathBuf::from).collect()
    }

    fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }

    /// Refuses an option that the command doesn't take.
    fn only(&self, command: &str, page: &'static str, taken: &[&str]) -> Result<(), Error> {
        let there = [
            ("out", self.out.is_some()),
            ("ack", self.ack.is_some()),
            ("org", self.org.is_some()),
            ("site", self.site.is_some()),
            ("desk", self.desk.is_some()),
            ("slots", self.slots.is_some()),
            ("recipients", self.recipients.is_some()),
            ("page", !self.pages.is_empty()),
            ("template", self.template),
            ("keep-unopened", self.keep_unopened),
            ("yes", self.yes),
            ("json", self.json),
        ];
        match there.iter().find(|(name, given)| *given && !taken.contains(name)) {
            Some((name, _)) => Err(usage(format!("`{command}` takes no --{name}"), page)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
