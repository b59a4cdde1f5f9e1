//! XREADGROUP: a consumer is given what nobody of its group was given, or sees again what is pending for it.
//!
//! Gathering only looks, as a key that can't be read spoils the reading of all; applying delivers what was seen.

use super::claim::{Outcome, settle};
use super::entry_reply::{write_array, write_entry, write_id};
use super::propagation::GroupName;
use super::read::{write_head, write_streams};
use super::read_options::{BLOCK, COUNT, Position, ReadOptions, Reader, STREAMS, streams_behind};
use crate::command::args::Args;
use crate::command::error::{CommandError, printed};
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::command::timeout::Patience;
use crate::command::waits::{Manner, Waits, same_words};
use crate::effect::log_form::ShardLog;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::ValueRef;
use crate::value::stream::Stream;
use crate::value::stream::delivery::{Delivery, Kind};
use crate::value::stream::group::Group;
use crate::value::stream::id::StreamId;

pub(super) const XREADGROUP: Command = Command {
    name: "xreadgroup",
    arity: Arity::AtLeast(7),
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::STREAM,
    keys: &[streams_behind(4)],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries returned from each stream",
        "Delivers entries of one or more streams to a consumer of a group, or waits for some",
    )
    .arguments(&[
        Argument::new(
            "group_consumer",
            ArgumentKind::Block(&[
                Argument::new("group", ArgumentKind::String),
                Argument::new("consumer", ArgumentKind::String),
            ]),
        )
        .token("GROUP"),
        COUNT,
        BLOCK,
        Argument::word("noack", "NOACK").optional(),
        STREAMS,
    ]),
    run: Run::Blocking(&WAITS),
    subcommands: &[],
};

const WAITS: Waits = Waits {
    steps: Steps {
        gather,
        decide,
        apply,
    },
    manner: Manner::GroupRead,
    patience,
    ready,
    nothing: |reply| reply.null_array(),
    words: same_words,
};

fn patience(args: &Args<'_>) -> Result<Patience, CommandError> {
    ReadOptions::parse(args, Reader::Member).map(|options| options.patience)
}

fn no_group(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::with(format!(
        "NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
        printed(key),
        printed(group)
    ))
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let Ok(options) = ReadOptions::parse(args, Reader::Member) else {
        return Carry::Nothing;
    };
    let protocol = context.caller().protocol;
    let name = args.at(key);
    let stream = match context.read_as::<Stream>(name) {
        Err(error) => return Carry::Refused(error),
        Ok(None) => return Carry::Refused(no_group(name, options.group)),
        Ok(Some(stream)) => stream,
    };
    let Some(group) = stream.group(options.group) else {
        return Carry::Refused(no_group(name, options.group));
    };
    let mut bytes = Vec::new();
    let mut reply = ReplyWriter::new(&mut bytes, protocol);
    let look = Look {
        options: &options,
        stream,
        group,
    };
    let delivery = match options.position(args, key, Reader::Member) {
        Ok(Position::After(id)) => {
            write_head(name, &mut reply);
            let ids = look.write_history(id, &mut reply);
            Delivery::new(Kind::Again, ids, bytes)
        }
        Ok(_) => {
            let after = look.new_after(args, key);
            let ids = match after.next().filter(|_| stream.has_entries_after(after)) {
                Some(first) => {
                    write_head(name, &mut reply);
                    look.write_new(first, &mut reply)
                }
                None => Vec::new(),
            };
            Delivery::new(Kind::New, ids, bytes)
        }
        Err(_) => return Carry::Nothing,
    };
    Carry::Delivery(Box::new(delivery))
}

/// What a member sees of a stream.
struct Look<'a> {
    options: &'a ReadOptions<'a>,
    stream: &'a Stream,
    group: &'a Group,
}

