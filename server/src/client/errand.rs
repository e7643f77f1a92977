//! One visit of a courier: hands in acknowledgements, then fetches the sealed tips, and says what came of it.

use std::path::Path;

use serde::Serialize;

use super::acknowledge::acknowledge;
use super::flags::{Errand, Print};
use super::pickup::{Fetched, pickup};
use super::reach::Reach;
use crate::error::Error;
use crate::terminal;

/// What was fetched, for a program.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    pickup: &'a str,
    tips: u64,
    bytes: u64,
    /// `null` while damaged volumes lie aside on the server.
    complete_through: Option<&'a str>,
    /// Unknown (`null`) when an earlier try was finished.
    left_out: Option<u64>,
    damaged: Option<u64>,
}

/// Does all of it.
///
/// # Errors
/// The first step that failed; those before it were done.
pub async fn run(reach: &Reach, errand: &Errand) -> Result<(), Error> {
    let told = |said: &str| match errand.print {
        Print::Text => terminal::print(&format!("{said}\n")),
        Print::Json => terminal::print(&format!("{}\n", serde_json::json!({ "acknowledged": said }))),
    };
    acknowledge(reach, &errand.acknowledge, told).await?;
    if let Some(out) = &errand.out {
        let fetched = pickup(reach, errand.wanted, out).await?;
        match errand.print {
            Print::Text => tell(&fetched, out),
            Print::Json => terminal::print(&format!("{}\n", json(&fetched, out))),
        }
    }
    Ok(())
}

fn tell(fetched: &Fetched, out: &Path) {
    let manifest = &fetched.manifest;
    let tips = if manifest.count == 1 { "tip" } else { "tips" };
    let (count, bytes) = (manifest.count, manifest.bytes);
    terminal::print(&format!("{count} {tips}, {bytes} bytes, in {}\n", out.display()));
    if manifest.complete_through.is_none() {
        terminal::complain(
            "tips may be missing: damaged volumes were set aside on the server, and nobody knows what they hold; \
             `tipline-server doctor` there says what to do",
        );
    }
    let Some(started) = &fetched.started else { return };
    if started.left_out > 0 {
        let left_out = started.left_out;
        terminal::print(&format!(
            "{left_out} more have been acknowledged and were left out (--again has them too)\n"
        ));
    }
    if started.damaged > 0 {
        terminal::complain(&format!(
            "{} more tips are damaged on the server's disk and stayed there: look at the disk, restore a backup",
            started.damaged
        ));
    }
}

fn json(fetched: &Fetched, out: &Path) -> String {
    let (manifest, started) = (&fetched.manifest, fetched.started.as_ref());
    let report = Report {
        file: out,
        pickup: &manifest.id,
        tips: manifest.count,
        bytes: manifest.bytes,
        complete_through: manifest.complete_through.as_deref(),
        left_out: started.map(|started| started.left_out),
        damaged: started.map(|started| started.damaged),
    };
    serde_json::to_string(&report).unwrap_or_default()
}
