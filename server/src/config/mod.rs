//! The configuration: a TOML file, over which flags win, read once into checked settings. An unknown key is an error.
//!
//! [`listen`] the doors · [`limits`] what visitors may take · [`pickup`] what couriers get and what is then removed.

mod limits;
pub mod listen;
mod pickup;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tipline_wire::sshsig::Fingerprint;

use crate::acknowledgements::Rule;
use crate::address::Address;
use crate::error::Error;
use crate::limits::Limits;
use crate::office::Weeks;
use crate::store::Options;
use limits::LimitsTable;
use listen::{CourierDoor, KeyFiles, Listen};
use pickup::Pickup;

/// Read when no `--config` is given, if it is there.
pub const DEFAULT_FILE: &str = "/etc/tipline/tipline.toml";
const DEFAULT_PAGE: &str = "/usr/share/tipline/page.html";
const DEFAULT_STORE: &str = "/var/lib/tipline";

/// What flags may say; each wins over the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--listen ADDRESS`
    pub listen: Option<String>,
    /// `--operator ADDRESS`
    pub operator: Option<String>,
    /// `--store FOLDER`
    pub store: Option<PathBuf>,
    /// `--page FILE`
    pub page: Option<PathBuf>,
    /// `--root FINGERPRINT`
    pub root: Option<String>,
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may publish; `None` when neither file nor flag says.
    pub root: Option<Fingerprint>,
    /// The page's template.
    pub page: PathBuf,
    /// For visitors.
    pub public: Address,
    /// Whether tor opens each public connection with a PROXY line.
    pub proxy_line: bool,
    /// Key and certificate of the public door, where it speaks TLS.
    pub public_tls: Option<KeyFiles>,
    /// The operator's socket.
    pub operator: PathBuf,
    /// The courier's door, where there is one.
    pub courier: Option<CourierDoor>,
    /// The store's folder.
    pub store: PathBuf,
    /// Of the store.
    pub options: Options,
    /// Of the public door.
    pub limits: Limits,
    /// Which weeks a pickup has.
    pub weeks: Weeks,
    /// Which acknowledged tips are removed, and when.
    pub removal: Rule,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    site: Site,
    listen: Listen,
    store: Store,
    limits: LimitsTable,
    pickup: Pickup,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Site {
    root: Option<String>,
    page: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Store {
    path: Option<PathBuf>,
    keys: Option<PathBuf>,
    volume_mib: Option<u64>,
    ballast_mib: Option<u64>,
}

/// Reads file and flags.
///
/// # Errors
/// The file can't be read or is malformed, a key is unknown, or a value is not what it should be.
pub fn load(flags: &Flags) -> Result<Settings, Error> {
    let (path, file) = parse(flags.config.as_deref())?;
    merge(flags, file).map_err(|why| Error::Config { path, why })
}

/// Where the certificate of the courier's door is; it may be named before the door can open.
///
/// # Errors
/// As of [`load`].
pub fn courier_certificate(config: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    Ok(parse(config)?.1.listen.courier_certificate())
}

fn parse(config: Option<&Path>) -> Result<(PathBuf, File), Error> {
    let (path, text) = read(config)?;
    let file = toml::from_str(&text).map_err(|fault| {
        let line = fault.span().map(|span| line_of(&text, span.start));
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        Error::Config { path: path.clone(), why: format!("{place}{}", fault.message()) }
    })?;
    Ok((path, file))
}

fn read(given: Option<&Path>) -> Result<(PathBuf, String), Error> {
    let path = given.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((path.to_owned(), text)),
        Err(fault) if given.is_none() && fault.kind() == std::io::ErrorKind::NotFound => {
            Ok((path.to_owned(), String::new()))
        }
        Err(fault) => Err(Error::File { what: "read the configuration", path: path.to_owned(), fault }),
    }
}

