//! Keys that come from a file: nobody watches them, waits for them, or hears of them.

use super::{DbIndex, Shard};
use crate::keyspace::key::Key;
use crate::time::UnixMillis;
use crate::value::{NewValue, Value};

impl Shard {
    /// Puts a key with its access clock into a database, which must exist. Returns whether it was there.
    pub fn load(
        &mut self,
        db: u32,
        key: &[u8],
        value: Value,
        expiry: Option<UnixMillis>,
        access: u32,
    ) -> bool {
        let (db, key) = (DbIndex(db), Key::new(key, self.seed));
        let value = NewValue::Owned(value);
        let was_there = self.database_mut(db).put(key, value, expiry, access);
        self.collect_discarded(db);
        was_there
    }
}
