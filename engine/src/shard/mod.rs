//! One shard: its databases and what writes to them must tell. Owned by one core, never shared.

pub mod access;
pub mod context;
pub mod eviction;
pub mod execute;
pub mod expiry;
pub mod guard;
pub mod load;
pub mod look;
pub mod meter;
pub mod snapshot;
pub mod stats;
pub mod string_guard;
pub mod territory;
pub mod tracking;
pub mod waiting;
pub mod watch;

use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::effect::notice::Notice;
use crate::keyspace::database::Database;
use crate::keyspace::key::{HashSeed, Key};
use crate::keyspace::retired::Retired;
use crate::limits::Limits;
use crate::random::Random;
use crate::time::UnixMillis;
use eviction::{Gauge, Pool};
use meter::Meter;
use stats::ShardStats;
use territory::Territory;
use tracking::TrackTable;
use waiting::WaitTable;
use watch::{Presence, WatchTable};

/// The number of a database, as SELECT takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DbIndex(pub u32);

/// A shard of the keyspace: the keys of its slots, in every database.
pub struct Shard {
    databases: Vec<Database>,
    seed: HashSeed,
    /// What commands look at; replaced whole when the configuration changes.
    pub limits: Limits,
    /// Counters for INFO.
    pub stats: ShardStats,
    /// How long commands take here. Off until the server hands it a clock.
    pub meter: Meter,
    /// Who watches what.
    pub watch: WatchTable,
    /// Who waits for what.
    pub waiting: WaitTable,
    /// Who has read what and wants to hear when it changes.
    pub tracking: TrackTable,
    /// What the running command tells the log.
    pub log: ShardLog,
    /// Writes since start, for `rdb_changes_since_last_save` and to know whether a command wrote.
    pub changes: u64,
    /// Until this moment keys past their expiry are hidden but not deleted (CLIENT PAUSE).
    pub keep_expired_until: UnixMillis,
    /// Whether active expiry runs (DEBUG SET-ACTIVE-EXPIRE).
    pub active_expire: bool,
    random: Random,
    notices: Vec<Notice>,
    gauge: Gauge,
    pool: Pool,
    /// Data that FLUSHALL and its like put aside, freed in slices by [`Shard::free_some`].
    retired: Vec<Retired>,
    /// Former contents of databases that a snapshot has not seen yet.
    set_aside: Vec<Database>,
    is_walking: bool,
    /// How often all databases were emptied at once.
    pub flushes: u64,
    next_expiring_db: usize,
    territory: Territory,
}

impl Shard {
    /// An empty shard. All shards of a process share `seed`, so that a key has one place in the order of a SCAN
    /// wherever its slot lives.
    pub fn new(seed: HashSeed, random_seed: u64, limits: Limits) -> Self {
        Shard {
            databases: (0..limits.databases).map(|_| Database::new(seed)).collect(),
            seed,
            limits,
            stats: ShardStats::default(),
            meter: Meter::default(),
            watch: WatchTable::default(),
            waiting: WaitTable::default(),
            tracking: TrackTable::default(),
            log: ShardLog::default(),
            changes: 0,
            keep_expired_until: UnixMillis::default(),
            active_expire: true,
            random: Random::new(random_seed),
            notices: Vec::new(),
            gauge: Box::new(|| 0),
            pool: Pool::default(),
            retired: Vec::new(),
            set_aside: Vec::new(),
            is_walking: false,
            flushes: 0,
            next_expiring_db: 0,
            territory: Territory::whole(),
        }
    }

    /// The seed of key hashes.
    pub fn seed(&self) -> HashSeed {
        self.seed
    }

    /// The slots it holds; all of them until [`Shard::set_territory`] tells otherwise.
    pub fn territory(&self) -> &Territory {
        &self.territory
    }

    /// Tells which slots it holds. To be called whenever the table of slots changes.
    pub fn set_territory(&mut self, territory: Territory) {
        self.territory = territory;
    }

    /// Whether keys past their expiry are hidden but not deleted at `now`.
    pub fn keeps_expired(&self, now: UnixMillis) -> bool {
        now < self.keep_expired_until
    }

    /// Every database with its number.
    pub fn databases(&self) -> impl Iterator<Item = (DbIndex, &Database)> {
        self.databases
            .iter()
            .enumerate()
            .map(|(index, db)| (DbIndex(index as u32), db))
    }

    /// One database. Invariant: numbers are checked against `limits.databases` where they come in.
    #[inline]
    pub fn database(&self, db: DbIndex) -> &Database {
        &self.databases[db.0 as usize]
    }

    #[inline]
    pub(crate) fn database_mut(&mut self, db: DbIndex) -> &mut Database {
        &mut self.databases[db.0 as usize]
    }

    /// The one place where a write becomes known: to watchers, to those who wait for the key or have read it, to the count
    /// of changes, and to whoever listens for events.
    #[inline]
    pub(crate) fn commit(&mut self, db: DbIndex, key: Key<'_>, event: Event) {
        self.commit_unheard(db, key);
        self.notify(db, key, event);
    }

    /// The same for a write that no client asked for.
    pub(crate) fn commit_unasked(&mut self, db: DbIndex, key: Key<'_>, event: Event) {
        let running = self.tracking.begin(None);
        self.commit(db, key, event);
        self.tracking.begin(running);
    }

