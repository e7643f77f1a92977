//! The desk's home: which file lies where, and how the ring in it is opened.
//!
//! ```text
//! root.age             the organisation's signing key; to be moved off this machine
//! desk.age             this desk's signing key
//! openers/1.age        the identity that opens the ring, closed by the passphrase
//! ring.age             the weekly keys, sealed to the openers
//! intake.txt (.sig)    the signed document to publish
//! ```

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tipline_envelope::{Identity, open_all, passphrase};
use zeroize::Zeroizing;

use crate::error::Error;
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

/// At most so many openers are tried.
const MAX_OPENERS: usize = 8;
/// A key file asks for at most 2^20 scrypt rounds (1 GiB of memory): more is no file of ours.
const MOST_WORK: u8 = 20;
/// Key files are far smaller than this, in bytes.
const LONGEST_KEY_FILE: u64 = 1 << 20;

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
        let sealed = read(&self.path.join(RING)).map_err(|e| damaged(&e))?;
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
            let sealed = read(file).map_err(|e| failed(&e, "check that its files are readable"))?;
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

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_KEY_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}
