//! LASTSAVE.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use crate::commands::{Answered, SessionContext};

/// LASTSAVE
pub(super) const LASTSAVE: Command = Command {
    name: "lastsave",
    arity: Arity::Exactly(1),
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    acl: Acl::DANGEROUS.union(Acl::ADMIN),
    keys: &[],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(1)",
        "Tells when the last good snapshot was written",
    ),
    run: Run::Session,
    subcommands: &[],
};

pub(super) fn last_save(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    reply.integer(context.core.process.last_save(context.core.now));
    Ok(Answered::Now)
}
