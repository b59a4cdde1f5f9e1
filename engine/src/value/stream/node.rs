//! A macro node: up to some hundred entries of a stream in one listpack, in Redis's own layout. The node's first id is kept
//! outside of it; ids inside are told as differences to it.
//!
//! ```text
//! master   count | deleted | fields | field 1 | .. | field n | 0
//! entry    flags | ms delta | seq delta | [fields | field 1 | value 1 | ..   or, SAME_FIELDS,   value 1 | ..] | lp-count
//! entry    ..
//! ```
//!
//! `count` is the number of living entries, `deleted` of dead ones that still take room. `lp-count` is the number of elements
//! of its entry before it, so that one can walk backwards; the 0 that ends the master says "no entry before here".
//!
//! Invariants:
//! - The layout above holds: every node made here has it, and [`Node::from_listpack`] lets no other in.
//! - `count` is at least 1 in a node of a stream: it goes with its last living entry.

use super::id::StreamId;
use crate::packed::element::Element;
use crate::packed::listpack::{Cursor, Iter, Listpack};

/// Set on entries that are dead.
const DELETED: i64 = 1;
/// Set on entries whose fields are the master's.
const SAME_FIELDS: i64 = 2;

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Node {
    pack: Listpack,
}

/// An entry as it lies in its node.
#[derive(Clone)]
pub struct Entry<'a> {
    /// Its id.
    pub id: StreamId,
    flags: i64,
    flags_at: Cursor,
    fields: usize,
    /// The master's fields, if they are this entry's.
    names: Option<Iter<'a>>,
    body: Iter<'a>,
}

impl<'a> Entry<'a> {
    /// How many field-value pairs it has.
    #[inline]
    pub fn len(&self) -> usize {
        self.fields
    }

    /// Whether it has no pairs; none made by a client is so.
    pub fn is_empty(&self) -> bool {
        self.fields == 0
    }

    #[inline]
    pub(super) fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }

    /// Hands every field and value to `visit`, in their order.
    #[inline]
    pub fn each(&self, mut visit: impl FnMut(Element<'a>)) {
        let mut body = self.body.clone();
        match self.names.clone() {
            Some(names) => {
                for (field, value) in names.zip(body).take(self.fields) {
                    visit(field);
                    visit(value);
                }
            }
            None => body.by_ref().take(self.fields * 2).for_each(visit),
        }
    }
}

