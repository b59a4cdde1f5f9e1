//! What a transaction sends to its shards, hop by hop: parts of commands, locks with what is gathered under them, lookups,
//! and what was decided. [`super::core`] says when.
//!
//! Invariant: whatever is sent with an answer to come counts in [`Transaction::remaining`].

use super::block::{Block, Group, Op, ReplyTo, What};
use super::carry::Carry;
use super::core::{Core, Watching};
use super::plan::{Plan, first_key_word};
use super::stamp::ShardId;
use super::transaction::{Stage, Transaction, Unit, share_words};
use crate::command::spec::{Reach, Run};
use crate::command::table::CommandId;
use crate::shard::DbIndex;
use crate::shard::execute::key_positions;

/// The part number of a group's own answer.
pub(super) const GROUP: u32 = u32::MAX;
/// That of an unlock.
pub(super) const UNLOCKED: u32 = u32::MAX - 1;
/// That of the answer who is ready.
pub(super) const TURN: u32 = u32::MAX - 2;
/// The part numbers of lookups begin here; below are those of keys.
pub(super) const LOOKED_UP: u32 = 1 << 31;

impl Core {
    pub(super) fn shards_of(
        &self,
        transaction: &Transaction,
        watching: Option<&Watching>,
    ) -> Vec<ShardId> {
        let mut shards: Vec<ShardId> = watching
            .map(|watching| watching.shards.clone())
            .unwrap_or_default();
        for unit in transaction
            .units
            .iter()
            .filter(|unit| unit.command.is_some())
        {
            match &unit.plan {
                Plan::One(shard) => shards.push(*shard),
                Plan::Split(shares) => shards.extend(shares.iter().map(|share| share.shard)),
                Plan::Everywhere => shards.extend((0..self.placement.shards()).map(ShardId)),
                Plan::Steps(keys) => {
                    let reach = unit.reach();
                    let all = ShardId::first(self.placement.shards());
                    shards.extend(all.filter(|shard| reach.is_on(*shard, &self.placement)));
                    shards.extend(keys.iter().map(|(_, shard)| *shard));
                }
            }
        }
        shards.extend(transaction.linked.locks.iter().map(|(shard, _)| *shard));
        shards.sort_unstable();
        shards.dedup();
        shards
    }

    /// One hop: each shard gets a group of all its parts.
    pub(super) fn send_at_once(
        &mut self,
        transaction: &mut Transaction,
        shards: &[ShardId],
        watching: Option<&Watching>,
    ) {
        for shard in shards {
            let watcher = watching.map(|watching| watching.watcher);
            let group = Group {
                size: 0,
                keep_for: None,
                everything: false,
                watcher,
            };
            let reply_to = ReplyTo::Transaction {
                id: transaction.id,
                unit: 0,
                part: GROUP,
            };
            let block = &mut self.requests[*shard];
            let head = block.ops.len();
            block.push(
                What::Group(group),
                DbIndex(0),
                transaction.caller,
                reply_to,
                std::iter::empty(),
            );
            transaction.remaining += 1;
            for unit in 0..transaction.units.len() {
                self.send_parts(transaction, unit, Some(*shard), What::Run);
            }
            close_group(&mut self.requests[*shard], head);
        }
    }

    /// Sends the parts of a unit, or only those for one shard.
    pub(super) fn send_parts(
        &mut self,
        transaction: &mut Transaction,
        index: usize,
        only: Option<ShardId>,
        what: fn(CommandId) -> What,
    ) {
        let unit = &transaction.units[index];
        let (Some(command), Some(row)) = (unit.command, unit.row()) else {
            return;
        };
        let (id, caller, db) = (transaction.id, transaction.caller, unit.db);
        let number = transaction.number(index);
        let args = unit.args.as_args();
        let wanted = |shard: ShardId| only.is_none_or(|only| only == shard);
        let reply_to = |part: usize| ReplyTo::Transaction {
            id,
            unit: number,
            part: part as u32,
        };
        let mut sent = 0;
        let mut send = |shard: ShardId, part: usize, words: &mut dyn Iterator<Item = &[u8]>| {
            self.requests[shard].push(what(command), db, caller, reply_to(part), words);
            sent += 1;
        };
        match &unit.plan {
            Plan::One(shard) if wanted(*shard) => send(*shard, 0, &mut args.iter()),
            Plan::Split(shares) => {
                let Run::PerKey { width, .. } = row.run else {
                    return;
                };
                for (part, share) in shares
                    .iter()
                    .enumerate()
                    .filter(|(_, share)| wanted(share.shard))
                {
                    send(
                        share.shard,
                        part,
                        &mut share_words(args, &share.keys, first_key_word(row), width),
                    );
                }
            }
            Plan::Everywhere => {
                for shard in (0..self.placement.shards())
                    .map(ShardId)
                    .filter(|shard| wanted(*shard))
                {
                    send(shard, shard.0 as usize, &mut args.iter());
                }
            }
            Plan::One(_) | Plan::Steps(_) => {}
        }
        transaction.remaining += sent;
    }

