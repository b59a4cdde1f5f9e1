//! ZRANGE and the commands it took the place of.

use super::range_query::{Grammar, Order, RangeQuery};
use super::write_members;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::SortedSet;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
const COMPLEXITY: &str = "O(log(N)+M) with N members, M of them returned";
const WITHSCORES: Argument = Argument::word("withscores", "WITHSCORES").optional();
pub(super) const LIMIT: Argument = Argument::new(
    "offset_count",
    ArgumentKind::Block(&[
        Argument::new("offset", ArgumentKind::Integer),
        Argument::new("count", ArgumentKind::Integer),
    ]),
)
.token("LIMIT")
.optional();
pub(super) const SORT_BY: Argument = Argument::new(
    "sortby",
    ArgumentKind::OneOf(&[
        Argument::word("byscore", "BYSCORE"),
        Argument::word("bylex", "BYLEX"),
    ]),
)
.optional();

/// A row that differs from the others in name, documentation and handler.
const fn row(name: &'static str, docs: Docs, run: Run) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(4),
        flags: Flags::READONLY,
        acl: Acl::SORTEDSET,
        keys: KEYS,
        tips: &[],
        docs,
        run,
        subcommands: &[],
    }
}

pub(super) const ZRANGE: Command = row(
    "zrange",
    Docs::new(
        "sorted-set",
        "1.2.0",
        COMPLEXITY,
        "Returns members within a range of ranks, scores or names",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("start", ArgumentKind::String),
        Argument::new("stop", ArgumentKind::String),
        SORT_BY,
        Argument::word("rev", "REV").optional(),
        LIMIT,
        WITHSCORES,
    ])
    .history(&[(
        "6.2.0",
        "Takes the options `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.",
    )]),
    Run::OneShard(zrange),
);

pub(super) const ZREVRANGE: Command = row(
    "zrevrange",
    Docs::new(
        "sorted-set",
        "1.2.0",
        COMPLEXITY,
        "Returns members within a range of ranks, the highest score first",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("start", ArgumentKind::Integer),
        Argument::new("stop", ArgumentKind::Integer),
        WITHSCORES,
    ])
    .deprecated("6.2.0", "`ZRANGE` with the `REV` argument"),
    Run::OneShard(zrevrange),
);

pub(super) const ZRANGEBYSCORE: Command = row(
    "zrangebyscore",
    Docs::new(
        "sorted-set",
        "1.0.5",
        COMPLEXITY,
        "Returns members within a range of scores",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::Double),
        Argument::new("max", ArgumentKind::Double),
        WITHSCORES,
        LIMIT,
    ])
    .history(&[("2.0.0", "Takes the option `WITHSCORES`.")])
    .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument"),
    Run::OneShard(zrangebyscore),
);

pub(super) const ZREVRANGEBYSCORE: Command = row(
    "zrevrangebyscore",
    Docs::new(
        "sorted-set",
        "2.2.0",
        COMPLEXITY,
        "Returns members within a range of scores, the highest score first",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("max", ArgumentKind::Double),
        Argument::new("min", ArgumentKind::Double),
        WITHSCORES,
        LIMIT,
    ])
    .history(&[("2.1.6", "`min` and `max` may be exclusive.")])
    .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments"),
    Run::OneShard(zrevrangebyscore),
);

pub(super) const ZRANGEBYLEX: Command = row(
    "zrangebylex",
    Docs::new(
        "sorted-set",
        "2.8.9",
        COMPLEXITY,
        "Returns members of equal scores within a range of names",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::String),
        Argument::new("max", ArgumentKind::String),
        LIMIT,
    ])
    .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument"),
    Run::OneShard(zrangebylex),
);

pub(super) const ZREVRANGEBYLEX: Command = row(
    "zrevrangebylex",
    Docs::new(
        "sorted-set",
        "2.8.9",
        COMPLEXITY,
        "Returns members of equal scores within a range of names, the last one first",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("max", ArgumentKind::String),
        Argument::new("min", ArgumentKind::String),
        LIMIT,
    ])
    .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments"),
    Run::OneShard(zrevrangebylex),
);

fn zrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, None, None)
}

fn zrevrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, Some(Order::Rank), Some(true))
}

fn zrangebyscore(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, Some(Order::Score), Some(false))
}

fn zrevrangebyscore(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, Some(Order::Score), Some(true))
}

fn zrangebylex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, Some(Order::Lex), Some(false))
}

fn zrevrangebylex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    range(context, args, reply, Some(Order::Lex), Some(true))
}

fn range(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    order: Option<Order>,
    is_reverse: Option<bool>,
) -> Result<(), CommandError> {
    let grammar = Grammar {
        ends: 2,
        order,
        is_reverse,
        may_show_scores: true,
    };
    let query = RangeQuery::parse(args, grammar)?;
    match context.read_as::<SortedSet>(args.at(1))? {
        Some(set) => write_members(reply, query.walk(set), query.with_scores),
        None => reply.array(0),
    }
    Ok(())
}
