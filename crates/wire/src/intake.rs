//! The intake document: the root's signed list of desks and weekly keys. Text with LF, exactly this shape:
//!
//! ```text
//! tipline-intake 1
//! org <1..64 characters>
//! site <onion host, or "any">
//! serial <decimal>
//! issued <YYYY-MM-DD>
//! slots <16..512, a power of two>
//! desk <name> ssh-ed25519 <base64>        1..4 lines
//! replaces <SHA256:…>                     optional
//! epoch <Monday> <next Monday>            1..64, contiguous, ascending
//! recipient age1pq1…                      1..8 lines an epoch
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::date::{Date, Epoch};
use crate::lines::{Expected, Lines, decimal};
use crate::recipient::Recipient;
use crate::signed::Untrusted;
use crate::size::MAX_RECIPIENTS;
use crate::sshsig::{self, Fingerprint, PublicKey, SigError};

/// The longest document that is read: 64 epochs of 8 recipients need 1 004 000 bytes.
pub const LONGEST: usize = 1_100_000;
/// Most desks.
pub const MAX_DESKS: usize = 4;
/// Most epochs.
pub const MAX_EPOCHS: usize = 64;
/// The highest serial of a signed document: JSON's numbers go no further.
pub const MAX_SERIAL: u64 = 1 << 53;
/// A client's clock may lag behind `issued` by this many days.
const CLOCK_LAG: i32 = 2;
/// A clock further than this behind the last epoch is wrong rather than the line closed.
const A_YEAR: i32 = 366;
/// The letterbox takes a tip until this many days after its epoch's end.
pub const GRACE_DAYS: i32 = 7;

/// Why a document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// A line is missing, out of order or malformed.
    #[error("the intake document is malformed at line {line}: {expected} was expected")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Longer than any sound document.
    #[error("the intake document is too long")]
    TooLong,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SigError),
}

impl From<Expected> for IntakeError {
    fn from(Expected { line, expected }: Expected) -> Self {
        Self::Line { line, expected }
    }
}

/// Which address a document is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// Loopback hosts only: demonstrations and tests.
    Any,
    /// One onion host, 56 letters and digits, then `.onion`.
    Onion(String),
}

/// A desk and the key it signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// 1 to 32 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// Signs site documents, boards and acknowledgements.
    pub key: PublicKey,
}

/// One week and the keys its tips are sealed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochKeys {
    /// The week.
    pub epoch: Epoch,
    /// One to eight; places without a holder have keys that nobody can open.
    pub recipients: Vec<Recipient>,
}

impl EpochKeys {
    /// N, the number of stanzas of a tip of this week.
    #[must_use]
    pub fn count(&self) -> u8 {
        u8::try_from(self.recipients.len()).unwrap_or(MAX_RECIPIENTS)
    }
}

/// The document's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The organisation's name.
    pub org: String,
    /// The address it is for.
    pub site: Site,
    /// Strictly increasing from one document to the next.
    pub serial: u64,
    /// When the root signed.
    pub issued: Date,
    /// Places on the board.
    pub slots: u16,
    /// Who may sign for the organisation.
    pub desks: Vec<Desk>,
    /// An earlier root that this one replaces.
    pub replaces: Option<Fingerprint>,
    /// The weeks, contiguous and ascending.
    pub epochs: Vec<EpochKeys>,
}

/// Why no key can be chosen today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoEpoch {
    /// The clock of this device cannot be right.
    #[error("this device's clock must be wrong: the document was signed on {issued}")]
    ClockWrong {
        /// When the root signed.
        issued: Date,
    },
    /// All keys ran out: the organisation's fault, not the source's.
    #[error("this line is closed: its keys ran out on {since}")]
    Closed {
        /// The end of the last epoch.
        since: Date,
    },
    /// The first epoch has not begun.
    #[error("this line opens on {from}")]
    NotOpenYet {
        /// The start of the first epoch.
        from: Date,
    },
}

