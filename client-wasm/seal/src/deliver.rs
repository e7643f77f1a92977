//! Sends a tip that was sealed before: to the letterbox whose keys it was sealed for, while that still takes them.

use tipline_wire::intake::Intake;
use tipline_wire::size::Padded;

use crate::answer;
use crate::board;
use crate::command::{compared, visit};
use crate::error::{Arrival, Error};
use crate::letterbox::Letterbox;
use crate::order::Delivery;
use crate::patience::Patience;
use crate::sealed_file::{SealedFile, SealedFileError};
use crate::upload::{self, Parts as _};
use crate::uploading::Uploading;
use crate::world::World;

/// Everything that the file alone can tell is checked before anything is contacted.
///
/// # Errors
/// See [`Error`].
pub fn deliver(order: &Delivery, patience: Patience, world: &mut World<'_>) -> Result<(), Error> {
    let week = order.week;
    let mut sealed = SealedFile::open(&order.file, week, world.today).map_err(Error::SealedFile)?;
    let declared = sealed.declared();
    let letterbox = Letterbox::new(order.address.clone(), order.proxy, patience, world)?;
    let visited = visit(&letterbox, &order.fingerprint, world)?;
    world.say(&board::sentence(visited.far.as_ref(), &visited.line, world.today));
    compared(&visited.line, Some(&letterbox), &order.fingerprint)?;
    answer::say_whose(&visited.line, &order.fingerprint, world);
    let intake = visited.documents.intake.as_deref().and_then(|text| Intake::parse(text).ok());
    let keys = intake.as_ref().and_then(|intake| intake.takes(week, world.today));
    if keys.is_none_or(|keys| keys.count() != declared.recipients) {
        return Err(Error::SealedFile(SealedFileError::OtherKeys(week)));
    }
    let sent = if declared.padded <= Padded::ONE_REQUEST_MAX {
        let bytes = sealed.whole().map_err(Error::SealedFile)?;
        letterbox.send(week, &bytes, world).map_err(|error| (error, Arrival::Unknown))
    } else {
        let token = *sealed.token();
        upload::send(&letterbox, &mut sealed, (&token, Uploading::resuming(declared)), world)?
    };
    sent.map_err(|(error, arrival)| Error::Deliver { error, arrival })?;
    answer::say_delivered(&visited.line, &declared, order.output, world)
}
