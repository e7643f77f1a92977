//! What all doors share: the store, the documents in force with the page made from them, frozen pickups, the world.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hyper::body::Bytes;
use tipline_wire::sshsig::Fingerprint;

use crate::documents::{DocumentError, Published};
use crate::journal::{self, Entry};
use crate::operator::frozen::Frozen;
use crate::page::{Page, PageError, Template};
use crate::store::{Home, Letterbox};
use crate::world::World;

/// Frozen pickups that can still be fetched; making one more forgets the oldest.
const PICKUPS: usize = 4;

/// What a visitor is shown: replaced as a whole when something is published.
#[derive(Debug)]
pub struct Shown {
    /// The intake document in force, if there is one.
    pub published: Option<Published>,
    /// The page with it.
    pub page: Page,
    /// What `GET /intake` answers.
    pub intake: Option<Bytes>,
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
    root: Fingerprint,
    template: Template,
    shown: RwLock<Arc<Shown>>,
    pickups: Mutex<VecDeque<Arc<Frozen>>>,
    publishing: Mutex<()>,
}

/// Why the office can't be opened.
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
    /// The page can't be made, or the installed document is not the root's.
    pub fn open(
        home: Home,
        store: S,
        template: Template,
        root: Fingerprint,
        world: World,
    ) -> Result<Self, OfficeError> {
        let published = Published::load(&store, &root)?;
        if published.is_none() {
            journal::write(&Entry::NotOpenYet);
        }
        let shown = RwLock::new(Arc::new(show(&template, published)?));
        let (pickups, publishing) = (Mutex::default(), Mutex::default());
        Ok(Self { store, world, _home: home, root, template, shown, pickups, publishing })
    }

    /// Who signs the intake document.
    #[must_use]
    pub fn root(&self) -> &Fingerprint {
        &self.root
    }

    /// SHA-256 of the page's template, as it is published.
    #[must_use]
    pub fn template_digest(&self) -> [u8; 32] {
        self.template.digest()
    }

    /// What visitors are shown now.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Verifies and installs an intake document: the file first, then the page. Blocks.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn publish(&self, body: &str) -> Result<u64, OfficeError> {
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Published::verify(body, &self.root)?;
        new.may_replace(self.shown().published.as_ref())?;
        let serial = new.intake().serial;
        let shown = show(&self.template, Some(new.clone()))?;
        new.save(&self.store)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
        journal::write(&Entry::Published { serial });
        Ok(serial)
    }

    /// Remembers a frozen pickup.
    pub fn remember(&self, pickup: Arc<Frozen>) {
        let mut pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.push_back(pickup);
        while pickups.len() > PICKUPS {
            pickups.pop_front();
        }
    }

    /// A frozen pickup by its id.
    #[must_use]
    pub fn pickup(&self, id: &str) -> Option<Arc<Frozen>> {
        let pickups = self.pickups.lock().unwrap_or_else(PoisonError::into_inner);
        pickups.iter().find(|pickup| pickup.id() == id).cloned()
    }
}

fn show(template: &Template, published: Option<Published>) -> Result<Shown, PageError> {
    let page = template.fill(published.as_ref())?;
    let intake = published.as_ref().map(Published::body);
    Ok(Shown { published, page, intake })
}
