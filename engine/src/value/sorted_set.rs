//! SortedSets.

use super::collection::Collection;

/// A sorted set.
#[derive(Debug, Clone, Default)]
pub struct SortedSet {}

impl Collection for SortedSet {
    fn len(&self) -> usize {
        0
    }

    fn encoding(&self) -> &'static str {
        "listpack"
    }

    fn allocated(&self) -> usize {
        size_of::<Self>()
    }

    fn release_some(&mut self, _: usize) -> bool {
        true
    }
}
