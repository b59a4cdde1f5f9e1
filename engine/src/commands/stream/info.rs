//! XINFO: what streams, groups and consumers are like.

use super::entry_reply::{write_entry, write_id};
use super::group::no_group;
use super::info_full::write_full;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::help::{help, help_row};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::collection::Collection;
use crate::value::stream::Stream;
use crate::value::stream::group::Group;
use crate::value::stream::id::StreamId;
use crate::value::stream::node::Entry;

/// How many entries FULL shows of everything.
const USUAL_COUNT: i64 = 10;

pub(super) const XINFO: Command = Command {
    name: "xinfo",
    arity: Arity::AtLeast(2),
    flags: Flags::empty(),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "Depends on the subcommand",
        "Holds the subcommands that look at streams",
    ),
    run: Run::OneShard(|_, _, _| Err(CommandError::arity("xinfo"))),
    subcommands: &[&STREAM, &GROUPS, &CONSUMERS, &HELP],
};

const STREAM: Command = Command {
    name: "stream",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new("stream", "5.0.0", "O(N) for N nodes of the stream", "Tells about a stream")
        .arguments(&[Argument::key(), Argument::new("full", ArgumentKind::Block(&[Argument::new("count", ArgumentKind::Integer).token("COUNT").optional()])).token("FULL").optional()])
        .history(&[("6.0.0", "`FULL` came."), ("7.0.0", "`max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` came.")]),
    run: Run::OneShard(stream),
    subcommands: &[],
};

const GROUPS: Command = Command {
    name: "groups",
    arity: Arity::Exactly(3),
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N groups",
        "Tells about the groups of a stream",
    )
    .arguments(&[Argument::key()])
    .history(&[("7.0.0", "`entries-read` and `lag` came.")]),
    run: Run::OneShard(groups),
    ..STREAM
};

const CONSUMERS: Command = Command {
    name: "consumers",
    arity: Arity::Exactly(4),
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N consumers",
        "Tells about the consumers of a group",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("groupname", ArgumentKind::String),
    ]),
    run: Run::OneShard(consumers),
    ..STREAM
};

const HELP: Command = help_row("stream", "5.0.0", Acl::STREAM, |_, _, reply| {
    help("XINFO", LINES, reply);
    Ok(())
});

const LINES: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    Tells about the consumers of the group.",
    "GROUPS <key>",
    "    Tells about the groups of the stream.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Tells about the stream.",
];

fn stream_at<'c>(
    context: &'c mut ShardContext<'_>,
    key: &[u8],
) -> Result<&'c Stream, CommandError> {
    let stream = context.read_as::<Stream>(key)?;
    stream.ok_or(CommandError::NO_SUCH_KEY)
}

fn stream(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let stream = stream_at(context, args.at(2))?;
    let is_full = args.is(3, "FULL");
    match args.len() {
        3 => write_short(stream, reply),
        4 if is_full => write_full(stream, USUAL_COUNT as usize, reply),
        6 if is_full && args.is(4, "COUNT") => {
            let most = match integer(args.at(5))? {
                0 => usize::MAX,
                ..0 => USUAL_COUNT as usize,
                count => count as usize,
            };
            write_full(stream, most, reply);
        }
        _ => return Err(CommandError::subcommand_syntax("XINFO", args.at(1))),
    }
    Ok(())
}

/// The seven fields that both forms begin with.
pub(super) fn write_facts(stream: &Stream, reply: &mut ReplyWriter<'_>) {
    reply.bulk(b"length");
    reply.count(stream.len());
    reply.bulk(b"radix-tree-keys");
    reply.count(stream.nodes().len());
    reply.bulk(b"radix-tree-nodes");
    reply.count(stream.radix_tree_nodes());
    reply.bulk(b"last-generated-id");
    write_id(stream.last_id(), reply);
    reply.bulk(b"max-deleted-entry-id");
    write_id(stream.max_deleted(), reply);
    reply.bulk(b"entries-added");
    reply.integer(stream.entries_added() as i64);
    reply.bulk(b"recorded-first-entry-id");
    write_id(stream.first_id(), reply);
}

fn write_short(stream: &Stream, reply: &mut ReplyWriter<'_>) {
    reply.map(10);
    write_facts(stream, reply);
    reply.bulk(b"groups");
    reply.count(stream.groups().len());
    let mut edge = |name: &[u8], entry: Option<Entry<'_>>| {
        reply.bulk(name);
        match entry {
            Some(entry) => write_entry(&entry, reply),
            None => reply.null(),
        }
    };
    let (least, greatest) = (StreamId::MIN, StreamId::MAX);
    edge(b"first-entry", stream.range(least, greatest).next());
    edge(b"last-entry", stream.range_back(least, greatest).next());
}

/// What a group has read, and how much it has yet to.
pub(super) fn write_progress(stream: &Stream, group: &Group, reply: &mut ReplyWriter<'_>) {
    reply.bulk(b"last-delivered-id");
    write_id(group.last_delivered, reply);
    let mut known = |name: &[u8], number: Option<i64>| {
        reply.bulk(name);
        match number {
            Some(number) => reply.integer(number),
            None => reply.null(),
        }
    };
    known(b"entries-read", group.entries_read.map(|read| read as i64));
    known(b"lag", stream.lag(group));
}

fn groups(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let stream = stream_at(context, args.at(2))?;
    reply.array(stream.groups().len());
    for group in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(group.name());
        reply.bulk(b"consumers");
        reply.count(group.consumers().len());
        reply.bulk(b"pending");
        reply.count(group.pending().len());
        write_progress(stream, group, reply);
    }
    Ok(())
}

fn consumers(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let (key, name) = (args.at(2), args.at(3));
    let stream = stream_at(context, key)?;
    let group = stream.group(name).ok_or_else(|| no_group(key, name))?;
    reply.array(group.consumers().len());
    for consumer in group.consumers().iter() {
        let since = |moment: UnixMillis| now.0.saturating_sub(moment.0).max(0);
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        reply.bulk(b"pending");
        reply.count(consumer.pending.len());
        reply.bulk(b"idle");
        reply.integer(since(consumer.seen));
        reply.bulk(b"inactive");
        reply.integer(consumer.active.map_or(-1, since));
    }
    Ok(())
}
