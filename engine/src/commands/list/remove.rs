//! LREM: elements that equal a given one go.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::list::{End, List, NodeLimit};

pub(super) const LREM: Command = Command {
    name: "lrem",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(N+M) with the elements of the list and those that go",
        "Takes away elements that equal a given one: all of them, or so many from an end",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("count", ArgumentKind::Integer),
        Argument::new("element", ArgumentKind::String),
    ]),
    run: Run::OneShard(remove),
    subcommands: &[],
};

fn remove(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let count = integer(args.at(2))?;
    let (from, max) = match count {
        0 => (End::Front, usize::MAX),
        1.. => (End::Front, count as usize),
        _ => (End::Back, count.unsigned_abs() as usize),
    };
    let Some(mut list) = context.edit::<List>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let limit = NodeLimit::of(list.limits());
    let removed = list.remove_equal(from, args.at(3), max);
    reply.count(removed);
    if removed > 0 {
        list.settle(limit);
        list.commit(Event::list("lrem"));
    } else {
        list.leave();
    }
    Ok(())
}
