//! XRANGE and XREVRANGE: the entries between two ids.

use super::entry_reply::write_entries;
use super::id_argument::{end, start};
use super::read_options::COUNT;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::stream::Stream;

const START: Argument = Argument::new("start", ArgumentKind::String);
const END: Argument = Argument::new("end", ArgumentKind::String);
const OPEN_INTERVALS: &[(&str, &str)] =
    &[("6.2.0", "An id may be left out of the interval by `(`.")];

pub(super) const XRANGE: Command = Command {
    name: "xrange",
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries returned",
        "Returns the entries of a stream between two ids",
    )
    .arguments(&[Argument::key(), START, END, COUNT])
    .history(OPEN_INTERVALS),
    run: Run::OneShard(xrange),
    subcommands: &[],
};

pub(super) const XREVRANGE: Command = Command {
    name: "xrevrange",
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries returned",
        "Returns the entries of a stream between two ids, the last one first",
    )
    .arguments(&[Argument::key(), END, START, COUNT])
    .history(OPEN_INTERVALS),
    run: Run::OneShard(xrevrange),
    ..XRANGE
};

fn xrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (start, end) = (start(args.at(2))?, end(args.at(3))?);
    between(context, args, reply, |stream, most, reply| {
        write_entries(stream.range(start, end), most, reply);
    })
}

fn xrevrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (start, end) = (start(args.at(3))?, end(args.at(2))?);
    between(context, args, reply, |stream, most, reply| {
        write_entries(stream.range_back(start, end), most, reply);
    })
}

/// What both have in common: COUNT, and what is no range of entries.
fn between(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    write: impl FnOnce(&Stream, usize, &mut ReplyWriter<'_>),
) -> Result<(), CommandError> {
    let most = count(args)?;
    match (context.read_as::<Stream>(args.at(1))?, most) {
        (None, _) => reply.array(0),
        (Some(_), 0) => reply.null_array(),
        (Some(stream), most) => write(stream, most, reply),
    }
    Ok(())
}

/// The number behind COUNT; a negative one is none.
fn count(args: &Args<'_>) -> Result<usize, CommandError> {
    let mut most = usize::MAX;
    let mut at = 4;
    while at < args.len() {
        if !args.is(at, "COUNT") || at + 1 == args.len() {
            return Err(CommandError::SYNTAX);
        }
        most = integer(args.at(at + 1))?.max(0) as usize;
        at += 2;
    }
    Ok(most)
}
