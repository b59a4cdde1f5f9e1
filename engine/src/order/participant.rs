//! One shard's part in the order: it runs the blocks that reach it, one after the other, and keeps its locks.
//!
//! Invariants:
//! - Blocks are handed in in the one order of all cores (see [`super::inbox`]).
//! - An operation runs only while its keys are free or locked for its own transaction.
//! - What has to wait keeps its place in the order: the lock table queues requests as they come.
//! - So do watches: one begins, is looked at by EXEC, and ends only when what stands before it has been done to its keys.
//!   Else a transaction from before the watch would change the key after it, or one from before EXEC escape it.

use hashbrown::HashMap;

use super::block::{Answer, Block, Group, What};
use super::carry::Carry;
use super::links::Links;
use super::lock_table::{Holder, LockKey, LockTable, Scope};
use super::logged::Now;
use super::paused::Paused;
use super::place::Place;
use super::plan::first_key_at;
use super::program::Programs;
use super::serving::{Asker, Held};
use super::stamp::{ShardId, Tag};
use crate::command::args::{Args, OwnedArgs};
use crate::command::spec::{Command, Reach};
use crate::command::table::table;
use crate::keyspace::key::Key;
use crate::shard::context::ShardContext;
use crate::shard::execute::{execute, key_positions};
use crate::shard::look::look;
use crate::shard::waiting::WaiterId;
use crate::shard::watch::WatcherId;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;

/// Holders that are no transactions: operations that wait for a lock but will not keep it.
const PASSING: u64 = 1 << 63;

/// Operations of a block whose memory is asked for before the first of them runs.
const AHEAD: usize = 16;

/// Whose turn it is when operations run.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// Where they came from.
    pub from: ShardId,
    /// What they hold, if they had to wait for it.
    pub own: Option<Holder>,
    pub now: UnixMillis,
}

struct Parked {
    from: ShardId,
    block: Block,
    keeps: bool,
    /// Where it asked to run.
    place: Place,
}

/// What came of the wish for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The limit holds.
    Enough,
    /// It does not yet, and there is more to evict.
    Working,
    /// It does not, and this shard has nothing to evict.
    None,
}

/// See the top of the file.
pub struct Participant {
    /// The data.
    pub shard: Shard,
    pub(super) locks: LockTable,
    parked: HashMap<Holder, Parked, foldhash::fast::RandomState>,
    /// The keys each connection watches here, also those whose watch has to wait.
    watched: HashMap<WatcherId, Vec<LockKey>, foldhash::fast::RandomState>,
    pub(super) next_passing: u64,
    /// Blocks of operations that had to wait and have run now, to be sent back, and what waiters are to hear.
    pub(super) late: Vec<(ShardId, Block)>,
    /// Whom the unit of work that has just ended has made ready, and who changes further keys.
    pub(super) told: Vec<WaiterId>,
    pub(super) held: Vec<Held>,
    pub(super) links: Links,
    pub(super) now: Now,
    /// Whoever can run programs here.
    pub(super) programs: Option<Box<dyn Programs>>,
    /// The program that pauses here.
    pub(super) paused: Option<Box<Paused>>,
}

impl Participant {
    /// A shard that nobody has asked anything yet.
    pub fn new(shard: Shard) -> Self {
        Participant {
            shard,
            locks: LockTable::default(),
            parked: HashMap::default(),
            watched: HashMap::default(),
            next_passing: PASSING,
            late: Vec::new(),
            told: Vec::new(),
            held: Vec::new(),
            links: Links::default(),
            now: Now::default(),
            programs: None,
            paused: None,
        }
    }

