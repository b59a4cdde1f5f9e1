//! ZCOUNT and ZLEXCOUNT: how many members are in a range.

use super::bounds::{lex_range, score_range};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::SortedSet;

pub(super) const ZCOUNT: Command = Command {
    name: "zcount",
    arity: Arity::Exactly(4),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "2.0.0",
        "O(log(N)) with N members",
        "Counts the members within a range of scores",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::Double),
        Argument::new("max", ArgumentKind::Double),
    ]),
    run: Run::OneShard(zcount),
    subcommands: &[],
};

pub(super) const ZLEXCOUNT: Command = Command {
    name: "zlexcount",
    docs: Docs::new(
        "sorted-set",
        "2.8.9",
        "O(log(N)) with N members",
        "Counts the members of equal scores within a range of names",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::String),
        Argument::new("max", ArgumentKind::String),
    ]),
    run: Run::OneShard(zlexcount),
    ..ZCOUNT
};

fn zcount(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let range = score_range(args.at(2), args.at(3))?;
    let set = context.read_as::<SortedSet>(args.at(1))?;
    reply.count(set.map_or(0, |set| set.ranks_by_score(&range).len()));
    Ok(())
}

fn zlexcount(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let range = lex_range(args.at(2), args.at(3))?;
    let set = context.read_as::<SortedSet>(args.at(1))?;
    reply.count(set.map_or(0, |set| set.ranks_by_lex(&range).len()));
    Ok(())
}
