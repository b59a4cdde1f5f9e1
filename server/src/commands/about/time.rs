//! TIME.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use crate::commands::{Answered, SessionContext};

/// TIME
pub(super) const TIME: Command = Command {
    name: "time",
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    acl: Acl::empty(),
    keys: &[],
    tips: &["nondeterministic_output"],
    docs: Docs::new("server", "2.6.0", "O(1)", "Tells the time of the server"),
    run: Run::Session,
    subcommands: &[],
};

pub(super) fn time(
    _: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    write_time(reply);
    Ok(Answered::Now)
}

/// Writes the time with microseconds, which a tick's own time does not have.
pub(crate) fn write_time(reply: &mut ReplyWriter<'_>) {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    reply.array(2);
    reply.bulk_integer(since.as_secs() as i64);
    reply.bulk_integer(i64::from(since.subsec_micros()));
}
