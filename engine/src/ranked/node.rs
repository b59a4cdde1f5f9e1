//! The nodes of the tree.
//!
//! Invariant: no node but an empty tree's root is empty; the leaves are all at one depth.
//! Invariant: an inner node's `firsts` are the first members below its children, exactly: a member that is gone is named
//! nowhere in the tree.
//!
//! Deliberately no lower limit on how full a node is: one that falls below a quarter is joined with a neighbour, or takes
//! from it; but members that come in order leave full leaves behind and a short one at the end.

use super::entries::Entries;
use super::probe::{Key, Probe};
use super::{MemberPtr, Ranked};
use std::ops::Range;

/// Members of a leaf: with the count one allocation of 1 KiB.
pub(super) const LEAF: usize = 63;
/// Children of an inner node: 1,248 bytes, just below the allocation class of 1,280.
pub(super) const FAN: usize = 31;

pub(super) type Leaf = Entries<LEAF>;

pub(super) struct Inner {
    firsts: Entries<FAN>,
    counts: [usize; FAN],
    children: [Option<Node>; FAN],
}

pub(super) enum Node {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

const _: () = assert!(size_of::<Leaf>() <= 1024 && size_of::<Inner>() <= 1280);

/// Whether a node is the first or the last of its level. Members that come in ascending or descending order are met
/// there, and a split then leaves the full node full.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) first: bool,
    pub(super) last: bool,
}

impl Edge {
    /// How many of `full` parts stay when one more is to come in at `at`.
    fn split(self, at: usize, full: usize) -> usize {
        if self.last && at == full {
            full
        } else if self.first && at == 0 {
            0
        } else {
            full.div_ceil(2)
        }
    }
}

impl Node {
    /// Entries or children.
    pub(super) fn width(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len(),
            Node::Inner(inner) => inner.len(),
        }
    }

    /// Members at or below it.
    pub(super) fn count(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len(),
            Node::Inner(inner) => inner.counts().iter().sum(),
        }
    }

    pub(super) fn first(&self) -> Ranked {
        match self {
            Node::Leaf(leaf) => leaf.get(0),
            Node::Inner(inner) => inner.firsts.get(0),
        }
    }

    fn least(&self) -> usize {
        match self {
            Node::Leaf(_) => LEAF / 4,
            Node::Inner(_) => FAN / 4,
        }
    }

    /// Adds a member that is not there. Returns the node that is to follow this one if it had to be split.
    pub(super) fn insert(&mut self, key: &Key<'_>, entry: Ranked, edge: Edge) -> Option<Node> {
        match self {
            Node::Leaf(leaf) => insert_into_leaf(leaf, leaf.position(key), entry, edge),
            Node::Inner(inner) => {
                let at = inner.child_of(key);
                let edge_below = Edge {
                    first: edge.first && at == 0,
                    last: edge.last && at + 1 == inner.len(),
                };
                let child = inner.child_mut(at);
                let split = child.insert(key, entry, edge_below);
                match split {
                    None => {
                        inner.counts[at] += 1;
                        if key.score <= inner.firsts.scores()[at] {
                            inner.tell_first(at);
                        }
                        None
                    }
                    Some(next) => {
                        inner.recount(at);
                        inner.insert_child(at + 1, next, edge)
                    }
                }
            }
        }
    }

    /// Takes out up to `most` members from `rank` on, as many as are in the leaf of the first, and tells which they
    /// were. Returns how many. Invariant: `rank` is below the count.
    pub(super) fn remove_run(
        &mut self,
        rank: usize,
        most: usize,
        gone: &mut impl FnMut(Ranked),
    ) -> usize {
        match self {
            Node::Leaf(leaf) => {
                let range = rank..leaf.len().min(rank.saturating_add(most));
                range.clone().for_each(|at| gone(leaf.get(at)));
                leaf.remove(range.clone());
                range.len()
            }
            Node::Inner(inner) => {
                let (at, rank) = inner.child_at(rank);
                let removed = inner.child_mut(at).remove_run(rank, most, gone);
                inner.after_removal(at, removed, rank == 0);
                removed
            }
        }
    }

    /// Takes out the member right before the probe's place, if it has these bytes.
    pub(super) fn remove(&mut self, through: &Key<'_>) -> Option<MemberPtr> {
        match self {
            Node::Leaf(leaf) => {
                let at = find_in_leaf(leaf, through)?;
                let member = leaf.get(at).member;
                leaf.remove(at..at + 1);
                Some(member)
            }
            Node::Inner(inner) => {
                let at = inner.child_of(through);
                let member = inner.child_mut(at).remove(through)?;
                inner.after_removal(at, 1, true);
                Some(member)
            }
        }
    }
}

