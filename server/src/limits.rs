//! How long and how much a visitor may take before the server lets go. Defaults fit a slow circuit through Tor.

use std::time::Duration;

use crate::admission::Rules;

/// Bytes of a request's head, at most.
pub const HEAD: usize = 16 << 10;
/// Header fields of a request, at most.
pub const FIELDS: usize = 32;

/// Limits of one door.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections served at once; for one more somebody leaves.
    pub connections: usize,
    /// From the end of one request, or the connection's begin, until the next head is complete.
    pub head: Duration,
    /// A body may fall behind its minimum rate by this much.
    pub body_grace: Duration,
    /// Bytes a second that a body must come with, on average. With the grace this bounds its whole time.
    pub body_rate: u64,
    /// A visitor who reads nothing for so long is let go.
    pub write_stall: Duration,
    /// After an early answer, the rest of a body is thrown away for so long, so that the answer arrives.
    pub linger: Duration,
    /// A connection ends after this, whatever it does.
    pub connection: Duration,
    /// A graceful stop waits so long for what is under way.
    pub stop: Duration,
    /// A body over 128 KiB waits so long for a place before it is told to come again.
    pub patience: Duration,
    /// So often it is looked for uploads that rested too long.
    pub tending: Duration,
    /// Who may begin.
    pub rules: Rules,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(20),
            body_grace: Duration::from_secs(30),
            body_rate: 1_024,
            write_stall: Duration::from_secs(60),
            linger: Duration::from_secs(5),
            connection: Duration::from_secs(3_600),
            stop: Duration::from_secs(20),
            // A body that comes as slowly as it may, when places are short, lasts over two minutes.
            patience: Duration::from_secs(180),
            tending: Duration::from_secs(60),
            rules: Rules::default(),
        }
    }
}

impl Limits {
    /// For the operator's door: a pickup of many gigabytes may take long.
    #[must_use]
    pub fn for_operator() -> Self {
        Self { connections: 8, connection: Duration::from_secs(24 * 3_600), ..Self::default() }
    }

    /// For the courier's door: the same, with places for those who fail in the handshake.
    #[must_use]
    pub fn for_courier() -> Self {
        Self { connections: 64, ..Self::for_operator() }
    }
}
