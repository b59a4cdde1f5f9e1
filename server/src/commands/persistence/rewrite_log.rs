//! BGREWRITEAOF.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::order::ShardId;
use engine::resp::reply::ReplyWriter;

use crate::append_only::rewrite::Rewrite;
use crate::commands::{Answered, SessionContext};
use crate::core::ServerCore;

/// BGREWRITEAOF
pub(super) const BGREWRITEAOF: Command = Command {
    name: "bgrewriteaof",
    arity: Arity::Exactly(1),
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(1)",
        "Begins a new base of the append-only file that is written in the background",
    ),
    run: Run::Session,
    subcommands: &[],
};

const UNDER_WAY: CommandError =
    CommandError::new("ERR Background append only file rewriting already in progress");

pub(super) fn rewrite_log(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    let keeper = std::iter::once(ShardId(0));
    let begin = |core: &mut ServerCore| core.rewrite_log();
    context
        .core
        .ask(keeper, context.waiting, begin, |core, waiting, results| {
            core.reply_to(waiting, |_, reply| match results.first() {
                Some(Rewrite::Begun) => {
                    reply.simple("Background append only file rewriting started");
                    Ok(())
                }
                Some(Rewrite::Scheduled) => {
                    reply.simple("Background append only file rewriting scheduled");
                    Ok(())
                }
                Some(Rewrite::UnderWay) | None => Err(UNDER_WAY),
            });
        });
    Ok(Answered::Later)
}
