//! A map in the order of stream ids, made for what streams do: appending at the end, going away at the front, and now and
//! then something in between.
//!
//! ```text
//! chunks   [ floor | (id, value) (id, value) .. ] [ floor | .. ] ..     up to 64 pairs each, one allocation a chunk
//! ```
//!
//! Appending fills chunks to the brim, so a pair costs its own bytes and little more. A look-up is a binary search over
//! the floors and one within a chunk.
//!
//! Invariants:
//! - No chunk is empty, ids rise within and across chunks.
//! - A chunk's floor is at most its first id and above every id of the chunks before it.

use std::collections::VecDeque;

use super::id::StreamId;

/// Pairs in a full chunk.
const FULL: usize = 64;

#[derive(Clone, Debug)]
struct Chunk<V> {
    floor: StreamId,
    pairs: Vec<(StreamId, V)>,
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct IdMap<V> {
    chunks: VecDeque<Chunk<V>>,
    len: usize,
}

/// Where a pair is: good until the map changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    chunk: usize,
    index: usize,
}

impl<V> Default for IdMap<V> {
    fn default() -> Self {
        IdMap {
            chunks: VecDeque::new(),
            len: 0,
        }
    }
}

impl<V> IdMap<V> {
    /// How many pairs.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The chunk that holds `id`, if any does.
    #[inline]
    fn chunk_of(&self, id: StreamId) -> Option<usize> {
        let last = self.chunks.len().checked_sub(1)?;
        if self.chunks[last].floor <= id {
            return Some(last);
        }
        self.chunks
            .partition_point(|chunk| chunk.floor <= id)
            .checked_sub(1)
    }

    #[inline]
    fn find(&self, id: StreamId) -> Option<Place> {
        let chunk = self.chunk_of(id)?;
        let index = search(&self.chunks[chunk].pairs, id).ok()?;
        Some(Place { chunk, index })
    }

    /// The pair at `place`.
    #[inline]
    pub fn at(&self, place: Place) -> (StreamId, &V) {
        let (id, value) = &self.chunks[place.chunk].pairs[place.index];
        (*id, value)
    }

    /// The value at `place`, for changes.
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> &mut V {
        &mut self.chunks[place.chunk].pairs[place.index].1
    }

    /// The value of `id`.
    #[inline]
    pub fn get(&self, id: StreamId) -> Option<&V> {
        self.find(id).map(|place| self.at(place).1)
    }

    /// The value of `id`, for changes.
    #[inline]
    pub fn get_mut(&mut self, id: StreamId) -> Option<&mut V> {
        self.find(id).map(|place| self.at_mut(place))
    }

    /// Where the first pair is.
    pub fn first(&self) -> Option<Place> {
        (self.len > 0).then_some(Place { chunk: 0, index: 0 })
    }

    /// Where the last pair is.
    #[inline]
    pub fn last(&self) -> Option<Place> {
        let chunk = self.chunks.len().checked_sub(1)?;
        let index = self.chunks[chunk].pairs.len() - 1;
        Some(Place { chunk, index })
    }

    /// Where the first pair with at least this id is.
    pub fn at_or_after(&self, id: StreamId) -> Option<Place> {
        let Some(chunk) = self.chunk_of(id) else {
            return self.first();
        };
        let index = search(&self.chunks[chunk].pairs, id).unwrap_or_else(|index| index);
        if index < self.chunks[chunk].pairs.len() {
            return Some(Place { chunk, index });
        }
        (chunk + 1 < self.chunks.len()).then_some(Place {
            chunk: chunk + 1,
            index: 0,
        })
    }

    /// Where the last pair with at most this id is.
    pub fn at_or_before(&self, id: StreamId) -> Option<Place> {
        let chunk = self.chunk_of(id)?;
        match search(&self.chunks[chunk].pairs, id) {
            Ok(index) => Some(Place { chunk, index }),
            Err(0) => chunk.checked_sub(1).map(|chunk| Place {
                chunk,
                index: self.chunks[chunk].pairs.len() - 1,
            }),
            Err(index) => Some(Place {
                chunk,
                index: index - 1,
            }),
        }
    }