    /// Whether nobody's answer is held back.
    pub fn is_settled(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether no lock is held or wanted: then a local command may run without a look at its keys.
    #[inline]
    pub fn is_unlocked(&self) -> bool {
        self.locks.is_empty()
    }

    /// Whether a command of this connection's own core may run now, outside any block.
    #[inline]
    pub fn may_run(&self, command: &Command, args: &Args<'_>) -> bool {
        self.locks.is_empty() || self.locks.is_free(&self.scope_of(command, args))
    }

    /// What came out of waiting since the last call: blocks to be sent back to these cores.
    pub fn take_late(&mut self) -> Vec<(ShardId, Block)> {
        std::mem::take(&mut self.late)
    }

    /// Evicts keys until no more memory is in use than there may be, as far as this shard and a bounded amount of work can
    /// bring that about. Keys that a transaction holds or wants stay.
    pub fn make_room(&mut self, now: UnixMillis) -> Room {
        const MOST: usize = 64;
        const SLICE: usize = 512;
        let mut steps = 0;
        while self.shard.is_over_limit() {
            steps += 1;
            if steps > MOST {
                return Room::Working;
            }
            if self.shard.retired() > 0 {
                self.shard.free_some(SLICE);
                continue;
            }
            let locks = &self.locks;
            let seed = self.shard.seed();
            let is_free = |key: &[u8]| {
                locks.is_empty()
                    || locks.is_free(&Scope::Keys(vec![LockKey(Key::new(key, seed).hash())]))
            };
            let Some((db, key)) = self.shard.choose_victim(now, is_free) else {
                return Room::None;
            };
            self.shard.evict(db, &key);
            self.record_deletions();
        }
        Room::Enough
    }

    /// Deletes up to `most` keys and fields that are due. Keys that a transaction holds or wants stay.
    pub(super) fn expire_some(&mut self, now: UnixMillis, most: usize) -> usize {
        let (locks, seed) = (&self.locks, self.shard.seed());
        let is_free = |key: &[u8]| {
            let lock = || LockKey(Key::new(key, seed).hash());
            locks.is_empty() || locks.is_free(&Scope::Keys(vec![lock()]))
        };
        let gone = self.shard.expire_free(now, most, is_free);
        self.record_deletions();
        gone
    }

    /// Runs all of `block`, a message with this tag, that need not wait; afterwards it goes back to its sender.
    pub fn run(&mut self, tag: Tag, block: &mut Block, now: UnixMillis) {
        let Tag {
            stamp,
            sender: from,
            ..
        } = tag;
        if self.shard.has_memory_limit() {
            self.make_room(now);
        }
        self.shard.meter.start();
        let (mut index, mut asked_for) = (0, 0);
        while index < block.ops.len() {
            if index >= asked_for {
                asked_for = index + AHEAD;
                self.prefetch(block, index, asked_for);
            }
            let count = match block.ops[index].what {
                What::Group(group) => 1 + group.size as usize,
                _ => 1,
            };
            let submission = block.ops[index].submission;
            self.at(Place::of_message(stamp, from, submission));
            self.run_or_park(from, block, index, count, now);
            if self.shard.waiting.has_touched() {
                self.serve_touched(now);
            }
            if !self.told.is_empty() {
                let until = std::mem::take(&mut self.told);
                let answers = block.split_answered(index, count);
                if let Some(answers) = answers {
                    self.hold(from, answers, until);
                }
            }
            index += count;
        }
    }

    /// Asks the processor for the memory that the operations from `first` to before `end` will look at.
    fn prefetch(&self, block: &Block, first: usize, end: usize) {
        let ops = &block.ops[first..end.min(block.ops.len())];
        if ops.len() < 2 {
            return;
        }
        let mut keys = [None; AHEAD];
        for (key, op) in keys.iter_mut().zip(ops) {
            if let What::Run(command) = op.what {
                let word = first_key_at(table().row(command), &block.args(op));
                *key = word.map(|word| (op.db, Key::new(word, self.shard.seed())));
            }
        }
        let keys = || keys.iter().flatten();
        keys().for_each(|(db, key)| self.shard.database(*db).prefetch_bucket(*key));
        keys().for_each(|(db, key)| self.shard.database(*db).prefetch_entry(*key));
    }

    #[inline]
    fn run_or_park(
        &mut self,
        from: ShardId,
        block: &mut Block,
        first: usize,
        count: usize,
        now: UnixMillis,
    ) {
        let turn = Turn {
            from,
            own: None,
            now,
        };
        match block.ops[first].what {
            What::Unlock(transaction) => {
                self.end(std::iter::once(Holder(transaction.0)), now);
                block.ops[first].answer = Answer::Reply { start: 0, len: 0 };
            }
            What::Group(Group {
                keep_for: Some(transaction),
                everything,
                ..
            }) => {
                let mut keys = self.watch_keys(block, first);
                keys.extend(lock_keys_in(block.args(&block.ops[first])));
                let scope = if everything {
                    Scope::Everything
                } else {
                    Scope::Keys(keys)
                };
                let holder = Holder(transaction.0);
                if self.locks.request(holder, scope, self.message_place()) {
                    self.run_ops(block, first, count, turn);
                } else {
                    self.park(holder, from, block, first, count, true);
                }
            }
            // The transaction behind these holds its locks already.
            What::RunHeld(_)
            | What::Gather { .. }
            | What::Look(_)
            | What::Apply { .. }
            | What::Wait { .. }
            | What::Errand => self.run_ops(block, first, count, turn),
            // These end what others wait for, so they wait for nobody.
            What::Serve(_)
            | What::Missed(_)
            | What::Leave { .. }
            | What::Settled(_)
            | What::Link { .. }
            | What::Unlink(_)
            | What::Linked(_)
            | What::Turn(_)
            | What::Served(_)
            | What::Ready(_) => self.run_ops(block, first, count, turn),
            What::Run(_) if self.locks.is_empty() => self.run_ops(block, first, count, turn),
            What::Run(_)
            | What::Program(_)
            | What::Try { .. }
            | What::Group(_)
            | What::Watch(_)
            | What::Unwatch(_) => {
                let watched = self.watch_keys(block, first);
                self.run_when_free(from, block, first, count, watched, now);
            }
        }
    }

    /// What an operation that begins or ends watches has to wait for: their keys, and earlier such operations of the same
    /// connection, which share one lock that stands for it. Called once for each operation, in the order.
    fn watch_keys(&mut self, block: &Block, op: usize) -> Vec<LockKey> {
        let op = &block.ops[op];
        match op.what {
            What::Watch(watcher) => {
                let mut keys: Vec<LockKey> = block
                    .args(op)
                    .iter()
                    .map(|key| self.lock_key(key))
                    .collect();
                let all = self.watched.entry(watcher).or_default();
                all.extend(&keys);
                all.sort_unstable();
                all.dedup();
                keys.push(lock_of(watcher));
                keys
            }
            What::Unwatch(watcher)
            | What::Group(Group {
                watcher: Some(watcher),
                ..
            }) => {
                let mut keys = self.watched.remove(&watcher).unwrap_or_default();
                keys.push(lock_of(watcher));
                keys
            }
            _ => Vec::new(),
        }
    }

    fn run_when_free(
        &mut self,
        from: ShardId,
        block: &mut Block,
        first: usize,
        count: usize,
        watched: Vec<LockKey>,
        now: UnixMillis,
    ) {
        let turn = Turn {
            from,
            own: None,
            now,
        };
        if self.locks.is_empty() {
            return self.run_ops(block, first, count, turn);
        }
        let scope = self.scope_of_ops(block, first, count, watched);
        if self.locks.is_free(&scope) {
            return self.run_ops(block, first, count, turn);
        }
        let holder = Holder(self.next_passing);
        self.next_passing += 1;
        let granted = self.locks.request(holder, scope, self.message_place());
        debug_assert!(!granted, "what is not free is not granted at once");
        self.park(holder, from, block, first, count, false);
    }

    fn park(
        &mut self,
        holder: Holder,
        from: ShardId,
        block: &mut Block,
        first: usize,
        count: usize,
        keeps: bool,
    ) {
        let parked = Parked {
            from,
            block: block.split_out(first, count),
            keeps,
            place: self.message_place(),
        };
        self.parked.insert(holder, parked);
    }

    /// Runs what waited for the locks that `holder` has got. Returns whom to answer with what, and whether it keeps them.
    pub(super) fn run_parked(&mut self, holder: Holder, now: UnixMillis) -> (ShardId, Block, bool) {
        let mut parked = self
            .parked
            .remove(&holder)
            .expect("whoever is granted later was parked");
        let count = parked.block.ops.len();
        self.as_of(parked.place);
        let turn = Turn {
            from: parked.from,
            own: Some(holder),
            now,
        };
        self.run_ops(&mut parked.block, 0, count, turn);
        (parked.from, parked.block, parked.keeps)
    }

    fn run_ops(&mut self, block: &mut Block, first: usize, count: usize, turn: Turn) {
        self.run_ops_here(block, first, count, turn);
        block.ended = self.shard.meter.ended();
    }

    fn run_ops_here(&mut self, block: &mut Block, first: usize, count: usize, turn: Turn) {
        let end = first + count;
        for index in first..end {
            let (start, changes) = (block.replies.len() as u32, self.shard.changes);
            // An errand may let somebody read it.
            if self.shard.log.is_read || matches!(block.ops[index].what, What::Errand) {
                self.stand(&block.ops[index]);
            }
            if matches!(block.ops[index].what, What::Program(_)) {
                // A program stands alone, and may answer later.
                if self.run_program_op(turn, block, index) {
                    return;
                }
            }
            let goes_on = self.run_op(block, index, turn.now);
            if self.shard.log.is_read {
                self.record_op(changes, block, index);
            }
            let len = block.replies.len() as u32 - start;
            block.ops[index].answer = Answer::Reply { start, len };
            if !goes_on {
                for op in &mut block.ops[index + 1..end] {
                    op.answer = Answer::Reply { start: 0, len: 0 };
                }
                return;
            }
        }
    }

    /// Returns false when the rest of the group must not run.
    #[inline]
    fn run_op(&mut self, block: &mut Block, index: usize, now: UnixMillis) -> bool {
        let (what, db, caller) = (
            block.ops[index].what,
            block.ops[index].db,
            block.ops[index].caller,
        );
        match what {
            What::Run(command) | What::RunHeld(command) => {
                let (args, replies) = block.args_and_replies(index);
                execute(
                    &mut self.shard,
                    table().row(command),
                    db,
                    caller,
                    now,
                    &args,
                    replies,
                );
                block.ops[index].took = self.shard.meter.lap(command);
            }
            What::Group(Group { watcher, .. }) => return self.check_watch(block, watcher, now),
            What::Gather { command, key } => {
                let row = table().row(command);
                let steps = row.run.steps().expect("only such are gathered");
                let mut context = ShardContext::new(&mut self.shard, db, now, caller);
                let args = block.args(&block.ops[index]);
                let carry = (steps.gather)(&mut context, &args, key as usize);
                context.remember_read(row, &args, key as usize);
                block.set_carry(index, carry);
                block.ops[index].took = self.shard.meter.step(command);
            }
            What::Look(command) => {
                let mut context = ShardContext::new(&mut self.shard, db, now, caller);
                let found = look(&mut context, &block.args(&block.ops[index]));
                block.set_carry(index, Carry::Found(found));
                block.ops[index].took = self.shard.meter.step(command);
            }
            What::Apply { command, key, .. } => {
                let steps = table().row(command).run.steps();
                let steps = steps.expect("only such are applied");
                let carry: Carry = block.take_carry(index);
                let mut context = ShardContext::new(&mut self.shard, db, now, caller);
                (steps.apply)(
                    &mut context,
                    &block.args(&block.ops[index]),
                    key as usize,
                    carry,
                );
                block.ops[index].took = self.shard.meter.lap(command);
            }
            What::Watch(watcher) => {
                for key in block.args(&block.ops[index]).iter() {
                    self.watch(watcher, db, key, now);
                }
                block.replies.extend_from_slice(b"+OK\r\n");
            }
            What::Unwatch(watcher) => self.shard.watch.unwatch(watcher),
            What::Try { command, waiter } => {
                let (args, replies) = block.args_and_replies(index);
                let id = waiter;
                let asker = Asker {
                    id,
                    command,
                    db,
                    caller,
                };
                self.try_here(asker, &args, now, replies);
                block.ops[index].took = self.shard.meter.lap(command);
            }
            What::Wait { command, waiter } => {
                let words = OwnedArgs::copy(&block.args(&block.ops[index]));
                let id = waiter;
                let asker = Asker {
                    id,
                    command,
                    db,
                    caller,
                };
                self.wait(asker, words, false);
            }
            What::Serve(waiter) => {
                let mut reply = Vec::new();
                self.shard.meter.forget();
                self.serve_reserved(waiter, now, &mut reply);
                block.ops[index].took = self.shard.meter.took();
                block.replies.extend_from_slice(&reply);
            }
            What::Link { command, waiter } => {
                let id = waiter;
                let asker = Asker {
                    id,
                    command,
                    db,
                    caller,
                };
                self.learn(asker, &block.args(&block.ops[index]));
            }
            What::Unlink(waiter) => self.links.remove(waiter),
            What::Linked(_) => {}
            What::Turn(transaction) => {
                if let Some(waiter) = self.turn(Holder(transaction.0), now) {
                    block.replies.extend_from_slice(&waiter.0.to_le_bytes());
                }
            }
            What::Served(waiter) => {
                let reply = block.args(&block.ops[index]).get(0).unwrap_or_default();
                self.end_turn(waiter, reply.to_vec(), now);
            }
            What::Missed(waiter) => self.missed(waiter, now),
            What::Settled(waiter) => self.settled(waiter),
            What::Leave { waiter, is_settled } => {
                let was_here = self.leave(waiter, is_settled, now);
                let reply: &[u8] = if was_here { b":1\r\n" } else { b":0\r\n" };
                block.replies.extend_from_slice(reply);
            }
            What::Errand => {
                if let Carry::Errand(errand) = block.take_carry(index) {
                    errand.run(&mut self.shard, now);
                }
            }
            What::Program(_) => {}
            What::Ready(_) => unreachable!("nobody asks for that"),
            What::Unlock(_) => unreachable!("an unlock is never part of a group"),
        }
        true
    }

    fn watch(&mut self, watcher: WatcherId, db: DbIndex, key: &[u8], now: UnixMillis) {
        let expired = self.is_expired(db, key, now);
        self.shard.watch.watch(watcher, db, key, expired);
    }

    fn is_expired(&self, db: DbIndex, key: &[u8], now: UnixMillis) -> bool {
        let entry = self
            .shard
            .database(db)
            .get(Key::new(key, self.shard.seed()));
        entry
            .and_then(|entry| entry.expiry())
            .is_some_and(|at| at <= now)
    }

    fn check_watch(
        &mut self,
        block: &mut Block,
        watcher: Option<WatcherId>,
        now: UnixMillis,
    ) -> bool {
        let clean = watcher.is_none_or(|watcher| {
            let clean = self
                .shard
                .watch
                .is_clean(watcher, |db, key| self.is_expired(db, key, now));
            self.shard.watch.unwatch(watcher);
            clean
        });
        block
            .replies
            .extend_from_slice(match (clean, self.shard.waiting.has_distant()) {
                (false, _) => b":0\r\n",
                (true, false) => b":1\r\n",
                (true, true) => b":2\r\n",
            });
        clean
    }

    fn scope_of_ops(
        &self,
        block: &Block,
        first: usize,
        count: usize,
        watched: Vec<LockKey>,
    ) -> Scope {
        let mut all = watched;
        for op in &block.ops[first..first + count] {
            let (What::Run(command) | What::Program(command) | What::Try { command, .. }) = op.what
            else {
                continue;
            };
            match self.scope_of(table().row(command), &block.args(op)) {
                Scope::Everything => return Scope::Everything,
                Scope::Keys(keys) => all.extend(keys),
            }
        }
        Scope::Keys(all)
    }

    fn scope_of(&self, command: &Command, args: &Args<'_>) -> Scope {
        if command.run.reach(args) != Reach::Nowhere {
            return Scope::Everything;
        }
        let keys = key_positions(command.keys, args);
        Scope::Keys(
            keys.into_iter()
                .map(|at| self.lock_key(args.at(at)))
                .collect(),
        )
    }
}

/// The lock that keeps the watches of a connection in their order. That it may equal the lock of some key does no harm.
fn lock_of(watcher: WatcherId) -> LockKey {
    LockKey(
        (u64::from(watcher.core) << 48 ^ watcher.connection).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    )
}

/// The lock keys that are the words of a group's head.
fn lock_keys_in(words: Args<'_>) -> impl Iterator<Item = LockKey> {
    words
        .iter()
        .filter_map(|word| Some(LockKey(u64::from_le_bytes(word.try_into().ok()?))))
}
