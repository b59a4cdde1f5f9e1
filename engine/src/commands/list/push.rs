//! LPUSH, RPUSH, LPUSHX and RPUSHX: elements are added at an end.

use super::direction::pushed;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::value::collection::Collection;
use crate::value::list::{End, List, NodeLimit};

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))];
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("element", ArgumentKind::String).multiple(),
];

const fn row(name: &'static str, docs: Docs, handler: Handler) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
        acl: Acl::LIST,
        keys: KEYS,
        tips: &[],
        docs: docs.arguments(ARGUMENTS),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

const COMPLEXITY: &str = "O(1) for each element";

pub(super) const LPUSH: Command = row(
    "lpush",
    Docs::new(
        "list",
        "1.0.0",
        COMPLEXITY,
        "Adds elements to the front of a list, which is made if need be",
    )
    .history(&[("2.4.0", "Takes any number of elements.")]),
    |context, args, reply| push(context, args, reply, End::Front),
);

pub(super) const RPUSH: Command = row(
    "rpush",
    Docs::new(
        "list",
        "1.0.0",
        COMPLEXITY,
        "Adds elements to the back of a list, which is made if need be",
    )
    .history(&[("2.4.0", "Takes any number of elements.")]),
    |context, args, reply| push(context, args, reply, End::Back),
);

pub(super) const LPUSHX: Command = row(
    "lpushx",
    Docs::new(
        "list",
        "2.2.0",
        COMPLEXITY,
        "Adds elements to the front of a list, if there is one",
    )
    .history(&[("4.0.0", "Takes any number of elements.")]),
    |context, args, reply| push_if_there(context, args, reply, End::Front),
);

pub(super) const RPUSHX: Command = row(
    "rpushx",
    Docs::new(
        "list",
        "2.2.0",
        COMPLEXITY,
        "Adds elements to the back of a list, if there is one",
    )
    .history(&[("4.0.0", "Takes any number of elements.")]),
    |context, args, reply| push_if_there(context, args, reply, End::Back),
);

fn push(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    end: End,
) -> Result<(), CommandError> {
    let list = context.edit_or_create(args.at(1))?;
    push_all(list, args, reply, end);
    Ok(())
}

fn push_if_there(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    end: End,
) -> Result<(), CommandError> {
    match context.edit(args.at(1))? {
        Some(list) => push_all(list, args, reply, end),
        None => reply.integer(0),
    }
    Ok(())
}

fn push_all(mut list: Guard<'_, List>, args: &Args<'_>, reply: &mut ReplyWriter<'_>, end: End) {
    let limit = NodeLimit::of(list.limits());
    let elements = args.skip(2);
    let bytes = elements.iter().map(<[u8]>::len).sum();
    list.make_room(bytes, elements.len(), limit);
    for element in elements.iter() {
        list.push(end, element, limit);
    }
    reply.count(list.len());
    list.commit(pushed(end));
}
