//! The check of tor's configuration: what stands in `deploy/torrc` stands in it, and nothing that would undo it.

use std::path::{Path, PathBuf};

use super::verdict::Verdict;

/// The configuration that the project gives.
const RELEASED: &str = include_str!("../../../deploy/torrc");
/// Options of a service whose values are for the operator to choose.
const FREE: &[&str] =
    &["hiddenservicedir", "hiddenserviceport", "hiddenservicepowqueuerate", "hiddenservicepowqueueburst"];
/// Depends on `proxy_line` of our own configuration.
const EXPORT: &str = "hiddenserviceexportcircuitid";

/// One option: its name in lower case (tor ignores case) and its value with single spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    name: String,
    value: String,
}

/// A configuration: what holds for all, and each onion service with what follows its `HiddenServiceDir`.
#[derive(Debug, Default)]
struct Torrc {
    global: Vec<Setting>,
    services: Vec<Vec<Setting>>,
}

/// Compares a configuration with the released one, for the service that leads to `door`.
pub fn check(torrc: &str, door: &Path, proxy_line: bool) -> Verdict {
    let (theirs, ours) = (Torrc::parse(torrc), Torrc::parse(RELEASED));
    let Some(service) = theirs.service_to(door) else {
        return Verdict::mend(format!(
            "no HiddenServicePort leads to unix:{}: take the lines of the released torrc, then restart tor",
            door.display()
        ));
    };
    let released = ours.services.first().map_or(&[][..], |service| service);
    let mut lacking = missing(&ours.global, &theirs.global).chain(missing(released, service));
    let lacking = lacking.find(|line| !FREE.contains(&line.name.as_str()) && line.name != EXPORT);
    if let Some(Setting { name, value }) = lacking {
        return Verdict::mend(format!(
            "`{name} {value}` of the released torrc is missing: add it, then restart tor (its sandbox changes in no running tor)"
        ));
    }
    if let Some(Setting { name, value }) = theirs.global.iter().find(|setting| undoes(setting)) {
        return Verdict::mend(format!(
            "`{name} {value}` does not belong beside an onion service: take it out, then restart tor"
        ));
    }
    export(service, proxy_line)
}

/// What a configuration says of the onion that leads to the courier's door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourierOnion {
    /// It is one, and tor looks for the couriers' keys in this folder.
    Keys(PathBuf),
    /// It is not as it should be.
    Wrong(Verdict),
}

/// Looks for the onion that leads to the courier's door.
pub fn courier(torrc: &str, door: &Path) -> CourierOnion {
    let theirs = Torrc::parse(torrc);
    let wrong = |line: String| CourierOnion::Wrong(Verdict::mend(line));
    let Some(service) = theirs.service_to(door) else {
        return wrong(format!(
            "no HiddenServicePort leads to unix:{}: take the courier's lines of the released torrc, then restart tor",
            door.display()
        ));
    };
    if service.iter().any(|setting| setting.name == EXPORT && setting.value != "none") {
        return wrong(
            "every courier is refused: take HiddenServiceExportCircuitID out of the courier's onion, then restart tor".into(),
        );
    }
    let folder = service.iter().find(|setting| setting.name == "hiddenservicedir");
    let folder = folder.map_or("", |setting| setting.value.trim_matches('"'));
    CourierOnion::Keys(Path::new(folder).join("authorized_clients"))
}

/// The texts of the `.auth` files in that folder; `None` if it can't be looked at.
pub fn authorized(folder: &Path, texts: Option<&[String]>) -> Verdict {
    let Some(texts) = texts else {
        return Verdict::skipped(format!("{} cannot be looked at here: run this as root", folder.display()));
    };
    let keys = texts.iter().filter(|text| is_client(text)).count();
    if keys == 0 {
        return Verdict::mend(format!(
            "no courier's key is in {}, so tor shows the courier's onion to everybody: put a NAME.auth there that \
             courier-onion-key made, then restart tor",
            folder.display()
        ));
    }
    if let Some(broken) = texts.len().checked_sub(keys).filter(|broken| *broken > 0) {
        return Verdict::mend(format!(
            "{broken} of the .auth files in {} are no keys, so tor passes over them: take them out, or copy them again, \
             then restart tor",
            folder.display()
        ));
    }
    Verdict::sound(format!("tor shows it to the keys of {keys} couriers"))
}

