//! The running server's part of a backup: the list of files, and each file's bytes. For the operator alone.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use tipline_wire::answer::Say;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::http::answer::{self, Answer};
use crate::journal::{self, Entry};
use crate::office::Office;
use crate::store::{Archived, FORMAT, Letterbox};

/// Bytes read at a time.
const PIECE: u64 = 64 << 10;
/// Pieces between the disk and the socket.
const PIPE: usize = 4;

/// The answer to `GET /backup`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// The store's format.
    pub store: String,
    /// Every file's name; `GET /backup/{name}` answers its bytes.
    pub files: Vec<String>,
}

/// Answers the list.
pub async fn list<S: Letterbox>(office: &Arc<Office<S>>) -> Answer {
    let office = Arc::clone(office);
    let Ok(Ok(archive)) = spawn_blocking(move || office.store.archive()).await else {
        return answer::say(Say::Broken);
    };
    journal::write(&Entry::BackupTaken);
    let listed = Listed { store: FORMAT.into(), files: archive.iter().map(Archived::name).collect() };
    answer::json(StatusCode::OK, serde_json::to_vec(&listed).unwrap_or_default())
}

/// Answers a file; it is not found when it was removed since it was listed.
pub async fn fetch<S: Letterbox>(office: &Arc<Office<S>>, name: &str) -> Answer {
    let Some(archived) = Archived::of_name(name) else {
        return answer::say(Say::NotFound);
    };
    let office = Arc::clone(office);
    let opened = spawn_blocking(move || {
        let file = office.store.open_archived(&archived).map_err(io::Error::other)?;
        file.map(|file| Ok((file.metadata()?.len(), file))).transpose()
    });
    match opened.await {
        Ok(Ok(Some((length, file)))) => {
            let (sender, pieces) = mpsc::channel(PIPE);
            spawn_blocking(move || send(file, length, &sender));
            answer::stream(pieces, length)
        }
        Ok(Ok(None)) => answer::say(Say::NotFound),
        Ok(Err::<_, io::Error>(_)) | Err(_) => answer::say(Say::Broken),
    }
}

/// Ends early when nobody reads any more; a file that became shorter ends the connection.
fn send(mut file: File, length: u64, pieces: &mpsc::Sender<io::Result<Bytes>>) {
    let mut left = length;
    while left > 0 {
        let mut piece = Vec::new();
        let read = file.by_ref().take(left.min(PIECE)).read_to_end(&mut piece);
        left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(left));
        let ends = piece.is_empty() || read.is_err();
        if pieces.blocking_send(read.map(|_| piece.into())).is_err() || ends {
            return;
        }
    }
}
