//! Looking at single fields: HGET, HMGET, HSTRLEN, HEXISTS; and how many there are: HLEN.

use super::reply_value;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::Hash;

const FIELD: Argument = Argument::new("field", ArgumentKind::String);
const KEY_AND_FIELD: &[Argument] = &[Argument::key(), FIELD];

pub(super) const HGET: Command = Command {
    name: "hget",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new("hash", "2.0.0", "O(1)", "Returns the value of a field")
        .arguments(KEY_AND_FIELD),
    run: Run::OneShard(hget),
    subcommands: &[],
};

pub(super) const HMGET: Command = Command {
    name: "hmget",
    arity: Arity::AtLeast(3),
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(N) for N fields",
        "Returns the values of several fields",
    )
    .arguments(&[Argument::key(), FIELD.multiple()]),
    run: Run::OneShard(hmget),
    ..HGET
};

pub(super) const HLEN: Command = Command {
    name: "hlen",
    arity: Arity::Exactly(2),
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    docs: Docs::new("hash", "2.0.0", "O(1)", "Counts the fields of a hash")
        .arguments(&[Argument::key()]),
    run: Run::OneShard(hlen),
    ..HGET
};

pub(super) const HSTRLEN: Command = Command {
    name: "hstrlen",
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    docs: Docs::new(
        "hash",
        "3.2.0",
        "O(1)",
        "Returns the length of a field's value",
    )
    .arguments(KEY_AND_FIELD),
    run: Run::OneShard(hstrlen),
    ..HGET
};

pub(super) const HEXISTS: Command = Command {
    name: "hexists",
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    docs: Docs::new("hash", "2.0.0", "O(1)", "Tells whether a hash has a field")
        .arguments(KEY_AND_FIELD),
    run: Run::OneShard(hexists),
    ..HGET
};

fn hget(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    reply_value(reply, hash.and_then(|hash| hash.get(args.at(2), now)));
    Ok(())
}

fn hmget(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    reply.array(args.len() - 2);
    for name in args.skip(2).iter() {
        reply_value(reply, hash.and_then(|hash| hash.get(name, now)));
    }
    Ok(())
}

fn hlen(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    reply.count(hash.map_or(0, |hash| hash.live_len(now)));
    Ok(())
}

fn hstrlen(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    let value = hash.and_then(|hash| hash.get(args.at(2), now));
    reply.count(value.map_or(0, |value| value.len()));
    Ok(())
}

fn hexists(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    let found = hash.is_some_and(|hash| hash.get(args.at(2), now).is_some());
    reply.integer(found.into());
    Ok(())
}
