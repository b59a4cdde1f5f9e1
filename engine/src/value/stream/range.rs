//! Walks over the living entries of a stream between two ids, in either direction.

use super::Stream;
use super::id::StreamId;
use super::id_map::Place;
use super::node::{Entry, Walk, WalkBack};

/// Living entries from a first id to a last one, both included.
#[derive(Clone)]
pub struct Forward<'a> {
    stream: &'a Stream,
    start: StreamId,
    end: StreamId,
    node: Option<(Place, Walk<'a>)>,
}

/// The same from the last to the first.
#[derive(Clone)]
pub struct Backward<'a> {
    stream: &'a Stream,
    start: StreamId,
    end: StreamId,
    node: Option<(Place, WalkBack<'a>)>,
}

impl Stream {
    /// The living entries from `start` to `end`, both included.
    pub fn range(&self, start: StreamId, end: StreamId) -> Forward<'_> {
        let place = match self.nodes.at_or_before(start) {
            Some(place) => Some(place),
            None => self.nodes.first(),
        };
        Forward {
            stream: self,
            start,
            end,
            node: place
                .filter(|_| start <= end)
                .map(|place| (place, self.walk_at(place))),
        }
    }

    /// The living entries from `end` back to `start`, both included.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> Backward<'_> {
        let place = self.nodes.at_or_before(end);
        Backward {
            stream: self,
            start,
            end,
            node: place
                .filter(|_| start <= end)
                .map(|place| (place, self.walk_back_at(place))),
        }
    }

    fn walk_at(&self, place: Place) -> Walk<'_> {
        let (first, node) = self.nodes.at(place);
        node.walk(first)
    }

    fn walk_back_at(&self, place: Place) -> WalkBack<'_> {
        let (first, node) = self.nodes.at(place);
        node.walk_back(first)
    }
}

impl<'a> Iterator for Forward<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let (place, walk) = self.node.as_mut()?;
            for entry in walk {
                if entry.id > self.end {
                    self.node = None;
                    return None;
                }
                if entry.id >= self.start && !entry.is_deleted() {
                    return Some(entry);
                }
            }
            let next = self.stream.nodes.next(*place);
            self.node = next.map(|place| (place, self.stream.walk_at(place)));
        }
    }
}

impl<'a> Iterator for Backward<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let (place, walk) = self.node.as_mut()?;
            for entry in walk {
                if entry.id < self.start {
                    self.node = None;
                    return None;
                }
                if entry.id <= self.end && !entry.is_deleted() {
                    return Some(entry);
                }
            }
            let next = self.stream.nodes.previous(*place);
            self.node = next.map(|place| (place, self.stream.walk_back_at(place)));
        }
    }
}
