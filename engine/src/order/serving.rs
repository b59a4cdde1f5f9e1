//! How a shard serves those who wait at its keys. Called whenever a unit of work has ended here: a command, all of an
//! EXEC block, a transaction that gives its locks back.

use super::block::{Block, ReplyTo, What};
use super::lock_table::{Candidates, Holder, LockKey, Scope};
use super::participant::Participant;
use super::stamp::ShardId;
use crate::command::args::{Args, OwnedArgs};
use crate::command::spec::{Command, Run};
use crate::command::table::{CommandId, table};
use crate::command::waits::{Manner, Waits};
use crate::keyspace::key::Key;
use crate::shard::DbIndex;
use crate::shard::context::{Caller, ShardContext};
use crate::shard::execute::{Attempt, attempt, key_positions};
use crate::shard::waiting::{KeyName, Reservation, Turn, Waiter, WaiterId};
use crate::time::UnixMillis;
use crate::value::ValueRef;

/// A blocking command as it reaches a shard.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub id: WaiterId,
    pub command: CommandId,
    pub db: DbIndex,
    pub caller: Caller,
}

/// Answers that are held back until what they tell of has had its consequences.
///
/// Redis answers a command when whoever it serves has been served, and whoever is served by that. Where the service takes
/// hops (a BLMOVE from shard to shard), the answer waits for it: the next command of the same client sees all of it.
/// Nobody waits in a circle: a waiter's service waits for those whom it has served in turn, whose names were still in
/// their queues when it gave its locks back, and these come later in the order of all cores.
pub(super) struct Held {
    to: ShardId,
    block: Block,
    until: Vec<WaiterId>,
}

/// What came of looking at a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// All is done that can be.
    Done,
    /// Somebody holds a key that is needed. To be looked at again when the next unit of work has ended.
    Later,
}

/// What the row of a blocking command says about waiting.
pub(super) fn waits_of(command: CommandId) -> Option<&'static Waits> {
    match table().row(command).run {
        Run::Blocking(waits) => Some(waits),
        _ => None,
    }
}

/// Indices of the keys at which a command waits.
pub(super) fn waited_keys(command: &Command, waits: &Waits, args: &Args<'_>) -> Vec<usize> {
    let mut keys = key_positions(command.keys, args);
    if waits.manner == Manner::Move {
        keys.truncate(1);
    }
    keys
}

impl Participant {
    /// Serves whoever can be served because keys have changed, and whoever can be served because of that.
    pub fn serve_touched(&mut self, now: UnixMillis) {
        let mut later = Vec::new();
        while self.shard.waiting.has_touched() {
            for name in self.shard.waiting.take_touched() {
                if self.serve_key(&name, now) == Look::Later {
                    later.push(name);
                }
            }
        }
        for name in later {
            self.shard.waiting.touch(name.db, &name.key);
        }
    }

    /// Runs a blocking command whose keys are all here. Returns whether it is answered; else it waits now.
    pub(super) fn try_here(
        &mut self,
        asker: Asker,
        args: &Args<'_>,
        now: UnixMillis,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(waits) = waits_of(asker.command) else {
            unreachable!("only blocking commands are tried")
        };
        let row = table().row(asker.command);
        let mut context = ShardContext::new(&mut self.shard, asker.db, now, asker.caller);
        match attempt(&mut context, row, waits, args, |_| true, out) {
            Attempt::Answered => true,
            Attempt::Waits(words) => {
                self.wait(asker, words, true);
                false
            }
        }
    }

    /// Lets a command wait at those of its keys that are here.
    pub(super) fn wait(&mut self, asker: Asker, words: OwnedArgs, is_local: bool) {
        let Some(waits) = waits_of(asker.command) else {
            unreachable!("only blocking commands wait")
        };
        let args = words.as_args();
        let mut keys = waited_keys(table().row(asker.command), waits, &args);
        keys.retain(|key| self.shard.territory().holds(args.at(*key)));
        let mut seen: Vec<&[u8]> = Vec::with_capacity(keys.len());
        keys.retain(|key| {
            let is_new = !seen.contains(&args.at(*key));
            seen.push(args.at(*key));
            is_new
        });
        self.shard.waiting.add(Waiter {
            id: asker.id,
            command: asker.command,
            waits,
            db: asker.db,
            caller: asker.caller,
            args: words,
            keys,
            is_local,
            is_told: false,
            reserved: Vec::new(),
            turn: Turn::Ahead,
        });
    }

