//! One member of a large sorted set, packed into one allocation.
//!
//! ```text
//! +---------+--------+-------+---------+
//! | score 8 | length | bytes | padding |      length: one byte below 255; else 255 and four bytes; little-endian
//! +---------+--------+-------+---------+
//! ```
//!
//! Invariant: the allocation is a `Box<[u8]>` of `size_class(contents)` bytes, all of them initialized, so that its
//! layout follows from its contents.
//! Invariant: one [`MemberBox`], or the cell of a table that it went into, owns the allocation; a [`MemberPtr`] does not.

use crate::table::cell::{Cell, prefetch};
use crate::table::item::Item;
use crate::table::size_class::size_class;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;

const SCORE: usize = 8;
const LONG: u8 = u8::MAX;

/// A member and the right to free it.
pub struct MemberBox(NonNull<u8>);

/// A member that somebody else owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberPtr(NonNull<u8>);

// SAFETY: a member is plain bytes; whoever owns it is the only one who changes it.
unsafe impl Send for MemberBox {}
// SAFETY: as above; to look at what it points to, one has to answer for the owner.
unsafe impl Send for MemberPtr {}
// SAFETY: as above.
unsafe impl Sync for MemberPtr {}

impl MemberBox {
    /// Packs a member. Invariant: it is shorter than 4 GiB, as every word of a command is.
    pub fn new(score: f64, bytes: &[u8]) -> MemberBox {
        let size = size_class(SCORE + length_len(bytes.len()) + bytes.len());
        let mut contents = Vec::with_capacity(size);
        contents.extend_from_slice(&score.to_le_bytes());
        if bytes.len() < LONG as usize {
            contents.push(bytes.len() as u8);
        } else {
            let length = u32::try_from(bytes.len()).expect("a word is shorter than 4 GiB");
            contents.push(LONG);
            contents.extend_from_slice(&length.to_le_bytes());
        }
        contents.extend_from_slice(bytes);
        contents.resize(size, 0);
        let memory = Box::into_raw(contents.into_boxed_slice()).cast::<u8>();
        // SAFETY: the address of a box is not null.
        MemberBox(unsafe { NonNull::new_unchecked(memory) })
    }

    /// Its score.
    #[inline]
    pub fn score(&self) -> f64 {
        // SAFETY: it is alive.
        unsafe { self.ptr().score() }
    }

    /// Who it is, without the right to free it.
    #[inline]
    pub fn ptr(&self) -> MemberPtr {
        MemberPtr(self.0)
    }
}

impl Drop for MemberBox {
    fn drop(&mut self) {
        // SAFETY: the member is alive until the end of this function.
        let size = unsafe { self.ptr().allocated() };
        let memory = ptr::slice_from_raw_parts_mut(self.0.as_ptr(), size);
        // SAFETY: by the module's invariant this is the box that `new` made, with its length.
        drop(unsafe { Box::from_raw(memory) });
    }
}

impl MemberPtr {
    /// A pointer to nothing, for places not in use.
    pub(super) const NOWHERE: MemberPtr = MemberPtr(NonNull::dangling());

    /// Its score.
    ///
    /// # Safety
    /// The member is alive.
    #[inline]
    pub unsafe fn score(self) -> f64 {
        // SAFETY: a member begins with its score; the address need not be aligned.
        f64::from_le_bytes(unsafe { self.0.cast::<[u8; SCORE]>().read() })
    }

    /// Writes its score.
    ///
    /// # Safety
    /// The member is alive, and nobody else looks at its score meanwhile.
    #[inline]
    unsafe fn set_score(self, score: f64) {
        // SAFETY: a member begins with its score; the address need not be aligned.
        unsafe { self.0.cast::<[u8; SCORE]>().write(score.to_le_bytes()) };
    }

