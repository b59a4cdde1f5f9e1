//! A row of nodes, for lists that are too large for one listpack.
//!
//! The nodes lie side by side in a ring, 32 bytes each with their number of elements, so that an index is found by
//! adding up a few numbers per cache line, and both ends are at hand.
//!
//! Invariants:
//! - No node is empty; `len` is the sum of their elements.
//! - A node beyond the limit holds one element, or was made under another limit.

use std::collections::VecDeque;

use super::node::{Node, NodeLimit, NodeRef};
use super::{End, Side};
use crate::packed::element::Wanted;
use crate::packed::listpack::Listpack;

/// See the top of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Quicklist {
    nodes: VecDeque<Node>,
    len: usize,
}

impl Quicklist {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, number: usize) -> Option<NodeRef<'_>> {
        self.nodes.get(number).map(Node::as_ref)
    }

    pub(super) fn allocated(&self) -> usize {
        let nodes: usize = self.nodes.iter().map(Node::allocated).sum();
        size_of::<Quicklist>() + self.nodes.capacity() * size_of::<Node>() + nodes
    }

    /// Puts a node before the one of this number. The ring grows by a quarter: doubling would be noticed beside Redis,
    /// whose nodes are linked.
    fn add_node(&mut self, number: usize, node: Node) {
        if self.nodes.len() == self.nodes.capacity() {
            self.nodes.reserve_exact(self.nodes.len() / 4 + 1);
        }
        self.nodes.insert(number, node);
    }

    /// Puts a copy of a node behind all others, unless it is empty.
    pub(super) fn push_node(&mut self, node: NodeRef<'_>) {
        match node {
            NodeRef::Packed(pack) => self.push_pack(pack.clone()),
            NodeRef::Plain(bytes) => {
                self.add_node(self.nodes.len(), Node::plain(bytes));
                self.len += 1;
            }
        }
    }

    /// Puts a listpack behind all others as a node, unless it is empty.
    pub(super) fn push_pack(&mut self, pack: Listpack) {
        if !pack.is_empty() {
            let node = Node::packed(pack);
            self.len += node.len();
            self.add_node(self.nodes.len(), node);
        }
    }

    /// The only node's listpack, if `admits` takes it; one without elements if there is no node.
    pub(super) fn into_listpack(
        mut self,
        admits: impl FnOnce(&Listpack) -> bool,
    ) -> Result<Listpack, Quicklist> {
        if self.nodes.len() > 1 {
            return Err(self);
        }
        match self.nodes.front().map(Node::as_ref) {
            None => return Ok(Listpack::new()),
            Some(NodeRef::Packed(pack)) if admits(pack) => {}
            Some(_) => return Err(self),
        }
        let node = self.nodes.pop_front().expect("it was just looked at");
        node.into_listpack().map_err(|node| Quicklist {
            len: node.len(),
            nodes: VecDeque::from([node]),
        })
    }

    #[inline]
    pub(super) fn push(&mut self, end: End, element: &[u8], limit: NodeLimit) {
        let (node, own_limit) = match end {
            End::Front => (self.nodes.front_mut(), limit.in_front()),
            End::Back => (self.nodes.back_mut(), limit),
        };
        self.len += 1;
        match node.and_then(|node| node.room(element, own_limit)) {
            Some(room) => room.push(end, element),
            None => {
                let number = match end {
                    End::Front => 0,
                    End::Back => self.nodes.len(),
                };
                self.add_node(number, Node::of(element, limit));
            }
        }
    }

    /// The node with the element `index`, and the offset there, counting from the nearer end.
    pub(super) fn locate(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        if index < self.len / 2 {
            let mut offset = index;
            for (number, node) in self.nodes.iter().enumerate() {
                if offset < node.len() {
                    return Some((number, offset));
                }
                offset -= node.len();
            }
            return None;
        }
        let mut behind = self.len;
        for (number, node) in self.nodes.iter().enumerate().rev() {
            behind -= node.len();
            if index >= behind {
                return Some((number, index - behind));
            }
        }
        None
    }

    pub(super) fn remove_range(&mut self, from: usize, count: usize) {
        let mut left = count.min(self.len.saturating_sub(from));
        let Some((mut at, offset)) = self.locate(from).filter(|_| left > 0) else {
            return;
        };
        self.len -= left;
        if offset > 0 {
            let taken = left.min(self.nodes[at].len() - offset);
            self.nodes[at].remove_range(offset, taken);
            left -= taken;
            at += 1;
        }
        let mut whole = at;
        while left > 0 && self.nodes[whole].len() <= left {
            left -= self.nodes[whole].len();
            whole += 1;
        }
        if whole > at {
            self.nodes.drain(at..whole);
            self.tidy();
        }
        if left > 0 {
            self.nodes[at].remove_range(0, left);
        }
    }

    pub(super) fn set(&mut self, index: usize, element: &[u8], limit: NodeLimit) -> bool {
        let Some((number, offset)) = self.locate(index) else {
            return false;
        };
        if self.nodes[number].replace(offset, element, limit) {
            return true;
        }
        self.len -= 1;
        if self.nodes[number].len() > 1 {
            self.nodes[number].remove_range(offset, 1);
            self.insert_at(number, offset, element, limit);
            return true;
        }
        self.nodes.remove(number);
        match number.checked_sub(1) {
            Some(before) => self.insert_at(before, self.nodes[before].len(), element, limit),
            None if self.nodes.is_empty() => self.push(End::Back, element, limit),
            None => self.insert_at(0, 0, element, limit),
        }
        true
    }

    pub(super) fn insert(
        &mut self,
        side: Side,
        pivot: &[u8],
        element: &[u8],
        limit: NodeLimit,
    ) -> bool {
        let wanted = Wanted::new(pivot);
        let found = self.nodes.iter().enumerate();
        let mut found = found.filter_map(|(number, node)| Some((number, node.find(&wanted)?)));
        let Some((number, offset)) = found.next() else {
            return false;
        };
        let gap = offset + usize::from(side == Side::After);
        self.insert_at(number, gap, element, limit);
        true
    }

    /// Puts an element before the one at the offset `gap` of a node, or behind all of that node: into that node, into the
    /// neighbour that is nearest, or between the two halves of the node.
    fn insert_at(&mut self, number: usize, gap: usize, element: &[u8], limit: NodeLimit) {
        self.len += 1;
        if let Some(room) = self.nodes[number].room(element, limit) {
            return room.insert(gap, element);
        }
        let (is_head, is_tail) = (gap == 0, gap == self.nodes[number].len());
        if is_tail && self.push_into(number + 1, End::Front, element, limit) {
            return;
        }
        if is_head && number > 0 && self.push_into(number - 1, End::Back, element, limit) {
            return;
        }
        if is_head || is_tail {
            let number = number + usize::from(is_tail);
            return self.add_node(number, Node::of(element, limit));
        }
        let rest = self.nodes[number].split_off(gap);
        self.add_node(number + 1, rest);
        if !self.push_into(number, End::Back, element, limit)
            && !self.push_into(number + 1, End::Front, element, limit)
        {
            self.add_node(number + 1, Node::of(element, limit));
        }
        self.merge_around(number, limit);
    }

    /// Puts an element into a node, if there is such a node and it has room. Returns whether it did.
    fn push_into(&mut self, number: usize, end: End, element: &[u8], limit: NodeLimit) -> bool {
        let node = self.nodes.get_mut(number);
        let room = node.and_then(|node| node.room(element, limit));
        let has_room = room.is_some();
        if let Some(room) = room {
            room.push(end, element);
        }
        has_room
    }

    /// Makes one node of neighbours that are small enough together, after a node was split in two.
    fn merge_around(&mut self, number: usize, limit: NodeLimit) {
        for first in (number.saturating_sub(1)..number + 3).rev() {
            if first + 1 < self.nodes.len() {
                self.merge_pair(first, limit);
            }
        }
    }

    /// Invariant: there is a node behind `first`.
    fn merge_pair(&mut self, first: usize, limit: NodeLimit) {
        let (front, back) = self.nodes.as_mut_slices();
        let split = front.len();
        let (one, other) = if first + 1 < split {
            let (one, other) = front.split_at_mut(first + 1);
            (&mut one[first], &other[0])
        } else if first + 1 == split {
            (&mut front[first], &back[0])
        } else {
            let (one, other) = back.split_at_mut(first + 1 - split);
            (&mut one[first - split], &other[0])
        };
        if one.absorb(other, limit) {
            self.nodes.remove(first + 1);
        }
    }

    pub(super) fn remove_equal(&mut self, from: End, wanted: &Wanted<'_>, max: usize) -> usize {
        let mut left = max;
        let mut emptied = false;
        let mut remove = |node: &mut Node| {
            left -= node.remove_equal(from, wanted, left);
            emptied |= node.len() == 0;
            left > 0
        };
        match from {
            End::Front => self.nodes.iter_mut().all(&mut remove),
            End::Back => self.nodes.iter_mut().rev().all(&mut remove),
        };
        if emptied {
            self.nodes.retain(|node| node.len() > 0);
            self.tidy();
        }
        self.len -= max - left;
        max - left
    }

    pub(super) fn release_some(&mut self, elements: usize) -> bool {
        let mut released = 0;
        while released < elements
            && let Some(node) = self.nodes.pop_back()
        {
            released += node.len();
        }
        self.nodes.is_empty()
    }

    /// Gives back the room of nodes that went, when most of it is empty.
    fn tidy(&mut self) {
        if self.nodes.capacity() > 16 && self.nodes.len() * 4 <= self.nodes.capacity() {
            self.nodes.shrink_to(self.nodes.len() * 5 / 4);
        }
    }
}
