//! What hides in XMP (ISO 16684): it is noticed by the names of its properties; the values are not read out.

use crate::Kind;
use crate::plan::Draft;

const SIGNS: [(&str, Kind); 19] = [
    ("GPSLatitude", Kind::Position),
    ("GPSLongitude", Kind::Position),
    ("Iptc4xmpCore:Location", Kind::Position),
    ("photoshop:City", Kind::Position),
    ("tiff:Model", Kind::Device),
    ("tiff:Make", Kind::Device),
    ("xmp:CreatorTool", Kind::Device),
    ("SerialNumber", Kind::Device),
    ("xmpMM:DocumentID", Kind::Device),
    ("xmp:CreateDate", Kind::Date),
    ("xmp:ModifyDate", Kind::Date),
    ("photoshop:DateCreated", Kind::Date),
    ("dc:creator", Kind::Names),
    ("dc:rights", Kind::Names),
    ("mwg-rs:Name", Kind::Names),
    ("OwnerName", Kind::Names),
    ("dc:description", Kind::Text),
    ("dc:title", Kind::Text),
    ("xmp:Thumbnails", Kind::Thumbnail),
];

/// Notes what kinds of things an XMP packet tells.
pub(crate) fn look(packet: &[u8], draft: &mut Draft) {
    let mut nothing = true;
    for (sign, kind) in SIGNS {
        if packet.windows(sign.len()).any(|window| window == sign.as_bytes()) {
            draft.found(kind, "in XMP");
            nothing = false;
        }
    }
    if nothing {
        draft.found(Kind::Other, "XMP");
    }
}