/// `descriptor:x25519:` and 32 bytes in base32 (rend-spec-v3, client authorization).
fn is_client(text: &str) -> bool {
    let key = text.trim().strip_prefix("descriptor:x25519:");
    key.is_some_and(|key| {
        key.len() == 52 && key.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
    })
}

/// tor says the circuit in front of each connection exactly if the server waits for it.
fn export(service: &[Setting], proxy_line: bool) -> Verdict {
    let exports = service.iter().any(|setting| setting.name == EXPORT && setting.value == "haproxy");
    match (exports, proxy_line) {
        (true, true) => Verdict::sound("as released"),
        (false, false) => Verdict::mend(
            "circuits are not told apart, so one visitor can take everybody's place: HiddenServiceExportCircuitID haproxy \
             in torrc and `proxy_line = true` in tipline.toml, then restart both",
        ),
        _ => Verdict::mend(
            "every visitor is refused: HiddenServiceExportCircuitID haproxy in torrc and `proxy_line = true` in \
             tipline.toml belong together; set both, then restart both",
        ),
    }
}

/// Settings that the other side does not have. tor takes the last of several.
fn missing<'a>(wanted: &'a [Setting], there: &'a [Setting]) -> impl Iterator<Item = &'a Setting> {
    wanted.iter().filter(|setting| {
        there
            .iter()
            .rev()
            .find(|other| other.name == setting.name)
            .is_none_or(|other| other.value != setting.value)
    })
}

/// Single-hop mode, a relay in the same tor, a control port on TCP.
fn undoes(Setting { name, value }: &Setting) -> bool {
    match name.as_str() {
        "hiddenservicesinglehopmode" | "hiddenservicenonanonymousmode" => value != "0",
        "orport" | "dirport" | "bridgerelay" => value != "0",
        "controlport" => value != "0" && !value.starts_with("unix:"),
        _ => false,
    }
}

impl Torrc {
    fn parse(text: &str) -> Self {
        let mut torrc = Self::default();
        for setting in text.lines().filter_map(Setting::parse) {
            if setting.name == "hiddenservicedir" {
                torrc.services.push(vec![setting]);
            } else if let Some(service) = torrc.services.last_mut().filter(|_| setting.is_of_a_service()) {
                service.push(setting);
            } else {
                torrc.global.push(setting);
            }
        }
        torrc
    }

    fn service_to(&self, door: &Path) -> Option<&[Setting]> {
        let target = format!("unix:{}", door.display());
        let leads = |setting: &Setting| {
            setting.name == "hiddenserviceport"
                && setting.value.split(' ').next_back().is_some_and(|to| to.trim_matches('"') == target)
        };
        self.services.iter().find(|service| service.iter().any(leads)).map(Vec::as_slice)
    }
}

impl Setting {
    fn parse(line: &str) -> Option<Self> {
        let line = line.split('#').next().unwrap_or("");
        let mut words = line.split_whitespace();
        let name = words.next()?.to_ascii_lowercase();
        Some(Self { name, value: words.collect::<Vec<_>>().join(" ") })
    }

