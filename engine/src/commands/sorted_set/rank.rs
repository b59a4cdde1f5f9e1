//! ZRANK and ZREVRANK: the place of a member.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::sorted_set::SortedSet;

const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("member", ArgumentKind::String),
    Argument::word("withscore", "WITHSCORE").optional(),
];
const HISTORY: &[(&str, &str)] = &[("7.2.0", "Takes the option `WITHSCORE`.")];

const fn docs(summary: &'static str) -> Docs {
    Docs::new("sorted-set", "2.0.0", "O(log(N)) with N members", summary)
        .arguments(ARGUMENTS)
        .history(HISTORY)
}

pub(super) const ZRANK: Command = Command {
    name: "zrank",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: docs("Tells how many members come before a member"),
    run: Run::OneShard(zrank),
    subcommands: &[],
};

pub(super) const ZREVRANK: Command = Command {
    name: "zrevrank",
    docs: docs("Tells how many members come behind a member"),
    run: Run::OneShard(zrevrank),
    ..ZRANK
};

fn zrank(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    rank(context, args, reply, "zrank", |rank, _| rank)
}

fn zrevrank(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    rank(context, args, reply, "zrevrank", |rank, len| len - 1 - rank)
}

/// `place` makes of the rank, and of the number of members, what is answered.
fn rank(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    name: &'static str,
    place: fn(usize, usize) -> usize,
) -> Result<(), CommandError> {
    let with_score = match args.len() {
        3 => false,
        4 if args.is(3, "withscore") => true,
        4 => return Err(CommandError::SYNTAX),
        _ => return Err(CommandError::arity(name)),
    };
    let set = context.read_as::<SortedSet>(args.at(1))?;
    let found = set.and_then(|set| {
        let (rank, score) = set.rank(args.at(2))?;
        Some((place(rank, set.len()), score))
    });
    match found {
        Some((rank, score)) if with_score => {
            reply.array(2);
            reply.count(rank);
            reply.double(score);
        }
        Some((rank, _)) => reply.count(rank),
        None if with_score => reply.null_array(),
        None => reply.null(),
    }
    Ok(())
}
