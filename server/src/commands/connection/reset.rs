//! RESET and QUIT.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::{Protocol, ReplyWriter};
use engine::shard::DbIndex;

use super::{ANYTIME, row};
use crate::commands::{Answered, SessionContext};
use crate::connection::ReplyMode;

/// RESET
pub(super) const RESET: Command = row(
    "reset",
    Arity::Exactly(1),
    ANYTIME,
    Docs::new(
        "connection",
        "6.2.0",
        "O(1)",
        "Makes the connection as it was when it began",
    ),
);

/// QUIT
pub(super) const QUIT: Command = row(
    "quit",
    Arity::AtLeast(1),
    ANYTIME,
    Docs::new("connection", "1.0.0", "O(1)", "Closes the connection")
        .deprecated("7.2.0", "just closing the connection"),
);

pub(super) fn reset(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    context.core.end_watch(context.connection);
    context.core.unsubscribe_from_all(context.connection);
    context.core.end_monitoring(context.connection);
    context.core.end_tracking(context.connection);
    let user = context.core.users.users.default_user().clone();
    let connection = &mut *context.connection;
    connection.queue = None;
    connection.protocol = Protocol::Resp2;
    connection.db = DbIndex(0);
    connection.name.clear();
    connection.reply_mode = ReplyMode::On;
    connection.no_touch = false;
    connection.no_evict = false;
    let is_open = user.is_open();
    connection.set_user(user, is_open);
    reply.simple("RESET");
    Ok(Answered::Aloud)
}

pub(super) fn quit(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    reply.ok();
    context.core.close_when_sent(context.connection);
    Ok(Answered::Now)
}
