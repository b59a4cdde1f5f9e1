//! One numbered database of one shard: its keys by slot and hash, and when they expire.
//!
//! Keys have an order, (slot, first 48 bits of the hash), which growing and shrinking never change. A SCAN cursor is
//! a place in that order: `slot << 48 | hash >> 16`, below 2^62, 0 at the start and when finished.
//! Invariant: `expiring` counts the entries with an expiry.
//! Invariant: an entry whose mark is `Exact` has a position in the wheel at its expiry, one with `Early` before it.

use super::chunk::{self, Chunk, SlotTable};
use super::entry::{Detached, Entry, EntryBox, EntryMut, WheelMark};
use super::expiry_wheel::{Due, ExpiryWheel, KeyId, Step};
use super::field_wheel::FieldWheel;
use super::key::{HashSeed, Key};
use super::retired::Retired;
use super::walk::{Sink, Walk};
use crate::key::slot::Slot;
use crate::table::bare_table::below;
use crate::time::UnixMillis;
use crate::value::collection::Collection;
use crate::value::{NewValue, Value};

const CHUNKS: usize = Slot::COUNT as usize / chunk::SLOTS;
/// Positions that one call of `take_due` looks at.
const STEPS_OF_TAKE_DUE: usize = 512;
/// Positions are swept when there are more than twice as many as keys that expire, and this.
const STALE_ALLOWED: usize = 4096;
/// A chunk of 128 positions is swept for each so many new ones.
const SWEEP_EVERY: u32 = 32;

/// What a look at a key finds.
pub enum Look<'a> {
    /// No entry.
    Missing,
    /// An entry past its expiry, which is still there.
    Expired,
    /// An entry.
    Alive(Entry<'a>),
}

/// The keys of one database on one shard.
pub struct Database {
    seed: HashSeed,
    /// All 256, or none as long as there was no key.
    chunks: Vec<Chunk>,
    len: usize,
    expiring: usize,
    epoch: bool,
    /// What a snapshot has not seen yet, while there is one.
    walk: Option<Box<Walk>>,
    wheel: ExpiryWheel,
    since_sweep: u32,
    /// When fields of hashes are due.
    field_wheel: FieldWheel,
    /// Large values that were deleted or replaced; see [`Database::take_discarded`].
    discarded: Vec<Value>,
}

impl Database {
    /// An empty database, which has allocated nothing.
    pub fn new(seed: HashSeed) -> Database {
        Database {
            seed,
            chunks: Vec::new(),
            len: 0,
            expiring: 0,
            epoch: false,
            walk: None,
            wheel: ExpiryWheel::default(),
            since_sweep: 0,
            field_wheel: FieldWheel::default(),
            discarded: Vec::new(),
        }
    }

    /// The seed that keys for this database are made with.
    pub fn seed(&self) -> HashSeed {
        self.seed
    }

    /// How many keys there are, whether or not they are past their expiry.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many keys have an expiry.
    pub fn expiring_len(&self) -> usize {
        self.expiring
    }

    /// Bytes of the table and the expiry wheel, without the entries. Walks all slots that are in use.
    pub fn table_bytes(&self) -> usize {
        self.chunks.iter().map(Chunk::bytes).sum::<usize>()
            + self.chunks.capacity() * size_of::<Chunk>()
            + (self.wheel.len() + self.field_wheel.len()) * 8
    }

    /// A snapshot begins: what is there now goes to `sink`, by and by. Invariant: no walk is under way.
    pub fn begin_walk(&mut self, sink: Box<dyn Sink>) {
        debug_assert!(self.walk.is_none(), "one walk at a time");
        self.epoch = !self.epoch;
        self.walk = Some(Box::new(Walk::new(sink)));
    }

    /// Whether a walk is under way.
    pub fn is_walking(&self) -> bool {
        self.walk.is_some()
    }

    /// Nobody wants the snapshot any more. The walk goes on to its end all the same, see [`super::walk`].
    pub fn give_up_walk(&mut self) {
        if let Some(walk) = &mut self.walk {
            walk.give_up();
        }
    }