    /// Its bytes.
    ///
    /// # Safety
    /// The member is alive for `'a`.
    #[inline]
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the length follows the score, and the bytes follow the length, all in the member's allocation.
        unsafe {
            let length = self.0.add(SCORE);
            match length.read() {
                LONG => {
                    let long = u32::from_le_bytes(length.add(1).cast::<[u8; 4]>().read());
                    slice::from_raw_parts(length.add(5).as_ptr(), long as usize)
                }
                short => slice::from_raw_parts(length.add(1).as_ptr(), short as usize),
            }
        }
    }

    /// Bytes of its allocation.
    ///
    /// # Safety
    /// The member is alive.
    #[inline]
    unsafe fn allocated(self) -> usize {
        // SAFETY: passed on.
        let length = unsafe { self.bytes() }.len();
        size_class(SCORE + length_len(length) + length)
    }

    /// Asks for its memory. It need not be alive.
    #[inline]
    pub fn prefetch(self) {
        prefetch(self.0.as_ptr());
    }
}

/// A member inside a table.
#[derive(Clone, Copy)]
pub struct MemberRef<'a>(MemberPtr, PhantomData<&'a [u8]>);

impl<'a> MemberRef<'a> {
    /// Its score.
    #[inline]
    pub fn score(self) -> f64 {
        // SAFETY: it is alive during 'a.
        unsafe { self.0.score() }
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: it is alive during 'a.
        unsafe { self.0.bytes() }
    }
}

/// A member inside a table, to be given another score.
pub struct MemberMut<'a>(MemberPtr, PhantomData<&'a mut [u8]>);

impl MemberMut<'_> {
    /// Its score.
    #[inline]
    pub fn score(&self) -> f64 {
        // SAFETY: it is alive as long as this view.
        unsafe { self.0.score() }
    }

    /// Writes its score. What a tree knows of it is another matter, see [`super::Tree::rescore`].
    #[inline]
    pub fn set_score(&mut self, score: f64) {
        // SAFETY: the view is the only one, and trees do not look at this score but keep their own.
        unsafe { self.0.set_score(score) };
    }
}

// SAFETY: a cell has the address of the allocation, which stays until the cell becomes a `MemberBox` again; the bytes of
// a member never change.
unsafe impl Item for MemberBox {
    type Ref<'a> = MemberRef<'a>;
    type Mut<'a> = MemberMut<'a>;

    #[inline]
    fn into_cell(self) -> Cell {
        Cell::of(ManuallyDrop::new(self).0)
    }

    #[inline]
    unsafe fn from_cell(cell: Cell) -> MemberBox {
        // SAFETY: `into_cell` made the cell.
        MemberBox(unsafe { cell.memory() })
    }

    #[inline]
    unsafe fn view<'a>(cell: Cell) -> MemberRef<'a> {
        // SAFETY: `into_cell` made the cell.
        MemberRef(MemberPtr(unsafe { cell.memory() }), PhantomData)
    }

    #[inline]
    unsafe fn view_mut<'a>(cell: &'a mut Cell) -> MemberMut<'a> {
        // SAFETY: `into_cell` made the cell.
        MemberMut(MemberPtr(unsafe { cell.memory() }), PhantomData)
    }

    #[inline]
    fn key<'k>(member: &'k MemberRef<'_>) -> &'k [u8] {
        member.bytes()
    }

    fn allocated(member: &MemberRef<'_>) -> usize {
        // SAFETY: it is alive.
        unsafe { member.0.allocated() }
    }
}

#[inline]
fn length_len(length: usize) -> usize {
    if length < LONG as usize { 1 } else { 5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lengths_come_back() {
        for length in [0, 1, 10, 254, 255, 256, 70_000] {
            let bytes = vec![7; length];
            let member = MemberBox::new(-1.5, &bytes);
            // SAFETY: the box lives.
            unsafe {
                assert_eq!(member.ptr().bytes(), bytes);
                assert_eq!(member.ptr().score(), -1.5);
                member.ptr().set_score(3.0);
                assert_eq!(
                    (member.ptr().score(), member.ptr().bytes().len()),
                    (3.0, length)
                );
            }
        }
    }

    #[test]
    fn a_short_member_takes_little() {
        let member = MemberBox::new(1.0, b"member0001");
        // SAFETY: the box lives.
        assert_eq!(unsafe { member.ptr().allocated() }, 24);
    }
}
