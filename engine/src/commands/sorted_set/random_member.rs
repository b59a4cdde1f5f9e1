//! ZRANDMEMBER: members chosen by chance.

use super::{write_member, write_members};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::packed::element::Element;
use crate::random::Random;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::sorted_set::SortedSet;
use std::collections::HashSet;

const COUNT_OUT_OF_RANGE: CommandError = CommandError::new(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

pub(super) const ZRANDMEMBER: Command = Command {
    name: "zrandmember",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "sorted-set",
        "6.2.0",
        "O(N) with N members returned",
        "Returns members chosen at random",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "options",
            ArgumentKind::Block(&[
                Argument::new("count", ArgumentKind::Integer),
                Argument::word("withscores", "WITHSCORES").optional(),
            ]),
        )
        .optional(),
    ]),
    run: Run::OneShard(zrandmember),
    subcommands: &[],
};

/// How many members, and how they are shown.
struct Choice {
    /// Negative: the same member may come several times.
    count: i64,
    with_scores: bool,
}

impl Choice {
    /// None for a single member.
    fn parse(args: &Args<'_>) -> Result<Option<Choice>, CommandError> {
        if args.len() == 2 {
            return Ok(None);
        }
        let count = integer(args.at(2))?;
        if count == i64::MIN {
            return Err(COUNT_OUT_OF_RANGE);
        }
        let with_scores = args.len() == 4 && args.is(3, "withscores");
        if args.len() > 3 && !with_scores {
            return Err(CommandError::SYNTAX);
        }
        if with_scores && count.unsigned_abs() > i64::MAX as u64 / 2 {
            return Err(CommandError::OUT_OF_RANGE);
        }
        Ok(Some(Choice { count, with_scores }))
    }
}

fn zrandmember(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let choice = Choice::parse(args)?;
    // The set is looked at while numbers are drawn: they come from a generator of its own.
    let mut random = Random::new(context.random().next_u64());
    let set = context.read_as::<SortedSet>(args.at(1))?;
    match (set, choice) {
        (None, None) => reply.null(),
        (None, Some(_)) => reply.array(0),
        (Some(set), None) => {
            let (member, _) = any_of(set, &mut random);
            write_member(reply, member);
        }
        (Some(set), Some(choice)) if choice.count < 0 => {
            write_repeated(set, &choice, &mut random, reply);
        }
        (Some(set), Some(choice)) => write_distinct(set, &choice, &mut random, reply),
    }
    Ok(())
}

fn any_of<'s>(set: &'s SortedSet, random: &mut Random) -> (Element<'s>, f64) {
    let rank = random.below(set.len() as u64) as usize;
    set.select(rank).expect("a rank below the length")
}

fn write_repeated(
    set: &SortedSet,
    choice: &Choice,
    random: &mut Random,
    reply: &mut ReplyWriter<'_>,
) {
    let count = choice.count.unsigned_abs() as usize;
    let nested = choice.with_scores && reply.protocol() == Protocol::Resp3;
    let is_flat = choice.with_scores && !nested;
    reply.array(count * if is_flat { 2 } else { 1 });
    for _ in 0..count {
        if reply.is_full() {
            return;
        }
        let (member, score) = any_of(set, random);
        if nested {
            reply.array(2);
        }
        write_member(reply, member);
        if choice.with_scores {
            reply.double(score);
        }
    }
}

fn write_distinct(
    set: &SortedSet,
    choice: &Choice,
    random: &mut Random,
    reply: &mut ReplyWriter<'_>,
) {
    let count = usize::try_from(choice.count).unwrap_or(usize::MAX);
    if count >= set.len() {
        return write_members(reply, set.iter(), choice.with_scores);
    }
    let chosen = if set.is_indexed() && count < set.len() / 3 {
        by_rank(set, count, random)
    } else {
        by_walk(set, count, random)
    };
    write_members(reply, chosen.into_iter(), choice.with_scores);
}

/// Few of many: draws ranks until there are enough different ones.
fn by_rank<'s>(set: &'s SortedSet, count: usize, random: &mut Random) -> Vec<(Element<'s>, f64)> {
    let mut ranks = HashSet::with_capacity(count);
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let rank = random.below(set.len() as u64) as usize;
        if ranks.insert(rank) {
            chosen.extend(set.select(rank));
        }
    }
    chosen
}

/// A good part of all: each member in turn is chosen with the chance that leaves the right number.
fn by_walk<'s>(set: &'s SortedSet, count: usize, random: &mut Random) -> Vec<(Element<'s>, f64)> {
    let (mut left, mut wanted) = (set.len() as u64, count as u64);
    let chosen = set.iter().filter(|_| {
        let is_chosen = random.below(left) < wanted;
        left -= 1;
        wanted -= u64::from(is_chosen);
        is_chosen
    });
    chosen.collect()
}
