//! Active expiry: keys, and fields of hashes, that are due go without anybody asking for them, in slices that the tick can afford.

use super::{DbIndex, Shard};
use crate::effect::event::Event;
use crate::keyspace::entry::EntryMut;
use crate::keyspace::key::Key;
use crate::time::UnixMillis;
use crate::value::ValueMut;
use crate::value::collection::Collection;

/// Due fields that go when somebody looks at their hash. More are only hidden, and left to active expiry.
const FIELDS_OF_A_LOOK: usize = 1000;

impl Shard {
    /// Deletes up to `most` keys and fields of hashes that are due, database after database, going on where the last call stopped.
    /// Returns how many went: `most` means there may be more.
    pub fn expire_some(&mut self, now: UnixMillis, most: usize) -> usize {
        self.expire_free(now, most, |_| true)
    }

    /// The same, of keys that are free to change; the others stay due.
    pub(crate) fn expire_free(
        &mut self,
        now: UnixMillis,
        most: usize,
        is_free: impl Fn(&[u8]) -> bool,
    ) -> usize {
        if !self.active_expire || self.keeps_expired(now) {
            return 0;
        }
        let mut gone = 0;
        for _ in 0..self.databases.len() {
            let db = DbIndex(self.next_expiring_db as u32);
            gone += self.expire_keys_some(db, now, most - gone, &is_free);
            gone += self.expire_fields_some(db, now, most - gone, &is_free);
            if gone >= most {
                self.stats.expire_budget_reached += 1;
                return gone;
            }
            self.next_expiring_db = (self.next_expiring_db + 1) % self.databases.len();
        }
        gone
    }

    /// Deletes up to `most` due keys.
    fn expire_keys_some(
        &mut self,
        db: DbIndex,
        now: UnixMillis,
        most: usize,
        is_free: &impl Fn(&[u8]) -> bool,
    ) -> usize {
        let (mut gone, mut kept) = (0, Vec::new());
        while gone + kept.len() < most {
            let Some(key) = self.database_mut(db).take_due(now) else {
                break;
            };
            if is_free(&key) {
                self.expire(db, Key::new(&key, self.seed));
                gone += 1;
            } else {
                kept.push(key);
            }
        }
        for key in kept {
            let key = Key::new(&key, self.seed);
            let database = self.database_mut(db);
            let expiry = database.get(key).and_then(|entry| entry.expiry());
            database.set_expiry(key, expiry);
        }
        gone
    }

    /// Deletes up to `most` due fields of hashes.
    fn expire_fields_some(
        &mut self,
        db: DbIndex,
        now: UnixMillis,
        most: usize,
        is_free: &impl Fn(&[u8]) -> bool,
    ) -> usize {
        let (mut gone, mut kept) = (0, Vec::new());
        while gone + kept.len() < most {
            let Some(key) = self.database_mut(db).take_due_fields(now) else {
                break;
            };
            if is_free(&key) {
                gone += self.expire_fields(db, Key::new(&key, self.seed), now, most - gone);
            } else {
                kept.push(key);
            }
        }
        for key in kept {
            let key = Key::new(&key, self.seed);
            self.database_mut(db).wake_for_fields(key, now);
        }
        gone
    }

    /// Deletes due fields of a hash that somebody looks at, unless they are kept for the moment.
    #[cold]
    pub(crate) fn expire_fields_seen(&mut self, db: DbIndex, key: Key<'_>, now: UnixMillis) {
        if !self.keeps_expired(now) {
            self.expire_fields(db, key, now, FIELDS_OF_A_LOOK);
        }
    }

    /// Deletes up to `most` due fields of a hash, and the hash with its last one. Returns how many.
    fn expire_fields(&mut self, db: DbIndex, key: Key<'_>, now: UnixMillis, most: usize) -> usize {
        let is_logged = self.log.is_read;
        let entry = self.database_mut(db).get_mut(key);
        let Some(ValueMut::Hash(hash)) = entry.and_then(EntryMut::into_value_mut) else {
            return 0;
        };
        let mut names = Vec::new();
        let gone = hash.expire_some(now, most, &mut |name| {
            if is_logged {
                names.push(name.to_vec());
            }
        });
        let (is_empty, alarm) = (hash.is_empty(), hash.take_alarm());
        if let Some(at) = alarm {
            self.database_mut(db).wake_for_fields(key, at);
        }
        if gone == 0 {
            return 0;
        }
        self.stats.expired_fields += gone as u64;
        self.log.expired_fields(db, key.bytes(), &names);
        if is_empty {
            self.remove_now(db, key);
        }
        self.commit_unasked(db, key, Event::hash("hexpired"));
        if is_empty {
            self.notify(db, key, Event::DEL);
        }
        gone
    }

    /// Deletes a key that was found past its expiry at `now`, unless such keys are kept for the moment.
    pub(crate) fn expire_seen(&mut self, db: DbIndex, key: Key<'_>, now: UnixMillis) {
        if !self.keeps_expired(now) {
            self.expire(db, key);
        }
    }

    /// Deletes a key that is past its expiry.
    pub(crate) fn expire(&mut self, db: DbIndex, key: Key<'_>) {
        if self.remove_now(db, key) {
            self.stats.expired += 1;
            self.log.expired(db, key.bytes());
            self.commit_unasked(db, key, Event::EXPIRED);
        }
    }
}
