//! Access to a string that is about to change.
//!
//! Invariant: whoever changes the bytes calls [`StringGuard::commit`]; a debug build checks it when the guard goes.

use super::{DbIndex, Shard};
use crate::effect::event::Event;
use crate::keyspace::entry::{Entry, EntryMut, Place};
use crate::keyspace::key::Key;
use crate::value::ValueRef;
use crate::value::string::StringRef;

/// A string at a key, known to be there and alive.
pub struct StringGuard<'s> {
    shard: &'s mut Shard,
    db: DbIndex,
    key: Key<'s>,
    /// Invariant: the string's place in `shard`, which is borrowed; nothing here adds or removes keys.
    place: Place,
    changed: bool,
}

impl<'s> StringGuard<'s> {
    /// None if that is no string.
    ///
    /// # Safety
    /// `place` is that of `key` in `db` of `shard`, and no key has come or gone since it was taken.
    pub(super) unsafe fn new(
        shard: &'s mut Shard,
        db: DbIndex,
        key: Key<'s>,
        place: Place,
    ) -> Option<Self> {
        let guard = StringGuard {
            shard,
            db,
            key,
            place,
            changed: false,
        };
        matches!(guard.entry().value(), ValueRef::String(_)).then_some(guard)
    }

    fn entry(&self) -> Entry<'_> {
        // SAFETY: see the invariant of `place`; `self` is borrowed, and only looked at.
        unsafe { self.place.entry() }
    }

    fn entry_mut(&mut self) -> EntryMut<'_> {
        self.changed = true;
        // SAFETY: see the invariant of `place`; `self` is borrowed exclusively.
        unsafe { self.place.entry_mut() }
    }

    /// What it holds.
    pub fn get(&self) -> StringRef<'_> {
        match self.entry().value() {
            ValueRef::String(string) => string,
            _ => unreachable!("a guard stands on a string"),
        }
    }

    /// Its bytes, to be changed at will. The string is of encoding `raw` from now on.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        self.entry_mut().into_bytes_mut()
    }

    /// Makes it this number; the expiry stays.
    pub fn set_int(&mut self, value: i64) {
        self.entry_mut().set_int(value);
    }

    /// Ends without a word: the bytes are as they were, whatever their encoding became.
    pub fn leave(mut self) {
        self.changed = false;
    }

    /// Tells of a change of the bytes that is no event to those who listen for them.
    pub fn commit_unheard(mut self) {
        self.changed = false;
        self.shard.commit_unheard(self.db, self.key);
    }

    /// Tells the world about the change.
    pub fn commit(mut self, event: Event) {
        self.changed = false;
        self.shard.commit(self.db, self.key, event);
    }
}

impl Drop for StringGuard<'_> {
    fn drop(&mut self) {
        debug_assert!(
            !self.changed || std::thread::panicking(),
            "a change nobody was told about"
        );
    }
}
