//! `watch`: looks at a letterbox from another machine, over the same way and with the same bytes as a source in Tor
//! Browser, so that a server cannot show a monitor something better than it shows a source (T-03, T-16).
//!
//! [`visit`] goes there on a fresh circuit · [`judge`] decides what was seen, from bytes alone · [`canary`] a sealed tip that
//! is sent along · [`memory`] what the look before saw · [`outcome`] what is said, and who is called.

pub mod canary;
mod exchange;
pub mod flags;
pub mod judge;
pub mod memory;
pub mod outcome;
pub mod verify_site;
pub mod visit;

use self::canary::Canary;
use self::flags::Order;
use self::judge::{Expected, Fault, Line};
use self::memory::Memory;
use self::outcome::Outcome;
use self::visit::Traveller;
use crate::world::World;

/// Circuits on which it is looked.
const CIRCUITS: usize = 3;

/// Visits the letterbox and judges what it shows.
pub async fn watch(order: &Order, world: &World) -> Outcome {
    match look(order, world).await {
        Ok(line) => Outcome::Sound(line),
        Err(outcome) => outcome,
    }
}

async fn look(order: &Order, world: &World) -> Result<String, Outcome> {
    let today = world.today();
    let expected = Expected::read(order)?;
    let canary = order.canary.as_deref().map(Canary::read).transpose()?;
    let memory = order.memory.clone().map(Memory::read).transpose()?;
    let traveller = Traveller::new(&order.way, world);

    let first = traveller.visit().await?;
    let line = judge::judge(&first, &expected, today)?;
    let errand = canary.as_ref().map(|canary| canary.errand(&line, today)).transpose()?;
    for _ in 2..CIRCUITS {
        judge::same(&first, &traveller.visit().await?)?;
    }
    // The last visit brings the canary.
    let (last, said) = match &errand {
        None => (traveller.visit().await?, None),
        Some(errand) => traveller.bring(errand).await?,
    };
    judge::same(&first, &last)?;
    let kept = said.as_ref().map(canary::kept).transpose()?;
    match memory {
        Some(memory) => memory.compare(&line)?,
        // Whether there ever was one is not known.
        None if line.answers.is_none() => return Err(Fault::NoBoard.into()),
        None => {}
    }
    Ok(sentence(&line, kept))
}

fn sentence(line: &Line, kept: Option<()>) -> String {
    let canary = kept.map_or("", |()| ", the canary was kept");
    let board = line.answers.map_or("no board was published yet".to_owned(), |answers| {
        format!("opened through {}, next board on {}", answers.opened_through, answers.next)
    });
    format!(
        "sound on {CIRCUITS} circuits: page (SHA-256 {}), keys until {}, {board}{canary}",
        line.template, line.keys.ends
    )
}
