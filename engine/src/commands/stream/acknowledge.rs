//! XACK: entries are done with.

use super::id_argument::{check, id};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::stream::Stream;

pub(super) const XACK: Command = Command {
    name: "xack",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(1) for each entry",
        "Takes entries off the list of what a group has yet to acknowledge",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("group", ArgumentKind::String),
        Argument::new("id", ArgumentKind::String).multiple(),
    ]),
    run: Run::OneShard(xack),
    subcommands: &[],
};

fn xack(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<Stream>(args.at(1))? else {
        // Redis reads the key to see what there is to acknowledge.
        context.look(args.at(1));
        reply.integer(0);
        return Ok(());
    };
    if guard.group(args.at(2)).is_none() {
        reply.integer(0);
        return Ok(());
    }
    check(args.skip(3).iter())?;
    let mut acknowledged = 0;
    if let Some(group) = guard.group_mut(args.at(2)) {
        for word in args.skip(3).iter() {
            acknowledged += i64::from(group.acknowledge(id(word)?).is_some());
        }
    }
    if acknowledged > 0 {
        guard.note(None);
    } else {
        guard.leave();
    }
    reply.integer(acknowledged);
    Ok(())
}
