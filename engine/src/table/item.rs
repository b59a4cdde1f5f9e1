//! What a table holds: one allocation an item, with a key in it.

use super::cell::Cell;
use super::hash::{HashSeed, hash};

/// An owning pointer to one allocation, which a table stores in a [`Cell`]. Dropping an item frees it.
///
/// # Safety
/// `into_cell` gives up an allocation that stays where it is and live until `from_cell` takes it back; the views look
/// at it. The bytes that `key` answers do not change while the item is in a table.
pub unsafe trait Item: Sized + Send + 'static {
    /// The item, borrowed.
    type Ref<'a>: Copy;
    /// The item for changes, by which it may move to another allocation (and so change its cell).
    type Mut<'a>;

    /// Gives the item to a table. Usually `Cell::of` without running the destructor.
    fn into_cell(self) -> Cell;

    /// Takes the item back.
    ///
    /// # Safety
    /// The cell owns a live item of this type, and the caller forgets the cell.
    unsafe fn from_cell(cell: Cell) -> Self;

    /// A look at the item.
    ///
    /// # Safety
    /// The cell owns a live item of this type, which nobody frees or changes during `'a`.
    unsafe fn view<'a>(cell: Cell) -> Self::Ref<'a>;

    /// A look at the item for changes.
    ///
    /// # Safety
    /// The cell is inside a table: it owns a live item of this type. It does so ever after.
    unsafe fn view_mut<'a>(cell: &'a mut Cell) -> Self::Mut<'a>;

    /// By what the item is found.
    fn key<'k>(item: &'k Self::Ref<'_>) -> &'k [u8];

    /// Bytes of memory of the item, without its cell.
    fn allocated(item: &Self::Ref<'_>) -> usize;

    /// The hash of the key. An item that keeps it says so here.
    #[inline]
    fn hash(item: &Self::Ref<'_>, seed: HashSeed) -> u64 {
        hash(Self::key(item), seed)
    }
}
