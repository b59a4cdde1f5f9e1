//! DEBUG LOADAOF and AOF-FLUSH-SLEEP.

use std::sync::atomic::Ordering;

use engine::command::args::Args;
use engine::command::number::integer;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::{Answered, SessionContext};

/// DEBUG LOADAOF
pub(super) fn load(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    context.core.reload_log(context.waiting);
    Ok(Answered::Later)
}

/// DEBUG AOF-FLUSH-SLEEP microseconds
pub(super) fn flush_sleep(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let micros = integer(args.at(2))?.max(0) as u64;
    let sleep = &context.core.process.append_only.flush_sleep;
    sleep.store(micros, Ordering::Relaxed);
    reply.ok();
    Ok(Answered::Now)
}
