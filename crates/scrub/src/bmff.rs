//! ISO base media files (ISO/IEC 14496-12): MP4, MOV, M4A, 3GP; HEIC and AVIF (ISO/IEC 23008-12).
//!
//! Their tables name places in the file, so nothing moves: a box that isn't on the list becomes `free` and its content
//! zeros; only what stands behind the last box that stays is cut off.
//!
//! - Times, names of handlers and compressors, makers and languages become zeros in the boxes that stay.
//! - Of the media (`mdat`) stays what a sample of a track or a part of the picture names; all other bytes become zeros.
//! - A picture's `meta` is written anew: the primary picture, its tiles and its transparency. EXIF, XMP, thumbnails,
//!   depth maps, gain maps and further pictures go; so do colour profiles (ICC), as from JPEG.
//! - A track that is neither picture nor sound is a reason to refuse the file: cameras write positions there.
//! - Fragments (`moof`), encryption, media in other files, and codecs that aren't on the list are refused.
//! - What stays inside of the pictures and the sound as they are coded, such as notes of an encoder (SEI), isn't seen.

mod boxes;
mod cover;
mod field;
mod heif;
mod overlay;
mod sample;
mod table;
mod tell;
mod walk;

pub(crate) use walk::Bmff;

use crate::Format;
use crate::bytes::array;

/// What a file that begins so is, by its brands.
pub(crate) fn format(first: &[u8]) -> Option<Format> {
    match &array(first, 4)? {
        b"ftyp" => {}
        // QuickTime before 1999.
        b"moov" | b"mdat" | b"wide" => return Some(Format::Mov),
        _ => return None,
    }
    let brands = first.get(8..).unwrap_or_default().as_chunks::<4>().0;
    // The second word is a version.
    let has = |brand: &[u8; 4]| brands.iter().enumerate().any(|(n, b)| n != 1 && b == brand);
    Some(match brands.first()? {
        _ if has(b"avif") || has(b"avis") => Format::Avif,
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Format::Heic,
        b"qt  " => Format::Mov,
        b"M4A " | b"M4B " | b"M4P " => Format::M4a,
        [b'3', b'g', ..] => Format::Threegp,
        _ => Format::Mp4,
    })
}
