//! A step of a walk over the keyspace (SCAN) that comes to the end of its shard's run of slots.
//!
//! Where it ends there with fewer keys than were asked for, all shards behind are asked for a step at once, and as many of
//! their answers are taken, in the order of the slots, as are needed. So a small database is walked in one call, as
//! clients of Redis expect, in two hops with any number of shards; and in a large one only the ends of runs are met twice.
//!
//! Invariant: a step whose keys are dropped is dropped with its cursor, and the walk comes by there again.
//!
//! Deliberately not within EXEC, where a step ends with the run of its shard: the hops of a transaction are known
//! beforehand. What a client sends behind a walk may run between its two hops, as between two steps.

use super::block::{ReplyTo, What};
use super::core::{Core, Request, Submitted};
use super::plan::Plan;
use super::stamp::ShardId;
use super::transaction::{Stage, Transaction, Unit};
use crate::command::args::{Args, OwnedArgs};
use crate::command::spec::{Command, Walk};
use crate::command::table::CommandId;
use crate::key::placement::Placement;
use crate::key::slot::Slot;
use crate::resp::elements::{array_elements, bulk};
use crate::resp::reply::{Protocol, ReplyWriter};

impl Core {
    /// Whether `row` is a walk that may go on on shards behind `first`.
    #[inline]
    pub(super) fn has_walk_behind(&self, row: &Command, first: ShardId) -> bool {
        first.0 + 1 < self.placement.shards() && row.run.walk().is_some()
    }

    /// Sends a step to the shard `first`, which has others behind it.
    pub(super) fn begin_walk(
        &mut self,
        request: Request,
        command: CommandId,
        args: &Args<'_>,
        first: ShardId,
    ) -> Submitted {
        let (plan, shards) = (Plan::One(first), self.placement.shards());
        let unit = Unit::new(command, request.db, OwnedArgs::copy(args), plan, shards);
        let mut transaction = self.new_transaction(request, vec![unit]);
        transaction.is_exec = false;
        transaction.stage = Stage::Walking { first };
        self.send_parts(&mut transaction, 0, None, What::Run);
        self.keep_or_finish(transaction);
        Submitted::Pending
    }

    /// The answers of a hop are here: those of the shards behind `first` are joined to its own, or asked for.
    pub(super) fn walk_on(&mut self, transaction: &mut Transaction, first: ShardId) {
        let unit = &mut transaction.units[0];
        let Some(walk) = unit.row().and_then(|row| row.run.walk()) else {
            return;
        };
        let wanted = (walk.wanted)(&unit.args.as_args());
        if unit.parts.len() > 1 {
            let step = join(&unit.parts, first, wanted, &self.placement);
            step.write(&mut unit.reply, transaction.caller.protocol);
        } else if Step::read(&unit.parts[0])
            .is_some_and(|step| step.goes_on(first, wanted, &self.placement))
        {
            self.send_steps(transaction, first, walk);
        }
    }

    /// Asks the shards behind `first`, each for a step from the start of its run.
    fn send_steps(&mut self, transaction: &mut Transaction, first: ShardId, walk: &Walk) {
        let (id, caller) = (transaction.id, transaction.caller);
        let unit = &mut transaction.units[0];
        let Some(command) = unit.command else { return };
        let args = unit.args.as_args();
        self.requests.begin();
        for shard in (first.0 + 1..self.placement.shards()).map(ShardId) {
            let mut number = itoa::Buffer::new();
            let cursor = number
                .format(self.placement.run_start(shard) << 48)
                .as_bytes();
            let word = |(at, word)| if at == walk.cursor { cursor } else { word };
            let reply_to = ReplyTo::Transaction {
                id,
                unit: 0,
                part: u32::from(shard.0 - first.0),
            };
            let words = args.iter().enumerate().map(word);
            self.requests[shard].push(What::Run(command), unit.db, caller, reply_to, words);
            unit.parts.push(Vec::new());
            transaction.remaining += 1;
        }
    }
}

/// The reply to a step.
struct Step<'a> {
    cursor: u64,
    /// Encoded.
    keys: Vec<&'a [u8]>,
}

impl<'a> Step<'a> {
    /// None for an error, and for a reply that was cut as its client's buffer is full.
    fn read(reply: &'a [u8]) -> Option<Self> {
        let [cursor, keys] = array_elements(reply).try_into().ok()?;
        let cursor = std::str::from_utf8(bulk(cursor)?).ok()?.parse().ok()?;
        let keys = array_elements(keys);
        Some(Step { cursor, keys })
    }

    /// Whether it has left `shard` for the next one, with fewer keys than wanted.
    fn goes_on(&self, shard: ShardId, wanted: u64, placement: &Placement) -> bool {
        let slot = u16::try_from(self.cursor >> 48).ok().and_then(Slot::new);
        let has_left = slot.is_some_and(|slot| placement.of_slot(slot) > shard);
        has_left && (self.keys.len() as u64) < wanted
    }

    fn write(&self, out: &mut Vec<u8>, protocol: Protocol) {
        let mut reply = ReplyWriter::new(out, protocol);
        reply.array(2);
        reply.bulk(itoa::Buffer::new().format(self.cursor).as_bytes());
        reply.array(self.keys.len());
        self.keys.iter().for_each(|key| reply.raw(key));
    }
}

/// As many of the steps of `first` and the shards behind it as it takes.
fn join<'a>(parts: &'a [Vec<u8>], first: ShardId, wanted: u64, placement: &Placement) -> Step<'a> {
    let (cursor, keys) = (0, Vec::new());
    let mut joined = Step { cursor, keys };
    for (part, shard) in parts.iter().zip(first.0..) {
        let Some(step) = Step::read(part) else { break };
        joined.cursor = step.cursor;
        joined.keys.extend(step.keys);
        if !joined.goes_on(ShardId(shard), wanted, placement) {
            break;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(cursor: u64, keys: &[&str]) -> Vec<u8> {
        let mut reply = Vec::new();
        let encoded: Vec<Vec<u8>> = keys.iter().map(|key| bulk_of(key)).collect();
        let keys = encoded.iter().map(Vec::as_slice).collect();
        Step { cursor, keys }.write(&mut reply, Protocol::Resp2);
        reply
    }

    fn bulk_of(key: &str) -> Vec<u8> {
        format!("${}\r\n{key}\r\n", key.len()).into_bytes()
    }

    fn joined(parts: &[Vec<u8>], wanted: u64) -> (u64, usize) {
        let step = join(parts, ShardId(1), wanted, &Placement::even(4));
        (step.cursor, step.keys.len())
    }

    #[test]
    fn steps_are_joined_as_far_as_they_are_whole_and_wanted() {
        let (two, three) = (8192 << 48, 12288 << 48);
        let parts = [part(two, &["a"]), part(three, &[]), part(0, &["b", "c"])];
        assert_eq!(joined(&parts, 10), (0, 3));
        assert_eq!(joined(&parts, 2), (0, 3));
        assert_eq!(joined(&parts, 1), (two, 1));
        // The second is not through with its run: what the third found is found again later.
        let parts = [part(two, &["a"]), part(two + 5, &["x"]), part(0, &["b"])];
        assert_eq!(joined(&parts, 10), (two + 5, 2));
        // A shard that refuses leaves the walk before it.
        let parts = [part(two, &["a"]), b"-ERR no\r\n".to_vec(), part(0, &["b"])];
        assert_eq!(joined(&parts, 10), (two, 1));
    }
}