    /// The place behind `place`.
    #[inline]
    pub fn next(&self, place: Place) -> Option<Place> {
        if place.index + 1 < self.chunks[place.chunk].pairs.len() {
            return Some(Place {
                index: place.index + 1,
                ..place
            });
        }
        (place.chunk + 1 < self.chunks.len()).then_some(Place {
            chunk: place.chunk + 1,
            index: 0,
        })
    }

    /// The place before `place`.
    #[inline]
    pub fn previous(&self, place: Place) -> Option<Place> {
        if let Some(index) = place.index.checked_sub(1) {
            return Some(Place { index, ..place });
        }
        let chunk = place.chunk.checked_sub(1)?;
        Some(Place {
            chunk,
            index: self.chunks[chunk].pairs.len() - 1,
        })
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (StreamId, &V)> {
        self.iter_at(self.first())
    }

    /// The pairs with at least this id.
    pub fn iter_from(&self, id: StreamId) -> impl Iterator<Item = (StreamId, &V)> {
        self.iter_at(self.at_or_after(id))
    }

    fn iter_at(&self, first: Option<Place>) -> impl Iterator<Item = (StreamId, &V)> {
        std::iter::successors(first, |place| self.next(*place)).map(|place| self.at(place))
    }

    /// Puts a pair in. Returns the value that `id` had.
    #[inline]
    pub fn insert(&mut self, id: StreamId, value: V) -> Option<V> {
        let Some(last) = self.chunks.back_mut() else {
            self.push_chunk(id, value);
            return None;
        };
        let is_behind_all = last.pairs.last().is_none_or(|(other, _)| *other < id);
        if !is_behind_all {
            return self.insert_within(id, value);
        }
        if last.pairs.len() < FULL {
            last.pairs.push((id, value));
            self.len += 1;
        } else {
            self.push_chunk(id, value);
        }
        None
    }

    fn push_chunk(&mut self, id: StreamId, value: V) {
        self.chunks.push_back(Chunk {
            floor: id,
            pairs: vec![(id, value)],
        });
        self.len += 1;
    }

    fn insert_within(&mut self, id: StreamId, value: V) -> Option<V> {
        let mut chunk = self.chunk_of(id).unwrap_or(0);
        if self.chunks[chunk].pairs.len() == FULL {
            self.split(chunk);
            chunk = self.chunk_of(id).unwrap_or(0);
        }
        let Chunk { floor, pairs } = &mut self.chunks[chunk];
        match search(pairs, id) {
            Ok(index) => Some(std::mem::replace(&mut pairs[index].1, value)),
            Err(index) => {
                *floor = id.min(*floor);
                pairs.insert(index, (id, value));
                self.len += 1;
                None
            }
        }
    }

    fn split(&mut self, chunk: usize) {
        let pairs = self.chunks[chunk].pairs.split_off(FULL / 2);
        let floor = pairs[0].0;
        self.chunks.insert(chunk + 1, Chunk { floor, pairs });
    }

    /// Takes the pair of `id` out.
    #[inline]
    pub fn remove(&mut self, id: StreamId) -> Option<V> {
        self.find(id).map(|place| self.remove_at(place).1)
    }

    /// Takes the pair at `place` out.
    pub fn remove_at(&mut self, place: Place) -> (StreamId, V) {
        let pairs = &mut self.chunks[place.chunk].pairs;
        let pair = pairs.remove(place.index);
        let left = pairs.len();
        self.len -= 1;
        if left == 0 {
            self.chunks.remove(place.chunk);
        } else if left < FULL / 4 {
            self.merge(place.chunk);
        }
        pair
    }

    /// Joins a chunk that has become small with the one behind or before it, if both together are small.
    fn merge(&mut self, chunk: usize) {
        let fits = |other: usize| {
            other < self.chunks.len()
                && self.chunks[chunk].pairs.len() + self.chunks[other].pairs.len() <= FULL / 2
        };
        let first = if fits(chunk + 1) {
            chunk
        } else if chunk > 0 && fits(chunk - 1) {
            chunk - 1
        } else {
            return;
        };
        if let Some(second) = self.chunks.remove(first + 1) {
            self.chunks[first].pairs.extend(second.pairs);
        }
    }

    /// Takes pairs off the end, about `count` of them. Returns whether all are gone.
    pub fn release_some(&mut self, count: usize) -> bool {
        for _ in 0..count.div_ceil(FULL).max(1) {
            match self.chunks.pop_back() {
                Some(chunk) => self.len -= chunk.pairs.len(),
                None => break,
            }
        }
        self.chunks.is_empty()
    }

    /// Bytes of heap that the map itself takes.
    pub fn allocated(&self) -> usize {
        let pairs: usize = self.chunks.iter().map(|chunk| chunk.pairs.capacity()).sum();
        self.chunks.capacity() * size_of::<Chunk<V>>() + pairs * size_of::<(StreamId, V)>()
    }
}

#[inline]
fn search<V>(pairs: &[(StreamId, V)], id: StreamId) -> Result<usize, usize> {
    match pairs.last() {
        Some((last, _)) if *last < id => Err(pairs.len()),
        _ => pairs.binary_search_by(|(other, _)| other.cmp(&id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    impl<V> IdMap<V> {
        fn check(&self) {
            let mut above = None;
            for chunk in &self.chunks {
                assert!(!chunk.pairs.is_empty() && chunk.pairs.len() <= FULL);
                assert!(above.is_none_or(|above| above < chunk.floor));
                assert!(chunk.floor <= chunk.pairs[0].0);
                assert!(chunk.pairs.windows(2).all(|pair| pair[0].0 < pair[1].0));
                above = chunk.pairs.last().map(|pair| pair.0);
            }
            let pairs: usize = self.chunks.iter().map(|chunk| chunk.pairs.len()).sum();
            assert_eq!(pairs, self.len);
        }
    }

    fn id(number: u16) -> StreamId {
        StreamId::new(u64::from(number / 7), u64::from(number % 7))
    }

    #[test]
    fn appending_fills_chunks() {
        let mut map = IdMap::default();
        for number in 0..1000 {
            assert_eq!(map.insert(id(number), ()), None);
        }
        map.check();
        assert_eq!(map.chunks.len(), 1000_usize.div_ceil(FULL));
        assert!(map.allocated() <= 1024 * 16 + 32 * size_of::<Chunk<()>>());
        while !map.release_some(100) {
            map.check();
        }
        assert!(map.is_empty());
    }

    proptest! {
        #[test]
        fn it_is_an_ordered_map(steps in prop::collection::vec((0..5_u8, 0..1500_u16), 1..3000)) {
            let (mut map, mut model, mut top) = (IdMap::default(), BTreeMap::new(), 0);
            for (step, number) in steps {
                match step {
                    0 | 1 => {
                        top += 1;
                        prop_assert_eq!(map.insert(id(top), number), model.insert(id(top), number));
                    }
                    2 => prop_assert_eq!(map.insert(id(number), number), model.insert(id(number), number)),
                    3 => prop_assert_eq!(map.remove(id(number)), model.remove(&id(number))),
                    _ => {
                        let first = map.first().map(|place| map.remove_at(place));
                        prop_assert_eq!(first, model.pop_first());
                    }
                }
                let probe = id(number);
                prop_assert_eq!(map.get(probe), model.get(&probe));
                let pair = |place| map.at(place);
                prop_assert_eq!(map.at_or_after(probe).map(pair), model.range(probe..).next().map(|(k, v)| (*k, v)));
                prop_assert_eq!(map.at_or_before(probe).map(pair), model.range(..=probe).next_back().map(|(k, v)| (*k, v)));
            }
            map.check();
            prop_assert_eq!(map.len(), model.len());
            prop_assert!(map.iter().eq(model.iter().map(|(k, v)| (*k, v))));
            let back = std::iter::successors(map.last(), |place| map.previous(*place)).map(|place| map.at(place));
            prop_assert!(back.eq(model.iter().rev().map(|(k, v)| (*k, v))));
        }
    }
}