    /// These two hold for the whole of tor, wherever they stand.
    fn is_of_a_service(&self) -> bool {
        self.name.starts_with("hiddenservice")
            && !["hiddenservicesinglehopmode", "hiddenservicenonanonymousmode"].contains(&self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str = "/run/tipline/onion.sock";

    fn released(changed: &[(&str, &str)]) -> Verdict {
        let text = changed.iter().fold(RELEASED.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        check(&text, Path::new(DOOR), true)
    }

    #[track_caller]
    fn mends(verdict: &Verdict, part: &str) {
        assert!(matches!(verdict, Verdict::Mend(line) if line.contains(part)), "{verdict:?}");
    }

    #[test]
    fn the_released_torrc_is_sound_also_when_it_is_written_otherwise() {
        assert_eq!(released(&[]), Verdict::sound("as released"));
        let otherwise = [("SocksPort 0", "socksport   0 # none"), ("QueueRate 5", "QueueRate 9")];
        assert_eq!(released(&otherwise), Verdict::sound("as released"));
        assert_eq!(
            released(&[("Sandbox 1", "Sandbox 1\nControlPort unix:/run/tor/control")]),
            Verdict::sound("as released")
        );
    }

    #[test]
    fn each_line_that_is_missing_or_changed_is_named() {
        for (from, to, part) in [
            ("SocksPort 0", "SocksPort 9050", "`socksport 0`"),
            ("SafeLogging 1", "", "`safelogging 1`"),
            ("Sandbox 1", "Sandbox 1\nSandbox 0", "`sandbox 1`"),
            ("HiddenServicePoWDefensesEnabled 1", "", "`hiddenservicepowdefensesenabled 1`"),
            ("HiddenServiceMaxStreams 16", "HiddenServiceMaxStreams 0", "`hiddenservicemaxstreams 16`"),
            ("HiddenServiceExportCircuitID haproxy", "", "every visitor is refused"),
            (DOOR, "/run/other.sock", "no HiddenServicePort"),
        ] {
            mends(&released(&[(from, to)]), part);
        }
    }

    #[test]
    fn what_undoes_an_onion_service_is_named() {
        for line in [
            "HiddenServiceSingleHopMode 1",
            "HiddenServiceNonAnonymousMode 1",
            "ORPort 9001",
            "ControlPort 9051",
            "ControlPort 127.0.0.1:9051",
        ] {
            mends(&released(&[("Sandbox 1", &format!("Sandbox 1\n{line}"))]), "does not belong");
            let last = check(&format!("{RELEASED}\n{line}\n"), Path::new(DOOR), true);
            mends(&last, "does not belong");
        }
    }

    #[test]
    fn circuits_are_told_on_both_sides_or_not_at_all() {
        mends(&check(RELEASED, Path::new(DOOR), false), "every visitor is refused");
        let neither = RELEASED.replace("HiddenServiceExportCircuitID haproxy", "");
        mends(&check(&neither, Path::new(DOOR), false), "take everybody's place");
    }

    #[test]
    fn the_couriers_onion_is_found_and_must_not_export_circuits() {
        let door = Path::new("/run/tipline/courier.sock");
        let folder = Path::new("/var/lib/tor/tipline-courier/authorized_clients");
        assert_eq!(courier(RELEASED, door), CourierOnion::Keys(folder.into()));
        let wrong = |text: &str, part| match courier(text, door) {
            CourierOnion::Wrong(verdict) => mends(&verdict, part),
            CourierOnion::Keys(folder) => panic!("{folder:?}"),
        };
        wrong("", "no HiddenServicePort leads to unix:/run/tipline/courier.sock");
        wrong(&format!("{RELEASED}\nHiddenServiceExportCircuitID haproxy"), "every courier is refused");
    }

    #[test]
    fn without_a_key_the_couriers_onion_is_open_to_everybody() {
        let of = |texts: Option<&[String]>| authorized(Path::new("/a"), texts);
        let key = format!("descriptor:x25519:{}\n", "A2".repeat(26));
        assert!(matches!(of(Some(std::slice::from_ref(&key))), Verdict::Sound(_)));
        mends(&of(Some(&[])), "to everybody");
        for broken in [String::new(), key.replace('2', "1"), key.replace("A2A2", "A2"), "descriptor:".into()]
        {
            mends(&of(Some(std::slice::from_ref(&broken))), "to everybody");
            mends(&of(Some(&[key.clone(), broken])), "1 of the .auth files");
        }
        assert!(matches!(of(None), Verdict::Skipped(_)));
    }

    #[test]
    fn noise_is_no_configuration() {
        for noise in ["", "#", "\0\0", "HiddenServicePort", "%include x"] {
            mends(&check(noise, Path::new(DOOR), true), "no HiddenServicePort");
        }
    }
}
