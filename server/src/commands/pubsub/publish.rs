//! PUBLISH and SPUBLISH.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{BASE, row};
use crate::commands::{Answered, SessionContext};
use crate::core::ask::Waiting;
use crate::pubsub::Scope;
use crate::pubsub::delivery::{Message, Published};

const MESSAGE: Argument = Argument::new("message", ArgumentKind::String);
const FLAGS: Flags = BASE.union(Flags::FAST).union(Flags::MAY_REPLICATE);

/// PUBLISH channel message
pub(super) const PUBLISH: Command = row(
    "publish",
    Arity::Exactly(3),
    FLAGS,
    Docs::new(
        "pubsub",
        "2.0.0",
        "O(N+M) with N subscribers of the channel and M patterns in all",
        "Says something on a channel",
    )
    .arguments(&[Argument::new("channel", ArgumentKind::String), MESSAGE]),
);

/// SPUBLISH shardchannel message
pub(super) const SPUBLISH: Command = Command {
    keys: &[KeySpec::at(1, KeyFlags::NOT_KEY)],
    ..row(
        "spublish",
        Arity::Exactly(3),
        FLAGS,
        Docs::new(
            "pubsub",
            "7.0.0",
            "O(N) with N subscribers of the shard channel",
            "Says something on a shard channel",
        )
        .arguments(&[Argument::new("shardchannel", ArgumentKind::String), MESSAGE]),
    )
};

pub(super) fn publish(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    Ok(say(context, args, reply, Scope::Global))
}

pub(super) fn spublish(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    Ok(say(context, args, reply, Scope::Shard))
}

fn say(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    scope: Scope,
) -> Answered {
    let message = Message {
        scope,
        channel: args.at(1).into(),
        payload: args.at(2).into(),
    };
    let waiting = context.waiting;
    let published = context
        .core
        .publish(Some(&mut *context.connection), waiting, message);
    match (published, waiting) {
        (Published::Now(count), _) => {
            reply.count(count);
            Answered::Now
        }
        (Published::Later, Waiting::Client(_)) => Answered::InTurn,
        (Published::Later, _) => Answered::Later,
    }
}
