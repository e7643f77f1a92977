//! The formats that can be cleaned, told apart by their first bytes and never by a name.

use alloc::boxed::Box;

use crate::planner::Scan;
use crate::{jpeg, png};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG (W3C, third edition), animated ones too.
    Png,
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
            Self::Unknown => "unknown",
        }
    }

    /// The media type (RFC 6838).
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// The end of a neutral name, as in `file-1.jpg`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Unknown => "bin",
        }
    }

    /// What the first bytes of a file say it is.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        if first.starts_with(&jpeg::MAGIC) {
            Self::Jpeg
        } else if first.starts_with(&png::MAGIC) {
            Self::Png
        } else {
            Self::Unknown
        }
    }

    /// Who plans a file of this format; nobody for an unknown one.
    pub(crate) fn scan(self) -> Option<Box<dyn Scan + Send>> {
        match self {
            Self::Jpeg => Some(Box::new(jpeg::Jpeg::new())),
            Self::Png => Some(Box::new(png::Png::new())),
            Self::Unknown => None,
        }
    }
}
