//! Active expiry: keys that are due go without anybody asking for them, in slices that the tick can afford.

use super::{DbIndex, Shard};
use crate::effect::event::Event;
use crate::keyspace::key::Key;
use crate::time::UnixMillis;

impl Shard {
    /// Deletes up to `most` keys that are due, database after database, going on where the last call stopped.
    /// Returns how many went: `most` means there may be more.
    pub fn expire_some(&mut self, now: UnixMillis, most: usize) -> usize {
        if !self.active_expire || self.keeps_expired(now) {
            return 0;
        }
        let mut gone = 0;
        for _ in 0..self.databases.len() {
            let db = DbIndex(self.next_expiring_db as u32);
            while gone < most {
                let Some(key) = self.database_mut(db).take_due(now) else {
                    break;
                };
                self.expire(db, Key::new(&key, self.seed));
                gone += 1;
            }
            if gone == most {
                self.stats.expire_budget_reached += 1;
                return gone;
            }
            self.next_expiring_db = (self.next_expiring_db + 1) % self.databases.len();
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
            self.log.expired(key.bytes());
            self.commit(db, key, Event::EXPIRED);
        }
    }
}
