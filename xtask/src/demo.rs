//! One tip's whole way on this machine, through the programs that people use: keys, letterbox, page, seal, pickup, desk.

use std::process::{ExitCode, Stdio};
use std::time::Instant;

use crate::onion::Onion;
use crate::run::{self, Result};
use crate::stage::{OFFLINE, Stage};
use crate::{page, setup};

/// Runs the demonstration; with `once` it ends after the sample tip, with `tor` the letterbox is an onion.
pub(crate) fn demo(once: bool, tor: bool) -> Result<ExitCode> {
    let began = Instant::now();
    setup::rust_target()?;
    step(
        "Building the letterbox, the desk, the source's command and the page (a few minutes the first time)",
    );
    setup::release_programs()?;
    let built = page::build(page::Edition::Drafts)?;
    let built_in = began.elapsed();

    let stage = Stage::new("demo")?;

    let mut onion = None;
    if tor {
        step("Tor: starting it with an onion of its own");
        onion = Some(Onion::start(&stage)?);
    }
    step("The desk, offline: making throw-away keys");
    let root = stage.make_keys_for(onion.as_ref().map_or("any", |onion| &onion.host))?;
    step("The letterbox: starting, with sled");
    let mut letterbox = match &onion {
        Some(_) => stage.serve_behind_tor(&built.file, &root)?,
        None => stage.serve(&built.file, &root)?,
    };
    run::run(&mut stage.server(&["publish"], &[&stage.at("home/intake.txt")]))?;
    step("The source: cleaning a photograph, sealing a tip, sending it");
    let address = match &mut onion {
        Some(onion) => {
            onion.reaches()?;
            format!("http://{}/", onion.host)
        }
        None => letterbox.address.clone(),
    };
    stage.send(&address, onion.as_ref().map(|onion| onion.socks.as_str()))?;
    step("The courier: carrying out all sealed tips");
    run::run(stage.server(&["pickup", "--out"], &[&stage.at("pickup.tar")]).stdin(Stdio::null()))?;
    step("The desk, offline: opening them");
    run::run(&mut stage.analyst(
        &["open", OFFLINE],
        &[("--home", "home"), ("--out", "opened")],
        &["pickup.tar"],
    ))?;
    println!();
    run::run(&mut stage.analyst(&["show", OFFLINE], &[], &["opened"]))?;

    println!(
        "\nBuilt in {:.0} s; from keys to the opened tip {:.1} s.",
        built_in.as_secs_f64(),
        (began.elapsed() - built_in).as_secs_f64()
    );
    println!("The opened tip lies in {}.", stage.at("opened").display());
    if once {
        letterbox.stop()?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nThe page: {address}   (write a tip of your own; Ctrl-C ends this)");
    println!("Then fetch and open it (another name for each pickup, mine-2.tar …):\n  {}", stage.again());
    letterbox.wait()?;
    Ok(ExitCode::SUCCESS)
}

fn step(what: &str) {
    println!("\n── {what}");
}
