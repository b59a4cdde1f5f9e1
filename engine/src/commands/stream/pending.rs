//! XPENDING: what a group was given and has not acknowledged.

use super::claim::no_group;
use super::entry_reply::{write_array, write_id};
use super::id_argument::{end, start};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::stream::Stream;
use crate::value::stream::consumer::Consumer;
use crate::value::stream::group::{Group, Pending};
use crate::value::stream::id::StreamId;

pub(super) const XPENDING: Command = Command {
    name: "xpending",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries returned or passed over; for the sum, O(C) for C consumers",
        "Tells what is pending in a consumer group, in sum or entry by entry",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("group", ArgumentKind::String),
        Argument::new(
            "filters",
            ArgumentKind::Block(&[
                Argument::new("min-idle-time", ArgumentKind::Integer)
                    .token("IDLE")
                    .optional(),
                Argument::new("start", ArgumentKind::String),
                Argument::new("end", ArgumentKind::String),
                Argument::new("count", ArgumentKind::Integer),
                Argument::new("consumer", ArgumentKind::String).optional(),
            ]),
        )
        .optional(),
    ])
    .history(&[(
        "6.2.0",
        "`IDLE` came, and an id may be left out of the interval by `(`.",
    )]),
    run: Run::OneShard(xpending),
    subcommands: &[],
};

fn xpending(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.at(1), args.at(2));
    let now = context.now();
    let filter = Filter::parse(args)?;
    let stream = context.read_as::<Stream>(key)?;
    let group = stream
        .and_then(|stream| stream.group(name))
        .ok_or_else(|| no_group(key, name))?;
    match filter {
        None => write_sum(group, reply),
        Some(filter) => filter.write(group, now, reply),
    }
    Ok(())
}

/// How many are pending, from which id to which, and with whom.
fn write_sum(group: &Group, reply: &mut ReplyWriter<'_>) {
    let pending = group.pending();
    reply.array(4);
    reply.count(pending.len());
    let (Some(first), Some(last)) = (pending.first(), pending.last()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    write_id(pending.at(first).0, reply);
    write_id(pending.at(last).0, reply);
    write_array(reply, |reply| {
        let owners = group.consumers().iter();
        let owners = owners.filter(|consumer| !consumer.pending.is_empty());
        let write = |consumer: &Consumer| {
            reply.array(2);
            reply.bulk(consumer.name());
            reply.bulk_integer(consumer.pending.len() as i64);
        };
        owners.map(write).count()
    });
}

/// Which pending entries are wanted.
struct Filter<'a> {
    least_idle: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Filter<'a> {
    fn parse(args: &Args<'a>) -> Result<Option<Filter<'a>>, CommandError> {
        let (mut least_idle, mut at) = (0, 3);
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(CommandError::SYNTAX),
        }
        if args.is(at, "IDLE") {
            least_idle = integer(args.at(4))?;
            if args.len() < 8 {
                return Err(CommandError::SYNTAX);
            }
            at = 5;
        }
        let count = integer(args.at(at + 2))?.max(0) as usize;
        Ok(Some(Filter {
            least_idle,
            start: start(args.at(at))?,
            end: end(args.at(at + 1))?,
            count,
            consumer: args.get(at + 3),
        }))
    }

    fn write(&self, group: &Group, now: UnixMillis, reply: &mut ReplyWriter<'_>) {
        let is_wanted = |(id, pending): &(StreamId, &Pending)| {
            *id <= self.end && (self.least_idle == 0 || pending.idle(now) >= self.least_idle)
        };
        let write = |(id, pending): (StreamId, &Pending), reply: &mut ReplyWriter<'_>| {
            reply.array(4);
            write_id(id, reply);
            reply.bulk(group.owner(pending).name());
            reply.integer(pending.idle(now).max(0));
            reply.integer(pending.deliveries as i64);
        };
        let Some(name) = self.consumer else {
            let all = group.pending().iter_from(self.start);
            let all = all.take_while(|(id, _)| *id <= self.end);
            write_array(reply, |reply| {
                let wanted = all.filter(is_wanted).take(self.count);
                wanted.map(|pending| write(pending, reply)).count()
            });
            return;
        };
        let Some(number) = group.consumers().find(name) else {
            return reply.array(0);
        };
        let own = group.consumers().at(number).pending.iter_from(self.start);
        let own = own.take_while(|(id, ())| *id <= self.end);
        let own = own.filter_map(|(id, ())| Some((id, group.pending().get(id)?)));
        write_array(reply, |reply| {
            let wanted = own.filter(is_wanted).take(self.count);
            wanted.map(|pending| write(pending, reply)).count()
        });
    }
}