impl Node {
    /// Frees the last leaf below and returns how many members it had. What is left has no order any more.
    pub(super) fn drop_last_leaf(&mut self) -> usize {
        match self {
            Node::Leaf(leaf) => {
                let count = leaf.len();
                leaf.remove(0..count);
                count
            }
            Node::Inner(inner) => {
                let last = inner.len() - 1;
                let child = inner.child_mut(last);
                let count = child.drop_last_leaf();
                if child.width() == 0 {
                    inner.remove_at(last);
                }
                count
            }
        }
    }
}

/// The place of the member that `through` stands behind.
pub(super) fn find_in_leaf(leaf: &Leaf, through: &Key<'_>) -> Option<usize> {
    let at = leaf.position(through).checked_sub(1)?;
    (leaf.scores()[at] == through.score && leaf.bytes(at) == through.bytes).then_some(at)
}

fn insert_into_leaf(leaf: &mut Box<Leaf>, at: usize, entry: Ranked, edge: Edge) -> Option<Node> {
    if !leaf.is_full() {
        leaf.insert(at, entry);
        return None;
    }
    let stay = edge.split(at, LEAF);
    let mut next = Box::new(Leaf::EMPTY);
    leaf.give_last(stay, &mut next);
    if at <= stay && stay < LEAF {
        leaf.insert(at, entry);
    } else {
        next.insert(at - stay, entry);
    }
    Some(Node::Leaf(next))
}

impl Inner {
    pub(super) fn empty() -> Box<Inner> {
        Box::new(Inner {
            firsts: Entries::EMPTY,
            counts: [0; FAN],
            children: [const { None }; FAN],
        })
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.firsts.len()
    }

    #[inline]
    pub(super) fn counts(&self) -> &[usize] {
        &self.counts[..self.len()]
    }

    #[inline]
    pub(super) fn child(&self, at: usize) -> &Node {
        self.children[at]
            .as_ref()
            .expect("places below the length hold a child")
    }

    #[inline]
    pub(super) fn child_mut(&mut self, at: usize) -> &mut Node {
        self.children[at]
            .as_mut()
            .expect("places below the length hold a child")
    }

    pub(super) fn children(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().flatten()
    }

    /// The child in which a place is, at its end rather than at the beginning of the next.
    #[inline]
    pub(super) fn child_of(&self, probe: &impl Probe) -> usize {
        probe.position(1, &self.firsts) - 1
    }

    /// The child that holds the member of this rank, and the rank there.
    #[inline]
    pub(super) fn child_at(&self, rank: usize) -> (usize, usize) {
        let mut rank = rank;
        for (at, count) in self.counts().iter().enumerate() {
            if rank < *count {
                return (at, rank);
            }
            rank -= count;
        }
        unreachable!("a rank below the count is in some child")
    }

    /// The only child of an inner node that has but one.
    pub(super) fn into_single(mut self: Box<Self>) -> Option<Node> {
        self.children[0].take()
    }

    pub(super) fn push(&mut self, node: Node) {
        let at = self.len();
        self.firsts.push(node.first());
        self.counts[at] = node.count();
        self.children[at] = Some(node);
    }

    fn tell_first(&mut self, at: usize) {
        let first = self.child(at).first();
        self.firsts.set(at, first);
    }

    fn recount(&mut self, at: usize) {
        self.counts[at] = self.child(at).count();
        self.tell_first(at);
    }

    fn insert_child(&mut self, at: usize, node: Node, edge: Edge) -> Option<Node> {
        if !self.firsts.is_full() {
            self.insert_at(at, node);
            return None;
        }
        let stay = edge.split(at, FAN);
        let mut next = Inner::empty();
        self.give_last(stay, &mut next);
        if at <= stay && stay < FAN {
            self.insert_at(at, node);
        } else {
            next.insert_at(at - stay, node);
        }
        Some(Node::Inner(next))
    }

