//! What a command line asks for, once it was found sound.

use std::net::SocketAddr;
use std::path::PathBuf;

use tipline_wire::date::Date;
use tipline_wire::recipient::Recipient;

use crate::address::Address;
use crate::language::Language;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Write the help text.
    Help,
    /// Write the version.
    Version,
    /// Write an empty report.
    Template,
    /// Write the codebook.
    Codes(Output, Option<&'static Language>),
    /// Seal a tip.
    Seal(Box<Order>),
    /// Send a tip that was sealed before.
    Deliver(Box<Delivery>),
    /// Seal one file for one recipient.
    Single(Box<Single>),
}

/// A file to be sealed as a plain age file.
#[derive(Debug, PartialEq, Eq)]
pub struct Single {
    /// For whom, found hybrid.
    pub to: Recipient,
    /// The file.
    pub file: PathBuf,
    /// Where the sealed file is saved.
    pub out: PathBuf,
}

/// A sealed tip to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The sealed file.
    pub file: PathBuf,
    /// The Monday of the week whose keys it has: the file itself does not tell, and under another week nobody may open it.
    pub week: Date,
    /// The letterbox.
    pub address: Address,
    /// Tor's proxy; unused for this machine.
    pub proxy: SocketAddr,
    /// The root that must have signed.
    pub fingerprint: String,
    /// Whether a program reads the answer.
    pub output: Output,
}

/// A tip to be sealed.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// Where the report is.
    pub report: Option<Source>,
    /// The files, in the order given.
    pub files: Vec<Given>,
    /// Where the keys come from and the tip goes.
    pub way: Way,
    /// Where the sealed tip is saved; always there when nothing is sent.
    pub out: Option<PathBuf>,
    /// The root that must have signed, as a page's link would name it; empty for any.
    pub fingerprint: String,
    /// The token of a test tip, 32 hex.
    pub canary: Option<String>,
    /// What an answer will be read with.
    pub receipt: Option<Wanted>,
    /// In which language is asked; `None` for whichever the person chooses first.
    pub language: Option<&'static Language>,
    /// Whether a program reads the answer.
    pub output: Output,
}

/// A receipt that goes with a report.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Wanted {
    /// A new one.
    New,
    /// One that is on paper, typed in.
    Typed,
}

/// Who reads the answer.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Output {
    /// A person.
    Words,
    /// A program.
    Json,
}

/// Where a report is read from.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    /// A person, asked question by question.
    Person,
    /// The same, if one sits at a terminal.
    PersonIfThere,
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// One file, and what is to become of it.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Given {
    /// Where it is.
    pub path: PathBuf,
    /// What the person chose.
    pub form: Form,
}

/// What becomes of a file.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Form {
    /// Its hidden data is removed.
    Cleaned,
    /// It is sent as it is.
    Original,
}

/// Where the keys come from.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// The letterbox's page; the tip is sent there.
    Site {
        /// The letterbox.
        address: Address,
        /// Tor's proxy; unused for this machine.
        proxy: SocketAddr,
    },
    /// A file; nothing is contacted.
    Document(PathBuf),
}
