//! A listpack: strings and integers one behind the other, to be walked from both ends.
//!
//! ```text
//! +--------------+--------------+-----------+-----+-----------+------+
//! | total bytes  | elements     | element 0 | ..  | element n | 0xff |
//! | u32, LE      | u16, LE      |           |     |           |      |
//! +--------------+--------------+-----------+-----+-----------+------+
//! ```
//!
//! See [`super::element`] for an element. An element count of 65535 says "unknown": count them.
//!
//! Invariants:
//! - The bytes are always a whole, valid listpack: every one made here is, and [`Listpack::from_bytes`] lets no other in.
//! - A [`Cursor`] is good until the listpack changes in front of it. A stale one reads wrong elements or panics, but
//!   touches nothing beyond the listpack.
//! - Its capacity is a size class of the allocator, so it costs what the allocator would take anyway.

mod edit;
mod validate;

use super::element::{self, Element, Wanted, backlen_size, unpack_backlen};
use super::room_for;

const HEADER: usize = 6;
const END: u8 = 0xff;
const UNKNOWN: u16 = u16::MAX;

/// See the top of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Listpack {
    bytes: Vec<u8>,
}

/// Where an element begins. Elements further back have greater ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(u32);

impl Cursor {
    #[inline]
    fn new(at: usize) -> Cursor {
        Cursor(at as u32)
    }

    #[inline]
    fn at(self) -> usize {
        self.0 as usize
    }
}

impl Listpack {
    /// The bytes of a listpack without elements.
    pub const EMPTY_BYTES: usize = HEADER + 1;
    /// No listpack grows beyond this many bytes; see [`Listpack::would_fit`].
    pub const MAX_BYTES: usize = 1 << 30;

    /// One without elements.
    pub fn new() -> Listpack {
        Listpack::with_capacity(0)
    }

    /// One without elements that has room for elements of `bytes` packed bytes.
    pub fn with_capacity(bytes: usize) -> Listpack {
        let mut own = Vec::with_capacity(room_for(Listpack::EMPTY_BYTES + bytes));
        own.extend_from_slice(&(Listpack::EMPTY_BYTES as u32).to_le_bytes());
        own.extend_from_slice(&[0, 0, END]);
        Listpack { bytes: own }
    }

    /// The bytes, as Redis stores them.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, as Redis stores them, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes of heap.
    pub fn allocated(&self) -> usize {
        room_for(self.bytes.capacity())
    }

    /// Whether elements of `more` packed bytes have room below [`Listpack::MAX_BYTES`].
    pub fn would_fit(&self, more: usize) -> bool {
        self.bytes.len() + more <= Listpack::MAX_BYTES
    }

    /// How many elements. Counts them when there are 65535 or more.
    #[inline]
    pub fn len(&self) -> usize {
        match self.counted() {
            UNKNOWN => self.iter().count(),
            count => usize::from(count),
        }
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == Listpack::EMPTY_BYTES
    }

    /// The count in the header.
    #[inline]
    fn counted(&self) -> u16 {
        u16::from_le_bytes([self.bytes[4], self.bytes[5]])
    }

    /// Where the byte behind the last element is.
    #[inline]
    fn end(&self) -> usize {
        self.bytes.len() - 1
    }

