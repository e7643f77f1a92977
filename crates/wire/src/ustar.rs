//! POSIX ustar headers, both ways: a tip's inside and the pickup are the same plain format, readable with stock `tar`.
//!
//! Written: regular files, uid = gid = mtime = 0, mode 0600, no owner names. Read: regular files with a plain relative
//! name; whatever other metadata a stock tool wrote is ignored. Links, folders and devices are refused.

use alloc::string::{String, ToString};

/// Bytes of a tar block.
pub const BLOCK: usize = 512;

/// The longest name that is written or read, in bytes.
pub const LONGEST_NAME: usize = 100;
/// The largest size that eleven octal digits hold: 8 GiB − 1.
pub const LARGEST: u64 = 0o77_777_777_777;

const NAME: core::ops::Range<usize> = 0..100;
const SIZE: core::ops::Range<usize> = 124..136;
const CHECKSUM: core::ops::Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: core::ops::Range<usize> = 257..265;
const PREFIX: core::ops::Range<usize> = 345..500;

/// Why a header is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UstarError {
    /// Neither a ustar header nor the end.
    #[error("this is no tar header, or a damaged one")]
    Damaged,
    /// A link, folder, device or extension.
    #[error("the archive holds something that is no regular file")]
    NotAFile,
    /// Absolute, with `..`, with control characters, empty or too long.
    #[error("the archive holds a name that is not plain")]
    Name,
    /// Over 8 GiB.
    #[error("the archive holds a size that is too large")]
    Size,
}

/// One entry: a plain relative name and its length in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Relative, at most 100 bytes, without `..`, empty parts or control characters.
    pub name: String,
    /// Bytes that follow, before padding.
    pub size: u64,
}

impl Header {
    /// Reads one block.
    ///
    /// # Errors
    /// See [`UstarError`].
    pub fn parse(block: &[u8; BLOCK]) -> Result<Self, UstarError> {
        let field = |range: core::ops::Range<usize>| block.get(range).ok_or(UstarError::Damaged);
        let magic = field(MAGIC)?;
        let posix = magic == b"ustar\x0000";
        if octal(field(CHECKSUM)?) != Some(u64::from(checksum(block))) || !(posix || magic == b"ustar  \0") {
            return Err(UstarError::Damaged);
        }
        if !matches!(block.get(TYPE), Some(b'0' | 0)) {
            return Err(UstarError::NotAFile);
        }
        if posix && field(PREFIX)?.first() != Some(&0) {
            return Err(UstarError::Name);
        }
        let name = until_nul(field(NAME)?);
        let name = core::str::from_utf8(name).ok().filter(|n| is_plain(n)).ok_or(UstarError::Name)?;
        let size = octal(field(SIZE)?).ok_or(UstarError::Size)?;
        Ok(Self { name: name.to_string(), size })
    }

    /// Writes the block.
    ///
    /// # Errors
    /// The name is not plain, or the size over 8 GiB.
    pub fn to_block(&self) -> Result<[u8; BLOCK], UstarError> {
        if !is_plain(&self.name) {
            return Err(UstarError::Name);
        }
        if self.size > LARGEST {
            return Err(UstarError::Size);
        }
        let mut block = [0; BLOCK];
        put(&mut block, 0, self.name.as_bytes());
        put(&mut block, 100, b"0000600\0");
        put(&mut block, 108, b"0000000\0");
        put(&mut block, 116, b"0000000\0");
        put(&mut block, SIZE.start, &octal_field::<12>(self.size));
        put(&mut block, 136, b"00000000000\0");
        put(&mut block, TYPE, b"0");
        put(&mut block, MAGIC.start, b"ustar\x0000");
        put(&mut block, 329, b"0000000\0");
        put(&mut block, 337, b"0000000\0");
        let sum = octal_field::<7>(u64::from(checksum(&block)));
        put(&mut block, CHECKSUM.start, &sum);
        put(&mut block, 155, b" ");
        Ok(block)
    }
}

/// Zero bytes that follow an entry of `size` bytes, up to the next block.
#[must_use]
pub fn padding(size: u64) -> u64 {
    size.wrapping_neg() % 512
}

