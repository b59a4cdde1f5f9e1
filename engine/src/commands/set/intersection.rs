//! SINTER, SINTERCARD and SINTERSTORE: the members that all of several sets have.

use super::combine::{
    SOURCES, answer, answering, apply, gather, gather_sources, lent_sets, store, storing,
};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::commands::lending::give_back;
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::value::collection::Collection;
use crate::value::set::{PackedMembers, Set, intersection};
use crate::value::string::parse_int;

const COST: &str = "O(N*M) for N members of the smallest of M sets";

pub(super) const SINTER: Command = answering(
    "sinter",
    Docs::new(
        "set",
        "1.0.0",
        COST,
        "Returns the members that all of several sets have",
    ),
    &Steps {
        gather,
        decide: answer_with_intersection,
        apply: give_back,
    },
);

pub(super) const SINTERSTORE: Command = Command {
    keys: &[
        KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE)),
        SOURCES,
    ],
    ..storing(
        "sinterstore",
        Docs::new(
            "set",
            "1.0.0",
            COST,
            "Stores the members that all of several sets have",
        ),
        &Steps {
            gather: gather_sources,
            decide: store_intersection,
            apply: |context, args, key, carry| {
                apply(context, args, key, carry, Event::set("sinterstore"))
            },
        },
    )
};

pub(super) const SINTERCARD: Command = Command {
    name: "sintercard",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "set",
        "7.0.0",
        COST,
        "Counts the members that all of several sets have",
    )
    .arguments(&[
        Argument::new("numkeys", ArgumentKind::Integer),
        Argument::key().multiple(),
        Argument::new("limit", ArgumentKind::Integer)
            .token("LIMIT")
            .optional(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide: count_intersection,
        apply: give_back,
    }),
    subcommands: &[],
};

fn answer_with_intersection(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets = lent_sets(args, 1, carries)?;
    answer(reply, &of_lent(sets).collect::<Vec<_>>());
    Ok(())
}

fn store_intersection(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets = lent_sets(args, 2, &carries[1..])?;
    let smallest = sets.iter().flatten().min_by_key(|set| set.len());
    let is_intset = smallest.is_some_and(|set| set.is_intset());
    let members: PackedMembers = of_lent(sets).collect();
    store(args, carries, members, is_intset, reply);
    Ok(())
}

fn count_intersection(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let limit = limit_of_count(args)?;
    let sets = lent_sets(args, 2, carries)?;
    reply.count(of_lent(sets).take(limit).count());
    Ok(())
}

/// The number behind LIMIT; any number will do if there is none or it is 0. Errors: also a wrong number of keys.
fn limit_of_count(args: &Args<'_>) -> Result<usize, CommandError> {
    let keys = parse_int(args.at(1))
        .and_then(|keys| usize::try_from(keys).ok())
        .filter(|keys| *keys > 0)
        .ok_or(CommandError::new("ERR numkeys should be greater than 0"))?;
    if keys > args.len() - 2 {
        return Err(CommandError::new(
            "ERR Number of keys can't be greater than number of args",
        ));
    }
    let mut limit = 0;
    for at in (2 + keys..args.len()).step_by(2) {
        let value = args.get(at + 1).filter(|_| args.is(at, "limit"));
        limit = parse_int(value.ok_or(CommandError::SYNTAX)?)
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or(CommandError::new("ERR LIMIT can't be negative"))?;
    }
    Ok(if limit == 0 { usize::MAX } else { limit })
}

/// Empty as soon as one set is missing.
fn of_lent<'c>(sets: Vec<Option<&'c Set>>) -> impl Iterator<Item = Element<'c>> {
    let all: Option<Vec<&Set>> = sets.into_iter().collect();
    intersection(all.unwrap_or_default())
}
