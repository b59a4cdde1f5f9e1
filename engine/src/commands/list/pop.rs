//! LPOP and RPOP: elements are taken from an end.

use super::direction::popped;
use super::reply_element;
use crate::command::args::Args;
use crate::command::bounded_number::non_negative;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::{Guard, Survival};
use crate::value::collection::Collection;
use crate::value::list::{End, List, NodeLimit};

const KEYS: &[KeySpec] = &[KeySpec::at(
    1,
    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
)];
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("count", ArgumentKind::Integer).optional(),
];

const fn row(name: &'static str, summary: &'static str, handler: Handler) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(2),
        flags: Flags::WRITE.union(Flags::FAST),
        acl: Acl::LIST,
        keys: KEYS,
        tips: &[],
        docs: Docs::new(
            "list",
            "1.0.0",
            "O(N) with the number of elements returned",
            summary,
        )
        .arguments(ARGUMENTS)
        .history(&[("6.2.0", "Takes `count`.")]),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

pub(super) const LPOP: Command = row(
    "lpop",
    "Takes elements from the front of a list and returns them",
    |context, args, reply| pop(context, args, reply, "lpop", End::Front),
);

pub(super) const RPOP: Command = row(
    "rpop",
    "Takes elements from the back of a list and returns them",
    |context, args, reply| pop(context, args, reply, "rpop", End::Back),
);

fn pop(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    name: &str,
    end: End,
) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::arity(name));
    }
    let count = args.get(2).map(non_negative).transpose()?;
    let list = context.edit::<List>(args.at(1))?;
    match (list, count) {
        (None, None) => reply.null(),
        (None, Some(_)) => reply.null_array(),
        (Some(list), Some(0)) => {
            reply.array(0);
            list.leave();
        }
        (Some(list), None) => {
            match list.peek(end) {
                Some(element) => reply_element(reply, element),
                None => reply.null(),
            }
            finish_pop(list, end, 1);
        }
        (Some(list), Some(count)) => {
            let count = usize::try_from(count).map_or(list.len(), |count| count.min(list.len()));
            reply_front(reply, &list, end, count);
            finish_pop(list, end, count);
        }
    }
    Ok(())
}

/// Replies `count` elements from an end on.
pub(super) fn reply_front(reply: &mut ReplyWriter<'_>, list: &List, end: End, count: usize) {
    reply.array(count);
    let elements = list.iter(end).take(count);
    elements.for_each(|element| reply_element(reply, element));
}

/// Takes `count` elements away from an end and tells of it.
pub(crate) fn finish_pop(mut list: Guard<'_, List>, end: End, count: usize) -> Survival {
    let limit = NodeLimit::of(list.limits());
    list.drop_some(end, count);
    list.settle(limit);
    list.commit(popped(end))
}
