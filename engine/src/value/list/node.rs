//! A node of a quicklist, and how large one may get.

use super::End;
use crate::limits::Limits;
use crate::packed::element::{Element, Wanted};
use crate::packed::listpack::Listpack;

/// No node is made larger than this by a limit that counts elements.
const SAFE_BYTES: usize = 8192;
/// What -1, -2 .. stand for.
const SIZE_CLASSES: [usize; 5] = [4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10];
/// A push in front moves all bytes of its node, so a node that grows in front stays smaller than others.
const FRONT_BYTES: usize = 2 << 10;
/// What the header and end of a listpack take, once less when two become one.
const FRAME: usize = Listpack::EMPTY_BYTES;
/// An upper bound, in Redis's view, of what a packed element takes beside its text.
const ELEMENT_OVERHEAD: usize = 8;

/// How large a node may get, from `list-max-listpack-size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeLimit {
    bytes: usize,
    count: usize,
    /// Longer elements get nodes of their own.
    packed_max: usize,
}

impl NodeLimit {
    /// The limits that the configuration sets.
    #[inline]
    pub fn of(limits: &Limits) -> NodeLimit {
        let (bytes, count) = match limits.list_max_listpack_size {
            0 => (SAFE_BYTES, 1),
            count @ 1.. => (SAFE_BYTES, count as usize),
            class => {
                let class = class.unsigned_abs() as usize - 1;
                (SIZE_CLASSES[class.min(SIZE_CLASSES.len() - 1)], usize::MAX)
            }
        };
        let packed_max = match limits.list_packed_threshold {
            0 => bytes,
            threshold => (threshold as usize - 1).min(Listpack::MAX_BYTES / 2),
        };
        NodeLimit {
            bytes,
            count,
            packed_max,
        }
    }

    /// The limit for a node that grows in front.
    #[inline]
    pub(super) fn in_front(self) -> NodeLimit {
        NodeLimit {
            bytes: self.bytes.min(FRONT_BYTES),
            ..self
        }
    }

    /// Whether a listpack of so many bytes and elements is too large.
    #[inline]
    pub(super) fn is_exceeded(&self, bytes: usize, count: usize) -> bool {
        bytes > self.bytes || count > self.count
    }

    /// Whether a list may be this one listpack.
    pub(super) fn admits(&self, pack: &Listpack) -> bool {
        match self.count {
            usize::MAX => pack.bytes().len() <= self.bytes,
            count => pack.len() <= count,
        }
    }

    /// Whether a list that shrinks becomes this one listpack: at half the limit, so that it does not change to and fro.
    pub(super) fn admits_half(&self, pack: &Listpack) -> bool {
        match self.count {
            usize::MAX => pack.bytes().len() <= self.bytes / 2,
            count => pack.len() <= count / 2,
        }
    }
}

