//! One run with a person at the terminal: whose letterbox it is, the questions, then sealing and sending. An error loses
//! nothing that was told; leaving clears the screen.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tipline_core::documents::{Line, Reason};
use tipline_core::notice::NoNotice;
use tipline_envelope::Receipt;
use tipline_wire::size::Padded;

use crate::answer::{self, Done};
use crate::ask::asking::Asking;
use crate::ask::organisation::Organisation;
use crate::ask::{self, Told};
use crate::command::{Offer, check_size, later, offered, seal_rest, send};
use crate::error::{Arrival, Error, Later, shown};
use crate::language::{LANGUAGES, Language};
use crate::letterbox::Letterbox;
use crate::order::{Order, Output, Source, Wanted, Way};
use crate::patience::Patience;
use crate::sealing::{SavedCopy, Sealing};
use crate::statement;
use crate::world::World;

/// Asks for everything, then seals and sends it.
///
/// # Errors
/// See [`Error`]; each was told in the person's language.
pub fn talk(order: &Order, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    world.interrupt.talking(order.language.or(LANGUAGES.first()).ok_or(Error::NobodyThere)?);
    let talked = ask::language(order.language, world).map_err(|_| Error::Left).and_then(|language| {
        world.interrupt.talking(language);
        converse(order, patience, language, world)
    });
    talked.map_err(|error| told(error, world))
}

/// Somebody who was only shown or asked for a receipt has ended it.
pub(crate) fn left(error: Error, world: &mut World<'_>) -> Error {
    if matches!(error, Error::Left) { told(error, world) } else { error }
}

/// Says it in the person's language. Once something was told, the screen is emptied first.
fn told(error: Error, world: &mut World<'_>) -> Error {
    let Some(language) = world.interrupt.language() else { return error };
    match error {
        Error::Left => {
            world.clear();
            let sentences = world.interrupt.sentences();
            let mut asking = Asking::new(world, language);
            sentences.into_iter().for_each(|key| asking.say(key, &[]));
            asking.say("seal-cleared", &[]);
        }
        Error::Send { .. } => {
            world.clear();
            let mut asking = Asking::new(world, language);
            asking.fault(&error);
            asking.say("seal-cleared", &[]);
        }
        // Who reads the answer may have seen enough.
        Error::Told(_) | Error::Output(_) => return error,
        _ => Asking::new(world, language).fault(&error),
    }
    Error::Told(Box::new(error))
}

fn converse(
    order: &Order,
    patience: Patience,
    language: &'static Language,
    world: &mut World<'_>,
) -> Result<(), Error> {
    Asking::new(world, language).begin();
    // Refused before anything is told, should the place be taken.
    drop(order.out.as_deref().map(SavedCopy::begin).transpose()?);
    let offer = offered(order, patience, world).map_err(|error| stopped(error, order, language, world))?;
    let organisation = Organisation::of(&offer.line);
    let mut asking = Asking::new(world, language).of(&organisation);
    if offer.letterbox.is_some() {
        asking.how_far(offer.far.as_ref(), &offer.line).map_err(|_| Error::Left)?;
    }
    asking.compare(&offer.line, !order.fingerprint.is_empty()).map_err(|_| Error::Left)?;
    asking.about();
    let mut told = Told::default();
    told.is_offline = offer.letterbox.is_none();
    told.report.lang = Some(language.tag.to_owned());
    told.continues = Some(visit(world)?);
    loop {
        Asking::new(world, language).of(&organisation).form(&mut told).map_err(|_| Error::Left)?;
        match seal(order, &offer, &mut told, language, world) {
            // A copy is there, and says how it is sent later.
            Err(error @ (Error::Send { saved: Some(_), .. } | Error::Left | Error::Output(_))) => {
                return Err(error);
            }
            Err(error) => again(&error, language, world)?,
            Ok(()) if told.is_offline => return Ok(()),
            Ok(()) => {
                let mut asking = Asking::new(world, language).of(&organisation);
                asking.sent(&told, offer.far.as_ref(), &offer.line);
                if !asking.more().map_err(|_| Error::Left)? {
                    asking.say("seal-cleared", &[]);
                    return Ok(());
                }
                told.begin_more();
            }
        }
    }
}

