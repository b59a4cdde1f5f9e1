//! Consumer groups: how far a group has read, and what it was given and has not acknowledged.
//!
//! Invariant: an id is pending in the group with consumer c exactly while it is pending in c, and in no other consumer.

use super::consumer::{Consumer, ConsumerNumber, Consumers};
use super::id::StreamId;
use super::id_map::IdMap;
use crate::time::UnixMillis;

/// An entry that was delivered and is not acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// When it was last delivered.
    pub delivered: UnixMillis,
    /// How often it was delivered.
    pub deliveries: u64,
    consumer: ConsumerNumber,
}

impl Pending {
    /// For how long it has been pending, in milliseconds.
    pub fn idle(&self, now: UnixMillis) -> i64 {
        now.0.saturating_sub(self.delivered.0)
    }
}

/// How the delivery counter of a claimed entry goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliveries {
    /// One more.
    Count,
    /// As it was.
    Keep,
    /// This.
    Set(u64),
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Group {
    name: Box<[u8]>,
    /// The last id that was delivered to anybody.
    pub last_delivered: StreamId,
    /// How many entries of the stream, from its very first on, the group has read; None when that can't be told.
    pub entries_read: Option<u64>,
    pending: IdMap<Pending>,
    consumers: Consumers,
}

impl Group {
    /// A group without consumers.
    pub fn new(name: &[u8], last_delivered: StreamId, entries_read: Option<u64>) -> Group {
        Group {
            name: name.into(),
            last_delivered,
            entries_read,
            pending: IdMap::default(),
            consumers: Consumers::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Everything delivered and not acknowledged.
    pub fn pending(&self) -> &IdMap<Pending> {
        &self.pending
    }

    /// Its consumers.
    pub fn consumers(&self) -> &Consumers {
        &self.consumers
    }

    /// The consumer that has a pending entry.
    pub fn owner(&self, pending: &Pending) -> &Consumer {
        self.consumers.at(pending.consumer)
    }

    pub(super) fn consumers_mut(&mut self) -> &mut Consumers {
        &mut self.consumers
    }

    /// Makes a consumer. None when the name is taken.
    pub fn create_consumer(&mut self, name: &[u8], now: UnixMillis) -> Option<ConsumerNumber> {
        self.consumers.create(name, now)
    }

    /// The consumer that asks for something now, made if need be; tells whether it was.
    pub fn visit(&mut self, name: &[u8], now: UnixMillis) -> (ConsumerNumber, bool) {
        match self.consumers.find(name) {
            Some(number) => {
                self.consumers.at_mut(number).seen = now;
                (number, false)
            }
            None => {
                let number = self.consumers.create(name, now);
                (number.expect("the name was not found"), true)
            }
        }
    }

    /// Removes a consumer with what is pending for it. Returns how much that was; None when there is no such consumer.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let consumer = self.consumers.remove(name)?;
        for (id, ()) in consumer.pending.iter() {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// An entry goes to a consumer for the first time, or once more if the group was set back.
    #[inline]
    pub fn deliver(&mut self, id: StreamId, consumer: ConsumerNumber, now: UnixMillis) -> &Pending {
        let pending = Pending {
            delivered: now,
            deliveries: 1,
            consumer,
        };
        if let Some(old) = self.pending.insert(id, pending) {
            self.consumers.at_mut(old.consumer).pending.remove(id);
        }
        let consumer = self.consumers.at_mut(consumer);
        consumer.pending.insert(id, ());
        consumer.active = Some(now);
        self.pending.get(id).expect("it was just put there")
    }

    /// A consumer is given what it has already once more.
    pub fn deliver_again(&mut self, id: StreamId, now: UnixMillis) {
        if let Some(pending) = self.pending.get_mut(id) {
            pending.delivered = now;
            pending.deliveries += 1;
        }
    }

    /// Makes an entry pending for `consumer`, whoever had it. Returns what it became.
    pub fn claim(
        &mut self,
        id: StreamId,
        consumer: ConsumerNumber,
        delivered: UnixMillis,
        deliveries: Deliveries,
        now: UnixMillis,
    ) -> Pending {
        let old = self.pending.get(id).copied();
        let before = old.map_or(1, |old| old.deliveries);
        let pending = Pending {
            delivered,
            deliveries: match deliveries {
                Deliveries::Count => before.saturating_add(1),
                Deliveries::Keep => before,
                Deliveries::Set(count) => count,
            },
            consumer,
        };
        self.pending.insert(id, pending);
        if old.map(|old| old.consumer) != Some(consumer) {
            if let Some(old) = old {
                self.consumers.at_mut(old.consumer).pending.remove(id);
            }
            self.consumers.at_mut(consumer).pending.insert(id, ());
        }
        self.consumers.at_mut(consumer).active = Some(now);
        pending
    }

    /// An entry is not pending any more. Returns what it was, if it was.
    pub fn acknowledge(&mut self, id: StreamId) -> Option<Pending> {
        let pending = self.pending.remove(id)?;
        self.consumers.at_mut(pending.consumer).pending.remove(id);
        Some(pending)
    }

    /// Bytes of heap, its own box included.
    pub fn allocated(&self) -> usize {
        size_of::<Group>() + self.name.len() + self.pending.allocated() + self.consumers.allocated()
    }
}
