//! SISMEMBER, SMISMEMBER, SCARD and SMEMBERS: what is in a set.

use super::write_member;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::set::Set;

const MEMBER: Argument = Argument::new("member", ArgumentKind::String);

pub(super) const SISMEMBER: Command = Command {
    name: "sismember",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new("set", "1.0.0", "O(1)", "Tells whether a set has a member")
        .arguments(&[Argument::key(), MEMBER]),
    run: Run::OneShard(has_one),
    subcommands: &[],
};

pub(super) const SMISMEMBER: Command = Command {
    name: "smismember",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "set",
        "6.2.0",
        "O(N) for N members",
        "Tells of each of several members whether a set has it",
    )
    .arguments(&[Argument::key(), MEMBER.multiple()]),
    run: Run::OneShard(has_each),
    subcommands: &[],
};

pub(super) const SCARD: Command = Command {
    name: "scard",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new("set", "1.0.0", "O(1)", "Counts the members of a set")
        .arguments(&[Argument::key()]),
    run: Run::OneShard(count),
    subcommands: &[],
};

pub(super) const SMEMBERS: Command = Command {
    name: "smembers",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output_order"],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(N) for N members",
        "Lists all members of a set",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(list),
    subcommands: &[],
};

fn has_one(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<Set>(args.at(1))?;
    reply.count(set.is_some_and(|set| set.contains(args.at(2))).into());
    Ok(())
}

fn has_each(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<Set>(args.at(1))?;
    let members = args.skip(2);
    reply.array(members.len());
    for member in members.iter() {
        reply.count(set.is_some_and(|set| set.contains(member)).into());
    }
    Ok(())
}

fn count(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<Set>(args.at(1))?;
    reply.count(set.map_or(0, Set::len));
    Ok(())
}

fn list(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(set) = context.read_as::<Set>(args.at(1))? else {
        reply.set(0);
        return Ok(());
    };
    reply.set(set.len());
    set.iter().for_each(|member| write_member(reply, member));
    Ok(())
}