/// What connects the messages of one run, 32 hex: a hint for the desk, no proof.
fn visit(world: &World<'_>) -> Result<String, Error> {
    let mut random = [0; 16];
    (world.random)(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Says in the person's language why nothing can be told now.
fn stopped(error: Error, order: &Order, language: &'static Language, world: &mut World<'_>) -> Error {
    let host = match &order.way {
        Way::Site { address, .. } => address.host().to_owned(),
        Way::Document(path) => shown(path),
    };
    let today = world.today.to_string();
    let mut asking = Asking::new(world, language);
    asking.say("stop-title", &[]);
    if let Error::Board(fault) = &error {
        asking.say(
            match fault {
                NoNotice::Strange => "board-strange",
                NoNotice::Forged => "stop-board-forged",
                NoNotice::AnotherIntake => "stop-board-intake",
            },
            &[],
        );
    }
    if let Error::Keys(reason) = &error {
        match reason {
            Reason::NoDocuments => asking.say("stop-no-documents", &[]),
            Reason::Malformed => asking.say("stop-malformed", &[]),
            Reason::WrongSignature => asking.say("stop-wrong-signature", &[]),
            Reason::AnotherSite { site } => {
                asking.say("stop-another-site", &[("site", site), ("host", &host)])
            }
            Reason::LinkDisagrees => asking.say("stop-link-disagrees", &[]),
            Reason::ClockWrong { .. } => asking.say("stop-clock", &[("today", &today)]),
            Reason::Closed { since } => asking.say("stop-closed", &[("since", since)]),
            Reason::NotOpenYet { from } => asking.say("stop-not-open-yet", &[("from", from)]),
        }
    }
    match &error {
        Error::Board(_) | Error::Keys(_) => asking.world.say(&format!("  [{error}.]")),
        _ => asking.fault(&error),
    }
    asking.say("stop-nothing-sent", &[]);
    Error::Told(Box::new(error))
}

/// After an error: what was told is still there.
fn again(error: &Error, language: &'static Language, world: &mut World<'_>) -> Result<(), Error> {
    let mut asking = Asking::new(world, language);
    asking.say(if matches!(error, Error::Send { .. }) { "fail-title" } else { "problem-title" }, &[]);
    asking.fault(error);
    asking.say("seal-kept-here", &[]);
    match asking.must_pick(&["button-back", "seal-give-up"]) {
        Ok("button-back") => Ok(()),
        _ => Err(Error::Left),
    }
}

fn seal(
    order: &Order,
    offer: &Offer,
    told: &mut Told,
    language: &'static Language,
    world: &mut World<'_>,
) -> Result<(), Error> {
    let Offer { line, letterbox, .. } = offer;
    let mut tip = told.tip();
    tip.report.answer_lang = told.receipt.as_ref().map(|_| language.tag.to_owned());
    tip.answer = told.receipt.as_ref().map(|receipt| statement::answer(receipt, line)).transpose()?;
    let entries = told.files.iter().map(|file| file.entry.clone()).collect();
    let tip_json = statement::finish(tip, line.epoch.start, entries)?;
    check_size(&tip_json, &told.files)?;
    // What is added lies beside what was sent first.
    let out = order.out.as_deref().map(|path| numbered(path, told.already.len()));
    let copy = out.as_deref().map(SavedCopy::begin).transpose()?;
    let mut sealing = Sealing::begin(&tip_json, &mut told.files, line, copy, world)?;
    let title = if letterbox.is_some() { "send-title" } else { "saved-locking" };
    Asking::new(world, language).say(title, &[]);
    match letterbox {
        None => seal_rest(&mut sealing, world, |_| {})?,
        Some(letterbox) if sealing.padded() <= Padded::ONE_REQUEST_MAX => {
            send_whole(letterbox, &mut sealing, line, language, world)?;
        }
        Some(letterbox) => send(letterbox, &mut sealing, line, world)?,
    }
    let padded = sealing.padded();
    let saved = sealing.saved().and_then(|path| later(path, line, padded));
    let sent = letterbox.is_some();
    if sent {
        world.interrupt.kept();
    }
    world.clear();
    if let Some(saved) = &saved {
        say_saved(saved, sent, language, world);
    }
    let done = Done { line, files: &told.files, padded, sent, saved: saved.as_ref(), receipt: None };
    answer::give(&done, order.output, world)
}

/// `tip.age`, then `tip-2.age`, `tip-3.age` …
fn numbered(path: &Path, before: usize) -> PathBuf {
    if before == 0 {
        return path.to_owned();
    }
    let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let number = before.saturating_add(1);
    let name = format!("{}-{number}", part(path.file_stem()));
    let name = path.with_file_name(name);
    path.extension().map_or(name.clone(), |extension| {
        let mut whole = name.into_os_string();
        whole.push(".");
        whole.push(extension);
        whole.into()
    })
}

fn say_saved(saved: &Later, sent: bool, language: &'static Language, world: &mut World<'_>) {
    let mut asking = Asking::new(world, language);
    asking.say("seal-saved", &[("path", &shown(&saved.path))]);
    if !sent {
        asking.say("stop-nothing-sent", &[]);
        asking.say("seal-later", &[("before", &saved.before.to_string())]);
        asking.world.say(&format!("  [{saved}]"));
        asking.say("seal-cleared", &[]);
    }
}

/// Sends a small tip until it is kept or given up: the same sealed bytes every time, so that it is kept once.
fn send_whole(
    letterbox: &Letterbox,
    sealing: &mut Sealing<'_>,
    line: &Line,
    language: &'static Language,
    world: &mut World<'_>,
) -> Result<(), Error> {
    let mut sealed = Vec::new();
    seal_rest(sealing, world, |bytes| sealed.extend_from_slice(bytes))?;
    while let Err(error) = letterbox.send(line.epoch.start, &sealed, world) {
        if let Some(saved) = sealing.saved().and_then(|path| later(path, line, sealing.padded())) {
            return Err(Error::Send { error, arrival: Arrival::Unknown, saved: Some(saved) });
        }
        let mut asking = Asking::new(world, language);
        asking.say("fail-title", &[]);
        asking.say("fail-network", &[]);
        asking.unreached(&error);
        if asking.must_pick(&["button-again", "seal-give-up"]) != Ok("button-again") {
            return Err(Error::Left);
        }
    }
    Ok(())
}

/// The receipt that goes with a report from a file: a person is shown a new one, or types an old one.
///
/// # Errors
/// Nobody is there to be shown one, or the person ended it.
pub fn receipt(wanted: Wanted, order: &Order, world: &mut World<'_>) -> Result<Receipt, Error> {
    let language = order.language.or(LANGUAGES.first()).ok_or(Error::NobodyThere)?;
    // A program that is given one shows nothing here.
    if world.typed && (wanted, order.output) != (Wanted::New, Output::Json) {
        world.interrupt.talking(language);
    }
    match (wanted, order.output) {
        (Wanted::New, Output::Json) => {
            let mut random = zeroize::Zeroizing::new([0; tipline_envelope::receipt::RANDOM]);
            (world.random)(&mut *random)?;
            Ok(Receipt::draw(&*random)?)
        }
        (Wanted::New, Output::Words) if !world.typed || order.report == Some(Source::Stdin) => {
            Err(Error::NobodyThere)
        }
        (Wanted::New, Output::Words) => {
            let drawn = Asking::new(world, language).new_receipt().map_err(|_| Error::Left)?;
            drawn.ok_or(Error::Left)
        }
        (Wanted::Typed, _) => Asking::new(world, language).old_receipt().map_err(|_| Error::Left),
    }
}
