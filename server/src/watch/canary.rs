//! The canary: a tip that the organisation sealed itself. It is sent as a source's, and the desk looks whether it comes
//! out of the pickup: a server that drops tips drops it too, for it cannot tell it from others (T-02).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::outer::Header;
use tipline_wire::size::{MAX_RECIPIENTS, Padded};

use super::judge::{Fault, Line};
use super::outcome::Unchecked;
use super::visit::{Answered, Errand};

/// A sealed tip from a file.
#[derive(Debug)]
pub struct Canary(Vec<u8>);

impl Canary {
    /// Reads it.
    ///
    /// # Errors
    /// The file can't be read, or is longer than a tip in one request.
    pub fn read(path: &Path) -> Result<Self, Unchecked> {
        let unreadable = |fault| Unchecked::File { path: path.to_owned(), fault };
        let longest = Padded::ONE_REQUEST_MAX.sealed_len(MAX_RECIPIENTS);
        let mut sealed = Vec::new();
        let mut file = File::open(path).map_err(unreadable)?.take(longest.saturating_add(1));
        let read = file.read_to_end(&mut sealed).map_err(unreadable)?;
        if u64::try_from(read).is_ok_and(|read| read <= longest) {
            Ok(Self(sealed))
        } else {
            Err(Unchecked::Canary)
        }
    }

    /// The errand to send it today, if it is sealed for as many keys as this week has.
    ///
    /// # Errors
    /// It is no sealed tip for them: the letterbox would rightly refuse it.
    pub fn errand(&self, line: &Line, today: Date) -> Result<Errand<'_>, Unchecked> {
        let len = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        let fits =
            Padded::from_sealed_len(line.recipients, len).is_some_and(|p| p <= Padded::ONE_REQUEST_MAX);
        if fits && Header::parse(&self.0, line.recipients).is_ok() {
            return Ok(Errand { epoch: today.monday(), sealed: &self.0 });
        }
        Err(Unchecked::Canary)
    }
}

/// Whether the letterbox says that it has it.
///
/// # Errors
/// [`Fault::Canary`]
pub fn kept(answer: &Answered) -> Result<(), Fault> {
    match Say::parse(&answer.body) {
        Some(Say::Kept) if answer.status == Say::Kept.status() => Ok(()),
        Some(say) => Err(Fault::Canary(say.code())),
        None => Err(Fault::Canary("something that no letterbox says")),
    }
}
