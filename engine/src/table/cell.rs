//! What a table stores of an item: the address of its allocation, in six bytes.

use std::ptr::{self, NonNull};

/// An item's address.
///
/// Invariant: a cell inside a table owns a live item. A cell is never copied without one of the copies being
/// overwritten or forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Cell([u8; 6]);

impl Cell {
    /// What unused cells hold.
    pub(super) const UNUSED: Cell = Cell([0; 6]);

    /// The cell of an allocation, whose provenance becomes exposed.
    #[inline]
    pub fn of(memory: NonNull<u8>) -> Cell {
        let address = memory.as_ptr().expose_provenance() as u64;
        let [low @ .., 0, 0] = address.to_le_bytes() else {
            panic!("user space addresses have 48 bits");
        };
        Cell(low)
    }

    #[inline]
    fn address(self) -> usize {
        let [a, b, c, d, e, f] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) as usize
    }

    /// The address that [`Cell::of`] was given.
    ///
    /// # Safety
    /// The cell was made by [`Cell::of`].
    #[inline]
    pub unsafe fn memory(self) -> NonNull<u8> {
        // SAFETY: by the caller's promise the address is the one of a `NonNull`.
        unsafe { NonNull::new_unchecked(ptr::with_exposed_provenance_mut(self.address())) }
    }

    /// Asks for the item's first bytes.
    #[inline]
    pub(super) fn prefetch(self) {
        prefetch(ptr::with_exposed_provenance(self.address()));
    }
}

/// Asks the processor to fetch a cache line.
#[inline]
pub(crate) fn prefetch(memory: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program sees and cannot fault.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(memory.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = memory;
}
