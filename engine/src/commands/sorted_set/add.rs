//! ZADD and ZINCRBY: members come in, or get other scores.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::float;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::{Added, Addition, Comparison, Condition, SortedSet};

pub(super) const ZADD: Command = Command {
    name: "zadd",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "1.2.0",
        "O(log(N)) for each member, N being those of the set",
        "Adds members with their scores, or gives those that are there new scores",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "condition",
            ArgumentKind::OneOf(&[Argument::word("nx", "NX"), Argument::word("xx", "XX")]),
        )
        .optional(),
        Argument::new(
            "comparison",
            ArgumentKind::OneOf(&[Argument::word("gt", "GT"), Argument::word("lt", "LT")]),
        )
        .optional(),
        Argument::word("change", "CH").optional(),
        Argument::word("increment", "INCR").optional(),
        Argument::new(
            "score_member",
            ArgumentKind::Block(&[
                Argument::new("score", ArgumentKind::Double),
                Argument::new("member", ArgumentKind::String),
            ]),
        )
        .multiple(),
    ])
    .history(&[
        ("2.4.0", "Takes several members."),
        ("3.0.2", "Takes the options `XX`, `NX`, `CH` and `INCR`."),
        ("6.2.0", "Takes the options `GT` and `LT`."),
    ]),
    run: Run::OneShard(zadd),
    subcommands: &[],
};

pub(super) const ZINCRBY: Command = Command {
    name: "zincrby",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "1.2.0",
        "O(log(N)) with N members",
        "Adds to the score of a member, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("increment", ArgumentKind::Integer),
        Argument::new("member", ArgumentKind::String),
    ]),
    run: Run::OneShard(zincrby),
    subcommands: &[],
};

/// The words of ZADD in front of the first score.
#[derive(Default)]
struct Options {
    addition: Addition,
    /// `CH`: count the members whose scores change, too.
    count_changes: bool,
    /// Index of the first score.
    first: usize,
}

impl Options {
    fn parse(args: &Args<'_>, increment: bool) -> Result<Options, CommandError> {
        let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
        let mut options = Options {
            first: 2,
            ..Options::default()
        };
        options.addition.increment = increment;
        loop {
            match () {
                () if args.is(options.first, "nx") => nx = true,
                () if args.is(options.first, "xx") => xx = true,
                () if args.is(options.first, "gt") => gt = true,
                () if args.is(options.first, "lt") => lt = true,
                () if args.is(options.first, "ch") => options.count_changes = true,
                () if args.is(options.first, "incr") => options.addition.increment = true,
                () => break,
            }
            options.first += 1;
        }
        let words = args.len() - options.first;
        if words == 0 || words % 2 == 1 {
            return Err(CommandError::SYNTAX);
        }
        if nx && xx {
            return Err(CommandError::new(
                "ERR XX and NX options at the same time are not compatible",
            ));
        }
        if (nx && (gt || lt)) || (gt && lt) {
            return Err(CommandError::new(
                "ERR GT, LT, and/or NX options at the same time are not compatible",
            ));
        }
        if options.addition.increment && words > 2 {
            return Err(CommandError::new(
                "ERR INCR option supports a single increment-element pair",
            ));
        }
        options.addition.condition = match (nx, xx) {
            (true, _) => Condition::New,
            (_, true) => Condition::Existing,
            _ => Condition::Any,
        };
        options.addition.comparison = match (gt, lt) {
            (true, _) => Comparison::Greater,
            (_, true) => Comparison::Less,
            _ => Comparison::Any,
        };
        Ok(options)
    }
}

fn zadd(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    add(context, args, reply, false)
}

fn zincrby(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    add(context, args, reply, true)
}

fn add(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    increment: bool,
) -> Result<(), CommandError> {
    let options = Options::parse(args, increment)?;
    let pairs = Pairs::parse(args, options.first)?;
    let addition = options.addition;
    let guard = if addition.condition == Condition::Existing {
        context.edit::<SortedSet>(args.at(1))?
    } else {
        Some(context.edit_or_create::<SortedSet>(args.at(1))?)
    };
    let Some(mut guard) = guard else {
        if addition.increment {
            reply.null();
        } else {
            reply.count(0);
        }
        return Ok(());
    };
    let (set, limits, random) = guard.parts();
    set.expect(pairs.len(), limits, random);
    let (mut new, mut moved, mut last) = (0, 0, None);
    for (score, member) in pairs.iter() {
        let Ok(added) = set.add(score, member, addition, limits, random) else {
            // There was but this one member.
            guard.leave();
            return Err(CommandError::new(
                "ERR resulting score is not a number (NaN)",
            ));
        };
        match added {
            Added::New(_) => new += 1,
            Added::Moved(_) => moved += 1,
            Added::Same(_) | Added::Nothing => {}
        }
        last = match added {
            Added::New(score) | Added::Moved(score) | Added::Same(score) => Some(score),
            Added::Nothing => None,
        };
    }
    if new + moved == 0 {
        guard.leave();
    } else {
        let name = if addition.increment { "zincr" } else { "zadd" };
        guard.commit(Event::sorted_set(name));
    }
    match (addition.increment, last) {
        (true, Some(score)) => reply.double(score),
        (true, None) => reply.null(),
        (false, _) if options.count_changes => reply.count(new + moved),
        (false, _) => reply.count(new),
    }
    Ok(())
}

/// Scores and members. All scores are read before the first member is touched.
struct Pairs<'a> {
    args: Args<'a>,
    first: f64,
    /// The scores behind the first one: most commands have none.
    others: Vec<f64>,
}

impl<'a> Pairs<'a> {
    fn parse(args: &Args<'a>, first: usize) -> Result<Pairs<'a>, CommandError> {
        let args = args.skip(first);
        let others = (2..args.len()).step_by(2).map(|at| float(args.at(at)));
        Ok(Pairs {
            first: float(args.at(0))?,
            others: others.collect::<Result<_, _>>()?,
            args,
        })
    }

    fn len(&self) -> usize {
        1 + self.others.len()
    }

    fn iter(&self) -> impl Iterator<Item = (f64, &'a [u8])> {
        let scores = std::iter::once(self.first).chain(self.others.iter().copied());
        scores
            .enumerate()
            .map(|(pair, score)| (score, self.args.at(pair * 2 + 1)))
    }
}
