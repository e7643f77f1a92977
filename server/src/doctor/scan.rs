//! Reads every chunk of every tip again, for the operator: one mark for each tip, as soon as it was read.
//!
//! The marks say how many, never which: `.` sound, `x` damaged. So progress shows and nothing of a tip leaves the store.

use std::io;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::http::answer::{self, Answer};
use crate::office::Office;
use crate::store::{Letterbox, StoreError, TipRecord};

/// A tip whose chunks are what they were.
pub const SOUND: u8 = b'.';
/// A tip with a chunk that was changed or cannot be read.
pub const DAMAGED: u8 = b'x';
/// Marks between the disk and the socket.
const PIPE: usize = 64;

/// Answers the operator with as many bytes as there are tips.
pub async fn answer<S: Letterbox>(office: &Arc<Office<S>>) -> Answer {
    let office = Arc::clone(office);
    let listed = Arc::clone(&office);
    let Ok(Ok(tips)) = spawn_blocking(move || listed.store.tips()).await else {
        return answer::say(tipline_wire::answer::Say::Broken);
    };
    let total = u64::try_from(tips.len()).unwrap_or(u64::MAX);
    let (sender, marks) = mpsc::channel(PIPE);
    spawn_blocking(move || send(&office.store, &tips, &sender));
    answer::stream(marks, total)
}

/// Ends early when nobody reads any more, or the store fails as a whole.
fn send(store: &impl Letterbox, tips: &[TipRecord], marks: &mpsc::Sender<io::Result<Bytes>>) {
    for tip in tips {
        let mark = look(store, tip).map(|mark| Bytes::copy_from_slice(&[mark]));
        let fails = mark.is_err();
        if marks.blocking_send(mark.map_err(io::Error::other)).is_err() || fails {
            return;
        }
    }
}

/// Reads a tip's chunks; one that was removed meanwhile is no damage.
fn look(store: &impl Letterbox, tip: &TipRecord) -> Result<u8, StoreError> {
    for chunk in 0..tip.chunks {
        match store.read(&tip.id, chunk) {
            Ok(_) => {}
            Err(StoreError::Unknown) if !store.has(&tip.id) => return Ok(SOUND),
            Err(StoreError::Damaged | StoreError::Unknown) => return Ok(DAMAGED),
            Err(fault) => return Err(fault),
        }
    }
    Ok(SOUND)
}
