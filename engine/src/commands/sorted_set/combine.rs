//! ZUNION, ZINTER, ZDIFF, the commands that store what these return, and ZINTERCARD.

use super::combination::{Grammar, Operation};
use super::source::{Source, lend_source, store};
use super::write_members;
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
use crate::shard::context::ShardContext;

/// Index of the key that a result is stored at.
const TARGET: usize = 1;

const READ_KEYS: &[KeySpec] = &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
const STORE_KEYS: &[KeySpec] = &[
    KeySpec::at(TARGET, KeyFlags::OW.union(KeyFlags::UPDATE)),
    KeySpec::counted(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
];

const UNION_COST: &str = "O(N)+O(M*log(M)) with N members of all sets, M of the result";
const INTERSECTION_COST: &str =
    "O(N*K)+O(M*log(M)) at worst with N members of the smallest of K sets, M of the result";
const DIFFERENCE_COST: &str =
    "O(L+(N-K)log(N)) at worst with L members of all sets, N of the first, K of the result";

const NUMKEYS: Argument = Argument::new("numkeys", ArgumentKind::Integer);
const WEIGHTS: Argument = Argument::new("weight", ArgumentKind::Integer)
    .token("WEIGHTS")
    .optional()
    .multiple();
const AGGREGATE: Argument = Argument::new(
    "aggregate",
    ArgumentKind::OneOf(&[
        Argument::word("sum", "SUM"),
        Argument::word("min", "MIN"),
        Argument::word("max", "MAX"),
    ]),
)
.token("AGGREGATE")
.optional();
const WITHSCORES: Argument = Argument::word("withscores", "WITHSCORES").optional();
const DESTINATION: Argument = Argument::new("destination", ArgumentKind::Key(0));
const SOURCES: Argument = Argument::new("key", ArgumentKind::Key(1)).multiple();

const fn reading(name: &'static str, docs: Docs, steps: &'static Steps) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
        acl: Acl::SORTEDSET,
        keys: READ_KEYS,
        tips: &[],
        docs,
        run: Run::ReadThenWrite(steps),
        subcommands: &[],
    }
}

const fn storing(name: &'static str, docs: Docs, steps: &'static Steps) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(4),
        flags: Flags::WRITE
            .union(Flags::DENYOOM)
            .union(Flags::MOVABLE_KEYS),
        acl: Acl::SORTEDSET,
        keys: STORE_KEYS,
        tips: &[],
        docs,
        run: Run::ReadThenWrite(steps),
        subcommands: &[],
    }
}

pub(super) const ZUNION: Command = reading(
    "zunion",
    Docs::new(
        "sorted-set",
        "6.2.0",
        UNION_COST,
        "Returns the members that any of several sets has",
    )
    .arguments(&[
        NUMKEYS,
        Argument::key().multiple(),
        WEIGHTS,
        AGGREGATE,
        WITHSCORES,
    ]),
    &Steps {
        gather: lend_source,
        decide: |args, carries, reply| answer(Operation::Union, "zunion", args, carries, reply),
        apply: give_back,
    },
);

pub(super) const ZINTER: Command = reading(
    "zinter",
    Docs::new(
        "sorted-set",
        "6.2.0",
        INTERSECTION_COST,
        "Returns the members that all of several sets have",
    )
    .arguments(&[
        NUMKEYS,
        Argument::key().multiple(),
        WEIGHTS,
        AGGREGATE,
        WITHSCORES,
    ]),
    &Steps {
        gather: lend_source,
        decide: |args, carries, reply| {
            answer(Operation::Intersection, "zinter", args, carries, reply)
        },
        apply: give_back,
    },
);

pub(super) const ZDIFF: Command = reading(
    "zdiff",
    Docs::new(
        "sorted-set",
        "6.2.0",
        DIFFERENCE_COST,
        "Returns the members of the first of several sets that no other has",
    )
    .arguments(&[NUMKEYS, Argument::key().multiple(), WITHSCORES]),
    &Steps {
        gather: lend_source,
        decide: |args, carries, reply| answer(Operation::Difference, "zdiff", args, carries, reply),
        apply: give_back,
    },
);

pub(super) const ZINTERCARD: Command = reading(
    "zintercard",
    Docs::new(
        "sorted-set",
        "7.0.0",
        "O(N*K) at worst with N members of the smallest of K sets",
        "Counts the members that all of several sets have",
    )
    .arguments(&[
        NUMKEYS,
        Argument::key().multiple(),
        Argument::new("limit", ArgumentKind::Integer)
            .token("LIMIT")
            .optional(),
    ]),
    &Steps {
        gather: lend_source,
        decide: intersection_count,
        apply: give_back,
    },
);

