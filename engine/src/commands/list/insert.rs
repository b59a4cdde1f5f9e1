//! LINSERT: an element is added beside another one.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::list::{List, NodeLimit, Side};

pub(super) const LINSERT: Command = Command {
    name: "linsert",
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new(
        "list",
        "2.2.0",
        "O(N) with the elements before the pivot",
        "Adds an element before or after the first one that equals a pivot",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "where",
            ArgumentKind::OneOf(&[
                Argument::word("before", "BEFORE"),
                Argument::word("after", "AFTER"),
            ]),
        ),
        Argument::new("pivot", ArgumentKind::String),
        Argument::new("element", ArgumentKind::String),
    ]),
    run: Run::OneShard(insert),
    subcommands: &[],
};

fn insert(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let side = if args.is(2, "BEFORE") {
        Side::Before
    } else if args.is(2, "AFTER") {
        Side::After
    } else {
        return Err(CommandError::SYNTAX);
    };
    let (pivot, element) = (args.at(3), args.at(4));
    let Some(mut list) = context.edit::<List>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let limit = NodeLimit::of(list.limits());
    list.make_room(element.len(), 1, limit);
    if list.insert(side, pivot, element, limit) {
        reply.count(list.len());
        list.commit(Event::list("linsert"));
    } else {
        reply.integer(-1);
        list.leave();
    }
    Ok(())
}
