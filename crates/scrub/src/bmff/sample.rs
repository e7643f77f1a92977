//! How a track is coded (`stsd`): the codecs that are known, and which of their boxes stay.

use alloc::vec::Vec;

use super::boxes::Head;
use crate::Why;
use crate::bytes::{Endian, array, slice, u16_at, u32_at, widen};

/// What a track holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Picture,
    Sound,
}

/// Bytes of an entry for pictures before its boxes, and of one for sound.
const PICTURE: u64 = 78;
const SOUND: u64 = 28;

/// What is written over a description of samples: places in it, and zeros or a type.
pub(super) struct Cleaned {
    pub(super) class: Option<Class>,
    pub(super) zeros: Vec<(u64, u64)>,
    /// Boxes that become `free`.
    pub(super) blanked: Vec<u64>,
    /// The first names of compressors.
    pub(super) names: Vec<Vec<u8>>,
    /// Letters that become blanks: where, and how many.
    pub(super) blanks: Vec<(u64, usize)>,
}

/// Reads the content of a `stsd`.
pub(super) fn read(bytes: &[u8]) -> Result<Cleaned, Why> {
    let short = Why::Damaged("a box is too short");
    let mut out = Cleaned {
        class: None,
        zeros: Vec::new(),
        blanked: Vec::new(),
        names: Vec::new(),
        blanks: Vec::new(),
    };
    let version = bytes.first().copied().ok_or(short)?;
    let count = u32_at(bytes, 4, Endian::Big).ok_or(short)?;
    let mut at = 8;
    for _ in 0..count {
        let entry = head(bytes, at, widen(bytes.len()))?;
        let class = class(&entry.kind)?;
        if out.class.is_some_and(|other| other != class) {
            return Err(Why::Damaged("a track is coded in two ways"));
        }
        out.class = Some(class);
        let boxes = match class {
            Class::Picture => picture(bytes, &entry, &mut out)?,
            Class::Sound => sound(bytes, &entry, version, &mut out)?,
        };
        children(bytes, boxes, entry.end, &entry.kind, &mut out)?;
        at = entry.end;
    }
    out.zeros.push((at, widen(bytes.len()).saturating_sub(at)));
    Ok(out)
}

fn head(bytes: &[u8], at: u64, limit: u64) -> Result<Head, Why> {
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    Head::read(at, rest, limit, false)
}

/// What a codec is for; one that isn't known may hold anything.
fn class(kind: &[u8; 4]) -> Result<Class, Why> {
    match kind {
        b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" | b"mp4v" | b"av01" | b"vp08" | b"vp09"
        | b"s263" | b"h263" | b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => Ok(Class::Picture),
        b"mp4a" | b"samr" | b"sawb" | b"alac" | b"sowt" | b"twos" | b"lpcm" | b"in24" | b"in32" | b"fl32"
        | b"fl64" | b"raw " | b"ulaw" | b"alaw" | b"ima4" | b".mp3" | b"Opus" | b"ac-3" | b"ec-3"
        | b"fLaC" | b"ipcm" | b"fpcm" => Ok(Class::Sound),
        b"encv" | b"enca" | b"drmi" | b"drms" => Err(Why::Unsupported("an encrypted film")),
        b"mebx" | b"mett" | b"metx" | b"gpmd" | b"camm" | b"tmcd" | b"text" | b"tx3g" | b"rtmd" => {
            Err(Why::Track)
        }
        _ => Err(Why::Unsupported("a film whose pictures or sound are coded in a rare way")),
    }
}

/// Of an entry for pictures, its maker and the compressor's name go. Answers where its boxes begin.
fn picture(bytes: &[u8], entry: &Head, out: &mut Cleaned) -> Result<u64, Why> {
    if entry.len() < PICTURE {
        return Err(Why::Damaged("a box is too short"));
    }
    let at = |n: u64| entry.content.saturating_add(n);
    out.zeros.extend([(at(8), 16), (at(42), 32)]);
    let name = usize::try_from(at(42)).ok().and_then(|at| slice(bytes, at, 32)).unwrap_or_default();
    let len = usize::from(name.first().copied().unwrap_or_default());
    out.names.extend(
        name.get(1..).and_then(|name| name.get(..len)).filter(|name| !name.is_empty()).map(Vec::from),
    );
    Ok(at(PICTURE))
}

