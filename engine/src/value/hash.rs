//! Hashs.

use super::collection::Collection;

/// A hash.
#[derive(Debug, Clone, Default)]
pub struct Hash {}

impl Collection for Hash {
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
