//! How a listpack changes. Everything comes down to opening or closing a gap between elements.

use super::{Cursor, END, HEADER, Listpack, UNKNOWN};
use crate::packed::element::Element;
use crate::packed::room_for;

impl Listpack {
    /// Puts an element behind all others.
    #[inline]
    pub fn push_back<'e>(&mut self, element: impl Into<Element<'e>>) {
        self.insert_at(self.end(), element.into());
    }

    /// Puts an element before all others.
    #[inline]
    pub fn push_front<'e>(&mut self, element: impl Into<Element<'e>>) {
        self.insert_at(HEADER, element.into());
    }

    /// Puts an element before the one at `cursor`, where it stands from now on.
    #[inline]
    pub fn insert_before<'e>(&mut self, cursor: Cursor, element: impl Into<Element<'e>>) {
        self.insert_at(cursor.at(), element.into());
    }

    /// Puts an element behind the one at `cursor`. Returns where it stands.
    #[inline]
    pub fn insert_after<'e>(&mut self, cursor: Cursor, element: impl Into<Element<'e>>) -> Cursor {
        let at = cursor.at() + self.span(cursor.at());
        self.insert_at(at, element.into());
        Cursor::new(at)
    }

    /// Puts another element in the place of the one at `cursor`.
    #[inline]
    pub fn replace<'e>(&mut self, cursor: Cursor, element: impl Into<Element<'e>>) {
        let (element, at) = (element.into(), cursor.at());
        let (old, new) = (self.span(at), element.packed_len());
        if old != new {
            self.resize_gap(at, old, new);
        }
        element.pack(&mut self.bytes[at..at + new]);
    }

    /// Takes the element at `cursor` away. Returns the one that was behind it.
    pub fn remove(&mut self, cursor: Cursor) -> Option<Cursor> {
        self.remove_range(cursor, 1)
    }

    /// Takes up to `count` elements away, from the one at `cursor` on. Returns the one behind them.
    pub fn remove_range(&mut self, cursor: Cursor, count: usize) -> Option<Cursor> {
        let (from, mut to, mut removed) = (cursor.at(), cursor.at(), 0);
        while removed < count && to < self.end() {
            to += self.span(to);
            removed += 1;
        }
        self.resize_gap(from, to - from, 0);
        self.count_less(removed);
        (from < self.end()).then_some(cursor)
    }

    /// Takes away the elements that `keep` does not want, in one walk from the first to the last. Returns how many.
    pub fn retain(&mut self, mut keep: impl FnMut(Element<'_>) -> bool) -> usize {
        let (mut from, mut to, mut removed) = (HEADER, HEADER, 0);
        while from < self.end() {
            let span = self.span(from);
            if keep(self.unpack(from).0) {
                if from != to {
                    self.bytes.copy_within(from..from + span, to);
                }
                to += span;
            } else {
                removed += 1;
            }
            from += span;
        }
        self.resize_gap(to, self.end() - to, 0);
        self.count_less(removed);
        removed
    }

    /// Takes the first element away, if there is one.
    #[inline]
    pub fn remove_first(&mut self) {
        if let Some(first) = self.first() {
            self.remove_range(first, 1);
        }
    }

    /// Takes the last element away, if there is one.
    #[inline]
    pub fn remove_last(&mut self) {
        if let Some(last) = self.last() {
            self.resize_gap(last.at(), self.end() - last.at(), 0);
            self.count_less(1);
        }
    }

    /// Takes all elements away and gives the memory back.
    pub fn clear(&mut self) {
        *self = Listpack::new();
    }

    /// Takes the element at `cursor` and all behind it away, as a listpack of their own.
    pub fn split_off(&mut self, cursor: Cursor) -> Listpack {
        let mut rest = Listpack::with_capacity(self.end() - cursor.at());
        rest.append_elements(&self.bytes[cursor.at()..self.end()]);
        let moved = self.iter_from(cursor).count();
        rest.count_more(moved);
        self.resize_gap(cursor.at(), self.end() - cursor.at(), 0);
        self.count_less(moved);
        rest
    }

    /// Puts all elements of `other` behind its own.
    pub fn append(&mut self, other: &Listpack) {
        self.append_elements(&other.bytes[HEADER..other.end()]);
        self.count_more(other.len());
    }

    /// Puts elements that are packed already behind its own. The count is the caller's to keep.
    fn append_elements(&mut self, elements: &[u8]) {
        let end = self.end();
        self.resize_gap(end, 0, elements.len());
        self.bytes[end..end + elements.len()].copy_from_slice(elements);
    }

    /// Makes room for elements of `more` packed bytes at once.
    #[inline]
    pub fn reserve(&mut self, more: usize) {
        let (len, total) = (self.bytes.len(), self.bytes.len() + more);
        if total > self.bytes.capacity() {
            self.bytes.reserve_exact(room_for(total) - len);
        }
    }

    /// Gives back memory beyond what the bytes need.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to(room_for(self.bytes.len()));
    }

    #[inline]
    fn insert_at(&mut self, at: usize, element: Element<'_>) {
        let size = element.packed_len();
        self.resize_gap(at, 0, size);
        element.pack(&mut self.bytes[at..at + size]);
        self.count_more(1);
    }

    /// Makes the `old` bytes at `at` `new` bytes, whatever is in them; what is behind moves.
    fn resize_gap(&mut self, at: usize, old: usize, new: usize) {
        let len = self.bytes.len();
        let total = len - old + new;
        debug_assert!(u32::try_from(total).is_ok(), "would_fit was not asked");
        if new > old {
            self.reserve(new - old);
            if at + old + 1 == len {
                // Only the end mark is behind: it is written anew.
                self.bytes.resize(total, END);
            } else {
                self.bytes.resize(total, 0);
                self.bytes.copy_within(at + old..len, at + new);
            }
        } else {
            self.bytes.copy_within(at + old.., at + new);
            self.bytes.truncate(total);
            // Half empty: below that, giving back would cost more than it saves when the listpack grows again.
            if total * 2 <= self.bytes.capacity() {
                self.shrink();
            }
        }
        self.bytes[..4].copy_from_slice(&(total as u32).to_le_bytes());
    }

    #[inline]
    fn count_more(&mut self, more: usize) {
        let count = self.counted();
        if count != UNKNOWN {
            let sum = usize::from(count) + more;
            self.set_counted(u16::try_from(sum).unwrap_or(UNKNOWN));
        }
    }

    #[inline]
    fn count_less(&mut self, less: usize) {
        let count = self.counted();
        if count != UNKNOWN {
            self.set_counted(count - less as u16);
        } else if self.is_empty() {
            self.set_counted(0);
        }
    }

    #[inline]
    fn set_counted(&mut self, count: u16) {
        self.bytes[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }
}
