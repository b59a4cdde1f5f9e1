//! All items of a table one by one.

use super::cell::Cell;
use super::item::Item;
use super::segment::Segment;
use std::iter::FusedIterator;
use std::slice;

/// Walks over a table, in no order.
pub struct Iter<'a, I: Item> {
    segments: slice::Iter<'a, Segment<I>>,
    segment: Option<&'a Segment<I>>,
    /// The number of the next bucket of the segment.
    bucket: usize,
    cells: slice::Iter<'a, Cell>,
    left: usize,
}

impl<'a, I: Item> Iter<'a, I> {
    pub(super) fn new(segments: &'a [Segment<I>], len: usize) -> Iter<'a, I> {
        Iter {
            segments: segments.iter(),
            segment: None,
            bucket: 0,
            cells: [].iter(),
            left: len,
        }
    }

    fn next_cell(&mut self) -> Option<Cell> {
        loop {
            if let Some(&cell) = self.cells.next() {
                return Some(cell);
            }
            let cells = self.segment.and_then(|at| at.bucket_cells(self.bucket));
            if let Some(cells) = cells {
                self.cells = cells.iter();
                self.bucket += 1;
            } else {
                self.segment = Some(self.segments.find(|segment| segment.len() > 0)?);
                self.bucket = 0;
            }
        }
    }
}

impl<'a, I: Item> Iterator for Iter<'a, I> {
    type Item = I::Ref<'a>;

    #[inline]
    fn next(&mut self) -> Option<I::Ref<'a>> {
        let cell = self.next_cell()?;
        self.left -= 1;
        // SAFETY: it comes from the used cells of a segment, which is borrowed for 'a.
        Some(unsafe { I::view(cell) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Item> ExactSizeIterator for Iter<'_, I> {}
impl<I: Item> FusedIterator for Iter<'_, I> {}
