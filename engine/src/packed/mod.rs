//! Small collections in one allocation, byte for byte as Redis packs them: a snapshot or DUMP is a copy of the bytes.

pub mod element;
pub mod intset;
pub mod listpack;

/// The size to allocate for `bytes` bytes that grow and shrink often: the allocator would round it up to this anyway,
/// and each step is a fixed share of what is there.
fn room_for(bytes: usize) -> usize {
    crate::table::size_class::size_class(bytes)
}
