//! XCLAIM: a consumer takes over what is pending.

use super::entry_reply::{write_array, write_entry, write_id};
use super::id_argument::id;
use super::propagation::GroupName;
use crate::command::args::Args;
use crate::command::error::{CommandError, printed};
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::time::UnixMillis;
use crate::value::stream::Stream;
use crate::value::stream::group::{Deliveries, Group, Pending};
use crate::value::stream::id::StreamId;

pub(super) const XCLAIM: Command = Command {
    name: "xclaim",
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(log N) for each entry, N of them pending in the group",
        "Makes a consumer the owner of pending entries, as if they had been delivered to it",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("group", ArgumentKind::String),
        Argument::new("consumer", ArgumentKind::String),
        Argument::new("min-idle-time", ArgumentKind::String),
        Argument::new("id", ArgumentKind::String).multiple(),
        Argument::new("ms", ArgumentKind::Integer)
            .token("IDLE")
            .optional(),
        Argument::new("unix-time-milliseconds", ArgumentKind::UnixTime)
            .token("TIME")
            .optional(),
        Argument::new("count", ArgumentKind::Integer)
            .token("RETRYCOUNT")
            .optional(),
        Argument::word("force", "FORCE").optional(),
        Argument::word("justid", "JUSTID").optional(),
        Argument::new("id", ArgumentKind::String)
            .token("LASTID")
            .optional(),
    ]),
    run: Run::OneShard(xclaim),
    subcommands: &[],
};

fn xclaim(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.at(1), args.at(2));
    let now = context.now();
    let mut guard = context
        .edit::<Stream>(key)?
        .ok_or_else(|| no_group(key, name))?;
    if guard.group(name).is_none() {
        return Err(no_group(key, name));
    }
    let claim = Claim::parse(args, now)?;
    let (stream, log) = guard.with_log();
    let target = GroupName { key, group: name };
    let outcome = stream.with_group(name, |stream, group| {
        claim.run(stream, group, args, log, target, reply)
    });
    let outcome = outcome.ok_or_else(|| no_group(key, name))?;
    settle(guard, outcome);
    Ok(())
}

/// What a claim did beside its reply.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    /// Entries changed hands, or went.
    pub changed: bool,
    /// The consumer was made for it.
    pub created: bool,
}

/// Tells what became of the stream.
pub(super) fn settle(guard: Guard<'_, Stream>, outcome: Outcome) {
    match outcome {
        Outcome { created: true, .. } => {
            guard.note(Some(Event::stream("xgroup-createconsumer")));
        }
        Outcome { changed: true, .. } => guard.note(None),
        Outcome { .. } => guard.leave(),
    }
}

/// The key or its group is missing.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::with(format!(
        "NOGROUP No such key '{}' or consumer group '{}'",
        printed(key),
        printed(group)
    ))
}

/// The words of XCLAIM behind the consumer.
struct Claim {
    now: UnixMillis,
    least_idle: i64,
    /// Behind the last id.
    ids_end: usize,
    delivered: UnixMillis,
    deliveries: Option<u64>,
    is_forced: bool,
    only_ids: bool,
    last_id: StreamId,
}

impl Claim {
    fn parse(args: &Args<'_>, now: UnixMillis) -> Result<Claim, CommandError> {
        let invalid =
            |what: &str| CommandError::with(format!("ERR Invalid {what} argument for XCLAIM"));
        let least_idle = integer(args.at(4)).map_err(|_| invalid("min-idle-time"))?;
        let is_id = |at: &usize| StreamId::parse(args.at(*at), 0).is_some();
        let ids_end = (5..args.len()).find(|at| !is_id(at)).unwrap_or(args.len());
        let mut claim = Claim {
            now,
            least_idle: least_idle.max(0),
            ids_end,
            delivered: now,
            deliveries: None,
            is_forced: false,
            only_ids: false,
            last_id: StreamId::MIN,
        };
        let mut at = ids_end;
        while at < args.len() {
            let has_more = at + 1 < args.len();
            if args.is(at, "FORCE") {
                claim.is_forced = true;
            } else if args.is(at, "JUSTID") {
                claim.only_ids = true;
            } else if has_more && args.is(at, "IDLE") {
                at += 1;
                let idle = integer(args.at(at)).map_err(|_| invalid("IDLE option"))?;
                claim.set_delivered(now.0.wrapping_sub(idle));
            } else if has_more && args.is(at, "TIME") {
                at += 1;
                let time = integer(args.at(at)).map_err(|_| invalid("TIME option"))?;
                claim.set_delivered(time);
            } else if has_more && args.is(at, "RETRYCOUNT") {
                at += 1;
                let count = integer(args.at(at)).map_err(|_| invalid("RETRYCOUNT option"))?;
                claim.deliveries = u64::try_from(count).ok();
            } else if has_more && args.is(at, "LASTID") {
                at += 1;
                claim.last_id = id(args.at(at))?;
            } else {
                let option = printed(args.at(at));
                return Err(CommandError::with(format!(
                    "ERR Unrecognized XCLAIM option '{option}'"
                )));
            }
            at += 1;
        }
        Ok(claim)
    }

    /// A time that can't be is taken for now.
    fn set_delivered(&mut self, at: i64) {
        let is_possible = (0..=self.now.0).contains(&at);
        self.delivered = UnixMillis(if is_possible { at } else { self.now.0 });
    }

    fn run(
        &self,
        stream: &Stream,
        group: &mut Group,
        args: &Args<'_>,
        log: &mut ShardLog,
        target: GroupName<'_>,
        reply: &mut ReplyWriter<'_>,
    ) -> Outcome {
        log.nothing();
        let consumer = args.at(3);
        let mut has_moved = self.last_id > group.last_delivered;
        if has_moved {
            group.last_delivered = self.last_id;
        }
        let (number, created) = group.visit(consumer, self.now);
        let mut outcome = Outcome {
            changed: has_moved,
            created,
        };
        let deliveries = match self.deliveries {
            Some(count) => Deliveries::Set(count),
            None if self.only_ids => Deliveries::Keep,
            None => Deliveries::Count,
        };
        let mut is_told = false;
        write_array(reply, |reply| {
            let mut claimed = 0;
            for id in (5..self.ids_end).filter_map(|at| id(args.at(at)).ok()) {
                let pending = group.pending().get(id).copied();
                let Some(entry) = stream.entry(id) else {
                    if let Some(pending) = pending {
                        // It is not in the stream any more, and so is forgotten.
                        let owner = group.owner(&pending).name();
                        is_told |= owner == consumer;
                        target.log_claim(log, group, id, &pending, owner);
                        group.acknowledge(id);
                        outcome.changed = true;
                        has_moved = false;
                    }
                    continue;
                };
                if !self.may_claim(pending) {
                    continue;
                }
                let pending = group.claim(id, number, self.delivered, deliveries, self.now);
                if self.only_ids {
                    write_id(id, reply);
                } else {
                    write_entry(&entry, reply);
                }
                target.log_claim(log, group, id, &pending, consumer);
                outcome.changed = true;
                (is_told, has_moved) = (true, false);
                claimed += 1;
            }
            claimed
        });
        if has_moved {
            target.log_progress(log, group);
        }
        if created && !is_told {
            target.log_consumer(log, consumer);
        }
        outcome
    }

    fn may_claim(&self, pending: Option<Pending>) -> bool {
        match pending {
            Some(pending) => self.least_idle == 0 || pending.idle(self.now) >= self.least_idle,
            None => self.is_forced,
        }
    }
}