    /// The same for a write that is no event.
    #[inline]
    pub(crate) fn commit_unheard(&mut self, db: DbIndex, key: Key<'_>) {
        self.changes += 1;
        if !self.watch.is_empty() {
            let exists = self.database(db).get(key).is_some();
            self.watch.touch(db, key.bytes(), exists);
        }
        self.tracking.touch(key.bytes());
        if !self.waiting.is_empty() {
            self.waiting.touch(db, key.bytes());
        }
    }

    /// A write that watchers do not see; see [`guard::Guard::note`].
    pub(crate) fn note(&mut self, db: DbIndex, key: Key<'_>, event: Option<Event>) {
        self.changes += 1;
        if !self.waiting.is_empty() {
            self.waiting.touch(db, key.bytes());
        }
        if let Some(event) = event {
            self.notify(db, key, event);
        }
    }

    /// Tells whoever listens for events; a command with two events commits one and notifies the other.
    #[inline]
    pub(crate) fn notify(&mut self, db: DbIndex, key: Key<'_>, event: Event) {
        if self.limits.notify.wants(event.class) {
            let key = key.bytes().into();
            self.notices.push(Notice { db, key, event });
        }
    }

    /// Takes what clients want to hear of since the last call, in the order in which it happened.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    pub(crate) fn notices_len(&self) -> usize {
        self.notices.len()
    }

    /// Forgets all but the first `kept` of what clients want to hear of.
    pub(crate) fn forget_notices(&mut self, kept: usize) {
        self.notices.truncate(kept);
    }

    /// Takes all but the first `kept` of it.
    pub(crate) fn split_notices(&mut self, kept: usize) -> Vec<Notice> {
        self.notices.split_off(kept.min(self.notices.len()))
    }

    pub(crate) fn add_notices(&mut self, notices: Vec<Notice>) {
        self.notices.extend(notices);
    }

    /// Whether there is anything that clients want to hear of.
    pub fn has_notices(&self) -> bool {
        !self.notices.is_empty()
    }

    /// Empties a database. With `lazily` the memory is given back by later calls of [`Shard::free_some`].
    pub(crate) fn flush(&mut self, db: DbIndex, lazily: bool, now: UnixMillis) {
        let database = &mut self.databases[db.0 as usize];
        self.changes += database.len() as u64;
        let before = |key: &[u8]| presence(database, Key::new(key, self.seed), now);
        self.watch.replace(db, before, |_| Presence::Missing);
        self.waiting.touch_all(db);
        self.tracking.flushed();
        if database.is_walking() {
            self.set_aside.push(database.set_aside());
            return;
        }
        let mut retired = database.take_all();
        if lazily {
            self.retired.push(retired);
        } else {
            while !retired.drop_some(usize::MAX) {}
        }
    }

    /// Empties all databases at once; the memory is given back by later calls of [`Shard::free_some`].
    pub fn flush_all(&mut self, now: UnixMillis) {
        for db in 0..self.databases.len() {
            self.flush(DbIndex(db as u32), true, now);
        }
    }

    /// Exchanges two databases.
    pub(crate) fn swap(&mut self, one: DbIndex, other: DbIndex, now: UnixMillis) {
        if one == other {
            return;
        }
        for (db, with) in [(one, other), (other, one)] {
            let (before, after) = (
                &self.databases[db.0 as usize],
                &self.databases[with.0 as usize],
            );
            let seed = self.seed;
            self.watch.replace(
                db,
                |key| presence(before, Key::new(key, seed), now),
                |key| presence(after, Key::new(key, seed), now),
            );
        }
        self.databases.swap(one.0 as usize, other.0 as usize);
        self.waiting.touch_all(one);
        self.waiting.touch_all(other);
        self.changes += 1;
    }

    /// Takes a key out and frees its value, now or in slices. Returns whether it was there.
    pub(crate) fn remove_now(&mut self, db: DbIndex, key: Key<'_>) -> bool {
        let removed = self.database_mut(db).delete(key);
        self.collect_discarded(db);
        removed
    }

    /// Queues the large values that a change of the database left behind.
    #[inline]
    pub(crate) fn collect_discarded(&mut self, db: DbIndex) {
        while let Some(value) = self.databases[db.0 as usize].take_discarded() {
            self.retired.push(Retired::of_value(value));
        }
    }

    /// Frees up to `entries` entries or elements that were put aside. Returns whether more are left.
    pub fn free_some(&mut self, entries: usize) -> bool {
        if let Some(retired) = self.retired.last_mut()
            && retired.drop_some(entries)
        {
            self.retired.pop();
        }
        !self.retired.is_empty()
    }

    /// How many large values and former contents of databases wait to be freed.
    pub fn retired(&self) -> usize {
        self.retired.len()
    }

    /// Random numbers of this shard.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}

fn presence(database: &Database, key: Key<'_>, now: UnixMillis) -> Presence {
    match database.get(key) {
        None => Presence::Missing,
        Some(entry) if entry.expiry().is_some_and(|at| at <= now) => Presence::Expired,
        Some(_) => Presence::Alive,
    }
}