/// Whether a name can be followed without surprise: relative, plain parts, at most 100 bytes, nothing that controls text.
#[must_use]
pub fn is_plain(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.len() <= LONGEST_NAME
        && name.split('/').all(plain)
        && !name.chars().any(|c| c.is_control() || c == '\\')
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

/// Octal digits, ended by NUL or space; leading spaces as some tools write.
fn octal(field: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(field).ok()?.trim_end_matches(['\0', ' ']).trim_start_matches(' ');
    let digits = !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    digits.then(|| u64::from_str_radix(text, 8).ok()).flatten()
}

/// `N − 1` octal digits and a NUL.
fn octal_field<const N: usize>(value: u64) -> [u8; N] {
    let mut out = [0; N];
    let mut rest = value;
    for place in out.iter_mut().rev().skip(1) {
        *place = b'0' | u8::try_from(rest & 7).unwrap_or(0);
        rest >>= 3;
    }
    out
}

/// The sum of all bytes, the checksum itself counted as eight spaces.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let byte = |(at, b): (usize, &u8)| if CHECKSUM.contains(&at) { 32 } else { u32::from(*b) };
    block.iter().enumerate().map(byte).sum()
}

/// Copies a field to its place; every field above lies inside the block.
fn put(block: &mut [u8; BLOCK], at: usize, field: &[u8]) {
    for (place, byte) in block.iter_mut().skip(at).zip(field) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(name: &str, size: u64) -> [u8; BLOCK] {
        Header { name: name.into(), size }.to_block().unwrap()
    }

    fn resum(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
        let sum = octal_field::<7>(u64::from(checksum(&block)));
        put(&mut block, CHECKSUM.start, &sum);
        block
    }

    #[test]
    fn a_header_comes_back() {
        for (name, size) in [("tip.json", 0), ("files/001", 12_345), (&"n".repeat(100), LARGEST)] {
            assert_eq!(Header::parse(&block(name, size)), Ok(Header { name: name.into(), size }));
        }
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        for name in ["../x", "/etc/passwd", "a//b", "a/./b", "a\\b", "a\nb", "\u{9b}31m", ""] {
            assert_eq!(Header { name: name.into(), size: 0 }.to_block(), Err(UstarError::Name), "{name}");
            let mut bad = block("x", 0);
            put(&mut bad, 0, name.as_bytes());
            if name.is_empty() {
                put(&mut bad, 0, b"\0");
            }
            assert_eq!(Header::parse(&resum(bad)), Err(UstarError::Name), "{name}");
        }
        for kind in *b"1234567xgLK" {
            let mut link = block("x", 0);
            link[TYPE] = kind;
            assert_eq!(Header::parse(&resum(link)), Err(UstarError::NotAFile));
        }
        let mut prefixed = block("x", 0);
        put(&mut prefixed, PREFIX.start, b"/etc");
        assert_eq!(Header::parse(&resum(prefixed)), Err(UstarError::Name));
        let mut sizes = block("x", 0);
        put(&mut sizes, SIZE.start, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(Header::parse(&resum(sizes)), Err(UstarError::Size));
        assert_eq!(Header::parse(&[0; BLOCK]), Err(UstarError::Damaged));
    }

    #[test]
    fn padding_reaches_the_next_block() {
        for (size, zeros) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] {
            assert_eq!(padding(size), zeros);
        }
    }

    proptest! {
        #[test]
        fn no_block_panics(bytes in proptest::array::uniform32(any::<[u8; 16]>())) {
            let block: Vec<u8> = bytes.concat();
            let _ = Header::parse(&block.try_into().unwrap());
        }

        #[test]
        fn one_changed_byte_is_noticed(at in 0..BLOCK, flip in 1_u8..) {
            let mut bad = block("files/001", 77);
            bad[at] ^= flip;
            // The last byte of the checksum field ends the number; a NUL instead of a space is the same number.
            prop_assume!(!(154..156).contains(&at));
            prop_assert!(Header::parse(&bad).is_err());
        }
    }
}
