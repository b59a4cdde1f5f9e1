//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites. Each name is confirmed by a message of its own.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{BASE, row};
use crate::commands::{Answered, SessionContext};
use crate::pubsub::Kind;

const FLAGS: Flags = BASE.union(Flags::NOSCRIPT);
const CHANNEL: Argument = Argument::new("channel", ArgumentKind::String);
const SHARD_CHANNEL: Argument = Argument::new("shardchannel", ArgumentKind::String);
const PATTERN: Argument = Argument::new("pattern", ArgumentKind::Pattern);
const NAMES: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)];

/// SUBSCRIBE channel [channel ..]
pub(super) const SUBSCRIBE: Command = row(
    "subscribe",
    Arity::AtLeast(2),
    FLAGS,
    Docs::new(
        "pubsub",
        "2.0.0",
        "O(N) with N channels",
        "Listens to what is published on channels",
    )
    .arguments(&[CHANNEL.multiple()]),
);

/// UNSUBSCRIBE [channel ..]
pub(super) const UNSUBSCRIBE: Command = row(
    "unsubscribe",
    Arity::AtLeast(1),
    FLAGS,
    Docs::new(
        "pubsub",
        "2.0.0",
        "O(N) with N channels",
        "Stops listening to some channels, or to all",
    )
    .arguments(&[CHANNEL.optional().multiple()]),
);

/// PSUBSCRIBE pattern [pattern ..]
pub(super) const PSUBSCRIBE: Command = row(
    "psubscribe",
    Arity::AtLeast(2),
    FLAGS,
    Docs::new(
        "pubsub",
        "2.0.0",
        "O(N) with N patterns",
        "Listens to all channels whose names match a glob",
    )
    .arguments(&[Argument::new("pattern", ArgumentKind::Block(&[PATTERN])).multiple()]),
);

/// PUNSUBSCRIBE [pattern ..]
pub(super) const PUNSUBSCRIBE: Command = row(
    "punsubscribe",
    Arity::AtLeast(1),
    FLAGS,
    Docs::new(
        "pubsub",
        "2.0.0",
        "O(N) with N patterns",
        "Stops listening by some globs, or by all",
    )
    .arguments(&[PATTERN.optional().multiple()]),
);

/// SSUBSCRIBE shardchannel [shardchannel ..]
pub(super) const SSUBSCRIBE: Command = Command {
    keys: NAMES,
    ..row(
        "ssubscribe",
        Arity::AtLeast(2),
        FLAGS,
        Docs::new(
            "pubsub",
            "7.0.0",
            "O(N) with N shard channels",
            "Listens to what is published on shard channels",
        )
        .arguments(&[SHARD_CHANNEL.multiple()]),
    )
};

/// SUNSUBSCRIBE [shardchannel ..]
pub(super) const SUNSUBSCRIBE: Command = Command {
    keys: NAMES,
    ..row(
        "sunsubscribe",
        Arity::AtLeast(1),
        FLAGS,
        Docs::new(
            "pubsub",
            "7.0.0",
            "O(N) with N shard channels",
            "Stops listening to some shard channels, or to all",
        )
        .arguments(&[SHARD_CHANNEL.optional().multiple()]),
    )
};

type Reply<'a, 'b> = &'a mut ReplyWriter<'b>;
type Outcome = Result<Answered, CommandError>;

/// Subscribes to each name.
pub(super) fn begin(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: Reply<'_, '_>,
    kind: Kind,
    word: &[u8],
) -> Outcome {
    for name in args.iter().skip(1) {
        let count = context.core.subscribe(context.connection, kind, name);
        confirm(reply, word, Some(name), count);
    }
    Ok(Answered::Aloud)
}

/// Ends the subscriptions to some names, or to all.
pub(super) fn end(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: Reply<'_, '_>,
    kind: Kind,
    word: &[u8],
) -> Outcome {
    if args.len() > 1 {
        for name in args.iter().skip(1) {
            let count = context.core.unsubscribe(context.connection, kind, name);
            confirm(reply, word, Some(name), count);
        }
        return Ok(Answered::Aloud);
    }
    let own = context.connection.subscribed.as_ref();
    let names = own.map_or_else(Vec::new, |own| own.list(kind));
    if names.is_empty() {
        let count = own.map_or(0, |own| own.told(kind));
        confirm(reply, word, None, count);
    }
    for name in names {
        let count = context.core.unsubscribe(context.connection, kind, &name);
        confirm(reply, word, Some(&name), count);
    }
    Ok(Answered::Aloud)
}

fn confirm(reply: Reply<'_, '_>, word: &[u8], name: Option<&[u8]>, count: usize) {
    reply.push(3);
    reply.bulk(word);
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.count(count);
}
