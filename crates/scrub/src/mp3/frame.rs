//! A frame's head of four bytes, and the first frame that tells about the others.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{slice, widen};

/// What a frame's head says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// 3 for version 1, 2 for version 2, 0 for what is called 2.5.
    version: u8,
    /// 3 for layer I, 2 for II, 1 for III.
    layer: u8,
    rate: u32,
    mono: bool,
    /// Bytes of the whole frame.
    pub(super) len: u64,
}

/// Bits a second in thousands, without the first (free) and the last (none).
const RATES: [[u32; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448], // version 1, layer I
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],    // version 1, layer II
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],     // version 1, layer III
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],    // version 2, layer I
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],         // version 2, layers II and III
];

impl Frame {
    /// The frame that `bytes` begin with. A free bit rate, whose length stands nowhere, is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let [0xff, b, c, d] = *bytes.first_chunk()? else { return None };
        let (version, layer) = (b >> 3 & 3, b >> 1 & 3);
        if b & 0xe0 != 0xe0 || version == 1 || layer == 0 {
            return None;
        }
        let row = match (version, layer) {
            (3, 3) => 0,
            (3, 2) => 1,
            (3, _) => 2,
            (_, 3) => 3,
            _ => 4,
        };
        let bits = RATES.get(row)?.get(usize::from(c >> 4).checked_sub(1)?)?.saturating_mul(1_000);
        let rate = [44_100_u32, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
        let rate = rate.checked_shr(match version {
            3 => 0,
            2 => 1,
            _ => 2,
        })?;
        let padding = u32::from(c >> 1 & 1);
        let len = match (version, layer) {
            (_, 3) => bits.saturating_mul(12).checked_div(rate)?.saturating_add(padding).saturating_mul(4),
            (3, _) | (_, 2) => bits.saturating_mul(144).checked_div(rate)?.saturating_add(padding),
            _ => bits.saturating_mul(72).checked_div(rate)?.saturating_add(padding),
        };
        Some(Self { version, layer, rate, mono: d >> 6 == 3, len: len.into() })
    }

    /// Whether two frames can stand in one file: their lengths and channels may differ.
    pub(super) fn is_like(self, other: Self) -> bool {
        (self.version, self.layer, self.rate) == (other.version, other.layer, other.rate)
    }

    /// Where a layer III frame tells of others: behind the room for its side information.
    fn about_at(self) -> Option<usize> {
        match (self.layer, self.version == 3, self.mono) {
            (1, true, false) => Some(36),
            (1, true, true) | (1, false, false) => Some(21),
            (1, false, true) => Some(13),
            _ => None,
        }
    }
}

/// A first frame that is no sound, written anew.
pub(super) struct About {
    pub(super) frame: Vec<u8>,
    /// The program that it named.
    pub(super) program: Option<String>,
}

/// Counts, and silence before and after, of a frame marked Xing or Info; `None` for a frame of sound.
pub(super) fn about(head: Frame, frame: &[u8]) -> Option<About> {
    let at = head.about_at()?;
    let mark = slice(frame, at, 4).filter(|mark| matches!(*mark, b"Xing" | b"Info"))?;
    let flags = slice(frame, at.checked_add(4)?, 4)?;
    let [.., which] = *flags.first_chunk::<4>()?;
    let counts = [(1, 4), (2, 4), (4, 100), (8, 4)];
    let counts = counts.iter().filter(|(bit, _)| which & bit != 0).map(|(_, len)| len).sum::<usize>();
    let counted = slice(frame, at.checked_add(8)?, counts)?;

    let mut new = Vec::from(slice(frame, 0, 4)?);
    new.resize(at, 0);
    new.extend(mark);
    new.extend([0, 0, 0, which & 15]);
    new.extend(counted);
    let lame = new.len();
    let tag = slice(frame, lame, 36).filter(|tag| tag.iter().any(|byte| *byte != 0));
    if let Some(tag) = tag {
        new.extend(without_version(tag));
        // Its last two bytes are the sum of all before.
        let sum = crc16(&new);
        new.extend(sum.to_be_bytes());
    }
    new.resize(frame.len(), 0);
    // With a sum of its own (the head's last bit of the second byte is 0), the frame is left to be wrong as it was.
    let program = tag.and_then(|tag| tag.get(..9)).filter(|name| !matches!(*name, b"LAME\0\0\0\0\0"));
    let program = program.map(|name| String::from_utf8_lossy(name).into_owned());
    (widen(new.len()) == head.len).then_some(About { frame: new, program })
}

/// 34 of a LAME tag's 36 bytes with the silence to cut off and nothing else. Players look for the letters before they do.
fn without_version(tag: &[u8]) -> [u8; 34] {
    let mut new = [0; 34];
    let (name, rest) = new.split_at_mut(9);
    if matches!(tag.first_chunk(), Some(b"LAME" | b"Lavf" | b"Lavc")) {
        for (to, from) in name.iter_mut().zip(b"LAME") {
            *to = *from;
        }
    }
    if let (Some(to), Some(from)) = (rest.get_mut(12..15), slice(tag, 21, 3)) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
    new
}

/// CRC-16 as LAME's tag has it: 0x8005 turned round, from 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |c, _| if c & 1 == 1 { 0xa001 ^ (c >> 1) } else { c >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_long_as_the_standard_says() {
        let len = |bytes: [u8; 4]| Frame::read(&bytes).map(|frame| frame.len);
        assert_eq!(len([0xff, 0xfb, 0x90, 0x64]), Some(417)); // 128 kbit/s, 44.1 kHz, layer III
        assert_eq!(len([0xff, 0xfb, 0x92, 0x64]), Some(418)); // padded
        assert_eq!(len([0xff, 0xf3, 0x40, 0xc4]), Some(104)); // version 2: 32 kbit/s, 22.05 kHz
        assert_eq!(len([0xff, 0xff, 0x10, 0xc4]), Some(32)); // layer I: 32 kbit/s, 44.1 kHz
        for none in [[0xff, 0xfb, 0, 0], [0xff, 0xfb, 0xf0, 0], [0xff, 0xf9, 0x90, 0], [0xff, 0xfb, 0x9c, 0]]
        {
            assert_eq!(len(none), None);
        }
    }

    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(crc16(b"123456789"), 0xbb3d);
    }
}
