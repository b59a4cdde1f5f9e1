//! Who waits at which keys of this shard, in order of arrival, and which of these keys have changed since somebody looked.
//!
//! ```text
//!   queues    (db, key) -> arrival -> waiter        who came first stands first
//!   waiters   waiter -> its command, its keys here
//!   touched   (db, key) ..                          changed; to be looked at when the unit of work has ended
//! ```
//!
//! Invariants:
//! - A waiter stands in the queue of each of its keys here, under one number; a queue without waiters is not there.
//! - A touched key has a queue that is marked so, or its queue is gone.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap};

use super::DbIndex;
use super::context::Caller;
use crate::command::args::OwnedArgs;
use crate::command::table::CommandId;
use crate::command::waits::Waits;
use crate::order::lock_table::Holder;
use crate::order::stamp::ShardId;

/// A command that waits, named by the core whose client sent it: the top 16 bits are that core's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WaiterId(pub u64);

impl WaiterId {
    /// The core that knows whose command it is.
    pub fn home(self) -> ShardId {
        ShardId((self.0 >> 48) as u16)
    }
}

/// A key that is kept for a waiter until its home has decided.
#[derive(Clone, Copy, Debug)]
pub struct Reservation {
    /// Index of the key among the words.
    pub key: usize,
    /// Who holds the key's lock.
    pub holder: Holder,
}

/// Whether a transaction serves a waiter right now, under locks of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// None does.
    #[default]
    Ahead,
    /// One does.
    Begun,
    /// One does, and the waiter was to leave meanwhile: it will, if nothing comes of it.
    Last,
}

/// A command that waits at keys of this shard.
pub struct Waiter {
    /// Its name.
    pub id: WaiterId,
    /// The command.
    pub command: CommandId,
    /// What its row says about waiting.
    pub waits: &'static Waits,
    /// Its database.
    pub db: DbIndex,
    /// For what kind of client.
    pub caller: Caller,
    /// Its words.
    pub args: OwnedArgs,
    /// Indices of the keys it waits at here, none twice.
    pub keys: Vec<usize>,
    /// Whether all keys it needs are on this shard, so that it can be served without asking anybody.
    pub is_local: bool,
    /// Its home knows that a key is ready and has not decided yet.
    pub is_told: bool,
    /// Keys kept for it.
    pub reserved: Vec<Reservation>,
    /// Whether it is being served.
    pub turn: Turn,
}

impl Waiter {
    /// Whether it changes keys of several shards when it is served.
    pub fn is_distant(&self) -> bool {
        !self.is_local && self.waits.manner.is_distant()
    }

    /// The keys it waits at here.
    pub fn names(&self) -> Vec<KeyName> {
        let args = self.args.as_args();
        let name = |key: &usize| KeyName {
            db: self.db,
            key: args.at(*key).into(),
        };
        self.keys.iter().map(name).collect()
    }
}

/// A key of a database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyName {
    /// The database.
    pub db: DbIndex,
    /// The key.
    pub key: Box<[u8]>,
}

/// The same, borrowed.
struct KeyRef<'k>(DbIndex, &'k [u8]);

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}

impl Equivalent<KeyName> for KeyRef<'_> {
    fn equivalent(&self, name: &KeyName) -> bool {
        self.0 == name.db && *self.1 == *name.key
    }
}

type Arrival = u64;
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

#[derive(Default)]
struct Queue {
    waiters: BTreeMap<Arrival, WaiterId>,
    is_touched: bool,
    /// How many of them mind that the key is missing.
    minding: usize,
}

/// See the top of the file.
#[derive(Default)]
pub struct WaitTable {
    queues: Map<KeyName, Queue>,
    waiters: Map<WaiterId, (Arrival, Waiter)>,
    touched: Vec<KeyName>,
    /// How many wait who are [`Waiter::is_distant`].
    distant: usize,
    next: Arrival,
}

impl WaitTable {
    /// Whether nobody waits: the one look a write takes in the common case.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Whether keys have changed since somebody looked: the one look the end of a unit of work takes.
    #[inline]
    pub fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether somebody waits whose service, once it can be served, takes its time and has consequences.
    pub fn has_distant(&self) -> bool {
        self.distant > 0
    }

    /// How many keys are waited for, and at how many of them somebody minds that they are missing.
    pub fn keys(&self) -> (usize, usize) {
        let minded = self.queues.values().filter(|queue| queue.minding > 0);
        (self.queues.len(), minded.count())
    }

    /// How many wait here.
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// A key changed.
    #[cold]
    pub fn touch(&mut self, db: DbIndex, key: &[u8]) {
        if let Some((name, queue)) = self.queues.get_key_value_mut(&KeyRef(db, key))
            && !queue.is_touched
        {
            queue.is_touched = true;
            self.touched.push(name.clone());
        }
    }

    /// All keys of a database changed.
    pub fn touch_all(&mut self, db: DbIndex) {
        for (name, queue) in &mut self.queues {
            if name.db == db && !queue.is_touched {
                queue.is_touched = true;
                self.touched.push(name.clone());
            }
        }
    }

    /// Takes the keys that changed, in the order in which they did.
    pub fn take_touched(&mut self) -> Vec<KeyName> {
        let touched = std::mem::take(&mut self.touched);
        for name in &touched {
            if let Some(queue) = self.queues.get_mut(name) {
                queue.is_touched = false;
            }
        }
        touched
    }

