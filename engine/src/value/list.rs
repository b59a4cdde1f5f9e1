//! Lists: one listpack while small ("listpack"), a row of listpacks beyond that ("quicklist").
//!
//! Invariant: the encoding changes only in [`List::make_room`], which must be called before anything is added, and in
//! [`List::settle`], which must be called after anything was removed or replaced. Redis 7.2 changes it at those moments.
//!
//! Deliberately no compression of inner nodes: `list-compress-depth` is accepted and every node stays as it is.

mod iter;
mod node;
mod quicklist;

use super::collection::Collection;
use crate::packed::element::{Element, Wanted};
use crate::packed::listpack::Listpack;
pub use iter::Iter;
pub use node::{NodeLimit, NodeRef};
use quicklist::Quicklist;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where index 0 is.
    Front,
    /// Where index -1 is.
    Back,
}

/// Where an element goes, seen from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nearer to the front.
    Before,
    /// Nearer to the back.
    After,
}

/// See the top of the file.
#[derive(Debug, Clone, Default)]
pub struct List(Encoding);

#[derive(Debug, Clone)]
enum Encoding {
    Packed(Listpack),
    Quick(Box<Quicklist>),
}

impl Default for Encoding {
    fn default() -> Self {
        Encoding::Packed(Listpack::new())
    }
}

