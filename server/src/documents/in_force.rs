//! Which published documents count, and what may follow them.
//!
//! A site document counts while a desk of the intake document in force signed it. A board also has to name that very
//! intake document, because a client that sees a fresh board beside another one refuses to seal. So a new intake document
//! can end both: they are then no longer shown, and whoever publishes it is told. Nor does their serial bind any more,
//! so that a desk that was dropped can't have blocked those that remain with a very high one.

use std::sync::Arc;

use hyper::body::Bytes;
use tipline_wire::board::Board;
use tipline_wire::hex;
use tipline_wire::intake::{self, Intake};
use tipline_wire::signed;
use tipline_wire::site::Site;
use tipline_wire::sshsig::Fingerprint;

use super::{DocumentError, Kind, Published};
use crate::journal::{self, Entry};
use crate::store::{Document, Letterbox};

/// What this letterbox holds documents to.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Whose intake documents are installed.
    pub root: Fingerprint,
    /// SHA-256 of the page's template.
    pub template: [u8; 32],
}

/// The documents in force.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// Of the root.
    pub intake: Option<Arc<Published>>,
    /// Of a desk that the intake document names.
    pub site: Option<Arc<Published<Site>>>,
    /// Of a desk that the intake document names, made beside it.
    pub board: Option<Arc<Published<Board>>>,
}

/// A document that may be installed, and what then counts.
#[derive(Debug)]
pub struct Installed {
    /// What it is.
    pub kind: Kind,
    /// Its serial.
    pub serial: u64,
    /// With it.
    pub in_force: InForce,
    /// What it ends: kinds and serials.
    pub ended: Vec<(Kind, u64)>,
}

impl InForce {
    /// Reads what was published before. What does not count (any more) stays where it is and is not shown; the journal
    /// says so. Blocks.
    ///
    /// # Errors
    /// A file can't be read, or the intake document is no such document.
    pub fn load(store: &impl Letterbox, rules: &Rules) -> Result<Self, DocumentError> {
        let Some(intake) = load_intake(store, &rules.root)? else { return Ok(Self::default()) };
        let site = counted(store, Kind::Site, |body| Published::<Site>::by_desk(body, &intake))?;
        let board = counted(store, Kind::Board, |body| {
            Published::<Board>::by_desk(body, &intake).and_then(|board| board.made_beside(&intake))
        })?;
        if site.as_ref().is_some_and(|site| !site.content().accepts_page(&rules.template)) {
            journal::write(&Entry::PageNotAccepted(hex::encode(&rules.template)));
        }
        Ok(Self { intake: Some(Arc::new(intake)), site: site.map(Arc::new), board: board.map(Arc::new) })
    }

    /// Verifies a body, document then signature, against what is in force.
    ///
    /// # Errors
    /// See [`DocumentError`]; nothing changes.
    pub fn with(&self, body: &Bytes, rules: &Rules) -> Result<Installed, DocumentError> {
        let (document, _) = signed::split(body).ok_or(DocumentError::NotSigned)?;
        match Kind::of(document).ok_or(DocumentError::Unknown)? {
            Kind::Intake => self.with_intake(Published::by_root(body, &rules.root)?),
            Kind::Site => self.with_site(Published::<Site>::by_desk(body, self.desks()?)?, rules),
            Kind::Board => self.with_board(Published::<Board>::by_desk(body, self.desks()?)?),
            Kind::Ack => Err(DocumentError::AnAck),
        }
    }

    /// The intake document, which says who may sign.
    ///
    /// # Errors
    /// [`DocumentError::NoIntake`].
    pub fn desks(&self) -> Result<&Published, DocumentError> {
        self.intake.as_deref().ok_or(DocumentError::NoIntake)
    }

    fn with_intake(&self, new: Published) -> Result<Installed, DocumentError> {
        let serial = new.intake().serial;
        newer(&new, serial, self.intake.as_deref().map(|old| (old, old.intake().serial)))?;
        let site = self.site.clone().filter(|site| new.names(site.signer()));
        let board = self.board.clone().filter(|board| new.names(board.signer()) && board.is_beside(&new));
        let ended_site = self.site.as_ref().filter(|_| site.is_none()).map(|old| old.content().serial);
        let ended_board = self.board.as_ref().filter(|_| board.is_none()).map(|old| old.content().serial);
        let ended = [(Kind::Site, ended_site), (Kind::Board, ended_board)];
        let ended = ended.into_iter().filter_map(|(kind, serial)| Some((kind, serial?))).collect();
        let in_force = Self { intake: Some(Arc::new(new)), site, board };
        Ok(Installed { kind: Kind::Intake, serial, in_force, ended })
    }

