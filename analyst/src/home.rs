//! The desk's home: which file lies where, and how the ring in it is opened.
//!
//! ```text
//! root.age             the organisation's signing key; to be moved off this machine
//! desk.age             this desk's signing key
//! openers/1.age        the identity that opens the ring, closed by the passphrase
//! ring.age             the weekly keys, sealed to the openers
//! intake.txt (.sig)    the signed document to publish
//! site.json (.sig)     what the page says of the organisation, as it was signed last
//! for-the-courier/     what may go out: signed public documents, nothing else
//! ```

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tipline_envelope::{Identity, open_all, passphrase};
use tipline_wire::intake::{self, Intake};
use tipline_wire::site::{self, Site};
use tipline_wire::sshsig::{Fingerprint, LONGEST_ARMOR};
use zeroize::Zeroizing;

use crate::desk_key::DeskKey;
use crate::error::Error;
use crate::openssh;
use crate::passphrase::Passphrase;
use crate::ring::Ring;

/// The root's private key.
pub const ROOT: &str = "root.age";
/// The desk's private key.
pub const DESK: &str = "desk.age";
/// The folder of the openers' identities.
pub const OPENERS: &str = "openers";
/// The first opener's identity.
pub const FIRST_OPENER: &str = "openers/1.age";
/// The sealed ring.
pub const RING: &str = "ring.age";
/// The intake document.
pub const INTAKE: &str = "intake.txt";
/// Its detached signature.
pub const INTAKE_SIG: &str = "intake.txt.sig";

/// The last site document.
pub const SITE: &str = "site.json";
/// The folder of what may go out.
pub const FOR_THE_COURIER: &str = "for-the-courier";

/// At most so many openers are tried.
const MAX_OPENERS: usize = 8;
/// A key file asks for at most 2^20 scrypt rounds (1 GiB of memory): more is no file of ours.
const MOST_WORK: u8 = 20;
/// Key files are far smaller than this, in bytes.
const LONGEST_KEY_FILE: usize = 1 << 20;

