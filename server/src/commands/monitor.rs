//! MONITOR.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};
use crate::core::ask::Waiting;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&MONITOR],
    handlers: &[("monitor", monitor)],
};

const MONITOR: Command = Command {
    name: "monitor",
    arity: Arity::Exactly(1),
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "",
        "Shows every command that any client sends from now on",
    ),
    run: Run::Session,
    subcommands: &[],
};

fn monitor(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    if matches!(context.waiting, Waiting::Piece(..)) {
        return Err(CommandError::new(
            "ERR MONITOR isn't allowed for DENY BLOCKING client",
        ));
    }
    // Like Redis, it has nothing to say to a client that monitors already.
    if context.connection.monitors {
        return Ok(Answered::Nothing);
    }
    context.core.begin_monitoring(context.connection);
    reply.ok();
    Ok(Answered::Now)
}
