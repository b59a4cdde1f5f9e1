//! The tree as its users see it.

use super::node::{Edge, Inner, LEAF, Leaf, Node, clamp, find_in_leaf, locate};
use super::probe::{Key, Probe};
use super::walk::{Direction, Walk};
use super::{MemberPtr, Ranked};
use std::ops::Range;

/// See the top of `ranked`.
#[derive(Default)]
pub struct Tree {
    pub(super) root: Option<Node>,
    pub(super) len: usize,
}

impl Tree {
    /// A tree without members.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// How many members it holds.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a member that is not there. O(log n).
    ///
    /// # Safety
    /// The member is alive, and its bytes do not change, until it is out of the tree again or the tree has been
    /// dropped.
    pub unsafe fn insert(&mut self, score: f64, member: MemberPtr) {
        debug_assert!(!score.is_nan());
        let entry = Ranked { score, member };
        // SAFETY: the caller says it is alive.
        let bytes = unsafe { member.bytes() };
        let key = Key {
            score,
            bytes,
            through: false,
        };
        let edge = Edge {
            first: true,
            last: true,
        };
        let root = self
            .root
            .get_or_insert_with(|| Node::Leaf(Box::new(Leaf::EMPTY)));
        if let Some(next) = root.insert(&key, entry, edge) {
            let mut above = Inner::empty();
            above.push(self.root.take().expect("it was split just now"));
            above.push(next);
            self.root = Some(Node::Inner(above));
        }
        self.len += 1;
    }

    /// Takes a member out. O(log n).
    pub fn remove(&mut self, score: f64, bytes: &[u8]) -> Option<MemberPtr> {
        let through = Key {
            score,
            bytes,
            through: true,
        };
        let member = self.root.as_mut()?.remove(&through)?;
        self.len -= 1;
        self.lower_root();
        Some(member)
    }

    /// Gives a member another score. O(log n); when it stays in its leaf, which a small change mostly leaves it in,
    /// nothing but the leaf is written. Returns whether the member was there.
    pub fn rescore(&mut self, old: f64, new: f64, bytes: &[u8]) -> bool {
        debug_assert!(!new.is_nan());
        let through = Key {
            score: old,
            bytes,
            through: true,
        };
        let Some(mut node) = self.root.as_mut() else {
            return false;
        };
        let leaf = loop {
            match node {
                Node::Leaf(leaf) => break leaf,
                Node::Inner(inner) => {
                    let at = inner.child_of(&through);
                    node = inner.child_mut(at);
                }
            }
        };
        let Some(from) = find_in_leaf(leaf, &through) else {
            return false;
        };
        let member = leaf.get(from).member;
        if let Some(to) = place_within(leaf, from, new, bytes) {
            leaf.relocate(from, to, new);
            return true;
        }
        self.remove(old, bytes);
        // SAFETY: the tree held this member until now, so that whoever lent it keeps it alive until it is out again.
        unsafe { self.insert(new, member) };
        true
    }

    /// Takes out the members of these ranks, in order. O(log n) for each leaf they are in.
    pub fn remove_ranks(&mut self, ranks: Range<usize>, mut gone: impl FnMut(Ranked)) {
        let ranks = clamp(ranks, self.len);
        let mut left = ranks.len();
        while left > 0 {
            let Some(root) = &mut self.root else { return };
            let removed = root.remove_run(ranks.start, left, &mut gone);
            left -= removed;
            self.len -= removed;
            self.lower_root();
        }
    }

    /// Frees nodes of about so many members; true when none is left. The members are not looked at.
    pub fn release_some(&mut self, members: usize) -> bool {
        for _ in 0..members / LEAF + 1 {
            let Some(root) = &mut self.root else { break };
            self.len -= root.drop_last_leaf();
            if root.width() == 0 {
                self.root = None;
            }
        }
        self.root.is_none()
    }

    fn lower_root(&mut self) {
        while let Some(root) = &self.root
            && root.width() <= usize::from(matches!(root, Node::Inner(_)))
        {
            self.root = match self.root.take() {
                Some(Node::Inner(inner)) => inner.into_single(),
                _ => None,
            };
        }
    }

    /// How many members come before a place. O(log n).
    #[inline]
    pub fn rank(&self, probe: &impl Probe) -> usize {
        let Some(mut node) = self.root.as_ref() else {
            return 0;
        };
        let mut before = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return before + leaf.position(probe),
                Node::Inner(inner) => {
                    let at = inner.child_of(probe);
                    before += inner.counts()[..at].iter().sum::<usize>();
                    node = inner.child(at);
                }
            }
        }
    }

    /// The member of a rank. O(log n).
    pub fn select(&self, rank: usize) -> Option<(f64, &[u8])> {
        let root = self.root.as_ref().filter(|_| rank < self.len)?;
        let (leaf, at) = locate(root, rank);
        Some((leaf.scores()[at], leaf.bytes(at)))
    }

    /// The members of these ranks, upwards. O(log n) for the first of each leaf, O(1) for the others.
    pub fn walk(&self, ranks: Range<usize>) -> Walk<'_> {
        Walk::new(
            self.root.as_ref(),
            clamp(ranks, self.len),
            Direction::Upwards,
        )
    }

    /// The same downwards, from the highest of the ranks.
    pub fn walk_back(&self, ranks: Range<usize>) -> Walk<'_> {
        Walk::new(
            self.root.as_ref(),
            clamp(ranks, self.len),
            Direction::Downwards,
        )
    }

    /// Bytes of its nodes. O(number of inner nodes).
    pub fn allocated(&self) -> usize {
        self.root.as_ref().map_or(0, allocated)
    }
}

fn allocated(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => size_of::<Leaf>(),
        Node::Inner(inner) => {
            let lowest = matches!(inner.child(0), Node::Leaf(_));
            let below = if lowest {
                inner.len() * size_of::<Leaf>()
            } else {
                inner.children().map(allocated).sum()
            };
            size_of::<Inner>() + below
        }
    }
}

/// Where in its leaf a member belongs that gets another score, if that is between the leaf's first and last and moves
/// neither end. What is beyond them is known to other leaves.
fn place_within(leaf: &Leaf, from: usize, score: f64, bytes: &[u8]) -> Option<usize> {
    let last = leaf.len() - 1;
    if from == 0 || from == last || leaf.len() > LEAF {
        return None;
    }
    let key = Key {
        score,
        bytes,
        through: false,
    };
    let before = leaf.position(&key);
    // Counted among the members before it is the one that moves, if it moves up.
    let to = before.checked_sub(usize::from(before > from))?;
    (to > 0 && to < last).then_some(to)
}