impl Node {
    /// A node whose only entry is `pairs`, with the node's first id.
    pub fn new<'a>(pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Node {
        let mut pack = Listpack::new();
        pack.push_back(0);
        pack.push_back(0);
        pack.push_back(pairs.len() as i64);
        for (field, _) in pairs.clone() {
            pack.push_back(field);
        }
        pack.push_back(0);
        let mut node = Node { pack };
        node.push_entry(StreamId::MIN, StreamId::MIN, true, pairs);
        node
    }

    /// A node read from a snapshot, whose entries may all be dead. None when the elements are not laid out as a node's.
    pub fn from_listpack(pack: Listpack) -> Option<Node> {
        let node = Node { pack };
        let (mut living, mut dead) = (0, 0);
        let mut walk = node.try_walk(StreamId::MIN)?;
        while walk.rest.cursor().is_some() {
            let entry = walk.next()?;
            if entry.is_deleted() {
                dead += 1;
            } else {
                living += 1;
            }
            let fields = entry.fields as i64;
            let elements = match entry.names {
                Some(_) => 3 + fields,
                None => 4 + 2 * fields,
            };
            (walk.lp_count == elements).then_some(())?;
        }
        (node.living() == living && node.dead() == dead).then_some(node)
    }

    /// The bytes, as Redis stores them.
    pub fn bytes(&self) -> &[u8] {
        self.pack.bytes()
    }

    /// Bytes of heap.
    pub fn allocated(&self) -> usize {
        self.pack.allocated()
    }

    /// Gives back memory that only further entries would need.
    pub fn close(&mut self) {
        self.pack.shrink();
    }

    /// How many living entries.
    #[inline]
    pub fn living(&self) -> usize {
        self.number(0)
    }

    /// How many dead entries.
    #[inline]
    pub fn dead(&self) -> usize {
        self.number(1)
    }

    #[inline]
    fn number(&self, index: usize) -> usize {
        let element = self.pack.iter().nth(index);
        element.and_then(|element| element.as_int()).unwrap_or(0) as usize
    }

    fn set_living(&mut self, living: usize) {
        if let Some(at) = self.pack.first() {
            self.pack.replace(at, living as i64);
        }
    }

    fn set_dead(&mut self, dead: usize) {
        if let Some(at) = self.pack.seek(1) {
            self.pack.replace(at, dead as i64);
        }
    }

    /// Puts an entry behind all others. `first` is the node's first id.
    pub fn append<'a>(
        &mut self,
        first: StreamId,
        id: StreamId,
        pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
    ) {
        let same = self.has_fields(pairs.clone().map(|(field, _)| field));
        self.push_entry(first, id, same, pairs);
    }

    fn has_fields<'a>(&self, mut fields: impl ExactSizeIterator<Item = &'a [u8]>) -> bool {
        let mut master = self.pack.iter().skip(2);
        let count = master.next().and_then(|count| count.as_int());
        count == Some(fields.len() as i64)
            && fields.all(|field| master.next().is_some_and(|own| own.is(field)))
    }

    fn push_entry<'a>(
        &mut self,
        first: StreamId,
        id: StreamId,
        same: bool,
        pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])>,
    ) {
        let fields = pairs.len() as i64;
        let pack = &mut self.pack;
        pack.push_back(if same { SAME_FIELDS } else { 0 });
        pack.push_back(id.ms.wrapping_sub(first.ms) as i64);
        pack.push_back(id.seq.wrapping_sub(first.seq) as i64);
        if same {
            pairs.for_each(|(_, value)| pack.push_back(value));
            pack.push_back(3 + fields);
        } else {
            pack.push_back(fields);
            for (field, value) in pairs {
                pack.push_back(field);
                pack.push_back(value);
            }
            pack.push_back(4 + 2 * fields);
        }
        self.set_living(self.living() + 1);
    }

    /// Marks a living entry as dead. Returns how many living ones are left; with none, the caller drops the node.
    pub fn kill(&mut self, flags_at: Cursor) -> usize {
        self.mark_dead(flags_at);
        let living = self.living() - 1;
        self.set_dead(self.dead() + 1);
        self.set_living(living);
        living
    }

    /// Flags are of one size whatever they are, so all cursors stay good.
    fn mark_dead(&mut self, flags_at: Cursor) {
        let flags = self.pack.get(flags_at).as_int().unwrap_or(0);
        self.pack.replace(flags_at, flags | DELETED);
    }

    /// Kills living entries from the front on while `goes` says so. Returns how many; when none is left, the
    /// caller drops the node.
    pub fn kill_front(&mut self, first: StreamId, mut goes: impl FnMut(StreamId) -> bool) -> usize {
        let (mut killed, mut from) = (0, None);
        loop {
            let mut walk = self.walk(first);
            if let Some(from) = from {
                walk.rest = self.pack.iter_from(from);
            }
            let Some(entry) = walk.find(|entry| !entry.is_deleted()) else {
                break;
            };
            if !goes(entry.id) {
                break;
            }
            let (at, behind) = (entry.flags_at, walk.rest.cursor());
            self.mark_dead(at);
            killed += 1;
            if behind.is_none() {
                break;
            }
            from = behind;
        }
        self.set_dead(self.dead() + killed);
        self.set_living(self.living() - killed);
        killed
    }

    /// Where the flags of the living entry `id` are.
    pub fn find(&self, first: StreamId, id: StreamId) -> Option<Cursor> {
        self.walk(first)
            .take_while(|entry| entry.id <= id)
            .find(|entry| entry.id == id && !entry.is_deleted())
            .map(|entry| entry.flags_at)
    }

    /// The id of the last entry, dead or alive.
    pub fn last_id(&self, first: StreamId) -> StreamId {
        self.walk_back(first).next().map_or(first, |entry| entry.id)
    }

    /// All entries, dead ones included.
    pub fn walk(&self, first: StreamId) -> Walk<'_> {
        self.try_walk(first).expect("a node has a master entry")
    }

    fn try_walk(&self, first: StreamId) -> Option<Walk<'_>> {
        let mut rest = self.pack.iter();
        rest.nth(1)?;
        let fields = usize::try_from(rest.next()?.as_int()?).ok()?;
        let names = rest.clone();
        if fields > 0 {
            rest.nth(fields - 1)?;
        }
        let mark = rest.next()?;
        (mark == Element::Int(0)).then_some(Walk {
            first,
            fields,
            names,
            rest,
            lp_count: 0,
        })
    }

    /// All entries, the last one first.
    pub fn walk_back(&self, first: StreamId) -> WalkBack<'_> {
        WalkBack {
            pack: &self.pack,
            forward: self.walk(first),
            end: self.pack.last(),
        }
    }
}

/// Walks over the entries of a node.
#[derive(Clone)]
pub struct Walk<'a> {
    first: StreamId,
    fields: usize,
    names: Iter<'a>,
    rest: Iter<'a>,
    /// Of the entry that came last.
    lp_count: i64,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        let flags_at = self.rest.cursor()?;
        let flags = self.rest.next()?.as_int()?;
        let ms = self.rest.next()?.as_int()? as u64;
        let seq = self.rest.next()?.as_int()? as u64;
        let same = flags & SAME_FIELDS != 0;
        let fields = if same {
            self.fields
        } else {
            usize::try_from(self.rest.next()?.as_int()?).ok()?
        };
        let body = self.rest.clone();
        let elements = if same { fields } else { fields.checked_mul(2)? };
        self.lp_count = self.rest.nth(elements)?.as_int()?;
        Some(Entry {
            id: StreamId {
                ms: self.first.ms.wrapping_add(ms),
                seq: self.first.seq.wrapping_add(seq),
            },
            flags,
            flags_at,
            fields,
            names: same.then(|| self.names.clone()),
            body,
        })
    }
}

/// Walks over the entries of a node from its end.
#[derive(Clone)]
pub struct WalkBack<'a> {
    pack: &'a Listpack,
    forward: Walk<'a>,
    /// The lp-count of the entry that comes next, or the end of the master.
    end: Option<Cursor>,
}

impl<'a> Iterator for WalkBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let end = self.end?;
        let elements = self.pack.get(end).as_int()?;
        if elements == 0 {
            self.end = None;
            return None;
        }
        let mut start = end;
        for _ in 0..elements {
            start = self.pack.prev(start)?;
        }
        self.end = self.pack.prev(start);
        self.forward.rest = self.pack.iter_from(start);
        self.forward.next()
    }
}
