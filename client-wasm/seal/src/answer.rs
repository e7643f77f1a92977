//! What a person, or a program, is told: whose letterbox it is, and what was done. Nothing here proves that a tip was sent.

use serde_json::json;
use tipline_core::documents::Line;
use tipline_envelope::Receipt;
use tipline_report::Problem;
use tipline_wire::size::Padded;
use tipline_wire::upload::Declared;

use crate::error::{Error, Later, shown};
use crate::evidence::Evidence;
use crate::order::Output;
use crate::statement::{self, ReportError};
use crate::world::World;

/// What was done.
pub struct Done<'a> {
    /// For whom.
    pub line: &'a Line,
    /// What was sealed, besides the report.
    pub files: &'a [Evidence],
    /// The size that everybody sees.
    pub padded: Padded,
    /// Whether the letterbox has it.
    pub sent: bool,
    /// Where it was saved, and how it is sent later.
    pub saved: Option<&'a Later>,
    /// What an answer can be read with.
    pub receipt: Option<&'a Receipt>,
}

/// Says whose keys will seal, before they do.
pub fn say_whose(line: &Line, compared: &str, world: &mut World<'_>) {
    let groups = line.root.groups();
    world.say(&if compared.is_empty() {
        format!(
            "This letterbox is {}'s if these six groups are the ones on paper; compare them: {groups}",
            line.org
        )
    } else {
        format!("This letterbox is {}'s: its fingerprint is the one that you gave.", line.org)
    });
}

/// Says what was done.
///
/// # Errors
/// Standard output cannot be written.
pub fn say_done(done: &Done<'_>, output: Output, world: &mut World<'_>) -> Result<(), Error> {
    if let Some(later) = done.saved {
        world.say(&format!("Saved: {} ({} KiB, sealed).", shown(&later.path), done.padded.bytes() / 1_024));
        if !done.sent {
            world.say(&format!("Nothing was sent yet. {later}"));
        }
    }
    if done.sent {
        world.say(
            "Sent: the letterbox has your message. Delete the report and the copies of the files that you no longer need; \
             there is no number and no proof to keep.",
        );
    }
    give(done, output, world)
}

/// Gives it to the program that asked.
///
/// # Errors
/// Standard output cannot be written.
pub fn give(done: &Done<'_>, output: Output, world: &mut World<'_>) -> Result<(), Error> {
    match output {
        Output::Words => Ok(()),
        Output::Json => Ok(writeln!(world.out, "{}", as_json(done))?),
    }
}

/// Says that a sealed file has arrived.
///
/// # Errors
/// Standard output cannot be written.
pub fn say_delivered(
    line: &Line,
    declared: &Declared,
    output: Output,
    world: &mut World<'_>,
) -> Result<(), Error> {
    world.say(
        "Sent: the letterbox has your message. Delete the sealed file; there is no number and no proof to keep.",
    );
    match output {
        Output::Words => Ok(()),
        Output::Json => {
            let said = json!({
                "ok": true,
                "sent": true,
                "organisation": line.org,
                "fingerprint": line.root.to_string(),
                "epoch": declared.epoch.to_string(),
                "padded": declared.padded.bytes(),
            });
            Ok(writeln!(world.out, "{said}")?)
        }
    }
}

/// What a program is told of a failure: the line that a person is told, and where in the report which rule is broken.
#[must_use]
pub fn failed(error: &Error) -> serde_json::Value {
    let problem = |problem: &Problem| json!({ "at": problem.field, "wrong": problem.trouble.to_string(), "allowed": statement::allowed(&problem.trouble) });
    let error = if let Error::Told(error) = error { error } else { error };
    let problems = match error {
        Error::Report(ReportError::Problems(problems)) => problems.0.iter().map(problem).collect(),
        _ => Vec::new(),
    };
    json!({ "ok": false, "error": error.to_string(), "problems": problems })
}

fn as_json(done: &Done<'_>) -> serde_json::Value {
    let file = |(number, file): (usize, &Evidence)| {
        json!({
            "name": format!("file-{}.{}", number.saturating_add(1), file.extension),
            "type": file.entry.media_type, "size": file.entry.size, "form": file.entry.form, "removed": file.found,
        })
    };
    let numbers = |receipt: &Receipt| receipt.numbers().map(|number| format!("{number:04}")).to_vec();
    json!({
        "ok": true,
        "sent": done.sent,
        "receipt": done.receipt.map(numbers),
        "saved": done.saved.map(|later| later.path.to_string_lossy()),
        "send_before": done.saved.filter(|_| !done.sent).map(|later| later.before.to_string()),
        "organisation": done.line.org,
        "fingerprint": done.line.root.to_string(),
        "groups": done.line.root.groups(),
        "epoch": done.line.epoch.start.to_string(),
        "padded": done.padded.bytes(),
        "files": done.files.iter().enumerate().map(file).collect::<Vec<_>>(),
    })
}