impl List {
    /// A list of these nodes, whatever other limits they were made for.
    pub fn from_nodes<'a>(nodes: impl IntoIterator<Item = NodeRef<'a>>, limit: NodeLimit) -> List {
        let mut quick = Quicklist::default();
        for node in nodes {
            quick.push_node(node);
        }
        if quick.len() == 0 {
            return List::default();
        }
        match quick.into_listpack(|pack| limit.admits(pack)) {
            Ok(pack) => List(Encoding::Packed(pack)),
            Err(quick) => List(Encoding::Quick(Box::new(quick))),
        }
    }

    /// Its nodes, front to back; a "listpack" is one.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeRef<'_>> {
        (0..self.node_count()).map(|number| self.node(number).expect("it is in range"))
    }

    /// The bytes of a "listpack".
    pub fn listpack(&self) -> Option<&Listpack> {
        match &self.0 {
            Encoding::Packed(pack) => Some(pack),
            Encoding::Quick(_) => None,
        }
    }

    fn node_count(&self) -> usize {
        match &self.0 {
            Encoding::Packed(_) => 1,
            Encoding::Quick(quick) => quick.nodes(),
        }
    }

    fn node(&self, number: usize) -> Option<NodeRef<'_>> {
        match &self.0 {
            Encoding::Packed(pack) => (number == 0).then_some(NodeRef::Packed(pack)),
            Encoding::Quick(quick) => quick.node(number),
        }
    }

    /// The node with the element `index`, and the index there.
    fn locate(&self, index: usize) -> Option<(usize, usize)> {
        match &self.0 {
            Encoding::Packed(pack) => (index < pack.len()).then_some((0, index)),
            Encoding::Quick(quick) => quick.locate(index),
        }
    }

    /// Prepares for `count` more elements of `bytes` bytes together.
    #[inline]
    pub fn make_room(&mut self, bytes: usize, count: usize, limit: NodeLimit) {
        let Encoding::Packed(pack) = &mut self.0 else {
            return;
        };
        if limit.is_exceeded(pack.bytes().len() + bytes, pack.len() + count) {
            let mut quick = Quicklist::default();
            quick.push_pack(std::mem::take(pack));
            self.0 = Encoding::Quick(Box::new(quick));
        }
    }

    /// Makes it one listpack again when it has become small enough.
    #[inline]
    pub fn settle(&mut self, limit: NodeLimit) {
        if let Encoding::Quick(quick) = &mut self.0
            && quick.nodes() <= 1
        {
            match std::mem::take(&mut **quick).into_listpack(|pack| limit.admits_half(pack)) {
                Ok(pack) => self.0 = Encoding::Packed(pack),
                Err(same) => **quick = same,
            }
        }
    }

    /// Adds an element at an end. [`List::make_room`] comes first.
    #[inline]
    pub fn push(&mut self, end: End, element: &[u8], limit: NodeLimit) {
        match (&mut self.0, end) {
            (Encoding::Packed(pack), End::Front) => pack.push_front(element),
            (Encoding::Packed(pack), End::Back) => pack.push_back(element),
            (Encoding::Quick(quick), end) => quick.push(end, element, limit),
        }
    }

    /// The element at an end.
    #[inline]
    pub fn peek(&self, end: End) -> Option<Element<'_>> {
        self.iter(end).next()
    }

    /// The element at `index`, counted from the front.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        self.iter_from(End::Front, index).next()
    }

    /// All elements, beginning at an end.
    #[inline]
    pub fn iter(&self, from: End) -> Iter<'_> {
        Iter::whole(self, from)
    }

    /// The element that is `skip` elements away from an end, and those behind it, away from that end.
    pub fn iter_from(&self, from: End, skip: usize) -> Iter<'_> {
        Iter::skipping(self, from, skip)
    }

    /// Takes up to `count` elements away from an end. [`List::settle`] follows.
    pub fn drop_some(&mut self, end: End, count: usize) {
        let count = count.min(self.len());
        match end {
            End::Front => self.remove_range(0, count),
            End::Back => self.remove_range(self.len() - count, count),
        }
    }

    /// Takes away up to `count` elements from `from` on. [`List::settle`] follows.
    pub fn remove_range(&mut self, from: usize, count: usize) {
        match &mut self.0 {
            Encoding::Packed(pack) => node::remove_range(pack, from, count),
            Encoding::Quick(quick) => quick.remove_range(from, count),
        }
    }

    /// Puts another element in the place of the one at `index`. Returns whether there is one. [`List::make_room`] comes
    /// first, [`List::settle`] follows.
    pub fn set(&mut self, index: usize, element: &[u8], limit: NodeLimit) -> bool {
        match &mut self.0 {
            Encoding::Packed(pack) => {
                let cursor = pack.seek(index);
                if let Some(cursor) = cursor {
                    pack.replace(cursor, element);
                }
                cursor.is_some()
            }
            Encoding::Quick(quick) => quick.set(index, element, limit),
        }
    }

    /// Puts an element beside the first one that equals `pivot`. Returns whether there is one. [`List::make_room`] comes
    /// first.
    pub fn insert(&mut self, side: Side, pivot: &[u8], element: &[u8], limit: NodeLimit) -> bool {
        match &mut self.0 {
            Encoding::Packed(pack) => {
                let Some(cursor) = pack.find(pivot, 0) else {
                    return false;
                };
                match side {
                    Side::Before => pack.insert_before(cursor, element),
                    Side::After => {
                        pack.insert_after(cursor, element);
                    }
                }
                true
            }
            Encoding::Quick(quick) => quick.insert(side, pivot, element, limit),
        }
    }

    /// Takes away up to `max` elements that equal `bytes`, the ones nearest to an end. Returns how many. [`List::settle`]
    /// follows.
    pub fn remove_equal(&mut self, from: End, bytes: &[u8], max: usize) -> usize {
        let wanted = Wanted::new(bytes);
        match &mut self.0 {
            Encoding::Packed(pack) => node::remove_equal(pack, from, &wanted, max),
            Encoding::Quick(quick) => quick.remove_equal(from, &wanted, max),
        }
    }
}

impl Collection for List {
    fn len(&self) -> usize {
        match &self.0 {
            Encoding::Packed(pack) => pack.len(),
            Encoding::Quick(quick) => quick.len(),
        }
    }

    fn encoding(&self) -> &'static str {
        match &self.0 {
            Encoding::Packed(_) => "listpack",
            Encoding::Quick(_) => "quicklist",
        }
    }

    fn allocated(&self) -> usize {
        let content = match &self.0 {
            Encoding::Packed(pack) => pack.allocated(),
            Encoding::Quick(quick) => quick.allocated(),
        };
        size_of::<List>() + content
    }

    fn release_some(&mut self, elements: usize) -> bool {
        match &mut self.0 {
            Encoding::Packed(_) => true,
            Encoding::Quick(quick) => quick.release_some(elements),
        }
    }
}

#[cfg(test)]
mod tests;
