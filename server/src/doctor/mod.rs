//! `doctor`: looks at a live installation and says for each check `ok`, or the one line that mends it.
//!
//! Every check is a function from facts to a [`verdict::Verdict`]: [`documents`] what is published · [`doors`] the
//! sockets · [`courier`] what the courier's door shows · [`storage`] the store · [`machine`] memory that must not reach the
//! disk · [`torrc`] tor's configuration. `gather` reads the facts and [`examine`] brings both together; [`status`] and
//! [`scan`] are the running server's half, behind the operator's door.

pub mod courier;
pub mod documents;
pub mod doors;
mod examine;
pub mod flags;
mod gather;
pub mod machine;
pub mod scan;
pub mod status;
pub mod storage;
pub mod torrc;
pub mod verdict;

pub use examine::examine;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It runs, in this command's version.
    Server,
    /// tor's socket.
    PublicDoor,
    /// The operator's socket.
    OperatorDoor,
    /// The courier's socket.
    CourierDoor,
    /// What the courier's door shows.
    CourierKeys,
    /// For whom tor shows the courier's onion.
    CourierOnion,
    /// No TCP port but those with TLS.
    Listeners,
    /// The intake document.
    Intake,
    /// The site document.
    Site,
    /// The page's template.
    Page,
    /// The board.
    Board,
    /// The machine's day.
    Clock,
    /// Room.
    Disk,
    /// Room kept aside.
    Ballast,
    /// Every tip can be read.
    Tips,
    /// No core dumps.
    CoreDumps,
    /// No swap.
    Swap,
    /// tor's configuration.
    Tor,
}

impl Check {
    /// All of them, in the order in which they are said.
    pub const ALL: [Self; 18] = [
        Self::Server,
        Self::PublicDoor,
        Self::OperatorDoor,
        Self::CourierDoor,
        Self::CourierKeys,
        Self::CourierOnion,
        Self::Listeners,
        Self::Intake,
        Self::Site,
        Self::Page,
        Self::Board,
        Self::Clock,
        Self::Disk,
        Self::Ballast,
        Self::Tips,
        Self::CoreDumps,
        Self::Swap,
        Self::Tor,
    ];

    /// As `--skip` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::PublicDoor => "public-door",
            Self::OperatorDoor => "operator-door",
            Self::CourierDoor => "courier-door",
            Self::CourierKeys => "courier-keys",
            Self::CourierOnion => "courier-onion",
            Self::Listeners => "listeners",
            Self::Intake => "intake",
            Self::Site => "site",
            Self::Page => "page",
            Self::Board => "board",
            Self::Clock => "clock",
            Self::Disk => "disk",
            Self::Ballast => "ballast",
            Self::Tips => "tips",
            Self::CoreDumps => "core-dumps",
            Self::Swap => "swap",
            Self::Tor => "tor",
        }
    }

    /// The check of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }
}
