//! CLIENT REPLY, NO-EVICT and NO-TOUCH: how a connection wants to be treated.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, OWN, row};
use crate::commands::{Answered, SessionContext};
use crate::connection::ReplyMode;

const ON_OR_OFF: &[Argument] = &[Argument::new(
    "enabled",
    ArgumentKind::OneOf(&[Argument::word("on", "ON"), Argument::word("off", "OFF")]),
)];

/// CLIENT REPLY ON | OFF | SKIP
pub(super) const REPLY: Command = row(
    "reply",
    Arity::Exactly(3),
    OWN,
    Docs::new(
        "connection",
        "3.2.0",
        "O(1)",
        "Turns replies on or off, or leaves one out",
    )
    .arguments(&[Argument::new(
        "action",
        ArgumentKind::OneOf(&[
            Argument::word("on", "ON"),
            Argument::word("off", "OFF"),
            Argument::word("skip", "SKIP"),
        ]),
    )]),
);

/// CLIENT NO-EVICT ON | OFF
pub(super) const NO_EVICT: Command = row(
    "no-evict",
    Arity::Exactly(3),
    ADMIN,
    Docs::new(
        "connection",
        "7.0.0",
        "O(1)",
        "Keeps this connection when clients use too much memory",
    )
    .arguments(ON_OR_OFF),
);

/// CLIENT NO-TOUCH ON | OFF
pub(super) const NO_TOUCH: Command = row(
    "no-touch",
    Arity::Exactly(3),
    OWN.difference(engine::command::flags::Flags::SENTINEL),
    Docs::new(
        "connection",
        "7.2.0",
        "O(1)",
        "Lets reads of this connection leave the age of keys alone",
    )
    .arguments(ON_OR_OFF),
);

pub(super) fn reply(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let mode = &mut context.connection.reply_mode;
    if args.is(2, "on") {
        *mode = ReplyMode::On;
        reply.ok();
        return Ok(Answered::Aloud);
    }
    *mode = match () {
        () if args.is(2, "off") => ReplyMode::Off,
        () if !args.is(2, "skip") => return Err(CommandError::SYNTAX),
        () if *mode == ReplyMode::Off => ReplyMode::Off,
        () => ReplyMode::SkipNext,
    };
    Ok(Answered::Nothing)
}

pub(super) fn no_evict(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    context.connection.no_evict = on_or_off(args)?;
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn no_touch(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    context.connection.no_touch = on_or_off(args)?;
    reply.ok();
    Ok(Answered::Now)
}

fn on_or_off(args: &Args<'_>) -> Result<bool, CommandError> {
    match (args.is(2, "on"), args.is(2, "off")) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(CommandError::SYNTAX),
    }
}
