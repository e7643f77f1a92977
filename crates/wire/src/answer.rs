//! What the letterbox answers: one short JSON object, padded so that answers differ in as little as possible.

use alloc::vec::Vec;

/// API bodies are a multiple of this many bytes.
pub const PADDING: usize = 256;

/// What is said, as a stable code; the page holds the sentence in each language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// The tip is durable.
    Kept,
    /// The upload may begin.
    Begun,
    /// The part is durable.
    PartKept,
    /// These parts are held; see [`crate::upload::Held`].
    Held,
    /// No token was given, or it is none.
    NoToken,
    /// There is no upload with that token: begin it.
    NoUpload,
    /// The upload began differently, or that part is held with other bytes.
    OtherBytes,
    /// Parts are missing: send them, then commit.
    MissingPart,
    /// The bytes are not those of their digest.
    WrongDigest,
    /// The body is no sealed tip (RFC 9110: 400).
    NotATip,
    /// The stanzas are not those of this epoch's recipients.
    WrongKeys,
    /// The length is none of the table's.
    WrongLength,
    /// No length was given.
    NoLength,
    /// Longer than one request may be.
    TooLong,
    /// The epoch is over, or unknown.
    EpochClosed,
    /// No intake document has been published.
    NotOpenYet,
    /// The disk is full, or the line too busy: nothing was kept, try again later.
    Full,
    /// The body came too slowly.
    TooSlow,
    /// The request is malformed.
    BadRequest,
    /// Nothing is at that path.
    NotFound,
    /// The method does not fit the path.
    MethodNotAllowed,
    /// The letterbox failed or is stopping; whether the tip was kept is unknown. Sending it again keeps it once.
    Broken,
}

impl Say {
    /// Every answer there is.
    pub const ALL: [Self; 22] = [
        Self::Kept,
        Self::Begun,
        Self::PartKept,
        Self::Held,
        Self::NoToken,
        Self::NoUpload,
        Self::OtherBytes,
        Self::MissingPart,
        Self::WrongDigest,
        Self::NotATip,
        Self::WrongKeys,
        Self::WrongLength,
        Self::NoLength,
        Self::TooLong,
        Self::EpochClosed,
        Self::NotOpenYet,
        Self::Full,
        Self::TooSlow,
        Self::BadRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Broken,
    ];

    /// The code in the body.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Begun => "begun",
            Self::PartKept => "part-kept",
            Self::Held => "held",
            Self::NoToken => "no-token",
            Self::NoUpload => "no-upload",
            Self::OtherBytes => "other-bytes",
            Self::MissingPart => "missing-part",
            Self::WrongDigest => "wrong-digest",
            Self::NotATip => "not-a-tip",
            Self::WrongKeys => "wrong-keys",
            Self::WrongLength => "wrong-length",
            Self::NoLength => "no-length",
            Self::TooLong => "too-long",
            Self::EpochClosed => "epoch-closed",
            Self::NotOpenYet => "not-open-yet",
            Self::Full => "full",
            Self::TooSlow => "too-slow",
            Self::BadRequest => "bad-request",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Broken => "broken",
        }
    }

    /// The HTTP status (RFC 9110).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::PartKept | Self::Held => 200,
            Self::Kept | Self::Begun => 201,
            Self::NotATip
            | Self::WrongKeys
            | Self::WrongLength
            | Self::WrongDigest
            | Self::NoToken
            | Self::BadRequest => 400,
            Self::NotFound | Self::NoUpload => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::EpochClosed | Self::OtherBytes | Self::MissingPart => 409,
            Self::NoLength => 411,
            Self::TooLong => 413,
            Self::Broken => 500,
            Self::NotOpenYet | Self::Full => 503,
        }
    }

    /// The body: `{"ok":…,"say":"…"}`, then spaces up to a multiple of 256 bytes.
    #[must_use]
    pub fn body(self) -> Vec<u8> {
        let ok = if self.status() < 300 { "true" } else { "false" };
        let mut body = ["{\"ok\":", ok, ",\"say\":\"", self.code(), "\"}"].concat().into_bytes();
        body.resize(body.len().next_multiple_of(PADDING), b' ');
        body
    }

    /// Reads a body as [`Say::body`] writes it; anything else is `None`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|say| say.body() == body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_the_same_length_and_comes_back() {
        for say in Say::ALL {
            assert_eq!(say.body().len(), PADDING);
            assert_eq!(Say::parse(&say.body()), Some(say));
            assert_eq!(say.status() < 300, say.body().starts_with(b"{\"ok\":true"));
        }
        assert_eq!(Say::parse(b"<html>"), None);
    }
}
