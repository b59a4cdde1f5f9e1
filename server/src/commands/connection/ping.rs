//! PING and ECHO.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::row;
use crate::commands::{Answered, SessionContext};

const MESSAGE: Argument = Argument::new("message", ArgumentKind::String);

/// PING [message]
pub(super) const PING: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..row(
        "ping",
        Arity::AtLeast(1),
        Flags::FAST.union(Flags::SENTINEL),
        Docs::new(
            "connection",
            "1.0.0",
            "O(1)",
            "Answers, to show that the server lives",
        )
        .arguments(&[MESSAGE.optional()]),
    )
};

/// ECHO message
pub(super) const ECHO: Command = row(
    "echo",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    Docs::new("connection", "1.0.0", "O(1)", "Answers with the same text").arguments(&[MESSAGE]),
);

pub(super) fn ping(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    match args.len() {
        1 | 2 if context.connection.only_listens() => {
            // A subscriber's client reads messages, not replies.
            reply.array(2);
            reply.bulk(b"pong");
            reply.bulk(args.get(1).unwrap_or_default());
        }
        1 => reply.simple("PONG"),
        2 => reply.bulk(args.at(1)),
        _ => return Err(CommandError::arity("ping")),
    }
    Ok(Answered::Now)
}

pub(super) fn echo(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    reply.bulk(args.at(1));
    Ok(Answered::Now)
}