/// Reads a document and checks its signature; *whose* it is remains to be verified.
///
/// # Errors
/// Malformed document or signature.
pub fn read(document: &str, signature: &str) -> Result<Untrusted<Intake>, IntakeError> {
    let intake = Intake::parse(document)?;
    Ok(Untrusted::new(intake, document, signature, sshsig::INTAKE)?)
}

/// SHA-256 of a document's text: a board names so the one that it was made beside.
#[must_use]
pub fn digest(document: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(document).into()
}

impl Intake {
    /// Reads the document's text. Accepts exactly what [`Intake::to_text`] writes.
    ///
    /// # Errors
    /// The line that is wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, IntakeError> {
        if text.len() > LONGEST {
            return Err(IntakeError::TooLong);
        }
        let mut lines = Lines::of(text);
        lines.expect_only("tipline-intake 1")?;
        let org = lines.expect("org", |org| is_org(org).then(|| org.to_string()))?;
        let site = lines.expect("site", Site::parse)?;
        let serial = lines.expect("serial", |s| decimal(s).filter(|n| *n <= MAX_SERIAL))?;
        let issued = lines.expect("issued", Date::parse)?;
        let slots = lines
            .expect("slots", |s| decimal(s).filter(|n| n.is_power_of_two() && (16..=512).contains(n)))?;
        let slots = u16::try_from(slots).unwrap_or(512);
        let mut desks: Vec<Desk> = Vec::new();
        while desks.is_empty() || lines.next_is("desk") {
            let unique = |desk: &Desk| {
                desks.len() < MAX_DESKS && desks.iter().all(|d| d.name != desk.name && d.key != desk.key)
            };
            let desk = lines.expect("desk", |d| Desk::parse(d).filter(unique))?;
            desks.push(desk);
        }
        let replaces = if lines.next_is("replaces") {
            Some(lines.expect("replaces", |r| r.parse().ok())?)
        } else {
            None
        };
        let epochs = read_epochs(&mut lines)?;
        Ok(Self { org, site, serial, issued, slots, desks, replaces, epochs })
    }

    /// The text to sign.
    ///
    /// # Errors
    /// A field breaks the document's rules; the line that would be wrong is named.
    pub fn to_text(&self) -> Result<String, IntakeError> {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "tipline-intake 1\norg {}\nsite {}\nserial {}\nissued {}\nslots {}\n",
            self.org, self.site, self.serial, self.issued, self.slots
        );
        for desk in &self.desks {
            let _ = writeln!(text, "desk {} {}", desk.name, desk.key);
        }
        if let Some(root) = &self.replaces {
            let _ = writeln!(text, "replaces {root}");
        }
        for keys in &self.epochs {
            let _ = writeln!(text, "epoch {} {}", keys.epoch.start, keys.epoch.end);
            for recipient in &keys.recipients {
                let _ = writeln!(text, "recipient {recipient}");
            }
        }
        // What was written must be what a reader accepts, and mean the same.
        match Self::parse(&text)? {
            same if same == *self => Ok(text),
            _ => Err(IntakeError::Line { line: 0, expected: "a field without a line break" }),
        }
    }

    /// Whether a page at `host` may use it. `any` fits loopback hosts only.
    #[must_use]
    pub fn fits_host(&self, host: &str) -> bool {
        match &self.site {
            Site::Onion(onion) => onion == host,
            Site::Any => is_loopback(host),
        }
    }

    /// This week's keys.
    ///
    /// # Errors
    /// The clock is wrong, or there are no keys for today.
    pub fn choose(&self, today: Date) -> Result<&EpochKeys, NoEpoch> {
        let (Some(first), Some(last)) = (self.epochs.first(), self.epochs.last()) else {
            return Err(NoEpoch::Closed { since: self.issued });
        };
        let (from, since) = (first.epoch.start, last.epoch.end);
        if today < self.issued.plus_days(-CLOCK_LAG) || today > since.plus_days(A_YEAR) {
            return Err(NoEpoch::ClockWrong { issued: self.issued });
        }
        let late = if today < from { NoEpoch::NotOpenYet { from } } else { NoEpoch::Closed { since } };
        self.epochs.iter().find(|keys| keys.epoch.contains(today)).ok_or(late)
    }

    /// The keys of the epoch that begins on `start`.
    #[must_use]
    pub fn epoch(&self, start: Date) -> Option<&EpochKeys> {
        self.epochs.iter().find(|keys| keys.epoch.start == start)
    }

    /// The weeks for which somebody can hold a sealed tip today that is still taken, the newest first.
    pub fn taken(&self, today: Date) -> impl Iterator<Item = &EpochKeys> {
        let begun = move |keys: &&EpochKeys| {
            keys.epoch.start <= today && self.takes(keys.epoch.start, today).is_some()
        };
        self.epochs.iter().rev().filter(begun)
    }

    /// The keys of an epoch for which a tip is taken today: until seven days after its end; future ones too.
    #[must_use]
    pub fn takes(&self, start: Date, today: Date) -> Option<&EpochKeys> {
        self.epoch(start).filter(|keys| today < keys.epoch.end.plus_days(GRACE_DAYS))
    }
}

