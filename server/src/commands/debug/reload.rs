//! DEBUG RELOAD.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::resp::reply::ReplyWriter;
use persistence::snapshot::batch::Duplicates;

use super::Done;
use crate::commands::{Answered, SessionContext};
use crate::persistence::reload::Reload;

const UNKNOWN: CommandError =
    CommandError::new("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");

/// DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE]
pub(super) fn reload(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let mut reload = Reload {
        saves: true,
        flushes: true,
        duplicates: Duplicates::Refuse,
    };
    for word in args.skip(2).iter() {
        match word.to_ascii_lowercase().as_slice() {
            b"nosave" => reload.saves = false,
            b"noflush" => reload.flushes = false,
            b"merge" => reload.duplicates = Duplicates::Replace,
            _ => return Err(UNKNOWN),
        }
    }
    context.core.reload(reload, context.waiting);
    Ok(Answered::Later)
}
