//! Streams.

use super::collection::Collection;

/// A stream.
#[derive(Debug, Clone, Default)]
pub struct Stream {}

impl Collection for Stream {
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