/// A node as others see it.
#[derive(Clone, Copy, Debug)]
pub enum NodeRef<'a> {
    /// A listpack of elements.
    Packed(&'a Listpack),
    /// One element that is too long for a listpack.
    Plain(&'a [u8]),
}

/// A node. Invariant: it holds elements, and `count` is their number.
#[derive(Debug, Clone)]
pub(super) struct Node {
    count: u32,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Packed(Listpack),
    Plain(Box<[u8]>),
}

impl Node {
    /// A node for one element.
    pub(super) fn of(element: &[u8], limit: NodeLimit) -> Node {
        let body = if element.len() > limit.packed_max {
            Body::Plain(element.into())
        } else {
            let element = Element::from(element);
            let mut pack = Listpack::with_capacity(element.packed_len());
            pack.push_back(element);
            Body::Packed(pack)
        };
        Node { count: 1, body }
    }

    pub(super) fn packed(pack: Listpack) -> Node {
        Node {
            count: pack.len() as u32,
            body: Body::Packed(pack),
        }
    }

    pub(super) fn plain(element: &[u8]) -> Node {
        Node {
            count: 1,
            body: Body::Plain(element.into()),
        }
    }

    pub(super) fn into_listpack(self) -> Result<Listpack, Node> {
        match self.body {
            Body::Packed(pack) => Ok(pack),
            Body::Plain(_) => Err(self),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    #[inline]
    pub(super) fn as_ref(&self) -> NodeRef<'_> {
        match &self.body {
            Body::Packed(pack) => NodeRef::Packed(pack),
            Body::Plain(bytes) => NodeRef::Plain(bytes),
        }
    }

    pub(super) fn allocated(&self) -> usize {
        match &self.body {
            Body::Packed(pack) => pack.allocated(),
            Body::Plain(bytes) => bytes.len(),
        }
    }

    /// Its listpack, if it has one into which another element may go.
    #[inline]
    pub(super) fn room(&mut self, element: &[u8], limit: NodeLimit) -> Option<Room<'_>> {
        let Node {
            count,
            body: Body::Packed(pack),
        } = self
        else {
            return None;
        };
        let bytes = pack.bytes().len() + element.len() + ELEMENT_OVERHEAD;
        let fits =
            element.len() <= limit.packed_max && !limit.is_exceeded(bytes, *count as usize + 1);
        fits.then_some(Room { count, pack })
    }

    /// Replaces an element without moving it to another node. Returns whether that can be done.
    pub(super) fn replace(&mut self, offset: usize, element: &[u8], limit: NodeLimit) -> bool {
        let is_long = element.len() > limit.packed_max;
        match &mut self.body {
            Body::Plain(bytes) if is_long => {
                *bytes = element.into();
                true
            }
            Body::Packed(pack) if !is_long => {
                let cursor = pack.seek(offset).expect("the offset is within the node");
                let grows = element.len() > pack.get(cursor).len();
                let bytes = pack.bytes().len() + element.len();
                if grows && limit.is_exceeded(bytes, 1) && self.count > 1 {
                    return false;
                }
                pack.replace(cursor, element);
                true
            }
            _ => false,
        }
    }

    pub(super) fn remove_range(&mut self, offset: usize, count: usize) {
        if let Body::Packed(pack) = &mut self.body {
            remove_range(pack, offset, count);
            self.count -= count as u32;
        } else {
            self.count = 0;
        }
    }

    /// The offset of the first element that is the wanted one.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Option<usize> {
        match &self.body {
            Body::Packed(pack) => pack.iter().position(|element| element.matches(wanted)),
            Body::Plain(bytes) => Element::Bytes(bytes).matches(wanted).then_some(0),
        }
    }

    pub(super) fn remove_equal(&mut self, from: End, wanted: &Wanted<'_>, max: usize) -> usize {
        let removed = match &mut self.body {
            Body::Packed(pack) => remove_equal(pack, from, wanted, max),
            Body::Plain(bytes) => usize::from(max > 0 && Element::Bytes(bytes).matches(wanted)),
        };
        self.count -= removed as u32;
        removed
    }

    /// Takes the elements from `offset` on away, as a node of their own. Invariant: both have some.
    pub(super) fn split_off(&mut self, offset: usize) -> Node {
        let Body::Packed(pack) = &mut self.body else {
            unreachable!("one element can't be split")
        };
        let cursor = pack.seek(offset).expect("the offset is within the node");
        let rest = Node::packed(pack.split_off(cursor));
        self.count -= rest.count;
        rest
    }

    /// Takes over the elements of the node behind it, if both together are not too large. Returns whether it did.
    pub(super) fn absorb(&mut self, next: &Node, limit: NodeLimit) -> bool {
        let (Body::Packed(own), Body::Packed(other)) = (&mut self.body, &next.body) else {
            return false;
        };
        let bytes = own.bytes().len() + other.bytes().len() - FRAME;
        if limit.is_exceeded(bytes, (self.count + next.count) as usize) {
            return false;
        }
        own.append(other);
        self.count += next.count;
        true
    }
}

/// A node that has room for one more element.
pub(super) struct Room<'n> {
    count: &'n mut u32,
    pack: &'n mut Listpack,
}

impl Room<'_> {
    #[inline]
    pub(super) fn push(self, end: End, element: &[u8]) {
        *self.count += 1;
        match end {
            End::Front => self.pack.push_front(element),
            End::Back => self.pack.push_back(element),
        }
    }

    /// Puts the element before the one at `offset`, or behind all.
    pub(super) fn insert(self, offset: usize, element: &[u8]) {
        match self.pack.seek(offset) {
            Some(cursor) => {
                *self.count += 1;
                self.pack.insert_before(cursor, element);
            }
            None => self.push(End::Back, element),
        }
    }
}

/// Takes up to `count` elements away, from the one with the index `from` on.
pub(super) fn remove_range(pack: &mut Listpack, from: usize, count: usize) {
    if count == 1 && from + 1 == pack.len() {
        pack.remove_last();
    } else if let Some(cursor) = pack.seek(from) {
        pack.remove_range(cursor, count);
    }
}

/// Takes away up to `max` elements that are the wanted one, the nearest to an end. Returns how many.
pub(super) fn remove_equal(
    pack: &mut Listpack,
    from: End,
    wanted: &Wanted<'_>,
    max: usize,
) -> usize {
    let is_wanted = |element: &Element<'_>| element.matches(wanted);
    let found = pack.iter().filter(is_wanted).count();
    if found == 0 {
        return 0;
    }
    let spared = match from {
        End::Front => 0,
        End::Back => found.saturating_sub(max),
    };
    let mut seen = 0;
    pack.retain(|element| {
        if !element.matches(wanted) {
            return true;
        }
        seen += 1;
        seen <= spared || seen - spared > max
    })
}
