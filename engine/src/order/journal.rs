//! What the keys held that a program has changed, so that it can be undone.
//!
//! Invariant: before a program's first command that may change a key, the journal has the key's entry, or that there was none.
//! Deliberately a copy, not the value itself, because the command needs to find it. A value that is too large to be copied in
//! passing is not kept, and the program does not change it before it holds all locks.

use hashbrown::HashMap;

use super::carry::Parcel;
use crate::keyspace::key::Key;
use crate::shard::stats::ShardStats;
use crate::shard::{DbIndex, Shard};
use crate::value::{NewValue, ValueRef};

/// Elements of a collection that are copied in passing, at most.
const MOST_ELEMENTS: usize = 512;
/// Bytes of a string that are copied in passing, at most.
const MOST_BYTES: usize = 64 << 10;

/// Whether a key can be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It can.
    Safely,
    /// It holds too much.
    TooLarge,
}

/// See the top of the file.
pub(super) struct Journal {
    former: HashMap<(DbIndex, Box<[u8]>), Option<Parcel>, foldhash::fast::RandomState>,
    changes: u64,
    stats: ShardStats,
    notices: usize,
}

impl Journal {
    /// Begins with the shard as it is.
    pub(super) fn new(shard: &Shard) -> Self {
        Journal {
            former: HashMap::default(),
            changes: shard.changes,
            stats: shard.stats,
            notices: shard.notices_len(),
        }
    }

    /// Keeps what `key` holds, unless that is kept already.
    pub(super) fn keep(&mut self, shard: &Shard, db: DbIndex, key: &[u8]) -> Kept {
        let name = (db, Box::from(key));
        if self.former.contains_key(&name) {
            return Kept::Safely;
        }
        let entry = shard.database(db).get(Key::new(key, shard.seed()));
        if entry.is_some_and(|entry| is_too_large(entry.value())) {
            return Kept::TooLarge;
        }
        let parcel = entry.map(|entry| Parcel {
            value: entry.value().to_owned(),
            expiry: entry.expiry(),
            access: Some(entry.access()),
        });
        self.former.insert(name, parcel);
        Kept::Safely
    }

    /// Brings everything back.
    pub(super) fn undo(self, shard: &mut Shard) {
        let seed = shard.seed();
        for ((db, key), parcel) in self.former {
            let key = Key::new(&key, seed);
            match parcel {
                None => {
                    shard.remove_now(db, key);
                }
                Some(parcel) => {
                    let access = parcel.access.unwrap_or_default();
                    let value = NewValue::Owned(parcel.value);
                    shard
                        .database_mut(db)
                        .put(key, value, parcel.expiry, access);
                    shard.collect_discarded(db);
                }
            }
        }
        shard.changes = self.changes;
        shard.stats = self.stats;
        shard.forget_notices(self.notices);
    }
}

fn is_too_large(value: ValueRef<'_>) -> bool {
    match value {
        ValueRef::String(string) => string.len() > MOST_BYTES,
        _ => value.elements() > MOST_ELEMENTS,
    }
}
