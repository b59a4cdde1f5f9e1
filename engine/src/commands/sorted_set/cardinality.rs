//! ZCARD: how many members there are.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::sorted_set::SortedSet;

pub(super) const ZCARD: Command = Command {
    name: "zcard",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "1.2.0",
        "O(1)",
        "Tells how many members a sorted set has",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(zcard),
    subcommands: &[],
};

fn zcard(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<SortedSet>(args.at(1))?;
    reply.count(set.map_or(0, SortedSet::len));
    Ok(())
}
