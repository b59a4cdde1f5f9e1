//! Streams: entries of fields and values in the order of their ids, and groups of consumers that read them.
//!
//! ```text
//! nodes    id of the first entry -> listpack of up to some hundred entries, see stream/node.rs
//! groups   by name: how far each has read, what is pending, see stream/group.rs
//! ```
//!
//! Invariants:
//! - `len` counts the living entries of all nodes, `first_id` is the first one's id, or 0-0 when there is none.
//! - `last_id` only rises, but for XSETID; no entry has a greater id.

pub mod consumer;
pub mod delivery;
pub mod group;
pub mod id;
pub mod id_map;
mod lag;
pub mod node;
mod radix;
pub mod range;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod trim;

use super::collection::Collection;
use crate::limits::Limits;
use crate::time::UnixMillis;
use group::Group;
use id::StreamId;
use id_map::IdMap;
use node::{Entry, Node};

/// No node grows beyond this, in bytes, nor does one entry.
const LARGEST_NODE: u64 = 1 << 30;

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    nodes: IdMap<Node>,
    len: u64,
    last_id: StreamId,
    first_id: StreamId,
    max_deleted: StreamId,
    entries_added: u64,
    /// By name.
    groups: Vec<Group>,
}

/// The id that an entry shall get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    /// The clock's, or the one behind the last.
    Auto,
    /// This time, and the next sequence number in it.
    AutoSequence(u64),
    /// This one.
    Given(StreamId),
}

/// Why an entry was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The last id is the greatest there is.
    Exhausted,
    /// The id is not above the last one.
    NotAbove,
    /// The entry has more bytes than a node may.
    TooLarge,
}

impl Stream {
    /// The id of the entry added last, or what XSETID made of it.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// The id of the first entry; 0-0 when there is none.
    pub fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// The greatest id that XDEL removed.
    pub fn max_deleted(&self) -> StreamId {
        self.max_deleted
    }

    /// How many entries were ever added.
    pub fn entries_added(&self) -> u64 {
        self.entries_added
    }

    /// The nodes by their first ids, as a snapshot stores them.
    pub fn nodes(&self) -> &IdMap<Node> {
        &self.nodes
    }

    /// The first id of the first node; the greatest id when there is none. Nothing is left before it.
    pub fn oldest_node(&self) -> StreamId {
        let first = self.nodes.first();
        first.map_or(StreamId::MAX, |place| self.nodes.at(place).0)
    }

    /// Which id an entry would get. Errors: exhausted, not above the last.
    pub fn next_id(&self, wanted: NewId, now: UnixMillis) -> Result<StreamId, AddError> {
        let behind = self.last_id.next().ok_or(AddError::Exhausted)?;
        let id = match wanted {
            NewId::Auto => behind.max(StreamId::new(now.0.max(0) as u64, 0)),
            NewId::AutoSequence(ms) if ms == self.last_id.ms => StreamId {
                ms,
                seq: self.last_id.seq.checked_add(1).ok_or(AddError::NotAbove)?,
            },
            NewId::AutoSequence(ms) => StreamId::new(ms, 0),
            NewId::Given(id) => id,
        };
        if id <= self.last_id {
            return Err(AddError::NotAbove);
        }
        Ok(id)
    }

