//! A tip that was sealed elsewhere, on its way: its outer form is checked before a byte of it is sent, so that nobody sends
//! a photograph by mistake, and it is cut into the parts in which it travels.

use tipline_wire::date::Epoch;
use tipline_wire::outer::{Header, OuterError};
use tipline_wire::size::Padded;
use tipline_wire::tip_id::{TipHasher, TipId};
use tipline_wire::upload::Declared;

/// A finished file of the right form. Constant memory but for 32 bytes a part.
pub struct Finished {
    declared: Declared,
    hasher: TipHasher,
    number: u32,
}

impl Finished {
    /// Checks the first bytes of a file of `len` bytes against a week's keys.
    ///
    /// # Errors
    /// `wrong-keys` when it is sealed for another number of keys, `not-a-tip` for everything else.
    pub fn new(head: &[u8], len: u64, (epoch, recipients): (Epoch, u8)) -> Result<Self, &'static str> {
        Header::parse(head, recipients).map_err(|fault| match fault {
            OuterError::Count => "wrong-keys",
            _ => "not-a-tip",
        })?;
        let padded = Padded::from_sealed_len(recipients, len).ok_or("not-a-tip")?;
        let declared = Declared { epoch: epoch.start, recipients, padded };
        Ok(Self { declared, hasher: TipHasher::new(recipients, padded), number: 0 })
    }

    /// What the letterbox is told of it.
    #[must_use]
    pub fn declared(&self) -> Declared {
        self.declared
    }

    /// Whether it travels in one request and is not cut.
    #[must_use]
    pub fn is_one_request(&self) -> bool {
        self.declared.padded <= Padded::ONE_REQUEST_MAX
    }

    /// Where the next part begins in the file, and its length; `None` after the last.
    #[must_use]
    pub fn next(&self) -> Option<(u64, u64)> {
        self.declared.part(self.number)
    }

    /// Takes exactly that part; answers its SHA-256 digest.
    pub fn feed(&mut self, part: &[u8]) -> Option<[u8; 32]> {
        let (_, len) = self.next()?;
        (u64::try_from(part.len()).ok()? == len).then_some(())?;
        self.hasher.update(part);
        self.number = self.number.checked_add(1)?;
        self.hasher.digests().last().copied()
    }

    /// The tip's name, once all parts were fed.
    #[must_use]
    pub fn id(&self) -> TipId {
        self.hasher.clone().finish()
    }
}
