//! `tipline-analyst`: reads clock, randomness and arguments, and hands them to the library. The help pages are in `help`.

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use tipline_analyst::desk::{Progress, World};
use tipline_analyst::error::Error;
use tipline_analyst::randomness::Randomness;
use tipline_analyst::{airgap, cli};
use tipline_envelope::passphrase::USUAL_WORK;
use tipline_wire::date::Date;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // If stderr is closed nobody can be told.
            let _ = writeln!(io::stderr(), "tipline-analyst: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}

fn run() -> Result<(), Error> {
    let call = cli::parse(std::env::args_os().skip(1))?;
    let mut fill = system_randomness;
    let mut world = World {
        today: today()?,
        random: Randomness::new(&mut fill),
        interfaces: Path::new(airgap::INTERFACES),
        default_home: std::env::home_dir().map(|home| home.join("tipline")),
        work: USUAL_WORK,
        cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        err: &mut io::stderr().lock(),
        progress: if io::stderr().is_terminal() { Progress::Shown } else { Progress::Quiet },
    };
    world.run(call)
}

#[allow(clippy::disallowed_methods, reason = "main is where the clock is read")]
fn today() -> Result<Date, Error> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or(0);
    let sane = Date::from_unix(seconds).filter(|day| day.ymd().0 >= 2025);
    sane.ok_or_else(|| {
        Error::failed(
            "reading this machine's clock",
            "it shows a day before 2025",
            "set the clock and run it again",
        )
    })
}

#[allow(clippy::disallowed_methods, reason = "main is where randomness is read")]
fn system_randomness(buffer: &mut [u8]) -> io::Result<()> {
    getrandom::fill(buffer).map_err(|e| io::Error::other(e.to_string()))
}
