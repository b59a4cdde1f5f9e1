//! One field of a large hash: its name, its value and perhaps when it goes, in one allocation.
//!
//! ```text
//! +-------+--------------+-------------+--------------+------+-----------------------------+---------+
//! | flags | expiry       | name length | value length | name | value, or if flagged "away" | padding |
//! | 1     | 8, if "timed"| 1 or 5      | 1 or 5       | ..   | the address of its box, 8   |         |
//! +-------+--------------+-------------+--------------+------+-----------------------------+---------+
//!
//! length: one byte below 255; else 255 and four bytes. All numbers are little-endian.
//! ```
//!
//! Values of more than [`INLINE_MAX`] bytes are away, in a `Box<[u8]>` of their own: giving the field an expiry, or the
//! table another shape, moves no megabytes.
//!
//! Invariant: the allocation is a `Box<[u8]>` of `size_class(contents)` bytes, all of them initialized.

use crate::table::cell::Cell;
use crate::table::item::Item;
use crate::table::size_class::size_class;
use crate::time::UnixMillis;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ptr::{self, NonNull};
use std::slice;

const LONG: u8 = u8::MAX;
const TIMED: u8 = 1;
const AWAY: u8 = 2;
/// The longest value that stands in the field's own allocation.
const INLINE_MAX: usize = 1024;

/// A field that no table holds.
pub(super) struct Field(NonNull<u8>);

// SAFETY: it owns plain bytes and a box of them.
unsafe impl Send for Field {}

/// A value on its way into a field.
#[derive(Clone, Copy)]
enum Body<'a> {
    Inline(&'a [u8]),
    /// The address, with exposed provenance, and the length of a box that the field is going to own.
    Away(usize, usize),
}

impl<'a> Body<'a> {
    fn of(value: &'a [u8]) -> Body<'a> {
        if value.len() <= INLINE_MAX {
            return Body::Inline(value);
        }
        let memory = Box::into_raw(Box::<[u8]>::from(value));
        Body::Away(memory.cast::<u8>().expose_provenance(), value.len())
    }

    fn len(self) -> usize {
        match self {
            Body::Inline(value) => value.len(),
            Body::Away(_, len) => len,
        }
    }

    /// Bytes it takes in the field, its length not included.
    fn stored(self) -> usize {
        match self {
            Body::Inline(value) => value.len(),
            Body::Away(..) => 8,
        }
    }
}

impl Field {
    /// Copies name and value, which are shorter than 4 GiB.
    pub(super) fn new(name: &[u8], value: &[u8], expiry: Option<UnixMillis>) -> Field {
        Field::pack(name, Body::of(value), expiry)
    }

    fn pack(name: &[u8], body: Body<'_>, expiry: Option<UnixMillis>) -> Field {
        let lengths = length_size(name.len()) + length_size(body.len());
        let timed = if expiry.is_some() { 8 } else { 0 };
        let size = size_class(1 + timed + lengths + name.len() + body.stored());
        let mut contents = Vec::with_capacity(size);
        let away = if matches!(body, Body::Away(..)) {
            AWAY
        } else {
            0
        };
        contents.push(away | if expiry.is_some() { TIMED } else { 0 });
        if let Some(at) = expiry {
            contents.extend_from_slice(&at.0.to_le_bytes());
        }
        push_length(&mut contents, name.len());
        push_length(&mut contents, body.len());
        contents.extend_from_slice(name);
        match body {
            Body::Inline(value) => contents.extend_from_slice(value),
            Body::Away(address, _) => {
                contents.extend_from_slice(&(address as u64).to_le_bytes());
            }
        }
        contents.resize(size, 0);
        let memory = Box::into_raw(contents.into_boxed_slice()).cast::<u8>();
        // SAFETY: the address of a box is not null.
        Field(unsafe { NonNull::new_unchecked(memory) })
    }

    pub(super) fn look(&self) -> FieldRef<'_> {
        FieldRef(self.0, PhantomData)
    }

    /// Frees the field's own allocation; a value that is away stays for somebody else.
    fn free_shell(self) {
        let shell = ManuallyDrop::new(self);
        let size = shell.look().layout().size();
        let memory = ptr::slice_from_raw_parts_mut(shell.0.as_ptr(), size);
        // SAFETY: by the module's invariant this is the box that `pack` made, with its length; nobody uses it later.
        drop(unsafe { Box::from_raw(memory) });
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if let Some((address, len)) = self.look().away() {
            free_box(address, len);
        }
        Field(self.0).free_shell();
    }
}

impl Clone for Field {
    fn clone(&self) -> Field {
        let field = self.look();
        Field::new(field.name(), field.value(), field.expiry())
    }
}

/// Frees a box that [`Body::of`] made and that no field owns any more.
fn free_box(address: usize, len: usize) {
    let memory = ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: `Body::of` made the box and exposed its address; the caller was its only owner.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(memory, len)) });
}

