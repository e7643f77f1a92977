//! One run of the command, in order: read, check, load the keys, seal, save, send. Everything that can be refused is
//! refused before anything is contacted.

use std::ffi::OsString;
use std::path::Path;

use tipline_core::documents::{Documents, Line, Reason};
use tipline_core::notice::Notice;
use tipline_envelope::tip;
use tipline_report::{FileEntry, codebook};
use tipline_wire::size::Padded;
use tipline_wire::upload::TOKEN;
use zeroize::Zeroizing;

use crate::answer::{self, Done};
use crate::error::{Arrival, Error, Later, shown};
use crate::evidence::Evidence;
use crate::flags::{self, HELP};
use crate::keys::{self, Offered};
use crate::language::Language;
use crate::letterbox::Letterbox;
use crate::order::{Command, Form, Order, Output, Source, Way};
use crate::patience::Patience;
use crate::sealing::{SavedCopy, Sealing};
use crate::upload::{self, Parts as _};
use crate::uploading::Uploading;
use crate::world::{Doing, World};
use crate::{board, deliver, page, sealed_file, single, statement, talk};

/// Does what the command line says; answers the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, patience: Patience, world: &mut World<'_>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let for_a_program = args.iter().any(|arg| arg == "--json");
    match flags::parse(args).map_err(Error::from).and_then(|command| obey(command, patience, world)) {
        Ok(()) => 0,
        // Whoever read the answer has seen enough (`--codes | head`); what was to be done before it is done.
        Err(Error::Output(gone)) if gone.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            if !matches!(error, Error::Told(_)) {
                world.say(&format!("tipline-seal: {error}."));
            }
            if for_a_program {
                // A program that is gone has been told on standard error.
                let _ = writeln!(world.out, "{}", answer::failed(&error));
            }
            world.interrupt.exit_code().unwrap_or(error.exit_code())
        }
    }
}

fn obey(command: Command, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    match command {
        Command::Help => world.out.write_all(HELP.as_bytes())?,
        Command::Version => writeln!(world.out, "tipline-seal {}", env!("CARGO_PKG_VERSION"))?,
        Command::Template => world.out.write_all(statement::template().as_bytes())?,
        Command::Codes(Output::Words, language) => codes(language, world)?,
        Command::Codes(Output::Json, _) => writeln!(world.out, "{}", statement::codes())?,
        Command::Seal(order) => match order.report {
            Some(Source::PersonIfThere) if !world.typed => Err(Error::NobodyThere)?,
            Some(Source::Person | Source::PersonIfThere) => talk::talk(&order, patience, world)?,
            _ => seal_order(&order, patience, world).map_err(|error| talk::left(error, world))?,
        },
        Command::Deliver(order) => deliver::deliver(&order, patience, world)?,
        Command::Single(order) => single::seal(&order, world)?,
    }
    Ok(world.out.flush()?)
}

/// Every code with its meaning, a list after the other.
fn codes(language: Option<&'static Language>, world: &mut World<'_>) -> Result<(), Error> {
    for list in codebook::LISTS.iter().copied().chain([&codebook::COUNTRY]) {
        writeln!(world.out, "{}", list.name)?;
        for entry in list.entries {
            let label = language.map_or_else(|| entry.en.to_owned(), |language| language.label(list, entry));
            writeln!(world.out, "    {:<32} {label}", entry.code)?;
        }
    }
    Ok(())
}

fn seal_order(order: &Order, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    let mut tip = statement::read(order.report.as_ref(), world.stdin)?;
    tip.canary = order.canary.clone().or(tip.canary);
    let mut files = open_files(order, world)?;
    // The keys that fit today are always those of today's week.
    let week = world.today.monday();
    let entries: Vec<FileEntry> = files.iter().map(|file| file.entry.clone()).collect();
    check_size(&statement::finish(tip.clone(), week, entries.clone())?, &files)?;
    let copy = order.out.as_deref().map(SavedCopy::begin).transpose()?;

    let Offer { line, letterbox, far } = offered(order, patience, world)?;
    if letterbox.is_some() {
        world.say(&board::sentence(far.as_ref(), &line, world.today));
    }
    compared(&line, letterbox.as_ref(), &order.fingerprint)?;
    answer::say_whose(&line, &order.fingerprint, world);
    let receipt = order.receipt.map(|wanted| talk::receipt(wanted, order, world)).transpose()?;
    tip.answer = receipt.as_ref().map(|receipt| statement::answer(receipt, &line)).transpose()?;
    let tip_json = statement::finish(tip, week, entries)?;

    let mut sealing = Sealing::begin(&tip_json, &mut files, &line, copy, world)?;
    let sent = match &letterbox {
        None => seal_rest(&mut sealing, world, |_| {}),
        Some(letterbox) => send(letterbox, &mut sealing, &line, world),
    };
    let padded = sealing.padded();
    let saved = sealing.saved().and_then(|path| later(path, &line, padded));
    sent?;
    let done = Done {
        line: &line,
        files: &files,
        padded,
        sent: letterbox.is_some(),
        saved: saved.as_ref(),
        receipt: receipt.as_ref(),
    };
    answer::say_done(&done, order.output, world)
}