    /// Hands over some entries, usually those of one bucket. Returns whether more are left.
    pub fn walk_some(&mut self) -> bool {
        let Some(mut walk) = self.walk.take() else {
            return false;
        };
        walk.cursor = self.step(walk.cursor, &mut walk);
        if walk.cursor >> 48 == u64::from(Slot::COUNT) {
            walk.end();
            return false;
        }
        self.walk = Some(walk);
        true
    }

    /// One step of a walk from a cursor on, to the next.
    fn step(&mut self, cursor: u64, walk: &mut Walk) -> u64 {
        let (seed, epoch) = (self.seed, self.epoch);
        let (mut slot, mut from) = ((cursor >> 48) as usize, cursor << 16);
        let mut visited = false;
        while slot < usize::from(Slot::COUNT) && !visited {
            let (number, place) = split(slot);
            let chunk = self.chunks.get_mut(number);
            let Some(chunk) = chunk.filter(|chunk| chunk.keys() > 0) else {
                (slot, from) = ((number + 1) * chunk::SLOTS, 0);
                continue;
            };
            let table = chunk.table_mut(place).filter(|table| table.len() > 0);
            let next = table.and_then(|table| {
                table.scan_step_mut(from, seed, &mut |mut entry| {
                    visited = true;
                    walk.hand_over(&mut entry, epoch);
                })
            });
            (slot, from) = next.map_or((slot + 1, 0), |next| (slot, next));
        }
        (slot as u64) << 48 | from >> 16
    }

    /// Moves all entries to a database of their own, with the walk over them.
    pub fn set_aside(&mut self) -> Database {
        let time = self.wheel.time();
        let mut aside = Database::new(self.seed);
        aside.epoch = self.epoch;
        aside.walk = self.walk.take();
        aside.chunks = std::mem::take(&mut self.chunks);
        aside.wheel = std::mem::replace(&mut self.wheel, ExpiryWheel::starting_at(time));
        self.field_wheel = FieldWheel::default();
        (self.len, self.expiring) = (0, 0);
        aside
    }

    /// Asks the processor for the key's bucket. Whoever runs many commands in a row calls this for all their keys,
    /// then [`Database::prefetch_entry`], and finds in cache what would else be waited for key by key.
    #[inline]
    pub fn prefetch_bucket(&self, key: Key<'_>) {
        if let Some(table) = self.slot(key.slot().index()) {
            table.prefetch_bucket(key.hash());
        }
    }

