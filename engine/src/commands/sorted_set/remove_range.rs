//! ZREMRANGEBYRANK, ZREMRANGEBYSCORE and ZREMRANGEBYLEX: all members of a range go.

use super::bounds::{lex_range, rank_range, score_range};
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
use crate::value::sorted_set::SortedSet;
use std::ops::Range;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))];

/// A row that differs from the others in name, documentation and handler.
const fn row(name: &'static str, docs: Docs, run: Run) -> Command {
    Command {
        name,
        arity: Arity::Exactly(4),
        flags: Flags::WRITE,
        acl: Acl::SORTEDSET,
        keys: KEYS,
        tips: &[],
        docs,
        run,
        subcommands: &[],
    }
}

const COMPLEXITY: &str = "O(log(N)+M) with N members, M of them removed";

pub(super) const ZREMRANGEBYRANK: Command = row(
    "zremrangebyrank",
    Docs::new(
        "sorted-set",
        "2.0.0",
        COMPLEXITY,
        "Removes the members within a range of ranks",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("start", ArgumentKind::Integer),
        Argument::new("stop", ArgumentKind::Integer),
    ]),
    Run::OneShard(by_rank),
);

pub(super) const ZREMRANGEBYSCORE: Command = row(
    "zremrangebyscore",
    Docs::new(
        "sorted-set",
        "1.2.0",
        COMPLEXITY,
        "Removes the members within a range of scores",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::Double),
        Argument::new("max", ArgumentKind::Double),
    ]),
    Run::OneShard(by_score),
);

pub(super) const ZREMRANGEBYLEX: Command = row(
    "zremrangebylex",
    Docs::new(
        "sorted-set",
        "2.8.9",
        COMPLEXITY,
        "Removes the members of equal scores within a range of names",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("min", ArgumentKind::String),
        Argument::new("max", ArgumentKind::String),
    ]),
    Run::OneShard(by_lex),
);

fn by_rank(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (start, stop) = (integer(args.at(2))?, integer(args.at(3))?);
    let ranks = |set: &SortedSet| rank_range(start, stop, set.len());
    remove(context, args, reply, "zremrangebyrank", ranks)
}

fn by_score(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let range = score_range(args.at(2), args.at(3))?;
    let ranks = |set: &SortedSet| set.ranks_by_score(&range);
    remove(context, args, reply, "zremrangebyscore", ranks)
}

fn by_lex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let range = lex_range(args.at(2), args.at(3))?;
    let ranks = |set: &SortedSet| set.ranks_by_lex(&range);
    remove(context, args, reply, "zremrangebylex", ranks)
}

fn remove(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    event: &'static str,
    ranks: impl FnOnce(&SortedSet) -> Range<usize>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<SortedSet>(args.at(1))? else {
        reply.count(0);
        return Ok(());
    };
    let ranks = ranks(&guard);
    reply.count(ranks.len());
    if ranks.is_empty() {
        guard.leave();
    } else {
        guard.remove_ranks(ranks);
        guard.commit(Event::sorted_set(event));
    }
    Ok(())
}
