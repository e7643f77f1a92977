//! What can go wrong. Opening fails in one way only, so that nobody learns which key or which byte was wrong.

use tipline_wire::outer::OuterError;

/// Why a tip was not sealed. Nothing of it has left the machine then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The random bytes are too few, too many, or visibly not random.
    #[error("sealing needs fresh random bytes and did not get them")]
    Randomness,
    /// No recipient, more than eight, or not as many as the random bytes are for.
    #[error("sealing needs one to eight recipients and random bytes for each")]
    Recipients,
    /// A tar over 1 GiB, a `tip.json` over 64 000 bytes, or over 99 files.
    #[error("this is more than one tip can hold")]
    TooLarge,
    /// A file gave no bytes where its size promised some, or more than were asked for.
    #[error("a file changed while it was being read")]
    FileChanged,
    /// A chunk of another length than is due, or one after the last.
    #[error("a chunk was sealed out of turn")]
    OutOfTurn,
    /// The work factor is beyond what scrypt can do.
    #[error("the work factor for the passphrase is out of range")]
    Work,
}

/// Why a file was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It has not the form of a tip; anyone can see that without a key.
    #[error(transparent)]
    Form(#[from] OuterError),
    /// It has not the form of an age file with a passphrase.
    #[error("this is not an age file sealed with a passphrase")]
    NotPassphrase,
    /// Opening it would take more work and memory than was allowed.
    #[error("this file asks for 2^{asked} steps of work, more than the allowed 2^{allowed}")]
    Work {
        /// What the file asks for, as a power of two.
        asked: u8,
        /// What was allowed, as a power of two.
        allowed: u8,
    },
    /// No key fits, or a byte was changed, added or lost. Deliberately one case.
    #[error("it does not open: it was sealed for another key, or it is damaged")]
    Refused,
}

/// Why bytes or text are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// FIPS 203's modulus check failed, or the X25519 half has a low order.
    #[error("this public key is not a sound one")]
    Unsound,
    /// The text is no `AGE-SECRET-KEY-PQ-1…`.
    #[error("this is not a private key: AGE-SECRET-KEY-PQ-1… was expected")]
    Identity,
}
