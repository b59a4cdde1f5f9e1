//! Lists.

use super::collection::Collection;

/// A list.
#[derive(Debug, Clone, Default)]
pub struct List {}

impl Collection for List {
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