impl Look<'_> {
    /// Behind which id the new entries begin. That is what the group was given last, and what the same command delivers by
    /// naming the key earlier.
    fn new_after(&self, args: &Args<'_>, key: usize) -> StreamId {
        let mut after = self.group.last_delivered;
        for other in self.options.first_key..key {
            let is_earlier = args.at(other) == args.at(key)
                && self.options.position(args, other, Reader::Member) == Ok(Position::New);
            if is_earlier && let Some(first) = after.next() {
                let delivered = self.stream.range(first, StreamId::MAX);
                let last = delivered.take(self.options.most).last();
                after = last.map_or(after, |entry| entry.id);
            }
        }
        after
    }

    fn write_new(&self, first: StreamId, reply: &mut ReplyWriter<'_>) -> Vec<StreamId> {
        let mut ids = Vec::new();
        write_array(reply, |reply| {
            let entries = self.stream.range(first, StreamId::MAX);
            for entry in entries.take(self.options.most) {
                write_entry(&entry, reply);
                ids.push(entry.id);
            }
            ids.len()
        });
        ids
    }

    /// What is pending for the consumer behind `after`. Of entries that are gone, the id and null; they are not delivered
    /// again.
    fn write_history(&self, after: StreamId, reply: &mut ReplyWriter<'_>) -> Vec<StreamId> {
        let consumers = self.group.consumers();
        let (Some(number), Some(first)) = (consumers.find(self.options.consumer), after.next())
        else {
            reply.array(0);
            return Vec::new();
        };
        let mut ids = Vec::new();
        write_array(reply, |reply| {
            let pending = consumers.at(number).pending.iter_from(first);
            let mut count = 0;
            for (id, ()) in pending.take(self.options.most) {
                count += 1;
                if let Some(entry) = self.stream.entry(id) {
                    write_entry(&entry, reply);
                    ids.push(id);
                } else {
                    reply.array(2);
                    write_id(id, reply);
                    reply.null_array();
                }
            }
            count
        });
        ids
    }
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let result = check(args, carries);
    if result.is_err() {
        carries.iter_mut().for_each(|carry| drop(carry.take()));
    }
    result?;
    let found = carries.iter().filter_map(|carry| match carry {
        Carry::Delivery(delivery) => delivery.reply(),
        _ => None,
    });
    write_streams(found, reply);
    Ok(())
}

/// The first thing that is wrong with any key, or with its id.
fn check(args: &Args<'_>, carries: &mut [Carry]) -> Result<(), CommandError> {
    let options = ReadOptions::parse(args, Reader::Member)?;
    for (key, carry) in options.keys().zip(carries) {
        if let Carry::Refused(_) = carry
            && let Carry::Refused(error) = carry.take()
        {
            return Err(error);
        }
        options.position(args, key, Reader::Member)?;
    }
    Ok(())
}

/// Delivers what was seen; a consumer that asks for the first time is made even when there is nothing for it.
fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    let Carry::Delivery(delivery) = carry else {
        return;
    };
    let Ok(options) = ReadOptions::parse(args, Reader::Member) else {
        return;
    };
    let name = args.at(key);
    let now = context.now();
    let Ok(Some(mut guard)) = context.edit::<Stream>(name) else {
        return;
    };
    let (stream, log) = guard.with_log();
    let target = GroupName {
        key: name,
        group: options.group,
    };
    let outcome = stream.with_group(options.group, |stream, group| {
        deliver(&delivery, &options, stream, group, now, target, log)
    });
    settle(guard, outcome.unwrap_or_default());
}

fn deliver(
    delivery: &Delivery,
    options: &ReadOptions<'_>,
    stream: &Stream,
    group: &mut Group,
    now: UnixMillis,
    target: GroupName<'_>,
    log: &mut ShardLog,
) -> Outcome {
    log.nothing();
    let (number, created) = group.visit(options.consumer, now);
    let mut is_told = false;
    match delivery.kind() {
        // How often something was seen again is not told to the log, as in Redis.
        Kind::Again => {
            for id in delivery.ids() {
                group.deliver_again(*id, now);
            }
        }
        Kind::New => {
            for id in delivery.ids() {
                stream.advance(group, *id);
                if !options.no_ack {
                    let pending = *group.deliver(*id, number, now);
                    target.log_claim(log, group, *id, &pending, options.consumer);
                    is_told = true;
                }
            }
        }
    }
    if created && !is_told {
        target.log_consumer(log, options.consumer);
    }
    let has_moved = delivery.kind() == Kind::New && !delivery.ids().is_empty();
    if has_moved {
        target.log_progress(log, group);
    }
    Outcome {
        changed: !delivery.ids().is_empty(),
        created,
    }
}

/// Whether this key has something new for the group, or can't be read any more.
fn ready(args: &Args<'_>, _: usize, value: Option<ValueRef<'_>>) -> bool {
    let Ok(options) = ReadOptions::parse(args, Reader::Member) else {
        return false;
    };
    let Some(ValueRef::Stream(stream)) = value else {
        return true;
    };
    match stream.group(options.group) {
        None => true,
        Some(group) => stream.has_entries_after(group.last_delivered),
    }
}
