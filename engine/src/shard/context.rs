//! What a handler sees: one database of one shard at one moment, for one caller.
//!
//! Invariants:
//! - A key past its expiry is never seen: looking at it deletes it first, unless CLIENT PAUSE keeps it.
//! - Every change ends in [`Shard::commit`], which the methods here call; a handler can't write around it.
//! - The keys of a command belong to this shard: the planner saw to that.

use std::ptr::NonNull;

use super::access;
use super::execute::key_positions;
use super::guard::Guard;
use super::string_guard::StringGuard;
use super::tracking::Origin;
use super::{DbIndex, Shard};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Flags;
use crate::command::spec::Command;
use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::key::slot::Slot;
use crate::keyspace::database::{Database, Look};
use crate::keyspace::entry::{Entry, EntryMut, Place};
use crate::keyspace::key::{HashSeed, Key};
use crate::limits::Limits;
use crate::order::carry::{Loan, Parcel};
use crate::random::Random;
use crate::resp::reply::Protocol;
use crate::resp::reply_bound::ReplyBound;
use crate::time::UnixMillis;
use crate::value::collection::Collection;
use crate::value::string::StringRef;
use crate::value::{NewValue, ValueRef};

/// What a shard must know of the client whose command it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// How to write the reply.
    pub protocol: Protocol,
    /// CLIENT NO-TOUCH: reads leave the access bits alone.
    pub no_touch: bool,
    /// CLIENT TRACKING: it wants to hear when keys that it reads now change.
    pub tracks: bool,
    /// How large its replies may get.
    pub bound: ReplyBound,
    /// Whether it is a connection, `connection` of `core`. Apart, as each operation that travels carries a caller.
    pub(crate) is_connection: bool,
    pub(crate) core: u16,
    pub(crate) connection: u64,
}

impl Caller {
    /// Somebody who speaks `protocol`.
    pub fn speaking(protocol: Protocol) -> Caller {
        Caller {
            protocol,
            ..Caller::default()
        }
    }

    /// The same, coming from a connection.
    pub fn from_connection(self, origin: Origin) -> Caller {
        Caller {
            is_connection: true,
            core: origin.core,
            connection: origin.connection,
            ..self
        }
    }

    /// Which connection it is, if it is one.
    #[inline]
    pub fn origin(&self) -> Option<Origin> {
        let (core, connection) = (self.core, self.connection);
        self.is_connection.then_some(Origin { core, connection })
    }
}

/// What happens to the expiry of a key that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// It is gone.
    Clear,
    /// It stays, if there is one.
    Keep,
    /// It is this.
    At(UnixMillis),
}

/// See the top of the file.
pub struct ShardContext<'a> {
    shard: &'a mut Shard,
    db: DbIndex,
    now: UnixMillis,
    caller: Caller,
}

impl<'a> ShardContext<'a> {
    /// A look at `db` of `shard` at the moment `now`.
    pub fn new(shard: &'a mut Shard, db: DbIndex, now: UnixMillis, caller: Caller) -> Self {
        shard.tracking.begin(caller.origin());
        ShardContext {
            shard,
            db,
            now,
            caller,
        }
    }

    /// The moment at which the command runs; it stands still while it does.
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// Whether keys past their expiry are hidden but not deleted now.
    pub fn keeps_expired(&self) -> bool {
        self.shard.keeps_expired(self.now)
    }

    /// The selected database.
    pub fn db(&self) -> DbIndex {
        self.db
    }

    /// The caller.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// Remembers that the caller has read the key which is the word `key` of `command`, if it wants to hear when that
    /// changes.
    #[inline]
    pub fn remember_read(&mut self, command: &Command, args: &Args<'_>, key: usize) {
        if let Some(reader) = self.reader(command) {
            self.shard.tracking.remember(args.at(key), reader);
        }
    }

