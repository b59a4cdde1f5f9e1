//! ZSCORE and ZMSCORE: the scores of members.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::SortedSet;

pub(super) const ZSCORE: Command = Command {
    name: "zscore",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new("sorted-set", "1.2.0", "O(1)", "Tells the score of a member").arguments(&[
        Argument::key(),
        Argument::new("member", ArgumentKind::String),
    ]),
    run: Run::OneShard(zscore),
    subcommands: &[],
};

pub(super) const ZMSCORE: Command = Command {
    name: "zmscore",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "6.2.0",
        "O(N) with N members that are asked for",
        "Tells the scores of several members",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("member", ArgumentKind::String).multiple(),
    ]),
    run: Run::OneShard(zmscore),
    subcommands: &[],
};

fn zscore(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<SortedSet>(args.at(1))?;
    write_score(reply, set.and_then(|set| set.score(args.at(2))));
    Ok(())
}

fn zmscore(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let set = context.read_as::<SortedSet>(args.at(1))?;
    let members = args.skip(2);
    reply.array(members.len());
    for member in members.iter() {
        write_score(reply, set.and_then(|set| set.score(member)));
    }
    Ok(())
}

fn write_score(reply: &mut ReplyWriter<'_>, score: Option<f64>) {
    match score {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}
