//! Where a track's samples lie: its chunks one after the other, from three tables read in windows.

use alloc::vec::Vec;

use crate::Why;
use crate::bytes::slice;

/// Bytes of a table that are in memory at once.
const WINDOW: u64 = 12_288;

/// A table in the file.
#[derive(Clone, Debug)]
pub(super) struct Table {
    at: u64,
    count: u32,
    width: u8,
    from: u32,
    window: Vec<u8>,
}

/// Entries that must be read first: where, and how many bytes.
pub(super) struct Need {
    pub(super) at: u64,
    pub(super) len: u64,
    which: Which,
    from: u32,
}

#[derive(Clone, Copy)]
enum Which {
    Offsets,
    Runs,
    Sizes,
}

impl Table {
    /// `count` entries of `width` bytes at `at`.
    pub(super) fn new(at: u64, count: u32, width: u8) -> Self {
        Self { at, count, width, from: 0, window: Vec::new() }
    }

    /// Entry number `index`, which must be there.
    fn entry(&self, index: u32, which: Which) -> Result<&[u8], Need> {
        let width = usize::from(self.width);
        let inside = index.checked_sub(self.from).and_then(|n| usize::try_from(n).ok()?.checked_mul(width));
        inside.and_then(|at| slice(&self.window, at, width)).ok_or_else(|| {
            let width = u64::from(self.width);
            let left = u64::from(self.count.saturating_sub(index)).saturating_mul(width);
            let at = self.at.saturating_add(u64::from(index).saturating_mul(width));
            Need { at, len: left.min(WINDOW), which, from: index }
        })
    }

    fn number(&self, index: u32, which: Which) -> Result<u64, Need> {
        self.entry(index, which).map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

/// How long a track's samples are.
#[derive(Clone, Debug)]
pub(super) enum Sizes {
    /// All the same.
    Same(u32),
    Table(Table),
}

/// A track's way through its chunks.
pub(super) struct Cursor {
    offsets: Table,
    runs: Table,
    sizes: Sizes,
    /// Whether a chunk may be longer than its samples' sizes say.
    open: bool,
    chunk: u32,
    /// The run of chunks that is being read: its number, the samples of each chunk, the chunk after it.
    run: Option<(u32, u32, u32)>,
    sample: u32,
    /// Samples of this chunk that are still to be counted, and bytes of those that were.
    left: Option<u32>,
    bytes: u64,
    last: u64,
}

/// What a cursor says next.
pub(super) enum Next {
    Need(Need),
    Chunk(Chunk),
    End,
}

/// Where a chunk lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) open: bool,
}

impl Cursor {
    pub(super) fn new(offsets: Table, runs: Table, sizes: Sizes, sound: bool) -> Self {
        // QuickTime counts samples of sound that are shorter than what their chunk holds for each.
        let open = sound && matches!(sizes, Sizes::Same(_));
        Self { offsets, runs, sizes, open, chunk: 0, run: None, sample: 0, left: None, bytes: 0, last: 0 }
    }

    /// The next chunk.
    pub(super) fn next(&mut self) -> Result<Next, Why> {
        if self.chunk >= self.offsets.count {
            return Ok(Next::End);
        }
        match self.chunk() {
            Ok(chunk) => {
                if chunk.at < self.last {
                    return Err(Why::Unsupported("a film whose parts lie in no order"));
                }
                self.last = chunk.at;
                (self.chunk, self.left, self.bytes) = (self.chunk.saturating_add(1), None, 0);
                Ok(Next::Chunk(chunk))
            }
            Err(Stop::Need(need)) => Ok(Next::Need(need)),
            Err(Stop::Why(why)) => Err(why),
        }
    }

    /// Takes the bytes that were needed.
    pub(super) fn feed(&mut self, need: &Need, bytes: &[u8]) {
        let table = match (need.which, &mut self.sizes) {
            (Which::Offsets, _) => &mut self.offsets,
            (Which::Sizes, Sizes::Table(table)) => table,
            _ => &mut self.runs,
        };
        (table.from, table.window) = (need.from, Vec::from(bytes));
    }

    fn chunk(&mut self) -> Result<Chunk, Stop> {
        let samples = self.samples()?;
        let mut left = self.left.unwrap_or(samples);
        let counted = self.count(&mut left);
        self.left = Some(left);
        counted?;
        let at = self.offsets.number(self.chunk, Which::Offsets)?;
        Ok(Chunk { at, len: self.bytes, open: self.open })
    }

    /// Samples of the present chunk.
    fn samples(&mut self) -> Result<u32, Stop> {
        // Chunks are counted from 1 there.
        let chunk = self.chunk.saturating_add(1);
        loop {
            match self.run {
                Some((_, samples, until)) if chunk < until => return Ok(samples),
                run => {
                    let number = run.map_or(0, |(number, ..)| number.saturating_add(1));
                    self.run = Some(self.read_run(number, chunk)?);
                }
            }
        }
    }

    fn read_run(&self, number: u32, chunk: u32) -> Result<(u32, u32, u32), Stop> {
        if number >= self.runs.count {
            return Err(Stop::Why(Why::Damaged("its chunks hold no samples")));
        }
        let word = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        // Both in one window: a second look would push the first one out.
        let after = number.saturating_add(1);
        let entry = self.runs.entry(number, Which::Runs)?;
        let (first, samples) =
            (word(entry.get(..4).unwrap_or_default()), word(entry.get(4..8).unwrap_or_default()));
        let until = if after < self.runs.count {
            let next = self.runs.entry(after, Which::Runs);
            word(next.map_err(|need| self.runs.both(number, need))?.get(..4).unwrap_or_default())
        } else {
            u32::MAX
        };
        if first != chunk || until <= first {
            return Err(Stop::Why(Why::Damaged("its chunks are counted wrong")));
        }
        Ok((number, samples, until))
    }

    /// Adds up the sizes of the samples that are left.
    fn count(&mut self, left: &mut u32) -> Result<(), Need> {
        match &self.sizes {
            Sizes::Same(len) => {
                self.bytes = self.bytes.saturating_add(u64::from(*len).saturating_mul((*left).into()));
                *left = 0;
            }
            Sizes::Table(table) => {
                while *left > 0 && self.sample < table.count {
                    self.bytes = self.bytes.saturating_add(table.number(self.sample, Which::Sizes)?);
                    self.sample = self.sample.saturating_add(1);
                    *left = left.saturating_sub(1);
                }
            }
        }
        Ok(())
    }
}

impl Table {
    /// The same need, from entry number `index` on.
    fn both(&self, index: u32, need: Need) -> Need {
        let width = u64::from(self.width);
        let at = self.at.saturating_add(u64::from(index).saturating_mul(width));
        Need {
            at,
            len: u64::from(self.count.saturating_sub(index)).saturating_mul(width).min(WINDOW),
            from: index,
            ..need
        }
    }
}

/// Why there is no chunk yet.
enum Stop {
    Need(Need),
    Why(Why),
}

impl From<Need> for Stop {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}
