//! DEBUG HTSTATS: how the keys of a database are spread over the cores.

use std::fmt::Write as _;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::SessionContext;
use crate::info::portion::Portion;

/// DEBUG HTSTATS dbid
pub(super) fn table_stats(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let databases = context.core.settings.general.databases;
    let number = u32::try_from(integer(args.at(2))?)
        .ok()
        .filter(|number| *number < databases);
    let number = number.ok_or(CommandError::new("ERR Out of range database"))? as usize;
    Ok(context.ask_all(
        move |core| Portion::of(core, false).databases[number],
        |_, parts, reply| {
            let mut text = String::new();
            for (core, part) in parts.iter().enumerate() {
                let per_key = part.table_bytes as f64 / part.keys.max(1) as f64;
                let _ = writeln!(
                    text,
                    "[Core {core}]\n keys: {}\n keys that expire: {}\n table bytes: {}\n table bytes per key: {per_key:.2}",
                    part.keys, part.expiring, part.table_bytes
                );
            }
            reply.verbatim("txt", text.as_bytes());
            Ok(())
        },
    ))
}
