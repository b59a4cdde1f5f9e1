//! A tree of members that are in order already: level by level, without a search.

use super::Ranked;
use super::node::{FAN, Inner, LEAF, Leaf, Node};
use super::tree::Tree;

/// Leaves are built a little less than full, so that the first new members split none.
const LEAF_FILL: usize = LEAF - 5;
const INNER_FILL: usize = FAN - 3;

impl Tree {
    /// A tree of these members. O(n).
    ///
    /// # Safety
    /// As for [`Tree::insert`], for each member; and they come in ascending order, none twice.
    pub unsafe fn from_sorted(members: impl ExactSizeIterator<Item = Ranked>) -> Tree {
        let len = members.len();
        let mut members = members;
        let mut level: Vec<Node> = shares(len, LEAF_FILL)
            .map(|share| {
                let mut leaf = Box::new(Leaf::EMPTY);
                members
                    .by_ref()
                    .take(share)
                    .for_each(|entry| leaf.push(entry));
                Node::Leaf(leaf)
            })
            .collect();
        while level.len() > 1 {
            let shares = shares(level.len(), INNER_FILL);
            let mut nodes = level.into_iter();
            level = shares
                .map(|share| {
                    let mut inner = Inner::empty();
                    nodes.by_ref().take(share).for_each(|node| inner.push(node));
                    Node::Inner(inner)
                })
                .collect();
        }
        Tree {
            root: level.pop(),
            len,
        }
    }
}

/// Parts of at most `most` that add up to `count` and differ by at most one.
fn shares(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let parts = count.div_ceil(most);
    (0..parts).map(move |part| count / parts + usize::from(part < count % parts))
}
