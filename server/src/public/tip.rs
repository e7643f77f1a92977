//! A tip in one request: at most 1 MiB of plaintext, so almost every tip.

use hyper::Request;
use hyper::body::Incoming;
use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::outer::Header;
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;

use super::{Public, circuit, length, not_a_tip, refused};
use crate::admission::Begun;
use crate::store::{Letterbox, SealedTip, Share, StoreError};

impl<S: Letterbox> Public<S> {
    /// Takes a tip; `Ok` only once it is durable. Each check comes before the next costs anything.
    pub(super) async fn take(&self, epoch: Date, request: Request<Incoming>) -> Result<(), Say> {
        let shown = self.office.shown();
        let recipients = self.open_epoch(&shown, epoch, self.office.world.today())?.count();
        let len = length(&request)?;
        fits(len, recipients)?;
        let circuit = circuit(&request);
        let begun = self.admit(circuit)?;
        // That there is no room is said only after the body: a tip that is held already was kept, also when the answer
        // that said so was lost.
        let _place = self.place(len, circuit).await?;
        let room = self.office.store.reserve(Share::Small, len);
        let bytes = self.reader(request.into_body(), len).whole().await?;
        self.keep_tip(epoch, recipients, bytes, room, begun).await
    }

    /// Keeps a whole tip in the room that was reserved for it.
    pub(super) async fn keep_tip(
        &self,
        epoch: Date,
        recipients: u8,
        bytes: Vec<u8>,
        room: Result<S::Room, StoreError>,
        begun: Begun<'_>,
    ) -> Result<(), Say> {
        Header::parse(&bytes, recipients).map_err(not_a_tip)?;
        let tip = SealedTip { id: TipId::of_one_request(&bytes), epoch, bytes };
        if self.office.store.has_whole(&tip.id) {
            // It counts as well, or the circuit's budget would tell whether the tip had been sent before.
            begun.stays();
            return Ok(());
        }
        let _room = room.map_err(refused)?;
        self.office.store.keep(tip).await.map_err(refused)?;
        begun.stays();
        Ok(())
    }
}

/// Whether a length is exactly that of a sealed tip that fits one request.
fn fits(len: u64, recipients: u8) -> Result<(), Say> {
    if len > Padded::ONE_REQUEST_MAX.sealed_len(MAX_RECIPIENTS) {
        return Err(Say::TooLong);
    }
    match Padded::from_sealed_len(recipients, len) {
        Some(padded) if padded <= Padded::ONE_REQUEST_MAX => Ok(()),
        _ => Err(Say::WrongLength),
    }
}
