//! Access to a collection that is about to change.
//!
//! Invariant: whoever changes the collection calls [`Guard::commit`]; a debug build checks it when the guard goes.
//! Invariant: no key is left with a collection that does not keep its key: `commit` deletes it, and a guard that was
//! made for a new key and commits nothing takes the key away again.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::{DbIndex, Shard};
use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::keyspace::key::{HashSeed, Key};
use crate::limits::Limits;
use crate::random::Random;
use crate::time::UnixMillis;
use crate::value::collection::Collection;

/// Whether a key outlived a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// It is still there.
    Kept,
    /// Its last element went, and the key with it.
    Gone,
}

/// A collection at a key, known to be there and alive.
pub struct Guard<'s, T: Collection> {
    shard: &'s mut Shard,
    db: DbIndex,
    key: Key<'s>,
    now: UnixMillis,
    /// Invariant: points into a box that an entry of `shard` owns; `shard` is borrowed, and nothing here changes the
    /// keyspace before the guard's last look at the collection.
    value: NonNull<T>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untouched,
    /// The key was made for this guard.
    New,
    Changed,
    Settled,
}

impl<'s, T: Collection> Guard<'s, T> {
    /// # Safety
    /// `value` is the collection at `key` in `db` of `shard`.
    pub(super) unsafe fn new(
        shard: &'s mut Shard,
        db: DbIndex,
        key: Key<'s>,
        now: UnixMillis,
        value: NonNull<T>,
        is_new: bool,
    ) -> Self {
        let state = if is_new { State::New } else { State::Untouched };
        Guard {
            shard,
            db,
            key,
            now,
            value,
            state,
        }
    }

    /// The key.
    pub fn key(&self) -> &'s [u8] {
        self.key.bytes()
    }

    /// The moment at which the command runs.
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// The parameters commands look at.
    pub fn limits(&self) -> &Limits {
        &self.shard.limits
    }

    /// Random numbers.
    pub fn random(&mut self) -> &mut Random {
        &mut self.shard.random
    }

    /// The seed of hashes, for a collection that becomes a table.
    pub fn seed(&self) -> HashSeed {
        self.shard.seed
    }

    /// How the running command is logged.
    pub fn log(&mut self) -> &mut ShardLog {
        &mut self.shard.log
    }

    /// The collection for changes, and what a change may want to know.
    pub fn parts(&mut self) -> (&mut T, &Limits, &mut Random) {
        self.mark_changed();
        // SAFETY: see the invariant of `value`; limits and random numbers are no part of the keyspace.
        let value = unsafe { self.value.as_mut() };
        (value, &self.shard.limits, &mut self.shard.random)
    }

    /// The collection for changes, and how the running command is logged.
    pub fn with_log(&mut self) -> (&mut T, &mut ShardLog) {
        self.mark_changed();
        // SAFETY: see the invariant of `value`; the log is no part of the keyspace.
        let value = unsafe { self.value.as_mut() };
        (value, &mut self.shard.log)
    }

    /// Ends without a word: nothing changed that anybody could see.
    pub fn leave(self) {
        let mut guard = self;
        if guard.state == State::Changed {
            debug_assert!(guard.keeps_key(), "what looks the same has its elements");
            guard.state = State::Settled;
        }
    }

    /// Tells the world about the change.
    pub fn commit(mut self, event: Event) -> Survival {
        if self.state == State::New {
            self.shard.notify(self.db, self.key, Event::NEW);
        }
        let survival = self.settle();
        self.shard.commit(self.db, self.key, event);
        if survival == Survival::Gone {
            self.shard.notify(self.db, self.key, Event::DEL);
        }
        survival
    }

    /// Tells of a change that whoever watches the key does not care about, as of what a stream's groups have read. Those
    /// who wait for the key are told. Invariant: the key was there before, and the collection keeps it.
    pub fn note(mut self, event: Option<Event>) {
        debug_assert!(self.state != State::New && self.keeps_key());
        self.state = State::Settled;
        self.shard.note(self.db, self.key, event);
    }

    /// Deletes the key if the collection does not keep it.
    fn settle(&mut self) -> Survival {
        self.state = State::Settled;
        if self.keeps_key() {
            // SAFETY: see the invariant of `value`; this is the guard's last look at it.
            if let Some(at) = unsafe { self.value.as_mut() }.take_alarm() {
                let database = self.shard.database_mut(self.db);
                database.wake_for_fields(self.key, at);
            }
            return Survival::Kept;
        }
        self.shard.remove_now(self.db, self.key);
        Survival::Gone
    }

    fn mark_changed(&mut self) {
        if self.state == State::Untouched {
            self.state = State::Changed;
        }
    }
}

impl<T: Collection> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: see the invariant of `value`.
        unsafe { self.value.as_ref() }
    }
}

impl<T: Collection> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.mark_changed();
        // SAFETY: see the invariant of `value`; `self` is borrowed exclusively.
        unsafe { self.value.as_mut() }
    }
}

impl<T: Collection> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        debug_assert!(
            self.state != State::Changed || std::thread::panicking(),
            "a change nobody was told about"
        );
        if self.state == State::New {
            self.shard.remove_now(self.db, self.key);
        }
    }
}