    /// The same for all keys of a command.
    #[inline]
    pub fn remember_reads(&mut self, command: &Command, args: &Args<'_>) {
        if let Some(reader) = self.reader(command) {
            // The words of one who waited on several shards name keys of others, too.
            for key in key_positions(command.keys, args) {
                if self.shard.territory.holds(args.at(key)) {
                    self.shard.tracking.remember(args.at(key), reader);
                }
            }
        }
    }

    #[inline]
    fn reader(&self, command: &Command) -> Option<Origin> {
        let reads = self.caller.tracks && command.flags.contains(Flags::READONLY);
        self.caller.origin().filter(|_| reads)
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

    /// How the running command is logged, see [`ShardLog`].
    pub fn log(&mut self) -> &mut ShardLog {
        &mut self.shard.log
    }

    /// The whole shard, for commands about all of it.
    pub fn shard(&mut self) -> &mut Shard {
        self.shard
    }

    /// The selected database, to look at. Expired keys may still be in it: check [`Entry::expiry`].
    pub fn database(&self) -> &Database {
        self.shard.database(self.db)
    }

    /// The number of the slot behind the run of slots of this shard that `slot` is in.
    pub fn run_end(&self, slot: Slot) -> u16 {
        self.shard.territory.run_end(slot)
    }

    /// Does `work` in another database.
    pub fn in_db<T>(&mut self, db: DbIndex, work: impl FnOnce(&mut Self) -> T) -> T {
        let home = std::mem::replace(&mut self.db, db);
        let result = work(self);
        self.db = home;
        result
    }

    #[inline]
    fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key::new(bytes, self.shard.seed)
    }

