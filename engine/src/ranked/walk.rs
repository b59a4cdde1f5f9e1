//! A walk over members in order, either way.

use super::node::{Leaf, Node, locate};
use std::ops::Range;

/// So many members ahead their memory is asked for.
const AHEAD: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Upwards,
    Downwards,
}

/// Iterates over (score, bytes).
pub struct Walk<'t> {
    root: Option<&'t Node>,
    /// What has not been walked yet.
    ranks: Range<usize>,
    direction: Direction,
    /// The leaf the walk is in, and how many of its entries are left in this direction.
    leaf: Option<&'t Leaf>,
    left: usize,
}

impl<'t> Walk<'t> {
    /// Invariant: `ranks` are below the count of `root`.
    pub(super) fn new(root: Option<&'t Node>, ranks: Range<usize>, direction: Direction) -> Self {
        Walk {
            root,
            ranks,
            direction,
            leaf: None,
            left: 0,
        }
    }

    /// Deliberately no links between leaves: the way down from the root costs little once for each leaf.
    #[cold]
    fn enter(&mut self) -> Option<&'t Leaf> {
        let root = self.root?;
        let (leaf, left) = match self.direction {
            Direction::Upwards => {
                let (leaf, at) = locate(root, self.ranks.start);
                (leaf, leaf.len() - at)
            }
            Direction::Downwards => {
                let (leaf, at) = locate(root, self.ranks.end - 1);
                (leaf, at + 1)
            }
        };
        self.leaf = Some(leaf);
        self.left = left;
        let soon = AHEAD.min(left).min(self.ranks.len());
        (0..soon).for_each(|ahead| self.prefetch(leaf, ahead));
        Some(leaf)
    }

    #[inline]
    fn prefetch(&self, leaf: &Leaf, ahead: usize) {
        let members = leaf.members();
        let at = match self.direction {
            Direction::Upwards => members.len() - self.left + ahead,
            Direction::Downwards => (self.left - 1).wrapping_sub(ahead),
        };
        if let Some(member) = members.get(at) {
            member.prefetch();
        }
    }
}

impl<'t> Iterator for Walk<'t> {
    type Item = (f64, &'t [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ranks.is_empty() {
            return None;
        }
        let leaf = match self.leaf {
            Some(leaf) if self.left > 0 => leaf,
            _ => self.enter()?,
        };
        self.prefetch(leaf, AHEAD);
        let at = match self.direction {
            Direction::Upwards => {
                self.ranks.start += 1;
                leaf.len() - self.left
            }
            Direction::Downwards => {
                self.ranks.end -= 1;
                self.left - 1
            }
        };
        self.left -= 1;
        Some((leaf.scores()[at], leaf.bytes(at)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.ranks.len(), Some(self.ranks.len()))
    }
}

impl ExactSizeIterator for Walk<'_> {}
