//! XDEL: entries go from anywhere in a stream.

use super::id_argument::{check, id};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::stream::Stream;

pub(super) const XDEL: Command = Command {
    name: "xdel",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(1) for each entry, whatever the length of the stream",
        "Removes entries by their ids",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("id", ArgumentKind::String).multiple(),
    ]),
    run: Run::OneShard(xdel),
    subcommands: &[],
};

fn xdel(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<Stream>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    check(args.skip(2).iter())?;
    let mut deleted = 0;
    for word in args.skip(2).iter() {
        let id = id(word)?;
        deleted += i64::from(guard.delete(id));
    }
    if deleted > 0 {
        guard.commit(Event::stream("xdel"));
    } else {
        guard.leave();
    }
    reply.integer(deleted);
    Ok(())
}