    /// The first of several hops: locks on all keys, and what a single command gathers right behind them.
    pub(super) fn lock(
        &mut self,
        transaction: &mut Transaction,
        shards: &[ShardId],
        watching: Option<&Watching>,
    ) {
        let reaches: Vec<Reach> = transaction.units.iter().map(Unit::reach).collect();
        transaction.stage = Stage::Locking;
        transaction.locked = shards.to_vec();
        for shard in shards {
            let watcher = watching
                .filter(|watching| watching.shards.contains(shard))
                .map(|watching| watching.watcher);
            let is_reached = |reach: &Reach| reach.is_on(*shard, &self.placement);
            let group = Group {
                size: 0,
                keep_for: Some(transaction.id),
                everything: transaction.is_exclusive || reaches.iter().any(is_reached),
                watcher,
            };
            let reply_to = ReplyTo::Transaction {
                id: transaction.id,
                unit: 0,
                part: GROUP,
            };
            let keys = self.lock_keys(transaction, *shard);
            let block = &mut self.requests[*shard];
            let head = block.ops.len();
            let words = keys.iter().map(<[u8; 8]>::as_slice);
            block.push(
                What::Group(group),
                DbIndex(0),
                transaction.caller,
                reply_to,
                words,
            );
            transaction.remaining += 1;
            if !transaction.is_exec {
                self.send_gathers(transaction, 0, Some(*shard));
            }
            close_group(&mut self.requests[*shard], head);
        }
    }

    fn lock_keys(&self, transaction: &Transaction, shard: ShardId) -> Vec<[u8; 8]> {
        let linked = transaction.linked.locks.iter();
        let linked = linked.filter(|(other, _)| *other == shard);
        let mut keys: Vec<_> = linked.map(|(_, key)| key.0.to_le_bytes()).collect();
        for unit in &transaction.units {
            let Some(row) = unit.row() else { continue };
            let args = unit.args.as_args();
            for key in key_positions(row.keys, &args)
                .into_iter()
                .map(|at| args.at(at))
            {
                if self.placement.of_key(key) == shard {
                    keys.push(self.participant.lock_key(key).0.to_le_bytes());
                }
            }
        }
        keys
    }

    pub(super) fn send_gathers(
        &mut self,
        transaction: &mut Transaction,
        index: usize,
        only: Option<ShardId>,
    ) {
        let (caller, unit) = (transaction.caller_of(index), &transaction.units[index]);
        let (Some(command), Plan::Steps(keys)) = (unit.command, &unit.plan) else {
            return;
        };
        let args = unit.args.as_args();
        for (number, (at, shard)) in keys.iter().enumerate() {
            if only.is_none_or(|only| only == *shard) {
                let what = What::Gather {
                    command,
                    key: *at as u32,
                };
                let reply_to = ReplyTo::Transaction {
                    id: transaction.id,
                    unit: transaction.number(index),
                    part: number as u32,
                };
                self.requests[*shard].push(what, unit.db, caller, reply_to, args.iter());
                transaction.remaining += 1;
            }
        }
    }

    pub(super) fn send_lookups(&mut self, transaction: &mut Transaction, index: usize) {
        let unit = &transaction.units[index];
        let (Some(command), Some(lookups)) = (unit.command, &unit.lookups) else {
            return;
        };
        for part in 0..lookups.parts() {
            let reply_to = ReplyTo::Transaction {
                id: transaction.id,
                unit: transaction.number(index),
                part: LOOKED_UP + part as u32,
            };
            self.requests[lookups.shard(part)].push(
                What::Look(command),
                unit.db,
                transaction.caller,
                reply_to,
                lookups.words(part),
            );
            transaction.remaining += 1;
        }
    }

    pub(super) fn send_applies(&mut self, transaction: &mut Transaction, index: usize) {
        let (caller, number) = (transaction.caller_of(index), transaction.number(index));
        let unit = &mut transaction.units[index];
        let (Some(command), Plan::Steps(keys)) = (unit.command, &unit.plan) else {
            return;
        };
        let args = unit.args.as_args();
        for ((at, shard), carry) in keys.iter().zip(&mut unit.carries) {
            let carry = carry.take();
            if !matches!(carry, Carry::Nothing) {
                let what = What::Apply {
                    command,
                    key: *at as u32,
                    id: transaction.id,
                    unit: number,
                };
                let block = &mut self.requests[*shard];
                block.push(what, unit.db, caller, ReplyTo::Nobody, args.iter());
                block.attach(carry);
            }
        }
    }
}

/// Writes into a group's head how many operations came behind it.
fn close_group(block: &mut Block, head: usize) {
    let size = (block.ops.len() - head - 1) as u32;
    if let Op {
        what: What::Group(group),
        ..
    } = &mut block.ops[head]
    {
        group.size = size;
    }
}
