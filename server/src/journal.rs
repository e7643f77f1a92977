//! All that this server ever says about itself: a closed list. There is no entry about a request, and no other place prints.
//!
//! What is not here cannot be seized, subpoenaed or read over a shoulder (T-03). An entry carries no visitor's value.

use std::fmt;
use std::path::PathBuf;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The public door is open at this address.
    Listening(String),
    /// The operator's door is open at this path.
    OperatorDoor(PathBuf),
    /// The courier's door is open at this address.
    CourierDoor(String),
    /// The certificate of the courier's door ends within so many days, or has ended.
    CertificateEnds(i32),
    /// There is no intake document yet: the page says that nothing must be written here.
    NotOpenYet,
    /// A document was installed.
    Published {
        /// What it is.
        kind: &'static str,
        /// Its serial.
        serial: u64,
    },
    /// An installed document does not count any more, and is not shown.
    NotShown(&'static str),
    /// The site document does not name the page that is shown: its template's digest.
    PageNotAccepted(String),
    /// Acknowledged tips were removed.
    Removed {
        /// Gone for good.
        tips: u64,
        /// Hidden until the rest of their volume may go.
        waiting: u64,
    },
    /// Acknowledged tips could not be removed.
    NotRemoved(String),
    /// The clock went from one date to another that can't follow it.
    ClockJumped {
        /// The last day that counted.
        from: String,
        /// What the clock says.
        to: String,
    },
    /// No new connection can be taken; the door tries again by itself.
    CannotAccept(std::io::ErrorKind),
    /// The disk failed; nothing is acknowledged any more and the server stops, so that it is started anew.
    DiskFault(String),
    /// The space kept for this case was given back so that the store can open.
    BallastReleased,
    /// A damaged snapshot was set aside; the store opened from its log.
    SnapshotSetAside,
    /// A volume that does not open any more was set aside; intake goes on in a new one.
    VolumeQuarantined(u64),
    /// Tips whose chunks no longer match their digests; they stay in the store.
    DamagedTips(u64),
    /// The operator copies sealed volumes and their keys.
    BackupTaken,
    /// Something that should be impossible: where in the code, and nothing else.
    InternalFault {
        /// The source file.
        file: String,
        /// The line in it.
        line: u32,
    },
    /// The server was asked to stop.
    Stopping,
    /// Everything acknowledged is durable and the server has ended.
    Stopped,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening(address) => write!(f, "listening on {address}"),
            Self::OperatorDoor(path) => write!(f, "operator's door at {}", path.display()),
            Self::CourierDoor(address) => write!(f, "courier's door at {address}"),
            Self::CertificateEnds(days) => write!(
                f,
                "the certificate of the courier's door ends within {days} days, or has ended: make a new one with \
                 `tipline-server courier keys`, give every courier its pin, and start anew"
            ),
            Self::NotOpenYet => {
                f.write_str("no intake document yet: the page says \"Do not write here now\" until you publish one")
            }
            Self::Published { kind, serial } => write!(f, "{kind} {serial} published"),
            Self::NotShown(kind) => write!(
                f,
                "the installed {kind} is not shown: it is damaged, or was not signed by who may sign now; publish a new one"
            ),
            Self::PageNotAccepted(digest) => write!(
                f,
                "the site document does not accept the page that is shown, {digest}: install one that it accepts, or \
                 publish a site document that names it"
            ),
            Self::Removed { tips, waiting } => write!(
                f,
                "{tips} acknowledged tips were removed for good, {waiting} go with the rest of their volume"
            ),
            Self::NotRemoved(why) => {
                write!(f, "acknowledged tips could not be removed ({why}); it is tried again every day")
            }
            Self::ClockJumped { from, to } => write!(
                f,
                "the clock went from {from} to {to}: look at it. Acknowledged tips wait as many days of running all the same"
            ),
            Self::CannotAccept(kind) => write!(f, "cannot take a new connection ({kind}); trying again"),
            Self::DiskFault(what) => write!(
                f,
                "the disk failed ({what}): no tip is acknowledged any more, the server stops and must be started anew"
            ),
            Self::BallastReleased => f.write_str(
                "the disk was full: the ballast file was removed so that the store could open; free some space",
            ),
            Self::SnapshotSetAside => {
                f.write_str("a damaged snapshot was set aside; the store opened from its log, nothing is lost")
            }
            Self::VolumeQuarantined(number) => write!(
                f,
                "volume {number} is damaged and was set aside as volumes/{number}.quarantined: keep it, restore a \
                 backup; new tips go to a new volume"
            ),
            Self::DamagedTips(count) => {
                write!(f, "{count} tips are damaged on the disk; they stay there: look at the disk, restore a backup")
            }
            Self::BackupTaken => {
                f.write_str("a backup is made: copies of the volumes' keys outlive their erasure until they are destroyed")
            }
            Self::InternalFault { file, line } => write!(f, "internal fault at {file}:{line}"),
            Self::Stopping => f.write_str("stopping"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

/// Writes one line to standard error, where systemd's journal or a terminal takes it.
#[allow(clippy::print_stderr, reason = "the one place that prints what the server says")]
pub fn write(entry: &Entry) {
    eprintln!("{entry}");
}

/// From now on a panic says where it happened and nothing else: its message could hold a visitor's bytes.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location();
        write(&Entry::InternalFault {
            file: place.map_or_else(|| "unknown".into(), |at| at.file().to_owned()),
            line: place.map_or(0, std::panic::Location::line),
        });
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line() {
        for entry in [
            Entry::Listening("http://127.0.0.1:8080".into()),
            Entry::NotOpenYet,
            Entry::DiskFault("no space".into()),
            Entry::DamagedTips(2),
        ] {
            assert!(!entry.to_string().contains('\n'));
        }
    }
}
