//! LINDEX and LSET: one element by its place.

use super::reply_element;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::list::{End, List, NodeLimit};

pub(super) const LINDEX: Command = Command {
    name: "lindex",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(N) with the distance from the nearer end: O(1) for the first and the last element",
        "Returns the element at an index",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("index", ArgumentKind::Integer),
    ]),
    run: Run::OneShard(look),
    subcommands: &[],
};

pub(super) const LSET: Command = Command {
    name: "lset",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(N) with the distance from the nearer end: O(1) for the first and the last element",
        "Replaces the element at an index",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("index", ArgumentKind::Integer),
        Argument::new("element", ArgumentKind::String),
    ]),
    run: Run::OneShard(set),
    subcommands: &[],
};

const OUT_OF_LIST: CommandError = CommandError::new("ERR index out of range");

/// How far the index is from the end it is counted from.
fn distance(index: i64) -> (End, usize) {
    if index >= 0 {
        (End::Front, usize::try_from(index).unwrap_or(usize::MAX))
    } else {
        let distance = index.unsigned_abs() - 1;
        (End::Back, usize::try_from(distance).unwrap_or(usize::MAX))
    }
}

fn look(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(list) = context.read_as::<List>(args.at(1))? else {
        reply.null();
        return Ok(());
    };
    let (end, skip) = distance(integer(args.at(2))?);
    match list.iter_from(end, skip).next() {
        Some(element) => reply_element(reply, element),
        None => reply.null(),
    }
    Ok(())
}

fn set(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (index, element) = (args.at(2), args.at(3));
    let list = context.edit::<List>(args.at(1))?;
    let mut list = list.ok_or(CommandError::NO_SUCH_KEY)?;
    let index = match distance(integer(index)?) {
        (End::Front, skip) => Some(skip),
        (End::Back, skip) => list.len().checked_sub(skip.saturating_add(1)),
    };
    let index = index.filter(|index| *index < list.len());
    let index = index.ok_or(OUT_OF_LIST)?;
    let limit = NodeLimit::of(list.limits());
    list.make_room(element.len(), 1, limit);
    list.set(index, element, limit);
    list.settle(limit);
    list.commit(Event::list("lset"));
    reply.ok();
    Ok(())
}