    /// Serves a waiter from the keys that are reserved for it, as its home has decided. Leaves `out` empty if it still
    /// waits: a key may have expired since.
    pub(super) fn serve_reserved(&mut self, id: WaiterId, now: UnixMillis, out: &mut Vec<u8>) {
        let Some(waiter) = self.shard.waiting.get_mut(id) else {
            debug_assert!(false, "who is served waits");
            return;
        };
        waiter.is_told = false;
        let reserved = std::mem::take(&mut waiter.reserved);
        self.attempt_at_reserved(id, &reserved, now, out);
        self.look_again(id, !out.is_empty());
        self.end(reserved.iter().map(|reservation| reservation.holder), now);
        // Whoever pushed was answered already, as what a reservation keeps for others nobody has seen.
        self.told.clear();
    }

    /// Lets a waiter take from the first key that is reserved for it and still has something, at that key's place.
    fn attempt_at_reserved(
        &mut self,
        id: WaiterId,
        reserved: &[Reservation],
        now: UnixMillis,
        out: &mut Vec<u8>,
    ) {
        let mut keys: Vec<usize> = reserved.iter().map(|reservation| reservation.key).collect();
        keys.sort_unstable();
        for open in keys {
            let Some(waiter) = self.shard.waiting.get(id).filter(|_| out.is_empty()) else {
                return;
            };
            let lock = self.lock_key(waiter.args.as_args().at(open));
            self.stand_behind(self.service_place(lock));
            self.attempt_for(id, |key| key == open, now, out);
        }
    }

    /// The waiter's home let it look, and it found nothing: others have to be looked after again.
    pub(super) fn missed(&mut self, id: WaiterId, now: UnixMillis) {
        if let Some(waiter) = self.shard.waiting.get_mut(id) {
            waiter.is_told = false;
            self.look_again(id, false);
        }
        self.serve_touched(now);
        self.hold_on(id, true);
    }

    /// All that came of serving a waiter has happened.
    pub(super) fn settled(&mut self, id: WaiterId) {
        self.hold_on(id, true);
    }

    /// Holds answers back until these waiters have been served, or are known not to be.
    pub(super) fn hold(&mut self, to: ShardId, block: Block, until: Vec<WaiterId>) {
        self.held.push(Held { to, block, until });
    }

    /// Whoever waits for this waiter waits for those who have been told since, too; or instead, if it `is_settled`.
    fn hold_on(&mut self, id: WaiterId, is_settled: bool) {
        let told = std::mem::take(&mut self.told);
        for held in self.held.iter_mut().filter(|held| held.until.contains(&id)) {
            held.until.retain(|other| *other != id || !is_settled);
            held.until.extend(&told);
        }
        let ready = self.held.extract_if(.., |held| held.until.is_empty());
        self.late.extend(ready.map(|held| (held.to, held.block)));
    }

    /// A waiter goes, whatever was under way for it. Returns whether it was here.
    pub(super) fn leave(&mut self, id: WaiterId, is_settled: bool, now: UnixMillis) -> bool {
        let waiter = match self.shard.waiting.get_mut(id) {
            Some(waiter) if waiter.turn != Turn::Ahead => {
                waiter.turn = Turn::Last;
                return false;
            }
            _ => self.shard.waiting.remove(id),
        };
        let Some(waiter) = waiter else {
            return false;
        };
        if waiter.is_told {
            self.shard.waiting.touch_keys_of(&waiter);
        }
        self.end(
            waiter.reserved.iter().map(|reservation| reservation.holder),
            now,
        );
        self.hold_on(id, is_settled);
        true
    }

    /// All keys of a waiter count as changed, as those behind it may be served now. `has_gone` takes it out first.
    pub(super) fn look_again(&mut self, id: WaiterId, has_gone: bool) {
        let waiting = &mut self.shard.waiting;
        let waiter = match has_gone {
            true => waiting.remove(id),
            false => None,
        };
        let names: Vec<KeyName> = match (&waiter, waiting.get(id)) {
            (Some(waiter), _) => waiter.names(),
            (None, Some(waiter)) => waiter.names(),
            (None, None) => Vec::new(),
        };
        names
            .iter()
            .for_each(|name| waiting.touch(name.db, &name.key));
    }

