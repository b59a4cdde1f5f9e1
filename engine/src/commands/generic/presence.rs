//! EXISTS, TOUCH and TYPE: whether keys are there, and as what.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Join, Run, anything};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

const FLAGS: Flags = Flags::READONLY.union(Flags::FAST);
const KEYS: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::RO)];
const TIPS: &[&str] = &["request_policy:multi_shard", "response_policy:agg_sum"];
const ARGUMENTS: &[Argument] = &[Argument::key().multiple()];

pub(super) const EXISTS: Command = Command {
    name: "exists",
    arity: Arity::AtLeast(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new("generic", "1.0.0", "O(N) with N keys", "Counts which of the keys are there")
        .arguments(ARGUMENTS)
        .history(&[("3.0.3", "Takes several keys.")]),
    run: Run::PerKey { validate: anything, part: exists, width: 1, join: Join::Sum },
    subcommands: &[],
};

pub(super) const TOUCH: Command = Command {
    name: "touch",
    arity: Arity::AtLeast(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new("generic", "3.2.1", "O(N) with N keys", "Marks keys as used now and counts those that are there")
        .arguments(ARGUMENTS),
    run: Run::PerKey { validate: anything, part: touch, width: 1, join: Join::Sum },
    subcommands: &[],
};

pub(super) const TYPE: Command = Command {
    name: "type",
    arity: Arity::Exactly(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new("generic", "1.0.0", "O(1)", "Names the type of the value at a key").arguments(&[Argument::key()]),
    run: Run::OneShard(type_name),
    subcommands: &[],
};

fn exists(context: &mut ShardContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Result<(), CommandError> {
    reply.count(args.iter().skip(1).filter(|key| context.look(key).is_some()).count());
    Ok(())
}

fn touch(context: &mut ShardContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Result<(), CommandError> {
    reply.count(args.iter().skip(1).filter(|key| context.touch_explicitly(key)).count());
    Ok(())
}

fn type_name(context: &mut ShardContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Result<(), CommandError> {
    reply.simple(context.look(args.at(1)).map_or("none", |entry| entry.value().type_name()));
    Ok(())
}
