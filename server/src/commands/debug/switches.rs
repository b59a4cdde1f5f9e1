//! DEBUG's switches: those that do something here, and those that tests of Redis throw where nothing needs them.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::order::ShardId;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::{Answered, SessionContext};
use crate::config::memory_size;
use crate::core::ServerCore;

/// DEBUG PAUSE-CRON flag
pub(super) fn pause_cron(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let paused = is_on(args.at(2));
    Ok(context.ask_all(
        move |core| core.cron.paused = paused,
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}

/// DEBUG CHANGE-REPL-ID
pub(super) fn change_replication_id(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    tracing::warn!("Changing replication IDs after receiving change-repl-id");
    let ids = &context.core.process.replication_ids;
    ids.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .change();
    reply.ok();
    Ok(Answered::Now)
}

/// DEBUG CONFIG-REWRITE-FORCE-ALL
pub(super) fn rewrite_everything(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let core_zero = std::iter::once(ShardId(0));
    let write = |core: &mut ServerCore| core.rewrite_configuration(true);
    context.core.ask(
        core_zero,
        context.waiting,
        write,
        |core, waiting, mut written| {
            core.reply_to(waiting, |_, reply| match written.pop() {
                Some(Err(fault)) => Err(CommandError::with(fault.to_string())),
                _ => {
                    reply.ok();
                    Ok(())
                }
            });
        },
    );
    Ok(Answered::Later)
}

/// DEBUG QUICKLIST-PACKED-THRESHOLD size, from 0 to below 4 GiB.
pub(super) fn packed_threshold(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let size = memory_size::parse(args.at(2)).and_then(|size| u32::try_from(size).ok());
    let size = size.ok_or(CommandError::new(
        "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
    ))?;
    Ok(context.ask_all(
        move |core| core.engine.shard().limits.list_packed_threshold = size,
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}

/// DEBUG SET-SKIP-CHECKSUM-VALIDATION flag
pub(super) fn skip_checksums(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let skips = is_on(args.at(2));
    Ok(context.ask_all(
        move |core| core.engine.shard().limits.skips_checksums = skips,
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}

/// DEBUG REPLYBUFFER PEAK-RESET-TIME time | RESIZING flag
pub(super) fn reply_buffer(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    if args.is(2, "peak-reset-time") {
        if !args.is(3, "never") && !args.is(3, "reset") {
            integer(args.at(3))?;
        }
    } else if !args.is(2, "resizing") {
        return Err(CommandError::subcommand_syntax("DEBUG", args.at(1)));
    }
    reply.ok();
    Ok(Answered::Now)
}

/// A switch that changes nothing here.
pub(super) fn accept(
    _: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    reply.ok();
    Ok(Answered::Now)
}

/// The number that the word begins with, where none is 0.
fn is_on(word: &[u8]) -> bool {
    word.iter()
        .take_while(|byte| byte.is_ascii_digit())
        .any(|digit| *digit != b'0')
}
