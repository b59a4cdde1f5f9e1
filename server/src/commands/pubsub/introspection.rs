//! PUBSUB: what is subscribed to, on all cores.

use std::collections::BTreeSet;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::help as write_help;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{BASE, row};
use crate::commands::{Answered, SessionContext};
use crate::pubsub::Kind;

/// PUBSUB
pub(super) const PUBSUB: Command = Command {
    subcommands: &[
        &HELP,
        &NUMSUB,
        &NUMPAT,
        &CHANNELS,
        &SHARDCHANNELS,
        &SHARDNUMSUB,
    ],
    ..row(
        "pubsub",
        Arity::AtLeast(2),
        Flags::empty(),
        Docs::new(
            "pubsub",
            "2.8.0",
            "Depends on the subcommand",
            "Holds the commands about subscriptions",
        ),
    )
};

const PATTERN: Argument = Argument::new("pattern", ArgumentKind::Pattern).optional();

const CHANNELS: Command = row(
    "channels",
    Arity::AtLeast(2),
    BASE,
    Docs::new(
        "pubsub",
        "2.8.0",
        "O(N) with N channels that somebody listens to",
        "Lists the channels that somebody listens to by name",
    )
    .arguments(&[PATTERN]),
);

const SHARDCHANNELS: Command = row(
    "shardchannels",
    Arity::AtLeast(2),
    BASE,
    Docs::new(
        "pubsub",
        "7.0.0",
        "O(N) with N shard channels that somebody listens to",
        "Lists the shard channels that somebody listens to",
    )
    .arguments(&[PATTERN]),
);

const NUMSUB: Command = row(
    "numsub",
    Arity::AtLeast(2),
    BASE,
    Docs::new(
        "pubsub",
        "2.8.0",
        "O(N) with N channels asked about",
        "Counts who listens to channels by their names",
    )
    .arguments(&[Argument::new("channel", ArgumentKind::String)
        .optional()
        .multiple()]),
);

const SHARDNUMSUB: Command = row(
    "shardnumsub",
    Arity::AtLeast(2),
    BASE,
    Docs::new(
        "pubsub",
        "7.0.0",
        "O(N) with N shard channels asked about",
        "Counts who listens to shard channels",
    )
    .arguments(&[Argument::new("shardchannel", ArgumentKind::String)
        .optional()
        .multiple()]),
);

const NUMPAT: Command = row(
    "numpat",
    Arity::Exactly(2),
    BASE,
    Docs::new(
        "pubsub",
        "2.8.0",
        "O(1)",
        "Counts the globs that somebody listens by",
    ),
);

const HELP: Command = row(
    "help",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE),
    Docs::new("pubsub", "6.2.0", "O(1)", "Lists the subcommands"),
);

const LINES: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Lists the channels that somebody listens to, all or those that match the pattern.",
    "NUMPAT",
    "    Counts the patterns that somebody listens by.",
    "NUMSUB [<channel> ...]",
    "    Counts who listens to each channel, patterns left out.",
    "SHARDCHANNELS [<pattern>]",
    "    Lists the shard channels that somebody listens to, all or those that match the pattern.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Counts who listens to each shard channel.",
];

type Outcome = Result<Answered, CommandError>;

pub(super) fn help(
    _: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Outcome {
    write_help::help("PUBSUB", LINES, reply);
    Ok(Answered::Now)
}

pub(super) fn channels(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Outcome {
    list(context, args, Kind::Channel)
}

pub(super) fn shard_channels(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Outcome {
    list(context, args, Kind::ShardChannel)
}

pub(super) fn numsub(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Outcome {
    Ok(count(context, args, Kind::Channel))
}

pub(super) fn shard_numsub(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Outcome {
    Ok(count(context, args, Kind::ShardChannel))
}

pub(super) fn numpat(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Outcome {
    Ok(context.ask_all(
        |core| core.subscriptions.list(Kind::Pattern, None),
        |_, lists, reply| {
            reply.count(distinct(lists).len());
            Ok(())
        },
    ))
}

fn list(context: &mut SessionContext<'_>, args: &Args<'_>, kind: Kind) -> Outcome {
    if args.len() > 3 {
        return Err(CommandError::subcommand_syntax("PUBSUB", args.at(1)));
    }
    let pattern: Option<Box<[u8]>> = args.get(2).map(Into::into);
    Ok(context.ask_all(
        move |core| core.subscriptions.list(kind, pattern.as_deref()),
        |_, lists, reply| {
            let names = distinct(lists);
            reply.array(names.len());
            names.iter().for_each(|name| reply.bulk(name));
            Ok(())
        },
    ))
}

/// The same channel may have listeners on several cores.
pub(crate) fn distinct(lists: Vec<Vec<Box<[u8]>>>) -> BTreeSet<Box<[u8]>> {
    lists.into_iter().flatten().collect()
}

fn count(context: &mut SessionContext<'_>, args: &Args<'_>, kind: Kind) -> Answered {
    let names: Vec<Box<[u8]>> = args.iter().skip(2).map(Into::into).collect();
    let asked = names.clone();
    context.ask_all(
        move |core| {
            let count = |name: &[u8]| core.subscriptions.count(kind, name);
            asked.iter().map(|name| count(name)).collect::<Vec<usize>>()
        },
        move |_, counts, reply| {
            reply.array(names.len() * 2);
            for (at, name) in names.iter().enumerate() {
                reply.bulk(name);
                reply.count(counts.iter().map(|of_core| of_core[at]).sum());
            }
            Ok(())
        },
    )
}
