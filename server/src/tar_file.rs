//! Reading a tar from a file: headers and contents, each bounded by the caller, their digests on the way.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};
use tipline_wire::pickup;
use tipline_wire::ustar::{BLOCK, Header, UstarError, padding};

/// Bytes read at a time.
const PIECE: usize = 64 << 10;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TarFault {
    /// The file ends early, or can't be read.
    #[error("it is cut off or cannot be read ({0})")]
    Io(#[from] io::Error),
    /// Not the expected tar.
    #[error("{0}")]
    Tar(#[from] UstarError),
}

/// The next header; `None` at the zero block that ends the tar.
///
/// # Errors
/// See [`TarFault`].
pub fn header(input: &mut impl Read) -> Result<Option<Header>, TarFault> {
    let mut block = [0; BLOCK];
    input.read_exact(&mut block)?;
    if block == [0; BLOCK] { Ok(None) } else { Ok(Some(Header::parse(&block)?)) }
}

/// Whether the tar ends here: two zero blocks, and nothing behind them.
///
/// # Errors
/// See [`TarFault`].
pub fn is_end(input: &mut impl Read) -> Result<bool, TarFault> {
    let ends = header(input)?.is_none() && header(input)?.is_none();
    Ok(ends && input.read(&mut [0])? == 0)
}

/// The content of a short entry, its padding skipped. The caller has bounded `size`.
///
/// # Errors
/// See [`TarFault`].
pub fn small(input: &mut impl Read, size: u64) -> Result<Vec<u8>, TarFault> {
    let mut bytes = Vec::new();
    input.by_ref().take(size).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).ok() != Some(size) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    skip(input, padding(size))?;
    Ok(bytes)
}

/// The digest of an entry's content, its padding skipped.
///
/// # Errors
/// See [`TarFault`].
pub fn digest_of(input: &mut impl Read, size: u64) -> Result<[u8; 32], TarFault> {
    copy(input, size, &mut io::sink())
}

/// Copies an entry's content, its padding skipped; answers its digest.
///
/// # Errors
/// See [`TarFault`]; also when `to` refuses.
pub fn copy(input: &mut impl Read, size: u64, to: &mut impl Write) -> Result<[u8; 32], TarFault> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut left = size;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = piece.get_mut(..want).unwrap_or_default();
        input.read_exact(read)?;
        hash.update(&*read);
        to.write_all(read)?;
        left = left.saturating_sub(u64::try_from(want).unwrap_or(left));
    }
    skip(input, padding(size))?;
    Ok(hash.finalize().into())
}

fn skip(input: &mut impl Read, count: u64) -> Result<(), TarFault> {
    let skipped = io::copy(&mut input.by_ref().take(count), &mut io::sink())?;
    if skipped == count { Ok(()) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
}

/// The lines of `SHA256SUMS`; `None` when one is malformed or a name stands twice.
#[must_use]
pub fn read_sums(sums: &[u8]) -> Option<BTreeMap<String, [u8; 32]>> {
    let mut read = BTreeMap::new();
    for line in std::str::from_utf8(sums).ok()?.lines() {
        let (digest, name) = pickup::parse_sums_line(line)?;
        read.insert(name.to_owned(), digest).is_none().then_some(())?;
    }
    Some(read)
}
