//! `verify-site`: whether a letterbox shows everybody exactly the released page, with exactly the fields before it. Anybody can
//! run it who has the released page: no fingerprint is needed (T-03).

use std::path::PathBuf;

use lexopt::{Arg, Parser};

use super::flags::{self, Output};
use super::judge::{self, Claims};
use super::outcome::{Outcome, Unchecked};
use super::visit::{Traveller, Way};
use crate::cli::{self, Command};
use crate::error::Error;
use crate::page::Template;
use crate::world::World;

const HELP: &str = include_str!("../../help/verify-site.txt");
/// Circuits on which it is looked, unless another number is given.
const CIRCUITS: u8 = 3;

/// What to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where it is.
    pub way: Way,
    /// The released template.
    pub page: PathBuf,
    /// On how many circuits, at least 1.
    pub circuits: u8,
    /// How to answer.
    pub output: Output,
}

/// Reads the arguments after `verify-site`.
///
/// # Errors
/// [`Error::Usage`]
pub fn parse(mut parser: Parser) -> Result<Command, Error> {
    let (mut address, mut socks, mut page) = (None, None, None);
    let (mut circuits, mut output) = (CIRCUITS, Output::default());
    while let Some(arg) = parser.next().map_err(cli::usage)? {
        match arg {
            Arg::Long("socks") => socks = Some(cli::text(&mut parser)?),
            Arg::Long("page") => page = Some(cli::path(&mut parser)?),
            Arg::Long("circuits") => circuits = count(&cli::text(&mut parser)?)?,
            Arg::Long("json") => output = Output::Json,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(HELP)),
            Arg::Value(value) if address.is_none() => address = Some(value.to_string_lossy().into_owned()),
            other => return Err(cli::usage(other.unexpected())),
        }
    }
    let missing = |what: &str| Error::Usage(format!("verify-site needs {what}"));
    let address = address.ok_or_else(|| missing("the letterbox's ADDRESS"))?;
    let page = page.ok_or_else(|| missing("--page FILE, the released page.html"))?;
    let way = flags::way(&address, socks.as_deref())?;
    Ok(Command::VerifySite(Box::new(Order { way, page, circuits, output })))
}

fn count(text: &str) -> Result<u8, Error> {
    let count = text.parse().ok().filter(|count| (1..=20).contains(count));
    count.ok_or_else(|| Error::Usage(format!("`{text}`: --circuits takes 1 to 20")))
}

/// Visits the letterbox and compares.
pub async fn verify_site(order: &Order, world: &World) -> Outcome {
    match look(order, world).await {
        Ok(claims) => Outcome::Sound(sentence(&claims, order.circuits)),
        Err(outcome) => outcome,
    }
}

async fn look(order: &Order, world: &World) -> Result<Claims, Outcome> {
    let released = read(order)?;
    let traveller = Traveller::new(&order.way, world);
    let first = traveller.visit().await?;
    let claims = judge::judge_page(&first, &released, order.way.host())?;
    for _ in 1..order.circuits {
        judge::same(&first, &traveller.visit().await?)?;
    }
    Ok(claims)
}

fn read(order: &Order) -> Result<Template, Unchecked> {
    let text = std::fs::read_to_string(&order.page);
    let text = text.map_err(|fault| Unchecked::File { path: order.page.clone(), fault })?;
    Template::parse(&text).map_err(|_| Unchecked::Template(order.page.clone()))
}

fn sentence(claims: &Claims, circuits: u8) -> String {
    let root = claims.root.as_ref().map_or("it is not open yet".to_owned(), |root| {
        format!("its documents are signed by {root}: compare that with paper")
    });
    format!("the released page on {circuits} circuits, SHA-256 {}; {root}", claims.template)
}
