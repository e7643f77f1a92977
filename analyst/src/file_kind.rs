//! What kind of file something says it is by its first bytes. Only to give it an ending: nothing is opened or believed.

/// Bytes that are enough to tell.
pub const ENOUGH: usize = 64;

/// A kind from a fixed list; anything else is `bin`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileKind {
    /// The ending its name gets. None of these is run by a desktop on a double click.
    pub ending: &'static str,
    /// Its media type.
    pub media: &'static str,
}

/// What nothing is known of.
const UNKNOWN: FileKind = FileKind { ending: "bin", media: "application/octet-stream" };

/// Bytes at an offset that tell a kind.
type Mark = (usize, &'static [u8], &'static str, &'static str);

const MARKS: &[Mark] = &[
    (0, b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (0, b"GIF87a", "gif", "image/gif"),
    (0, b"GIF89a", "gif", "image/gif"),
    (0, b"%PDF-", "pdf", "application/pdf"),
    (4, b"ftypheic", "heic", "image/heic"),
    (4, b"ftypheix", "heic", "image/heic"),
    (4, b"ftypmif1", "heic", "image/heic"),
    (4, b"ftypavif", "avif", "image/avif"),
    (4, b"ftypM4A ", "m4a", "audio/mp4"),
    (4, b"ftypqt  ", "mov", "video/quicktime"),
    (4, b"ftyp3g", "3gp", "video/3gpp"),
    (4, b"ftyp", "mp4", "video/mp4"),
    (8, b"WEBPVP8", "webp", "image/webp"),
    (8, b"WAVE", "wav", "audio/wav"),
    (8, b"AVI ", "avi", "video/x-msvideo"),
    (0, b"\x1a\x45\xdf\xa3", "mkv", "video/x-matroska"),
    (0, b"OggS", "ogg", "audio/ogg"),
    (0, b"#!AMR", "amr", "audio/amr"),
    (0, b"ID3", "mp3", "audio/mpeg"),
    (0, b"\xff\xfb", "mp3", "audio/mpeg"),
    (0, b"\xff\xfa", "mp3", "audio/mpeg"),
    (0, b"\xff\xf3", "mp3", "audio/mpeg"),
    (0, b"\xff\xf2", "mp3", "audio/mpeg"),
    (0, b"\xff\xe3", "mp3", "audio/mpeg"),
    (0, b"\xff\xe2", "mp3", "audio/mpeg"),
    (0, b"\xff\xf1", "aac", "audio/aac"),
    (0, b"II*\0", "tif", "image/tiff"),
    (0, b"MM\0*", "tif", "image/tiff"),
    (0, b"PK\x03\x04", "zip", "application/zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", "application/x-ole-storage"),
    (0, b"{\\rtf", "rtf", "application/rtf"),
];

impl FileKind {
    /// The kind that the first bytes claim.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        let is = |(at, bytes, _, _): &&Mark| first.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
        MARKS.iter().find(is).map_or(UNKNOWN, |(_, _, ending, media)| Self { ending, media })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_and_everything_else_is_bin() {
        for (bytes, ending) in [
            (b"\xff\xd8\xff\xe0".as_slice(), "jpg"),
            (b"\x89PNG\r\n\x1a\n", "png"),
            (b"\0\0\0\x18ftypmp42", "mp4"),
            (b"\0\0\0\x18ftypheic", "heic"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
            (b"<svg onload='alert(1)'>", "bin"),
            (b"<html>", "bin"),
            (b"#!/bin/sh", "bin"),
            (b"[Desktop Entry]", "bin"),
            (b"MZ\x90", "bin"),
            (b"", "bin"),
        ] {
            assert_eq!(FileKind::of(bytes).ending, ending);
        }
    }

    #[test]
    fn every_mark_lies_within_the_bytes_that_are_looked_at() {
        for (at, bytes, ending, _) in MARKS {
            assert!(at + bytes.len() <= ENOUGH && ending.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
    }
}