    fn serve_key(&mut self, name: &KeyName, now: UnixMillis) -> Look {
        if self.locks.is_held(self.lock_key(&name.key)) {
            return Look::Later;
        }
        let mut from = 0;
        while let Some((arrival, id, key)) = self.next_ready(name, from, now) {
            from = arrival + 1;
            let Some(waiter) = self.shard.waiting.get(id) else {
                return Look::Done;
            };
            let manner = waiter.waits.manner;
            if !waiter.is_local && manner.takes() {
                self.tell(id, key, manner, &name.key);
                return Look::Done;
            } else if manner.looks_at_all() && self.needs_held_key(id, None) {
                return Look::Later;
            } else {
                self.serve_here(id, &name.key, now);
            }
        }
        Look::Done
    }

    /// The first waiter at a key that arrived at `from` or later and may be served by what the key holds now: when it
    /// arrived, and the index of the key among its words.
    pub(super) fn next_ready(
        &self,
        name: &KeyName,
        mut from: u64,
        now: UnixMillis,
    ) -> Option<(u64, WaiterId, usize)> {
        let is_missing = self.value_at(name, now).is_none();
        loop {
            let (arrival, id) = self.shard.waiting.next_at(name, from, is_missing)?;
            if let Some(key) = self.ready_key(name, id, now) {
                return Some((arrival, id, key));
            }
            from = arrival + 1;
        }
    }

