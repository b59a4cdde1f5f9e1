//! Sets.

use super::collection::Collection;

/// A set.
#[derive(Debug, Clone, Default)]
pub struct Set {}

impl Collection for Set {
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