pub(super) const ZUNIONSTORE: Command = storing(
    "zunionstore",
    Docs::new(
        "sorted-set",
        "2.0.0",
        UNION_COST,
        "Stores the members that any of several sets has",
    )
    .arguments(&[DESTINATION, NUMKEYS, SOURCES, WEIGHTS, AGGREGATE]),
    &Steps {
        gather: lend_sources,
        decide: |args, carries, reply| {
            decide_store(Operation::Union, "zunionstore", args, carries, reply)
        },
        apply: |context, args, key, carry| apply(context, args, key, carry, "zunionstore"),
    },
);

pub(super) const ZINTERSTORE: Command = storing(
    "zinterstore",
    Docs::new(
        "sorted-set",
        "2.0.0",
        INTERSECTION_COST,
        "Stores the members that all of several sets have",
    )
    .arguments(&[DESTINATION, NUMKEYS, SOURCES, WEIGHTS, AGGREGATE]),
    &Steps {
        gather: lend_sources,
        decide: |args, carries, reply| {
            decide_store(Operation::Intersection, "zinterstore", args, carries, reply)
        },
        apply: |context, args, key, carry| apply(context, args, key, carry, "zinterstore"),
    },
);

pub(super) const ZDIFFSTORE: Command = storing(
    "zdiffstore",
    Docs::new(
        "sorted-set",
        "6.2.0",
        DIFFERENCE_COST,
        "Stores the members of the first of several sets that no other has",
    )
    .arguments(&[DESTINATION, NUMKEYS, SOURCES]),
    &Steps {
        gather: lend_sources,
        decide: |args, carries, reply| {
            decide_store(Operation::Difference, "zdiffstore", args, carries, reply)
        },
        apply: |context, args, key, carry| apply(context, args, key, carry, "zdiffstore"),
    },
);

/// What the target holds is of no interest.
fn lend_sources(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    if key == TARGET {
        Carry::Nothing
    } else {
        lend_source(context, args, key)
    }
}

fn answer(
    operation: Operation,
    name: &'static str,
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let grammar = Grammar {
        operation,
        name,
        count_at: 1,
        only_counts: false,
    };
    let keys = grammar.keys(args)?;
    let sources = Source::all(args, grammar.first_key(), carries)?;
    let combination = grammar.parse(args, keys)?;
    let mut draft = combination.run(operation, &sources);
    draft.sort();
    let members = draft
        .iter()
        .map(|(score, member)| (Element::Bytes(member), score));
    write_members(reply, members, combination.with_scores);
    Ok(())
}

fn intersection_count(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let grammar = Grammar {
        operation: Operation::Intersection,
        name: "zintercard",
        count_at: 1,
        only_counts: true,
    };
    let keys = grammar.keys(args)?;
    let sources = Source::all(args, grammar.first_key(), carries)?;
    let combination = grammar.parse(args, keys)?;
    reply.count(combination.count_intersection(&sources));
    Ok(())
}

/// The result goes where the last carry of the target's key is: behind its value, if that was lent as a source.
fn decide_store(
    operation: Operation,
    name: &'static str,
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let grammar = Grammar {
        operation,
        name,
        count_at: 2,
        only_counts: false,
    };
    let keys = grammar.keys(args)?;
    let sources = Source::all(args, grammar.first_key(), &carries[1..])?;
    let combination = grammar.parse(args, keys)?;
    let draft = combination.run(operation, &sources);
    reply.count(draft.len());
    let is_target = |source: &usize| args.at(grammar.first_key() + source) == args.at(TARGET);
    let named: Vec<usize> = (0..keys).filter(is_target).collect();
    let Some(last) = named.last() else {
        carries[0] = Carry::Scored(draft);
        return Ok(());
    };
    // The target's value comes home by its first carry, before the last one replaces it.
    let first = carries[named[0] + 1].take();
    carries[0] = first;
    named
        .iter()
        .for_each(|source| drop(carries[source + 1].take()));
    carries[last + 1] = Carry::Scored(draft);
    Ok(())
}

fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    event: &'static str,
) {
    match carry {
        Carry::Scored(draft) => store(context, args.at(key), draft, Event::sorted_set(event)),
        carry => give_back(context, args, key, carry),
    }
}
