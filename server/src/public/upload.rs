//! A tip in parts, each durable when it is acknowledged: a broken circuit costs one part. Who knows the token owns it.
//!
//! A tip that comes after its epoch closed might be burnt unread, so nothing is taken then, not even what was begun in
//! time. Instead an upload begins only while its epoch stays open for three days more, which is as long as an upload may
//! rest: whatever may begin may be finished.

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderName};
use sha2::{Digest as _, Sha256};
use tipline_wire::answer::Say;
use tipline_wire::outer::Header;
use tipline_wire::upload::{Declared, LONGEST_REQUEST, UploadKey, parse_commit, parse_content_digest};

use super::{Public, circuit, length, not_a_tip, only_field, refused};
use crate::http::answer::{self, Answer};
use crate::store::{Letterbox, Part, Share};

/// Days for which an epoch must stay open when an upload begins: its 72 hours.
const DAYS_TO_FINISH: i32 = 3;
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

impl<S: Letterbox> Public<S> {
    /// `POST /uploads`. The same upload may be begun again: it goes on.
    pub(super) async fn begin(&self, request: Request<Incoming>) -> Result<(), Say> {
        let upload = owner(&request)?;
        let circuit = circuit(&request);
        let declared = Declared::parse(&self.short(request).await?).ok_or(Say::BadRequest)?;
        if self.office.store.upload(&upload).is_some() {
            return self.office.store.begin(upload, declared).map_err(refused);
        }
        let shown = self.office.shown();
        let day = self.office.world.today().plus_days(DAYS_TO_FINISH);
        let keys = self.open_epoch(&shown, declared.epoch, day)?;
        (declared.recipients == keys.count()).then_some(()).ok_or(Say::WrongKeys)?;
        let begun = self.admit(circuit)?;
        self.begin_new(upload, declared)?;
        begun.stays();
        Ok(())
    }

    /// Begins an upload that was not there before.
    pub(super) fn begin_new(&self, upload: UploadKey, declared: Declared) -> Result<(), Say> {
        self.admission.may_begin(declared.padded).then_some(()).ok_or(Say::Full)?;
        self.office.store.begin(upload, declared).map_err(refused)?;
        self.admission.begun(upload, self.office.world.elapsed());
        Ok(())
    }

    /// `GET /uploads`
    pub(super) fn held(&self, request: &Request<Incoming>) -> Answer {
        let held = owner(request).and_then(|upload| self.office.store.upload(&upload).ok_or(Say::NoUpload));
        match held {
            Ok((_, held)) => answer::held(&held),
            Err(say) => answer::say(say),
        }
    }

    /// `PUT /uploads/parts/{number}`. Everything that the head can tell is checked before a byte is read.
    pub(super) async fn put(&self, number: u32, request: Request<Incoming>) -> Result<(), Say> {
        let upload = owner(&request)?;
        let (declared, held) = self.office.store.upload(&upload).ok_or(Say::NoUpload)?;
        self.still_open(&declared)?;
        let (_, len) = declared.part(number).ok_or(Say::NotFound)?;
        (length(&request)? == len).then_some(()).ok_or(Say::WrongLength)?;
        let digest = only_field(request.headers(), CONTENT_DIGEST).and_then(parse_content_digest);
        let digest = digest.ok_or(Say::BadRequest)?;
        let _place = self.place(len, circuit(&request)).await?;
        // What is held already needs no room.
        let room = if held.has(number) { None } else { Some(self.room_for_part(&declared, len)?) };
        let bytes = self.reader(request.into_body(), len).whole().await?;
        self.keep_part(upload, &declared, Part { number, digest, bytes }, room).await
    }

    /// Sets room aside for a part, if the day's allowance lets the upload go on.
    pub(super) fn room_for_part(&self, declared: &Declared, len: u64) -> Result<S::Room, Say> {
        self.admission.may_go_on(declared.padded).then_some(()).ok_or(Say::Full)?;
        self.office.store.reserve(Share::Large, len).map_err(refused)
    }

    /// Keeps a part whose length was checked; `Ok` only once it is durable. What is held already came without room.
    pub(super) async fn keep_part(
        &self,
        upload: UploadKey,
        declared: &Declared,
        part: Part,
        room: Option<S::Room>,
    ) -> Result<(), Say> {
        let found: [u8; 32] = Sha256::digest(&part.bytes).into();
        (found == part.digest).then_some(()).ok_or(Say::WrongDigest)?;
        if part.number == 0 {
            Header::parse(&part.bytes, declared.recipients).map_err(not_a_tip)?;
        }
        let new = room.as_ref().and_then(|_| u64::try_from(part.bytes.len()).ok()).unwrap_or(0);
        self.office.store.put_part(upload, part).await.map_err(refused)?;
        self.admission.came(upload, declared.padded, new, self.office.world.elapsed());
        Ok(())
    }

    /// `POST /uploads/commit`. An answer can be lost: who asks again with the same token hears it again.
    pub(super) async fn commit(&self, request: Request<Incoming>) -> Result<(), Say> {
        let upload = owner(&request)?;
        let id = parse_commit(&self.short(request).await?).ok_or(Say::BadRequest)?;
        match self.office.store.upload(&upload) {
            Some((declared, _)) => self.still_open(&declared)?,
            // Only to whom the upload belonged: nobody else learns whether a tip is kept.
            None if self.office.store.committed(&upload) == Some(id) => return Ok(()),
            None => return Err(Say::NoUpload),
        }
        match self.office.store.commit(upload, id).await {
            // Two commits at once: the other one was first.
            Err(_) if self.office.store.committed(&upload) == Some(id) => Ok(()),
            Err(fault) => Err(refused(fault)),
            Ok(()) => {
                self.admission.over(&upload);
                Ok(())
            }
        }
    }

    fn still_open(&self, declared: &Declared) -> Result<(), Say> {
        let shown = self.office.shown();
        self.open_epoch(&shown, declared.epoch, self.office.world.today()).map(|_| ())
    }

    /// A short body.
    async fn short(&self, request: Request<Incoming>) -> Result<Vec<u8>, Say> {
        let len = length(&request)?;
        let short = usize::try_from(len).is_ok_and(|len| len <= LONGEST_REQUEST);
        short.then_some(()).ok_or(Say::TooLong)?;
        self.reader(request.into_body(), len).whole().await
    }
}

/// The upload that the request's token owns.
fn owner(request: &Request<Incoming>) -> Result<UploadKey, Say> {
    only_field(request.headers(), AUTHORIZATION).and_then(UploadKey::of_authorization).ok_or(Say::NoToken)
}