    /// Adds an entry of these field-value pairs. Returns its id.
    pub fn add<'a>(
        &mut self,
        wanted: NewId,
        now: UnixMillis,
        pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
        limits: &Limits,
    ) -> Result<StreamId, AddError> {
        let id = self.next_id(wanted, now)?;
        let bytes: u64 = pairs
            .clone()
            .map(|(field, value)| (field.len() + value.len()) as u64)
            .sum();
        if bytes > LARGEST_NODE {
            return Err(AddError::TooLarge);
        }
        match self.open_node(bytes, limits) {
            Some(place) => {
                let first = self.nodes.at(place).0;
                self.nodes.at_mut(place).append(first, id, pairs);
            }
            None => {
                self.nodes.insert(id, Node::new(pairs));
            }
        }
        self.len += 1;
        self.entries_added += 1;
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
        Ok(id)
    }

    /// The last node, if an entry of so many bytes may go into it; closes it if not.
    fn open_node(&mut self, bytes: u64, limits: &Limits) -> Option<id_map::Place> {
        let place = self.nodes.last()?;
        let node = self.nodes.at_mut(place);
        let most_bytes = match limits.stream_node_max_bytes {
            0 => LARGEST_NODE,
            most => most.min(LARGEST_NODE),
        };
        let is_full = node.bytes().len() as u64 + bytes >= most_bytes
            || (limits.stream_node_max_entries > 0
                && (node.living() + node.dead()) as i64 >= limits.stream_node_max_entries);
        if is_full {
            node.close();
            return None;
        }
        Some(place)
    }

    /// The entry `id`, if it is there.
    pub fn entry(&self, id: StreamId) -> Option<Entry<'_>> {
        self.range(id, id).next()
    }

    /// Whether the entry `id` is there.
    pub fn has_entry(&self, id: StreamId) -> bool {
        self.first_id <= id && id <= self.last_id && self.entry(id).is_some()
    }

    /// The id of the last entry that is there; None when there is none.
    pub fn last_entry_id(&self) -> Option<StreamId> {
        self.range_back(StreamId::MIN, StreamId::MAX)
            .next()
            .map(|entry| entry.id)
    }

    /// Whether there is an entry behind `id`.
    pub fn has_entries_after(&self, id: StreamId) -> bool {
        id < self.last_id && self.last_entry_id().is_some_and(|last| last > id)
    }

    /// Deletes the entry `id`. Returns whether it was there.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some(place) = self.nodes.at_or_before(id) else {
            return false;
        };
        let (first, node) = self.nodes.at(place);
        let Some(at) = node.find(first, id) else {
            return false;
        };
        if node.living() == 1 {
            self.nodes.remove_at(place);
        } else {
            self.nodes.at_mut(place).kill(at);
        }
        self.len -= 1;
        self.max_deleted = self.max_deleted.max(id);
        if id == self.first_id || self.len == 0 {
            self.renew_first_id();
        }
        true
    }

    fn renew_first_id(&mut self) {
        let first = self.range(StreamId::MIN, StreamId::MAX).next();
        self.first_id = first.map_or(StreamId::MIN, |entry| entry.id);
    }

    /// Sets what XSETID sets; what is None stays.
    pub fn set_id(
        &mut self,
        last_id: StreamId,
        entries_added: Option<u64>,
        max_deleted: Option<StreamId>,
    ) {
        self.last_id = last_id;
        self.entries_added = entries_added.unwrap_or(self.entries_added);
        self.max_deleted = max_deleted.unwrap_or(self.max_deleted);
    }

    /// All groups, by name.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.iter()
    }

    fn search_group(&self, name: &[u8]) -> Result<usize, usize> {
        self.groups.binary_search_by(|group| group.name().cmp(name))
    }

    /// The group of that name.
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        let index = self.search_group(name).ok()?;
        Some(&self.groups[index])
    }

    /// The same, for changes.
    pub fn group_mut(&mut self, name: &[u8]) -> Option<&mut Group> {
        let index = self.search_group(name).ok()?;
        Some(&mut self.groups[index])
    }

    /// Changes a group while looking at the stream, which seems to have no groups meanwhile.
    pub fn with_group<R>(
        &mut self,
        name: &[u8],
        work: impl FnOnce(&Stream, &mut Group) -> R,
    ) -> Option<R> {
        let index = self.search_group(name).ok()?;
        let mut groups = std::mem::take(&mut self.groups);
        let result = work(self, &mut groups[index]);
        self.groups = groups;
        Some(result)
    }

    /// Adds a group. Returns whether the name was free.
    pub fn add_group(&mut self, group: Group) -> bool {
        match self.search_group(group.name()) {
            Ok(_) => false,
            Err(index) => {
                self.groups.insert(index, group);
                true
            }
        }
    }

    /// Removes a group. Returns whether it was there.
    pub fn remove_group(&mut self, name: &[u8]) -> bool {
        match self.search_group(name) {
            Ok(index) => {
                self.groups.remove(index);
                true
            }
            Err(_) => false,
        }
    }
}

impl Collection for Stream {
    fn len(&self) -> usize {
        self.len as usize
    }

    fn keeps_key(&self) -> bool {
        true
    }

    fn encoding(&self) -> &'static str {
        "stream"
    }

    fn allocated(&self) -> usize {
        let nodes: usize = self.nodes.iter().map(|(_, node)| node.allocated()).sum();
        let groups: usize = self.groups().map(Group::allocated).sum();
        size_of::<Self>()
            + self.nodes.allocated()
            + nodes
            + self.groups.capacity() * size_of::<Group>()
            + groups
    }

    fn release_some(&mut self, elements: usize) -> bool {
        self.groups.pop();
        let nodes = elements.div_ceil(64);
        self.nodes.release_some(nodes) && self.groups.is_empty()
    }
}