    /// The value of a key, unless it has expired.
    fn value_at(&self, name: &KeyName, now: UnixMillis) -> Option<ValueRef<'_>> {
        let key = Key::new(&name.key, self.shard.seed());
        let entry = self.shard.database(name.db).get(key)?;
        let is_alive = entry.expiry().is_none_or(|at| at > now);
        is_alive.then(|| entry.value())
    }

    /// The index of the key `name` among the waiter's words, if it may serve it.
    fn ready_key(&self, name: &KeyName, id: WaiterId, now: UnixMillis) -> Option<usize> {
        let waiter = self.shard.waiting.get(id)?;
        let args = waiter.args.as_args();
        let mut keys = waiter.keys.iter().copied();
        let key = keys.find(|key| args.at(*key) == &*name.key)?;
        (waiter.waits.ready)(&args, key, self.value_at(name, now)).then_some(key)
    }

    /// Whether a key that the waiter's command needs is held or wanted by a transaction, other than `holder`. One who
    /// changes several keys may not come before others on one of them and behind others on another.
    pub(super) fn needs_held_key(&self, id: WaiterId, holder: Option<Holder>) -> bool {
        let Some(waiter) = self.shard.waiting.get(id) else {
            return false;
        };
        let args = waiter.args.as_args();
        let keys = key_positions(table().row(waiter.command).keys, &args);
        let locks = keys.iter().map(|key| self.lock_key(args.at(*key)));
        let is_others =
            |lock: &LockKey| holder.is_none_or(|holder| !self.locks.is_held_by(*lock, holder));
        let mut locks = locks.filter(is_others);
        match waiter.waits.manner.is_distant() {
            true => !self.locks.is_free(&Scope::Keys(locks.collect())),
            false => locks.any(|lock| self.locks.is_held(lock)),
        }
    }

    /// Tells the waiter's home that a key is ready for it. If that key is all it needs, the key is kept for it.
    fn tell(&mut self, id: WaiterId, key: usize, manner: Manner, name: &[u8]) {
        let holder = Holder(self.next_passing);
        let lock = self.lock_key(name);
        let place = self.service_place(lock);
        let Some(waiter) = self.shard.waiting.get_mut(id) else {
            return;
        };
        if manner.needs_one_key() {
            waiter.reserved.push(Reservation { key, holder });
            self.next_passing += 1;
            self.locks.reserve(holder, lock, place);
        }
        if waiter.is_distant() && !self.told.contains(&id) {
            self.told.push(id);
        }
        if !std::mem::replace(&mut waiter.is_told, true) {
            let here = self.shard.territory().me();
            let block = Block::of_answer(What::Ready(here), ReplyTo::Waiter(id), Vec::new(), 0);
            self.late.push((id.home(), block));
        }
    }

    /// Serves a waiter from its keys that are here, if what it needs is there, as the key `name` has changed.
    pub(super) fn serve_here(&mut self, id: WaiterId, name: &[u8], now: UnixMillis) {
        let mut reply = Vec::new();
        let Some(waiter) = self.shard.waiting.get(id) else {
            return;
        };
        let command = waiter.command;
        let args = waiter.args.as_args();
        let open: Vec<usize> = key_positions(table().row(command).keys, &args)
            .into_iter()
            .filter(|key| self.shard.territory().holds(args.at(*key)))
            .filter(|key| !self.is_closed(args.at(*key), name))
            .collect();
        self.stand_behind(self.service_place(self.lock_key(name)));
        self.attempt_for(id, |key| open.contains(&key), now, &mut reply);
        if !reply.is_empty() {
            self.shard.waiting.remove(id);
            let what = What::Try {
                command,
                waiter: id,
            };
            let took = self.shard.meter.took();
            let mut block = Block::of_answer(what, ReplyTo::Waiter(id), reply, took);
            block.ended = self.shard.meter.ended();
            self.late.push((id.home(), block));
        }
    }

    /// Whether a waiter that is served because `name` has changed may not look at `key`. What it takes from another key it
    /// takes at the place of this one, so nobody may want either.
    fn is_closed(&self, key: &[u8], name: &[u8]) -> bool {
        if key == name {
            return false;
        }
        let (lock, own) = (self.lock_key(key), self.lock_key(name));
        let is_wanted = |lock| !self.locks.is_free(&Scope::Keys(vec![lock]));
        !self.locks.is_empty() && (is_wanted(lock) || is_wanted(own))
    }

    /// Runs a waiter's command over the keys it may see. It keeps its place if it has to wait on.
    fn attempt_for(
        &mut self,
        id: WaiterId,
        is_open: impl Fn(usize) -> bool,
        now: UnixMillis,
        out: &mut Vec<u8>,
    ) {
        let Some(waiter) = self.shard.waiting.get_mut(id) else {
            return;
        };
        let words = std::mem::take(&mut waiter.args);
        let (command, waits, db, caller) = (waiter.command, waiter.waits, waiter.db, waiter.caller);
        let changes = self.shard.changes;
        // Whoever made this possible is being timed still.
        let began = self.shard.meter.now();
        let mut context = ShardContext::new(&mut self.shard, db, now, caller);
        let row = table().row(command);
        attempt(&mut context, row, waits, &words.as_args(), is_open, out);
        self.record(changes, db, &words.as_args());
        let took = self.shard.meter.now().wrapping_sub(began);
        self.shard.meter.record(command, took);
        if let Some(waiter) = self.shard.waiting.get_mut(id) {
            waiter.args = words;
        }
    }

    /// The unit of work of these holders has ended: serves whoever waits for what it left, and only then gives their
    /// locks to others.
    pub(super) fn end(&mut self, holders: impl Iterator<Item = Holder>, now: UnixMillis) {
        let mut next = Candidates::default();
        holders.for_each(|holder| self.locks.withdraw(holder, &mut next));
        self.serve_touched(now);
        let told = std::mem::take(&mut self.told);
        let mut granted = Vec::new();
        self.locks.grant_among(next, &mut granted);
        let mut at = 0;
        while let Some(holder) = granted.get(at).copied() {
            at += 1;
            let (from, block, keeps) = self.run_parked(holder, now);
            if !keeps {
                let mut next = Candidates::default();
                self.locks.withdraw(holder, &mut next);
                self.serve_touched(now);
                self.locks.grant_among(next, &mut granted);
            }
            match std::mem::take(&mut self.told) {
                told if told.is_empty() => self.late.push((from, block)),
                told => self.hold(from, block, told),
            }
        }
        self.told = told;
    }

    /// The lock of a key. A key has the same lock in all databases: MOVE and COPY need no thought then.
    pub fn lock_key(&self, key: &[u8]) -> LockKey {
        LockKey(Key::new(key, self.shard.seed()).hash())
    }
}
