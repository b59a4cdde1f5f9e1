//! XAUTOCLAIM: a consumer takes over what has been pending for long, wherever it is, walking from entry to entry.

use super::claim::{Outcome, no_group, settle};
use super::entry_reply::{write_array, write_entry, write_id};
use super::id_argument::start;
use super::propagation::GroupName;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::log_form::ShardLog;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::stream::Stream;
use crate::value::stream::group::{Deliveries, Group};
use crate::value::stream::id::StreamId;

const INVALID_IDLE: CommandError =
    CommandError::new("ERR Invalid min-idle-time argument for XAUTOCLAIM");
const INVALID_COUNT: CommandError = CommandError::new("ERR COUNT must be > 0");
const USUAL_COUNT: i64 = 100;
/// The greatest COUNT, so that Redis can allocate what it may delete.
const LARGEST_COUNT: i64 = i64::MAX / 16;
/// So many pending entries are looked at for each that may be claimed.
const LOOKS: i64 = 10;

pub(super) const XAUTOCLAIM: Command = Command {
    name: "xautoclaim",
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "6.2.0",
        "O(1) if COUNT is small",
        "Makes a consumer the owner of entries that have been pending for some time",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("group", ArgumentKind::String),
        Argument::new("consumer", ArgumentKind::String),
        Argument::new("min-idle-time", ArgumentKind::String),
        Argument::new("start", ArgumentKind::String),
        Argument::new("count", ArgumentKind::Integer)
            .token("COUNT")
            .optional(),
        Argument::word("justid", "JUSTID").optional(),
    ])
    .history(&[(
        "7.0.0",
        "The reply tells which deleted entries were found pending, and forgotten.",
    )]),
    run: Run::OneShard(xautoclaim),
    subcommands: &[],
};

fn xautoclaim(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let claim = AutoClaim::parse(args, context.now())?;
    let (key, name) = (args.at(1), args.at(2));
    let mut guard = context
        .edit::<Stream>(key)?
        .ok_or_else(|| no_group(key, name))?;
    let (stream, log) = guard.with_log();
    let target = GroupName { key, group: name };
    let outcome = stream.with_group(name, |stream, group| {
        claim.run(stream, group, args.at(3), log, target, reply)
    });
    let Some(outcome) = outcome else {
        guard.leave();
        return Err(no_group(key, name));
    };
    settle(guard, outcome);
    Ok(())
}

/// The words of XAUTOCLAIM behind the consumer.
struct AutoClaim {
    now: UnixMillis,
    least_idle: i64,
    start: StreamId,
    count: i64,
    only_ids: bool,
}

impl AutoClaim {
    fn parse(args: &Args<'_>, now: UnixMillis) -> Result<AutoClaim, CommandError> {
        let least_idle = integer(args.at(4)).map_err(|_| INVALID_IDLE)?;
        let mut claim = AutoClaim {
            now,
            least_idle: least_idle.max(0),
            start: start(args.at(5))?,
            count: USUAL_COUNT,
            only_ids: false,
        };
        let mut at = 6;
        while at < args.len() {
            if args.is(at, "COUNT") && at + 1 < args.len() {
                at += 1;
                claim.count = integer(args.at(at))
                    .ok()
                    .filter(|count| (1..=LARGEST_COUNT).contains(count))
                    .ok_or(INVALID_COUNT)?;
            } else if args.is(at, "JUSTID") {
                claim.only_ids = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        Ok(claim)
    }

    fn run(
        &self,
        stream: &Stream,
        group: &mut Group,
        consumer: &[u8],
        log: &mut ShardLog,
        target: GroupName<'_>,
        reply: &mut ReplyWriter<'_>,
    ) -> Outcome {
        log.nothing();
        let (number, created) = group.visit(consumer, self.now);
        let deliveries = if self.only_ids {
            Deliveries::Keep
        } else {
            Deliveries::Count
        };
        let (mut looks, mut left) = (self.count.saturating_mul(LOOKS), self.count);
        let mut cursor = group.pending().at_or_after(self.start);
        let mut claimed = Vec::new();
        let mut deleted = Vec::new();
        while let Some(place) = cursor.filter(|_| looks > 0 && left > 0) {
            let (id, pending) = group.pending().at(place);
            looks -= 1;
            cursor = group.pending().next(place);
            if !stream.has_entry(id) {
                target.log_claim(log, group, id, pending, group.owner(pending).name());
                group.acknowledge(id);
                // The map has changed, so the place is looked up again.
                cursor = group.pending().at_or_after(id);
                deleted.push(id);
                left -= 1;
            } else if self.least_idle == 0 || pending.idle(self.now) >= self.least_idle {
                let pending = group.claim(id, number, self.now, deliveries, self.now);
                target.log_claim(log, group, id, &pending, consumer);
                claimed.push(id);
                left -= 1;
            }
        }
        if created && claimed.is_empty() {
            target.log_consumer(log, consumer);
        }
        let next = cursor.map_or(StreamId::MIN, |place| group.pending().at(place).0);
        self.write(stream, next, &claimed, &deleted, reply);
        Outcome {
            changed: !claimed.is_empty() || !deleted.is_empty(),
            created,
        }
    }

    fn write(
        &self,
        stream: &Stream,
        next: StreamId,
        claimed: &[StreamId],
        deleted: &[StreamId],
        reply: &mut ReplyWriter<'_>,
    ) {
        reply.array(3);
        write_id(next, reply);
        if self.only_ids {
            reply.array(claimed.len());
            claimed.iter().for_each(|id| write_id(*id, reply));
        } else {
            write_array(reply, |reply| {
                let entries = claimed.iter().filter_map(|id| stream.entry(*id));
                entries.map(|entry| write_entry(&entry, reply)).count()
            });
        }
        reply.array(deleted.len());
        deleted.iter().for_each(|id| write_id(*id, reply));
    }
}
