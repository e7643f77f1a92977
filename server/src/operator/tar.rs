//! Writes a frozen pickup as a ustar, from any byte on: what lies before it is skipped without being read.

use std::io;

use hyper::body::Bytes;
use tipline_wire::pickup;
use tipline_wire::ustar::{Header, padding};
use tokio::sync::mpsc;

use super::frozen::{END, Frozen, entry_len, len};
use crate::store::{Letterbox, TipRecord};

/// Sends the tar's bytes from `from` on; ends early when nobody reads any more. Blocks.
pub(super) fn send(
    store: &impl Letterbox,
    pickup: &Frozen,
    from: u64,
    pieces: mpsc::Sender<io::Result<Bytes>>,
) {
    let mut out = Out { skip: from, pieces };
    if let Err(Stopped::Fault(fault)) = write_all(store, pickup, &mut out) {
        // Nobody reads any more, or the connection ends with this: either way there is nothing else to do.
        let _ = out.pieces.blocking_send(Err(fault));
    }
}

/// Why it ended early.
enum Stopped {
    /// The reader went away.
    Reader,
    /// The store failed, or the format.
    Fault(io::Error),
}

struct Out {
    /// Bytes still to be left out.
    skip: u64,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl Out {
    fn send(&mut self, mut bytes: Bytes) -> Result<(), Stopped> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip = self.skip.saturating_sub(u64::try_from(skipped).unwrap_or(0));
        let rest = bytes.split_off(skipped);
        if rest.is_empty() {
            return Ok(());
        }
        self.pieces.blocking_send(Ok(rest)).map_err(|_| Stopped::Reader)
    }

    /// Leaves a whole entry out if it lies before the first byte that is wanted.
    fn skips(&mut self, size: u64) -> bool {
        let whole = entry_len(size);
        let skips = self.skip >= whole;
        if skips {
            self.skip = self.skip.saturating_sub(whole);
        }
        skips
    }

    fn header(&mut self, name: String, size: u64) -> Result<(), Stopped> {
        let block = Header { name, size }.to_block().map_err(|f| Stopped::Fault(io::Error::other(f)))?;
        self.send(Bytes::copy_from_slice(&block))
    }

    fn zeros(&mut self, count: u64) -> Result<(), Stopped> {
        self.send(vec![0; usize::try_from(count).unwrap_or(0)].into())
    }

    fn small(&mut self, name: &str, content: &[u8]) -> Result<(), Stopped> {
        let size = len(content);
        self.header(name.into(), size)?;
        self.send(Bytes::copy_from_slice(content))?;
        self.zeros(padding(size))
    }
}

fn write_all(store: &impl Letterbox, pickup: &Frozen, out: &mut Out) -> Result<(), Stopped> {
    out.small(pickup::MANIFEST, pickup.manifest())?;
    for tip in pickup.tips() {
        if !out.skips(tip.record.size) {
            out.header(tip.name(), tip.record.size)?;
            write_tip(store, &tip.record, out)?;
        }
    }
    out.small(pickup::SUMS, pickup.sums().as_bytes())?;
    out.zeros(END)
}

fn write_tip(store: &impl Letterbox, record: &TipRecord, out: &mut Out) -> Result<(), Stopped> {
    for chunk in 0..record.chunks {
        let bytes = store.read(&record.id, chunk).map_err(|f| Stopped::Fault(io::Error::other(f)))?;
        out.send(bytes.into())?;
    }
    out.zeros(padding(record.size))
}