/// Of an entry for sound, its maker goes. QuickTime has two longer ones.
fn sound(bytes: &[u8], entry: &Head, version: u8, out: &mut Cleaned) -> Result<u64, Why> {
    let at = |n: u64| entry.content.saturating_add(n);
    let kind = usize::try_from(at(8)).ok().and_then(|at| u16_at(bytes, at, Endian::Big));
    let len = match kind {
        Some(0) => SOUND,
        Some(1) if version == 0 => SOUND.saturating_add(16),
        Some(1) => SOUND,
        Some(2) => SOUND.saturating_add(36),
        _ => return Err(Why::Unsupported("a film whose pictures or sound are coded in a rare way")),
    };
    if entry.len() < len {
        return Err(Why::Damaged("a box is too short"));
    }
    out.zeros.push((at(10), 6));
    Ok(at(len))
}

fn children(bytes: &[u8], from: u64, to: u64, codec: &[u8; 4], out: &mut Cleaned) -> Result<(), Why> {
    let mut at = from;
    while at < to {
        // QuickTime may end a list with four zeros, or with a box of no type.
        if to.saturating_sub(at) < 8 {
            out.zeros.push((at, to.saturating_sub(at)));
            return Ok(());
        }
        let child = head(bytes, at, to)?;
        let content = range(bytes, child.content, child.len());
        match &child.kind {
            b"wave" => children(bytes, child.content, child.end, b"wave", out)?,
            b"damr" => out.zeros.push((child.content, child.len().min(4))),
            kind if stays(kind, codec, content) => {
                if kind == b"esds" {
                    signature(child.content, content, out);
                }
            }
            _ => {
                out.blanked.push(child.at);
                out.zeros.push((child.content, child.len()));
            }
        }
        at = child.end;
    }
    Ok(())
}

fn range(bytes: &[u8], at: u64, len: u64) -> &[u8] {
    let range = usize::try_from(at).ok().zip(usize::try_from(len).ok());
    range.and_then(|(at, len)| slice(bytes, at, len)).unwrap_or_default()
}

/// MPEG-4's own pictures begin with user data (ISO/IEC 14496-2, start code B2), in which encoders sign.
fn signature(at: u64, content: &[u8], out: &mut Cleaned) {
    let mut rest = content;
    while let Some(found) = rest.windows(4).position(|window| window == [0, 0, 1, 0xb2]) {
        let text = rest.get(found.saturating_add(4)..).unwrap_or_default();
        let letters = text.iter().take_while(|byte| matches!(byte, b' '..=b'~')).count();
        let before = content.len().saturating_sub(text.len());
        let said = text.get(..letters).unwrap_or_default();
        if said.iter().any(|byte| *byte != b' ') {
            out.names.push(Vec::from(said));
            out.blanks.push((at.saturating_add(widen(before)), letters));
        }
        rest = text;
    }
}

/// Whether a box of a codec stays: what sets the codec up, and what says how to show it.
fn stays(kind: &[u8; 4], codec: &[u8; 4], content: &[u8]) -> bool {
    match kind {
        b"avcC" | b"hvcC" | b"av1C" | b"vpcC" | b"d263" | b"dvcC" | b"dvvC" | b"dvwC" | b"esds" | b"dac3"
        | b"dec3" | b"dOps" | b"alac" | b"chan" | b"chnl" => content.len() <= 4_096,
        b"pasp" | b"fiel" | b"clap" | b"btrt" | b"clli" | b"mdcv" | b"SmDm" | b"CoLL" | b"gama" | b"st3d"
        | b"pcmC" | b"enda" | b"srat" => content.len() <= 64,
        // Its first block alone: the stream's numbers. Others hold words and covers.
        b"dfLa" => content.len() == 42 && array(content, 4) == Some([0x80, 0, 0, 34]),
        b"colr" => matches!(content.first_chunk(), Some(b"nclx" | b"nclc")) && content.len() <= 16,
        b"frma" => codec == b"wave" && content.len() == 4,
        b"mp4a" | b"samr" | b"sawb" | b"\0\0\0\0" => {
            codec == b"wave" && content.iter().all(|byte| *byte == 0)
        }
        _ => false,
    }
}