    /// Puts a waiter behind all who wait already.
    pub fn add(&mut self, waiter: Waiter) {
        let arrival = self.next;
        self.next += 1;
        for name in waiter.names() {
            let queue = self.queues.entry(name).or_default();
            queue.waiters.insert(arrival, waiter.id);
            queue.minding += usize::from(waiter.waits.manner.minds_missing());
        }
        self.distant += usize::from(waiter.is_distant());
        self.waiters.insert(waiter.id, (arrival, waiter));
    }

    /// Takes a waiter out of all queues.
    pub fn remove(&mut self, id: WaiterId) -> Option<Waiter> {
        let (arrival, waiter) = self.waiters.remove(&id)?;
        self.distant -= usize::from(waiter.is_distant());
        for name in waiter.names() {
            let Some(queue) = self.queues.get_mut(&name) else {
                continue;
            };
            queue.waiters.remove(&arrival);
            queue.minding -= usize::from(waiter.waits.manner.minds_missing());
            if queue.waiters.is_empty() {
                self.queues.remove(&name);
            }
        }
        Some(waiter)
    }

    /// The keys a waiter waits at here count as changed.
    pub fn touch_keys_of(&mut self, waiter: &Waiter) {
        for name in waiter.names() {
            self.touch(name.db, &name.key);
        }
    }

    /// The first waiter at a key who arrived at `from` or later. With `if_missing` only those who mind count.
    pub fn next_at(&self, name: &KeyName, from: u64, if_missing: bool) -> Option<(u64, WaiterId)> {
        let queue = self.queues.get(name)?;
        if if_missing && queue.minding == 0 {
            return None;
        }
        let (arrival, id) = queue.waiters.range(from..).next()?;
        Some((*arrival, *id))
    }

    /// A waiter.
    pub fn get(&self, id: WaiterId) -> Option<&Waiter> {
        self.waiters.get(&id).map(|(_, waiter)| waiter)
    }

    /// A waiter, to change what is known of it. Its keys stay.
    pub fn get_mut(&mut self, id: WaiterId) -> Option<&mut Waiter> {
        self.waiters.get_mut(&id).map(|(_, waiter)| waiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::args::Args;
    use crate::command::spec::Steps;
    use crate::command::timeout::Patience;
    use crate::command::waits::{Manner, same_words};
    use crate::order::carry::Carry;

    const fn waits(manner: Manner) -> Waits {
        Waits {
            steps: Steps {
                gather: |_, _, _| Carry::Nothing,
                decide: |_, _, _| Ok(()),
                apply: |_, _, _, _| {},
            },
            manner,
            patience: |_: &Args<'_>| Ok(Patience::Forever),
            ready: |_, _, _| true,
            nothing: |reply| reply.null(),
            words: same_words,
        }
    }

    static POP: Waits = waits(Manner::Pop);
    static MOVE: Waits = waits(Manner::Move);
    static GROUP_READ: Waits = waits(Manner::GroupRead);

    fn waiter(id: u64, waits: &'static Waits, keys: &[&str]) -> Waiter {
        Waiter {
            id: WaiterId(id),
            command: CommandId::for_tests(1),
            waits,
            db: DbIndex(0),
            caller: Caller::default(),
            args: keys.iter().map(|key| key.as_bytes()).collect(),
            keys: (0..keys.len()).collect(),
            is_local: false,
            is_told: false,
            reserved: Vec::new(),
            turn: Turn::Ahead,
        }
    }

    fn name(key: &str) -> KeyName {
        KeyName {
            db: DbIndex(0),
            key: key.as_bytes().into(),
        }
    }

    fn line(table: &WaitTable, key: &str, if_missing: bool) -> Vec<u64> {
        let (mut from, mut ids) = (0, Vec::new());
        while let Some((arrival, id)) = table.next_at(&name(key), from, if_missing) {
            from = arrival + 1;
            ids.push(id.0);
        }
        ids
    }

    #[test]
    fn waiters_stand_in_the_order_of_arrival_at_each_key() {
        let mut table = WaitTable::default();
        table.add(waiter(7, &POP, &["a", "b"]));
        table.add(waiter(3, &MOVE, &["b"]));
        table.add(waiter(5, &GROUP_READ, &["a", "c"]));
        assert_eq!(
            (line(&table, "a", false), line(&table, "b", false)),
            (vec![7, 5], vec![7, 3])
        );
        assert_eq!(
            line(&table, "b", true),
            [],
            "nobody minds that it is missing"
        );
        assert_eq!(line(&table, "a", true), [7, 5]);
        assert!(table.has_distant() && table.len() == 3);
        assert!(table.remove(WaiterId(7)).is_some() && table.remove(WaiterId(7)).is_none());
        assert_eq!(
            (line(&table, "a", false), line(&table, "b", false)),
            (vec![5], vec![3])
        );
        table.remove(WaiterId(3));
        table.remove(WaiterId(5));
        assert!(table.is_empty() && !table.has_distant());
    }

    #[test]
    fn keys_are_touched_once_and_only_where_somebody_waits() {
        let mut table = WaitTable::default();
        table.add(waiter(1, &POP, &["a", "b"]));
        table.touch(DbIndex(0), b"x");
        table.touch(DbIndex(1), b"a");
        assert!(!table.has_touched());
        table.touch(DbIndex(0), b"b");
        table.touch(DbIndex(0), b"b");
        assert_eq!(table.take_touched(), [name("b")]);
        table.touch_all(DbIndex(1));
        assert!(!table.has_touched());
        table.touch_all(DbIndex(0));
        assert_eq!(table.take_touched().len(), 2);
        assert!(!table.has_touched());
    }
}
