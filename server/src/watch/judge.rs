//! Decides what a visit saw, from bytes alone: is this the released page, with the root's documents, read by somebody?

use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tipline_wire::board;
use tipline_wire::date::Date;
use tipline_wire::hex;
use tipline_wire::intake::{self, Intake};
use tipline_wire::signed;
use tipline_wire::site::{self, PLACEHOLDER, Site, UNFILLED};
use tipline_wire::sshsig::Fingerprint;

use super::flags::Order;
use super::outcome::Unchecked;
use super::visit::{Lost, Seen};
use crate::freshness::{Answers, Keys, Stale};
use crate::page::Template;

/// What the person who watches knows beforehand.
#[derive(Debug)]
pub struct Expected {
    /// The organisation's root.
    pub root: Fingerprint,
    /// The address.
    pub host: String,
    /// The released template, if it was given.
    pub template: Option<String>,
}

/// A letterbox that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// SHA-256 of the page's template, 64 hex digits.
    pub template: String,
    /// Of the intake document.
    pub keys: Keys,
    /// Of the board, if there is one.
    pub answers: Option<Answers>,
    /// How many keys a tip of this week is sealed for.
    pub recipients: u8,
}

/// What is wrong with a letterbox. No variant says anything that the letterbox could choose.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It can't be reached.
    #[error("the letterbox cannot be reached: {0}")]
    Unreachable(Lost),
    /// A status that it never has.
    #[error("the letterbox answers {0} with status {1} instead of 200")]
    Status(&'static str, u16),
    /// Other bytes for another circuit: somebody is told apart, or watched.
    #[error("the letterbox shows different visitors a different {0}: do not trust it, look at its machine")]
    Differs(&'static str),
    /// Not the page.
    #[error(
        "what the letterbox shows is no page of this project, or was changed: do not trust it, look at its machine"
    )]
    NoPage,
    /// Not the given template.
    #[error("the page is not the released one (SHA-256 {0}): do not trust it, look at its machine")]
    OtherPage(String),
    /// The site document names other templates.
    #[error(
        "the page (SHA-256 {0}) is none that the site document names: do not trust it, look at its machine"
    )]
    PageNotNamed(String),
    /// Other fields, another order, or other values.
    #[error(
        "the page comes with other header fields than a letterbox of this release sends: do not trust it, look at its machine"
    )]
    OtherHead,
    /// It was never published.
    #[error("the letterbox has no {0}: publish it")]
    Missing(&'static str),
    /// There is no board, and whether there ever was one is not remembered.
    #[error("the letterbox has no board: publish it; where none was made yet, --memory FILE lets that be")]
    NoBoard,
    /// There was one.
    #[error("the board that was there is gone: publish it again, and look at the letterbox's machine")]
    BoardGone,
    /// A newer one was there.
    #[error(
        "the board is an older one than was there before: publish the newest, and look at the letterbox's machine"
    )]
    OlderBoard,
    /// Malformed, or its signature is.
    #[error("the {0} is malformed or its signature is wrong: publish the right one")]
    Malformed(&'static str),
    /// Signed by somebody else.
    #[error("the {0} is not signed by the organisation: do not trust the letterbox, look at its machine")]
    Forged(&'static str),
    /// For another address.
    #[error("the {0} is not this letterbox's: publish the right one")]
    Foreign(&'static str),
    /// Too old, too new, or of another.
    #[error("the {0} {1}")]
    Stale(&'static str, Stale),
    /// There are no keys for today.
    #[error("no key is there for today: nobody can send")]
    NoEpoch,
    /// The canary was not taken.
    #[error("the letterbox did not take the canary: it says {0}")]
    Canary(&'static str),
}

const PAGE: &str = "page";
const INTAKE: &str = "intake document";
const SITE: &str = "site document";
const BOARD: &str = "board";

/// The page's block, as every letterbox fills it in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    site: Option<String>,
    site_signature: Option<String>,
    intake: Option<String>,
    intake_signature: Option<String>,
}

impl Expected {
    /// From what was ordered.
    ///
    /// # Errors
    /// The template can't be read, or is none.
    pub fn read(order: &Order) -> Result<Self, Unchecked> {
        let template = order.page.as_deref().map(read_template).transpose()?;
        Ok(Self { root: order.root, host: order.way.host().to_owned(), template })
    }
}

fn read_template(path: &Path) -> Result<String, Unchecked> {
    let text =
        std::fs::read_to_string(path).map_err(|fault| Unchecked::File { path: path.to_owned(), fault })?;
    let is_page = text.matches(PLACEHOLDER).count() == 1 && !text.contains(UNFILLED);
    if is_page { Ok(text) } else { Err(Unchecked::Template(path.to_owned())) }
}

/// Judges one visit.
///
/// # Errors
/// The first [`Fault`], what endangers a source before what is only late.
pub fn judge(seen: &Seen, expected: &Expected, today: Date) -> Result<Line, Fault> {
    if seen.page.status != 200 {
        return Err(Fault::Status(PAGE, seen.page.status));
    }
    let (template, documents) = take_apart(&seen.page.body).ok_or(Fault::NoPage)?;
    let digest: [u8; 32] = Sha256::digest(template.as_bytes()).into();
    if expected.template.as_ref().is_some_and(|released| *released != template) {
        return Err(Fault::OtherPage(hex::encode(&digest)));
    }
    let (intake, keys) = judge_intake(&documents, expected)?;
    let site = judge_site(&documents, &intake, &expected.root)?;
    if !site.accepts_page(&digest) {
        return Err(Fault::PageNotNamed(hex::encode(&digest)));
    }
    let recipients = intake.choose(today).map_err(|_| Fault::NoEpoch)?.count();
    keys.check(today).map_err(|stale| Fault::Stale(INTAKE, stale))?;
    let answers = judge_board(seen, &intake)?;
    if let Some(answers) = answers {
        answers.check(&keys, site.rhythm_days, today).map_err(|stale| Fault::Stale(BOARD, stale))?;
    }
    Ok(Line { template: hex::encode(&digest), keys, answers, recipients })
}

/// Whether another visit saw the same bytes, and the same head before them.
///
/// # Errors
/// [`Fault::Differs`]
pub fn same(one: &Seen, other: &Seen) -> Result<(), Fault> {
    if one.page != other.page {
        return Err(Fault::Differs(PAGE));
    }
    if one.board == other.board { Ok(()) } else { Err(Fault::Differs(BOARD)) }
}

/// The template, with its block as `{}`, and what the block holds.
fn take_apart(page: &[u8]) -> Option<(String, Documents)> {
    let (begin, end) = PLACEHOLDER.split_once("{}")?;
    let text = std::str::from_utf8(page).ok()?;
    let (before, rest) = text.split_once(begin)?;
    let (block, after) = rest.split_once(end)?;
    let once = !after.contains(begin);
    let documents = serde_json::from_str(block).ok().filter(|_| once)?;
    Some(([before, PLACEHOLDER, after].concat(), documents))
}

/// What the page says it is, once it was found to be the released one; nobody vouches for it but the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// SHA-256 of the template, 64 hex digits.
    pub template: String,
    /// The root that signed its documents, if it has any.
    pub root: Option<Fingerprint>,
}

/// Whether a visit saw exactly the released page, with exactly its header fields.
///
/// # Errors
/// The first [`Fault`].
pub fn judge_page(seen: &Seen, released: &Template, host: &str) -> Result<Claims, Fault> {
    if seen.page.status != 200 {
        return Err(Fault::Status(PAGE, seen.page.status));
    }
    let (template, documents) = take_apart(&seen.page.body).ok_or(Fault::NoPage)?;
    let digest: [u8; 32] = Sha256::digest(template.as_bytes()).into();
    if template != released.text() {
        return Err(Fault::OtherPage(hex::encode(&digest)));
    }
    if head_without_length(&seen.page.head).as_deref() != Some(&released.head()) {
        return Err(Fault::OtherHead);
    }
    let template = hex::encode(&digest);
    let (Some(document), Some(signature)) = (&documents.intake, &documents.intake_signature) else {
        return Ok(Claims { template, root: None });
    };
    // Whoever signed it: a person compares that with paper.
    let untrusted = intake::read(document, signature).map_err(|_| Fault::Malformed(INTAKE))?;
    let (intake, root) = untrusted.on_first_use();
    if !intake.fits_host(host) {
        return Err(Fault::Foreign(INTAKE));
    }
    if documents.site.is_some() {
        judge_site(&documents, &intake, &root)?;
    }
    Ok(Claims { template, root: Some(root) })
}

/// The lines of a head, the length's value left out; `None` when it is no text.
fn head_without_length(head: &[u8]) -> Option<Vec<String>> {
    let line = |line: &str| match line.split_once(": ") {
        Some((name @ "content-length", _)) => format!("{name}: "),
        _ => line.to_owned(),
    };
    Some(std::str::from_utf8(head).ok()?.split("\r\n").map(line).collect())
}

fn judge_intake(documents: &Documents, expected: &Expected) -> Result<(Intake, Keys), Fault> {
    let (Some(document), Some(signature)) = (&documents.intake, &documents.intake_signature) else {
        return Err(Fault::Missing(INTAKE));
    };
    let untrusted = intake::read(document, signature).map_err(|_| Fault::Malformed(INTAKE))?;
    let intake = untrusted.verify(&expected.root).map_err(|_| Fault::Forged(INTAKE))?;
    if !intake.fits_host(&expected.host) {
        return Err(Fault::Foreign(INTAKE));
    }
    let keys = Keys::of(&intake, document);
    Ok((intake, keys))
}

fn judge_site(documents: &Documents, intake: &Intake, root: &Fingerprint) -> Result<Site, Fault> {
    let (Some(document), Some(signature)) = (&documents.site, &documents.site_signature) else {
        return Err(Fault::Missing(SITE));
    };
    let untrusted = site::read(document, signature).map_err(|_| Fault::Malformed(SITE))?;
    let (site, _) = untrusted.verify_desk(&intake.desks).map_err(|_| Fault::Forged(SITE))?;
    let ours = site.org == intake.org && site.root() == Some(*root);
    if ours { Ok(site) } else { Err(Fault::Foreign(SITE)) }
}

/// `None` where the letterbox says that it has none.
fn judge_board(seen: &Seen, intake: &Intake) -> Result<Option<Answers>, Fault> {
    match seen.board.status {
        200 => {}
        404 => return Ok(None),
        other => return Err(Fault::Status(BOARD, other)),
    }
    let (document, signature) = signed::split(&seen.board.body).ok_or(Fault::Malformed(BOARD))?;
    let untrusted = board::read(document, signature).map_err(|_| Fault::Malformed(BOARD))?;
    let (board, _) = untrusted.verify_desk(&intake.desks).map_err(|_| Fault::Forged(BOARD))?;
    Ok(Some(Answers::of(&board)))
}
