//! ACL LOG: what was denied lately.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;
use engine::time::UnixMillis;

use super::{ADMIN, Done, row};
use crate::acl::log::Entry;
use crate::commands::{Answered, SessionContext};

/// ACL LOG [count | RESET]
pub(super) const LOG: Command = row(
    "log",
    Arity::AtLeast(2),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N) with N being the number of entries shown.",
        "Shows what was denied lately, or forgets it",
    )
    .arguments(&[Argument::new(
        "operation",
        ArgumentKind::OneOf(&[
            Argument::new("count", ArgumentKind::Integer),
            Argument::word("reset", "RESET"),
        ]),
    )
    .optional()])
    .history(&[(
        "7.2.0",
        "Entries have a number, and the times of their first and last denial.",
    )]),
);

/// Entries shown if nobody says how many.
const SHOWN: usize = 10;

pub(super) fn log(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let count = match args.len() {
        2 => SHOWN,
        3 if args.is(2, "reset") => {
            context.core.process.acl_log().reset();
            reply.ok();
            return Ok(Answered::Now);
        }
        // Fewer than none are none.
        3 => usize::try_from(integer(args.at(2))?).unwrap_or(0),
        _ => return Err(CommandError::subcommand_syntax("ACL", args.at(1))),
    };
    let now = context.core.now;
    let log = context.core.process.acl_log();
    let entries = log.newest();
    reply.array(count.min(entries.len()));
    entries
        .take(count)
        .for_each(|entry| show(entry, now, reply));
    Ok(Answered::Now)
}

fn show(entry: &Entry, now: UnixMillis, reply: &mut ReplyWriter<'_>) {
    let what = &entry.what;
    reply.map(10);
    reply.bulk(b"count");
    reply.integer(entry.count as i64);
    for (name, text) in [
        ("reason", what.reason.name().as_bytes()),
        ("context", what.context.name().as_bytes()),
        ("object", &what.object),
        ("username", &what.user),
    ] {
        reply.bulk(name.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    reply.double((now.0 - entry.updated.0) as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(&entry.client);
    for (name, number) in [
        ("entry-id", entry.id as i64),
        ("timestamp-created", entry.created.0),
        ("timestamp-last-updated", entry.updated.0),
    ] {
        reply.bulk(name.as_bytes());
        reply.integer(number);
    }
}
