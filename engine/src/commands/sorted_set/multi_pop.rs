//! ZMPOP: the members of the lowest or the highest scores of the first sorted set that is there.

use super::pop::{End, PopLog, choose, offer, take, write_popped};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::string::parse_int;

/// Index of the number of keys.
const COUNT_AT: usize = 1;

pub(super) const ZMPOP: Command = Command {
    name: "zmpop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(
        COUNT_AT,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "7.0.0",
        "O(K)+O(M*log(N)) with K keys, N members of the one that is used, M of them removed",
        "Removes and returns members of the first of several sorted sets that is there",
    )
    .arguments(&[
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
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

/// The words of ZMPOP, and of its blocking sister, from the number of keys on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MultiPop {
    /// From which end.
    pub(crate) end: End,
    /// How many at most.
    pub(crate) count: usize,
}

impl MultiPop {
    /// Reads the words; the number of keys stands at `at`. Errors: as Redis's, in its order.
    pub(crate) fn parse(args: &Args<'_>, at: usize) -> Result<MultiPop, CommandError> {
        let positive = |word, error| {
            let number = parse_int(word).and_then(|number| usize::try_from(number).ok());
            number.filter(|number| *number > 0).ok_or(error)
        };
        let keys = positive(
            args.at(at),
            CommandError::new("ERR numkeys should be greater than 0"),
        )?;
        let end_at = keys.saturating_add(at + 1);
        let end = End::parse(args, end_at)?;
        let count = match args.len() - end_at - 1 {
            0 => 1,
            2.. if args.is(end_at + 1, "count") => positive(
                args.at(end_at + 2),
                CommandError::new("ERR count should be greater than 0"),
            )?,
            _ => return Err(CommandError::SYNTAX),
        };
        if args.len() > end_at + 3 {
            return Err(CommandError::SYNTAX);
        }
        Ok(MultiPop { end, count })
    }
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    match MultiPop::parse(args, COUNT_AT) {
        Ok(pop) => offer(context, args.at(key), pop.end, pop.count),
        Err(error) => Carry::Refused(error),
    }
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    MultiPop::parse(args, COUNT_AT)?;
    match choose(carries)? {
        Some((index, draft)) => write_popped(reply, args.at(COUNT_AT + 1 + index), draft),
        None => reply.null_array(),
    }
    Ok(())
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if let Ok(pop) = MultiPop::parse(args, COUNT_AT) {
        take(context, args.at(key), pop.end, carry, PopLog::Counted);
    }
}
