//! The signed documents in the page: whose letterbox it is, and for which week a tip can be sealed today (T-03, T-14).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use tipline_envelope::PublicKey;
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{self, Desk, Intake, IntakeError, NoEpoch};
use tipline_wire::sshsig::{self, Fingerprint, SigError};

use crate::json;

/// The longest JSON block that is read: two documents of the greatest length, escaped.
pub const LONGEST: usize = 4 * intake::LONGEST;
/// Letters and digits of a fingerprint in groups.
const GROUPED: usize = 24;

/// The page's JSON block as it was filled in by the letterbox; nothing in it is trusted yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    /// The site document's text, where the organisation has published one.
    pub site: Option<String>,
    /// A desk's armored signature over it.
    pub site_signature: Option<String>,
    /// The intake document's text.
    pub intake: Option<String>,
    /// The root's armored signature over it.
    pub intake_signature: Option<String>,
}

/// A letterbox that takes tips today.
#[derive(Clone)]
pub struct Line {
    /// The organisation's name.
    pub org: String,
    /// The root that signed: a person compares it with what is printed.
    pub root: Fingerprint,
    /// The week whose keys seal a tip today.
    pub epoch: Epoch,
    /// That week's keys, found sound.
    pub recipients: Vec<PublicKey>,
    /// The text of the site document, signed by a desk of the intake document.
    pub site: Option<String>,
    /// Who may sign the board.
    pub desks: Vec<Desk>,
    /// SHA-256 of the intake document, which the board must name.
    pub intake: [u8; 32],
    /// The first day of the first week in the intake document.
    pub since: Date,
    /// The weeks for which a sealed tip is still taken today, with how many keys each has; the newest first.
    pub taken: Vec<(Epoch, u8)>,
}

impl Line {
    /// How many keys seal a tip this week.
    #[must_use]
    pub fn keys(&self) -> Option<u8> {
        u8::try_from(self.recipients.len()).ok()
    }
}

/// Why nothing may be written here now. The code and the data are stable: each language has its own sentence for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// The block is `{}`: a template that belongs to no letterbox.
    #[error("this copy of the page belongs to no letterbox: it holds no documents")]
    NoDocuments,
    /// A document, a signature or a key has not its form.
    #[error("the documents of this letterbox cannot be read")]
    Malformed,
    /// The signature doesn't belong to the document, or its signer may not sign it.
    #[error("the documents of this letterbox are not signed by its owner")]
    WrongSignature,
    /// The documents are another address's.
    #[error("the documents belong to another address: {site}")]
    AnotherSite {
        /// The address they are for.
        site: String,
    },
    /// The link names another root.
    #[error("this link and this letterbox disagree: the link names another key")]
    LinkDisagrees,
    /// The clock can't be right.
    #[error("this device's clock must be wrong: the documents were signed on {issued}")]
    ClockWrong {
        /// The day the root signed.
        issued: String,
    },
    /// All keys ran out.
    #[error("this line is closed: its keys ran out on {since}")]
    Closed {
        /// The first day without keys.
        since: String,
    },
    /// The first week has not begun.
    #[error("this line opens on {from}")]
    NotOpenYet {
        /// The first day with keys.
        from: String,
    },
}

impl Documents {
    /// Reads the page's JSON block.
    ///
    /// # Errors
    /// [`Reason::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Self, Reason> {
        if json.len() > LONGEST {
            return Err(Reason::Malformed);
        }
        let json = core::str::from_utf8(json).map_err(|_| Reason::Malformed)?;
        let [site, site_signature, intake, intake_signature] =
            json::strings(json, ["site", "site_signature", "intake", "intake_signature"])
                .ok_or(Reason::Malformed)?;
        Ok(Self { site, site_signature, intake, intake_signature })
    }

    /// Verifies everything in the order signature, link, address, clock, keys.
    ///
    /// `host` is the page's own, with its port; a copy that was saved has none, and speaks with no letterbox. `fragment` is what follows `#` in its address: when there is anything, it
    /// must be this root's fingerprint; it never replaces the root.
    ///
    /// # Errors
    /// The first [`Reason`] not to write here.
    pub fn check(&self, host: &str, fragment: &str, today: Date) -> Result<Line, Reason> {
        let (Some(document), Some(signature)) = (&self.intake, &self.intake_signature) else {
            return Err(if *self == Self::default() { Reason::NoDocuments } else { Reason::Malformed });
        };
        let (intake, root) = intake::read(document, signature)?.on_first_use();
        if !link_agrees(fragment, &root) {
            return Err(Reason::LinkDisagrees);
        }
        if !host.is_empty() && !intake.fits_host(host) {
            return Err(Reason::AnotherSite { site: intake.site.to_string() });
        }
        self.check_site(&intake, &root)?;
        let keys = intake.choose(today)?;
        let recipients: Result<Vec<_>, _> = keys.recipients.iter().map(PublicKey::try_from).collect();
        Ok(Line {
            epoch: keys.epoch,
            recipients: recipients.map_err(|_| Reason::Malformed)?,
            org: intake.org.clone(),
            root,
            site: self.site.clone(),
            intake: intake::digest(document),
            since: intake.epochs.first().map_or(keys.epoch.start, |first| first.epoch.start),
            taken: intake.taken(today).map(|keys| (keys.epoch, keys.count())).collect(),
            desks: intake.desks,
        })
    }

    /// A site document is optional; one that is there must be signed by a desk and name the same root.
    fn check_site(&self, intake: &Intake, root: &Fingerprint) -> Result<(), Reason> {
        let (site, signature) = match (&self.site, &self.site_signature) {
            (None, None) => return Ok(()),
            (Some(site), Some(signature)) => (site, signature),
            _ => return Err(Reason::Malformed),
        };
        let signer = sshsig::verify(signature, sshsig::SITE, site.as_bytes())?;
        if !intake.desks.iter().any(|desk| desk.key == signer) {
            return Err(Reason::WrongSignature);
        }
        let Some([Some(named)]) = json::strings(site, ["root"]) else { return Err(Reason::Malformed) };
        if named == root.to_string() { Ok(()) } else { Err(Reason::WrongSignature) }
    }
}

/// Nothing after `#` agrees with every root; anything else must be the whole fingerprint in one of its two forms.
fn link_agrees(fragment: &str, root: &Fingerprint) -> bool {
    let said = fragment.strip_prefix('#').unwrap_or(fragment);
    if said.is_empty() || said == root.to_string() {
        return true;
    }
    let letters = said.replace("%20", "").replace([' ', '-', '_', '.'], "").to_ascii_uppercase();
    letters.len() == GROUPED && letters == root.groups().replace(' ', "")
}

impl From<IntakeError> for Reason {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Signature(error) => error.into(),
            _ => Self::Malformed,
        }
    }
}

impl From<SigError> for Reason {
    fn from(error: SigError) -> Self {
        match error {
            SigError::Form => Self::Malformed,
            _ => Self::WrongSignature,
        }
    }
}

impl From<NoEpoch> for Reason {
    fn from(error: NoEpoch) -> Self {
        match error {
            NoEpoch::ClockWrong { issued } => Self::ClockWrong { issued: issued.to_string() },
            NoEpoch::Closed { since } => Self::Closed { since: since.to_string() },
            NoEpoch::NotOpenYet { from } => Self::NotOpenYet { from: from.to_string() },
        }
    }
}