    /// Asks the processor for the memory of up to 16 keys that will be looked at next, and goes on without waiting for it.
    pub fn prefetch<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) {
        let mut next = [None; 16];
        for (place, key) in next.iter_mut().zip(keys) {
            *place = Some(self.key(key));
        }
        let keys = || next.iter().flatten();
        keys().for_each(|key| self.database().prefetch_bucket(*key));
        keys().for_each(|key| self.database().prefetch_entry(*key));
    }

    /// Deletes the key if it is past its expiry. Returns whether it is there and alive.
    #[inline]
    fn alive(&mut self, key: Key<'_>) -> bool {
        match self.shard.database(self.db).get(key) {
            None => false,
            Some(entry) if entry.expiry().is_some_and(|at| at <= self.now) => {
                self.shard.expire_seen(self.db, key, self.now);
                false
            }
            Some(entry) if entry.has_due_fields(self.now) => self.outlives_fields(key),
            Some(_) => true,
        }
    }

    /// Deletes due fields of a hash. Returns whether the hash is still there.
    #[cold]
    fn outlives_fields(&mut self, key: Key<'_>) -> bool {
        self.shard.expire_fields_seen(self.db, key, self.now);
        self.shard.database(self.db).get(key).is_some()
    }

    /// The entry of `key` without counting a hit or touching its access bits.
    pub fn peek(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        let key = self.key(key);
        if self.alive(key) {
            self.shard.database(self.db).get(key)
        } else {
            None
        }
    }

    /// Whether `key` is there, without counting a hit or touching it.
    pub fn exists(&mut self, key: &[u8]) -> bool {
        let key = self.key(key);
        self.alive(key)
    }

    /// The entry of `key` for a command that reads it: counts a hit or a miss, touches the access bits.
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        let key = self.key(key);
        let Shard {
            databases,
            limits,
            random,
            stats,
            ..
        } = &mut *self.shard;
        let database: *mut Database = &mut databases[self.db.0 as usize];
        let (now, no_touch) = (self.now, self.caller.no_touch);
        let touch = |old| {
            if no_touch {
                old
            } else {
                access::touched(old, limits, now, random)
            }
        };
        // SAFETY: the database is borrowed from `self.shard`, which is borrowed for as long as the entry that may be
        // returned. The borrow checker does not see that it is free again in the branches that return none.
        match unsafe { &mut *database }.look(key, now, touch) {
            Look::Alive(entry) if entry.has_due_fields(now) => {
                let is_there = self.outlives_fields(key);
                let stats = &mut self.shard.stats;
                stats.hits += u64::from(is_there);
                stats.misses += u64::from(!is_there);
                self.shard.database(self.db).get(key)
            }
            Look::Alive(entry) => {
                stats.hits += 1;
                Some(entry)
            }
            Look::Missing => {
                stats.misses += 1;
                self.shard.notify(self.db, key, Event::MISS);
                None
            }
            Look::Expired => {
                stats.misses += 1;
                self.shard.expire_seen(self.db, key, now);
                self.shard.notify(self.db, key, Event::MISS);
                None
            }
        }
    }

    /// The entry of `key` for a command that asks about it without using it: counts a hit or a miss, leaves the access
    /// bits alone.
    pub fn look(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        if !self.exists(key) {
            let key = self.key(key);
            self.shard.notify(self.db, key, Event::MISS);
        }
        self.look_quietly(key)
    }

    /// The same; a miss is counted but no event.
    pub fn look_quietly(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        let key = self.key(key);
        if !self.alive(key) {
            self.shard.stats.misses += 1;
            return None;
        }
        self.shard.stats.hits += 1;
        self.shard.database(self.db).get(key)
    }

    /// Touches the access bits of `key`, also for a caller whose reads do not; counts a hit or a miss. Returns whether
    /// the key is there.
    pub fn touch_explicitly(&mut self, key: &[u8]) -> bool {
        let found = self.look(key).is_some();
        if found {
            self.renew_access(self.key(key));
        }
        found
    }

    #[inline]
    fn renew_access(&mut self, key: Key<'_>) {
        let (db, now) = (self.db.0 as usize, self.now);
        let Shard {
            databases,
            limits,
            random,
            ..
        } = &mut *self.shard;
        if let Some(mut entry) = databases[db].get_to_touch(key) {
            let bits = access::touched(entry.access(), limits, now, random);
            entry.set_access(bits);
        }
    }

    /// The string at `key` for a command that reads it. Errors: WRONGTYPE.
    #[inline]
    pub fn read_string(&mut self, key: &[u8]) -> Result<Option<StringRef<'_>>, CommandError> {
        match self.read(key).map(|entry| entry.value()) {
            None => Ok(None),
            Some(ValueRef::String(string)) => Ok(Some(string)),
            Some(_) => Err(CommandError::WRONG_TYPE),
        }
    }

    /// The collection at `key` for a command that reads it. Errors: WRONGTYPE.
    #[inline]
    pub fn read_as<T: Collection>(&mut self, key: &[u8]) -> Result<Option<&T>, CommandError> {
        match self.read(key) {
            None => Ok(None),
            Some(entry) => T::of(entry.value())
                .map(Some)
                .ok_or(CommandError::WRONG_TYPE),
        }
    }

    /// The collection at `key` to be changed in place. Errors: WRONGTYPE.
    #[inline]
    pub fn edit<'s, T: Collection>(
        &'s mut self,
        key: &'s [u8],
    ) -> Result<Option<Guard<'s, T>>, CommandError> {
        let key = self.key(key);
        match self.collection_at::<T>(key)? {
            None => Ok(None),
            // SAFETY: that is where the collection was found.
            Some(value) => Ok(Some(unsafe { self.guard(key, value, false) })),
        }
    }

    /// The same, of a key that is made if need be, without expiry. It goes again if nothing is committed.
    #[inline]
    pub fn edit_or_create<'s, T: Collection>(
        &'s mut self,
        key: &'s [u8],
    ) -> Result<Guard<'s, T>, CommandError> {
        let key = self.key(key);
        if let Some(value) = self.collection_at::<T>(key)? {
            // SAFETY: that is where the collection was found.
            return Ok(unsafe { self.guard(key, value, false) });
        }
        let access = access::fresh(&self.shard.limits, self.now);
        let empty = Box::new(T::default()).into_value();
        let database = self.shard.database_mut(self.db);
        database.put(key, NewValue::Owned(empty), None, access);
        let value = database.get_mut(key).and_then(EntryMut::into_value_mut);
        let value = value.and_then(T::of_mut).expect("it was just put there");
        let value = NonNull::from(value);
        // SAFETY: that is where the collection was put.
        Ok(unsafe { self.guard(key, value, true) })
    }

    /// # Safety
    /// `value` is the collection at `key` in the selected database.
    unsafe fn guard<'s, T: Collection>(
        &'s mut self,
        key: Key<'s>,
        value: NonNull<T>,
        is_new: bool,
    ) -> Guard<'s, T> {
        // SAFETY: the caller's promise.
        unsafe { Guard::new(self.shard, self.db, key, self.now, value, is_new) }
    }

    /// Looks once for a key that is about to change: deletes what is past its expiry, touches what is not.
    #[inline]
    fn place_of(&mut self, key: Key<'_>) -> Option<Place> {
        let Shard {
            databases,
            limits,
            random,
            ..
        } = &mut *self.shard;
        let mut entry = databases[self.db.0 as usize].get_mut(key)?;
        if entry.expiry().is_some_and(|at| at <= self.now) {
            self.shard.expire_seen(self.db, key, self.now);
            return None;
        }
        if entry.entry().has_due_fields(self.now) {
            self.outlives_fields(key);
            let database = self.shard.database_mut(self.db);
            return database.get_mut(key).map(EntryMut::place);
        }
        if !self.caller.no_touch {
            let (old, new) = (
                entry.access(),
                access::touched(entry.access(), limits, self.now, random),
            );
            if old != new {
                entry.set_access(new);
            }
        }
        Some(entry.place())
    }

    #[inline]
    fn collection_at<T: Collection>(
        &mut self,
        key: Key<'_>,
    ) -> Result<Option<NonNull<T>>, CommandError> {
        let Some(place) = self.place_of(key) else {
            return Ok(None);
        };
        // SAFETY: taken just now, and the shard is borrowed exclusively.
        let entry = unsafe { place.entry_mut() };
        let value = entry.into_value_mut().and_then(T::of_mut);
        value
            .map(|value| Some(NonNull::from(value)))
            .ok_or(CommandError::WRONG_TYPE)
    }

    /// The string at `key` to be changed in place. Errors: WRONGTYPE.
    pub fn edit_string<'s>(
        &'s mut self,
        key: &'s [u8],
    ) -> Result<Option<StringGuard<'s>>, CommandError> {
        let key = self.key(key);
        let Some(place) = self.place_of(key) else {
            return Ok(None);
        };
        // SAFETY: taken just now, and the shard is borrowed exclusively until the guard goes.
        let string = unsafe { StringGuard::new(self.shard, self.db, key, place) };
        string.map(Some).ok_or(CommandError::WRONG_TYPE)
    }

    /// Sets `key` as a whole, whatever it held.
    #[inline]
    pub fn put(&mut self, key: &[u8], value: NewValue<'_>, ttl: Ttl, event: Event) {
        self.put_with_access(key, value, ttl, None, event);
    }

    /// The same with an access clock of its own, if there is one.
    #[inline]
    fn put_with_access(
        &mut self,
        key: &[u8],
        value: NewValue<'_>,
        ttl: Ttl,
        own_access: Option<u32>,
        event: Event,
    ) {
        let key = self.key(key);
        let (db, now) = (self.db.0 as usize, self.now);
        let Shard {
            databases,
            limits,
            random,
            ..
        } = &mut *self.shard;
        let expiry = |old: Option<UnixMillis>| match ttl {
            Ttl::Clear => None,
            Ttl::Keep => old.filter(|at| *at > now),
            Ttl::At(at) => Some(at),
        };
        let access = |old| match (own_access, old) {
            (Some(own), _) => own,
            (None, Some(old)) => access::touched(old, limits, now, random),
            (None, None) => access::fresh(limits, now),
        };
        let was_there = databases[db].put_with(key, value, expiry, access);
        if !was_there {
            self.shard.notify(self.db, key, Event::NEW);
        }
        self.shard.collect_discarded(self.db);
        self.shard.commit(self.db, key, event);
    }

    /// One more event of a write to `key` that has just been told.
    pub fn also(&mut self, key: &[u8], event: Event) {
        let key = self.key(key);
        self.shard.notify(self.db, key, event);
    }

    /// Deletes `key`. Returns whether it was there.
    pub fn delete(&mut self, key: &[u8], event: Event) -> bool {
        let key = self.key(key);
        if !self.alive(key) {
            return false;
        }
        self.shard.remove_now(self.db, key);
        self.shard.commit(self.db, key, event);
        true
    }

    /// Gives `key` an expiry or takes it away. Returns whether the key is there.
    pub fn set_expiry(&mut self, key: &[u8], expiry: Option<UnixMillis>, event: Event) -> bool {
        let key = self.key(key);
        if !self.alive(key) {
            return false;
        }
        self.shard.database_mut(self.db).set_expiry(key, expiry);
        self.shard.commit(self.db, key, event);
        true
    }

    /// Takes a value out silently; see [`crate::command::spec::Steps::gather`]. What becomes of it is told later, by
    /// [`ShardContext::install`], [`ShardContext::moved_away`] or [`ShardContext::give_back`].
    pub fn detach(&mut self, key: &[u8]) -> Option<Parcel> {
        let key = self.key(key);
        if !self.alive(key) {
            return None;
        }
        let detached = self.shard.database_mut(self.db).remove(key)?;
        Some(Parcel {
            value: detached.value,
            expiry: detached.expiry,
            access: Some(detached.access),
        })
    }

    /// Puts back what [`ShardContext::detach`] took, as if nothing had happened.
    pub fn give_back(&mut self, key: &[u8], parcel: Parcel) {
        let key = self.key(key);
        let access = parcel
            .access
            .unwrap_or_else(|| access::fresh(&self.shard.limits, self.now));
        self.shard.database_mut(self.db).put(
            key,
            NewValue::Owned(parcel.value),
            parcel.expiry,
            access,
        );
    }

    /// The value of `key` for a command that reads it together with values of other shards: a small one is copied, a
    /// large one is taken out, as by [`ShardContext::detach`]. What was lent goes to [`ShardContext::take_back`] in the
    /// apply step. Of a key that is named twice, only the first gather finds a large value. Errors: WRONGTYPE, if
    /// `accepts` does not take it.
    pub fn lend(
        &mut self,
        key: &[u8],
        accepts: impl FnOnce(ValueRef<'_>) -> bool,
    ) -> Result<Option<Loan>, CommandError> {
        let Some(entry) = self.read(key) else {
            return Ok(None);
        };
        let value = entry.value();
        if !accepts(value) {
            return Err(CommandError::WRONG_TYPE);
        }
        if value.is_large() && !matches!(value, ValueRef::String(_)) {
            Ok(self.detach(key).map(Loan::Taken))
        } else {
            Ok(Some(Loan::Copy(value.to_owned())))
        }
    }

    /// Ends what [`ShardContext::lend`] began.
    pub fn take_back(&mut self, key: &[u8], loan: Loan) {
        if let Loan::Taken(parcel) = loan {
            self.give_back(key, parcel);
        }
    }

    /// Sets `key` to a value that came from elsewhere.
    pub fn install(&mut self, key: &[u8], parcel: Parcel, event: Event) {
        let ttl = parcel.expiry.map_or(Ttl::Clear, Ttl::At);
        let value = NewValue::Owned(parcel.value);
        self.put_with_access(key, value, ttl, parcel.access, event);
    }

    /// Tells that the value which [`ShardContext::detach`] took from `key` went elsewhere.
    pub fn moved_away(&mut self, key: &[u8], event: Event) {
        let key = self.key(key);
        self.shard.commit(self.db, key, event);
    }
}
