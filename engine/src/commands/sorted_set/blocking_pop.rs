//! BZPOPMIN, BZPOPMAX and BZMPOP: members of the lowest or the highest scores of the first of several sorted sets that has
//! any, or of the first that gets some.

use super::multi_pop::MultiPop;
use super::pop::{End, PopLog, choose, offer, take, write_popped};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::command::timeout::seconds;
use crate::command::waits::{Manner, Waits, same_words};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::value::ValueRef;

const TAKES: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);
const KEYS: &[KeySpec] = &[KeySpec::range(1, -2, 1, TAKES)];
const ARGUMENTS: &[Argument] = &[
    Argument::key().multiple(),
    Argument::new("timeout", ArgumentKind::Double),
];
/// Index of the number of keys of BZMPOP.
const COUNT_AT: usize = 2;

const fn row(name: &'static str, summary: &'static str, waits: &'static Waits) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::WRITE.union(Flags::FAST).union(Flags::BLOCKING),
        acl: Acl::SORTEDSET,
        keys: KEYS,
        tips: &[],
        docs: Docs::new("sorted-set", "5.0.0", "O(log(N)) with N members", summary)
            .arguments(ARGUMENTS)
            .history(&[("6.0.0", "The timeout may have a fraction.")]),
        run: Run::Blocking(waits),
        subcommands: &[],
    }
}

const LOWEST: Waits = Waits {
    steps: Steps {
        gather: |context, args, key| offer(context, args.at(key), End::Min, 1),
        decide,
        apply: |context, args, key, carry| {
            take(context, args.at(key), End::Min, carry, PopLog::One)
        },
    },
    manner: Manner::Pop,
    patience: |args| seconds(args.at(args.len() - 1)),
    ready,
    nothing: |reply| reply.null_array(),
    words: same_words,
};

pub(super) const BZPOPMIN: Command = row(
    "bzpopmin",
    "Removes and returns the member of the lowest score of the first sorted set that has any, or waits for one",
    &LOWEST,
);

pub(super) const BZPOPMAX: Command = row(
    "bzpopmax",
    "Removes and returns the member of the highest score of the first sorted set that has any, or waits for one",
    &Waits {
        steps: Steps {
            gather: |context, args, key| offer(context, args.at(key), End::Max, 1),
            apply: |context, args, key, carry| {
                take(context, args.at(key), End::Max, carry, PopLog::One)
            },
            ..LOWEST.steps
        },
        ..LOWEST
    },
);

pub(super) const BZMPOP: Command = Command {
    name: "bzmpop",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(COUNT_AT, TAKES)],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "7.0.0",
        "O(K)+O(M*log(N)) with K keys, N members of the one that is used, M of them removed",
        "Removes and returns members of the first of several sorted sets that has any, or waits for some",
    )
    .arguments(&[
        Argument::new("timeout", ArgumentKind::Double),
        Argument::new("numkeys", ArgumentKind::Integer),
        Argument::key().multiple(),
        Argument::new(
            "where",
            ArgumentKind::OneOf(&[Argument::word("min", "MIN"), Argument::word("max", "MAX")]),
        ),
        Argument::new("count", ArgumentKind::Integer)
            .token("COUNT")
            .optional(),
    ]),
    run: Run::Blocking(&Waits {
        steps: Steps {
            gather: |context, args, key| match MultiPop::parse(args, COUNT_AT) {
                Ok(pop) => offer(context, args.at(key), pop.end, pop.count),
                Err(error) => Carry::Refused(error),
            },
            decide: |args, carries, reply| {
                MultiPop::parse(args, COUNT_AT)?;
                if let Some((index, draft)) = choose(carries)? {
                    write_popped(reply, args.at(COUNT_AT + 1 + index), draft);
                }
                Ok(())
            },
            apply: |context, args, key, carry| {
                if let Ok(pop) = MultiPop::parse(args, COUNT_AT) {
                    take(context, args.at(key), pop.end, carry, PopLog::Counted);
                }
            },
        },
        patience: |args| {
            let patience = seconds(args.at(1))?;
            MultiPop::parse(args, COUNT_AT).map(|_| patience)
        },
        ..LOWEST
    }),
    subcommands: &[],
};

fn ready(_: &Args<'_>, _: usize, value: Option<ValueRef<'_>>) -> bool {
    matches!(value, Some(ValueRef::SortedSet(_)))
}

/// Answers with the key, the member and its score.
fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some((index, draft)) = choose(carries)? else {
        return Ok(());
    };
    for (score, member) in draft.iter().take(1) {
        reply.array(3);
        reply.bulk(args.at(1 + index));
        reply.bulk(member);
        reply.double(score);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn the_first_sorted_set_that_has_members_gives_one() {
        let mut shard = shard();
        run(&mut shard, "ZADD b 1 x 2 y 3 z");
        run(&mut shard, "ZADD c 4 v");
        assert_eq!(run(&mut shard, "BZPOPMIN a b c 0"), "*3 $1 b $1 x $1 1");
        assert_eq!(run(&mut shard, "BZPOPMAX a b c 0"), "*3 $1 b $1 z $1 3");
        assert_eq!(run(&mut shard, "BZPOPMAX b b 0"), "*3 $1 b $1 y $1 2");
        assert_eq!(
            run(&mut shard, "BZMPOP 0 2 b c MIN COUNT 7"),
            "*2 $1 c *1 *2 $1 v $1 4"
        );
        assert_eq!(run(&mut shard, "EXISTS b c"), ":0");
        assert_eq!(run(&mut shard, "BZPOPMIN b c 0"), "*-1", "as in MULTI");
        assert_eq!(run(&mut shard, "BZMPOP 0 1 b MAX"), "*-1");
    }

    #[test]
    fn what_is_wrong_is_found_before_anybody_waits() {
        let mut shard = shard();
        run(&mut shard, "SET s 1");
        let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(run(&mut shard, "BZPOPMIN a s 0"), wrong);
        assert_eq!(run(&mut shard, "BZPOPMAX s -1"), "-ERR timeout is negative");
        assert_eq!(
            run(&mut shard, "BZMPOP x 1 a MIN"),
            "-ERR timeout is not a float or out of range"
        );
        assert_eq!(run(&mut shard, "BZMPOP 1 1 a MID"), "-ERR syntax error");
        assert_eq!(
            run(&mut shard, "BZMPOP 1 0 a MIN"),
            "-ERR numkeys should be greater than 0"
        );
    }
}
