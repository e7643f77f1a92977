//! Numbers out of hostile bytes: a position that isn't there is `None`, never a panic.

/// Which end of a number comes first. TIFF has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Big,
    Little,
}

/// `N` bytes at `at`.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A slice of `len` bytes at `at`.
pub(crate) fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..)?.get(..len)
}

/// Two bytes at `at`.
pub(crate) fn u16_at(bytes: &[u8], at: usize, endian: Endian) -> Option<u16> {
    let raw = array(bytes, at)?;
    Some(if endian == Endian::Big { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) })
}

/// Four bytes at `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize, endian: Endian) -> Option<u32> {
    let raw = array(bytes, at)?;
    Some(if endian == Endian::Big { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) })
}

/// A length as a position: the same number, on every machine that can hold a 64 KiB window.
pub(crate) fn widen(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
