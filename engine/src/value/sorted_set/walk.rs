//! A walk over members of either form.

use super::packed::Pairs;
use crate::packed::element::Element;
use crate::ranked;

/// Iterates over members and their scores.
pub enum Walk<'a> {
    /// Over a listpack.
    Packed(Pairs<'a>),
    /// Over a tree.
    Indexed(ranked::Walk<'a>),
}

impl<'a> Iterator for Walk<'a> {
    type Item = (Element<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Walk::Packed(pairs) => pairs.next(),
            Walk::Indexed(walk) => walk
                .next()
                .map(|(score, bytes)| (Element::Bytes(bytes), score)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match self {
            Walk::Packed(pairs) => pairs.len(),
            Walk::Indexed(walk) => walk.len(),
        };
        (len, Some(len))
    }
}

impl ExactSizeIterator for Walk<'_> {}
