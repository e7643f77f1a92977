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

use super::{Public, length, not_a_tip, only_field, refused};
use crate::http::answer::{self, Answer};
use crate::http::body::Reader;
use crate::store::{Letterbox, Part, Share};

/// Days for which an epoch must stay open when an upload begins: its 72 hours.
const DAYS_TO_FINISH: i32 = 3;
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

impl<S: Letterbox> Public<S> {
    /// `POST /uploads`. The same upload may be begun again: it goes on.
    pub(super) async fn begin(&self, request: Request<Incoming>) -> Result<(), Say> {
        let upload = owner(&request)?;
        let declared = Declared::parse(&self.short(request).await?).ok_or(Say::BadRequest)?;
        if self.office.store.upload(&upload).is_none() {
            let shown = self.office.shown();
            let day = self.office.world.today().plus_days(DAYS_TO_FINISH);
            let keys = self.open_epoch(&shown, declared.epoch, day)?;
            (declared.recipients == keys.count()).then_some(()).ok_or(Say::WrongKeys)?;
        }
        self.office.store.begin(upload, declared).map_err(refused)
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
        // What is held already needs no room.
        let room = if held.has(number) { None } else { Some(self.office.store.reserve(Share::Large, len)) };
        let _room = room.transpose().map_err(refused)?;
        let _memory = self.memory_for(len).await?;
        let bytes = Reader::new(request.into_body(), len, &self.limits, || 1).whole().await?;
        self.keep_part(upload, &declared, Part { number, digest, bytes }).await
    }

    /// Keeps a part whose length was checked; `Ok` only once it is durable.
    async fn keep_part(&self, upload: UploadKey, declared: &Declared, part: Part) -> Result<(), Say> {
        let found: [u8; 32] = Sha256::digest(&part.bytes).into();
        (found == part.digest).then_some(()).ok_or(Say::WrongDigest)?;
        if part.number == 0 {
            Header::parse(&part.bytes, declared.recipients).map_err(not_a_tip)?;
        }
        self.office.store.put_part(upload, part).await.map_err(refused)
    }

    /// `POST /uploads/commit`. An answer can be lost: who asks again about a tip that is kept hears that it is.
    pub(super) async fn commit(&self, request: Request<Incoming>) -> Result<(), Say> {
        let upload = owner(&request)?;
        let id = parse_commit(&self.short(request).await?).ok_or(Say::BadRequest)?;
        match self.office.store.upload(&upload) {
            Some((declared, _)) => self.still_open(&declared)?,
            None if self.office.store.has(&id) => return Ok(()),
            None => return Err(Say::NoUpload),
        }
        match self.office.store.commit(upload, id).await {
            // Two commits at once: the other one was first.
            Err(_) if self.office.store.has(&id) => Ok(()),
            other => other.map_err(refused),
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
        Reader::new(request.into_body(), len, &self.limits, || 1).whole().await
    }
}

/// The upload that the request's token owns.
fn owner(request: &Request<Incoming>) -> Result<UploadKey, Say> {
    only_field(request.headers(), AUTHORIZATION).and_then(UploadKey::of_authorization).ok_or(Say::NoToken)
}
