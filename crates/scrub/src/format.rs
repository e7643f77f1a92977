//! The formats that can be cleaned, told apart by their first bytes and never by a name.

use alloc::boxed::Box;

use crate::planner::Scan;
use crate::{bmff, gif, jpeg, mp3, ogg, png, wav, webp};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG (W3C, third edition), animated ones too.
    Png,
    /// WebP (RFC 9649), animated ones too.
    Webp,
    /// WAV (Microsoft and IBM, 1991).
    Wav,
    /// GIF (87a and 89a), animated ones too.
    Gif,
    /// MP3 (ISO/IEC 11172-3, 13818-3), and its elder layers.
    Mp3,
    /// Ogg with Opus or Vorbis (RFC 3533, RFC 7845).
    Ogg,
    /// HEIC and HEIF (ISO/IEC 23008-12), coded as HEVC.
    Heic,
    /// AVIF: the same, coded as AV1.
    Avif,
    /// MP4 (ISO/IEC 14496-14).
    Mp4,
    /// QuickTime.
    Mov,
    /// MP4 with sound only.
    M4a,
    /// 3GP (3GPP TS 26.244).
    Threegp,
    /// PDF (ISO 32000). Like the next three it is kept as it is, and the person is told why.
    Pdf,
    /// A document of an office program: OOXML, ODF, EPUB, RTF, or what Word wrote before 2007.
    Office,
    /// A ZIP of anything.
    Zip,
    /// Anything else: it is kept as it is, and the person is told so.
    Unknown,
}

impl Format {
    /// A short, stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Wav => "wav",
            Self::Gif => "gif",
            Self::Mp3 => "mp3",
            Self::Ogg => "ogg",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::M4a => "m4a",
            Self::Threegp => "3gp",
            Self::Pdf => "pdf",
            Self::Office => "office",
            Self::Zip => "zip",
            Self::Unknown => "unknown",
        }
    }

    /// The media type (RFC 6838).
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Wav => "audio/wav",
            Self::Gif => "image/gif",
            Self::Mp3 => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::M4a => "audio/mp4",
            Self::Threegp => "video/3gpp",
            Self::Pdf => "application/pdf",
            Self::Zip => "application/zip",
            Self::Office | Self::Unknown => "application/octet-stream",
        }
    }

    /// The end of a neutral name, as in `file-1.jpg`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Wav => "wav",
            Self::Gif => "gif",
            Self::Mp3 => "mp3",
            Self::Ogg => "ogg",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::M4a => "m4a",
            Self::Threegp => "3gp",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::Office | Self::Unknown => "bin",
        }
    }

    /// What the first bytes of a file say it is.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        if first.starts_with(&jpeg::MAGIC) {
            Self::Jpeg
        } else if first.starts_with(&png::MAGIC) {
            Self::Png
        } else if first.starts_with(b"GIF87a") || first.starts_with(b"GIF89a") {
            Self::Gif
        } else if mp3::begins(first) {
            Self::Mp3
        } else if first.starts_with(ogg::MAGIC) {
            Self::Ogg
        } else {
            Self::of_parts(first)
        }
    }

    /// Formats of chunks, whose second word says what they are.
    fn of_parts(first: &[u8]) -> Self {
        match (first.get(..4), first.get(8..12)) {
            (Some(b"RIFF"), Some(b"WEBP")) => Self::Webp,
            (Some(b"RIFF" | b"RF64" | b"BW64"), Some(b"WAVE")) => Self::Wav,
            _ => bmff::format(first).unwrap_or_else(|| Self::of_document(first)),
        }
    }

    /// What can't be cleaned, as far as the person should know what it is.
    fn of_document(first: &[u8]) -> Self {
        // The first name in an archive stands at 30.
        let names = [&b"[Content_Types].xml"[..], b"_rels/", b"word/", b"docProps/", b"mimetypeapplication/"];
        let named = |name: &&[u8]| first.get(30..).is_some_and(|rest| rest.starts_with(name));
        match first {
            [b'%', b'P', b'D', b'F', b'-', ..] => Self::Pdf,
            [b'P', b'K', 3, 4, ..] if names.iter().any(named) => Self::Office,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Self::Zip,
            [0xd0, 0xcf, 0x11, 0xe0, ..] | [b'{', b'\\', b'r', b't', b'f', ..] => Self::Office,
            _ => Self::Unknown,
        }
    }

    /// Whether files of it can lose their hidden data.
    #[must_use]
    pub fn is_cleaned(self) -> bool {
        !matches!(self, Self::Pdf | Self::Office | Self::Zip | Self::Unknown)
    }

    /// Who plans a file of this format; nobody for an unknown one.
    pub(crate) fn scan(self) -> Option<Box<dyn Scan + Send>> {
        match self {
            Self::Jpeg => Some(Box::new(jpeg::Jpeg::new())),
            Self::Png => Some(Box::new(png::Png::new())),
            Self::Webp => Some(Box::new(webp::Webp::new())),
            Self::Wav => Some(Box::new(wav::Wav::new())),
            Self::Gif => Some(Box::new(gif::Gif::new())),
            Self::Mp3 => Some(Box::new(mp3::Mp3::default())),
            Self::Ogg => Some(Box::new(ogg::Ogg::default())),
            Self::Heic | Self::Avif | Self::Mp4 | Self::Mov | Self::M4a | Self::Threegp => {
                Some(Box::new(bmff::Bmff::default()))
            }
            Self::Pdf | Self::Office | Self::Zip | Self::Unknown => None,
        }
    }
}
