//! Who waits to move an element to a key of another shard: every core knows, so that whoever changes the source brings the
//! lock of the target along.
//!
//! ```text
//!   wait     found nothing ──> Link to all cores ──> all have answered ──> a second look, under the locks, and into the queue
//!   write    locks of its keys, and of the targets behind them ──> its parts
//!              ──> Turn: who is first there? ──> that one's gather, decide, apply ──> Turn .. ──> unlock
//! ```
//!
//! Invariants:
//! - Who stands in a queue with a link was announced on every core before it looked for the last time. So whatever comes
//!   behind that look in the order, and writes to the source, holds the target too.
//! - Between a write and the service of whom it wakes nobody gets in: both happen under the write's locks.
//! - A link that nobody needs any more costs locks, never an element.
//!
//! What writes without naming the key (SWAPDB, a script) or is served itself on one shard (BLMOVE between lists of one
//! shard) holds no such lock. Whom it wakes runs again as a transaction of its own, see [`super::waits`].

use hashbrown::HashMap;

use super::block::{Block, ReplyTo, What};
use super::core::Core;
use super::hops::TURN;
use super::lock_table::{Holder, LockKey};
use super::participant::Participant;
use super::plan::{Plan, placed_keys};
use super::serving::Asker;
use super::stamp::ShardId;
use super::transaction::{Stage, Transaction, Unit};
use crate::command::args::{Args, OwnedArgs};
use crate::command::flags::Flags;
use crate::command::spec::Command;
use crate::command::table::{CommandId, table};
use crate::shard::DbIndex;
use crate::shard::context::Caller;
use crate::shard::execute::key_positions;
use crate::shard::waiting::{KeyName, Turn, WaiterId};
use crate::time::UnixMillis;

/// A key by its lock, and where it lives.
pub(super) type PlacedLock = (ShardId, LockKey);

/// A command that waits at its first key and will write to its second one.
struct Link {
    waiter: WaiterId,
    command: CommandId,
    db: DbIndex,
    caller: Caller,
    args: OwnedArgs,
    source: PlacedLock,
    target: PlacedLock,
}

/// See the top of the file.
#[derive(Default)]
pub(super) struct Links {
    by_source: HashMap<LockKey, Vec<Link>, foldhash::fast::RandomState>,
}

/// What a write brings along for those whom it may wake.
#[derive(Default)]
pub(super) struct Linked {
    /// The locks of their keys.
    pub locks: Vec<PlacedLock>,
    /// Where they wait.
    pub sources: Vec<ShardId>,
}

impl Linked {
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

impl Links {
    /// Whether nobody waits so: the one look a write takes in the common case.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.by_source.is_empty()
    }

    fn add(&mut self, link: Link) {
        self.by_source.entry(link.source.1).or_default().push(link);
    }

    pub(super) fn remove(&mut self, waiter: WaiterId) {
        self.by_source.retain(|_, links| {
            links.retain(|link| link.waiter != waiter);
            !links.is_empty()
        });
    }

    fn get(&self, waiter: WaiterId) -> Option<&Link> {
        let mut links = self.by_source.values().flatten();
        links.find(|link| link.waiter == waiter)
    }

    /// All that a change of these keys may lead to: who is served changes its target, which may wake the next one.
    fn behind(&self, keys: Vec<PlacedLock>) -> Linked {
        let mut linked = Linked {
            locks: keys,
            sources: Vec::new(),
        };
        let mut at = 0;
        while let Some((_, key)) = linked.locks.get(at).copied() {
            at += 1;
            for link in self.by_source.get(&key).into_iter().flatten() {
                linked.sources.push(link.source.0);
                if !linked.locks.contains(&link.target) {
                    linked.locks.push(link.target);
                }
            }
        }
        linked.sources.sort_unstable();
        linked.sources.dedup();
        linked
    }
}

impl Core {
    fn placed_lock(&self, key: &[u8]) -> PlacedLock {
        (self.placement().of_key(key), self.participant.lock_key(key))
    }

    /// What a command may lead to that writes to sources of links.
    fn written(&self, row: &Command, args: &Args<'_>, keys: &mut Vec<PlacedLock>) {
        if row.flags.contains(Flags::WRITE) {
            let written = key_positions(row.keys, args).into_iter();
            keys.extend(written.map(|at| self.placed_lock(args.at(at))));
        }
    }

    /// Whether a command may wake somebody who needs the lock of another shard.
    #[inline]
    pub(super) fn is_linked(&self, row: &Command, args: &Args<'_>) -> bool {
        let links = &self.participant.links;
        if links.is_empty() {
            return false;
        }
        let mut keys = Vec::new();
        self.written(row, args, &mut keys);
        keys.iter()
            .any(|(_, key)| links.by_source.contains_key(key))
    }

    /// What a transaction brings along for those whom it may wake.
    pub(super) fn links_behind(&self, transaction: &Transaction) -> Linked {
        let links = &self.participant.links;
        let mut keys = Vec::new();
        if !links.is_empty() {
            for unit in &transaction.units {
                if let Some(row) = unit.row() {
                    self.written(row, &unit.args.as_args(), &mut keys);
                }
            }
        }
        links.behind(keys)
    }

    /// All that a transaction was asked to do is done: serves whom it has woken, one after the other, under its locks.
    /// Returns the transaction when nobody is left.
    pub(super) fn serve_linked(&mut self, mut transaction: Transaction) -> Option<Transaction> {
        let is_over = match transaction.stage {
            Stage::Turns => !self.serve_ready(&mut transaction),
            _ => !self.tell_served(&mut transaction) || !self.ask_who_is_ready(&mut transaction),
        };
        if is_over {
            transaction.units.truncate(transaction.own);
            return Some(transaction);
        }
        self.transactions.insert(transaction.id, transaction);
        None
    }

