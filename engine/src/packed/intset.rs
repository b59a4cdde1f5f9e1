//! A set of integers, sorted in one allocation.
//!
//! ```text
//! +------------------+------------------+--------+--------+----
//! | width: 2, 4, 8   | members          | least  | next   | ..
//! | u32, LE          | u32, LE          | each of `width` bytes, signed, LE
//! +------------------+------------------+--------+--------+----
//! ```
//!
//! Invariants:
//! - The members rise strictly; their number is that in the header.
//! - `width` is enough for every member that ever was in it: it only grows.

use super::room_for;

const HEADER: usize = 8;

/// See the top of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Intset {
    bytes: Vec<u8>,
}

/// How many bytes a member takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Two = 2,
    Four = 4,
    Eight = 8,
}

impl Width {
    fn of(number: i64) -> Width {
        if i16::try_from(number).is_ok() {
            Width::Two
        } else if i32::try_from(number).is_ok() {
            Width::Four
        } else {
            Width::Eight
        }
    }
}

impl Intset {
    /// One without members.
    pub fn new() -> Intset {
        let mut bytes = Vec::with_capacity(room_for(HEADER));
        bytes.extend_from_slice(&[Width::Two as u8, 0, 0, 0, 0, 0, 0, 0]);
        Intset { bytes }
    }

    /// Takes the bytes when they are an intset in every detail: width, size, and order of the members.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Intset> {
        let width = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
        let len = u32::from_le_bytes(*bytes[4..].first_chunk()?) as usize;
        if !matches!(width, 2 | 4 | 8) || len.checked_mul(width)? != bytes.len() - HEADER {
            return None;
        }
        let set = Intset { bytes };
        let rises = (1..len).all(|index| set.at(index - 1) < set.at(index));
        rises.then_some(set)
    }

    /// The bytes, as Redis stores them.
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

    /// How many members.
    #[inline]
    pub fn len(&self) -> usize {
        u32::from_le_bytes([self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]]) as usize
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member at `index`, counted from the least.
    #[inline]
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| self.at(index))
    }

    /// The greatest member.
    pub fn last(&self) -> Option<i64> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Whether `number` is a member.
    #[inline]
    pub fn contains(&self, number: i64) -> bool {
        Width::of(number) <= self.width() && self.search(number).is_ok()
    }

    /// All members, rising.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// Adds a member. Returns whether it is new.
    pub fn insert(&mut self, number: i64) -> bool {
        let needed = Width::of(number);
        if needed > self.width() {
            self.widen(needed);
        }
        let Err(index) = self.search(number) else {
            return false;
        };
        let width = self.width() as usize;
        let (at, len) = (HEADER + index * width, self.bytes.len());
        self.reserve(width);
        self.bytes.resize(len + width, 0);
        self.bytes.copy_within(at..len, at + width);
        self.put(index, number);
        self.set_len(self.len() + 1);
        true
    }

    /// Takes a member away. Returns whether it was there.
    pub fn remove(&mut self, number: i64) -> bool {
        if Width::of(number) > self.width() {
            return false;
        }
        let Ok(index) = self.search(number) else {
            return false;
        };
        let width = self.width() as usize;
        let at = HEADER + index * width;
        self.bytes.copy_within(at + width.., at);
        self.bytes.truncate(self.bytes.len() - width);
        self.set_len(self.len() - 1);
        if self.bytes.len() * 2 <= self.bytes.capacity() {
            self.bytes.shrink_to(room_for(self.bytes.len()));
        }
        true
    }

    #[inline]
    fn width(&self) -> Width {
        match self.bytes[0] {
            2 => Width::Two,
            4 => Width::Four,
            _ => Width::Eight,
        }
    }

    /// Invariant: there are more than `index` members.
    #[inline]
    fn at(&self, index: usize) -> i64 {
        let members = &self.bytes[HEADER..];
        let width = self.width() as usize;
        let bytes = &members[index * width..][..width];
        match *bytes {
            [a, b] => i16::from_le_bytes([a, b]).into(),
            [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => unreachable!("a width is 2, 4 or 8"),
        }
    }

    fn put(&mut self, index: usize, number: i64) {
        let width = self.width() as usize;
        self.bytes[HEADER + index * width..][..width]
            .copy_from_slice(&number.to_le_bytes()[..width]);
    }

    fn set_len(&mut self, len: usize) {
        self.bytes[4..HEADER].copy_from_slice(&(len as u32).to_le_bytes());
    }

    fn reserve(&mut self, more: usize) {
        let (len, total) = (self.bytes.len(), self.bytes.len() + more);
        if total > self.bytes.capacity() {
            self.bytes.reserve_exact(room_for(total) - len);
        }
    }

    /// Where `number` is, or where it would go. Numbers that rise as they come in are placed without a search.
    fn search(&self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        match self.last() {
            None => return Err(0),
            Some(last) if number > last => return Err(high),
            Some(_) => {}
        }
        while low < high {
            let middle = (low + high) / 2;
            match self.at(middle).cmp(&number) {
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn widen(&mut self, width: Width) {
        let mut wide = Vec::with_capacity(room_for(HEADER + (self.len() + 1) * width as usize));
        wide.extend_from_slice(&(width as u32).to_le_bytes());
        wide.extend_from_slice(&self.bytes[4..HEADER]);
        for number in self.iter() {
            wide.extend_from_slice(&number.to_le_bytes()[..width as usize]);
        }
        self.bytes = wide;
    }
}

impl Default for Intset {
    fn default() -> Self {
        Intset::new()
    }
}

impl std::fmt::Debug for Intset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut set = Intset::new();
        assert_eq!(set.bytes(), [2, 0, 0, 0, 0, 0, 0, 0]);
        assert!(set.insert(5) && set.insert(-1) && !set.insert(5));
        assert_eq!(set.bytes(), [2, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 5, 0]);
        assert!(set.insert(70_000) && set.remove(70_000));
        assert_eq!(
            set.bytes(),
            [4, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0],
            "members stay wide"
        );
    }

    #[test]
    fn broken_bytes_are_refused() {
        for bytes in [
            &[][..],
            &[2, 0, 0, 0, 0, 0, 0],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            &[2, 0, 0, 0, 1, 0, 0, 0],
            &[2, 0, 0, 0, 1, 0, 0, 0, 1],
            &[2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0],
            &[2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 2, 0],
            &[8, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(Intset::from_bytes(bytes.to_vec()).is_none(), "{bytes:?}");
        }
    }

    fn numbers() -> impl Strategy<Value = i64> {
        prop_oneof![
            8 => -20..20i64,
            2 => any::<i16>().prop_map(i64::from),
            1 => any::<i32>().prop_map(i64::from),
            1 => any::<i64>(),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_set(steps in prop::collection::vec((any::<bool>(), numbers()), 0..200)) {
            let (mut set, mut model) = (Intset::new(), BTreeSet::new());
            for (add, number) in steps {
                prop_assert_eq!(set.contains(number), model.contains(&number));
                if add {
                    prop_assert_eq!(set.insert(number), model.insert(number));
                } else {
                    prop_assert_eq!(set.remove(number), model.remove(&number));
                }
                prop_assert!(set.iter().eq(model.iter().copied()));
                prop_assert_eq!(set.last(), model.last().copied());
                prop_assert_eq!(Intset::from_bytes(set.bytes().to_vec()), Some(set.clone()));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(set) = Intset::from_bytes(bytes) {
                prop_assert!(set.iter().all(|number| set.contains(number)));
            }
        }
    }
}
