//! What all doors share: the store, the documents in force with the page made from them, frozen pickups, the world.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use hyper::body::Bytes;
use tipline_wire::date::Date;
use tipline_wire::sentences::Language;
use tipline_wire::sshsig::Fingerprint;
use tipline_wire::tip_id::TipId;

use crate::acknowledgements::Rule;
use crate::calendar;
use crate::documents::{DocumentError, InForce, Published, Rules};
use crate::journal::{self, Entry};
use crate::operator::frozen::Frozen;
use crate::page::{Page, PageError, Template};
use crate::removal::Removal;
use crate::store::{Home, Letterbox};
use crate::world::World;

/// Frozen pickups that can still be fetched; making one more forgets the oldest.
const PICKUPS: usize = 4;

/// Which weeks a pickup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weeks {
    /// All, the running one too.
    Open,
    /// Those that are over.
    Closed,
}

/// What the configuration says of documents and pickups.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whose intake documents are installed.
    pub root: Fingerprint,
    /// Which weeks a pickup has.
    pub weeks: Weeks,
    /// Which acknowledged tips are removed, and when.
    pub removal: Rule,
}

impl Policy {
    /// The defaults, for a letterbox of this root.
    #[must_use]
    pub fn of(root: Fingerprint) -> Self {
        Self { root, weeks: Weeks::Open, removal: Rule::default() }
    }
}

/// What a visitor is shown: replaced as a whole when something is published.
#[derive(Debug)]
pub struct Shown {
    /// The intake document in force, if there is one.
    pub published: Option<Arc<Published>>,
    /// The page with the documents in force.
    pub page: Page,
    /// What `GET /intake` answers.
    pub intake: Option<Bytes>,
    /// What `GET /board` answers.
    pub board: Option<Bytes>,
    /// All of them.
    pub in_force: InForce,
}

/// The letterbox as its doors see it.
#[derive(Debug)]
pub struct Office<S> {
    /// Where tips go.
    pub store: S,
    /// The day and randomness.
    pub world: World,
    /// Held, never read: it keeps the store's folder locked.
    _home: Home,
    rules: Rules,
    template: Template,
    /// Which weeks a pickup has.
    pub weeks: Weeks,
    /// Acknowledgements and removals.
    pub(crate) removal: Removal,
    /// The day on which this process began, and when that was.
    began: (Date, Duration),
    shown: RwLock<Arc<Shown>>,
    pickups: Mutex<VecDeque<Arc<Frozen>>>,
    publishing: Mutex<()>,
}

/// Why the office can't be opened, or a document not be published.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The page can't be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A document can't be used.
    #[error("the installed intake document can't be used: {0}")]
    Document(#[from] DocumentError),
}

impl<S: Letterbox> Office<S> {
    /// Reads what was published before and makes the page.
    ///
    /// # Errors
    /// The page can't be made, or the installed intake document is none.
    pub fn open(
        home: Home,
        store: S,
        template: Template,
        policy: Policy,
        world: World,
    ) -> Result<Self, OfficeError> {
        let rules = Rules { root: policy.root, template: template.digest() };
        let in_force = InForce::load(&store, &rules)?;
        if in_force.intake.is_none() {
            journal::write(&Entry::NotOpenYet);
        }
        let page = template.fill(&in_force)?;
        let shown = RwLock::new(Arc::new(Shown::new(in_force, page)));
        let removal = Removal::open(&store, policy.removal, &world).map_err(DocumentError::from)?;
        let began = (world.today(), world.elapsed());
        Ok(Self {
            store,
            world,
            _home: home,
            rules,
            template,
            weeks: policy.weeks,
            removal,
            began,
            shown,
            pickups: Mutex::default(),
            publishing: Mutex::default(),
        })
    }

    /// SHA-256 of the page's template, as it is published.
    #[must_use]
    pub fn template_digest(&self) -> [u8; 32] {
        self.template.digest()
    }

    /// What a form's sender is told, in every language of the page.
    #[must_use]
    pub fn sentences(&self) -> &[Language] {
        self.template.sentences()
    }

    /// What visitors are shown now.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Today, or the latest day that it can be when the clock jumped ahead: for what must not be said too early.
    #[must_use]
    pub fn cautious_today(&self) -> Date {
        let (day, at) = self.began;
        self.world.today().min(calendar::no_later_than(day, self.world.elapsed().saturating_sub(at)))
    }

    /// Verifies and installs a document: the file first, then what is shown. Answers what was done. Blocks.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn publish(&self, body: &Bytes) -> Result<String, OfficeError> {
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let installed = self.shown().in_force.with(body, &self.rules)?;
        let (kind, serial, said) = (installed.kind, installed.serial, installed.sentence());
        let page = self.template.fill(&installed.in_force)?;
        let place = kind.place().ok_or(DocumentError::AnAck)?;
        self.store.publish(&place, body).map_err(DocumentError::from)?;
        let shown = Shown::new(installed.in_force, page);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
        journal::write(&Entry::Published { kind: kind.name(), serial });
        Ok(said)
    }

    /// Remembers a frozen pickup.
    pub fn remember(&self, pickup: Arc<Frozen>) {
        let mut pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.push_back(pickup);
        while pickups.len() > PICKUPS {
            pickups.pop_front();
        }
    }

    /// Forgets pickups of which something was removed: who resumes one gets a new list.
    pub(crate) fn forget_pickups_of(&self, removed: &BTreeSet<TipId>) {
        let mut pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.retain(|pickup| !pickup.has_any(removed));
    }

    /// Forgets a pickup that can't be read to its end.
    pub(crate) fn forget_pickup(&self, id: &str) {
        let mut pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.retain(|pickup| pickup.id() != id);
    }

    /// A frozen pickup by its id.
    #[must_use]
    pub fn pickup(&self, id: &str) -> Option<Arc<Frozen>> {
        let pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.iter().find(|pickup| pickup.id() == id).cloned()
    }
}

impl Shown {
    fn new(in_force: InForce, page: Page) -> Self {
        let intake = in_force.intake.as_ref().map(|intake| intake.body());
        let board = in_force.board.as_ref().map(|board| board.body());
        Self { published: in_force.intake.clone(), page, intake, board, in_force }
    }
}
