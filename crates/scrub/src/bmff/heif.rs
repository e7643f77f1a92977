//! The `meta` of a HEIC or AVIF picture (ISO/IEC 23008-12), written anew with the primary picture and what it is made of.

mod item;
mod write;

use alloc::format;
use alloc::vec::Vec;

use super::boxes::parts;
use crate::bytes::{Endian, slice, u32_at};
use crate::plan::Draft;
use crate::{Kind, Why, exif, xmp};
use item::Meta;

/// A picture's `meta` in its place.
pub(super) struct Rewritten {
    /// As long as it was.
    pub(super) content: Vec<u8>,
    /// Where the picture's parts lie in the file: from, to.
    pub(super) parts: Vec<(u64, u64)>,
    pub(super) looks: Vec<Look>,
}

/// Something that goes, to be looked into.
pub(super) struct Look {
    pub(super) what: What,
    pub(super) at: u64,
    pub(super) len: u64,
}

/// What it is.
#[derive(Clone, Copy)]
pub(super) enum What {
    Exif,
    Xmp,
    Gap,
}

impl What {
    /// Notes what it tells.
    pub(super) fn tell(self, bytes: &[u8], draft: &mut Draft) {
        match self {
            // Four bytes say how far it is to the TIFF structure. Its orientation is said by the picture itself.
            Self::Exif => {
                let skip = u32_at(bytes, 0, Endian::Big).and_then(|skip| usize::try_from(skip).ok());
                let tiff = skip.and_then(|skip| bytes.get(skip.checked_add(4)?..));
                exif::look(tiff.unwrap_or_default(), draft);
            }
            Self::Xmp => xmp::look(bytes, draft),
            Self::Gap => {
                if bytes.iter().any(|byte| *byte != 0) {
                    draft.found(Kind::Other, "bytes of no picture and no sound");
                }
            }
        }
    }
}

/// Gaps between the media, to be looked into.
pub(super) fn gaps(gaps: Vec<(u64, u64)>) -> Vec<Look> {
    let look = |(at, end): (u64, u64)| Look { what: What::Gap, at, len: end.saturating_sub(at) };
    gaps.into_iter().map(look).collect()
}

/// Whether the content of a `meta` is that of a picture.
pub(super) fn is_picture(content: &[u8]) -> bool {
    let all = content.get(4..).map(parts);
    all.is_some_and(|all| {
        all.is_ok_and(|all| {
            all.iter().any(|(kind, hdlr)| kind == b"hdlr" && slice(hdlr, 8, 4) == Some(b"pict"))
        })
    })
}

/// Writes the content of a `meta` anew, in the same number of bytes.
pub(super) fn rewrite(content: &[u8], draft: &mut Draft) -> Result<Rewritten, Why> {
    let meta = Meta::read(content)?;
    let kept = meta.kept()?;
    let mut looks = Vec::new();
    for item in meta.items.iter().filter(|item| !kept.contains(&item.id)) {
        let what = match &item.kind {
            b"Exif" => What::Exif,
            b"mime" => What::Xmp,
            _ => {
                tell(&meta, item, draft);
                continue;
            }
        };
        let place = meta.places.iter().find(|place| place.id == item.id && place.method == 0);
        if let Some((at, len)) = place.and_then(|place| place.extents.first()).copied() {
            looks.push(Look { what, at, len });
        }
    }
    Ok(Rewritten { content: write::meta(content, &meta, &kept)?, parts: meta.parts(&kept)?, looks })
}

/// Notes what a further picture is.
fn tell(meta: &Meta, item: &item::Item, draft: &mut Draft) {
    if meta.references.iter().any(|other| &other.kind == b"dimg" && other.to.contains(&item.id)) {
        // A tile of something that goes, which tells itself.
    } else if meta.refers(item.id, b"thmb") {
        draft.found(Kind::Thumbnail, "");
    } else if meta.refers(item.id, b"auxl") {
        draft.found(Kind::Other, "a second picture (depth, brightness or parts)");
    } else if matches!(&item.kind, b"hvc1" | b"av01" | b"grid" | b"iovl" | b"iden" | b"jpeg") {
        draft.found(Kind::Other, "further pictures");
    } else {
        draft.found(Kind::Other, &format!("an item {}", alloc::string::String::from_utf8_lossy(&item.kind)));
    }
}