    /// The element at `cursor`.
    #[inline]
    pub fn get(&self, cursor: Cursor) -> Element<'_> {
        self.unpack(cursor.at()).0
    }

    #[inline]
    fn unpack(&self, at: usize) -> (Element<'_>, usize) {
        Element::unpack(&self.bytes[at..]).expect("a cursor stands on an element")
    }

    /// The bytes that the element at `at` takes.
    #[inline]
    fn span(&self, at: usize) -> usize {
        element::span(&self.bytes[at..]).expect("a cursor stands on an element")
    }

    /// Where the element before `at` begins.
    #[inline]
    fn before(&self, at: usize) -> usize {
        let data = unpack_backlen(&self.bytes[HEADER..at]).expect("an element ends in its length");
        at - data - backlen_size(data)
    }

    /// The first element.
    #[inline]
    pub fn first(&self) -> Option<Cursor> {
        (!self.is_empty()).then_some(Cursor::new(HEADER))
    }

    /// The last element.
    #[inline]
    pub fn last(&self) -> Option<Cursor> {
        (!self.is_empty()).then(|| Cursor::new(self.before(self.end())))
    }

    /// The element behind the one at `cursor`.
    #[inline]
    pub fn next(&self, cursor: Cursor) -> Option<Cursor> {
        let next = cursor.at() + self.span(cursor.at());
        (next < self.end()).then_some(Cursor::new(next))
    }

    /// The element before the one at `cursor`.
    #[inline]
    pub fn prev(&self, cursor: Cursor) -> Option<Cursor> {
        (cursor.at() > HEADER).then(|| Cursor::new(self.before(cursor.at())))
    }

    /// The element with `index`, counted from 0, walking from the nearer end.
    pub fn seek(&self, index: usize) -> Option<Cursor> {
        let len = match self.counted() {
            UNKNOWN => usize::MAX,
            count => usize::from(count),
        };
        if index >= len {
            return None;
        }
        if len == usize::MAX || index <= len / 2 {
            let mut cursor = self.first()?;
            for _ in 0..index {
                cursor = self.next(cursor)?;
            }
            return Some(cursor);
        }
        let mut cursor = self.last()?;
        for _ in 0..len - 1 - index {
            cursor = self.prev(cursor)?;
        }
        Some(cursor)
    }

    /// The first element whose text is `bytes`, looking only at every `skip + 1`th element from the first on.
    pub fn find(&self, bytes: &[u8], skip: usize) -> Option<Cursor> {
        self.find_from(self.first()?, bytes, skip)
    }

    /// [`Listpack::find`], beginning with the element at `cursor`.
    pub fn find_from(&self, cursor: Cursor, bytes: &[u8], skip: usize) -> Option<Cursor> {
        let wanted = Wanted::new(bytes);
        let (mut at, end) = (cursor.at(), self.end());
        while at < end {
            let (element, data) = self.unpack(at);
            if element.matches(&wanted) {
                return Some(Cursor::new(at));
            }
            at += data + backlen_size(data);
            for _ in 0..skip {
                if at < end {
                    at += self.span(at);
                }
            }
        }
        None
    }

    /// All elements.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            pack: self,
            front: HEADER,
            back: self.end(),
        }
    }

    /// All elements, the last one first.
    #[inline]
    pub fn iter_back(&self) -> std::iter::Rev<Iter<'_>> {
        self.iter().rev()
    }

    /// The element at `cursor` and those behind it.
    #[inline]
    pub fn iter_from(&self, cursor: Cursor) -> Iter<'_> {
        Iter {
            pack: self,
            front: cursor.at(),
            back: self.end(),
        }
    }

    /// The element at `cursor` and those before it, that is the ones that [`Iter::rev`] gives from there.
    #[inline]
    pub fn iter_to(&self, cursor: Cursor) -> Iter<'_> {
        Iter {
            pack: self,
            front: HEADER,
            back: cursor.at() + self.span(cursor.at()),
        }
    }
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack::new()
    }
}

impl std::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for &'a Listpack {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Walks over elements from both ends.
#[derive(Clone)]
pub struct Iter<'a> {
    pack: &'a Listpack,
    front: usize,
    back: usize,
}

impl Iter<'_> {
    /// Where the element stands that comes next from the front.
    pub fn cursor(&self) -> Option<Cursor> {
        (self.front < self.back).then_some(Cursor::new(self.front))
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        let (element, data) = self.pack.unpack(self.front);
        self.front += data + backlen_size(data);
        Some(element)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        self.back = self.pack.before(self.back);
        Some(self.pack.unpack(self.back).0)
    }
}

impl std::iter::FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
