//! The command `tipline-server`. Only here the day and the system's randomness are read.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tipline_server::address::{Address, HandedOver};
use tipline_server::backup::restore::restore;
use tipline_server::cli::{self, Command};
use tipline_server::client::flags::{Errand, Way};
use tipline_server::client::{self, errand};
use tipline_server::config::listen::CourierDoor;
use tipline_server::config::{self, Flags, Settings};
use tipline_server::doctor::{self, verdict::to_mend};
use tipline_server::error::Error;
use tipline_server::http::door::{Admit, Listener};
use tipline_server::journal::{self, Entry};
use tipline_server::office::{Office, Policy};
use tipline_server::page::Template;
use tipline_server::serve::{Ended, Listeners, serve};
use tipline_server::store::{Home, SledStore};
use tipline_server::terminal;
use tipline_server::tls::{self, Identity, Tls, identity};
use tipline_server::watch;
use tipline_server::world::{NoRandomness, World};
use tipline_wire::date::Date;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match cli::parse(std::env::args_os().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            terminal::complain(&fault.to_string());
            ExitCode::from(fault.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    // Files and sockets of this process are its own, whatever the shell says: the store, a pickup.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match command {
        Command::Print(text) => terminal::print(text),
        Command::Serve(flags) => run_server(&flags)?,
        Command::Publish { way, files } => {
            let told = |said: &str| terminal::print(&format!("{said}\n"));
            let reach = way.reach(world())?;
            small_runtime()?.block_on(client::publish::publish(&reach, &files, told))?;
        }
        Command::Pickup { way, errand } => run_errand(way, &errand)?,
        Command::Fetch { way, mut errand } => {
            if errand.is_empty() {
                errand.out = Some(format!("tips-{}.tar", today()).into());
            }
            run_errand(way, &errand)?;
        }
        Command::Relay(flags) => client::relay::relay(&config::load(&flags)?.operator)?,
        Command::Courier(order) => terminal::print(&order.carry_out(&world())?),
        Command::Backup(order) => {
            let socket = config::load(&order.flags)?.operator;
            let world = world();
            let done = client::backup::backup(&socket, &order.out, &world);
            terminal::print(&small_runtime()?.block_on(done)?.tell(order.print));
        }
        Command::Restore(order) => terminal::print(&restore(&order)?.tell(order.print)),
        Command::Doctor(order) => run_doctor(&order)?,
        Command::Watch(order) => run_watch(&order)?,
        Command::VerifySite(order) => run_verify_site(&order)?,
    }
    Ok(())
}

fn run_errand(way: Way, errand: &Errand) -> Result<(), Error> {
    let reach = way.reach(world())?;
    small_runtime()?.block_on(errand::run(&reach, errand))
}

fn world() -> World {
    World::new(today, stopwatch(), fill)
}

fn run_watch(order: &watch::flags::Order) -> Result<(), Error> {
    let world = world();
    let outcome = small_runtime()?.block_on(watch::watch(order, &world));
    terminal::print(&order.output.write(&outcome));
    outcome.end(order.on_fail.as_deref())
}

fn run_verify_site(order: &watch::verify_site::Order) -> Result<(), Error> {
    let world = world();
    let outcome = small_runtime()?.block_on(watch::verify_site::verify_site(order, &world));
    terminal::print(&order.output.write(&outcome));
    outcome.end(None)
}

fn run_doctor(order: &doctor::flags::Order) -> Result<(), Error> {
    let settings = config::load(&order.flags)?;
    let findings = small_runtime()?.block_on(doctor::examine(order, &settings, today()));
    terminal::print(&order.output.write(&findings));
    match to_mend(&findings) {
        0 => Ok(()),
        count => Err(Error::ToMend(count)),
    }
}

fn run_server(flags: &Flags) -> Result<(), Error> {
    journal::silence_panics();
    let settings = config::load(flags)?;
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().map_err(no_runtime)?;
    runtime.block_on(listen_and_serve(settings))
}