    fn with_site(&self, new: Published<Site>, rules: &Rules) -> Result<Installed, DocumentError> {
        let site = new.content();
        let (serial, org) = (site.serial, &self.desks()?.intake().org);
        match site.root() {
            Some(found) if found != rules.root => {
                return Err(DocumentError::OtherRoot { found, here: rules.root });
            }
            _ if site.org != *org => return Err(DocumentError::OtherOrg { here: org.clone() }),
            _ if !site.accepts_page(&rules.template) => {
                return Err(DocumentError::Page { template: hex::encode(&rules.template) });
            }
            _ => {}
        }
        newer(&new, serial, self.site.as_deref().map(|old| (old, old.content().serial)))?;
        let in_force = Self { site: Some(Arc::new(new)), ..self.clone() };
        Ok(Installed { kind: Kind::Site, serial, in_force, ended: Vec::new() })
    }

    fn with_board(&self, new: Published<Board>) -> Result<Installed, DocumentError> {
        let new = new.made_beside(self.desks()?)?;
        let serial = new.content().serial;
        newer(&new, serial, self.board.as_deref().map(|old| (old, old.content().serial)))?;
        let in_force = Self { board: Some(Arc::new(new)), ..self.clone() };
        Ok(Installed { kind: Kind::Board, serial, in_force, ended: Vec::new() })
    }
}

impl Installed {
    /// What was done, for whoever published it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut say = format!("the {} {} is published", self.kind.name(), self.serial);
        for (kind, serial) in &self.ended {
            let why = match kind {
                Kind::Board => {
                    "it was made beside another intake document, or by a desk that this one does not name"
                }
                _ => "this intake document does not name the desk that signed it",
            };
            let name = kind.name();
            say.push_str(&format!(". The {name} {serial} is no longer shown: {why}. Publish a new {name}"));
        }
        say
    }
}

impl Published<Board> {
    /// Whether it names this intake document.
    fn is_beside(&self, intake: &Published<Intake>) -> bool {
        self.content().intake == intake::digest(intake.document())
    }

    /// # Errors
    /// It was made beside another intake document, or in another size.
    fn made_beside(self, intake: &Published<Intake>) -> Result<Self, DocumentError> {
        let (found, said) = (self.content().slots, intake.intake().slots);
        if !self.is_beside(intake) {
            return Err(DocumentError::OtherIntake { serial: intake.intake().serial });
        }
        if found == said { Ok(self) } else { Err(DocumentError::Slots { found, said }) }
    }
}

/// A higher serial than the installed one, or the same bytes again.
fn newer<T>(new: &Published<T>, found: u64, old: Option<(&Published<T>, u64)>) -> Result<(), DocumentError> {
    match old {
        Some((old, installed)) if old.document() != new.document() && installed >= found => {
            Err(DocumentError::Stale { found, installed })
        }
        _ => Ok(()),
    }
}

/// The installed intake document. One of another root does not count: the configuration names a new root, and only a
/// running server can be given what it signed.
fn load_intake(store: &impl Letterbox, root: &Fingerprint) -> Result<Option<Published>, DocumentError> {
    let Some(body) = store.document(&Document::Intake)? else { return Ok(None) };
    match Published::by_root(&body.into(), root) {
        Ok(intake) => Ok(Some(intake)),
        Err(DocumentError::AnotherRoot(_)) => {
            journal::write(&Entry::NotShown(Kind::Intake.name()));
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

fn counted<T>(
    store: &impl Letterbox,
    kind: Kind,
    verify: impl FnOnce(&Bytes) -> Result<Published<T>, DocumentError>,
) -> Result<Option<Published<T>>, DocumentError> {
    let Some(place) = kind.place() else { return Ok(None) };
    let Some(body) = store.document(&place)? else { return Ok(None) };
    let counted = verify(&body.into());
    if counted.is_err() {
        journal::write(&Entry::NotShown(kind.name()));
    }
    Ok(counted.ok())
}
