//! SDIFF and SDIFFSTORE: the members that the first of several sets has and no other.

use super::combine::{answer, answering, apply, gather, gather_sources, lent_sets, store, storing};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::spec::{Command, Docs, Steps};
use crate::commands::lending::give_back;
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::value::set::{Set, difference};

const COST: &str = "O(N) for N members of all sets";

pub(super) const SDIFF: Command = answering(
    "sdiff",
    Docs::new(
        "set",
        "1.0.0",
        COST,
        "Returns the members of a set that no other set has",
    ),
    &Steps {
        gather,
        decide: answer_with_difference,
        apply: give_back,
    },
);

pub(super) const SDIFFSTORE: Command = storing(
    "sdiffstore",
    Docs::new(
        "set",
        "1.0.0",
        COST,
        "Stores the members of a set that no other set has",
    ),
    &Steps {
        gather: gather_sources,
        decide: store_difference,
        apply: |context, args, key, carry| {
            apply(context, args, key, carry, Event::set("sdiffstore"))
        },
    },
);

fn answer_with_difference(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets = lent_sets(args, 1, carries)?;
    answer(reply, &of_lent(&sets));
    Ok(())
}

fn store_difference(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let sets = lent_sets(args, 2, &carries[1..])?;
    let members = of_lent(&sets).into_iter().collect();
    store(args, carries, members, true, reply);
    Ok(())
}

fn of_lent<'c>(sets: &[Option<&'c Set>]) -> Vec<Element<'c>> {
    let [Some(first), others @ ..] = sets else {
        return Vec::new();
    };
    let others: Vec<&Set> = others.iter().flatten().copied().collect();
    difference(first, &others)
}