    /// Asks the processor for the entry, which reads the bucket. See [`Database::prefetch_bucket`].
    #[inline]
    pub fn prefetch_entry(&self, key: Key<'_>) {
        if let Some(table) = self.slot(key.slot().index()) {
            table.prefetch_item(key.hash());
        }
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: Key<'_>) -> Option<Entry<'_>> {
        self.slot(key.slot().index())?.get(key.probe())
    }

    /// The entry of a key, for changes. A snapshot that is under way gets it first.
    #[inline]
    pub fn get_mut(&mut self, key: Key<'_>) -> Option<EntryMut<'_>> {
        if self.walk.is_some() {
            self.hand_over(key);
        }
        self.get_to_touch(key)
    }

    /// Hands an entry over that is about to change.
    #[cold]
    fn hand_over(&mut self, key: Key<'_>) {
        let epoch = self.epoch;
        let Some(mut walk) = self.walk.take() else {
            return;
        };
        if let Some(mut entry) = self.get_to_touch(key) {
            walk.hand_over(&mut entry, epoch);
        }
        self.walk = Some(walk);
    }

    /// The entry of a key, for what is no change of it: its access clock.
    #[inline]
    pub(crate) fn get_to_touch(&mut self, key: Key<'_>) -> Option<EntryMut<'_>> {
        let (chunk, slot) = split(key.slot().index());
        self.chunks
            .get_mut(chunk)?
            .table_mut(slot)?
            .get_mut(key.probe())
    }

    /// Looks for a key once, for a command that reads it: an entry that is alive at `now` gets the access clock that
    /// `touch` makes of its own.
    #[inline]
    pub fn look(
        &mut self,
        key: Key<'_>,
        now: UnixMillis,
        touch: impl FnOnce(u32) -> u32,
    ) -> Look<'_> {
        let Some(mut entry) = self.get_to_touch(key) else {
            return Look::Missing;
        };
        if entry.expiry().is_some_and(|at| at <= now) {
            return Look::Expired;
        }
        let (old, new) = (entry.access(), touch(entry.access()));
        if old != new {
            entry.set_access(new);
        }
        Look::Alive(entry.into_entry())
    }

    /// Stores a key whole: value, expiry and access clock (24 bits), in place of what was there. True if the key was
    /// there. Reuses the entry's memory if its size class allows.
    pub fn put(
        &mut self,
        key: Key<'_>,
        value: NewValue<'_>,
        expiry: Option<UnixMillis>,
        access: u32,
    ) -> bool {
        self.put_with(key, value, |_| expiry, |_| access)
    }

    /// The same, with expiry and access clock made of the ones that are there, if the key is.
    #[inline]
    pub fn put_with(
        &mut self,
        key: Key<'_>,
        mut value: NewValue<'_>,
        expiry: impl FnOnce(Option<UnixMillis>) -> Option<UnixMillis>,
        access: impl FnOnce(Option<u32>) -> u32,
    ) -> bool {
        let NewValue::Owned(Value::Hash(hash)) = &mut value else {
            return self.store(key, value, expiry, access);
        };
        // Whatever was noted for it was noted for another key.
        hash.set_alarm(None);
        let alarm = hash.take_alarm();
        let was_there = self.store(key, value, expiry, access);
        if let Some(at) = alarm {
            self.wake_for_fields(key, at);
        }
        was_there
    }

    #[inline]
    fn store(
        &mut self,
        key: Key<'_>,
        value: NewValue<'_>,
        expiry: impl FnOnce(Option<UnixMillis>) -> Option<UnixMillis>,
        access: impl FnOnce(Option<u32>) -> u32,
    ) -> bool {
        if self.walk.is_some() {
            self.hand_over(key);
        }
        if self.chunks.is_empty() {
            self.chunks.resize_with(CHUNKS, Chunk::default);
        }
        let (chunk, slot) = split(key.slot().index());
        let chunk = &mut self.chunks[chunk];
        if let Some(mut entry) = chunk
            .table_mut(slot)
            .and_then(|table| table.get_mut(key.probe()))
        {
            let old = entry.expiry();
            let (expiry, access) = (expiry(old), access(Some(entry.access())));
            self.expiring += usize::from(expiry.is_some());
            self.expiring -= usize::from(old.is_some());
            reschedule(&mut self.wheel, &key, &mut entry, expiry);
            if entry.value().is_large() {
                self.discarded.push(entry.take_value());
            }
            entry.replace(value, expiry, access);
            self.sweep_now_and_then(expiry);
            return true;
        }
        let (expiry, access) = (expiry(None), access(None));
        let mark = match expiry {
            Some(expiry) => {
                self.expiring += 1;
                self.wheel.insert(KeyId::of(&key), expiry);
                WheelMark::Exact
            }
            None => WheelMark::Absent,
        };
        let entry = EntryBox::new(key.bytes(), value, expiry, access, mark, self.epoch);
        let table = chunk.table_for_new_key(slot);
        table.insert(key.hash(), entry, self.seed);
        self.len += 1;
        self.sweep_now_and_then(expiry);
        false
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: Key<'_>) -> Option<Detached> {
        self.take(key).map(EntryBox::detach)
    }

    /// Removes a key and frees its value, unless that is large: then [`Database::take_discarded`] has it. True if it was
    /// there.
    pub fn delete(&mut self, key: Key<'_>) -> bool {
        let Some(entry) = self.take(key) else {
            return false;
        };
        if entry.entry().value().is_large() {
            self.discarded.push(entry.detach().value);
        }
        true
    }

    /// A large value that was deleted or replaced and is still to be freed. To be called after changes.
    #[inline]
    pub fn take_discarded(&mut self) -> Option<Value> {
        self.discarded.pop()
    }

    fn take(&mut self, key: Key<'_>) -> Option<EntryBox> {
        let (chunk, slot) = split(key.slot().index());
        let chunk = self.chunks.get_mut(chunk)?;
        let entry = chunk.table_mut(slot)?.remove(key.probe(), self.seed)?;
        chunk.key_was_removed(slot);
        self.len -= 1;
        if let Some(walk) = &mut self.walk {
            walk.last_look(entry.entry(), self.epoch);
        }
        if let Some(expiry) = entry.entry().expiry() {
            self.expiring -= 1;
            if entry.entry().mark() == WheelMark::Exact {
                self.wheel.forget_recent(KeyId::of(&key), expiry);
            }
        }
        Some(entry)
    }

    /// Sets or clears when a key expires. True if the key is there.
    pub fn set_expiry(&mut self, key: Key<'_>, expiry: Option<UnixMillis>) -> bool {
        if self.walk.is_some() {
            self.hand_over(key);
        }
        let (chunk, slot) = split(key.slot().index());
        let table = self
            .chunks
            .get_mut(chunk)
            .and_then(|chunk| chunk.table_mut(slot));
        let Some(mut entry) = table.and_then(|table| table.get_mut(key.probe())) else {
            return false;
        };
        self.expiring += usize::from(expiry.is_some());
        self.expiring -= usize::from(entry.expiry().is_some());
        reschedule(&mut self.wheel, &key, &mut entry, expiry);
        entry.set_expiry(expiry);
        self.sweep_now_and_then(expiry);
        true
    }

    /// The next key whose expiry is at or before `now`. The key stays until the caller removes it, but is not given
    /// again unless its expiry is set again. `None` if nothing more was found in a bounded number of steps; whether
    /// that was all, [`Database::has_due`] says.
    pub fn take_due(&mut self, now: UnixMillis) -> Option<Box<[u8]>> {
        for _ in 0..STEPS_OF_TAKE_DUE {
            match self.wheel.step(now) {
                Step::Done => return None,
                Step::Moved => {}
                Step::Due(due) => {
                    if let Some(key) = self.look_up(due, now) {
                        return Some(key);
                    }
                }
            }
        }
        None
    }

    /// Whether [`Database::take_due`] has anything to do at this time: due keys, or positions to look at.
    pub fn has_due(&self, now: UnixMillis) -> bool {
        self.wheel.has_work(now)
    }

    /// The due key behind a position, if there is one; a key that is not due yet is put back where needed.
    fn look_up(&mut self, due: Due, now: UnixMillis) -> Option<Box<[u8]>> {
        let mut found = None;
        let wheel = &mut self.wheel;
        for_each_of(
            &mut self.chunks,
            self.seed,
            due.key,
            &mut |mut entry, expiry| {
                if expiry <= now {
                    if found.is_none() {
                        entry.set_mark(WheelMark::Absent);
                        found = Some(entry.key().into());
                    }
                } else if entry.mark() == WheelMark::Early || due.is_for(expiry) {
                    wheel.insert(due.key, expiry);
                    entry.set_mark(WheelMark::Exact);
                }
            },
        );
        found
    }

    /// Keeps stale positions from piling up when keys with an expiry are deleted and set again all the time.
    fn sweep_now_and_then(&mut self, expiry: Option<UnixMillis>) {
        if expiry.is_none() {
            return;
        }
        self.since_sweep += 1;
        if self.since_sweep < SWEEP_EVERY || self.wheel.len() <= 2 * self.expiring + STALE_ALLOWED {
            return;
        }
        self.since_sweep = 0;
        let time = self.wheel.time();
        for due in self.wheel.take_for_sweep() {
            let wheel = &mut self.wheel;
            for_each_of(
                &mut self.chunks,
                self.seed,
                due.key,
                &mut |mut entry, expiry| {
                    if entry.mark() == WheelMark::Early || due.is_for(expiry) || expiry <= time {
                        wheel.insert(due.key, expiry);
                        entry.set_mark(WheelMark::Exact);
                    }
                },
            );
        }
    }

    /// Notes that the hash at `key` is to be looked at for due fields at this time.
    pub(crate) fn wake_for_fields(&mut self, key: Key<'_>, at: UnixMillis) {
        self.field_wheel.insert(KeyId::of(&key), at);
        for due in self.field_wheel.sweep_now_and_then() {
            let wheel = &mut self.field_wheel;
            for_each_at(&mut self.chunks, self.seed, due.key, &mut |entry| {
                wheel.put_back(&due, entry);
            });
        }
    }

    /// The key of a hash that has due fields. It is given once: whoever takes them notes the next time. `None` if nothing
    /// was found in a bounded number of steps.
    pub(crate) fn take_due_fields(&mut self, now: UnixMillis) -> Option<Box<[u8]>> {
        for _ in 0..STEPS_OF_TAKE_DUE {
            let due = match self.field_wheel.step(now) {
                Step::Done => return None,
                Step::Moved => continue,
                Step::Due(due) => due,
            };
            let mut found = None;
            let wheel = &mut self.field_wheel;
            for_each_at(&mut self.chunks, self.seed, due.key, &mut |entry| {
                wheel.look_up(&due, now, entry, &mut found);
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Visits some keys from a cursor on, usually those of one bucket, and answers the next cursor. It is
    /// `until << 48` (0 if that is [`Slot::COUNT`]) when no key is left below slot `until`. A key that is there from
    /// the first to the last call is visited at least once.
    pub fn scan(&self, cursor: u64, until: u16, visit: &mut dyn FnMut(Entry<'_>)) -> u64 {
        let until = usize::from(until.min(Slot::COUNT));
        let mut slot = (cursor >> 48) as usize;
        let mut from = cursor << 16;
        let mut visited = false;
        while slot < until && !visited {
            let (chunk, _) = split(slot);
            if self.chunks.get(chunk).is_none_or(|chunk| chunk.keys() == 0) {
                (slot, from) = ((chunk + 1) * chunk::SLOTS, 0);
                continue;
            }
            let step = self
                .slot(slot)
                .filter(|table| table.len() > 0)
                .and_then(|table| {
                    table.scan_step(from, self.seed, &mut |entry| {
                        visited = true;
                        visit(entry);
                    })
                });
            (slot, from) = match step {
                Some(next) => (slot, next),
                None => (slot + 1, 0),
            };
        }
        if slot < until {
            return (slot as u64) << 48 | from >> 16;
        }
        if until == usize::from(Slot::COUNT) {
            0
        } else {
            (until as u64) << 48
        }
    }

    /// How many keys a slot has.
    pub fn slot_len(&self, slot: Slot) -> usize {
        self.slot(slot.index()).map_or(0, SlotTable::len)
    }

    /// Visits all keys of a slot, in no order.
    pub fn for_each_in_slot(&self, slot: Slot, visit: &mut dyn FnMut(Entry<'_>)) {
        if let Some(table) = self.slot(slot.index()) {
            table.for_each(visit);
        }
    }

    /// Visits all keys, slot by slot.
    pub fn for_each(&self, visit: &mut dyn FnMut(Entry<'_>)) {
        for table in self.chunks.iter().flat_map(Chunk::tables) {
            table.for_each(visit);
        }
    }

    /// A key chosen at random, all being equally likely; `None` if there is none. `random` makes 64 random bits.
    pub fn random(&self, mut random: impl FnMut() -> u64) -> Option<Entry<'_>> {
        if self.len == 0 {
            return None;
        }
        let mut number = below(random(), self.len);
        let chunk = self
            .chunks
            .iter()
            .find(|chunk| skip(&mut number, chunk.keys()))?;
        let table = chunk
            .tables()
            .find(|table| skip(&mut number, table.len()))?;
        table.random(&mut random)
    }

    /// Visits a key that expires, chosen at random, though not evenly. `None` if none was found.
    pub fn random_expiring(
        &mut self,
        mut random: impl FnMut() -> u64,
        visit: impl FnOnce(Entry<'_>),
    ) -> Option<()> {
        /// Where many keys expire, some of the first few that come are such.
        const AT_LARGE: usize = 4;
        /// Positions in the wheel may be stale; those that are go for good, so that most calls take a few steps.
        const IN_WHEEL: usize = 4096;
        if self.expiring == 0 {
            return None;
        }
        if self.expiring * 4 >= self.len {
            for _ in 0..AT_LARGE {
                let entry = self.random(&mut random)?;
                if entry.expiry().is_some() {
                    visit(entry);
                    return Some(());
                }
            }
        }
        let mut visit = Some(visit);
        for _ in 0..IN_WHEEL {
            let key = self.wheel.take_random(&mut random)?;
            let wheel = &mut self.wheel;
            for_each_of(
                &mut self.chunks,
                self.seed,
                key,
                &mut |mut entry, expiry| {
                    wheel.insert(key, expiry);
                    entry.set_mark(WheelMark::Exact);
                    if let Some(visit) = visit.take() {
                        visit(entry.entry());
                    }
                },
            );
            if visit.is_none() {
                return Some(());
            }
        }
        None
    }

    /// Empties the database and hands out what was in it. Invariant: no walk is under way.
    pub fn take_all(&mut self) -> Retired {
        debug_assert!(self.walk.is_none(), "what is walked is set aside");
        self.len = 0;
        self.expiring = 0;
        let time = self.wheel.time();
        let wheel = std::mem::replace(&mut self.wheel, ExpiryWheel::starting_at(time));
        self.field_wheel = FieldWheel::default();
        Retired::new(std::mem::take(&mut self.chunks), wheel)
    }

    #[cfg(test)]
    pub(super) fn slot_check(&self, slot: Slot) {
        self.slot(slot.index())
            .into_iter()
            .for_each(SlotTable::check);
    }

    #[cfg(test)]
    pub(super) fn positions(&self) -> usize {
        self.wheel.len()
    }

    #[inline]
    fn slot(&self, slot: usize) -> Option<&SlotTable> {
        let (chunk, slot) = split(slot);
        self.chunks.get(chunk)?.table(slot)
    }
}

#[inline]
fn split(slot: usize) -> (usize, usize) {
    (slot / chunk::SLOTS, slot % chunk::SLOTS)
}

/// Whether the number falls into the next `width`; if not, they are taken off it.
fn skip(number: &mut usize, width: usize) -> bool {
    let within = *number < width;
    if !within {
        *number -= width;
    }
    within
}

/// Tells the wheel about an entry's new expiry, which the entry does not have yet.
fn reschedule(
    wheel: &mut ExpiryWheel,
    key: &Key<'_>,
    entry: &mut EntryMut<'_>,
    expiry: Option<UnixMillis>,
) {
    let mark = match (entry.mark(), entry.expiry(), expiry) {
        (WheelMark::Absent, _, None) => return,
        (WheelMark::Exact, Some(old), Some(new)) if new == old => return,
        (WheelMark::Exact | WheelMark::Early, Some(old), Some(new)) if new >= old => {
            WheelMark::Early
        }
        (mark, old, None) => {
            if let (WheelMark::Exact, Some(old)) = (mark, old) {
                wheel.forget_recent(KeyId::of(key), old);
            }
            WheelMark::Absent
        }
        (_, _, Some(new)) => {
            wheel.insert(KeyId::of(key), new);
            WheelMark::Exact
        }
    };
    entry.set_mark(mark);
}

/// Visits the entries that a position may stand for and that the wheel is to look after.
fn for_each_of(
    chunks: &mut [Chunk],
    seed: HashSeed,
    key: KeyId,
    visit: &mut dyn FnMut(EntryMut<'_>, UnixMillis),
) {
    for_each_at(chunks, seed, key, &mut |entry| {
        if entry.mark() != WheelMark::Absent
            && let Some(expiry) = entry.expiry()
        {
            visit(entry, expiry);
        }
    });
}

/// Visits the entries that a position may stand for, some perhaps more than once.
fn for_each_at(
    chunks: &mut [Chunk],
    seed: HashSeed,
    key: KeyId,
    visit: &mut dyn FnMut(EntryMut<'_>),
) {
    let (chunk, slot) = split(key.slot().index());
    let Some(table) = chunks
        .get_mut(chunk)
        .and_then(|chunk| chunk.table_mut(slot))
    else {
        return;
    };
    let (from, to) = key.hashes();
    table.of_tag(from, to, key.tag(), &mut |entry| {
        if key.matches(entry.entry().hash(seed)) {
            visit(entry);
        }
    });
}
