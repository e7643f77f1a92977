//! One file for one recipient, as a plain age file: the backup of an onion's key, which stock `age` opens.
//!
//! One stanza, no padding, no tar, constant memory. Nothing is contacted.

use std::fs::File;
use std::io::{self, Read};

use tipline_envelope::{Fresh, KeyError, PublicKey, SealError, Sealer, fresh_len};
use tipline_wire::size::SEALED_CHUNK;
use zeroize::Zeroizing;

use crate::error::{Error, shown};
use crate::order::Single;
use crate::saved::Saving;
use crate::world::{Doing, World};

/// Why it was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SingleError {
    /// It cannot be opened or read.
    #[error("{0}. Check its name and that you may read it")]
    Unreadable(#[from] io::Error),
    /// A folder, a device, a pipe.
    #[error("it is not a file. Put several files into one first, with tar")]
    NotAFile,
    /// It is shorter or longer than it was.
    #[error("it changed while it was being read. Close the programs that use it, then try again")]
    Changed,
    /// The recipient has the right form and is no key.
    #[error("{0}. Copy the recipient again from where it was made")]
    Recipient(#[from] KeyError),
    /// Randomness or the envelope refused.
    #[error("{0}. Try again")]
    Seal(#[from] SealError),
}

/// Seals and saves; nothing is overwritten.
///
/// # Errors
/// See [`Error`].
pub fn seal(order: &Single, world: &mut World<'_>) -> Result<(), Error> {
    let failed = |error| Error::Single { path: order.file.clone(), error };
    let not_saved = |error| Error::Save { path: order.out.clone(), error };
    let to = PublicKey::try_from(&order.to).map_err(|error| failed(error.into()))?;
    let (mut file, len) = open(order).map_err(failed)?;
    let mut random = Zeroizing::new(vec![0; fresh_len(1)]);
    (world.random)(&mut random)?;
    let fresh = Fresh::new(random, 1).map_err(|error| failed(error.into()))?;
    let (prefix, mut sealer) = Sealer::new(&[to], fresh, len).map_err(|error| failed(error.into()))?;

    let mut saving = Saving::begin(&order.out).map_err(not_saved)?;
    saving.write(&prefix).map_err(not_saved)?;
    // Room for the tag as well, so that no copy of what was read is left behind.
    let mut chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK));
    let mut read = 0_u64;
    while !sealer.is_done() {
        next_chunk(&mut file, &mut sealer, &mut chunk).map_err(failed)?;
        saving.write(&chunk).map_err(not_saved)?;
        read = read.saturating_add(u64::try_from(chunk.len()).unwrap_or(0)).min(len);
        world.progress(Doing::Sealing, read, len);
    }
    if file.read(&mut [0]).map_err(|error| failed(error.into()))? > 0 {
        return Err(failed(SingleError::Changed));
    }
    saving.finish().map_err(not_saved)?;
    world.say(&format!("Saved: {} ({len} bytes, sealed for this one recipient).", shown(&order.out)));
    Ok(())
}

fn open(order: &Single) -> Result<(File, u64), SingleError> {
    // Asked before opening: opening a pipe would wait for ever.
    if !order.file.metadata()?.is_file() {
        return Err(SingleError::NotAFile);
    }
    let file = File::open(&order.file)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

fn next_chunk(file: &mut File, sealer: &mut Sealer, chunk: &mut Vec<u8>) -> Result<(), SingleError> {
    chunk.clear();
    chunk.resize(sealer.due(), 0);
    match file.read_exact(chunk) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(SingleError::Changed),
        read => read?,
    }
    Ok(sealer.seal_next(chunk)?)
}