async fn listen_and_serve(settings: Settings) -> Result<(), Error> {
    let root = settings.root.ok_or(Error::Missing(
        "the root's fingerprint is missing: put it in the configuration as `root` of [site], or give --root SHA256:…",
    ))?;
    let html = std::fs::read_to_string(&settings.page).map_err(|fault| Error::File {
        what: "read the page",
        path: settings.page.clone(),
        fault,
    })?;
    let template = Template::parse(&html)?;
    let world = world();
    let home = Home::open(&settings.store)?;
    let policy = Policy { root, weeks: settings.weeks, removal: settings.removal };
    let store = SledStore::open(&home, settings.options.clone(), world.clone())?;
    let office = Arc::new(Office::open(home, store, template, policy, world.clone())?);
    let listeners = listeners(&settings, &world).await?;
    match serve(listeners, office, settings.limits, told_to_stop()).await {
        Ended::Asked => Ok(()),
        Ended::StoreFailed => Err(Error::StoreFailed),
    }
}

/// Opens all doors; the public one last, so that whoever waits for it finds the others.
async fn listeners(settings: &Settings, world: &World) -> Result<Listeners, Error> {
    let mut handed_over = HandedOver::take();
    let operator = handed_over.unix(&settings.operator, 0o600)?;
    journal::write(&Entry::OperatorDoor(settings.operator.clone()));
    let courier = match &settings.courier {
        Some(door) => Some(courier_door(door, &mut handed_over, world).await?),
        None => None,
    };
    let public_tls = match &settings.public_tls {
        Some(keys) => Some(tls::public_door(&Identity::read(&keys.certificate, &keys.key)?, world.clone())?),
        None => None,
    };
    let (public, address) = handed_over.listen(&settings.public).await?;
    let scheme = match (&address, &public_tls) {
        (Address::Unix(_), _) => "",
        (Address::Tcp(_), None) => "http://",
        (Address::Tcp(_), Some(_)) => "https://",
    };
    journal::write(&Entry::Listening(format!("{scheme}{address}")));
    let public_admits = if settings.proxy_line { Admit::AfterProxyLine } else { Admit::Anybody };
    Ok(Listeners { public, public_admits, public_tls, operator: Some(operator), courier })
}

async fn courier_door(
    door: &CourierDoor,
    handed_over: &mut HandedOver,
    world: &World,
) -> Result<(Listener, Tls), Error> {
    let identity = Identity::read(&door.keys.certificate, &door.keys.key)?;
    if !identity.is_valid(world.today().plus_days(identity::SOON)) {
        journal::write(&Entry::CertificateEnds(identity::SOON));
    }
    let tls = tls::courier_door(&identity, door.pins.clone(), world.clone())?;
    let (listener, address) = handed_over.listen(&door.address).await?;
    journal::write(&Entry::CourierDoor(address.to_string()));
    Ok((listener, tls))
}

/// Done at SIGTERM or SIGINT.
async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn small_runtime() -> Result<Runtime, Error> {
    Builder::new_current_thread().enable_all().build().map_err(no_runtime)
}

fn no_runtime(fault: std::io::Error) -> Error {
    Error::File { what: "start", path: "tipline-server".into(), fault }
}

#[allow(clippy::disallowed_methods, reason = "main reads the clock, the day only; everything below is told")]
fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // A clock outside 1970 to 9999 closes every epoch.
    Date::from_unix(seconds)
        .unwrap_or_else(|| Date::from_days(0).unwrap_or_else(|| unreachable!("day 0 exists")))
}

#[allow(clippy::disallowed_methods, reason = "main reads passing time; everything below is told")]
fn stopwatch() -> impl Fn() -> Duration + Send + Sync + 'static {
    let began = Instant::now();
    move || began.elapsed()
}

#[allow(clippy::disallowed_methods, reason = "main reads the system's randomness; everything below is told")]
fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|_| NoRandomness)
}
