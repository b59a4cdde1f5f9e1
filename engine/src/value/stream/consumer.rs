//! Consumers of a group: who they are, when they were last seen, and what was delivered to them.
//!
//! Invariant: `order` holds the numbers of all consumers, by name; a number stays a consumer's until it is removed.

use super::id_map::IdMap;
use crate::time::UnixMillis;

/// One consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    name: Box<[u8]>,
    /// When it last asked for something.
    pub seen: UnixMillis,
    /// When it last got something, if it ever did.
    pub active: Option<UnixMillis>,
    /// What was delivered to it and is not acknowledged. The rest of it is in the group's map.
    pub pending: IdMap<()>,
}

/// The number of a consumer within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerNumber(u32);

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub struct Consumers {
    slots: Vec<Option<Consumer>>,
    order: Vec<ConsumerNumber>,
}

impl Consumer {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }
}

impl Consumers {
    /// How many.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.order
            .binary_search_by(|number| self.at(*number).name().cmp(name))
    }

    /// The number of the consumer of that name.
    pub fn find(&self, name: &[u8]) -> Option<ConsumerNumber> {
        self.search(name).ok().map(|index| self.order[index])
    }

    /// The consumer with this number. Invariant: it is one of this group that was not removed.
    #[inline]
    pub fn at(&self, number: ConsumerNumber) -> &Consumer {
        self.slots[number.0 as usize]
            .as_ref()
            .expect("a number in use has its consumer")
    }

    /// The same, for changes.
    #[inline]
    pub fn at_mut(&mut self, number: ConsumerNumber) -> &mut Consumer {
        self.slots[number.0 as usize]
            .as_mut()
            .expect("a number in use has its consumer")
    }

    /// Makes a consumer. None when the name is taken.
    pub fn create(&mut self, name: &[u8], now: UnixMillis) -> Option<ConsumerNumber> {
        let Err(index) = self.search(name) else {
            return None;
        };
        let slot = match self.slots.iter().position(Option::is_none) {
            Some(free) if self.order.len() < self.slots.len() => free,
            _ => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        self.slots[slot] = Some(Consumer {
            name: name.into(),
            seen: now,
            active: None,
            pending: IdMap::default(),
        });
        let number = ConsumerNumber(slot as u32);
        self.order.insert(index, number);
        Some(number)
    }

    /// Takes a consumer out.
    pub fn remove(&mut self, name: &[u8]) -> Option<Consumer> {
        let index = self.search(name).ok()?;
        let number = self.order.remove(index);
        self.slots[number.0 as usize].take()
    }

    /// All consumers, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.order.iter().map(|number| self.at(*number))
    }

    /// Bytes of heap.
    pub fn allocated(&self) -> usize {
        let each = |consumer: &Consumer| consumer.name.len() + consumer.pending.allocated();
        self.slots.capacity() * size_of::<Option<Consumer>>()
            + self.order.capacity() * size_of::<ConsumerNumber>()
            + self.iter().map(each).sum::<usize>()
    }
}
