//! A member of a set: bytes and nothing else.
//!
//! ```text
//! +--------+-------+---------+
//! | length | bytes | padding |    length: one byte below 255; else 255 and four bytes, little-endian
//! | 1 or 5 | ..    |         |
//! +--------+-------+---------+
//! ```
//!
//! Invariant: the allocation is a `Box<[u8]>` of `size_class(length and bytes)` bytes, all of them initialized.

use super::cell::Cell;
use super::item::Item;
use super::size_class::size_class;
use std::marker::PhantomData;
use std::mem;
use std::ptr::{self, NonNull};
use std::slice;

const LONG: u8 = u8::MAX;

/// A member that no table holds.
pub struct Member(NonNull<u8>);

// SAFETY: it owns plain bytes.
unsafe impl Send for Member {}

impl Member {
    /// Copies the bytes, which are fewer than 4 GiB.
    pub fn new(bytes: &[u8]) -> Member {
        let short = bytes.len() < LONG as usize;
        let size = size_class(if short { 1 } else { 5 } + bytes.len());
        let mut contents = Vec::with_capacity(size);
        if short {
            contents.push(bytes.len() as u8);
        } else {
            let length = u32::try_from(bytes.len()).expect("members are shorter than 4 GiB");
            contents.push(LONG);
            contents.extend_from_slice(&length.to_le_bytes());
        }
        contents.extend_from_slice(bytes);
        contents.resize(size, 0);
        let memory = Box::into_raw(contents.into_boxed_slice()).cast::<u8>();
        // SAFETY: the address of a box is not null.
        Member(unsafe { NonNull::new_unchecked(memory) })
    }

    /// The bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        MemberRef(self.0, PhantomData).bytes()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let size = MemberRef(self.0, PhantomData).size();
        let memory = ptr::slice_from_raw_parts_mut(self.0.as_ptr(), size);
        // SAFETY: by the module's invariant this is the box that `new` made, with its length.
        drop(unsafe { Box::from_raw(memory) });
    }
}

impl Clone for Member {
    fn clone(&self) -> Member {
        Member::new(self.bytes())
    }
}

/// A member inside a table.
#[derive(Clone, Copy)]
pub struct MemberRef<'a>(NonNull<u8>, PhantomData<&'a [u8]>);

impl<'a> MemberRef<'a> {
    /// The bytes.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: `new` initialized the length and as many bytes behind it; they stay unchanged during 'a.
        unsafe {
            let memory = self.0.as_ptr();
            match *memory {
                LONG => {
                    let length = u32::from_le_bytes(memory.add(1).cast::<[u8; 4]>().read());
                    slice::from_raw_parts(memory.add(5), length as usize)
                }
                length => slice::from_raw_parts(memory.add(1), length as usize),
            }
        }
    }

    fn size(self) -> usize {
        let length = self.bytes().len();
        size_class(if length < LONG as usize { 1 } else { 5 } + length)
    }
}

// SAFETY: a cell has the address of the allocation, which stays until the cell becomes a `Member` again; members never
// change.
unsafe impl Item for Member {
    type Ref<'a> = MemberRef<'a>;
    type Mut<'a> = MemberRef<'a>;

    #[inline]
    fn into_cell(self) -> Cell {
        Cell::of(mem::ManuallyDrop::new(self).0)
    }

    #[inline]
    unsafe fn from_cell(cell: Cell) -> Member {
        // SAFETY: `into_cell` made the cell.
        Member(unsafe { cell.memory() })
    }

    #[inline]
    unsafe fn view<'a>(cell: Cell) -> MemberRef<'a> {
        // SAFETY: `into_cell` made the cell.
        MemberRef(unsafe { cell.memory() }, PhantomData)
    }

    #[inline]
    unsafe fn view_mut<'a>(cell: &'a mut Cell) -> MemberRef<'a> {
        // SAFETY: the caller's promise.
        unsafe { Member::view(*cell) }
    }

    #[inline]
    fn key<'k>(member: &'k MemberRef<'_>) -> &'k [u8] {
        member.bytes()
    }

    fn allocated(member: &MemberRef<'_>) -> usize {
        member.size()
    }
}
