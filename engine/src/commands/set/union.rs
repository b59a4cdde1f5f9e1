//! SUNION and SUNIONSTORE: the members that any of several sets has.

use super::combine::{answer, apply, gather, gather_sources, give_back, lent_sets, store};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::set::union;

pub(super) const SUNION: Command = Command {
    name: "sunion",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    tips: &["nondeterministic_output_order"],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(N) for N members of all sets",
        "Returns the members that any of several sets has",
    )
    .arguments(&[Argument::key().multiple()]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide: answer_with_union,
        apply: give_back,
    }),
    subcommands: &[],
};

pub(super) const SUNIONSTORE: Command = Command {
    name: "sunionstore",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    tips: &[],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(N) for N members of all sets",
        "Stores the members that any of several sets has",
    )
    .arguments(&[
        Argument::new("destination", ArgumentKind::Key(0)),
        Argument::new("key", ArgumentKind::Key(1)).multiple(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather: gather_sources,
        decide: store_union,
        apply: apply_stored,
    }),
    subcommands: &[],
};

fn answer_with_union(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets: Vec<_> = lent_sets(args, 1, carries)?.into_iter().flatten().collect();
    answer(reply, &union(&sets));
    Ok(())
}

fn store_union(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets = lent_sets(args, 2, &carries[1..])?;
    let sets: Vec<_> = sets.into_iter().flatten().collect();
    let members = union(&sets).into_iter().collect();
    store(args, carries, members, true, reply);
    Ok(())
}

fn apply_stored(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    apply(context, args, key, carry, Event::set("sunionstore"));
}
