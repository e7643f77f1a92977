//! One run of the command, in order: read, check, load the keys, seal, save, send. Everything that can be refused is
//! refused before anything is contacted.

use std::ffi::OsString;
use std::path::PathBuf;

use tipline_core::documents::{Line, Reason};
use tipline_core::seal::{Step, TipSealing};
use tipline_envelope::{Fresh, SealError, fresh_len, tip};
use tipline_report::codebook;
use tipline_wire::size::Padded;
use zeroize::Zeroizing;

use crate::answer::{self, Done};
use crate::error::{Error, shown};
use crate::evidence::{Evidence, FileError};
use crate::flags::{self, Command, Form, HELP, Order, Way};
use crate::keys::{self, Offered};
use crate::letterbox::{Letterbox, Patience};
use crate::saved::Saving;
use crate::world::World;
use crate::{page, statement};

/// Does what the command line says; answers the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, patience: Patience, world: &mut World<'_>) -> u8 {
    match flags::parse(args).map_err(Error::from).and_then(|command| obey(command, patience, world)) {
        Ok(()) => 0,
        // Whoever read the answer has seen enough (`--codes | head`); what was to be done before it is done.
        Err(Error::Output(gone)) if gone.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            world.say(&format!("tipline-seal: {error}."));
            error.exit_code()
        }
    }
}

fn obey(command: Command, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    match command {
        Command::Help => world.out.write_all(HELP.as_bytes())?,
        Command::Version => writeln!(world.out, "tipline-seal {}", env!("CARGO_PKG_VERSION"))?,
        Command::Template => world.out.write_all(statement::template().as_bytes())?,
        Command::Codes => codes(world)?,
        Command::Seal(order) => seal_order(&order, patience, world)?,
    }
    Ok(world.out.flush()?)
}

/// Every code with its English meaning, a list after the other.
fn codes(world: &mut World<'_>) -> Result<(), Error> {
    for list in codebook::LISTS.iter().copied().chain([&codebook::COUNTRY]) {
        writeln!(world.out, "{}", list.name)?;
        for entry in list.entries {
            writeln!(world.out, "    {:<32} {}", entry.code, entry.en)?;
        }
    }
    Ok(())
}

fn seal_order(order: &Order, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    let tip = statement::read(order.report.as_ref(), world.stdin)?;
    let mut files = open_files(order, world)?;
    // The keys that fit today are always those of today's week.
    let week = world.today.monday();
    let entries = files.iter().map(|file| file.entry.clone()).collect();
    let tip_json = statement::finish(tip, week, entries)?;
    check_size(&tip_json, &files, &order.way)?;
    let mut saving = begin_saving(order)?;

    let (offered, letterbox) = offered(order, patience, world)?;
    let line = offered.documents.check(&offered.host, &order.fingerprint, world.today)?;
    if line.epoch.start != week {
        return Err(Reason::Malformed.into());
    }
    // A page shows the groups while somebody writes; here nothing would be between seeing them and having sent (T-02).
    if letterbox.as_ref().is_some_and(Letterbox::is_onion) && order.fingerprint.is_empty() {
        return Err(Error::NotCompared(line.root.groups()));
    }
    answer::say_whose(&line, &order.fingerprint, world);

    let mut sealed = Vec::new();
    let padded = seal(&tip_json, &mut files, &line, world, |bytes| {
        if letterbox.is_some() {
            sealed.extend_from_slice(bytes);
        }
        saving.as_mut().map_or(Ok(()), |(path, saving)| {
            saving.write(bytes).map_err(|error| Error::Save { path: path.clone(), error })
        })
    })?;
    let saved = saving.map(|(path, saving)| finish_saving(path, saving)).transpose()?;
    if let Some(letterbox) = &letterbox {
        let sent = letterbox.send(week, &sealed, world);
        sent.map_err(|error| Error::Send { error, saved: saved.clone() })?;
    }
    let done =
        Done { line: &line, files: &files, padded, sent: letterbox.is_some(), saved: saved.as_deref() };
    answer::say_done(&done, order.output, world)
}

