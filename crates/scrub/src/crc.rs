//! CRC-32 as PNG uses it (ISO 3309), and as Ogg does (RFC 3533): tells a damaged chunk from a whole one, protects from
//! nobody.

const TABLE: [u32; 256] = table();

#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "runs in the compiler"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = n as u32;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
            bit += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
}

/// The same polynomial with the highest bit first.
const OGG_TABLE: [u32; 256] = ogg_table();

#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "runs in the compiler"
)]
const fn ogg_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = (n as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            c = if c >> 31 == 1 { 0x04c1_1db7 ^ (c << 1) } else { c << 1 };
            bit += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
}

/// A running sum as Ogg has it: from 0, not turned round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OggCrc(u32);

impl OggCrc {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    #[must_use]
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |sum, byte| {
            let [high, ..] = (sum ^ u32::from(*byte) << 24).to_be_bytes();
            let row = OGG_TABLE.get(usize::from(high)).copied().unwrap_or_default();
            row ^ (sum << 8)
        }))
    }

    pub(crate) fn sum(self) -> u32 {
        self.0
    }
}

/// A running sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) fn new() -> Self {
        Self(u32::MAX)
    }

    #[must_use]
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |sum, byte| {
            let [low, ..] = (sum ^ u32::from(*byte)).to_le_bytes();
            let row = TABLE.get(usize::from(low)).copied().unwrap_or_default();
            row ^ (sum >> 8)
        }))
    }

    pub(crate) fn sum(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(Crc::new().with(b"12345").with(b"6789").sum(), 0xcbf4_3926);
        assert_eq!(OggCrc::new().with(b"12345").with(b"6789").sum(), 0x89a1_897f);
    }
}
