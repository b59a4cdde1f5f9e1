//! Which connections watch which keys of this shard, and which of them saw a change.
//!
//! Invariant: a watcher is in `keys_of` exactly while it watches at least one key here; `dirty` holds only such watchers.

use hashbrown::{HashMap, HashSet};

use super::DbIndex;

/// A connection that watches: its core and its number there. The server never gives a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WatcherId {
    /// The core that serves the connection.
    pub core: u16,
    /// The connection's number on that core.
    pub connection: u64,
}

/// What a key is to those who watch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Not there.
    Missing,
    /// There, but past its expiry.
    Expired,
    /// There.
    Alive,
}

struct Watch {
    watcher: WatcherId,
    /// The key had already expired when the watch began: that it goes is then no change.
    expired: bool,
}

type KeyName = (DbIndex, Box<[u8]>);
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The watches of one shard.
#[derive(Default)]
pub struct WatchTable {
    by_key: Map<KeyName, Vec<Watch>>,
    keys_of: Map<WatcherId, Vec<KeyName>>,
    dirty: HashSet<WatcherId, foldhash::fast::RandomState>,
}

impl WatchTable {
    /// Whether nobody watches: the one look a write takes in the common case.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Begins to watch; watching twice is once.
    pub fn watch(&mut self, watcher: WatcherId, db: DbIndex, key: &[u8], expired: bool) {
        let name: KeyName = (db, key.into());
        let keys = self.keys_of.entry(watcher).or_default();
        if keys.contains(&name) {
            return;
        }
        keys.push(name.clone());
        self.by_key
            .entry(name)
            .or_default()
            .push(Watch { watcher, expired });
    }

    /// Ends all watches of `watcher`.
    pub fn unwatch(&mut self, watcher: WatcherId) {
        self.dirty.remove(&watcher);
        for name in self.keys_of.remove(&watcher).unwrap_or_default() {
            if let Some(watches) = self.by_key.get_mut(&name) {
                watches.retain(|watch| watch.watcher != watcher);
                if watches.is_empty() {
                    self.by_key.remove(&name);
                }
            }
        }
    }

    /// A key changed. `exists` tells whether it is there afterwards.
    pub fn touch(&mut self, db: DbIndex, key: &[u8], exists: bool) {
        if self.by_key.is_empty() {
            return;
        }
        let Some(watches) = self.by_key.get_mut(&(db, key.into())) else {
            return;
        };
        for watch in watches {
            if watch.expired && !exists {
                // What was watched as missing is missing still.
                watch.expired = false;
            } else {
                self.dirty.insert(watch.watcher);
            }
        }
    }

    /// All keys of `db` are replaced at once (FLUSHDB, SWAPDB): `before` and `after` tell what a key is then.
    pub fn replace(
        &mut self,
        db: DbIndex,
        mut before: impl FnMut(&[u8]) -> Presence,
        mut after: impl FnMut(&[u8]) -> Presence,
    ) {
        for ((_, key), watches) in self.by_key.iter_mut().filter(|((of, _), _)| *of == db) {
            let (was, becomes) = (before(key), after(key));
            if was == Presence::Missing && becomes == Presence::Missing {
                continue;
            }
            for watch in watches {
                match becomes {
                    Presence::Missing if watch.expired => watch.expired = false,
                    Presence::Expired if watch.expired => {}
                    Presence::Expired if was == Presence::Missing => watch.expired = true,
                    _ => {
                        self.dirty.insert(watch.watcher);
                    }
                }
            }
        }
    }

    /// Whether nothing that `watcher` watches here has changed. `expired` tells whether a key is past its expiry now.
    pub fn is_clean(
        &self,
        watcher: WatcherId,
        mut expired: impl FnMut(DbIndex, &[u8]) -> bool,
    ) -> bool {
        if self.dirty.contains(&watcher) {
            return false;
        }
        let Some(keys) = self.keys_of.get(&watcher) else {
            return true;
        };
        keys.iter().all(|name| {
            let watched_expired = self.by_key[name]
                .iter()
                .any(|watch| watch.watcher == watcher && watch.expired);
            watched_expired || !expired(name.0, &name.1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DB: DbIndex = DbIndex(0);

    fn watcher(connection: u64) -> WatcherId {
        WatcherId {
            core: 0,
            connection,
        }
    }

    #[test]
    fn a_change_is_seen_by_all_who_watch() {
        let mut table = WatchTable::default();
        table.watch(watcher(1), DB, b"a", false);
        table.watch(watcher(2), DB, b"b", false);
        table.touch(DB, b"a", true);
        assert!(!table.is_clean(watcher(1), |_, _| false));
        assert!(table.is_clean(watcher(2), |_, _| false));
        assert!(
            !table.is_clean(watcher(2), |_, key| key == b"b"),
            "expired since"
        );
        table.unwatch(watcher(1));
        table.unwatch(watcher(2));
        assert!(table.is_empty());
        assert!(table.is_clean(watcher(1), |_, _| false));
    }

    #[test]
    fn an_expired_key_that_goes_is_no_change() {
        let mut table = WatchTable::default();
        table.watch(watcher(1), DB, b"a", true);
        table.touch(DB, b"a", false);
        assert!(table.is_clean(watcher(1), |_, _| false));
        table.touch(DB, b"a", true);
        assert!(!table.is_clean(watcher(1), |_, _| false));
    }
}
