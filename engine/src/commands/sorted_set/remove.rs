//! ZREM: members go.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::SortedSet;

pub(super) const ZREM: Command = Command {
    name: "zrem",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "1.2.0",
        "O(log(N)) for each member, N being those of the set",
        "Takes members out of a sorted set",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("member", ArgumentKind::String).multiple(),
    ])
    .history(&[("2.4.0", "Takes several members.")]),
    run: Run::OneShard(zrem),
    subcommands: &[],
};

fn zrem(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<SortedSet>(args.at(1))? else {
        reply.count(0);
        return Ok(());
    };
    let members = args.skip(2);
    let removed = members
        .iter()
        .filter(|member| guard.remove(member).is_some())
        .count();
    reply.count(removed);
    if removed == 0 {
        guard.leave();
    } else {
        guard.commit(Event::sorted_set("zrem"));
    }
    Ok(())
}
