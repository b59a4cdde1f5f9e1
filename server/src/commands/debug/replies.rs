//! DEBUG ERROR and DEBUG LOG: the client's text as an error, and as a line of the log.

use engine::command::args::Args;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::{Answered, SessionContext};

/// DEBUG ERROR message
pub(super) fn error(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    reply.error(&String::from_utf8_lossy(args.at(2)));
    Ok(Answered::Now)
}

/// DEBUG LOG message
pub(super) fn log(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.at(2)));
    reply.ok();
    Ok(Answered::Now)
}
