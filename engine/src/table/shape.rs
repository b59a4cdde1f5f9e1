//! The sizes a segment of the table can have.

use std::num::NonZeroU8;

/// Cells in a bucket of a whole cache line.
pub(crate) const BUCKET_CELLS: usize = 9;

/// Up to this shape a segment is one short bucket without a header; the numbers are what fits 8, 16, .. 64 bytes.
const SHORT_CELLS: [u32; 9] = [0, 1, 2, 3, 4, 5, 6, 8, 9];
const COUNT: usize = 72;
const BUCKETS: [u32; COUNT] = bucket_counts();
/// The shape with 64 buckets, 4 KiB.
const LARGEST: u8 = 23;

/// A segment's size. Stored plus one, which leaves zero free as a niche.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape(NonZeroU8);

impl Shape {
    /// No memory at all.
    pub(crate) const EMPTY: Shape = Shape::at(0);

    const fn at(index: u8) -> Shape {
        match NonZeroU8::new(index + 1) {
            Some(stored) => Shape(stored),
            None => panic!("shapes are few"),
        }
    }

    #[inline]
    fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }

    /// The smallest shape with room for this many entries.
    pub(crate) fn for_count(count: u32) -> Shape {
        let mut shape = Shape::EMPTY;
        while shape.limit() < count {
            shape = shape.next();
        }
        shape
    }

    /// The next larger shape, by 20 to 33 % beyond the first few.
    pub(crate) fn next(self) -> Shape {
        Shape::at(self.0.get())
    }

    /// The next smaller shape, if entries would not fill it to the brim at once.
    pub(crate) fn smaller_for(self, count: u32) -> Option<Shape> {
        let index = self.index() as u8;
        if count == 0 {
            return (index > 0).then_some(Shape::EMPTY);
        }
        let roomy = index >= 2 && count <= Shape::at(index - 2).limit();
        roomy.then(|| Shape::at(index - 1))
    }

    /// Whether a segment should be split rather than grow beyond this shape.
    pub(crate) fn is_large(self) -> bool {
        self.index() >= LARGEST as usize
    }

    /// Cells of the one short bucket; `None` if the shape has whole buckets.
    #[inline]
    pub(crate) fn short_cells(self) -> Option<usize> {
        SHORT_CELLS.get(self.index()).map(|&cells| cells as usize)
    }

    /// How many buckets hashes are spread over.
    #[inline]
    pub(crate) fn buckets(self) -> u32 {
        BUCKETS[self.index()]
    }

    /// How many entries are held before the segment grows: all cells of a short bucket, 7/8 of several whole ones.
    #[inline]
    pub(crate) fn limit(self) -> u32 {
        match SHORT_CELLS.get(self.index()) {
            Some(&cells) => cells,
            None => self.buckets() * BUCKET_CELLS as u32 * 7 / 8,
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(self) -> usize {
        match self.short_cells() {
            Some(cells) => (cells * 7).next_multiple_of(8),
            None => self.buckets() as usize * 64,
        }
    }
}

/// One bucket for short shapes; then 2 to 6 buckets, then three sizes for each doubling: 8, 10, 12, 16, .. All are
/// size classes of allocators. Smaller steps would save little memory and move entries more often.
const fn bucket_counts() -> [u32; COUNT] {
    let mut counts = [1; COUNT];
    let mut index = SHORT_CELLS.len();
    let mut buckets: u32 = 2;
    while index < COUNT {
        counts[index] = buckets;
        let quarter = if buckets < 8 {
            1
        } else {
            1 << (buckets.ilog2() - 2)
        };
        let sixth = buckets == 6 * quarter;
        buckets += if sixth { 2 * quarter } else { quarter };
        index += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_small() {
        assert_eq!(Shape::at(LARGEST).buckets(), 64);
        let mut shape = Shape::EMPTY;
        while !shape.is_large() {
            let next = shape.next();
            assert!(next.limit() > shape.limit());
            assert!(next.limit() <= shape.limit() * 3 / 2 + 6, "{shape:?}");
            assert_eq!(
                super::super::size_class::size_class(next.bytes()),
                next.bytes()
            );
            shape = next;
        }
    }

    #[test]
    fn shrinking_leaves_room() {
        let mut shape = Shape::for_count(500);
        let mut count = 500;
        while count > 0 {
            count -= 1;
            if let Some(smaller) = shape.smaller_for(count) {
                assert!(smaller.limit() > count || count == 0);
                shape = smaller;
            }
        }
        assert_eq!(shape, Shape::EMPTY);
    }
}