/// Where the parts of a field are.
#[derive(Clone, Copy)]
struct Layout {
    flags: u8,
    name_at: usize,
    name_len: usize,
    value_len: usize,
}

impl Layout {
    #[inline]
    fn is_away(self) -> bool {
        self.flags & AWAY != 0
    }

    #[inline]
    fn is_timed(self) -> bool {
        self.flags & TIMED != 0
    }

    #[inline]
    fn value_at(self) -> usize {
        self.name_at + self.name_len
    }

    fn size(self) -> usize {
        let stored = if self.is_away() { 8 } else { self.value_len };
        size_class(self.value_at() + stored)
    }
}

/// A field inside a table.
#[derive(Clone, Copy)]
pub(super) struct FieldRef<'a>(NonNull<u8>, PhantomData<&'a [u8]>);

impl<'a> FieldRef<'a> {
    /// Callers stay within what the flags and the lengths in the field describe.
    #[inline]
    fn bytes(self, at: usize, len: usize) -> &'a [u8] {
        // SAFETY: `pack` initialized all that flags and lengths describe; it stays unchanged during 'a.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(at), len) }
    }

    #[inline]
    fn number(self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().expect("eight bytes"))
    }

    #[inline]
    fn length(self, at: usize) -> (usize, usize) {
        match self.bytes(at, 1)[0] {
            LONG => {
                let bytes = self.bytes(at + 1, 4).try_into().expect("four bytes");
                (u32::from_le_bytes(bytes) as usize, at + 5)
            }
            length => (length as usize, at + 1),
        }
    }

    #[inline]
    fn layout(self) -> Layout {
        let flags = self.bytes(0, 1)[0];
        let at = if flags & TIMED != 0 { 9 } else { 1 };
        let (name_len, at) = self.length(at);
        let (value_len, name_at) = self.length(at);
        Layout {
            flags,
            name_at,
            name_len,
            value_len,
        }
    }

    /// The field's name.
    #[inline]
    pub(super) fn name(self) -> &'a [u8] {
        let layout = self.layout();
        self.bytes(layout.name_at, layout.name_len)
    }

    /// Its value.
    #[inline]
    pub(super) fn value(self) -> &'a [u8] {
        let layout = self.layout();
        if !layout.is_away() {
            return self.bytes(layout.value_at(), layout.value_len);
        }
        let address = self.number(layout.value_at()) as usize;
        // SAFETY: the field owns the box of this length, whose address `Body::of` exposed, and lives unchanged for 'a.
        unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(address), layout.value_len) }
    }

    /// When it goes, if it does.
    #[inline]
    pub(super) fn expiry(self) -> Option<UnixMillis> {
        let timed = self.bytes(0, 1)[0] & TIMED != 0;
        timed.then(|| UnixMillis(self.number(1) as i64))
    }

    /// Address and length of a value that is away.
    fn away(self) -> Option<(usize, usize)> {
        let layout = self.layout();
        layout
            .is_away()
            .then(|| (self.number(layout.value_at()) as usize, layout.value_len))
    }

    fn body(self) -> Body<'a> {
        match self.away() {
            Some((address, len)) => Body::Away(address, len),
            None => Body::Inline(self.value()),
        }
    }
}

/// A field inside a table, for changes. They may move it to another allocation.
pub(super) struct FieldMut<'a>(&'a mut Cell);

impl FieldMut<'_> {
    pub(super) fn get(&self) -> FieldRef<'_> {
        // SAFETY: the cell owns a live field, which is not changed while `self` is borrowed.
        unsafe { Field::view(*self.0) }
    }

    /// Sets value and expiry.
    pub(super) fn set(&mut self, value: &[u8], expiry: Option<UnixMillis>) {
        if self.set_in_place(value, expiry) {
            return;
        }
        let moved = Field::new(self.get().name(), value, expiry);
        drop(self.exchange(moved));
    }

    /// Does it without another allocation, if old and new are of one shape.
    fn set_in_place(&mut self, value: &[u8], expiry: Option<UnixMillis>) -> bool {
        let field = self.get();
        let layout = field.layout();
        let at = layout.value_at();
        let fits = !layout.is_away()
            && value.len() <= INLINE_MAX
            && layout.is_timed() == expiry.is_some()
            && length_size(value.len()) == length_size(layout.value_len)
            && size_class(at + value.len()) == layout.size();
        if !fits {
            return false;
        }
        let length_at = layout.name_at - length_size(layout.value_len);
        let memory = field.0.as_ptr();
        let size = layout.size();
        // SAFETY: the cell owns the field's allocation of this size and is borrowed exclusively; `field` ends here.
        let memory = unsafe { slice::from_raw_parts_mut(memory, size) };
        write_length(&mut memory[length_at..], value.len());
        memory[at..at + value.len()].copy_from_slice(value);
        if let Some(expiry) = expiry {
            memory[1..9].copy_from_slice(&expiry.0.to_le_bytes());
        }
        true
    }

    /// Sets the expiry alone.
    pub(super) fn set_expiry(&mut self, expiry: Option<UnixMillis>) {
        let field = self.get();
        match (field.layout().is_timed(), expiry) {
            (false, None) => {}
            (true, Some(expiry)) => {
                // SAFETY: bytes 1 to 8 of a timed field are its expiry; the cell is borrowed exclusively.
                unsafe {
                    let at = field.0.as_ptr().add(1).cast::<[u8; 8]>();
                    at.write(expiry.0.to_le_bytes());
                }
            }
            _ => {
                let moved = Field::pack(field.name(), field.body(), expiry);
                // A value that is away has changed hands.
                self.exchange(moved).free_shell();
            }
        }
    }

    fn exchange(&mut self, field: Field) -> Field {
        let old = mem::replace(self.0, field.into_cell());
        // SAFETY: the old cell owned a live field and has just been overwritten.
        unsafe { Field::from_cell(old) }
    }
}