impl Site {
    /// `any`, or an onion host of version 3.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "any" {
            return Some(Self::Any);
        }
        let name = text.strip_suffix(".onion")?;
        let sound = name.len() == 56 && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        sound.then(|| Self::Onion(text.to_string()))
    }
}

impl core::fmt::Display for Site {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Onion(host) => host,
        })
    }
}

impl Desk {
    fn parse(text: &str) -> Option<Self> {
        let (name, key) = text.split_once(' ')?;
        let sound = Self::is_name(name);
        sound.then(|| key.parse().ok().map(|key| Self { name: name.to_string(), key })).flatten()
    }

    /// Whether a desk can have this name: 1 to 32 of `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        (1..=32).contains(&name.len()) && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    }
}

/// Whether a host, with or without a port, is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let port = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, p)) if port(p) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => host,
    };
    let four = |n: &str| n.parse::<core::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    name == "localhost" || name == "[::1]" || four(name)
}

/// Whether an organisation can have this name: 1 to 64 characters, none that controls, turns or cannot be seen (two names
/// that look alike must be alike), no blank around it. Joiners stay: scripts need them.
#[must_use]
pub fn is_org(org: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let unseen = |c: char| {
        matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{3164}'
                | '\u{ffa0}'
                | '\u{200b}'
                | '\u{feff}'
        ) || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
    };
    (1..=64).contains(&org.chars().count())
        && org.trim() == org
        && !org.chars().any(|c| c.is_control() || turns(c) || unseen(c))
}

/// The epochs up to the end of the document.
fn read_epochs(lines: &mut Lines<'_>) -> Result<Vec<EpochKeys>, Expected> {
    let mut epochs: Vec<EpochKeys> = Vec::new();
    while epochs.is_empty() || !lines.is_done() {
        let due = epochs.last().map(|last| last.epoch.end);
        let room = epochs.len() < MAX_EPOCHS;
        let epoch = lines.expect("epoch", |text| {
            read_epoch(text).filter(|e| room && due.is_none_or(|due| due == e.start))
        })?;
        let mut recipients = Vec::new();
        while recipients.is_empty() || lines.next_is("recipient") {
            let room = recipients.len() < usize::from(MAX_RECIPIENTS);
            recipients.push(lines.expect("recipient", |text| text.parse().ok().filter(|_| room))?);
        }
        epochs.push(EpochKeys { epoch, recipients });
    }
    Ok(epochs)
}

fn read_epoch(text: &str) -> Option<Epoch> {
    let (start, end) = text.split_once(' ')?;
    let epoch = Epoch::starting(Date::parse(start)?)?;
    (Date::parse(end)? == epoch.end).then_some(epoch)
}

#[cfg(test)]
mod tests;
