//! Pairs of numbers in their order.
//!
//! By a heap, for the size of the module that every page carries: the library's sorts for slices would be a tenth of it.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

/// The same pairs, ascending.
pub(crate) fn sorted(pairs: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    BinaryHeap::from(pairs).into_sorted_vec()
}
