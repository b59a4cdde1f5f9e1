//! The segments of a slot with many keys: extendible hashing over the first bits of the hash.
//!
//! A segment of depth d owns the 2^(depth - d) neighbouring positions whose numbers start with its d bits. It is
//! stored at the first of them; the others hold empty segments of the same depth, which only point back to it.
//! Invariant: `deepest` is the number of segments whose depth is the directory's.

use super::hash::HashSeed;
use super::item::Item;
use super::segment::Segment;
use super::shape::Shape;

/// Siblings with fewer items than this together become one segment.
const MERGE_BELOW: u32 = 230;
/// Items there must be for each position of a directory, beyond a small one. Only hashes that share many bits can
/// run into it; their segment then grows instead.
const SPARSEST: usize = 64;
const SMALL: usize = 256;
/// Items of a segment in a directory that is made for a known number of them.
const FILLED: usize = 400;

pub(crate) struct Directory<I: Item> {
    positions: Vec<Segment<I>>,
    depth: u8,
    deepest: u32,
    len: usize,
}

impl<I: Item + Clone> Clone for Directory<I> {
    fn clone(&self) -> Directory<I> {
        Directory {
            positions: self.positions.clone(),
            ..*self
        }
    }
}

impl<I: Item> Directory<I> {
    /// A directory of one segment, which is to be split next.
    pub(crate) fn new(segment: Segment<I>) -> Directory<I> {
        debug_assert_eq!(segment.depth(), 0);
        Directory {
            len: segment.len() as usize,
            positions: vec![segment],
            depth: 0,
            deepest: 1,
        }
    }

    /// A directory of as many segments as `count` items fill for the most part.
    pub(crate) fn for_count(count: usize) -> Directory<I> {
        let depth = (count / FILLED).next_power_of_two().ilog2() as u8;
        let each = (count >> depth) as u32;
        let shape = Shape::for_count(each + each / 8);
        let positions: Vec<_> = (0..1usize << depth)
            .map(|_| Segment::with_shape(shape, depth))
            .collect();
        Directory {
            deepest: positions.len() as u32,
            positions,
            depth,
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Called for each item added to or taken out of a segment.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len;
    }

    /// The segment's first position.
    #[inline]
    fn position(&self, hash: u64) -> usize {
        // Two shifts, because a shift by 64 is none.
        let position = (hash >> 1 >> (63 - self.depth)) as usize;
        let depth = self.positions[position].depth();
        position >> (self.depth - depth) << (self.depth - depth)
    }

    #[inline]
    pub(crate) fn segment(&self, hash: u64) -> &Segment<I> {
        &self.positions[self.position(hash)]
    }

    #[inline]
    pub(crate) fn segment_mut(&mut self, hash: u64) -> &mut Segment<I> {
        let position = self.position(hash);
        &mut self.positions[position]
    }

    /// All positions; those that hold no segment of their own are empty.
    pub(crate) fn positions(&self) -> &[Segment<I>] {
        &self.positions
    }

    /// Takes the last segment that has items. After that nothing may be looked up.
    pub(crate) fn pop_segment(&mut self) -> Option<Segment<I>> {
        loop {
            let segment = self.positions.pop()?;
            if segment.len() > 0 {
                self.len -= segment.len() as usize;
                return Some(segment);
            }
        }
    }

    /// Makes room for one item of this hash.
    pub(crate) fn make_room(&mut self, hash: u64, seed: HashSeed) {
        while self.segment(hash).is_full() {
            let segment = self.segment(hash);
            if segment.shape().is_large() && self.can_split(segment.depth()) {
                self.split(hash, seed);
            } else {
                let shape = segment.shape().next();
                self.segment_mut(hash).reshape(shape, seed);
            }
        }
    }

    fn can_split(&self, depth: u8) -> bool {
        let doubled = self.positions.len() * 2;
        depth < self.depth || doubled <= SMALL.max(self.len / SPARSEST)
    }

    fn split(&mut self, hash: u64, seed: HashSeed) {
        if self.segment(hash).depth() == self.depth {
            self.double();
        }
        let first = self.position(hash);
        let depth = self.positions[first].depth();
        let half = 1 << (self.depth - depth - 1);
        let whole = std::mem::replace(&mut self.positions[first], Segment::empty(depth));
        let [lower, upper] = whole.split(seed);
        self.set_depths(first, 2 * half, depth + 1);
        self.positions[first] = lower;
        self.positions[first + half] = upper;
        if depth + 1 == self.depth {
            self.deepest += 2;
        }
    }

    fn double(&mut self) {
        let old = std::mem::take(&mut self.positions);
        self.positions.reserve_exact(old.len() * 2);
        for segment in old {
            let depth = segment.depth();
            self.positions.push(segment);
            self.positions.push(Segment::empty(depth));
        }
        self.depth += 1;
        self.deepest = 0;
    }

    fn set_depths(&mut self, first: usize, count: usize, depth: u8) {
        for segment in &mut self.positions[first..first + count] {
            segment.set_depth(depth);
        }
    }

    /// Gives memory back after an item of this hash is gone.
    pub(crate) fn shrink(&mut self, hash: u64, seed: HashSeed) {
        let segment = self.segment_mut(hash);
        if let Some(shape) = segment.shape().smaller_for(segment.len()) {
            segment.reshape(shape, seed);
            self.merge(hash, seed);
        }
    }

    fn merge(&mut self, hash: u64, seed: HashSeed) {
        let position = self.position(hash);
        let depth = self.positions[position].depth();
        if depth == 0 {
            return;
        }
        let width = 1 << (self.depth - depth);
        let sibling = position ^ width;
        let other = &self.positions[sibling];
        if other.depth() != depth || other.len() + self.positions[position].len() >= MERGE_BELOW {
            return;
        }
        let first = position.min(sibling);
        let [lower, upper] = [first, first + width]
            .map(|at| std::mem::replace(&mut self.positions[at], Segment::empty(depth)));
        self.set_depths(first, 2 * width, depth - 1);
        self.positions[first] = Segment::merge(lower, upper, seed);
        if depth == self.depth {
            self.deepest -= 2;
            if self.deepest == 0 {
                self.halve();
            }
        }
    }

    /// Drops every second position: none of them holds a segment.
    fn halve(&mut self) {
        self.depth -= 1;
        self.positions = std::mem::take(&mut self.positions)
            .into_iter()
            .step_by(2)
            .collect();
        let deepest = self
            .positions
            .iter()
            .filter(|segment| segment.depth() == self.depth);
        self.deepest = deepest.count() as u32;
    }

    /// The only segment, if there is but one.
    pub(crate) fn take_single(&mut self) -> Option<Segment<I>> {
        if self.depth > 0 {
            return None;
        }
        self.positions.pop()
    }

    pub(crate) fn table_bytes(&self) -> usize {
        let segments: usize = self
            .positions
            .iter()
            .map(|segment| segment.shape().bytes())
            .sum();
        size_of::<Directory<I>>() + self.positions.capacity() * size_of::<Segment<I>>() + segments
    }

    #[cfg(test)]
    pub(crate) fn check(&self) {
        let mut at = 0;
        let mut len = 0;
        let mut deepest = 0;
        while at < self.positions.len() {
            let segment = &self.positions[at];
            let width = 1 << (self.depth - segment.depth());
            assert_eq!(at % width, 0);
            for other in &self.positions[at + 1..at + width] {
                assert_eq!((other.len(), other.depth()), (0, segment.depth()));
            }
            len += segment.len() as usize;
            deepest += u32::from(segment.depth() == self.depth);
            at += width;
        }
        assert_eq!((len, deepest), (self.len, self.deepest));
    }
}
