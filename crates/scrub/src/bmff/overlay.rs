//! What stands over the old file, byte by byte in its place: zeros and bytes of ours.

use alloc::vec::Vec;

use crate::bytes::widen;
use crate::plan::Draft;
use crate::{Why, order};

/// The most patches of a file: chunks of film with gaps between them have one each.
const MAX_PATCHES: usize = 32_000;

/// Patches in any order.
#[derive(Default)]
pub(super) struct Overlay {
    patches: Vec<(u64, Patch)>,
}

enum Patch {
    Zeros(u64),
    Bytes(Vec<u8>),
}

impl Overlay {
    /// Zeros in place of `len` bytes at `at`.
    pub(super) fn zero(&mut self, at: u64, len: u64) -> Result<(), Why> {
        if len == 0 { Ok(()) } else { self.push(at, Patch::Zeros(len)) }
    }

    /// Other bytes, as many as there were.
    pub(super) fn bytes(&mut self, at: u64, bytes: Vec<u8>) -> Result<(), Why> {
        if bytes.is_empty() { Ok(()) } else { self.push(at, Patch::Bytes(bytes)) }
    }

    fn push(&mut self, at: u64, patch: Patch) -> Result<(), Why> {
        if self.patches.len() >= MAX_PATCHES {
            return Err(Why::TooComplex);
        }
        self.patches.push((at, patch));
        Ok(())
    }

    /// Writes the plan: the file up to `end` with every patch in its place.
    pub(super) fn finish(&mut self, end: u64, draft: &mut Draft) -> Result<(), Why> {
        let mut patches: Vec<_> = core::mem::take(&mut self.patches).into_iter().map(Some).collect();
        let numbered = patches.iter().flatten().zip(0..).map(|((at, _), number)| (*at, number)).collect();
        let mut done = 0;
        for (_, number) in order::sorted(numbered).into_iter().filter(|(at, _)| *at < end) {
            let place = usize::try_from(number).ok().and_then(|number| patches.get_mut(number));
            let Some((at, patch)) = place.and_then(Option::take) else { continue };
            if at < done {
                return Err(Why::Damaged("two parts of it overlap"));
            }
            draft.keep(done, at.saturating_sub(done))?;
            match patch {
                Patch::Zeros(len) => {
                    draft.zero(len)?;
                    done = at.saturating_add(len);
                }
                Patch::Bytes(bytes) => {
                    done = at.saturating_add(widen(bytes.len()));
                    draft.insert(bytes)?;
                }
            }
        }
        draft.keep(done, end.saturating_sub(done))
    }
}
