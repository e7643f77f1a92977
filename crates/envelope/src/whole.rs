//! Small files at once: a slot of the board, a key, a test. Tips go chunk by chunk.

use alloc::vec::Vec;

use tipline_wire::size::{CHUNK, SEALED_CHUNK, TAG};
use zeroize::Zeroizing;

use crate::error::{OpenError, SealError};
use crate::fresh::Fresh;
use crate::header::open_header;
use crate::identity::Identity;
use crate::recipient::PublicKey;
use crate::stream::{PayloadKey, Sealer};

/// Seals `plain` for `to`, without padding.
///
/// # Errors
/// See [`Sealer::new`].
pub fn seal_all(plain: &[u8], to: &[PublicKey], fresh: Fresh) -> Result<Vec<u8>, SealError> {
    let plain_len = u64::try_from(plain.len()).map_err(|_| SealError::TooLarge)?;
    let (mut out, sealer) = Sealer::new(to, fresh, plain_len)?;
    seal_payload(sealer, plain, &mut out)?;
    Ok(out)
}

/// Opens a whole file. What is returned was authenticated to its end.
///
/// # Errors
/// See [`open_header`] and [`PayloadKey::open_chunk`].
pub fn open_all(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (key, used) = open_header(file, identities)?;
    open_payload(&key, file.get(used..).unwrap_or_default())
}

/// Appends every chunk of `plain`, sealed, to `out`.
pub(crate) fn seal_payload(mut sealer: Sealer, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
    let tags = plain.len().div_ceil(CHUNK).max(1).saturating_mul(TAG);
    out.reserve_exact(plain.len().saturating_add(tags));
    let mut left = plain;
    while !sealer.is_done() {
        let (chunk, rest) = left.split_at_checked(sealer.due()).ok_or(SealError::OutOfTurn)?;
        let start = out.len();
        out.extend_from_slice(chunk);
        let tag = sealer.seal_in_place(out.get_mut(start..).unwrap_or_default())?;
        out.extend_from_slice(&tag);
        left = rest;
    }
    Ok(())
}

/// Opens every chunk of a payload into one buffer that never moves, so that no copy of plaintext is left behind.
pub(crate) fn open_payload(key: &PayloadKey, payload: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let mut out = Zeroizing::new(Vec::with_capacity(payload.len()));
    let (mut left, mut index) = (payload, 0_u64);
    loop {
        let (chunk, rest) = left.split_at_checked(SEALED_CHUNK).unwrap_or((left, &[]));
        let start = out.len();
        out.extend_from_slice(chunk);
        let plain =
            key.open_in_place(index, rest.is_empty(), out.get_mut(start..).unwrap_or_default())?.len();
        out.truncate(start.saturating_add(plain));
        if rest.is_empty() {
            return Ok(out);
        }
        (left, index) = (rest, index.saturating_add(1));
    }
}
