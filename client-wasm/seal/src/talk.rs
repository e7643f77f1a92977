//! One run with a person at the terminal: whose letterbox it is, the questions, then sealing and sending. An error loses
//! nothing that was told; leaving clears the screen.

use tipline_core::documents::{Line, Reason};
use tipline_core::notice::NoNotice;
use tipline_envelope::Receipt;
use tipline_wire::size::Padded;

use crate::answer::{self, Done};
use crate::ask::asking::{Asking, Stop};
use crate::ask::{self, Told};
use crate::command::{Offer, check_size, later, offered, seal_rest, send};
use crate::error::{Arrival, Error, shown};
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
/// See [`Error`]; [`Error::Left`] when the person ended it.
pub fn talk(order: &Order, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    let language = ask::language(order.language, world).map_err(|stop| left(stop, world))?;
    let talked = converse(order, patience, language, world);
    let said = match &talked {
        Err(Error::Left) => Some("stop-nothing-sent"),
        Err(Error::LeftUnsure) => Some("fail-stopped"),
        // Something was told by then.
        Err(Error::Send { .. } | Error::Output(_)) => None,
        _ => return talked,
    };
    world.clear();
    let mut asking = Asking::new(world, language);
    said.into_iter().for_each(|key| asking.say(key, &[]));
    asking.say("seal-cleared", &[]);
    talked
}

fn left(_: Stop, world: &mut World<'_>) -> Error {
    world.clear();
    Error::Left
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
    let offer =
        offered(order, patience, world).inspect_err(|error| stopped(error, order, language, world))?;
    let mut asking = Asking::new(world, language);
    if offer.letterbox.is_some() {
        asking.how_far(offer.far.as_ref(), &offer.line).map_err(|_| Error::Left)?;
    }
    asking.compare(&offer.line, !order.fingerprint.is_empty()).map_err(|_| Error::Left)?;
    asking.organisation(&offer.line);
    let mut told = Told { is_offline: offer.letterbox.is_none(), ..Told::default() };
    told.report.lang = Some(language.tag.to_owned());
    loop {
        Asking::new(world, language).form(&mut told).map_err(|_| Error::Left)?;
        match seal(order, &offer, &mut told, language, world) {
            // A copy is there, and says how it is sent later.
            Err(
                error @ (Error::Send { saved: Some(_), .. }
                | Error::Left
                | Error::LeftUnsure
                | Error::Output(_)),
            ) => return Err(error),
            Err(error) => again(&error, language, world)?,
            Ok(()) => return Ok(()),
        }
    }
}

/// Says in the person's language why nothing can be told now.
fn stopped(error: &Error, order: &Order, language: &'static Language, world: &mut World<'_>) {
    let host = match &order.way {
        Way::Site { address, .. } => address.host().to_owned(),
        Way::Document(path) => shown(path),
    };
    let today = world.today.to_string();
    let mut asking = Asking::new(world, language);
    asking.say("stop-title", &[]);
    if let Error::Board(fault) = error {
        asking.say(
            match fault {
                NoNotice::Strange => "board-strange",
                NoNotice::Forged => "stop-board-forged",
                NoNotice::AnotherIntake => "stop-board-intake",
            },
            &[],
        );
    }
    if let Error::Keys(reason) = error {
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
    asking.say("stop-nothing-sent", &[]);
}

/// After an error: what was told is still there.
fn again(error: &Error, language: &'static Language, world: &mut World<'_>) -> Result<(), Error> {
    let mut asking = Asking::new(world, language);
    asking.say("fail-title", &[]);
    asking.world.say(&format!("tipline-seal: {error}."));
    asking.say("seal-kept-here", &[]);
    match asking.must_pick(&["button-back", "seal-give-up"]) {
        Ok("button-back") => Ok(()),
        _ if matches!(error, Error::Send { arrival: Arrival::Unknown, .. }) => Err(Error::LeftUnsure),
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
    let copy = order.out.as_deref().map(SavedCopy::begin).transpose()?;
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
    world.clear();
    let mut asking = Asking::new(world, language);
    let sent = letterbox.is_some();
    let keys: &[&str] = if sent { &["sent-title", "sent-kept", "sent-next"] } else { &["stop-nothing-sent"] };
    keys.iter().for_each(|key| asking.say(key, &[]));
    asking.say("seal-cleared", &[]);
    let done = Done { line, files: &told.files, padded, sent, saved: saved.as_ref(), receipt: None };
    answer::say_done(&done, order.output, world)
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
        asking.world.say(&format!("({error})"));
        if asking.must_pick(&["button-again", "seal-give-up"]) != Ok("button-again") {
            return Err(Error::LeftUnsure);
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
