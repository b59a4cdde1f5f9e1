//! Walks over a list from either end.

use super::node::NodeRef;
use super::{End, List};
use crate::packed::element::Element;
use crate::packed::listpack::{self, Listpack};
use crate::value::collection::Collection;

/// Elements one after the other, away from the end where the walk began.
pub struct Iter<'a> {
    list: &'a List,
    from: End,
    /// The number of the node that `inside` walks over.
    node: usize,
    inside: Inside<'a>,
}

enum Inside<'a> {
    Packed(listpack::Iter<'a>),
    Plain(Option<&'a [u8]>),
}

impl<'a> Iter<'a> {
    #[inline]
    pub(super) fn whole(list: &'a List, from: End) -> Iter<'a> {
        let node = match from {
            End::Front => 0,
            End::Back => list.node_count().saturating_sub(1),
        };
        let inside = list.node(node).map_or(Inside::Plain(None), Inside::whole);
        Iter {
            list,
            from,
            node,
            inside,
        }
    }

    pub(super) fn skipping(list: &'a List, from: End, skip: usize) -> Iter<'a> {
        if skip == 0 {
            return Iter::whole(list, from);
        }
        let index = match from {
            End::Front => Some(skip),
            End::Back => list.len().checked_sub(skip.saturating_add(1)),
        };
        let place = index.and_then(|index| list.locate(index));
        let Some((node, offset)) = place else {
            return Iter {
                list,
                from,
                node: match from {
                    End::Front => usize::MAX - 1,
                    End::Back => 0,
                },
                inside: Inside::Plain(None),
            };
        };
        let inside = match list.node(node).expect("it was just located") {
            NodeRef::Packed(pack) => Inside::part(pack, from, offset),
            plain => Inside::whole(plain),
        };
        Iter {
            list,
            from,
            node,
            inside,
        }
    }
}

impl<'a> Inside<'a> {
    #[inline]
    fn whole(node: NodeRef<'a>) -> Inside<'a> {
        match node {
            NodeRef::Packed(pack) => Inside::Packed(pack.iter()),
            NodeRef::Plain(bytes) => Inside::Plain(Some(bytes)),
        }
    }

    fn part(pack: &'a Listpack, from: End, offset: usize) -> Inside<'a> {
        let cursor = pack.seek(offset).expect("the offset is within the node");
        Inside::Packed(match from {
            End::Front => pack.iter_from(cursor),
            End::Back => pack.iter_to(cursor),
        })
    }

    #[inline]
    fn take(&mut self, from: End) -> Option<Element<'a>> {
        match (self, from) {
            (Inside::Packed(iter), End::Front) => iter.next(),
            (Inside::Packed(iter), End::Back) => iter.next_back(),
            (Inside::Plain(bytes), _) => bytes.take().map(Element::Bytes),
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            if let Some(element) = self.inside.take(self.from) {
                return Some(element);
            }
            let next = match self.from {
                End::Front => self.node + 1,
                End::Back => self.node.checked_sub(1)?,
            };
            self.inside = Inside::whole(self.list.node(next)?);
            self.node = next;
        }
    }
}