/// Seals and sends: up to 1 MiB at once, more in parts while it is sealed. Whatever becomes of the sending, a copy that
/// was asked for is finished.
pub(crate) fn send(
    letterbox: &Letterbox,
    sealing: &mut Sealing<'_>,
    line: &Line,
    world: &mut World<'_>,
) -> Result<(), Error> {
    let sent = if sealing.padded() <= Padded::ONE_REQUEST_MAX {
        let mut sealed = Vec::new();
        seal_rest(sealing, world, |bytes| sealed.extend_from_slice(bytes))?;
        letterbox.send(line.epoch.start, &sealed, world).map_err(|error| (error, Arrival::Unknown))
    } else {
        // In memory only: no other run of this command could go on with the upload.
        let mut token = Zeroizing::new([0; TOKEN]);
        (world.random)(&mut *token)?;
        let uploading = Uploading::new(sealing.declared());
        upload::send(letterbox, sealing, (&token, uploading), world)?
    };
    let Err((error, arrival)) = sent else { return Ok(()) };
    if sealing.is_saving() {
        seal_rest(sealing, world, |_| {})?;
    }
    let saved = sealing.saved().and_then(|path| later(path, line, sealing.padded()));
    Err(Error::Send { error, arrival, saved })
}

/// How a saved tip is sent later.
pub(crate) fn later(path: &Path, line: &Line, padded: Padded) -> Option<Later> {
    let week = line.epoch.start;
    let before = sealed_file::send_before(week, padded)?;
    Some(Later { path: path.to_owned(), week, before })
}

/// Seals what is left and gives it away; shows how far it is.
pub(crate) fn seal_rest(
    sealing: &mut Sealing<'_>,
    world: &mut World<'_>,
    mut give: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let (mut given, all) = (sealing.given(), sealing.declared().sealed_len());
    sealing.rest(|bytes| {
        given = given.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        world.progress(Doing::Sealing, given, all);
        give(bytes);
    })
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

/// Refuses what cannot be sealed, before anything is contacted.
pub(crate) fn check_size(tip_json: &[u8], files: &[Evidence]) -> Result<(), Error> {
    let sizes: Vec<u64> = files.iter().map(|file| file.content.len()).collect();
    let len = tip::tar_len(tip_json.len(), &sizes).ok_or(Error::TooLarge)?;
    Padded::holding(len).map(|_| ()).ok_or(Error::TooLarge)
}

/// A page shows the groups while somebody writes; here nothing would be between seeing them and having sent (T-02).
pub(crate) fn compared(line: &Line, letterbox: Option<&Letterbox>, fingerprint: &str) -> Result<(), Error> {
    if letterbox.is_some_and(Letterbox::is_onion) && fingerprint.is_empty() {
        return Err(Error::NotCompared(line.root.groups()));
    }
    Ok(())
}

/// Whose keys seal, found sound, and the letterbox that they came from and the tip goes to.
pub(crate) struct Offer {
    /// Whose line it is.
    pub(crate) line: Line,
    /// None when nothing is sent.
    pub(crate) letterbox: Option<Letterbox>,
    /// How far the organisation has read, where it has said so.
    pub(crate) far: Option<Notice>,
}

/// Finds whose keys seal today.
pub(crate) fn offered(order: &Order, patience: Patience, world: &mut World<'_>) -> Result<Offer, Error> {
    let offer = match &order.way {
        Way::Document(path) => {
            let Offered { documents, host } = keys::from_file(path)?;
            let line = documents.check(&host, &order.fingerprint, world.today)?;
            Offer { line, letterbox: None, far: None }
        }
        Way::Site { address, proxy } => {
            let letterbox = Letterbox::new(address.clone(), *proxy, patience, world)?;
            let Visited { line, far, .. } = visit(&letterbox, &order.fingerprint, world)?;
            Offer { line, letterbox: Some(letterbox), far }
        }
    };
    if offer.line.epoch.start == world.today.monday() { Ok(offer) } else { Err(Reason::Malformed.into()) }
}

/// What a visit found, all of it sound.
pub(crate) struct Visited {
    /// Whose line it is.
    pub(crate) line: Line,
    /// What it was read from.
    pub(crate) documents: Documents,
    /// How far the organisation has read.
    pub(crate) far: Option<Notice>,
}

/// Loads the page and the board, and says how far the organisation has read.
pub(crate) fn visit(
    letterbox: &Letterbox,
    fingerprint: &str,
    world: &mut World<'_>,
) -> Result<Visited, Error> {
    let visit = letterbox.visit(world).map_err(Error::NoPage)?;
    let documents = page::documents(&visit.page)?;
    let line = documents.check(letterbox.host(), fingerprint, world.today)?;
    let far = visit.board.map(|board| board::read(&board, &line, world.today)).transpose()?;
    Ok(Visited { line, documents, far })
}
