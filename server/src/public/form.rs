//! A finished `tip.age` from a page without scripts: `multipart/form-data` with one file, answered in words.
//!
//! A file over 1 MiB is never whole in memory: it goes into the store in parts, as an upload of the server's own.

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use sha2::{Digest as _, Sha256};
use tipline_wire::answer::Say;
use tipline_wire::date::Date;
use tipline_wire::form::{FormError, FormReader, LONGEST_FRAME};
use tipline_wire::size::{MAX_RECIPIENTS, Padded};
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{Declared, TOKEN, UploadKey};

use super::{Public, circuit, length, only_field, refused};
use crate::admission::Begun;
use crate::http::answer::Answer;
use crate::http::body::Reader;
use crate::http::proxy_line::Circuit;
use crate::store::{Letterbox, Part, Share};

/// The largest tip that a form takes: 64 MiB of plaintext.
const LARGEST: u64 = 64 << 20;

impl<S: Letterbox> Public<S> {
    /// `POST /form` or `POST /form/{epoch}`, answered in words.
    ///
    /// A page without scripts can't say for which week its file was sealed: it is filed under this one. Sealed in the last
    /// hours of the week before, it is opened nevertheless, because a desk tries the keys of every week that it has.
    pub(super) async fn form(&self, epoch: Option<Date>, request: Request<Incoming>) -> Answer {
        self.told.answer(self.take_form(epoch, request).await.err().unwrap_or(Say::Kept))
    }

    async fn take_form(&self, epoch: Option<Date>, request: Request<Incoming>) -> Result<(), Say> {
        let len = length(&request)?;
        (len <= longest()).then_some(()).ok_or(Say::TooLong)?;
        let form = only_field(request.headers(), CONTENT_TYPE).and_then(FormReader::new);
        let circuit = circuit(&request);
        let mut body = self.reader(request.into_body(), len);
        let taken = self.take_file(epoch, form, &mut body, (len, circuit)).await;
        if !matches!(taken, Ok(()) | Err(Say::TooSlow)) {
            // A browser reads no answer before it has sent all: whoever chose the wrong file must hear so.
            body.drain().await?;
        }
        taken
    }

    async fn take_file<H: Fn() -> u32>(
        &self,
        epoch: Option<Date>,
        form: Option<FormReader>,
        body: &mut Reader<Incoming, H>,
        (len, circuit): (u64, Option<Circuit>),
    ) -> Result<(), Say> {
        let shown = self.office.shown();
        let keys = match epoch {
            Some(epoch) => self.open_epoch(&shown, epoch, self.office.world.today())?,
            None => self.running_epoch(&shown, self.office.world.today())?,
        };
        let (epoch, recipients) = (keys.epoch.start, keys.count());
        let begun = self.admit(circuit)?;
        let place = self.place(len, circuit).await?;
        let mut file = File { form: form.ok_or(Say::BadRequest)?, body, bytes: Vec::new() };
        let padded = file.size(len, recipients).await?;
        if padded > Padded::ONE_REQUEST_MAX {
            drop(place);
            return self.take_parts(Declared { epoch, recipients, padded }, file, circuit, begun).await;
        }
        let room = self.office.store.reserve(Share::Small, len);
        let bytes = file.whole(padded.sealed_len(recipients)).await?;
        self.keep_tip(epoch, recipients, bytes, room, begun).await
    }

    /// Takes a large file part by part; whatever goes wrong, nothing of it stays.
    async fn take_parts<H: Fn() -> u32>(
        &self,
        declared: Declared,
        mut file: File<'_, H>,
        circuit: Option<Circuit>,
        begun: Begun<'_>,
    ) -> Result<(), Say> {
        let token: [u8; TOKEN] = self.office.world.random().map_err(|_| Say::Broken)?;
        let upload = UploadKey::of_token(&token);
        self.begin_new(upload, declared)?;
        let own = Own { public: self, upload };
        let (mut digests, mut begun) = (Vec::new(), Some(begun));
        for number in 0..declared.parts() {
            let (_, len) = declared.part(number).ok_or(Say::Broken)?;
            // One turn for each part, as for uploads.
            let _place = self.place(len, circuit).await?;
            let room = self.room_for_part(&declared, len)?;
            let bytes = file.next(len).await?;
            let digest = Sha256::digest(&bytes).into();
            digests.push(digest);
            self.keep_part(upload, &declared, Part { number, digest, bytes }, Some(room)).await?;
            // It cost the day's allowance: broken off, it counts as well.
            if let Some(begun) = begun.take() {
                begun.stays();
            }
        }
        file.end().await?;
        let kept = self.office.store.commit(upload, TipId::of_parts(declared.parts(), digests)).await;
        drop(own);
        kept.map_err(refused)
    }
}

/// The longest body.
fn longest() -> u64 {
    let largest = Padded::holding(LARGEST).unwrap_or(Padded::ONE_REQUEST_MAX);
    largest.sealed_len(MAX_RECIPIENTS).saturating_add(LONGEST_FRAME)
}

/// An upload of the server's own: given up when it is dropped, unless it was committed before.
struct Own<'a, S: Letterbox> {
    public: &'a Public<S>,
    upload: UploadKey,
}

impl<S: Letterbox> Drop for Own<'_, S> {
    fn drop(&mut self) {
        self.public.admission.over(&self.upload);
        self.public.office.store.give_up(&self.upload);
    }
}

/// The file in a form on its way.
struct File<'a, H> {
    form: FormReader,
    body: &'a mut Reader<Incoming, H>,
    /// What came of it and was not taken yet.
    bytes: Vec<u8>,
}

impl<H: Fn() -> u32> File<'_, H> {
    /// Reads more; `false` at the end of the body.
    async fn more(&mut self) -> Result<bool, Say> {
        let Some(piece) = self.body.piece().await? else { return Ok(false) };
        self.form.feed(&piece, &mut self.bytes).map_err(no_form)?;
        Ok(true)
    }

    /// Reads up to the file, and tells from the lengths which size of tip it is.
    async fn size(&mut self, body: u64, recipients: u8) -> Result<Padded, Say> {
        let lengths = loop {
            match self.form.file_lengths(body) {
                Some(lengths) => break lengths,
                None if self.more().await? => {}
                None => return Err(Say::BadRequest),
            }
        };
        let padded = lengths.into_iter().find_map(|len| Padded::from_sealed_len(recipients, len));
        padded.filter(|padded| padded.bytes() <= LARGEST).ok_or(Say::WrongLength)
    }

    /// The next `len` bytes of the file.
    async fn next(&mut self, len: u64) -> Result<Vec<u8>, Say> {
        let len = usize::try_from(len).map_err(|_| Say::TooLong)?;
        while self.bytes.len() < len {
            self.more().await?.then_some(()).ok_or(Say::WrongLength)?;
        }
        let rest = self.bytes.split_off(len);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    /// All `len` bytes of the file.
    async fn whole(mut self, len: u64) -> Result<Vec<u8>, Say> {
        let bytes = self.next(len).await?;
        self.end().await?;
        Ok(bytes)
    }

    /// Reads the rest of the form, in which nothing of the file may be left.
    async fn end(&mut self) -> Result<(), Say> {
        while self.more().await? {}
        self.form.end().map_err(no_form)?;
        self.bytes.is_empty().then_some(()).ok_or(Say::WrongLength)
    }
}

fn no_form(_: FormError) -> Say {
    Say::BadRequest
}
