//! SUNION and SUNIONSTORE: the members that any of several sets has.

use super::combine::{answer, answering, apply, gather, gather_sources, lent_sets, store, storing};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::spec::{Command, Docs, Steps};
use crate::commands::lending::give_back;
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::value::set::union;

const COST: &str = "O(N) for N members of all sets";

pub(super) const SUNION: Command = answering(
    "sunion",
    Docs::new(
        "set",
        "1.0.0",
        COST,
        "Returns the members that any of several sets has",
    ),
    &Steps {
        gather,
        decide: answer_with_union,
        apply: give_back,
    },
);

pub(super) const SUNIONSTORE: Command = storing(
    "sunionstore",
    Docs::new(
        "set",
        "1.0.0",
        COST,
        "Stores the members that any of several sets has",
    ),
    &Steps {
        gather: gather_sources,
        decide: store_union,
        apply: |context, args, key, carry| {
            apply(context, args, key, carry, Event::set("sunionstore"))
        },
    },
);

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
