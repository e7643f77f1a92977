//! The source's side as a command. Clock and randomness are read here and nowhere below.

use std::io::{IsTerminal as _, Read, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use tipline_seal::command;
use tipline_seal::interrupt::Interrupt;
use tipline_seal::patience::Patience;
use tipline_seal::terminal::Typed;
use tipline_seal::world::{NoRandomness, World};
use tipline_wire::date::Date;

fn main() -> ExitCode {
    let begun = now();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let watched = err.is_terminal();
    let typed = watched && std::io::stdin().is_terminal();
    let interrupt = Interrupt::default();
    let mut stdin = stdin(typed, &interrupt);
    let Some(today) = today() else {
        let _ = writeln!(
            err,
            "tipline-seal: reading this computer's clock: it is far in the future. Set its date."
        );
        return ExitCode::FAILURE;
    };
    let mut world = World {
        today,
        elapsed: &|| now().saturating_duration_since(begun),
        pause: &std::thread::sleep,
        random: &random,
        stdin: &mut *stdin,
        out: &mut out,
        err: &mut err,
        watched,
        typed,
        interrupt,
    };
    command::run(std::env::args_os().skip(1), Patience::default(), &mut world).into()
}

/// What somebody types, until a signal comes; anything else as it is.
fn stdin(typed: bool, interrupt: &Interrupt) -> Box<dyn Read> {
    match typed.then(|| Typed::watched(interrupt)) {
        Some(Ok(typed)) => Box::new(typed),
        _ => Box::new(std::io::stdin()),
    }
}

#[allow(clippy::disallowed_methods, reason = "main may read the clock")]
fn now() -> Instant {
    Instant::now()
}

/// `None` when the clock stands after the year 9999. Before 1970 counts as 1970, which every intake document refuses.
#[allow(clippy::disallowed_methods, reason = "main may read the clock")]
fn today() -> Option<Date> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Date::from_unix(since_1970.as_secs())
}

#[allow(clippy::disallowed_methods, reason = "main may draw random numbers")]
fn random(buffer: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(buffer).map_err(|_| NoRandomness)
}