    fn ask_who_is_ready(&mut self, transaction: &mut Transaction) -> bool {
        let reply_to = ReplyTo::Transaction {
            id: transaction.id,
            unit: 0,
            part: TURN,
        };
        self.requests.begin();
        for shard in &transaction.linked.sources {
            let (what, words) = (What::Turn(transaction.id), std::iter::empty());
            let block = &mut self.requests[*shard];
            block.push(what, DbIndex(0), transaction.caller, reply_to, words);
        }
        transaction.remaining = transaction.linked.sources.len();
        transaction.stage = Stage::Turns;
        true
    }

    /// Begins to serve who is ready. Returns false if nobody is who can be served under these locks.
    fn serve_ready(&mut self, transaction: &mut Transaction) -> bool {
        let waiter = transaction.ready.take();
        let Some(link) = waiter.and_then(|waiter| self.participant.links.get(waiter)) else {
            return false;
        };
        debug_assert!(
            transaction.linked.locks.contains(&link.target),
            "who waits was announced before"
        );
        let row = table().row(link.command);
        let plan = Plan::Steps(placed_keys(row, &link.args.as_args(), &self.placement));
        let shards = self.placement.shards();
        let mut unit = Unit::new(link.command, link.db, link.args.clone(), plan, shards);
        unit.caller = Some(link.caller);
        let index = transaction.units.len();
        transaction.serving = waiter;
        transaction.units.push(unit);
        transaction.stage = Stage::Running {
            next: index + 1,
            gathering: true,
        };
        self.requests.begin();
        self.send_gathers(transaction, index, None);
        true
    }

    /// Whoever was being served has its reply. Returns false if it has to wait on, which is an empty one.
    fn tell_served(&mut self, transaction: &mut Transaction) -> bool {
        let (Some(waiter), Some(unit)) = (transaction.serving.take(), transaction.units.last())
        else {
            return true;
        };
        let Plan::Steps(keys) = &unit.plan else {
            return false;
        };
        let (what, reply) = (What::Served(waiter), unit.reply.as_slice());
        let (caller, words) = (transaction.caller, std::iter::once(reply));
        self.requests[keys[0].1].push(what, unit.db, caller, ReplyTo::Nobody, words);
        unit.waits.is_none()
    }
}

impl Participant {
    /// A command is about to wait for a key somewhere, and will need another one elsewhere.
    pub(super) fn learn(&mut self, asker: Asker, args: &Args<'_>) {
        let keys = key_positions(table().row(asker.command).keys, args);
        let placed = |at: usize| {
            let key = args.at(at);
            (self.shard.territory().owner(key), self.lock_key(key))
        };
        if let [source, target] = keys[..] {
            let link = Link {
                waiter: asker.id,
                command: asker.command,
                db: asker.db,
                caller: asker.caller,
                args: OwnedArgs::copy(args),
                source: placed(source),
                target: placed(target),
            };
            self.links.add(link);
        }
    }

    /// Serves whoever waits here for what the holder has changed, up to the first who needs a key of another shard: that
    /// one is returned. All that changed is looked at again when the holder gives its locks back.
    pub(super) fn turn(&mut self, holder: Holder, now: UnixMillis) -> Option<WaiterId> {
        let (mut looked_at, mut first) = (Vec::new(), None);
        while first.is_none() && self.shard.waiting.has_touched() {
            for name in self.shard.waiting.take_touched() {
                if first.is_none() && self.locks.is_held_by(self.lock_key(&name.key), holder) {
                    first = self.serve_up_to_linked(&name, holder, now);
                }
                looked_at.push(name);
            }
        }
        let waiting = &mut self.shard.waiting;
        looked_at
            .iter()
            .for_each(|name| waiting.touch(name.db, &name.key));
        first
    }

    fn serve_up_to_linked(
        &mut self,
        name: &KeyName,
        holder: Holder,
        now: UnixMillis,
    ) -> Option<WaiterId> {
        let mut from = 0;
        while let Some((arrival, id, _)) = self.next_ready(name, from, now) {
            from = arrival + 1;
            let waiter = self.shard.waiting.get_mut(id)?;
            if waiter.is_distant() {
                if waiter.is_told {
                    return None;
                }
                waiter.turn = Turn::Begun;
                return Some(id);
            }
            // A key is reserved for whoever waits on several shards, which it can't be while it is held.
            if !waiter.is_local && waiter.waits.manner.takes() {
                return None;
            }
            if waiter.waits.manner.looks_at_all() && self.needs_held_key(id, Some(holder)) {
                return None;
            }
            self.serve_here(id, &name.key, now);
        }
        None
    }

    /// A transaction has served a waiter from here, with this reply; or not, and it is empty.
    pub(super) fn end_turn(&mut self, id: WaiterId, reply: Vec<u8>, now: UnixMillis) {
        let Some(waiter) = self.shard.waiting.get_mut(id) else {
            debug_assert!(false, "who is served waits");
            return;
        };
        let (command, turn) = (waiter.command, std::mem::take(&mut waiter.turn));
        let (what, reply) = match turn {
            _ if !reply.is_empty() => {
                self.look_again(id, true);
                let waiter = id;
                (What::Try { command, waiter }, reply)
            }
            Turn::Last => {
                self.leave(id, true, now);
                let (waiter, is_settled) = (id, true);
                (What::Leave { waiter, is_settled }, b":1\r\n".to_vec())
            }
            Turn::Ahead | Turn::Begun => return,
        };
        let block = Block::of_answer(what, ReplyTo::Waiter(id), reply, 0);
        self.late.push((id.home(), block));
    }
}