// SAFETY: a cell has the address of the allocation, which stays until the cell becomes a `Field` again or `FieldMut` puts
// another one in its place; a field's name never changes.
unsafe impl Item for Field {
    type Ref<'a> = FieldRef<'a>;
    type Mut<'a> = FieldMut<'a>;

    #[inline]
    fn into_cell(self) -> Cell {
        Cell::of(ManuallyDrop::new(self).0)
    }

    #[inline]
    unsafe fn from_cell(cell: Cell) -> Field {
        // SAFETY: `into_cell` made the cell.
        Field(unsafe { cell.memory() })
    }

    #[inline]
    unsafe fn view<'a>(cell: Cell) -> FieldRef<'a> {
        // SAFETY: `into_cell` made the cell.
        FieldRef(unsafe { cell.memory() }, PhantomData)
    }

    #[inline]
    unsafe fn view_mut<'a>(cell: &'a mut Cell) -> FieldMut<'a> {
        FieldMut(cell)
    }

    #[inline]
    fn key<'k>(field: &'k FieldRef<'_>) -> &'k [u8] {
        field.name()
    }

    fn allocated(field: &FieldRef<'_>) -> usize {
        let away = field.away().map_or(0, |(_, len)| size_class(len));
        field.layout().size() + away
    }
}

#[inline]
fn length_size(len: usize) -> usize {
    if len < LONG as usize { 1 } else { 5 }
}

fn push_length(contents: &mut Vec<u8>, len: usize) {
    if len < LONG as usize {
        contents.push(len as u8);
    } else {
        let len = u32::try_from(len).expect("fields and values are shorter than 4 GiB");
        contents.push(LONG);
        contents.extend_from_slice(&len.to_le_bytes());
    }
}

/// Writes a length over one of the same size.
fn write_length(memory: &mut [u8], len: usize) {
    if len < LONG as usize {
        memory[0] = len as u8;
    } else {
        memory[1..5].copy_from_slice(&(len as u32).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{HashSeed, Table};

    fn check(table: &Table<Field>, name: &[u8], value: &[u8], expiry: Option<UnixMillis>) {
        let field = table.get(name).expect("the field is there");
        assert_eq!(field.name(), name);
        assert_eq!(field.value(), value);
        assert_eq!(field.expiry(), expiry);
        assert_eq!(
            Field::allocated(&field) > 1024,
            name.len() + value.len() > 1000
        );
    }

    #[test]
    fn values_and_expiries_change_in_every_way() {
        let lengths = [0, 1, 10, 11, 12, 13, 200, 254, 255, 256, 1024, 1025, 5000];
        let expiries = [None, Some(UnixMillis(5)), Some(UnixMillis(i64::MAX))];
        for name in [b"f".to_vec(), vec![b'n'; 300]] {
            let mut table = Table::new(HashSeed(3));
            table.get_or_insert(&name, || Field::new(&name, b"", None));
            for old in lengths {
                for new in lengths {
                    for (before, after) in [(0, 0), (0, 1), (1, 2), (2, 0)] {
                        let (old, new) = (vec![b'o'; old], vec![b'n'; new]);
                        let mut field = table.get_mut(&name).unwrap();
                        field.set(&old, expiries[before]);
                        field.set(&new, expiries[after]);
                        check(&table, &name, &new, expiries[after]);
                        table.get_mut(&name).unwrap().set_expiry(expiries[before]);
                        check(&table, &name, &new, expiries[before]);
                    }
                }
            }
            let copy = table.clone();
            drop(table);
            check(&copy, &name, &vec![b'n'; 5000], None.or(expiries[2]));
        }
    }

    #[test]
    fn small_fields_take_three_bytes_more_than_their_contents() {
        let field = Field::new(b"field:0001", b"value:0001", None);
        assert_eq!(Field::allocated(&field.look()), 24);
        let field = Field::new(b"field:0001", b"value:0001", Some(UnixMillis(1)));
        assert_eq!(Field::allocated(&field.look()), 32);
    }
}
