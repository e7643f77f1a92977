//! One sealed tip, opened as a stream: chunks on all cores, in constant memory, its id computed on the way.
//!
//! Every core takes a part of 1 MiB, opens it, and gives it away when its turn has come. Whoever receives the plaintext must not
//! show it before [`Sealed::open`] has returned: only then is the end known to be authentic.

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tipline_envelope::{PayloadKey, open_header};
use tipline_wire::date::Date;
use tipline_wire::outer::{Header, MAC_START, OuterError};
use tipline_wire::size::{MAC_LINE, MAX_RECIPIENTS, NONCE, SEALED_CHUNK, STANZA, TAG, VERSION_LINE};
use tipline_wire::tip_id::{CHUNKS_PER_PART, TipId};

use crate::ring::Ring;

/// Why a tip could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The first bytes are no sealed tip's.
    #[error("it is no sealed tip, or its beginning is damaged ({0})")]
    NoTip(#[from] OuterError),
    /// No key fits.
    #[error(
        "no key in this ring opens it: it is sealed for other desks or weeks, or its beginning is damaged"
    )]
    NoKey,
    /// A chunk is not what was sealed, or the end is missing.
    #[error("it is damaged: its content is not what was sealed. Nothing of it was kept")]
    Damaged,
    /// There are fewer bytes than there should be.
    #[error("it is cut off: its end is missing. Nothing of it was kept")]
    Cut,
    /// The medium fails.
    #[error("it can't be read from the medium ({0})")]
    Medium(io::Error),
    /// The plaintext could not be written.
    #[error("{0}")]
    Output(io::Error),
}

impl NotOpened {
    fn reading(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Cut } else { Self::Medium(error) }
    }
}

/// What is known of a tip once it was opened to its authentic end.
#[derive(Debug, PartialEq, Eq)]
pub struct Authentic {
    /// The Monday of the week whose key opened it.
    pub week: Date,
    /// Its id, computed from its bytes.
    pub id: TipId,
    /// SHA-256 of the whole file, where that is known: tips of one part.
    pub digest: Option<[u8; 32]>,
}

/// A sealed tip whose header was read.
pub struct Sealed<R> {
    input: R,
    /// Header and nonce.
    head: Vec<u8>,
    /// Bytes of the sealed chunks.
    payload: u64,
}

impl<R: Read + Send> Sealed<R> {
    /// Reads the header of a tip of `len` bytes.
    ///
    /// # Errors
    /// It is no sealed tip, or ends before its content.
    pub fn begin(mut input: R, len: u64) -> Result<Self, NotOpened> {
        let head = read_head(&mut input)?;
        let used = u64::try_from(head.len()).unwrap_or(u64::MAX);
        let payload = len.checked_sub(used).filter(|payload| *payload >= TAG_U64).ok_or(NotOpened::Cut)?;
        Ok(Self { input, head, payload })
    }

    /// Bytes of plaintext, if it is authentic.
    #[must_use]
    pub fn plain_len(&self) -> u64 {
        self.payload.saturating_sub(self.chunks().saturating_mul(TAG_U64))
    }

    /// Opens it with any key of the ring, trying the week `likely` first; gives its plaintext to `sink` in order.
    ///
    /// # Errors
    /// Why not. Whatever `sink` received then is to be thrown away.
    pub fn open(
        self,
        likely: Option<Date>,
        ring: &Ring,
        cores: NonZeroUsize,
        sink: impl FnMut(&[u8]) -> io::Result<()> + Send,
    ) -> Result<Authentic, NotOpened> {
        let (week, key) = ring
            .weeks_from(likely)
            .find_map(|week| {
                Some((
                    week.epoch.start,
                    open_header(&self.head, std::slice::from_ref(&week.identity)).ok()?.0,
                ))
            })
            .ok_or(NotOpened::NoKey)?;
        let stream = Stream { chunks: self.chunks(), key, head: self.head, payload: self.payload };
        let digests = stream.open(self.input, cores, sink)?;
        let count = u32::try_from(digests.len()).unwrap_or(u32::MAX);
        let digest = digests.first().filter(|_| count == 1).copied();
        Ok(Authentic { week, id: TipId::of_parts(count, digests), digest })
    }

    fn chunks(&self) -> u64 {
        self.payload.div_ceil(SEALED_CHUNK_U64)
    }
}

const SEALED_CHUNK_U64: u64 = 65_552;
const TAG_U64: u64 = 16;
const _: () = assert!(SEALED_CHUNK == 65_552 && TAG == 16);

/// Header and nonce. Read stanza by stanza, so that not a byte of the payload is taken.
pub(crate) fn read_head(input: &mut impl Read) -> Result<Vec<u8>, NotOpened> {
    let mut head = Vec::new();
    let mut more = |head: &mut Vec<u8>, bytes: usize| {
        let wanted = u64::try_from(bytes).unwrap_or(u64::MAX);
        let got = input.by_ref().take(wanted).read_to_end(head).map_err(NotOpened::reading)?;
        if got == bytes {
            Ok(())
        } else {
            Err(Header::parse_any(head).err().map_or(NotOpened::Cut, NotOpened::NoTip))
        }
    };
    more(&mut head, VERSION_LINE)?;
    for _ in 0..=MAX_RECIPIENTS {
        let at = head.len();
        more(&mut head, MAC_LINE)?;
        if head.get(at..).is_some_and(|line| line.starts_with(MAC_START)) {
            break;
        }
        more(&mut head, STANZA.saturating_sub(MAC_LINE))?;
    }
    Header::parse_any(&head)?;
    more(&mut head, NONCE).map_err(|_| NotOpened::Cut)?;
    Ok(head)
}