fn open_files(order: &Order, world: &mut World<'_>) -> Result<Vec<Evidence>, Error> {
    let mut files = Vec::new();
    for given in &order.files {
        let file = Evidence::open(given).map_err(|error| Error::File { path: given.path.clone(), error })?;
        let path = shown(&given.path);
        let found = match (given.form, file.found.is_empty()) {
            (Form::Original, _) => {
                "as it is, with everything hidden in it; people at the organisation will see it".to_owned()
            }
            (Form::Cleaned, true) => "no hidden data was found; what can be seen or heard stays".to_owned(),
            (Form::Cleaned, false) => {
                format!("hidden data is removed: {}; what can be seen or heard stays", file.found.join(", "))
            }
        };
        world.say(&format!("{path}: {found}."));
        files.push(file);
    }
    Ok(files)
}

/// Refuses what cannot be sent, or sealed at all, before anything is contacted.
fn check_size(tip_json: &[u8], files: &[Evidence], way: &Way) -> Result<(), Error> {
    let sizes: Vec<u64> = files.iter().map(|file| file.content.len()).collect();
    let len = tip::tar_len(tip_json.len(), &sizes).ok_or(Error::TooLarge)?;
    Padded::holding(len).ok_or(Error::TooLarge)?;
    match (way, len.saturating_sub(Padded::ONE_REQUEST_MAX.bytes())) {
        (Way::Document(_), _) | (Way::Site { .. }, 0) => Ok(()),
        (Way::Site { .. }, over) => Err(Error::TooLongToSend(over)),
    }
}

fn begin_saving(order: &Order) -> Result<Option<(PathBuf, Saving)>, Error> {
    let Some(path) = &order.out else { return Ok(None) };
    let saving = Saving::begin(path).map_err(|error| Error::Save { path: path.clone(), error })?;
    Ok(Some((path.clone(), saving)))
}

fn finish_saving(path: PathBuf, saving: Saving) -> Result<PathBuf, Error> {
    match saving.finish() {
        Ok(()) => Ok(path),
        Err(error) => Err(Error::Save { path, error }),
    }
}

/// The documents, and the letterbox that they came from and the tip goes to.
fn offered(
    order: &Order,
    patience: Patience,
    world: &mut World<'_>,
) -> Result<(Offered, Option<Letterbox>), Error> {
    match &order.way {
        Way::Document(path) => Ok((keys::from_file(path)?, None)),
        Way::Site { address, proxy } => {
            let letterbox = Letterbox::new(address.clone(), *proxy, patience, world)?;
            let page = letterbox.page(world).map_err(Error::NoPage)?;
            let documents = page::documents(&page)?;
            Ok((Offered { documents, host: address.host().to_owned() }, Some(letterbox)))
        }
    }
}

/// Seals with fresh randomness, giving sealed bytes away as they come; then looks whether the files are still the same.
fn seal(
    tip_json: &[u8],
    files: &mut [Evidence],
    line: &Line,
    world: &mut World<'_>,
    mut give: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Padded, Error> {
    let count = u8::try_from(line.recipients.len()).map_err(|_| SealError::Recipients)?;
    let mut random = Zeroizing::new(vec![0; fresh_len(count)]);
    (world.random)(&mut random)?;
    let contents = files.iter().map(|file| file.content.clone()).collect();
    let mut sealing = TipSealing::new(tip_json, contents, &line.recipients, Fresh::new(random, count)?)?;
    let (mut given, all) = (0_u64, sealing.sealed_len());
    loop {
        match sealing.step()? {
            Step::Done => break,
            Step::Sealed(bytes) => {
                give(bytes)?;
                given = given.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
                world.progress("Sealing", given, all);
            }
            Step::Read { file, at, len } => {
                let file = files.get_mut(file).ok_or(SealError::OutOfTurn)?;
                let bytes = file.read(at, len).map_err(|error| file.error(error))?;
                sealing.feed(&bytes)?;
            }
        }
    }
    for file in files.iter() {
        file.unchanged().map_err(|error| file.error(error))?;
    }
    Ok(sealing.padded())
}

impl Evidence {
    fn error(&self, error: FileError) -> Error {
        Error::File { path: self.path.clone(), error }
    }
}