/// An existing home.
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// The home in the folder at `path`.
    ///
    /// # Errors
    /// There is no ring in it.
    pub fn at(path: &Path) -> Result<Self, Error> {
        if path.join(RING).is_file() {
            return Ok(Self { path: path.to_owned() });
        }
        let doing = format!("looking for the keys in {}", path.display());
        Err(Error::failed(
            doing,
            "there is no ring.age",
            "give the right folder with --home, or make keys with `keys init`",
        ))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The intake document and the root that signed it.
    ///
    /// # Errors
    /// It is missing, damaged or not signed.
    pub fn intake(&self) -> Result<(Intake, Fingerprint), Error> {
        let file = self.path.join(INTAKE);
        let failed = |wrong: &dyn std::fmt::Display| {
            let advice = format!("put the {INTAKE} and {INTAKE_SIG} back that were published");
            Error::failed(format!("reading {}", file.display()), wrong, advice)
        };
        let text = |path: PathBuf, most: usize| {
            let bytes = read(&path, most).map_err(|e| failed(&e))?;
            String::from_utf8(bytes).map_err(|_| failed(&"it is no text"))
        };
        let document = text(file.clone(), intake::LONGEST.saturating_add(1))?;
        let signature = text(self.path.join(INTAKE_SIG), LONGEST_ARMOR.saturating_add(1))?;
        Ok(intake::read(&document, &signature).map_err(|e| failed(&e))?.on_first_use())
    }

    /// The site document that was signed here last, if any.
    ///
    /// # Errors
    /// There is one and it can't be read: then the next serial is not known.
    pub fn last_site(&self) -> Result<Option<Site>, Error> {
        let path = self.path.join(SITE);
        let failed = |wrong: &dyn std::fmt::Display| {
            let advice = "put the site.json back that was published last; where none ever was, delete it";
            Error::failed(format!("reading the last site document {}", path.display()), wrong, advice)
        };
        let bytes = match read(&path, site::LONGEST.saturating_add(1)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(&e)),
        };
        let text = String::from_utf8(bytes).map_err(|_| failed(&"it is no text"))?;
        Site::parse(&text).map(Some).map_err(|e| failed(&e))
    }

    /// Opens this desk's signing key, which must be one of `intake`'s: what another key signs, nobody accepts.
    ///
    /// # Errors
    /// A wrong passphrase, a damaged file, a key that the document doesn't name; the message holds no secret.
    pub fn desk_key(&self, passphrase: &Passphrase, intake: &Intake) -> Result<DeskKey, Error> {
        let path = self.path.join(DESK);
        let failed = |wrong: &dyn std::fmt::Display, advice: &str| {
            Error::failed(format!("opening this desk's key {}", path.display()), wrong, advice)
        };
        let damaged = |wrong: &dyn std::fmt::Display| failed(wrong, "take the file from its other medium");
        let sealed = read(&path, LONGEST_KEY_FILE).map_err(|e| damaged(&e))?;
        let text = passphrase::open(&sealed, passphrase, MOST_WORK)
            .map_err(|_| damaged(&"it is damaged, or the passphrase is not the one that closes it"))?;
        let key = std::str::from_utf8(&text).ok().and_then(openssh::read_private_key);
        let key = DeskKey::new(key.ok_or_else(|| damaged(&"it holds no signing key of ours"))?);
        if key.name(intake).is_some() {
            return Ok(key);
        }
        Err(failed(
            &format!("the intake document names no desk with this key, {}", key.public().fingerprint()),
            "publish and keep the newest intake document, or have the root name this desk in one",
        ))
    }

    /// Opens the ring with the passphrase of any opener.
    ///
    /// # Errors
    /// A wrong passphrase, or a damaged file; the message holds no secret.
    pub fn ring(&self, passphrase: &Passphrase) -> Result<Ring, Error> {
        let opener = self.opener(passphrase)?;
        let doing = format!("opening the ring {}", self.path.join(RING).display());
        let damaged = |wrong: &dyn std::fmt::Display| {
            Error::failed(&doing, wrong, "take the folder of keys from its other medium")
        };
        let sealed = read(&self.path.join(RING), LONGEST_KEY_FILE).map_err(|e| damaged(&e))?;
        let text = open_all(&sealed, &[opener])
            .map_err(|_| damaged(&"it is damaged, or sealed for another opener"))?;
        let text = std::str::from_utf8(&text).map_err(|_| damaged(&"it is no text"))?;
        Ring::parse(text).map_err(|e| damaged(&e))
    }

    fn opener(&self, passphrase: &Passphrase) -> Result<Identity, Error> {
        let folder = self.path.join(OPENERS);
        let doing = format!("opening the keys in {}", folder.display());
        let failed = |wrong: &dyn std::fmt::Display, advice: &str| Error::failed(&doing, wrong, advice);
        let files = openers(&folder).map_err(|e| failed(&e, "check that the folder is readable"))?;
        for file in &files {
            let sealed =
                read(file, LONGEST_KEY_FILE).map_err(|e| failed(&e, "check that its files are readable"))?;
            let Ok(text) = passphrase::open(&sealed, passphrase, MOST_WORK) else { continue };
            return identity(&text).ok_or_else(|| {
                failed(&"it holds no identity of ours", "take the folder of keys from its other medium")
            });
        }
        Err(failed(
            &"the passphrase is wrong, or the files are damaged",
            "type it again, mind the keyboard layout and capital letters",
        ))
    }
}

/// The identity in an age identity file: its one line that is no comment.
fn identity(text: &Zeroizing<Vec<u8>>) -> Option<Identity> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identity = Identity::parse(lines.next()?).ok()?;
    lines.next().is_none().then_some(identity)
}

fn openers(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "age") {
            files.push(path);
        }
    }
    files.sort();
    files.truncate(MAX_OPENERS);
    Ok(files)
}

/// At most `most` bytes of a file.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