/// The number of recipients of a head that was read.
pub(crate) fn recipients(head: &[u8]) -> u8 {
    Header::parse_any(head).map_or(0, |header| header.recipients())
}

/// Up to 16 sealed chunks, as an upload cuts them; opened in place.
#[derive(Default)]
struct Part {
    first_chunk: u64,
    chunks: Vec<Vec<u8>>,
    used: usize,
    digest: [u8; 32],
}

impl Part {
    fn give(&self, sink: &mut impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.chunks.iter().take(self.used).try_for_each(|chunk| sink(chunk))
    }
}

struct Stream {
    key: PayloadKey,
    /// Belongs to the first part's digest.
    head: Vec<u8>,
    chunks: u64,
    payload: u64,
}

/// What threads take turns at: reading the next part.
struct Source<R> {
    input: R,
    next: u64,
}

/// And giving opened parts away, in order.
struct Target<S> {
    sink: S,
    next: u64,
    digests: Vec<[u8; 32]>,
    stopped: Option<NotOpened>,
}

impl Stream {
    /// Every thread reads a part, opens it and waits for its turn to give it away: so a part stays in one core's cache.
    fn open<R, S>(&self, input: R, threads: NonZeroUsize, sink: S) -> Result<Vec<[u8; 32]>, NotOpened>
    where
        R: Read + Send,
        S: FnMut(&[u8]) -> io::Result<()> + Send,
    {
        let source = Mutex::new(Source { input, next: 0 });
        let target = Mutex::new(Target { sink, next: 0, digests: Vec::new(), stopped: None });
        let turn = Condvar::new();
        std::thread::scope(|scope| {
            for _ in 1..threads.get() {
                scope.spawn(|| self.work(&source, &target, &turn));
            }
            self.work(&source, &target, &turn);
        });
        let Target { digests, stopped, .. } = target.into_inner().unwrap_or_else(PoisonError::into_inner);
        let whole = u64::try_from(digests.len()).is_ok_and(|given| given == self.parts());
        match stopped {
            Some(reason) => Err(reason),
            None if whole => Ok(digests),
            None => Err(NotOpened::Damaged),
        }
    }

    fn work<R: Read, S: FnMut(&[u8]) -> io::Result<()>>(
        &self,
        source: &Mutex<Source<R>>,
        target: &Mutex<Target<S>>,
        turn: &Condvar,
    ) {
        let mut part = Part::default();
        loop {
            let opened = match self.read_next(source, &mut part) {
                Ok(false) => return,
                Ok(true) => self.open_part(&mut part).ok_or(NotOpened::Damaged),
                Err(e) => Err(NotOpened::reading(e)),
            };
            let mut target = target.lock().unwrap_or_else(PoisonError::into_inner);
            while target.next != part.first_chunk && target.stopped.is_none() {
                target = turn.wait(target).unwrap_or_else(PoisonError::into_inner);
            }
            if target.stopped.is_some() {
                return;
            }
            let given = opened.and_then(|()| part.give(&mut target.sink).map_err(NotOpened::Output));
            target.digests.push(part.digest);
            target.next = target.next.saturating_add(CHUNKS_PER_PART);
            target.stopped = given.err();
            turn.notify_all();
        }
    }

    /// Takes the next part; `false` when there is none.
    fn read_next<R: Read>(&self, source: &Mutex<Source<R>>, part: &mut Part) -> io::Result<bool> {
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        let number = source.next;
        if number >= self.parts() {
            return Ok(false);
        }
        source.next = number.saturating_add(1);
        self.read(&mut source.input, part, number)?;
        Ok(true)
    }

    fn parts(&self) -> u64 {
        self.chunks.div_ceil(CHUNKS_PER_PART)
    }

    fn read(&self, input: &mut impl Read, part: &mut Part, number: u64) -> io::Result<()> {
        part.first_chunk = number.saturating_mul(CHUNKS_PER_PART);
        part.used = 0;
        let end = part.first_chunk.saturating_add(CHUNKS_PER_PART).min(self.chunks);
        for index in part.first_chunk..end {
            if part.chunks.len() == part.used {
                part.chunks.push(Vec::with_capacity(SEALED_CHUNK));
            }
            let Some(chunk) = part.chunks.get_mut(part.used) else { break };
            chunk.resize(self.chunk_len(index), 0);
            input.read_exact(chunk)?;
            part.used = part.used.saturating_add(1);
        }
        Ok(())
    }

    /// Every chunk but the last is full.
    fn chunk_len(&self, index: u64) -> usize {
        let left = self.payload.saturating_sub(index.saturating_mul(SEALED_CHUNK_U64));
        usize::try_from(left).unwrap_or(SEALED_CHUNK).min(SEALED_CHUNK)
    }

    /// Takes the part's digest, then opens its chunks in place.
    fn open_part(&self, part: &mut Part) -> Option<()> {
        let mut hash = Sha256::new();
        if part.first_chunk == 0 {
            hash.update(&self.head);
        }
        for (index, chunk) in (part.first_chunk..).zip(part.chunks.iter_mut().take(part.used)) {
            hash.update(&*chunk);
            let last = index.saturating_add(1) == self.chunks;
            self.key.open_chunk(index, last, chunk).ok()?;
        }
        part.digest = hash.finalize().into();
        Some(())
    }
}
