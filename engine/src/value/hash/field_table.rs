//! A large hash: a table of fields, and the order in which they go. Redis's "hashtable" encoding.
//!
//! Invariant: `due` has expiry and hash of exactly the fields that expire. Two fields that share both would share their
//! place in it; with 64 bits of a secret hash that does not happen, and if it did, the one would be hidden when it is due
//! without giving its memory back.

use super::field::{Field, FieldRef};
use super::{NewExpiry, is_alive};
use crate::random::Random;
use crate::table::hash::hash;
use crate::table::iter::Iter;
use crate::table::{HashSeed, Table};
use crate::time::UnixMillis;
use std::collections::BTreeSet;

/// See the top of the file.
#[derive(Clone)]
pub(super) struct FieldTable {
    fields: Table<Field>,
    due: BTreeSet<(UnixMillis, u64)>,
    /// See [`super::Hash::alarm`].
    pub(super) alarm: Option<UnixMillis>,
}

impl FieldTable {
    pub(super) fn new(seed: HashSeed) -> FieldTable {
        FieldTable {
            fields: Table::new(seed),
            due: BTreeSet::new(),
            alarm: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<FieldRef<'_>> {
        self.fields.get(name)
    }

    fn hash(&self, name: &[u8]) -> u64 {
        hash(name, self.fields.seed())
    }

    fn note(&mut self, name: &[u8], old: Option<UnixMillis>, new: Option<UnixMillis>) {
        if old == new {
            return;
        }
        let hash = self.hash(name);
        if let Some(old) = old {
            self.due.remove(&(old, hash));
        }
        if let Some(new) = new {
            self.due.insert((new, hash));
        }
    }

    /// Sets a field. Returns whether it is new: one that was due at `now` had gone.
    pub(super) fn set(
        &mut self,
        name: &[u8],
        value: &[u8],
        expiry: NewExpiry,
        now: UnixMillis,
    ) -> bool {
        let first = expiry.over(None);
        let make = || Field::new(name, value, first);
        let Some(mut field) = self.fields.get_or_insert(name, make) else {
            self.note(name, None, first);
            return true;
        };
        let old = field.get().expiry();
        let lives = old.is_none_or(|old| old > now);
        let new = expiry.over(old.filter(|_| lives));
        field.set(value, new);
        self.note(name, old, new);
        !lives
    }

    /// Sets or clears when a field goes. Returns whether it is there.
    pub(super) fn set_expiry(&mut self, name: &[u8], expiry: Option<UnixMillis>) -> bool {
        let Some(mut field) = self.fields.get_mut(name) else {
            return false;
        };
        let old = field.get().expiry();
        field.set_expiry(expiry);
        self.note(name, old, expiry);
        true
    }

    /// Takes a field away unless it is due. Returns whether it did.
    pub(super) fn remove(&mut self, name: &[u8], now: UnixMillis) -> bool {
        if self.next_expiry().is_some_and(|at| at <= now) {
            let due = self.get(name).and_then(FieldRef::expiry);
            if !is_alive(due, now) {
                return false;
            }
        }
        let Some(removed) = self.fields.remove(name) else {
            return false;
        };
        self.note(name, removed.look().expiry(), None);
        true
    }

    /// When the next field goes.
    pub(super) fn next_expiry(&self) -> Option<UnixMillis> {
        self.due.first().map(|(at, _)| *at)
    }

    /// How many fields are due at `now`.
    pub(super) fn due(&self, now: UnixMillis) -> usize {
        self.due.range(..=(now, u64::MAX)).count()
    }

    /// Takes up to `most` fields that are due away, and tells their names.
    pub(super) fn expire_some(
        &mut self,
        now: UnixMillis,
        most: usize,
        gone: &mut dyn FnMut(&[u8]),
    ) -> usize {
        for count in 0..most {
            match self.due.first() {
                Some(&(at, hash)) if at <= now => {
                    self.due.pop_first();
                    self.remove_by_hash(at, hash, gone);
                }
                _ => return count,
            }
        }
        most
    }

    fn remove_by_hash(&mut self, at: UnixMillis, wanted: u64, gone: &mut dyn FnMut(&[u8])) {
        let mut names = Vec::new();
        self.fields.scan_step(wanted >> 16, &mut |field| {
            if field.expiry() == Some(at) && self.hash(field.name()) == wanted {
                names.push(field.name().to_vec());
            }
        });
        debug_assert_eq!(names.len(), 1, "what is noted is there");
        for name in names {
            self.fields.remove(&name);
            gone(&name);
        }
    }

    /// The fields in no order, those that are due among them.
    pub(super) fn iter(&self) -> Iter<'_, Field> {
        self.fields.iter()
    }

    /// See [`Table::scan_step`].
    pub(super) fn scan_step(&self, cursor: u64, visit: &mut dyn FnMut(FieldRef<'_>)) -> u64 {
        self.fields.scan_step(cursor, visit)
    }

    pub(super) fn random(&self, random: &mut Random) -> Option<FieldRef<'_>> {
        self.fields.random(random)
    }

    pub(super) fn release_some(&mut self, fields: usize) -> bool {
        for _ in 0..fields {
            self.due.pop_first();
        }
        self.fields.release_some(fields) && self.due.is_empty()
    }

    /// Bytes of heap beyond this value itself.
    pub(super) fn allocated(&self) -> usize {
        // A node of the order has room for 11 places of 16 bytes, is two thirds full, and has a head of 16.
        self.fields.allocated() + self.due.len() * 24
    }

    /// Adds a field that is not there.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8], expiry: Option<UnixMillis>) {
        self.fields
            .get_or_insert(name, || Field::new(name, value, expiry));
        self.note(name, None, expiry);
    }
}

impl std::fmt::Debug for FieldTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|field| (field.name(), field.value())))
            .finish()
    }
}
