//! CLIENT ID and UNBLOCK.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::order::Leave;
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, OWN, row};
use crate::commands::{Answered, SessionContext};

/// CLIENT ID
pub(super) const ID: Command = row(
    "id",
    Arity::Exactly(2),
    OWN,
    Docs::new(
        "connection",
        "5.0.0",
        "O(1)",
        "Tells the number of this connection",
    ),
);

/// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
pub(super) const UNBLOCK: Command = row(
    "unblock",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "connection",
        "5.0.0",
        "O(log N) where N is the number of client connections",
        "Ends the wait of a blocked client",
    )
    .arguments(&[
        Argument::new("client-id", ArgumentKind::Integer),
        Argument::new(
            "unblock-type",
            ArgumentKind::OneOf(&[
                Argument::word("timeout", "TIMEOUT"),
                Argument::word("error", "ERROR"),
            ]),
        )
        .optional(),
    ]),
);

pub(super) fn id(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    reply.integer(context.connection.id as i64);
    Ok(Answered::Now)
}

pub(super) fn unblock(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let why = match args.len() {
        3 => Leave::Timeout,
        4 if args.is(3, "timeout") => Leave::Timeout,
        4 if args.is(3, "error") => Leave::Unblocked,
        4 => {
            return Err(CommandError::new(
                "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
            ));
        }
        _ => return Err(CommandError::subcommand_syntax("CLIENT", args.at(1))),
    };
    // A client that CLIENT PAUSE holds can't be freed by its number, only one that waits for keys.
    let id = integer(args.at(2))? as u64;
    Ok(context.ask_all(
        move |core| core.unblock(id, why),
        |_, unblocked: Vec<bool>, reply| {
            reply.integer(unblocked.contains(&true).into());
            Ok(())
        },
    ))
}
