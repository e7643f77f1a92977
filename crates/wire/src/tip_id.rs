//! The name of a sealed tip: SHA-256 over the digests of the parts in which it travels. The same tip sent twice is one tip.

use alloc::string::String;
use core::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::hex;

/// Sealed chunks in one part of an upload; part 0 also carries header and nonce.
pub const CHUNKS_PER_PART: u64 = 16;
/// Bytes of a full part without header and nonce: 16 sealed chunks.
pub const PART: u64 = 1_048_832;

/// SHA-256("tipline parts" ‖ u32 count ‖ the parts' raw SHA-256 digests).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TipId([u8; 32]);

/// The text is no tip id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tip's id: 64 lower-case hexadecimal digits were expected")]
pub struct NotAnId;

impl TipId {
    /// The id of a tip that travels in one request: its only part is the whole file.
    #[must_use]
    pub fn of_one_request(body: &[u8]) -> Self {
        Self::of_parts(1, core::iter::once(Sha256::digest(body).into()))
    }

    /// The id of a tip from its parts' digests, in order.
    #[must_use]
    pub fn of_parts(count: u32, digests: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let mut hash = Sha256::new_with_prefix(b"tipline parts");
        hash.update(count.to_be_bytes());
        for digest in digests {
            hash.update(digest);
        }
        Self(hash.finalize().into())
    }

    /// Takes 32 bytes that are an id already.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for TipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = hex::encode(&self.0);
        f.pad(&text)
    }
}

impl FromStr for TipId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        hex::decode(text).map(Self).ok_or(NotAnId)
    }
}

/// Computes the id of a sealed file while it is read or made, cutting it into parts as an upload would.
#[derive(Clone)]
pub struct TipHasher {
    part_left: u64,
    /// Bytes of the whole file that did not come yet.
    left: u64,
    single: bool,
    part: Sha256,
    digests: alloc::vec::Vec<[u8; 32]>,
}

impl TipHasher {
    /// For a file of `sealed_len` bytes for `recipients`; up to 1 MiB of plaintext it is one part.
    #[must_use]
    pub fn new(recipients: u8, padded: crate::size::Padded) -> Self {
        let prefix = u64::try_from(crate::size::prefix_len(recipients)).unwrap_or(u64::MAX);
        let single = padded <= crate::size::Padded::ONE_REQUEST_MAX;
        Self {
            part_left: PART.saturating_add(prefix),
            left: padded.sealed_len(recipients),
            single,
            part: Sha256::new(),
            digests: alloc::vec::Vec::new(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, mut bytes: &[u8]) {
        if self.single {
            self.part.update(bytes);
            return;
        }
        while !bytes.is_empty() {
            // Behind the length of the table come only bytes that make the id wrong.
            let end = if self.left == 0 { self.part_left } else { self.part_left.min(self.left) };
            let take = usize::try_from(end).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at_checked(take).unwrap_or((bytes, &[]));
            self.part.update(now);
            let taken = u64::try_from(now.len()).unwrap_or(0);
            self.part_left = self.part_left.saturating_sub(taken);
            bytes = rest;
            if self.part_left == 0 || self.left == taken {
                self.end_part();
            }
            self.left = self.left.saturating_sub(taken);
        }
    }

    /// The digests of the parts that are complete, in order; of a file that is one part, none before [`Self::finish`].
    #[must_use]
    pub fn digests(&self) -> &[[u8; 32]] {
        &self.digests
    }

    /// The id, after the last byte.
    #[must_use]
    pub fn finish(mut self) -> TipId {
        if self.single || self.part_left != PART || self.digests.is_empty() {
            self.end_part();
        }
        let count = u32::try_from(self.digests.len()).unwrap_or(u32::MAX);
        TipId::of_parts(count, self.digests)
    }

    fn end_part(&mut self) {
        self.digests.push(core::mem::take(&mut self.part).finalize().into());
        self.part_left = PART;
    }
}

const _: () = assert!(PART == CHUNKS_PER_PART * 65_552 && crate::size::SEALED_CHUNK == 65_552);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::Padded;

    #[test]
    fn the_text_comes_back() {
        let id = TipId::of_one_request(b"sealed");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{id:.8}").len(), 8);
        assert_eq!("00".parse::<TipId>(), Err(NotAnId));
    }

    #[test]
    fn count_and_order_of_parts_matter() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_ne!(TipId::of_parts(2, [a, b]), TipId::of_parts(2, [b, a]));
        assert_ne!(TipId::of_parts(1, [a]), TipId::of_parts(2, [a]));
    }

    #[test]
    fn a_small_file_is_one_part_however_it_is_read() {
        let file = vec![3; usize::try_from(Padded::ONE_REQUEST_MAX.sealed_len(3)).unwrap()];
        let mut hasher = TipHasher::new(3, Padded::ONE_REQUEST_MAX);
        file.chunks(1_000).for_each(|piece| hasher.update(piece));
        assert_eq!(hasher.finish(), TipId::of_one_request(&file));
    }

    #[test]
    fn a_large_file_is_cut_behind_the_header_and_sixteen_chunks() {
        for (kib, recipients) in [(1_536, 1), (2_048, 3)] {
            let padded = Padded::holding(kib * 1_024).unwrap();
            let file: Vec<u8> = (0..padded.sealed_len(recipients)).map(|i| (i % 251) as u8).collect();
            let mut hasher = TipHasher::new(recipients, padded);
            file.chunks(70_001).for_each(|piece| hasher.update(piece));
            let first = crate::size::prefix_len(recipients) + 16 * 65_552;
            let digests: Vec<[u8; 32]> = [&file[..first]]
                .into_iter()
                .chain(file[first..].chunks(16 * 65_552))
                .map(|part| Sha256::digest(part).into())
                .collect();
            assert_eq!(hasher.digests(), digests, "the last part ends with the file");
            assert_eq!(hasher.finish(), TipId::of_parts(u32::try_from(digests.len()).unwrap(), digests));
        }
    }
}