fn merge(flags: &Flags, file: File) -> Result<Settings, String> {
    let public = file.listen.public(flags.listen.as_deref())?;
    let operator = file.listen.operator(flags.operator.as_deref())?;
    // An empty root in the example is one that was not filled in yet.
    let root = flags.root.clone().or(file.site.root).filter(|root| !root.is_empty());
    let root =
        root.map(|root| root.parse().map_err(|_| format!("`{root}`: a fingerprint SHA256:… was expected")));
    let volume_mib = file.store.volume_mib.unwrap_or(Options::default().volume_mib);
    if !(1..=1_024).contains(&volume_mib) {
        return Err(format!("volume_mib = {volume_mib}: 1 to 1024 was expected"));
    }
    Ok(Settings {
        root: root.transpose()?,
        page: flags.page.clone().or(file.site.page).unwrap_or_else(|| DEFAULT_PAGE.into()),
        proxy_line: file.listen.proxy_line.unwrap_or(false),
        public,
        public_tls: file.listen.public_keys()?,
        operator,
        courier: file.listen.courier()?,
        store: flags.store.clone().or(file.store.path).unwrap_or_else(|| DEFAULT_STORE.into()),
        limits: file.limits.limits()?,
        options: file.limits.of_store(Options {
            ballast_mib: file.store.ballast_mib.unwrap_or(Options::default().ballast_mib),
            volume_mib,
            // An empty folder in the example stands for the default.
            keys: file.store.keys.filter(|keys| !keys.as_os_str().is_empty()),
            ..Options::default()
        })?,
        weeks: file.pickup.weeks()?,
        removal: file.pickup.removal()?,
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Rules;

    fn from(text: &str, flags: Flags) -> Result<Settings, String> {
        let file: File = toml::from_str(text).map_err(|fault| fault.message().to_string())?;
        merge(&flags, file)
    }

    #[test]
    fn the_example_parses_and_is_the_default() {
        let example = include_str!("../../../deploy/tipline.toml");
        let (example, default) =
            (from(example, Flags::default()).unwrap(), from("", Flags::default()).unwrap());
        assert_eq!((example.public, example.operator), (default.public, default.operator));
        assert_eq!((example.page, example.store), (default.page, default.store));
        assert_eq!(example.options, default.options);
        assert_eq!(example.limits.connections, default.limits.connections);
        assert_eq!(example.limits.rules, default.limits.rules);
        assert_eq!((example.courier, example.public_tls), (default.courier, default.public_tls));
        assert_eq!((example.weeks, example.removal), (default.weeks, default.removal));
        assert!(example.proxy_line && example.root.is_none());
    }

    #[test]
    fn an_unknown_key_is_named() {
        for (text, key) in
            [("[limits]\nconnection = 3", "connection"), ("[courier]", "courier"), ("x = 1", "x")]
        {
            assert!(from(text, Flags::default()).unwrap_err().contains(&format!("`{key}`")));
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for (text, part) in [
            ("[limits]\nconnections = 0", "1 to 65536"),
            ("[store]\nvolume_mib = 0", "1 to 1024"),
            ("[site]\nroot = \"abc\"", "SHA256:"),
            ("[listen]\npublic = \"0.0.0.0:80\"", "only this machine"),
            ("[listen]\noperator = \"127.0.0.1:1\"", "must be unix:"),
            ("[limits]\nconnections = -1", "invalid value"),
            ("[limits]\ncircuit_tips = 0", "circuit_tips = 0: 1 to 1000"),
            ("[limits]\nuploads_active = 5000", "1 to 4096"),
            ("[limits]\nlarge_gib_per_day = 100000", "0 to 65536"),
            ("[limits]\nlarge_stop_percent = 101", "0 to 100"),
            ("[limits]\nsmall_stop_percent = 0", "1 to 100"),
            ("[limits]\nsmall_reserve_percent = 256", "invalid value"),
            ("[pickup]\nweeks = \"all\"", "\"open\" or \"closed\""),
            ("[pickup]\nacks = \"none\"", "\"all\" or \"any\""),
            ("[pickup]\ngrace_days = 3651", "0 to 3650"),
        ] {
            let why = from(text, Flags::default()).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn limits_reach_the_door_and_the_store() {
        let text = "[limits]\ncircuit_tips = 1\nuploads_active = 2\nlarge_gib_per_day = 3\nsmall_reserve_percent = 4\n\
                    large_stop_percent = 5\nsmall_stop_percent = 6\nconnections = 7";
        let settings = from(text, Flags::default()).unwrap();
        let rules = Rules { circuit_tips: 1, uploads_active: 2, large_gib_per_day: 3, large_stop_percent: 5 };
        assert_eq!((settings.limits.rules, settings.limits.connections), (rules, 7));
        let options = settings.options;
        assert_eq!((options.small_reserve_percent, options.small_stop_percent), (4, 6));
    }

    #[test]
    fn flags_win() {
        let flags =
            Flags { listen: Some("127.0.0.1:0".into()), store: Some("/x".into()), ..Flags::default() };
        let settings = from("[listen]\npublic = \"unix:/a\"\n[store]\npath = \"/b\"", flags).unwrap();
        assert_eq!((settings.public.to_string().as_str(), settings.store), ("127.0.0.1:0", "/x".into()));
    }
}
