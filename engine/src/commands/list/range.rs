//! LRANGE and LTRIM: a run of elements is returned, or all others go.

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

const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("start", ArgumentKind::Integer),
    Argument::new("stop", ArgumentKind::Integer),
];

pub(super) const LRANGE: Command = Command {
    name: "lrange",
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(S+N) with the distance S of the run from the nearer end and its length N",
        "Returns a run of elements",
    )
    .arguments(ARGUMENTS),
    run: Run::OneShard(range),
    subcommands: &[],
};

pub(super) const LTRIM: Command = Command {
    name: "ltrim",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(N) with the elements that go",
        "Keeps a run of elements and takes all others away",
    )
    .arguments(ARGUMENTS),
    run: Run::OneShard(trim),
    subcommands: &[],
};

/// A run of elements as its two words say; negative ones count from the end.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    stop: i64,
}

impl Span {
    fn parse(args: &Args<'_>) -> Result<Span, CommandError> {
        Ok(Span {
            start: integer(args.at(2))?,
            stop: integer(args.at(3))?,
        })
    }

    /// The first element and the number of elements, of a list of `len`.
    fn within(self, len: usize) -> (usize, usize) {
        let from_front = |index: i64| match index {
            0.. => index,
            _ => index.saturating_add(len as i64),
        };
        let start = from_front(self.start).max(0);
        let stop = from_front(self.stop).min(len as i64 - 1);
        if start > stop {
            (0, 0)
        } else {
            (start as usize, (stop - start + 1) as usize)
        }
    }
}

fn range(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let span = Span::parse(args)?;
    let Some(list) = context.read_as::<List>(args.at(1))? else {
        reply.array(0);
        return Ok(());
    };
    let (from, count) = span.within(list.len());
    reply.array(count);
    let elements = list.iter_from(End::Front, from).take(count);
    elements.for_each(|element| reply_element(reply, element));
    Ok(())
}

fn trim(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let span = Span::parse(args)?;
    if let Some(mut list) = context.edit::<List>(args.at(1))? {
        let limit = NodeLimit::of(list.limits());
        let len = list.len();
        let (from, count) = span.within(len);
        list.drop_some(End::Back, len - from - count);
        list.drop_some(End::Front, from);
        list.settle(limit);
        list.commit(Event::list("ltrim"));
    }
    reply.ok();
    Ok(())
}