    fn insert_at(&mut self, at: usize, node: Node) {
        let len = self.len();
        self.firsts.insert(at, node.first());
        self.counts[at..=len].rotate_right(1);
        self.counts[at] = node.count();
        self.children[at..=len].rotate_right(1);
        self.children[at] = Some(node);
    }

    fn remove_at(&mut self, at: usize) {
        let len = self.len();
        self.firsts.remove(at..at + 1);
        self.counts[at..len].rotate_left(1);
        self.children[at] = None;
        self.children[at..len].rotate_left(1);
    }

    /// Moves the last children, from `from` on, to the front of `other`.
    fn give_last(&mut self, from: usize, other: &mut Inner) {
        let (len, old) = (self.len(), other.len());
        let count = len - from;
        self.firsts.give_last(from, &mut other.firsts);
        other.counts[..old + count].rotate_right(count);
        other.counts[..count].copy_from_slice(&self.counts[from..len]);
        other.children[..old + count].rotate_right(count);
        other.children[..count].swap_with_slice(&mut self.children[from..len]);
    }

    /// Moves the first `count` children of `other` to the end.
    fn take_first(&mut self, count: usize, other: &mut Inner) {
        let (len, old) = (self.len(), other.len());
        self.firsts.take_first(count, &mut other.firsts);
        self.counts[len..len + count].copy_from_slice(&other.counts[..count]);
        other.counts[..old].rotate_left(count);
        self.children[len..len + count].swap_with_slice(&mut other.children[..count]);
        other.children[..old].rotate_left(count);
    }

    /// Puts a child in order after `removed` members below it are gone, `first` if the first may be among them.
    fn after_removal(&mut self, at: usize, removed: usize, first: bool) {
        self.counts[at] -= removed;
        let child = self.child(at);
        let (width, least) = (child.width(), child.least());
        if width == 0 {
            self.remove_at(at);
            return;
        }
        if first {
            self.tell_first(at);
        }
        if width < least && self.len() > 1 {
            self.join(at.saturating_sub(1));
        }
    }

    /// Makes one of the children `at` and `at + 1`, or makes them equally wide.
    fn join(&mut self, at: usize) {
        let [left, right] = &mut self.children[at..at + 2] else {
            unreachable!("two children were asked for")
        };
        let (Some(left), Some(right)) = (left, right) else {
            unreachable!("places below the length hold a child")
        };
        match (left, right) {
            (Node::Leaf(left), Node::Leaf(right)) => match balance(left.len(), right.len(), LEAF) {
                Balance::Give(from) => left.give_last(from, right),
                Balance::Take(count) => left.take_first(count, right),
            },
            (Node::Inner(left), Node::Inner(right)) => {
                match balance(left.len(), right.len(), FAN) {
                    Balance::Give(from) => left.give_last(from, right),
                    Balance::Take(count) => left.take_first(count, right),
                }
            }
            _ => unreachable!("leaves are all at one depth"),
        }
        if self.child(at + 1).width() == 0 {
            self.remove_at(at + 1);
        } else {
            self.recount(at + 1);
        }
        self.recount(at);
    }
}

/// What the left of two nodes does.
enum Balance {
    /// It gives what it has from here on.
    Give(usize),
    /// It takes so many.
    Take(usize),
}

fn balance(left: usize, right: usize, full: usize) -> Balance {
    let half = (left + right).div_ceil(2);
    if left + right <= full {
        Balance::Take(right)
    } else if left > half {
        Balance::Give(half)
    } else {
        Balance::Take(half - left)
    }
}

/// The leaf that holds the member of this rank, and its place there. Invariant: `rank` is below the count.
#[inline]
pub(super) fn locate(root: &Node, rank: usize) -> (&Leaf, usize) {
    let (mut node, mut rank) = (root, rank);
    loop {
        match node {
            Node::Leaf(leaf) => return (leaf, rank),
            Node::Inner(inner) => {
                let (at, below) = inner.child_at(rank);
                (node, rank) = (inner.child(at), below);
            }
        }
    }
}

/// Ranks of a leaf's entries, for callers that walk it.
pub(super) fn clamp(range: Range<usize>, count: usize) -> Range<usize> {
    let end = range.end.min(count);
    range.start.min(end)..end
}
