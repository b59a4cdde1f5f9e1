//! Streams that come from a file or a payload.

use super::Stream;
use super::consumer::{Consumer, ConsumerNumber};
use super::group::Group;
use super::id::StreamId;
use super::id_map::IdMap;
use super::node::Node;

/// What is stored of a stream beside its nodes and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// See [`Stream::last_id`].
    pub last_id: StreamId,
    /// See [`Stream::max_deleted`].
    pub max_deleted: StreamId,
    /// See [`Stream::entries_added`].
    pub entries_added: u64,
}

impl Stream {
    /// A stream of these nodes, without groups. None if the ids of living entries do not rise through all nodes up to the
    /// last id. Dead ones may stand anywhere: XSETID goes back behind them.
    pub fn from_nodes(
        nodes: impl IntoIterator<Item = (StreamId, Node)>,
        counters: Counters,
    ) -> Option<Stream> {
        let (mut map, mut len) = (IdMap::default(), 0);
        let mut last: Option<StreamId> = None;
        for (first, node) in nodes {
            if last.is_some_and(|last| last >= first) {
                return None;
            }
            let mut above = None;
            for entry in node.walk(first).filter(|entry| !entry.is_deleted()) {
                if entry.id < first || above.is_some_and(|above| above >= entry.id) {
                    return None;
                }
                above = Some(entry.id);
            }
            last = above.or(last);
            if node.living() > 0 {
                len += node.living() as u64;
                map.insert(first, node);
            }
        }
        if last.is_some_and(|last| last > counters.last_id) {
            return None;
        }
        let mut stream = Stream {
            nodes: map,
            len,
            last_id: counters.last_id,
            first_id: StreamId::MIN,
            max_deleted: counters.max_deleted,
            entries_added: counters.entries_added,
            groups: Vec::new(),
        };
        stream.renew_first_id();
        Some(stream)
    }

    /// How many entries a group had read that was given all up to `id`; None when that can't be told.
    pub fn entries_read_up_to(&self, id: StreamId) -> Option<u64> {
        self.entries_up_to(id)
    }
}

impl Group {
    /// A consumer of this group, for changes. Invariant: it was not removed.
    pub fn consumer_mut(&mut self, number: ConsumerNumber) -> &mut Consumer {
        self.consumers_mut().at_mut(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::collection::Collection;

    fn node(ids: &[(u64, u64)]) -> (StreamId, Node) {
        let pairs = || [(b"f".as_slice(), b"v".as_slice())].into_iter();
        let id = |index: usize| StreamId::new(ids[index].0, ids[index].1);
        let mut node = Node::new(pairs());
        for index in 1..ids.len() {
            node.append(id(0), id(index), pairs());
        }
        (id(0), node)
    }

    fn stream(nodes: Vec<(StreamId, Node)>, last: u64) -> Option<Stream> {
        let counters = Counters {
            last_id: StreamId::new(last, 0),
            max_deleted: StreamId::MIN,
            entries_added: 9,
        };
        Stream::from_nodes(nodes, counters)
    }

    #[test]
    fn ids_rise() {
        let two = || vec![node(&[(1, 0), (1, 1)]), node(&[(2, 0)])];
        let whole = stream(two(), 2).expect("ids rise");
        assert_eq!((whole.len(), whole.first_id()), (3, StreamId::new(1, 0)));
        assert!(stream(two(), 1).is_none());
        assert!(stream(vec![node(&[(2, 0)]), node(&[(1, 0)])], 2).is_none());
        assert!(stream(vec![node(&[(1, 0), (3, 0)]), node(&[(2, 0)])], 4).is_none());
        assert!(stream(vec![node(&[(1, 0), (1, 0)])], 4).is_none());
    }
}
